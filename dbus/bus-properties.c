/* SPDX-License-Identifier: MIT */
#include "dbus/bus-properties.h"

static BusMessage *call_new(const char *destination, const char *path, const char *member,
			    const char *interface)
{
	BusMessage *message = bus_message_new_call(destination, path, BUS_PROPERTIES_IFACE, member);

	bus_writer_string(bus_message_writer(message), interface);
	return message;
}

BusMessage *bus_properties_get(const char *destination, const char *path, const char *interface,
			       const char *property)
{
	BusMessage *message = call_new(destination, path, "Get", interface);

	bus_writer_string(bus_message_writer(message), property);
	return message;
}

char **bus_properties_paths(BusReply *reply, size_t max)
{
	BusReader *reader = bus_reply_reader(reply);
	g_auto(GStrv) paths = NULL;

	bus_reader_enter(reader, "v");
	if (bus_reader_has(reader, "ao"))
		paths = bus_reader_strings(reader, max);
	bus_reader_leave(reader);
	return bus_reader_ok(reader) ? g_steal_pointer(&paths) : NULL;
}

BusMessage *bus_properties_get_all(const char *destination, const char *path, const char *interface)
{
	return call_new(destination, path, "GetAll", interface);
}

BusMessage *bus_properties_set(const char *destination, const char *path, const char *interface,
			       const char *property)
{
	BusMessage *message = call_new(destination, path, "Set", interface);

	bus_writer_string(bus_message_writer(message), property);
	return message;
}

BusMessage *bus_properties_set_bool(const char *destination, const char *path,
				    const char *interface, const char *property, bool value)
{
	BusMessage *message = bus_properties_set(destination, path, interface, property);
	BusWriter *writer = bus_message_writer(message);

	bus_writer_open_variant(writer, "b");
	bus_writer_bool(writer, value);
	bus_writer_close(writer);
	return message;
}
