/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-undo.h"

#include "provisioner/adapter/wifi-iwd-forget.h"
#include "provisioner/adapter/wifi-iwd-scan.h"

#define SETTLE_MS    60000 /* for iwd to end what it is at */
#define LOOK_MS      10000 /* for a scan that may find the network before */
#define SHOW_MS      2000  /* for a network that iwd has saved to show on the bus */
#define RETURN_MS    30000 /* for iwd to be back on the network before */
#define RETURN_TRIES 3
#define PAUSE_MS     3000 /* before the next: an access point may be busy with whom it lost */

typedef enum UndoStep {
	UNDO_SETTLE, /* iwd ends what it is at */
	UNDO_LOOK,   /* it has not heard the network before of late: a scan */
	UNDO_RETURN, /* it goes back to the network before, or cannot yet */
	UNDO_SHOW,   /* waiting for the network that was saved */
	UNDO_FORGET, /* iwd forgets it */
	UNDO_OVER,
} UndoStep;

struct WifiIwdUndo {
	WifiIwdContext context;
	WifiIwdJoin *join;
	void (*done)(void *data);
	void *data;
	UndoStep step;
	BusCall *call; /* Connect to the network before */
	WifiIwdScan *scan;
	WifiIwdForget *forget;
	bool looked;
	int tries; /* to go back there */
	guint pause;
	bool back;
	bool forgotten; /* or there is nothing to be forgotten */
	bool refused;   /* it was not: the record tells the next start */
	guint start;
	guint limit;
};

static void undo_advance(WifiIwdUndo *undo);

static void undo_enter(WifiIwdUndo *undo, UndoStep step, unsigned int limit_ms, GSourceFunc late)
{
	if (undo->step == step && undo->limit)
		return;
	undo->step = step;
	g_clear_handle_id(&undo->limit, g_source_remove);
	undo->limit = g_timeout_add(limit_ms, late, undo);
}

/* @undo may be gone afterwards. */
static void undo_finish(WifiIwdUndo *undo)
{
	undo->step = UNDO_OVER;
	g_clear_handle_id(&undo->limit, g_source_remove);
	g_clear_handle_id(&undo->pause, g_source_remove);
	undo->done(undo->data);
}

static void undo_record(WifiIwdUndo *undo)
{
	g_autoptr(GError) error = NULL;

	if (!undo->context.record->attempting)
		return;
	/* iwd keeps one passphrase for a name, and this one fitted. */
	if (wifi_iwd_join_connected(undo->join) && wifi_iwd_join_gave(undo->join))
		wifi_record_doubt(undo->context.record);
	wifi_record_end(undo->context.record);
	if (!wifi_record_save(undo->context.record, undo->context.record_path, &error))
		g_warning("the end of the attempt cannot be recorded: %s", error->message);
}

/* ---- back to the network before ---- */

static bool is_away(const WifiIwdUndo *undo)
{
	return !undo->back && undo->tries < RETURN_TRIES && wifi_iwd_join_before(undo->join);
}

static bool is_shown(const WifiIwdUndo *undo)
{
	return bus_peer_find(undo->context.peer, wifi_iwd_join_before(undo->join)) != NULL;
}

static void on_looked(const WifiIwdSeen *seen, const GError *error, void *data)
{
	WifiIwdUndo *undo = data;

	g_clear_pointer(&undo->scan, wifi_iwd_scan_free);
	undo_advance(undo);
}

static void undo_look(WifiIwdUndo *undo)
{
	undo->step = UNDO_LOOK;
	undo->looked = true;
	g_clear_handle_id(&undo->limit, g_source_remove);
	undo->scan = wifi_iwd_scan_new(&undo->context, false, LOOK_MS, on_looked, undo);
}

static gboolean on_pause(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->pause = 0;
	if (undo->step == UNDO_RETURN)
		undo_advance(undo);
	return G_SOURCE_REMOVE;
}

static void on_returned(BusReply *reply, void *user_data)
{
	WifiIwdUndo *undo = user_data;

	undo->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	undo->back = !bus_reply_error(reply);
	if (!undo->back) {
		g_info("iwd is not back on the network before: %s", bus_reply_error_name(reply));
		undo->pause = g_timeout_add(PAUSE_MS, on_pause, undo);
	}
	if (undo->step == UNDO_RETURN)
		undo_advance(undo);
}

