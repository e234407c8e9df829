/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-forget.h"

#include "common/error.h"
#include "dbus/bus-call.h"
#include "provisioner/adapter/disk-sync.h"

struct WifiIwdForget {
	WifiIwdContext context;
	WifiIwdForgetDone done;
	void *data;
	GArray *networks; /* WifiRecordNetwork */
	guint next;       /* of them */
	GArray *gone;     /* the same: those that iwd does not have any more */
	bool told;        /* by iwd, that it has forgotten one */
	GError *error;    /* the first */
	guint start;
	BusCall *call; /* Forget of the one before the next */
	DiskSync *sync;
};

static void forget_advance(WifiIwdForget *forget);

/* @forget may be gone afterwards. */
static void forget_finish(WifiIwdForget *forget)
{
	WifiRecord *record = forget->context.record;

	for (guint i = 0; i < forget->gone->len; i++) {
		const WifiRecordNetwork *network =
			&g_array_index(forget->gone, WifiRecordNetwork, i);

		wifi_record_remove(record, network->ssid, network->ssid_len, network->secured);
		if (wifi_record_is_attempt(record, network->ssid, network->ssid_len,
					   network->secured))
			wifi_record_end(record);
	}
	if (forget->gone->len > 0)
		wifi_record_save(record, forget->context.record_path,
				 forget->error ? NULL : &forget->error);
	forget->done(forget->error, forget->data);
}

static void on_synced(void *data)
{
	WifiIwdForget *forget = data;

	forget->sync = NULL;
	forget_finish(forget);
}

static void on_reply(BusReply *reply, void *user_data)
{
	WifiIwdForget *forget = user_data;
	const GError *error = bus_reply_error(reply);

	forget->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (!error) {
		forget->told = true;
		g_array_append_val(forget->gone, g_array_index(forget->networks, WifiRecordNetwork,
							       forget->next - 1));
	} else if (!forget->error) {
		g_set_error(&forget->error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "iwd does not forget a network that was added here: %s",
			    error->message);
	}
	forget_advance(forget);
}

static void forget_advance(WifiIwdForget *forget)
{
	while (forget->next < forget->networks->len) {
		const WifiRecordNetwork *network =
			&g_array_index(forget->networks, WifiRecordNetwork, forget->next++);
		const BusMirror *known = wifi_iwd_recorded(forget->context.peer, network);

		if (known) {
			forget->call = bus_call_start(
				forget->context.bus,
				bus_message_new_call(IWD_SERVICE, bus_mirror_path(known),
						     IWD_KNOWN_IFACE, "Forget"),
				BUS_TIMEOUT_DEFAULT, on_reply, forget);
			return;
		}
		g_array_append_vals(forget->gone, network, 1);
	}
	if (forget->told)
		forget->sync = disk_sync_start(on_synced, forget);
	else
		forget_finish(forget);
}

static gboolean on_start(gpointer data)
{
	WifiIwdForget *forget = data;

	forget->start = 0;
	forget_advance(forget);
	return G_SOURCE_REMOVE;
}

WifiIwdForget *wifi_iwd_forget_new(const WifiIwdContext *context, const WifiRecordNetwork *networks,
				   size_t n, WifiIwdForgetDone done, void *data)
{
	WifiIwdForget *forget = g_new0(WifiIwdForget, 1);

	forget->context = *context;
	forget->done = done;
	forget->data = data;
	forget->networks = g_array_new(false, false, sizeof(WifiRecordNetwork));
	forget->gone = g_array_new(false, false, sizeof(WifiRecordNetwork));
	g_array_append_vals(forget->networks, networks, (guint)n);
	forget->start = g_idle_add(on_start, forget); /* nothing is reported from in here */
	return forget;
}

void wifi_iwd_forget_free(WifiIwdForget *forget)
{
	if (!forget)
		return;
	g_clear_handle_id(&forget->start, g_source_remove);
	bus_call_cancel(forget->call);
	disk_sync_cancel(forget->sync);
	g_array_unref(forget->networks);
	g_array_unref(forget->gone);
	g_clear_error(&forget->error);
	g_free(forget);
}
