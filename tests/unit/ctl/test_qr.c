/* SPDX-License-Identifier: MIT */
/* The payload of the code, octet for octet, and the drawing's shape. */
#include "common/error.h"
#include "ctl/qr.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* Espressif's examples, protocol reference section 13.1. */
static const struct {
	const char *path;
	QrLabel label;
	const char *payload;
} payload_cases[] = {
	{ "/ctl/qr/security-1",
	  { .name = "PROV_A1B2C3", .pop = "abcd1234" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"pop\":\"abcd1234\",\"transport\":\"ble\"}" },
	{ "/ctl/qr/security-2",
	  { .name = "PROV_A1B2C3", .username = "wifiprov", .pop = "abcd1234" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"username\":\"wifiprov\",\"pop\":\"abcd1234\","
	  "\"transport\":\"ble\"}" },
	{ "/ctl/qr/no-pop",
	  { .name = "PROV_A1B2C3" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"transport\":\"ble\",\"network\":\"wifi\"}" },
	{ "/ctl/qr/security-0",
	  { .name = "PROV_A1B2C3", .proofless = true },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"transport\":\"ble\",\"security\":0,"
	  "\"network\":\"wifi\"}" },
	{ "/ctl/qr/quoted",
	  { .name = "PROV_\"\\", .pop = "\"" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_\\\"\\\\\",\"pop\":\"\\\"\",\"transport\":\"ble\"}" },
};

static void test_payload(gconstpointer data)
{
	const typeof(payload_cases[0]) *c = data;
	g_autofree char *payload = qr_payload(&c->label);

	g_assert_cmpstr(payload, ==, c->payload);
}

static char *draw(const char *text, bool colour)
{
	char *drawn = NULL;
	size_t len = 0;
	g_autoptr(GError) error = NULL;
	FILE *out = open_memstream(&drawn, &len);
	bool done = qr_print(text, out, colour, &error);

	fclose(out);
	g_assert_no_error(error);
	g_assert_true(done);
	return drawn;
}

/* 22 octets at level M are version 2: 25 modules and a margin of 4 on each side. */
static void test_shape(void)
{
	g_autofree char *drawn = draw("{\"ver\":\"v1\",\"n\":\"1234\"}", false);
	g_auto(GStrv) lines = g_strsplit(drawn, "\n", -1);

	g_assert_cmpuint(g_strv_length(lines), ==, (25 + 8 + 1) / 2 + 1);
	for (int i = 0; lines[i + 1]; i++)
		g_assert_cmpint(g_utf8_strlen(lines[i], -1), ==, 25 + 8);
}

static void test_colour(void)
{
	g_autofree char *drawn = draw("x", true);

	g_assert_true(g_str_has_prefix(drawn, "\033[97;40m"));
	g_assert_true(g_str_has_suffix(drawn, "\033[0m\n"));
}

static void test_too_long(void)
{
	g_autofree char *text = g_strnfill(3000, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_false(qr_print(text, stdout, false, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

/* What is written on a label, as an XML parser reads it. */
static const struct {
	const char *path;
	QrLabel label;
	const char *texts; /* all of them, "|" between; NULL: refused */
} svg_cases[] = {
	{ "/ctl/qr/svg/usual",
	  { .name = "PROV_A1B2C3", .username = "wifiprov", .pop = "k7mq2xwt9hdz" },
	  "PROV_A1B2C3|Name|PROV_A1B2C3|Proof of possession|k7mq 2xwt 9hdz|" },
	{ "/ctl/qr/svg/no-proof", { .name = "P" }, "P|Name|P|" },
	{ "/ctl/qr/svg/escaped",
	  { .name = "<P&\">", .pop = "a<b&c>d\"" },
	  "<P&\">|Name|<P&\">|Proof of possession|a<b& c>d\"|" },
	{ "/ctl/qr/svg/blanks-within",
	  { .name = "P", .pop = "ab cd  efg" },
	  "P|Name|P|Proof of possession|ab cd  efg|" },
	{ "/ctl/qr/svg/umlaut",
	  { .name = "P\u00fc", .pop = "\u00fcber-alles" },
	  "P\u00fc|Name|P\u00fc|Proof of possession|\u00fcber-alles|" },
	{ "/ctl/qr/svg/longest",
	  { .name = "PROV_01234567890123456789",
	    .pop = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde" },
	  "PROV_01234567890123456789|Name|PROV_01234567890123456789|Proof of possession|"
	  "0123 4567 89ab cdef|0123 4567 89ab cdef|0123 4567 89ab cdef|0123 4567 89ab cde|" },
	{ "/ctl/qr/svg/control", { .name = "P\033", .pop = "x" }, NULL },
	{ "/ctl/qr/svg/not-utf-8", { .name = "P", .pop = "\xff" }, NULL },
};

static void note_text(GMarkupParseContext *context, const char *text, gsize len, gpointer data,
		      GError **error)
{
	const char *element = g_markup_parse_context_get_element(context);

	if (strcmp(element, "text") == 0 || strcmp(element, "title") == 0)
		g_string_append_printf(data, "%.*s|", (int)len, text);
}

static void test_svg(gconstpointer data)
{
	static const GMarkupParser parser = { .text = note_text };
	const typeof(svg_cases[0]) *c = data;
	g_autofree char *folder = g_dir_make_tmp("label-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "label.svg", NULL);
	g_autofree char *xml = NULL;
	g_autoptr(GString) texts = g_string_new(NULL);
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, 0, texts, NULL);
	g_autoptr(GError) error = NULL;
	bool written = qr_write_svg(&c->label, path, &error);

	g_assert_true(written == (c->texts != NULL));
	if (written) {
		g_assert_true(g_file_get_contents(path, &xml, NULL, NULL));
		g_assert_true(g_markup_parse_context_parse(context, xml, -1, &error));
		g_assert_true(g_markup_parse_context_end_parse(context, &error));
		g_assert_cmpstr(texts->str, ==, c->texts);
		g_assert_cmpint(g_unlink(path), ==, 0);
	} else {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(payload_cases); i++)
		g_test_add_data_func(payload_cases[i].path, &payload_cases[i], test_payload);
	for (size_t i = 0; i < G_N_ELEMENTS(svg_cases); i++)
		g_test_add_data_func(svg_cases[i].path, &svg_cases[i], test_svg);
	g_test_add_func("/ctl/qr/shape", test_shape);
	g_test_add_func("/ctl/qr/colour", test_colour);
	g_test_add_func("/ctl/qr/too-long", test_too_long);
	return g_test_run();
}