/* Where iwd is there already, or on its way, it says so at once. */
static void call_back(WifiIwdUndo *undo)
{
	undo->tries++;
	undo->call =
		bus_call_start(undo->context.bus,
			       bus_message_new_call(IWD_SERVICE, wifi_iwd_join_before(undo->join),
						    IWD_NETWORK_IFACE, "Connect"),
			       BUS_TIMEOUT_NONE, on_returned, undo);
}

static gboolean on_return_limit(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->limit = 0;
	undo->tries = RETURN_TRIES;
	bus_call_cancel(undo->call);
	undo->call = NULL;
	undo_advance(undo);
	return G_SOURCE_REMOVE;
}

static void undo_return(WifiIwdUndo *undo)
{
	undo_enter(undo, UNDO_RETURN, RETURN_MS, on_return_limit);
	if (!undo->pause &&
	    !wifi_iwd_is_state(&undo->context, "disconnecting")) /* it would refuse */
		call_back(undo);
}

/* ---- forgetting ---- */

static void on_forgotten(const GError *error, void *data)
{
	WifiIwdUndo *undo = data;

	if (error)
		g_warning("%s", error->message);
	undo->refused = error != NULL;
	g_clear_pointer(&undo->forget, wifi_iwd_forget_free);
	undo_advance(undo);
}

static gboolean on_show_limit(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->limit = 0;
	undo->forgotten = true;
	undo_advance(undo);
	return G_SOURCE_REMOVE;
}

static void undo_forget(WifiIwdUndo *undo)
{
	const WifiRecord *record = undo->context.record;
	bool ours = record->attempting && !record->known;
	const BusMirror *saved =
		ours ? wifi_iwd_recorded(undo->context.peer, &record->attempt) : NULL;

	if (!saved && ours && wifi_iwd_join_connected(undo->join)) {
		undo_enter(undo, UNDO_SHOW, SHOW_MS, on_show_limit);
		return;
	}
	undo->forgotten = true;
	if (!saved) {
		undo_advance(undo);
		return;
	}
	undo->step = UNDO_FORGET;
	g_clear_handle_id(&undo->limit, g_source_remove);
	undo->forget = wifi_iwd_forget_new(&undo->context, &record->attempt, 1, on_forgotten, undo);
}

/* ---- one after the other ---- */

/* Back first: iwd that loses the network it is on to Forget joins any other it knows. */
static void undo_advance(WifiIwdUndo *undo)
{
	bool away = is_away(undo) && (undo->tries == 0 || undo->forgotten);

	if (away && is_shown(undo)) {
		undo_return(undo);
	} else if (away && !undo->looked) {
		undo_look(undo);
	} else if (!undo->forgotten) {
		undo_forget(undo);
	} else {
		if (!undo->refused)
			undo_record(undo);
		undo_finish(undo);
	}
}

static gboolean on_settle_limit(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->limit = 0;
	g_warning("iwd does not end the attempt that failed");
	undo_finish(undo);
	return G_SOURCE_REMOVE;
}

/* iwd is no longer at work: whatever it has saved stays saved. */
static void on_settled(void *data)
{
	WifiIwdUndo *undo = data;

	if (undo->call)
		undo_enter(undo, UNDO_RETURN, RETURN_MS, on_return_limit);
	else
		undo_advance(undo);
}

static gboolean on_start(gpointer data)
{
	WifiIwdUndo *undo = data;

	undo->start = 0;
	undo_advance(undo);
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
	if (!wifi_iwd_join_settle(join, on_settled, undo)) {
		undo->start = g_idle_add(on_start, undo);
		return undo;
	}
	undo_enter(undo, UNDO_SETTLE, SETTLE_MS, on_settle_limit);
	if (is_away(undo) && is_shown(undo))
		call_back(undo);
	return undo;
}

void wifi_iwd_undo_free(WifiIwdUndo *undo)
{
	if (!undo)
		return;
	g_clear_handle_id(&undo->start, g_source_remove);
	g_clear_handle_id(&undo->limit, g_source_remove);
	g_clear_handle_id(&undo->pause, g_source_remove);
	bus_call_cancel(undo->call);
	wifi_iwd_scan_free(undo->scan);
	wifi_iwd_forget_free(undo->forget);
	wifi_iwd_join_free(undo->join);
	g_free(undo);
}

void wifi_iwd_undo_changed(WifiIwdUndo *undo)
{
	if (undo->step == UNDO_LOOK)
		wifi_iwd_scan_changed(undo->scan);
	else if (!undo->call && (undo->step == UNDO_SHOW || undo->step == UNDO_RETURN))
		undo_advance(undo);
}
