/* SPDX-License-Identifier: MIT */
/* What is written into a message and read back, and what is refused on either side. */
#include "dbus/bus-message.h"

#include <string.h>

static BusMessage *message_new(void)
{
	return bus_message_new_call("io.landfall.Test1", "/io/landfall", "io.landfall.Test1", "Do");
}

static void test_basic(void)
{
	g_autoptr(BusMessage) message = message_new();
	BusWriter *writer = bus_message_writer(message);
	BusReader *reader;

	bus_writer_bool(writer, true);
	bus_writer_u8(writer, UINT8_MAX);
	bus_writer_i16(writer, INT16_MIN);
	bus_writer_u16(writer, UINT16_MAX);
	bus_writer_i32(writer, INT32_MIN);
	bus_writer_u32(writer, UINT32_MAX);
	bus_writer_i64(writer, INT64_MIN);
	bus_writer_u64(writer, UINT64_MAX);
	bus_writer_string(writer, "Gr\303\274\303\237e");
	bus_writer_path(writer, "/a/b");
	g_assert_cmpstr(bus_message_signature(message), ==, "bynqiuxtso");

	reader = bus_message_reader(message);
	g_assert_cmpint(bus_reader_type(reader), ==, 'b');
	g_assert_true(bus_reader_bool(reader));
	bus_reader_skip(reader);
	g_assert_cmpint(bus_reader_i16(reader), ==, INT16_MIN);
	g_assert_cmpuint(bus_reader_u16(reader), ==, UINT16_MAX);
	g_assert_cmpint(bus_reader_i32(reader), ==, INT32_MIN);
	g_assert_cmpuint(bus_reader_u32(reader), ==, UINT32_MAX);
	g_assert_cmpint(bus_reader_type(reader), ==, 'x');
	bus_reader_skip(reader);
	bus_reader_skip(reader);
	g_assert_cmpstr(bus_reader_string(reader), ==, "Gr\303\274\303\237e");
	g_assert_cmpstr(bus_reader_path(reader), ==, "/a/b");
	g_assert_false(bus_reader_more(reader));
	g_assert_true(bus_reader_ok(reader));
}

static void test_containers(void)
{
	static const char *const words[] = { "read", "write", NULL };
	g_autoptr(BusMessage) message = message_new();
	BusWriter *writer = bus_message_writer(message);
	BusReader *reader = NULL;
	size_t len = 99;

	bus_writer_bytes(writer, "\0\1\2", 3);
	bus_writer_bytes(writer, NULL, 0);
	bus_writer_strings(writer, words);
	bus_writer_strings(writer, NULL);
	bus_writer_open(writer, "(sa{us})");
	bus_writer_string(writer, "in");
	bus_writer_open(writer, "a{us}");
	bus_writer_open(writer, "{us}");
	bus_writer_u32(writer, 7);
	bus_writer_string(writer, "seven");
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_writer_open(writer, "ao");
	bus_writer_path(writer, "/x");
	bus_writer_close(writer);
	g_assert_cmpstr(bus_message_signature(message), ==, "ayayasas(sa{us})ao");

	reader = bus_message_reader(message);

	const uint8_t *octets = bus_reader_bytes(reader, &len);

	g_assert_cmpmem(octets, len, "\0\1\2", 3);
	g_assert_nonnull(bus_reader_bytes(reader, &len));
	g_assert_cmpuint(len, ==, 0);

	g_auto(GStrv) strings = bus_reader_strings(reader, 2);

	g_assert_cmpuint(g_strv_length(strings), ==, 2);
	g_assert_cmpstr(strings[1], ==, "write");
	bus_reader_skip(reader);
	g_assert_true(bus_reader_has(reader, "(sa{us})"));
	g_assert_true(bus_reader_enter(reader, "(sa{us})"));
	g_assert_cmpstr(bus_reader_string(reader), ==, "in");
	g_assert_true(bus_reader_enter(reader, "a{us}"));
	g_assert_true(bus_reader_enter(reader, "{us}"));
	g_assert_cmpuint(bus_reader_u32(reader), ==, 7);
	bus_reader_leave(reader); /* with a value unread */
	g_assert_false(bus_reader_more(reader));
	bus_reader_leave(reader);
	bus_reader_leave(reader);

	g_auto(GStrv) paths = bus_reader_strings(reader, 1);

	g_assert_cmpstr(paths[0], ==, "/x");
	g_assert_true(bus_reader_ok(reader));
}

