/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

BusMessage *bus_message_wrap(DBusMessage *message)
{
	BusMessage *wrap = g_new0(BusMessage, 1);

	wrap->message = dbus_message_ref(message);
	return wrap;
}

BusMessage *bus_message_new_call(const char *destination, const char *path, const char *interface,
				 const char *member)
{
	BusMessage *call = g_new0(BusMessage, 1);

	call->message = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_CALL);
	bus_must(call->message);
	if (!dbus_validate_bus_name(destination, NULL) || !dbus_validate_path(path, NULL) ||
	    !dbus_validate_interface(interface, NULL) || !dbus_validate_member(member, NULL)) {
		g_critical("call not possible: %s %s %s.%s", destination, path, interface, member);
		call->invalid = true;
		return call;
	}
	dbus_message_set_auto_start(call->message, FALSE);
	bus_must(dbus_message_set_destination(call->message, destination) &&
		 dbus_message_set_path(call->message, path) &&
		 dbus_message_set_interface(call->message, interface) &&
		 dbus_message_set_member(call->message, member));
	return call;
}

void bus_message_allow_start(BusMessage *message)
{
	dbus_message_set_auto_start(message->message, TRUE);
}

void bus_message_allow_interaction(BusMessage *message)
{
	dbus_message_set_allow_interactive_authorization(message->message, TRUE);
}

BusMessage *bus_message_new_signal(const char *path, const char *interface, const char *member,
				   const char *signature)
{
	BusMessage *signal = g_new0(BusMessage, 1);

	signal->message = dbus_message_new_signal(path, interface, member);
	bus_must(signal->message);
	signal->writer = bus_writer_new(signal->message, signature);
	return signal;
}

void bus_message_free(BusMessage *message)
{
	if (!message)
		return;
	bus_writer_free(message->writer);
	bus_reader_free(message->reader);
	dbus_message_unref(message->message);
	g_free(message);
}

BusWriter *bus_message_writer(BusMessage *message)
{
	if (!message->writer)
		message->writer = bus_writer_new(message->message, NULL);
	return message->writer;
}

BusReader *bus_message_reader(BusMessage *message)
{
	if (!message->reader)
		message->reader = bus_reader_new(message->message);
	return message->reader;
}

const char *bus_message_sender(const BusMessage *message)
{
	return dbus_message_get_sender(message->message);
}

const char *bus_message_path(const BusMessage *message)
{
	return dbus_message_get_path(message->message);
}

const char *bus_message_member(const BusMessage *message)
{
	return dbus_message_get_member(message->message);
}

const char *bus_message_signature(const BusMessage *message)
{
	return dbus_message_get_signature(message->message);
}

bool bus_message_complete(BusMessage *message)
{
	if (message->invalid)
		return false;
	return !message->writer || bus_writer_finish(message->writer, bus_message_member(message));
}

void bus_message_send(Bus *bus, BusMessage *message)
{
	g_autoptr(BusMessage) taken = message;

	if (!bus_message_complete(taken))
		return;
	dbus_message_set_no_reply(taken->message, TRUE);
	bus_send_raw(bus, taken->message);
}
