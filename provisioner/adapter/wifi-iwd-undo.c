/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-undo.h"

#define SETTLE_MS 60000 /* for iwd to end what it is at */
#define SHOW_MS   2000  /* for a network that iwd has saved to show on the bus */

typedef enum UndoStep {
	UNDO_SETTLE,
	UNDO_SHOW,   /* waiting for the network that was saved */
	UNDO_FORGET, /* Forget is under way */
	UNDO_OVER,
} UndoStep;

struct WifiIwdUndo {
	WifiIwdContext context;
	WifiIwdJoin *join;
	void (*done)(void *data);
	void *data;
	UndoStep step;
	BusCall *call;
	guint start;
	guint limit;
};

/* @undo may be gone afterwards. */
static void undo_finish(WifiIwdUndo *undo)
{
	undo->step = UNDO_OVER;
	g_clear_handle_id(&undo->limit, g_source_remove);
	undo->done(undo->data);
}

static void undo_record(WifiIwdUndo *undo)
{
	g_autoptr(GError) error = NULL;

	if (!undo->context.record->attempting)
		return;
	wifi_record_end(undo->context.record);
	if (!wifi_record_save(undo->context.record, undo->context.record_path, &error))
		g_warning("the end of the attempt cannot be recorded: %s", error->message);
}

/* iwd returns by itself, too, but looks around first. Where it is there already nothing happens. */
static void undo_return(WifiIwdUndo *undo)
{
	const char *before = wifi_iwd_join_before(undo->join);

	if (before && bus_peer_find(undo->context.peer, before))
		bus_message_send(
			undo->context.bus,
			bus_message_new_call(IWD_SERVICE, before, IWD_NETWORK_IFACE, "Connect"));
}

static void undo_end(WifiIwdUndo *undo)
{
	undo_return(undo);
	undo_record(undo);
	undo_finish(undo);
}

static void on_forgotten(BusReply *reply, void *user_data)
{
	WifiIwdUndo *undo = user_data;

	undo->call = NULL;
	if (wifi_iwd_is_gone(reply))
		return;
	if (bus_reply_error(reply))
		g_warning("iwd does not forget the network that failed: %s",
			  bus_reply_error(reply)->message);
	undo_end(undo);
}

static const BusMirror *find_saved(const WifiIwdUndo *undo)
{
	const WifiRecord *record = undo->context.record;

	if (!record->attempting || record->known)
		return NULL;
	return wifi_iwd_known(undo->context.peer, record->attempt.ssid, record->attempt.ssid_len,
			      record->attempt.secured ? WIFI_IWD_PSK : WIFI_IWD_OPEN);
}

static bool undo_forget(WifiIwdUndo *undo)
{
	const BusMirror *saved = find_saved(undo);

	if (!saved)
		return false;
	undo->step = UNDO_FORGET;
	g_clear_handle_id(&undo->limit, g_source_remove);
	undo->call = bus_call_start(undo->context.bus,
				    bus_message_new_call(IWD_SERVICE, bus_mirror_path(saved),
							 IWD_KNOWN_IFACE, "Forget"),
				    BUS_TIMEOUT_DEFAULT, on_forgotten, undo);
	return true;
}

static gboolean on_limit(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->limit = 0;
	if (undo->step == UNDO_SHOW) {
		undo_end(undo);
	} else {
		g_warning("iwd does not end the attempt that failed");
		undo_finish(undo);
	}
	return G_SOURCE_REMOVE;
}

/* iwd is no longer at work: whatever it has saved stays saved. */
static void on_settled(void *data)
{
	WifiIwdUndo *undo = data;
	bool saved = undo->context.record->attempting && !undo->context.record->known &&
		     wifi_iwd_join_connected(undo->join);

	g_clear_handle_id(&undo->limit, g_source_remove);
	if (undo_forget(undo))
		return;
	if (!saved) {
		undo_end(undo);
		return;
	}
	undo->step = UNDO_SHOW;
	undo->limit = g_timeout_add(SHOW_MS, on_limit, undo);
}

static gboolean on_start(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->start = 0;
	on_settled(undo);
	return G_SOURCE_REMOVE;
}

WifiIwdUndo *wifi_iwd_undo_new(const WifiIwdContext *context, WifiIwdJoin *join,
			       void (*done)(void *data), void *data)
{
	WifiIwdUndo *undo = g_new0(WifiIwdUndo, 1);

	undo->context = *context;
	undo->join = join;
	undo->done = done;
	undo->data = data;
	if (wifi_iwd_join_settle(join, on_settled, undo)) {
		undo->limit = g_timeout_add(SETTLE_MS, on_limit, undo);
		undo_return(undo);
	} else {
		undo->start = g_idle_add(on_start, undo);
	}
	return undo;
}

void wifi_iwd_undo_free(WifiIwdUndo *undo)
{
	if (!undo)
		return;
	g_clear_handle_id(&undo->start, g_source_remove);
	g_clear_handle_id(&undo->limit, g_source_remove);
	bus_call_cancel(undo->call);
	wifi_iwd_join_free(undo->join);
	g_free(undo);
}

void wifi_iwd_undo_changed(WifiIwdUndo *undo)
{
	if (undo->step == UNDO_SHOW)
		undo_forget(undo);
}
