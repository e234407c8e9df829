/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-undo.h"

#include "dbus/bus-call.h"
#include "dbus/bus-properties.h"

#include <string.h>

struct WifiWpaUndo {
	Bus *bus;
	void (*done)(void *data);
	void *data;
	GQueue messages; /* BusMessage, owned */
	GQueue later;    /* the same, for when the network before is back, or has had its time */
	bool sooner;     /* what is planned now need not wait */
	unsigned int patience_ms;
	guint wait;
	BusCall *call;
	char *problem; /* NULL: none yet */
};

static bool is_condemned(const WpaConfigured *network, const WpaUndoPlan *plan)
{
	if (g_strcmp0(network->path, plan->keep) == 0)
		return false;
	if (network->trial || (plan->all_ours && network->ours))
		return true;
	for (guint i = 0; plan->condemned && i < plan->condemned->len; i++) {
		if (strcmp(network->path, g_ptr_array_index(plan->condemned, i)) == 0)
			return true;
	}
	return false;
}

static bool names(const GArray *numbers, guint number)
{
	for (guint i = 0; i < numbers->len; i++) {
		if (g_array_index(numbers, guint, i) == number)
			return true;
	}
	return false;
}

/* Does it still know by these numbers what it took the place of? Not when it was saved by somebody
 * else and read again: they are counted anew then. */
static bool is_understood(const WpaConfigured *trial, const GPtrArray *list)
{
	for (guint i = 0; i < trial->before->len; i++) {
		guint number = g_array_index(trial->before, guint, i);
		bool found = false;

		for (guint j = 0; j < list->len && !found; j++) {
			const WpaConfigured *network = g_ptr_array_index(list, j);

			found = wifi_wpa_networks_number(network->path) == number;
		}
		if (!found)
			return false;
	}
	return true;
}

/* Was it enabled before one of the trials that go? In doubt it was: no device is to be stranded. */
static bool is_due(const WpaConfigured *network, const GPtrArray *list, const WpaUndoPlan *plan)
{
	if (network->enabled || !network->infrastructure || is_condemned(network, plan))
		return false;
	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *trial = g_ptr_array_index(list, i);

		if (trial->trial && is_condemned(trial, plan) &&
		    (names(trial->before, wifi_wpa_networks_number(network->path)) ||
		     !is_understood(trial, list)))
			return true;
	}
	return false;
}

/* @message: taken */
static void push(WifiWpaUndo *undo, BusMessage *message)
{
	g_queue_push_tail(undo->sooner ? &undo->messages : &undo->later, message);
}

/* A call of the interface; its arguments are still to be written. */
static BusMessage *push_call(WifiWpaUndo *undo, const char *path, const char *member)
{
	BusMessage *message = bus_message_new_call(WPA_SERVICE, path, WPA_INTERFACE_IFACE, member);

	push(undo, message);
	return message;
}

static void push_enabled(WifiWpaUndo *undo, const char *path, bool enabled)
{
	push(undo,
	     bus_properties_set_bool(WPA_SERVICE, path, WPA_NETWORK_IFACE, "Enabled", enabled));
}

/* A scan of the last seconds is enough for wpa_supplicant to choose from, but what hides its name
 * was asked for only if it was enabled then. */
static bool may_be_missed(const GPtrArray *list, const WpaUndoPlan *plan)
{
	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (network->hidden && is_due(network, list, plan))
			return true;
	}
	return false;
}

/* With nothing enabled, or a scan for the trial would fill what was emptied. */
static void push_flush(WifiWpaUndo *undo, const char *path, const GPtrArray *list,
		       const WpaUndoPlan *plan)
{
	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (network->enabled && is_condemned(network, plan))
			push_enabled(undo, network->path, false);
	}
	bus_writer_u32(bus_message_writer(push_call(undo, path, "FlushBSS")), 0);
}

static void push_network(WifiWpaUndo *undo, const char *path, const char *member,
			 const WpaConfigured *network)
{
	bus_writer_path(bus_message_writer(push_call(undo, path, member)), network->path);
}

/* The one to return to of those that a trial took the place of: what was joined last has the
 * highest priority. NULL: it took the place of none. */
static const WpaConfigured *first_due(const GPtrArray *list, const WpaUndoPlan *plan)
{
	const WpaConfigured *first = NULL;

	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (is_due(network, list, plan) && (!first || network->priority > first->priority))
			first = network;
	}
	return first;
}

/* Selecting begins a connection with that network and disables all others. Were they enabled one by
 * one instead, wpa_supplicant would set out for the first and be interrupted for a better one: what
 * is interrupted in a handshake has lost its keys, and is not tried again for a while. */
