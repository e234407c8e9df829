/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-forget.h"

#include "common/error.h"
#include "provisioner/adapter/disk-sync.h"

struct WifiNmForget {
	Bus *bus;
	WifiNmForgetDone done;
	void *data;
	GPtrArray *paths; /* still to be deleted, last first */
	BusCall *call;    /* Delete */
	DiskSync *sync;
	GError *error; /* the last refusal */
};

static void forget_advance(WifiNmForget *forget);

static void on_synced(void *data)
{
	WifiNmForget *forget = data;

	forget->sync = NULL;
	forget->done(forget->error, forget->data);
}

/* Was it deleted meanwhile? */
static bool is_unknown(const BusReply *reply)
{
	const char *name = bus_reply_error_name(reply);

	return g_strcmp0(name, "org.freedesktop.DBus.Error.UnknownObject") == 0 ||
	       g_strcmp0(name, "org.freedesktop.DBus.Error.UnknownMethod") == 0;
}

static void on_deleted(BusReply *reply, void *user_data)
{
	WifiNmForget *forget = user_data;
	const GError *error = bus_reply_error(reply);

	forget->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (error && !is_unknown(reply)) {
		g_clear_error(&forget->error);
		g_set_error(&forget->error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "NetworkManager does not delete a network that was added here: %s",
			    error->message);
		g_warning("%s", forget->error->message);
	}
	forget_advance(forget);
}

static void forget_advance(WifiNmForget *forget)
{
	g_autofree char *path = NULL;

	if (forget->paths->len == 0) {
		forget->sync = disk_sync_start(on_synced, forget);
		return;
	}
	path = g_ptr_array_steal_index(forget->paths, forget->paths->len - 1);
	forget->call = bus_call_start(
		forget->bus, bus_message_new_call(NM_SERVICE, path, NM_CONNECTION_IFACE, "Delete"),
		BUS_TIMEOUT_DEFAULT, on_deleted, forget);
}

WifiNmForget *wifi_nm_forget_new(Bus *bus, GPtrArray *paths, WifiNmForgetDone done, void *data)
{
	WifiNmForget *forget = g_new0(WifiNmForget, 1);

	forget->bus = bus;
	forget->done = done;
	forget->data = data;
	forget->paths = paths;
	forget_advance(forget);
	return forget;
}

void wifi_nm_forget_free(WifiNmForget *forget)
{
	if (!forget)
		return;
	bus_call_cancel(forget->call);
	disk_sync_cancel(forget->sync);
	g_ptr_array_unref(forget->paths);
	g_clear_error(&forget->error);
	g_free(forget);
}
