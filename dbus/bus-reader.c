/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include <string.h>

BusReader *bus_reader_new(DBusMessage *message)
{
	BusReader *reader = g_new0(BusReader, 1);

	dbus_message_iter_init(message, &reader->frames[0].iter);
	return reader;
}

void bus_reader_free(BusReader *reader)
{
	g_free(reader);
}

/* Type of the next value, which there must be. */
static char *reader_signature(BusReader *reader)
{
	char *signature = dbus_message_iter_get_signature(bus_reader_iter(reader));

	bus_must(signature);
	return signature;
}

/* What was wrong first is what gets reported. */
static void reader_spoil(BusReader *reader, const char *wanted)
{
	if (reader->spoilt)
		return;

	char *found = bus_reader_more(reader) ? reader_signature(reader) : NULL;

	g_debug("arguments: \"%s\" expected, \"%s\" found", wanted, found ? found : "");
	reader->spoilt = true;
	dbus_free(found);
}

/* Depth is bounded on a reader that is not spoilt, so only such a one is ever looked at. */
DBusMessageIter *bus_reader_iter(BusReader *reader)
{
	return &reader->frames[MIN(reader->depth, BUS_DEPTH_MAX - 1)].iter;
}

char bus_reader_type(BusReader *reader)
{
	return reader->spoilt ? '\0'
			      : (char)dbus_message_iter_get_arg_type(bus_reader_iter(reader));
}

bool bus_reader_more(BusReader *reader)
{
	return bus_reader_type(reader) != '\0';
}

bool bus_reader_has(BusReader *reader, const char *signature)
{
	if (!bus_reader_more(reader))
		return false;

	char *found = reader_signature(reader);
	bool same = g_str_equal(found, signature);

	dbus_free(found);
	return same;
}

void bus_reader_skip(BusReader *reader)
{
	if (!reader->spoilt)
		dbus_message_iter_next(bus_reader_iter(reader));
}

/* Zero, or the next value when it is of @type. */
static DBusBasicValue reader_basic(BusReader *reader, char type)
{
	DBusBasicValue value = { .u64 = 0 };

	if (bus_reader_type(reader) != type) {
		reader_spoil(reader, (char[]){ type, '\0' });
		return value;
	}
	dbus_message_iter_get_basic(bus_reader_iter(reader), &value);
	dbus_message_iter_next(bus_reader_iter(reader));
	return value;
}

bool bus_reader_bool(BusReader *reader)
{
	return reader_basic(reader, DBUS_TYPE_BOOLEAN).bool_val;
}

int16_t bus_reader_i16(BusReader *reader)
{
	return reader_basic(reader, DBUS_TYPE_INT16).i16;
}

uint16_t bus_reader_u16(BusReader *reader)
{
	return reader_basic(reader, DBUS_TYPE_UINT16).u16;
}

int32_t bus_reader_i32(BusReader *reader)
{
	return reader_basic(reader, DBUS_TYPE_INT32).i32;
}

uint32_t bus_reader_u32(BusReader *reader)
{
	return reader_basic(reader, DBUS_TYPE_UINT32).u32;
}

static const char *reader_text(BusReader *reader, char type)
{
	const char *text = reader_basic(reader, type).str;

	return text ? text : "";
}

const char *bus_reader_string(BusReader *reader)
{
	return reader_text(reader, DBUS_TYPE_STRING);
}

const char *bus_reader_path(BusReader *reader)
{
	return reader_text(reader, DBUS_TYPE_OBJECT_PATH);
}

const uint8_t *bus_reader_bytes(BusReader *reader, size_t *len)
{
	const uint8_t *data = NULL;
	int count = 0;

	if (bus_reader_has(reader, "ay")) {
		DBusMessageIter sub;

		dbus_message_iter_recurse(bus_reader_iter(reader), &sub);
		dbus_message_iter_get_fixed_array(&sub, &data, &count);
		dbus_message_iter_next(bus_reader_iter(reader));
	} else {
		reader_spoil(reader, "ay");
	}
	*len = (size_t)count;
	return count ? data : (const uint8_t *)"";
}

GStrv bus_reader_strings(BusReader *reader, size_t max)
{
	g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
	bool paths = bus_reader_has(reader, "ao");

	bus_reader_enter(reader, paths ? "ao" : "as");
	while (bus_reader_more(reader)) {
		if (strings->len == max) {
			reader_spoil(reader, "no more strings");
			break;
		}
		g_ptr_array_add(strings, g_strdup(paths ? bus_reader_path(reader)
							: bus_reader_string(reader)));
	}
	bus_reader_leave(reader);
	g_ptr_array_add(strings, NULL);
	return (GStrv)g_ptr_array_steal(strings, NULL);
}

/* Steps into the container the reader stands before. */
static void reader_push(BusReader *reader, bool automatic)
{
	ReaderFrame *outer = &reader->frames[reader->depth];
	ReaderFrame *inner = &reader->frames[++reader->depth];

	dbus_message_iter_recurse(&outer->iter, &inner->iter);
	dbus_message_iter_next(&outer->iter);
	inner->automatic = automatic;
}

bool bus_reader_enter(BusReader *reader, const char *signature)
{
	if (!bus_reader_has(reader, signature) || reader->depth == BUS_DEPTH_MAX - 1) {
		reader_spoil(reader, signature);
		reader->depth++; /* what is entered is left, even so */
		return false;
	}
	reader_push(reader, false);
	return true;
}

static void reader_leave_automatic(BusReader *reader)
{
	while (reader->depth < BUS_DEPTH_MAX && reader->frames[reader->depth].automatic)
		reader->frames[reader->depth--].automatic = false;
}

void bus_reader_leave(BusReader *reader)
{
	reader_leave_automatic(reader);
	g_return_if_fail(reader->depth > 0);
	reader->depth--;
}

const char *bus_reader_entry(BusReader *reader)
{
	if (reader->spoilt)
		return NULL;
	reader_leave_automatic(reader);

	char type = bus_reader_type(reader);

	if (!type)
		return NULL;
	if (type != DBUS_TYPE_DICT_ENTRY || reader->depth + 2 >= BUS_DEPTH_MAX) {
		reader_spoil(reader, "{");
		return NULL;
	}
	reader_push(reader, true);
	type = bus_reader_type(reader);

	const char *key =
		reader_text(reader, type == DBUS_TYPE_OBJECT_PATH ? type : DBUS_TYPE_STRING);

	if (bus_reader_type(reader) == DBUS_TYPE_VARIANT)
		reader_push(reader, true);
	return reader->spoilt ? NULL : key;
}

bool bus_reader_ok(const BusReader *reader)
{
	return !reader->spoilt;
}