static void write_dictionary(BusWriter *writer)
{
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "offset", "q");
	bus_writer_u16(writer, 20);
	bus_writer_entry(writer, "nested", "a{sv}");
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "inner", "b");
	bus_writer_bool(writer, true);
	bus_writer_close(writer);
	bus_writer_entry(writer, "last", "s");
	bus_writer_string(writer, "end");
	bus_writer_close(writer);
	bus_writer_open_variant(writer, "u");
	bus_writer_u32(writer, 5);
	bus_writer_close(writer);
}

static void test_dictionary(void)
{
	g_autoptr(BusMessage) message = message_new();
	BusReader *reader;
	const char *key;
	unsigned int seen = 0;

	write_dictionary(bus_message_writer(message));
	g_assert_cmpstr(bus_message_signature(message), ==, "a{sv}v");
	reader = bus_message_reader(message);
	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (g_str_equal(key, "offset") && bus_reader_u16(reader) == 20)
			seen |= 1;
		if (g_str_equal(key, "nested") && bus_reader_enter(reader, "a{sv}")) {
			g_assert_cmpstr(bus_reader_entry(reader), ==, "inner");
			seen |= bus_reader_bool(reader) ? 2 : 0;
			bus_reader_leave(reader);
		}
		if (g_str_equal(key, "last"))
			seen |= 4; /* its value stays unread */
	}
	bus_reader_leave(reader);
	g_assert_cmpuint(seen, ==, 7);
	g_assert_true(bus_reader_enter(reader, "v"));
	g_assert_cmpuint(bus_reader_u32(reader), ==, 5);
	bus_reader_leave(reader);
	g_assert_false(bus_reader_more(reader));
	g_assert_true(bus_reader_ok(reader));
}

/* One wrong read each, on a body of "ua{sv}v": the reader is spoilt, the log says by what. */
typedef struct WrongRead {
	const char *path;
	void (*read)(BusReader *reader);
	const char *line;
} WrongRead;

static void wrong_type(BusReader *reader)
{
	g_assert_cmpstr(bus_reader_string(reader), ==, "");
	g_assert_cmpuint(bus_reader_u32(reader), ==, 0); /* it is there, but too late */
}

static void wrong_bytes(BusReader *reader)
{
	size_t len = 1;

	g_assert_nonnull(bus_reader_bytes(reader, &len));
	g_assert_cmpuint(len, ==, 0);
}

static void wrong_strings(BusReader *reader)
{
	g_auto(GStrv) strings = bus_reader_strings(reader, 10);

	g_assert_cmpuint(g_strv_length(strings), ==, 0);
}

static void wrong_container(BusReader *reader)
{
	bus_reader_skip(reader);
	g_assert_false(bus_reader_enter(reader, "as"));
	g_assert_false(bus_reader_more(reader));
	g_assert_null(bus_reader_entry(reader));
	bus_reader_leave(reader);
}

static void wrong_entry(BusReader *reader)
{
	g_assert_null(bus_reader_entry(reader));
}

static void wrong_value(BusReader *reader)
{
	bus_reader_skip(reader);
	bus_reader_enter(reader, "a{sv}");
	g_assert_cmpstr(bus_reader_entry(reader), ==, "offset");
	g_assert_cmpuint(bus_reader_u32(reader), ==, 0);
	g_assert_null(bus_reader_entry(reader));
	bus_reader_leave(reader);
}

