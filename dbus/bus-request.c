/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

struct BusRequest {
	Bus *bus; /* counted */
	DBusMessage *message;
	DBusMessage *reply;
	const BusInterface *interface;
	const BusMethod *method;
	const BusErrorName *errors;
	BusReader *reader;
	BusWriter *writer;
};

static void senders_add(Bus *bus, const char *sender, int change)
{
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(bus->senders, sender)) + (guint)change;

	bus->requests += (guint)change;
	if (count)
		g_hash_table_replace(bus->senders, g_strdup(sender), GUINT_TO_POINTER(count));
	else
		g_hash_table_remove(bus->senders, sender);
}

static const char *request_sender(DBusMessage *message)
{
	const char *sender = dbus_message_get_sender(message);

	return sender ? sender : "";
}

void bus_reply_error_raw(Bus *bus, DBusMessage *message, const char *name, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	if (dbus_message_get_no_reply(message))
		return;

	DBusMessage *reply = dbus_message_new_error(message, name, valid);

	bus_must(reply);
	bus_send_raw(bus, reply);
	dbus_message_unref(reply);
}

BusRequest *bus_request_new(Bus *bus, DBusMessage *message, const BusInterface *interface,
			    const BusMethod *method)
{
	const char *sender = request_sender(message);
	guint waiting = GPOINTER_TO_UINT(g_hash_table_lookup(bus->senders, sender));

	if (bus->requests >= BUS_REQUESTS_MAX || waiting >= BUS_REQUESTS_SENDER_MAX) {
		bus_reply_error_raw(bus, message, DBUS_ERROR_LIMITS_EXCEEDED,
				    "too many calls wait");
		return NULL;
	}

	BusRequest *request = g_new0(BusRequest, 1);

	request->bus = bus_ref(bus);
	request->message = dbus_message_ref(message);
	request->interface = interface;
	request->method = method;
	request->errors = interface->errors;
	senders_add(bus, sender, 1);
	return request;
}

/* Everything but the answer. */
static void request_destroy(BusRequest *request)
{
	senders_add(request->bus, request_sender(request->message), -1);
	bus_reader_free(request->reader);
	bus_writer_free(request->writer);
	if (request->reply)
		dbus_message_unref(request->reply);
	dbus_message_unref(request->message);
	bus_unref(request->bus);
	g_free(request);
}

const char *bus_request_sender(const BusRequest *request)
{
	return request_sender(request->message);
}

const char *bus_request_path(const BusRequest *request)
{
	return dbus_message_get_path(request->message);
}

const char *bus_request_member(const BusRequest *request)
{
	return request->method->name;
}

bool bus_request_interactive(const BusRequest *request)
{
	return dbus_message_get_allow_interactive_authorization(request->message);
}

Bus *bus_request_bus(const BusRequest *request)
{
	return request->bus;
}

void bus_request_set_errors(BusRequest *request, const BusErrorName *errors)
{
	request->errors = errors;
}

BusReader *bus_request_args(BusRequest *request)
{
	if (!request->reader)
		request->reader = bus_reader_new(request->message);
	return request->reader;
}

BusWriter *bus_request_writer(BusRequest *request)
{
	if (!request->writer) {
		request->reply = dbus_message_new_method_return(request->message);
		bus_must(request->reply);
		request->writer = bus_writer_new(request->reply, request->method->out);
	}
	return request->writer;
}

void bus_request_reply(BusRequest *request)
{
	if (!bus_writer_finish(bus_request_writer(request), request->method->name)) {
		bus_request_fail_name(request, DBUS_ERROR_FAILED, "internal error");
		return;
	}
	if (!dbus_message_get_no_reply(request->message))
		bus_send_raw(request->bus, request->reply);
	request_destroy(request);
}

void bus_request_fail_name(BusRequest *request, const char *name, const char *text)
{
	if (!dbus_validate_error_name(name, NULL)) {
		g_critical("\"%s\" is no error name", name);
		name = DBUS_ERROR_FAILED;
	}
	bus_reply_error_raw(request->bus, request->message, name, text);
	request_destroy(request);
}

void bus_request_fail(BusRequest *request, const GError *error)
{
	bus_request_fail_name(request, bus_error_name(error, request->errors), error->message);
}

void bus_request_free(BusRequest *request)
{
	if (!request)
		return;
	g_critical("call of %s.%s was never answered", request->interface->name,
		   request->method->name);
	bus_request_fail_name(request, DBUS_ERROR_FAILED, "the call was not answered");
}
