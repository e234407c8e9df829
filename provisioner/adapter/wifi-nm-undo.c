/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-undo.h"

struct WifiNmUndo {
	WifiNmContext context;
	void (*done)(void *data);
	void *data;
	char *before; /* to be activated, NULL: none, or it was */
	BusCall *call;
};

static void undo_advance(WifiNmUndo *undo);

static void on_reply(BusReply *reply, void *user_data)
{
	WifiNmUndo *undo = user_data;

	undo->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (bus_reply_error(reply))
		g_warning("cannot go back to the network before: %s",
			  bus_reply_error(reply)->message);
	undo_advance(undo);
}

static void undo_call(WifiNmUndo *undo, BusMessage *message)
{
	undo->call =
		bus_call_start(undo->context.bus, message, BUS_TIMEOUT_DEFAULT, on_reply, undo);
}

static void undo_advance(WifiNmUndo *undo)
{
	g_autofree char *before = g_steal_pointer(&undo->before);
	BusMessage *message = NULL;
	BusWriter *writer = NULL;

	if (!before) {
		undo->done(undo->data);
		return;
	}
	message = bus_message_new_call(NM_SERVICE, NM_PATH, NM_IFACE, "ActivateConnection");
	writer = bus_message_writer(message);
	bus_writer_path(writer, before);
	bus_writer_path(writer, undo->context.device);
	bus_writer_path(writer, "/");
	undo_call(undo, message);
}

WifiNmUndo *wifi_nm_undo_new(const WifiNmContext *context, const char *profile, const char *before,
			     void (*done)(void *data), void *data)
{
	WifiNmUndo *undo = g_new0(WifiNmUndo, 1);

	undo->context = *context;
	undo->done = done;
	undo->data = data;
	undo->before = g_strdup(before);
	undo_call(undo, bus_message_new_call(NM_SERVICE, profile, NM_CONNECTION_IFACE, "Delete"));
	return undo;
}

void wifi_nm_undo_free(WifiNmUndo *undo)
{
	if (!undo)
		return;
	bus_call_cancel(undo->call);
	g_free(undo->before);
	g_free(undo);
}