static void wrong_end(BusReader *reader)
{
	bus_reader_skip(reader);
	bus_reader_skip(reader);
	bus_reader_skip(reader);
	g_assert_cmpint(bus_reader_i16(reader), ==, 0);
}

static void wrong_deep(BusReader *reader)
{
	for (int i = 0; i < 100; i++)
		g_assert_false(bus_reader_enter(reader, "av"));
	g_assert_false(bus_reader_has(reader, "u"));
	bus_reader_skip(reader);
	for (int i = 0; i < 100; i++)
		bus_reader_leave(reader);
}

static const WrongRead wrong_reads[] = {
	{ "type", wrong_type, "arguments: \"s\" expected, \"u\" found" },
	{ "bytes", wrong_bytes, "arguments: \"ay\" expected, \"u\" found" },
	{ "strings", wrong_strings, "arguments: \"as\" expected, \"u\" found" },
	{ "container", wrong_container, "arguments: \"as\" expected, \"a{sv}\" found" },
	{ "entry", wrong_entry, "arguments: \"{\" expected, \"u\" found" },
	{ "value", wrong_value, "arguments: \"u\" expected, \"q\" found" },
	{ "end", wrong_end, "arguments: \"n\" expected, \"\" found" },
	{ "deep", wrong_deep, "arguments: \"av\" expected, \"u\" found" },
};

static void test_wrong_read(gconstpointer data)
{
	const WrongRead *wrong = data;
	g_autoptr(BusMessage) message = message_new();
	BusReader *reader;

	bus_writer_u32(bus_message_writer(message), 4711);
	write_dictionary(bus_message_writer(message));
	reader = bus_message_reader(message);
	g_test_expect_message(NULL, G_LOG_LEVEL_DEBUG, wrong->line);
	wrong->read(reader);
	g_test_assert_expected_messages();
	g_assert_false(bus_reader_ok(reader));
}

static void test_too_many_strings(void)
{
	static const char *const words[] = { "a", "b", "c", NULL };
	g_autoptr(BusMessage) message = message_new();
	BusReader *reader;

	bus_writer_strings(bus_message_writer(message), words);
	reader = bus_message_reader(message);

	g_auto(GStrv) strings = bus_reader_strings(reader, 2);

	g_assert_cmpuint(g_strv_length(strings), ==, 2);
	g_assert_false(bus_reader_ok(reader));
}

/* Variants in variants, as deep as a writer goes: a reader follows. */
static void test_depth(void)
{
	g_autoptr(BusMessage) message = message_new();
	BusWriter *writer = bus_message_writer(message);
	BusReader *reader;
	const int depth = 15;

	for (int i = 0; i < depth; i++)
		bus_writer_open_variant(writer, i < depth - 1 ? "v" : "s");
	bus_writer_string(writer, "bottom");
	for (int i = 0; i < depth; i++)
		bus_writer_close(writer);
	reader = bus_message_reader(message);
	for (int i = 0; i < depth; i++)
		g_assert_true(bus_reader_enter(reader, "v"));
	g_assert_cmpstr(bus_reader_string(reader), ==, "bottom");
	for (int i = 0; i < depth; i++)
		bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
}

/* One wrong write each: a critical line, and nothing is added any more. */
typedef struct WrongWrite {
	const char *path;
	void (*write)(BusWriter *writer);
	const char *line;
} WrongWrite;

static void write_path(BusWriter *writer)
{
	bus_writer_path(writer, "no/path");
}

static void write_no_path(BusWriter *writer)
{
	bus_writer_path(writer, NULL);
}

static void write_element(BusWriter *writer)
{
	bus_writer_open(writer, "as");
	bus_writer_string(writer, "right");
	bus_writer_u32(writer, 1);
	bus_writer_close(writer);
}

static void write_variant(BusWriter *writer)
{
	bus_writer_open_variant(writer, "su");
	bus_writer_close(writer);
}

static void write_early_end(BusWriter *writer)
{
	bus_writer_open(writer, "(su)");
	bus_writer_string(writer, "only this");
	bus_writer_close(writer);
}

