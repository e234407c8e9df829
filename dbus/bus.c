/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include "common/error.h"

#include <string.h>

#define SYSTEM_ADDRESS "unix:path=/run/dbus/system_bus_socket"

static DBusHandlerResult bus_on_message(DBusConnection *connection, DBusMessage *message,
					void *data)
{
	Bus *bus = data;
	int type = dbus_message_get_type(message);

	if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected"))
		bus_lost(bus, "connection to the message bus lost");
	else if (type == DBUS_MESSAGE_TYPE_SIGNAL)
		bus_match_dispatch(bus, message);
	else if (type == DBUS_MESSAGE_TYPE_METHOD_CALL)
		bus_object_dispatch(bus, message);
	return DBUS_HANDLER_RESULT_HANDLED;
}

static void bus_on_hello(BusReply *reply, void *user_data)
{
	Bus *bus = user_data;
	g_autoptr(GError) error = NULL;

	bus->hello = NULL;
	if (!bus->connection)
		return;
	if (!bus_reply_expect(reply, "s", &error)) {
		bus_lost(bus, error->message);
		return;
	}
	bus_must(dbus_bus_set_unique_name(bus->connection,
					  bus_reader_string(bus_reply_reader(reply))));
}

/* What @address stands for; NULL when the environment does not say. */
static const char *address_resolve(const char *address)
{
	const char *system = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");

	if (g_str_equal(address, BUS_ADDRESS_SYSTEM))
		return system ? system : SYSTEM_ADDRESS;
	if (g_str_equal(address, BUS_ADDRESS_SESSION))
		return g_getenv("DBUS_SESSION_BUS_ADDRESS");
	return address;
}

static bool bus_fail(GError **error, const char *address, const char *why)
{
	g_autofree char *text = bus_text(why);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS, "message bus \"%s\": %s", address,
		    text);
	return false;
}

/* Only unix: sockets connect without waiting for somebody else. */
static bool address_check(const char *address, GError **error)
{
	DBusAddressEntry **entries = NULL;
	DBusError problem = DBUS_ERROR_INIT;
	int count = 0;
	bool local = true;

	if (!dbus_parse_address(address, &entries, &count, &problem)) {
		bus_fail(error, address, problem.message);
		dbus_error_free(&problem);
		return false;
	}
	for (int i = 0; i < count; i++)
		local = local && g_str_equal(dbus_address_entry_get_method(entries[i]), "unix");
	dbus_address_entries_free(entries);
	return local || bus_fail(error, address, "only unix: addresses are supported");
}

static DBusConnection *connection_open(const char *address, GError **error)
{
	DBusError problem = DBUS_ERROR_INIT;
	const char *resolved = address_resolve(address);

	if (!resolved || !*resolved) {
		bus_fail(error, address, "its address is not known");
		return NULL;
	}
	if (!address_check(resolved, error))
		return NULL;
	dbus_connection_set_change_sigpipe(FALSE);

	DBusConnection *connection = dbus_connection_open_private(resolved, &problem);

	if (!connection) {
		bus_fail(error, address, problem.message);
		dbus_error_free(&problem);
		return NULL;
	}
	dbus_connection_set_exit_on_disconnect(connection, FALSE);
	dbus_connection_set_max_received_size(connection, BUS_RECEIVED_MAX);
	return connection;
}

Bus *bus_open(const char *address, GMainContext *context, BusDisconnectedFunc disconnected,
	      void *user_data, GError **error)
{
	DBusConnection *connection = connection_open(address, error);

	if (!connection)
		return NULL;

	Bus *bus = g_new0(Bus, 1);

	bus->refs = 1;
	bus->connection = connection;
	bus->context = g_main_context_ref(context ? context : g_main_context_default());
	bus->disconnected = disconnected;
	bus->user_data = user_data;
	bus->calls = g_ptr_array_new();
	bus->matches = g_ptr_array_new();
	bus->dirty = g_ptr_array_new();
	bus->objects = g_hash_table_new(g_str_hash, g_str_equal);
	bus->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bus->loop = bus_loop_new(bus);
	bus_must(dbus_connection_add_filter(connection, bus_on_message, bus, NULL));
	bus->hello = bus_call_start(bus,
				    bus_message_new_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
							 DBUS_INTERFACE_DBUS, "Hello"),
				    BUS_TIMEOUT_DEFAULT, bus_on_hello, bus);
	return bus;
}

Bus *bus_ref(Bus *bus)
{
	bus->refs++;
	return bus;
}

void bus_unref(Bus *bus)
{
	if (--bus->refs > 0)
		return;
	g_ptr_array_unref(bus->calls);
	g_ptr_array_unref(bus->matches);
	g_ptr_array_unref(bus->dirty);
	g_hash_table_unref(bus->objects);
	g_hash_table_unref(bus->senders);
	g_main_context_unref(bus->context);
	g_free(bus);
}

/* Closes, failing what is outstanding; false when that was done before. */
static bool bus_close(Bus *bus, const char *why)
{
	DBusConnection *connection = bus->connection;

	if (!connection)
		return false;
	g_clear_pointer(&bus->loop, bus_loop_free);
	dbus_connection_remove_filter(connection, bus_on_message, bus);
	bus->connection = NULL;
	bus_calls_fail(bus, NULL, BUS_ERROR_DISCONNECTED, why);
	dbus_connection_close(connection);
	dbus_connection_unref(connection);
	return true;
}

void bus_lost(Bus *bus, const char *why)
{
	g_autoptr(GError) error = NULL;

	bus_ref(bus);
	if (bus_close(bus, why) && bus->disconnected) {
		error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_BUS, why);
		bus->disconnected(bus, error, bus->user_data);
	}
	bus_unref(bus);
}

void bus_free(Bus *bus)
{
	if (!bus)
		return;
	bus->disconnected = NULL;
	bus_close(bus, "connection to the message bus closed");
	bus_unref(bus);
}

bool bus_is_connected(const Bus *bus)
{
	return bus->connection != NULL;
}

const char *bus_unique_name(const Bus *bus)
{
	return bus->connection ? dbus_bus_get_unique_name(bus->connection) : NULL;
}

void bus_send_now(Bus *bus, DBusMessage *message)
{
	if (bus->connection)
		bus_must(dbus_connection_send(bus->connection, message, NULL));
}

void bus_send_raw(Bus *bus, DBusMessage *message)
{
	bus_object_flush(bus);
	bus_send_now(bus, message);
}
