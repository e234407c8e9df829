/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd.h"

#include "common/error.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/wifi-iwd-forget.h"
#include "provisioner/adapter/wifi-iwd-join.h"
#include "provisioner/adapter/wifi-iwd-scan.h"
#include "provisioner/adapter/wifi-iwd-undo.h"
#include "provisioner/adapter/wifi-map.h"

#include <string.h>

#define RECORD_NAME "wifi-iwd.record"
#define SCAN_MAX_MS 15000 /* for the scan itself */
#define LOST                                                                                       \
	"what Landfall added to iwd is not known any more, 'iwctl known-networks list' shows all"

typedef struct WifiIwd {
	Bus *bus;
	BusPeer *peer;
	char *interface; /* "auto" or the one configured */
	unsigned int join_timeout_ms;
	const WifiEvents *events;
	void *data;

	char *device; /* object path, NULL: none */
	NetLink *link;
	bool ready;
	guint later; /* what went away is to be looked at once it is gone */
	WifiIwdScan *scan;
	bool awaited;       /* the core waits for the scan */
	guint limit;        /* how long it does */
	int64_t scanned_us; /* when a scan was over last, 0: never */
	WifiIwdJoin *join;
	WifiIwdUndo *undo;
	WifiCredentials *wanted; /* what is being joined, NULL: nothing. Passphrase owned */
	guint join_limit;
	bool added; /* the last join was no failure and its network, record.attempt, is new */

	WifiRecord record;
	char *record_path;
	GArray *doomed; /* WifiRecordNetwork: iwd is to forget them */
	WifiIwdForget *forget;
	bool resetting; /* all that are ours are */
	GError *refusal;
} WifiIwd;

static const BusMirror *device_mirror(const WifiIwd *iwd)
{
	return iwd->device ? bus_peer_find(iwd->peer, iwd->device) : NULL;
}

static const char *mirror_interface(const BusMirror *mirror)
{
	const char *name = bus_mirror_string(mirror, IWD_DEVICE_IFACE, "Name");

	return name ? name : "";
}

static bool is_usable(const WifiIwd *iwd, const BusMirror *mirror)
{
	return g_strcmp0(bus_mirror_string(mirror, IWD_DEVICE_IFACE, "Mode"), "station") == 0 &&
	       (strcmp(iwd->interface, "auto") == 0 ||
		strcmp(iwd->interface, mirror_interface(mirror)) == 0);
}

static const BusMirror *pick(const WifiIwd *iwd)
{
	g_autoptr(GPtrArray) mirrors = NULL;
	const BusMirror *best = NULL;

	if (!bus_peer_is_present(iwd->peer))
		return NULL;
	mirrors = bus_peer_list(iwd->peer, IWD_DEVICE_IFACE);
	for (guint i = 0; i < mirrors->len; i++) {
		const BusMirror *mirror = g_ptr_array_index(mirrors, i);

		if (is_usable(iwd, mirror) &&
		    (!best || strcmp(mirror_interface(mirror), mirror_interface(best)) < 0))
			best = mirror;
	}
	return best;
}

static WifiIwdContext iwd_context(WifiIwd *iwd)
{
	return (WifiIwdContext){ iwd->bus,        iwd->peer,    iwd->device,     iwd->link,
				 iwd->scanned_us, &iwd->record, iwd->record_path };
}

static void report_scan(WifiIwd *iwd, const WifiIwdSeen *seen, const GError *error)
{
	const GArray *networks = seen ? seen->networks : NULL;

	if (!iwd->awaited)
		return;
	iwd->awaited = false;
	g_clear_handle_id(&iwd->limit, g_source_remove);
	if (error)
		g_warning("Wi-Fi scan failed: %s", error->message);
	iwd->events->scanned(networks ? (const WifiNetwork *)(const void *)networks->data : NULL,
			     networks ? networks->len : 0, error, iwd->data);
}

