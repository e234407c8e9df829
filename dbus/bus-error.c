/* SPDX-License-Identifier: MIT */
/*
 * Error names on the bus and their codes here: one table for both directions.
 */
#include "dbus/bus-private.h"

#include "common/printable.h"

#include <string.h>

#define TEXT_MAX 512

/* clang-format off */
G_DEFINE_QUARK(bus-error-quark, bus_error)
/* clang-format on */

typedef struct ErrorRow {
	const char *name;
	BusError code;
} ErrorRow;

/* The first row of a code is the name it is sent under. */
static const ErrorRow rows[] = {
	{ DBUS_ERROR_FAILED, BUS_ERROR_REMOTE },
	{ DBUS_ERROR_SERVICE_UNKNOWN, BUS_ERROR_NO_SERVICE },
	{ DBUS_ERROR_NAME_HAS_NO_OWNER, BUS_ERROR_NO_SERVICE },
	{ DBUS_ERROR_UNKNOWN_METHOD, BUS_ERROR_NO_METHOD },
	{ DBUS_ERROR_UNKNOWN_OBJECT, BUS_ERROR_NO_METHOD },
	{ DBUS_ERROR_UNKNOWN_INTERFACE, BUS_ERROR_NO_METHOD },
	{ DBUS_ERROR_UNKNOWN_PROPERTY, BUS_ERROR_NO_METHOD },
	{ DBUS_ERROR_ACCESS_DENIED, BUS_ERROR_DENIED },
	{ DBUS_ERROR_AUTH_FAILED, BUS_ERROR_DENIED },
	{ DBUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, BUS_ERROR_INTERACTION },
	{ DBUS_ERROR_PROPERTY_READ_ONLY, BUS_ERROR_DENIED },
	{ DBUS_ERROR_NO_REPLY, BUS_ERROR_TIMEOUT },
	{ DBUS_ERROR_TIMEOUT, BUS_ERROR_TIMEOUT },
	{ DBUS_ERROR_TIMED_OUT, BUS_ERROR_TIMEOUT },
	{ DBUS_ERROR_DISCONNECTED, BUS_ERROR_DISCONNECTED },
	{ DBUS_ERROR_NO_REPLY, BUS_ERROR_VANISHED },
	{ DBUS_ERROR_INVALID_ARGS, BUS_ERROR_INVALID },
	{ DBUS_ERROR_INVALID_SIGNATURE, BUS_ERROR_INVALID },
	{ DBUS_ERROR_LIMITS_EXCEEDED, BUS_ERROR_LIMIT },
	{ DBUS_ERROR_NO_MEMORY, BUS_ERROR_LIMIT },
	{ DBUS_ERROR_OBJECT_PATH_IN_USE, BUS_ERROR_EXISTS },
};

BusError bus_error_code(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (g_str_equal(rows[i].name, name))
			return rows[i].code;
	}
	return BUS_ERROR_REMOTE;
}

const char *bus_error_name(const GError *error, const BusErrorName *table)
{
	for (; table && table->name; table++) {
		if (g_error_matches(error, table->domain(), table->code))
			return table->name;
	}
	for (size_t i = 0; error->domain == BUS_ERROR && i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].code == (BusError)error->code)
			return rows[i].name;
	}
	return DBUS_ERROR_FAILED;
}

char *bus_text(const char *text)
{
	return printable_text(text, strnlen(text, TEXT_MAX));
}

GError *bus_error_from_message(DBusMessage *message)
{
	const char *name = dbus_message_get_error_name(message);
	BusError code = bus_error_code(name);
	const char *raw = NULL;

	/* The bus itself answers so for a callee that left; libdbus does when time is up. */
	if (code == BUS_ERROR_TIMEOUT &&
	    g_strcmp0(dbus_message_get_sender(message), DBUS_SERVICE_DBUS) == 0)
		code = BUS_ERROR_VANISHED;
	dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &raw, DBUS_TYPE_INVALID);

	g_autofree char *text = bus_text(raw ? raw : "no explanation");

	return g_error_new(BUS_ERROR, (int)code, "%s: %s", name, text);
}
