/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

struct BusCall {
	Bus *bus; /* counted */
	uint64_t number;
	DBusPendingCall *pending; /* NULL when it could not be sent */
	GSource *failure;         /* then: tells so from the loop */
	BusError failure_code;
	char *destination;
	BusReplyFunc func;
	void *user_data;
	bool done; /* inside the callback */
};

struct BusReply {
	DBusMessage *message; /* borrowed; NULL when the failure is ours */
	GError *error;
	const char *error_name;
	DBusMessage *empty; /* what the reader of a failure reads */
	BusReader *reader;
};

static void call_free(BusCall *call)
{
	if (call->pending) {
		dbus_pending_call_cancel(call->pending);
		dbus_pending_call_unref(call->pending);
	}
	if (call->failure) {
		g_source_destroy(call->failure);
		g_source_unref(call->failure);
	}
	g_free(call->destination);
	bus_unref(call->bus);
	g_free(call);
}

/* The one way out with a callback. */
static void call_finish(BusCall *call, BusReply *reply)
{
	g_ptr_array_remove(call->bus->calls, call);
	call->done = true;
	call->func(reply, call->user_data);
	bus_reader_free(reply->reader);
	g_clear_error(&reply->error);
	if (reply->empty)
		dbus_message_unref(reply->empty);
	call_free(call);
}

static void call_fail(BusCall *call, BusError code, const char *text)
{
	BusReply reply = { .error = g_error_new_literal(BUS_ERROR, (int)code, text) };

	reply.error_name = bus_error_name(reply.error, NULL);
	call_finish(call, &reply);
}

static void call_on_pending(DBusPendingCall *pending, void *user_data)
{
	BusCall *call = user_data;
	DBusMessage *message = dbus_pending_call_steal_reply(pending);
	BusReply reply = { .message = message };

	if (!dbus_connection_get_is_connected(call->bus->connection)) {
		call_fail(call, BUS_ERROR_DISCONNECTED, "connection to the message bus lost");
	} else {
		if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_ERROR) {
			reply.error = bus_error_from_message(message);
			reply.error_name = dbus_message_get_error_name(message);
		}
		call_finish(call, &reply);
	}
	dbus_message_unref(message);
}

static gboolean call_on_failure(gpointer user_data)
{
	BusCall *call = user_data;

	call_fail(call, call->failure_code,
		  call->failure_code == BUS_ERROR_INVALID ? "the call was not well formed"
							  : "not connected to a message bus");
	return G_SOURCE_REMOVE;
}

static void call_fail_later(BusCall *call, BusError code)
{
	call->failure_code = code;
	call->failure = g_idle_source_new();
	g_source_set_callback(call->failure, call_on_failure, call, NULL);
	g_source_attach(call->failure, call->bus->context);
}

BusCall *bus_call_start(Bus *bus, BusMessage *message, int timeout_ms, BusReplyFunc func,
			void *user_data)
{
	g_autoptr(BusMessage) taken = message;
	BusCall *call = g_new0(BusCall, 1);
	DBusConnection *connection = bus->connection;

	call->bus = bus_ref(bus);
	call->number = ++bus->calls_begun;
	call->destination = g_strdup(dbus_message_get_destination(taken->message));
	call->func = func;
	call->user_data = user_data;
	g_ptr_array_add(bus->calls, call);
	if (!bus_message_complete(taken)) {
		call_fail_later(call, BUS_ERROR_INVALID);
		return call;
	}
	bus_object_flush(bus);
	if (connection)
		bus_must(dbus_connection_send_with_reply(connection, taken->message, &call->pending,
							 timeout_ms));
	if (call->pending)
		bus_must(dbus_pending_call_set_notify(call->pending, call_on_pending, call, NULL));
	else
		call_fail_later(call, BUS_ERROR_DISCONNECTED);
	return call;
}

void bus_call_cancel(BusCall *call)
{
	if (!call || call->done)
		return;
	g_ptr_array_remove(call->bus->calls, call);
	call_free(call);
}

/* Callbacks may start and cancel calls: look afresh after each, and leave younger ones alone. */
static BusCall *calls_next(Bus *bus, const char *destination, uint64_t until)
{
	for (guint i = 0; i < bus->calls->len; i++) {
		BusCall *call = g_ptr_array_index(bus->calls, i);

		if (call->number > until)
			return NULL;
		if (!destination || g_strcmp0(call->destination, destination) == 0)
			return call;
	}
	return NULL;
}

void bus_calls_fail(Bus *bus, const char *destination, BusError code, const char *text)
{
	uint64_t until = bus->calls_begun;
	BusCall *call;

	bus_ref(bus);
	while ((call = calls_next(bus, destination, until)))
		call_fail(call, code, text);
	bus_unref(bus);
}

const GError *bus_reply_error(const BusReply *reply)
{
	return reply->error;
}

bool bus_reply_is_gone(const BusReply *reply)
{
	return g_error_matches(bus_reply_error(reply), BUS_ERROR, BUS_ERROR_VANISHED);
}

const char *bus_reply_error_name(const BusReply *reply)
{
	return reply->error_name;
}

BusReader *bus_reply_reader(BusReply *reply)
{
	if (reply->reader)
		return reply->reader;
	if (reply->error) {
		reply->empty = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
		bus_must(reply->empty);
	}
	reply->reader = bus_reader_new(reply->error ? reply->empty : reply->message);
	return reply->reader;
}

bool bus_reply_expect(BusReply *reply, const char *signature, GError **error)
{
	if (reply->error) {
		g_propagate_error(error, g_error_copy(reply->error));
		return false;
	}
	if (dbus_message_has_signature(reply->message, signature))
		return true;
	g_set_error(error, BUS_ERROR, BUS_ERROR_INVALID,
		    "reply of \"%s\" where \"%s\" was expected",
		    dbus_message_get_signature(reply->message), signature);
	return false;
}