static void record_save(WifiIwd *iwd)
{
	g_autoptr(GError) error = NULL;

	if (!wifi_record_save(&iwd->record, iwd->record_path, &error))
		g_warning("what Landfall added to iwd cannot be recorded: %s", error->message);
}

/* ---- one join after the other, each undone when it failed ---- */

static void join_start(WifiIwd *iwd);

static void iwd_advance(WifiIwd *iwd);

static bool iwd_is_busy(const void *wifi)
{
	const WifiIwd *iwd = wifi;

	return iwd->undo || iwd->forget || iwd->resetting || iwd->doomed->len > 0;
}

/* An attempt that iwd would not end, or whose network it did not forget, is no reason to say that
 * nothing is left. */
static void condemn_attempt(WifiIwd *iwd)
{
	if (iwd->record.attempting && !iwd->record.known)
		g_array_append_val(iwd->doomed, iwd->record.attempt);
}

static void on_undone(void *data)
{
	WifiIwd *iwd = data;

	g_clear_pointer(&iwd->undo, wifi_iwd_undo_free);
	if (iwd->resetting)
		condemn_attempt(iwd);
	iwd_advance(iwd);
}

static void on_forgotten(const GError *error, void *data)
{
	WifiIwd *iwd = data;

	if (error) {
		g_warning("%s", error->message);
		if (!iwd->refusal)
			iwd->refusal = g_error_copy(error);
	}
	g_clear_pointer(&iwd->forget, wifi_iwd_forget_free);
	iwd_advance(iwd);
}

static void forget_start(WifiIwd *iwd)
{
	WifiIwdContext context = iwd_context(iwd);

	iwd->forget = wifi_iwd_forget_new(
		&context, (const WifiRecordNetwork *)(const void *)iwd->doomed->data,
		iwd->doomed->len, on_forgotten, iwd);
	g_array_set_size(iwd->doomed, 0);
}

static void reset_end(WifiIwd *iwd, const GError *error)
{
	iwd->resetting = false;
	iwd->events->forgotten(error, iwd->data);
}

/* A reset that cannot know all that was added says so, once: the record is as good as new then. */
static GError *lost_take(WifiIwd *iwd)
{
	if (!iwd->record.lost)
		return NULL;
	iwd->record.lost = false;
	record_save(iwd);
	return g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_FAILED, LOST);
}

/* What has to be undone or forgotten comes first, one after the other; then a join may begin. */
static void iwd_advance(WifiIwd *iwd)
{
	g_autoptr(GError) refusal = NULL;

	if (iwd->undo || iwd->forget)
		return;
	if (iwd->doomed->len > 0) {
		forget_start(iwd);
		return;
	}
	refusal = g_steal_pointer(&iwd->refusal);
	if (iwd->resetting) {
		if (!refusal)
			refusal = lost_take(iwd);
		reset_end(iwd, refusal);
	}
	if (iwd->wanted && iwd->ready && !iwd->join)
		join_start(iwd);
	if (!iwd_is_busy(iwd))
		iwd->events->idle(iwd->data);
}

/* The join is over or given up, and what it left is taken back. */
static void join_undo(WifiIwd *iwd)
{
	WifiIwdContext context = iwd_context(iwd);
	WifiIwdJoin *join = g_steal_pointer(&iwd->join);

	if (join && iwd->record.attempting)
		iwd->undo = wifi_iwd_undo_new(&context, join, on_undone, iwd);
	else
		wifi_iwd_join_free(join);
}

/* No attempt is under way any more. */
static void join_end(WifiIwd *iwd)
{
	g_clear_handle_id(&iwd->join_limit, g_source_remove);
	g_clear_pointer(&iwd->wanted, wifi_credentials_free);
	join_undo(iwd);
}

static void on_join_over(const WifiLink *link, WifiFailure failure, void *data)
{
	WifiIwd *iwd = data;

	if (link) {
		g_autoptr(WifiIwdJoin) join G_GNUC_UNUSED = g_steal_pointer(&iwd->join);

		iwd->added = !iwd->record.known;
		join_end(iwd);
		iwd->events->joined(link, iwd->data);
	} else {
		join_end(iwd);
		iwd->events->join_failed(failure, iwd->data);
	}
}

