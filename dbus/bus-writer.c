/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include <string.h>

BusWriter *bus_writer_new(DBusMessage *message, const char *signature)
{
	BusWriter *writer = g_new0(BusWriter, 1);

	dbus_message_iter_init_append(message, &writer->frames[0].iter);
	writer->frames[0].signature = g_strdup(signature);
	writer->frames[0].next = writer->frames[0].signature;
	return writer;
}

static WriterFrame *writer_top(BusWriter *writer)
{
	return &writer->frames[writer->depth];
}

static void writer_frame_clear(WriterFrame *frame)
{
	g_clear_pointer(&frame->signature, g_free);
	frame->next = NULL;
	frame->automatic = false;
}

void bus_writer_free(BusWriter *writer)
{
	if (!writer)
		return;
	for (; writer->depth > 0; writer->depth--) {
		dbus_message_iter_abandon_container(&writer->frames[writer->depth - 1].iter,
						    &writer->frames[writer->depth].iter);
		writer_frame_clear(&writer->frames[writer->depth]);
	}
	writer_frame_clear(&writer->frames[0]);
	g_free(writer);
}

static void writer_spoil(BusWriter *writer, const char *what, const char *value)
{
	if (!writer->spoilt)
		g_critical("message not sent: %s \"%s\" where \"%s\" belongs", what, value,
			   writer_top(writer)->next ? writer_top(writer)->next : "a valid type");
	writer->spoilt = true;
}

/* May a value of the complete @type follow? Complete types are prefix-free, so comparing the
 * beginning is enough. */
static bool writer_expect(BusWriter *writer, const char *type)
{
	WriterFrame *frame = writer_top(writer);
	size_t len = strlen(type);

	if (writer->spoilt)
		return false;
	if (!frame->signature)
		return true;
	if (frame->is_array && !*frame->next)
		frame->next = frame->signature;
	if (strncmp(frame->next, type, len) != 0) {
		writer_spoil(writer, "type", type);
		return false;
	}
	frame->next += len;
	return true;
}

static void writer_basic(BusWriter *writer, char type, const void *value)
{
	if (writer_expect(writer, (char[]){ type, '\0' }))
		bus_must(dbus_message_iter_append_basic(&writer_top(writer)->iter, type, value));
}

void bus_writer_bool(BusWriter *writer, bool value)
{
	dbus_bool_t wide = value;

	writer_basic(writer, DBUS_TYPE_BOOLEAN, &wide);
}

void bus_writer_u8(BusWriter *writer, uint8_t value)
{
	writer_basic(writer, DBUS_TYPE_BYTE, &value);
}

void bus_writer_i16(BusWriter *writer, int16_t value)
{
	writer_basic(writer, DBUS_TYPE_INT16, &value);
}

void bus_writer_u16(BusWriter *writer, uint16_t value)
{
	writer_basic(writer, DBUS_TYPE_UINT16, &value);
}

void bus_writer_i32(BusWriter *writer, int32_t value)
{
	writer_basic(writer, DBUS_TYPE_INT32, &value);
}

void bus_writer_u32(BusWriter *writer, uint32_t value)
{
	writer_basic(writer, DBUS_TYPE_UINT32, &value);
}

void bus_writer_i64(BusWriter *writer, int64_t value)
{
	writer_basic(writer, DBUS_TYPE_INT64, &value);
}

void bus_writer_u64(BusWriter *writer, uint64_t value)
{
	writer_basic(writer, DBUS_TYPE_UINT64, &value);
}

void bus_writer_string(BusWriter *writer, const char *text)
{
	g_autofree char *valid = NULL;

	if (!text)
		text = "";
	if (!dbus_validate_utf8(text, NULL))
		text = valid = g_utf8_make_valid(text, -1);
	writer_basic(writer, DBUS_TYPE_STRING, &text);
}

void bus_writer_path(BusWriter *writer, const char *path)
{
	if (path && dbus_validate_path(path, NULL))
		writer_basic(writer, DBUS_TYPE_OBJECT_PATH, &path);
	else
		writer_spoil(writer, "path", path ? path : "(none)");
}