static void write_extra_end(BusWriter *writer)
{
	bus_writer_close(writer);
}

static void write_container(BusWriter *writer)
{
	bus_writer_open(writer, "{sv}");
}

static void write_entry_outside(BusWriter *writer)
{
	bus_writer_entry(writer, "key", "s");
}

static void write_many_octets(BusWriter *writer)
{
	bus_writer_bytes(writer, writer, 1024 * 1024 + 1);
}

static void write_deep(BusWriter *writer)
{
	for (int i = 0; i < 40; i++)
		bus_writer_open_variant(writer, "v");
	bus_writer_strings(writer, (const char *const[]){ "x", NULL });
	bus_writer_bytes(writer, "x", 1);
}

static const WrongWrite wrong_writes[] = {
	{ "path", write_path, "*path \"no/path\" where*" },
	{ "no-path", write_no_path, "*path \"(none)\" where*" },
	{ "element", write_element, "*type \"u\" where \"s\" belongs*" },
	{ "variant", write_variant, "*variant of \"su\" where*" },
	{ "early-end", write_early_end, "*end \"too early\" where \"u\" belongs*" },
	{ "extra-end", write_extra_end, "*end \"too early\" where*" },
	{ "container", write_container, "*container \"{sv}\" where*" },
	{ "entry-outside", write_entry_outside, "*entry \"key\" where*" },
	{ "octets", write_many_octets, "*octets \"too many\" where*" },
	{ "deep", write_deep, "*nesting too deep at \"v\" where*" },
};

static void test_wrong_write(gconstpointer data)
{
	const WrongWrite *wrong = data;
	g_autoptr(BusMessage) message = message_new();
	g_autofree char *before = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, wrong->line);
	wrong->write(bus_message_writer(message));
	g_test_assert_expected_messages();
	before = g_strdup(bus_message_signature(message));
	bus_writer_bool(bus_message_writer(message), true);
	g_assert_cmpstr(bus_message_signature(message), ==, before);
}

/* Text from the air is not always text. */
static void test_text(void)
{
	g_autoptr(BusMessage) message = message_new();
	BusWriter *writer = bus_message_writer(message);

	bus_writer_string(writer, "caf\351");
	bus_writer_string(writer, NULL);
	g_assert_cmpstr(bus_reader_string(bus_message_reader(message)), ==, "caf\357\277\275");
	g_assert_cmpstr(bus_reader_string(bus_message_reader(message)), ==, "");
}

static void test_header(void)
{
	g_autoptr(BusMessage) good = message_new();

	g_assert_cmpstr(bus_message_path(good), ==, "/io/landfall");
	g_assert_cmpstr(bus_message_member(good), ==, "Do");
	g_assert_null(bus_message_sender(good));

	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "call not possible*");

	g_autoptr(BusMessage) bad = bus_message_new_call("io.landfall.Test1", "/", "nodots", "Do");

	g_test_assert_expected_messages();
	g_assert_null(bus_message_path(bad));
}

static void add_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrong_reads); i++) {
		g_autofree char *path = g_strdup_printf("/bus/reader/%s", wrong_reads[i].path);

		g_test_add_data_func(path, &wrong_reads[i], test_wrong_read);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(wrong_writes); i++) {
		g_autofree char *path = g_strdup_printf("/bus/writer/%s", wrong_writes[i].path);

		g_test_add_data_func(path, &wrong_writes[i], test_wrong_write);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bus/message/basic", test_basic);
	g_test_add_func("/bus/message/containers", test_containers);
	g_test_add_func("/bus/message/dictionary", test_dictionary);
	g_test_add_func("/bus/message/text", test_text);
	g_test_add_func("/bus/message/header", test_header);
	g_test_add_func("/bus/reader/too-many-strings", test_too_many_strings);
	g_test_add_func("/bus/message/depth", test_depth);
	add_cases();
	return g_test_run();
}