static gboolean on_join_limit(gpointer data)
{
	WifiIwd *iwd = data;

	iwd->join_limit = 0;
	/* While iwd is at work, the attempt itself knows best why it is late. */
	if (!iwd->join) {
		join_end(iwd);
		iwd->events->join_failed(WIFI_FAILURE_OTHER, iwd->data);
	}
	return G_SOURCE_REMOVE;
}

static void switch_on(WifiIwd *iwd, const char *path, const char *interface)
{
	const BusMirror *mirror = path ? bus_peer_find(iwd->peer, path) : NULL;

	if (!mirror || bus_mirror_bool(mirror, interface, "Powered", true))
		return;
	g_message("Wi-Fi is switched off: switching it on");
	bus_message_send(iwd->bus,
			 bus_properties_set_bool(IWD_SERVICE, path, interface, "Powered", true));
}

/* Somebody may have switched Wi-Fi off; whoever provisions the device wants it on. */
static void enable_wifi(WifiIwd *iwd)
{
	const BusMirror *mirror = device_mirror(iwd);

	switch_on(iwd, mirror ? bus_mirror_object(mirror, IWD_DEVICE_IFACE, "Adapter") : NULL,
		  IWD_ADAPTER_IFACE);
	switch_on(iwd, iwd->device, IWD_DEVICE_IFACE);
}

/* An attempt that ended with the power, with us or with iwd: it left nothing that was proved. The
 * one that is wanted now goes on from there. */
static void sweep(WifiIwd *iwd)
{
	if (!iwd->record.attempting)
		return;
	if (iwd->wanted &&
	    wifi_record_is_attempt(&iwd->record, iwd->wanted->ssid, iwd->wanted->ssid_len,
				   iwd->wanted->passphrase != NULL))
		return;
	if (iwd->record.known || !wifi_iwd_recorded(iwd->peer, &iwd->record.attempt)) {
		wifi_record_doubt(&iwd->record);
		wifi_record_end(&iwd->record);
		record_save(iwd);
		return;
	}
	g_message("forgetting the network of an unfinished attempt");
	condemn_attempt(iwd);
	forget_start(iwd);
}

static void join_start(WifiIwd *iwd)
{
	WifiIwdContext context = iwd_context(iwd);

	enable_wifi(iwd);
	iwd->join =
		wifi_iwd_join_new(&context, iwd->wanted, iwd->join_timeout_ms, on_join_over, iwd);
}

/* ---- iwd and its device, coming and going ---- */

/* The device is gone: a scan fails, a join waits, and what was to be undone waits for sweep(). */
static void iwd_drop(WifiIwd *iwd)
{
	bool was_ready = iwd->ready;
	bool was_busy = iwd_is_busy(iwd);
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
						      "the Wi-Fi interface went away");

	iwd->ready = false;
	g_clear_pointer(&iwd->scan, wifi_iwd_scan_free);
	g_clear_pointer(&iwd->join, wifi_iwd_join_free);
	g_clear_pointer(&iwd->undo, wifi_iwd_undo_free);
	g_clear_pointer(&iwd->forget, wifi_iwd_forget_free);
	g_array_set_size(iwd->doomed, 0);
	g_clear_error(&iwd->refusal);
	g_clear_pointer(&iwd->link, net_link_free);
	g_clear_pointer(&iwd->device, g_free);
	report_scan(iwd, NULL, error);
	/* Its time is up already: it does not wait for another interface. */
	if (iwd->wanted && !iwd->join_limit)
		iwd->join_limit = g_idle_add(on_join_limit, iwd);
	if (iwd->resetting)
		reset_end(iwd, error);
	if (was_busy)
		iwd->events->idle(iwd->data);
	if (was_ready)
		iwd->events->lost(iwd->data);
}