static void push_return(WifiWpaUndo *undo, const char *path, const GPtrArray *list,
			const WpaUndoPlan *plan)
{
	const WpaConfigured *first = first_due(list, plan);

	if (!first)
		return;
	if (may_be_missed(list, plan))
		push_flush(undo, path, list, plan);
	if (plan->keep)
		push_enabled(undo, first->path, true); /* another trial is under way: not now */
	else
		push_network(undo, path, "SelectNetwork", first);
	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);
		bool wanted = network->enabled && !is_condemned(network, plan);

		if (network == first || !(wanted || is_due(network, list, plan)))
			continue;
		if (first->hidden && !plan->keep && plan->patience_ms > 0)
			undo->sooner = false;
		push_enabled(undo, network->path, true);
	}
}

static bool is_empty(const WifiWpaUndo *undo)
{
	return undo->messages.length + undo->later.length == 0;
}

/* The order matters: a trial goes when all it took the place of is enabled again, for its mark is
 * all that tells; and that is to be in the file. */
static void plan_calls(WifiWpaUndo *undo, const char *path, const GPtrArray *list,
		       const WpaUndoPlan *plan)
{
	bool reconnect = false;

	push_return(undo, path, list, plan);

	bool returning = !is_empty(undo);

	for (guint i = 0; i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (!is_condemned(network, plan))
			continue;
		reconnect = reconnect || network->trial || plan->reconnect;
		push_network(undo, path, "RemoveNetwork", network);
	}
	if ((plan->all_saved || !is_empty(undo)) && plan->save)
		push_call(undo, path, "SaveConfig");
	if (reconnect && !returning)
		push_call(undo, path, "Reassociate");
}

static void undo_advance(WifiWpaUndo *undo);

static void on_reply(BusReply *reply, void *user_data)
{
	WifiWpaUndo *undo = user_data;
	const GError *error = bus_reply_error(reply);

	undo->call = NULL;
	if (error && !wifi_wpa_is_gone(error)) {
		g_warning("cannot go back to the networks before: %s", error->message);
		if (!undo->problem)
			undo->problem = g_strdup(error->message);
	}
	undo_advance(undo);
}

static gboolean on_waited(gpointer data)
{
	WifiWpaUndo *undo = data;

	undo->wait = 0;
	undo->patience_ms = 0;
	undo_advance(undo);
	return G_SOURCE_REMOVE;
}

static void undo_advance(WifiWpaUndo *undo)
{
	bool now = undo->patience_ms == 0;
	BusMessage *message = g_queue_pop_head(&undo->messages);

	if (!message && now)
		message = g_queue_pop_head(&undo->later);
	if (message)
		undo->call =
			bus_call_start(undo->bus, message, BUS_TIMEOUT_DEFAULT, on_reply, undo);
	else if (!now && !g_queue_is_empty(&undo->later))
		undo->wait = g_timeout_add(undo->patience_ms, on_waited, undo);
	else
		undo->done(undo->data);
}

WifiWpaUndo *wifi_wpa_undo_new(Bus *bus, const char *path, const GPtrArray *list,
			       const WpaUndoPlan *plan, void (*done)(void *data), void *data)
{
	g_autoptr(WifiWpaUndo) undo = g_new0(WifiWpaUndo, 1);

	undo->bus = bus;
	undo->done = done;
	undo->data = data;
	undo->sooner = true;
	undo->patience_ms = plan->patience_ms;
	plan_calls(undo, path, list, plan);
	if (is_empty(undo))
		return NULL;
	undo_advance(undo);
	return g_steal_pointer(&undo);
}

void wifi_wpa_undo_free(WifiWpaUndo *undo)
{
	if (!undo)
		return;
	g_clear_handle_id(&undo->wait, g_source_remove);
	bus_call_cancel(undo->call);
	g_queue_clear_full(&undo->messages, (GDestroyNotify)bus_message_free);
	g_queue_clear_full(&undo->later, (GDestroyNotify)bus_message_free);
	g_free(undo->problem);
	g_free(undo);
}

const char *wifi_wpa_undo_problem(const WifiWpaUndo *undo)
{
	return undo->problem;
}

/* Before it waits, what is told is of the trial. */
void wifi_wpa_undo_connected(WifiWpaUndo *undo)
{
	if (undo->wait)
		wifi_wpa_undo_hurry(undo);
}

void wifi_wpa_undo_hurry(WifiWpaUndo *undo)
{
	undo->patience_ms = 0;
	if (!undo->wait)
		return;
	g_clear_handle_id(&undo->wait, g_source_remove);
	undo_advance(undo);
}