/* Begins a container of type @code whose contents are of @contents. */
static void writer_push(BusWriter *writer, char code, const char *contents, bool automatic)
{
	WriterFrame *outer = writer_top(writer);

	if (writer->depth + 1 == BUS_DEPTH_MAX) {
		writer_spoil(writer, "nesting too deep at", contents);
		return;
	}

	WriterFrame *inner = &writer->frames[++writer->depth];
	bool typed = code == DBUS_TYPE_ARRAY || code == DBUS_TYPE_VARIANT;

	inner->signature = g_strdup(contents);
	inner->next = inner->signature;
	inner->is_array = code == DBUS_TYPE_ARRAY;
	inner->automatic = automatic;
	bus_must(dbus_message_iter_open_container(&outer->iter, code, typed ? contents : NULL,
						  &inner->iter));
}

void bus_writer_open(BusWriter *writer, const char *signature)
{
	/* An entry is no complete type: only its array's signature, valid as a whole,
	 * lets it pass. */
	bool entry = signature[0] == DBUS_DICT_ENTRY_BEGIN_CHAR && writer_top(writer)->is_array;

	if (!entry && (!dbus_signature_validate_single(signature, NULL) || strlen(signature) < 2)) {
		writer_spoil(writer, "container", signature);
		return;
	}
	if (!writer_expect(writer, signature))
		return;
	if (signature[0] == DBUS_TYPE_ARRAY) {
		writer_push(writer, DBUS_TYPE_ARRAY, signature + 1, false);
		return;
	}

	g_autofree char *contents = g_strndup(signature + 1, strlen(signature) - 2);

	writer_push(writer, entry ? DBUS_TYPE_DICT_ENTRY : DBUS_TYPE_STRUCT, contents, false);
}

static void writer_open_variant(BusWriter *writer, const char *signature, bool automatic)
{
	if (!dbus_signature_validate_single(signature, NULL))
		writer_spoil(writer, "variant of", signature);
	else if (writer_expect(writer, "v"))
		writer_push(writer, DBUS_TYPE_VARIANT, signature, automatic);
}

void bus_writer_open_variant(BusWriter *writer, const char *signature)
{
	writer_open_variant(writer, signature, false);
}

static void writer_pop(BusWriter *writer)
{
	WriterFrame *inner = writer_top(writer);

	if (writer->depth == 0 || (!inner->is_array && *inner->next)) {
		writer_spoil(writer, "end", "too early");
		return;
	}
	writer->depth--;
	bus_must(dbus_message_iter_close_container(&writer_top(writer)->iter, &inner->iter));
	writer_frame_clear(inner);
}

static void writer_close_automatic(BusWriter *writer)
{
	while (!writer->spoilt && writer_top(writer)->automatic)
		writer_pop(writer);
}

void bus_writer_close(BusWriter *writer)
{
	writer_close_automatic(writer);
	if (!writer->spoilt)
		writer_pop(writer);
}

void bus_writer_entry(BusWriter *writer, const char *key, const char *signature)
{
	writer_close_automatic(writer);
	if (!writer_top(writer)->is_array || !writer_expect(writer, "{sv}")) {
		writer_spoil(writer, "entry", key);
		return;
	}
	writer_push(writer, DBUS_TYPE_DICT_ENTRY, "sv", true);
	bus_writer_string(writer, key);
	writer_open_variant(writer, signature, true);
}

void bus_writer_bytes(BusWriter *writer, const void *data, size_t len)
{
	if (len > BUS_BYTES_MAX) {
		writer_spoil(writer, "octets", "too many");
		return;
	}
	bus_writer_open(writer, "ay");
	if (!writer->spoilt)
		bus_must(dbus_message_iter_append_fixed_array(&writer_top(writer)->iter,
							      DBUS_TYPE_BYTE, &data, (int)len));
	bus_writer_close(writer);
}

void bus_writer_strings(BusWriter *writer, const char *const *strings)
{
	bus_writer_open(writer, "as");
	for (; strings && *strings; strings++)
		bus_writer_string(writer, *strings);
	bus_writer_close(writer);
}

bool bus_writer_finish(BusWriter *writer, const char *what)
{
	WriterFrame *frame = writer_top(writer);

	if (writer->spoilt)
		return false;
	if (writer->depth == 0 && (!frame->next || !*frame->next))
		return true;
	g_critical("%s not sent: its values end before \"%s\"", what,
		   frame->next ? frame->next : "");
	writer->spoilt = true;
	return false;
}