static void iwd_pass_on(WifiIwd *iwd)
{
	if (iwd->scan)
		wifi_iwd_scan_changed(iwd->scan);
	if (iwd->join)
		wifi_iwd_join_changed(iwd->join);
	if (iwd->undo)
		wifi_iwd_undo_changed(iwd->undo);
}

static void on_link_changed(void *data)
{
	WifiIwd *iwd = data;

	iwd_pass_on(iwd);
	iwd->events->changed(iwd->data);
}

/* Something changed: is there a device, is it still the one in use? */
static void iwd_consider(WifiIwd *iwd)
{
	const BusMirror *mirror = device_mirror(iwd);

	if (iwd->device && (!mirror || !is_usable(iwd, mirror)))
		iwd_drop(iwd);
	if (iwd->device)
		return;
	mirror = pick(iwd);
	if (!mirror)
		return;
	iwd->device = g_strdup(bus_mirror_path(mirror));
	iwd->link = net_link_new(mirror_interface(mirror), on_link_changed, iwd);
	iwd->ready = true;
	sweep(iwd);
	iwd->events->ready(iwd->data);
	if (iwd->wanted && !iwd->join && !iwd_is_busy(iwd))
		join_start(iwd);
}

static void on_appeared(BusPeer *peer, void *user_data)
{
	WifiIwd *iwd = user_data;

	iwd_consider(iwd);
	iwd->events->changed(iwd->data);
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	WifiIwd *iwd = user_data;

	g_message("iwd left the bus");
	iwd_drop(iwd);
	iwd->events->changed(iwd->data);
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiIwd *iwd = user_data;

	if (!bus_peer_is_present(peer))
		return;
	if (strcmp(interface, IWD_DEVICE_IFACE) == 0)
		iwd_consider(iwd);
	iwd_pass_on(iwd);
	if (strcmp(interface, IWD_KNOWN_IFACE) == 0 || strcmp(interface, IWD_DEVICE_IFACE) == 0)
		iwd->events->changed(iwd->data);
}

static gboolean on_later(gpointer data)
{
	WifiIwd *iwd = data;

	iwd->later = 0;
	iwd_consider(iwd);
	iwd_pass_on(iwd);
	iwd->events->changed(iwd->data);
	return G_SOURCE_REMOVE;
}

/* Until this returns the mirror has what is gone. */
static void on_removed(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiIwd *iwd = user_data;

	if (strcmp(interface, IWD_DEVICE_IFACE) == 0 &&
	    g_strcmp0(iwd->device, bus_mirror_path(mirror)) == 0)
		iwd_drop(iwd);
	if (!iwd->later)
		iwd->later = g_idle_add(on_later, iwd);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *user_data)
{
	WifiIwd *iwd = user_data;

	if (strcmp(interface, IWD_DEVICE_IFACE) == 0)
		iwd_consider(iwd);
	if (strcmp(interface, IWD_STATION_IFACE) == 0 && strcmp(property, "Scanning") == 0 &&
	    !bus_mirror_bool(mirror, interface, property, true))
		iwd->scanned_us = g_get_monotonic_time();
	iwd_pass_on(iwd);
	if (strcmp(property, "State") == 0 || strcmp(property, "AutoConnect") == 0)
		iwd->events->changed(iwd->data);
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	g_warning("cannot read the objects of iwd: %s", error->message);
}

static void *iwd_new(Bus *bus, const WifiSettings *settings, const WifiEvents *events, void *data)
{
	static const char *const interfaces[] = {
		IWD_ADAPTER_IFACE,
		IWD_DEVICE_IFACE,
		IWD_STATION_IFACE,
		IWD_DIAGNOSTIC_IFACE,
		IWD_NETWORK_IFACE,
		IWD_KNOWN_IFACE,
		NULL,
	};
	static const BusPeerSpec spec = { IWD_SERVICE, "/", interfaces };
	static const BusPeerEvents peer_events = { on_appeared, on_vanished, on_added,
						   on_removed,  on_changed,  on_failed };
	WifiIwd *iwd = g_new0(WifiIwd, 1);
	g_autoptr(GError) error = NULL;

	iwd->bus = bus;
	iwd->interface = g_strdup(settings->interface);
	iwd->join_timeout_ms = settings->join_timeout_ms;
	iwd->events = events;
	iwd->data = data;
	iwd->doomed = g_array_new(false, false, sizeof(WifiRecordNetwork));
	iwd->record_path = g_build_filename(settings->state_dir, RECORD_NAME, NULL);
	if (!wifi_record_load(&iwd->record, iwd->record_path, &error))
		g_warning(LOST ": %s", error->message);
	iwd->peer = bus_peer_new(bus, &spec, &peer_events, iwd);
	return iwd;
}

static void iwd_free(void *wifi)
{
	WifiIwd *iwd = wifi;

	if (!iwd)
		return;
	g_clear_handle_id(&iwd->limit, g_source_remove);
	g_clear_handle_id(&iwd->join_limit, g_source_remove);
	g_clear_handle_id(&iwd->later, g_source_remove);
	wifi_iwd_scan_free(iwd->scan);
	wifi_iwd_join_free(iwd->join);
	wifi_iwd_undo_free(iwd->undo);
	wifi_iwd_forget_free(iwd->forget);
	g_array_unref(iwd->doomed);
	g_clear_error(&iwd->refusal);
	g_clear_pointer(&iwd->wanted, wifi_credentials_free);
	net_link_free(iwd->link);
	bus_peer_free(iwd->peer);
	g_free(iwd->interface);
	g_free(iwd->device);
	g_free(iwd->record_path);
	g_free(iwd);
}

/* ---- what the core and the App ask for ---- */

static const char *iwd_problem(const void *wifi)
{
	const WifiIwd *iwd = wifi;
	g_autoptr(GPtrArray) mirrors = NULL;

	if (!bus_peer_is_present(iwd->peer))
		return "iwd is not running";
	mirrors = bus_peer_list(iwd->peer, IWD_DEVICE_IFACE);
	if (mirrors->len == 0)
		return "iwd knows no Wi-Fi interface";
	return pick(iwd) ? "iwd is about to be asked"
			 : "iwd has no Wi-Fi interface in station mode that may be used";
}

static void on_scanned(const WifiIwdSeen *seen, const GError *error, void *data)
{
	WifiIwd *iwd = data;
	g_autoptr(WifiIwdScan) scan G_GNUC_UNUSED = g_steal_pointer(&iwd->scan);

	report_scan(iwd, seen, error);
}

/* The scan takes longer than the core can wait: what is known by now must do. */
static gboolean on_limit(gpointer data)
{
	WifiIwd *iwd = data;

	iwd->limit = 0;
	wifi_iwd_scan_hurry(iwd->scan);
	return G_SOURCE_REMOVE;
}

static void iwd_look_around(void *wifi)
{
	WifiIwd *iwd = wifi;
	WifiIwdContext context = iwd_context(iwd);

	if (!iwd->ready || iwd->scan)
		return;
	iwd->scan = wifi_iwd_scan_new(&context, true, SCAN_MAX_MS, on_scanned, iwd);
}

static bool iwd_scan(void *wifi, GError **error)
{
	WifiIwd *iwd = wifi;

	if (!iwd->ready) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, iwd_problem(iwd));
		return false;
	}
	enable_wifi(iwd);
	iwd_look_around(iwd);
	iwd->awaited = true;
	if (!iwd->limit)
		iwd->limit = g_timeout_add(WIFI_SCAN_LIMIT_MS, on_limit, iwd);
	return true;
}

static bool iwd_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	WifiIwd *iwd = wifi;

	join_end(iwd);
	iwd->added = false;
	iwd->wanted = wifi_credentials_copy(credentials);
	iwd->join_limit = g_timeout_add(iwd->join_timeout_ms, on_join_limit, iwd);
	if (!iwd->ready)
		g_message("joining as soon as possible: %s", iwd_problem(iwd));
	else if (!iwd_is_busy(iwd))
		join_start(iwd);
	return true;
}

static void iwd_cancel(void *wifi)
{
	WifiIwd *iwd = wifi;

	iwd->awaited = false;
	g_clear_handle_id(&iwd->limit, g_source_remove);
	g_clear_pointer(&iwd->scan, wifi_iwd_scan_free);
	join_end(iwd);
}

static void iwd_forget(void *wifi)
{
	WifiIwd *iwd = wifi;

	/* A join that failed has left nothing, and what an earlier one left is not its to take. */
	if (!iwd->added || !iwd->ready)
		return;
	iwd->added = false;
	g_array_append_val(iwd->doomed, iwd->record.attempt);
	if (!iwd->undo && !iwd->forget)
		forget_start(iwd);
}

static void iwd_forget_all(void *wifi, bool again)
{
	WifiIwd *iwd = wifi;

	iwd_cancel(iwd);
	iwd->added = false;
	iwd->resetting = true;
	g_array_append_vals(iwd->doomed, iwd->record.added, (guint)iwd->record.n_added);
	if (iwd->undo || iwd->forget)
		return;
	condemn_attempt(iwd);
	forget_start(iwd);
}

static bool iwd_is_ready(const void *wifi)
{
	const WifiIwd *iwd = wifi;

	return iwd->ready;
}

static bool is_unproved(const WifiIwd *iwd, const BusMirror *known)
{
	return iwd->record.attempting && !iwd->record.known &&
	       wifi_iwd_recorded(iwd->peer, &iwd->record.attempt) == known;
}

static bool iwd_is_provisioned(const void *wifi)
{
	const WifiIwd *iwd = wifi;
	g_autoptr(GPtrArray) mirrors = bus_peer_list(iwd->peer, IWD_KNOWN_IFACE);

	for (guint i = 0; i < mirrors->len; i++) {
		const BusMirror *known = g_ptr_array_index(mirrors, i);

		if (bus_mirror_bool(known, IWD_KNOWN_IFACE, "AutoConnect", false) &&
		    !is_unproved(iwd, known))
			return true;
	}
	return false;
}

static bool iwd_is_online(const void *wifi)
{
	const WifiIwd *iwd = wifi;
	WifiIwdContext context = { .peer = iwd->peer, .device = iwd->device };

	return iwd->ready && wifi_iwd_is_state(&context, "connected") &&
	       (net_link_state(iwd->link)->ip4.there || net_link_state(iwd->link)->ip6.there);
}

static const char *iwd_interface(const void *wifi)
{
	const WifiIwd *iwd = wifi;
	const BusMirror *mirror = iwd->ready ? device_mirror(iwd) : NULL;

	return mirror ? mirror_interface(mirror) : "";
}

static bool iwd_mac(const void *wifi, uint8_t mac[WIFI_BSSID_LEN])
{
	const WifiIwd *iwd = wifi;
	const BusMirror *mirror = device_mirror(iwd);

	if (iwd->link && net_link_state(iwd->link)->has_mac) {
		memcpy(mac, net_link_state(iwd->link)->mac, WIFI_BSSID_LEN);
		return true;
	}
	return mirror && wifi_map_mac(bus_mirror_string(mirror, IWD_DEVICE_IFACE, "Address"), mac);
}

const WifiBackend wifi_iwd_backend = {
	.port = {
		.name = "iwd",
		.scan = iwd_scan,
		.join = iwd_join,
		.cancel = iwd_cancel,
		.forget = iwd_forget,
	},
	.new = iwd_new,
	.free = iwd_free,
	.is_busy = iwd_is_busy,
	.is_ready = iwd_is_ready,
	.is_provisioned = iwd_is_provisioned,
	.is_online = iwd_is_online,
	.look_around = iwd_look_around,
	.forget_all = iwd_forget_all,
	.interface = iwd_interface,
	.mac = iwd_mac,
	.problem = iwd_problem,
};
