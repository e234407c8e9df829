/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm.h"

#include "common/error.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/wifi-map.h"
#include "provisioner/adapter/wifi-nm-forget.h"
#include "provisioner/adapter/wifi-nm-join.h"
#include "provisioner/adapter/wifi-nm-map.h"
#include "provisioner/adapter/wifi-nm-profiles.h"
#include "provisioner/adapter/wifi-nm-scan.h"
#include "provisioner/adapter/wifi-nm-settings.h"
#include "provisioner/adapter/wifi-nm-undo.h"

#include <string.h>

#define DEVICE_TYPE_WIFI 2     /* NMDeviceType */
#define SCAN_MAX_MS      15000 /* for the scan itself */

typedef struct WifiNm {
	Bus *bus;
	BusPeer *peer;
	WifiNmProfiles *profiles;
	char *interface; /* "auto" or the one configured */
	unsigned int join_timeout_ms;
	const WifiEvents *events;
	void *data;

	char *device; /* object path, NULL: none */
	bool ready;
	guint later; /* what went away is told once it is gone */
	WifiNmScan *scan;
	WifiNmNamed named;
	bool awaited; /* the core waits for the scan */
	guint limit;  /* how long it does */
	WifiNmJoin *join;
	WifiCredentials *wanted; /* what is being joined, NULL: nothing. Passphrase owned */
	guint join_limit;
	char *joined; /* profile the last join that succeeded left behind, NULL: none */
	bool latest;  /* no join was begun since */

	char *before;        /* profile in use before the first attempt, NULL: none */
	WifiNmJoin *leaving; /* given up while its profile was being added, NULL: none */
	WifiNmUndo *undo;
	GPtrArray *doomed; /* profiles that a reset deletes once that is over, NULL: none waits */
	WifiNmForget *forget;
} WifiNm;

static const char *mirror_interface(const BusMirror *mirror)
{
	const char *name = bus_mirror_string(mirror, NM_DEVICE_IFACE, "Interface");

	return name ? name : "";
}

static const BusMirror *device_mirror(const WifiNm *nm)
{
	return nm->device ? bus_peer_find(nm->peer, nm->device) : NULL;
}

/* Is it a Wi-Fi device that NetworkManager looks after and that we may use? */
static bool is_usable(const WifiNm *nm, const BusMirror *mirror)
{
	if (bus_mirror_uint(mirror, NM_DEVICE_IFACE, "DeviceType", 0) != DEVICE_TYPE_WIFI ||
	    !bus_mirror_has(mirror, NM_WIRELESS_IFACE, NULL))
		return false;
	if (strcmp(nm->interface, "auto") != 0)
		return strcmp(nm->interface, mirror_interface(mirror)) == 0 &&
		       bus_mirror_uint(mirror, NM_DEVICE_IFACE, "State", 0) > NM_STATE_UNMANAGED;
	return bus_mirror_uint(mirror, NM_DEVICE_IFACE, "State", 0) > NM_STATE_UNMANAGED;
}

static const BusMirror *pick(const WifiNm *nm)
{
	g_autoptr(GPtrArray) mirrors = NULL;
	const BusMirror *best = NULL;

	if (!bus_peer_is_present(nm->peer))
		return NULL;
	mirrors = bus_peer_list(nm->peer, NM_WIRELESS_IFACE);
	for (guint i = 0; i < mirrors->len; i++) {
		const BusMirror *mirror = g_ptr_array_index(mirrors, i);

		if (is_usable(nm, mirror) &&
		    (!best || strcmp(mirror_interface(mirror), mirror_interface(best)) < 0))
			best = mirror;
	}
	return best;
}

static WifiNmContext nm_context(WifiNm *nm)
{
	return (WifiNmContext){ nm->bus, nm->peer, nm->device, &nm->named };
}

/* The core has its answer: what was seen, or the error. */
static void report_scan(WifiNm *nm, const GError *error)
{
	WifiNmContext context = nm_context(nm);
	g_autoptr(GArray) networks = g_array_new(false, false, sizeof(WifiNetwork));
	g_autoptr(GPtrArray) mirrors = NULL;

	if (!nm->awaited)
		return;
	nm->awaited = false;
	g_clear_handle_id(&nm->limit, g_source_remove);
	if (error)
		g_warning("Wi-Fi scan failed: %s", error->message);
	else
		mirrors = wifi_nm_scan_access_points(&context);
	for (guint i = 0; mirrors && i < mirrors->len; i++) {
		WifiNetwork network;

		if (wifi_nm_scan_network(g_ptr_array_index(mirrors, i), &network))
			g_array_append_val(networks, network);
	}
	nm->events->scanned((const WifiNetwork *)(const void *)networks->data, networks->len, error,
			    nm->data);
}

/* ---- taking back what a join did, and then forgetting all that is ours ---- */

static bool nm_is_busy(const void *wifi)
{
	const WifiNm *nm = wifi;

	return nm->leaving || nm->undo || nm->doomed || nm->forget;
}

static void tell_idle(WifiNm *nm)
{
	if (!nm_is_busy(nm))
		nm->events->idle(nm->data);
}

/* @error: NULL: nothing of ours is left */
static void on_forgotten(const GError *error, void *data)
{
	WifiNm *nm = data;
	g_autoptr(WifiNmForget) forget G_GNUC_UNUSED = g_steal_pointer(&nm->forget);

	g_clear_pointer(&nm->doomed, g_ptr_array_unref);
	nm->events->forgotten(error, nm->data);
	tell_idle(nm);
}

static void forget_start(WifiNm *nm)
{
	nm->forget = wifi_nm_forget_new(nm->bus, g_steal_pointer(&nm->doomed), on_forgotten, nm);
}

static void on_undone(void *data)
{
	WifiNm *nm = data;

	g_clear_pointer(&nm->undo, wifi_nm_undo_free);
	if (nm->doomed)
		forget_start(nm);
	tell_idle(nm);
}

/* NetworkManager is gone: what it kept in memory is met again when it is back. */
static void undo_drop(WifiNm *nm)
{
	bool busy = nm->leaving || nm->undo;

	g_clear_pointer(&nm->leaving, wifi_nm_join_free);
	if (busy)
		on_undone(nm);
}

/* @over: taken; NULL: nothing is to be undone */
static void undo_start(WifiNm *nm, WifiNmJoin *over)
{
	WifiNmContext context = nm_context(nm);
	g_autoptr(WifiNmJoin) join = over;
	const char *profile = join ? wifi_nm_join_profile(join) : NULL;

	if (!profile)
		return;
	undo_drop(nm);
	if (wifi_nm_join_before(join)) {
		g_free(nm->before);
		nm->before = g_strdup(wifi_nm_join_before(join));
	}
	/* Not back under another attempt that has begun meanwhile. */
	nm->undo =
		wifi_nm_undo_new(&context, profile, nm->wanted ? NULL : nm->before, on_undone, nm);
}

/* Now it is known what the attempt has added, if anything. */
static void on_left(void *data)
{
	WifiNm *nm = data;

	undo_start(nm, g_steal_pointer(&nm->leaving));
	if (!nm->undo)
		on_undone(nm);
}

/* End the attempt; what it added goes, what it replaced comes back. */
static void join_undo(WifiNm *nm)
{
	WifiNmJoin *join = g_steal_pointer(&nm->join);

	if (join && wifi_nm_join_leave(join, on_left, nm)) {
		undo_drop(nm);
		nm->leaving = join;
	} else {
		undo_start(nm, join);
	}
}

static gboolean on_join_limit(gpointer data);

/* The device is gone: a scan fails, a join waits. */
static void nm_drop(WifiNm *nm)
{
	bool was_ready = nm->ready;
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
						      "the Wi-Fi interface went away");

	nm->ready = false;
	nm->named.scans = WIFI_NM_SCANS_OVER; /* whatever it still had to ask for is forgotten */
	g_clear_pointer(&nm->scan, wifi_nm_scan_free);
	g_clear_pointer(&nm->join, wifi_nm_join_free);
	g_clear_pointer(&nm->device, g_free);
	report_scan(nm, error);
	undo_drop(nm);
	g_clear_pointer(&nm->before, g_free);
	/* Its time is up already: it does not wait for another interface. */
	if (nm->wanted && !nm->join_limit)
		nm->join_limit = g_idle_add(on_join_limit, nm);
	if (was_ready)
		nm->events->lost(nm->data);
}

static void join_start(WifiNm *nm);

/* Something changed: is there a device, is it still the one in use? */
static void nm_consider(WifiNm *nm)
{
	const BusMirror *mirror = device_mirror(nm);

	if (nm->device && (!mirror || !is_usable(nm, mirror)))
		nm_drop(nm);
	if (!nm->device) {
		mirror = pick(nm);
		nm->device = mirror ? g_strdup(bus_mirror_path(mirror)) : NULL;
	}
	if (nm->device && !nm->ready && wifi_nm_profiles_list(nm->profiles)) {
		nm->ready = true;
		nm->events->ready(nm->data);
		if (nm->wanted && !nm->join)
			join_start(nm);
	}
}

static void nm_pass_on(WifiNm *nm)
{
	WifiNmContext context = nm_context(nm);

	if (nm->device)
		wifi_nm_scan_count(&context);
	if (nm->scan)
		wifi_nm_scan_changed(nm->scan);
	if (nm->join)
		wifi_nm_join_changed(nm->join);
}

/* Somebody else's may begin like ours: a network called "landfall guest" is enough. */
static bool is_ours(const WifiNmProfile *profile)
{
	g_autofree char *id = NULL;

	if (!profile->wifi || !profile->ssid)
		return false;
	id = wifi_nm_settings_id(g_bytes_get_data(profile->ssid, NULL),
				 g_bytes_get_size(profile->ssid));
	return g_strcmp0(profile->id, id) == 0;
}

static void delete_profile(WifiNm *nm, const char *path)
{
	bus_message_send(nm->bus,
			 bus_message_new_call(NM_SERVICE, path, NM_CONNECTION_IFACE, "Delete"));
}

static void on_profiles(void *data)
{
	WifiNm *nm = data;
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);

	/* Attempts that a crash, or a restart of NetworkManager, left behind. */
	for (guint i = 0; !nm->join && !nm->leaving && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (!is_ours(profile) || g_strcmp0(profile->path, nm->joined) == 0 ||
		    !wifi_nm_profiles_in_memory(nm->profiles, profile->path))
			continue;
		g_message("deleting the network of an unfinished attempt");
		delete_profile(nm, profile->path);
	}
	nm_consider(nm);
	nm->events->changed(nm->data);
}

static void on_appeared(BusPeer *peer, void *user_data)
{
	WifiNm *nm = user_data;

	wifi_nm_profiles_read(nm->profiles);
	nm_consider(nm);
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	WifiNm *nm = user_data;
	bool resetting = nm->doomed || nm->forget;
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
						      "NetworkManager left the bus");

	g_message("%s", error->message);
	wifi_nm_profiles_forget(nm->profiles);
	g_clear_pointer(&nm->joined, g_free); /* the next instance numbers its profiles anew */
	g_clear_pointer(&nm->doomed, g_ptr_array_unref);
	nm_drop(nm);
	/* Not before: until then it would seem to know of no profile at all. */
	if (resetting)
		on_forgotten(error, nm);
	nm->events->changed(nm->data);
}

static void device_came(WifiNm *nm)
{
	nm_consider(nm);
	nm->events->changed(nm->data);
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiNm *nm = user_data;

	if (!bus_peer_is_present(peer))
		return;
	if (strcmp(interface, NM_CONNECTION_IFACE) == 0)
		wifi_nm_profiles_read(nm->profiles);
	else if (strcmp(interface, NM_WIRELESS_IFACE) == 0)
		device_came(nm);
	nm_pass_on(nm);
}

static gboolean on_later(gpointer data)
{
	WifiNm *nm = data;

	nm->later = 0;
	nm_consider(nm);
	nm->events->changed(nm->data);
	return G_SOURCE_REMOVE;
}

/* Until the caller returns the mirror has what is gone. */
static void device_went(WifiNm *nm, const char *path)
{
	if (g_strcmp0(nm->device, path) == 0)
		nm_drop(nm);
	if (!nm->later)
		nm->later = g_idle_add(on_later, nm);
}

static void on_removed(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiNm *nm = user_data;

	if (strcmp(interface, NM_CONNECTION_IFACE) == 0)
		wifi_nm_profiles_read(nm->profiles);
	else if (strcmp(interface, NM_WIRELESS_IFACE) == 0)
		device_went(nm, bus_mirror_path(mirror));
	nm_pass_on(nm);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *user_data)
{
	WifiNm *nm = user_data;

	bool state = strcmp(interface, NM_DEVICE_IFACE) == 0 && strcmp(property, "State") == 0;

	if (state)
		nm_consider(nm);
	nm_pass_on(nm);
	if (state)
		nm->events->changed(nm->data);
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	g_warning("cannot read the objects of NetworkManager: %s", error->message);
}

static void *nm_new(Bus *bus, const WifiSettings *settings, const WifiEvents *events, void *data)
{
	static const char *const interfaces[] = {
		NM_IFACE,        NM_DEVICE_IFACE, NM_WIRELESS_IFACE,   NM_AP_IFACE,
		NM_ACTIVE_IFACE, NM_IP4_IFACE,    NM_CONNECTION_IFACE, NULL,
	};
	static const BusPeerSpec spec = { NM_SERVICE, "/org/freedesktop", interfaces };
	static const BusPeerEvents peer_events = { on_appeared, on_vanished, on_added,
						   on_removed,  on_changed,  on_failed };
	WifiNm *nm = g_new0(WifiNm, 1);

	nm->bus = bus;
	nm->interface = g_strdup(settings->interface);
	nm->join_timeout_ms = settings->join_timeout_ms;
	nm->events = events;
	nm->data = data;
	nm->named.scans = WIFI_NM_SCANS_OVER;
	nm->peer = bus_peer_new(bus, &spec, &peer_events, nm);
	nm->profiles = wifi_nm_profiles_new(bus, nm->peer, on_profiles, nm);
	return nm;
}

static void nm_free(void *wifi)
{
	WifiNm *nm = wifi;

	if (!nm)
		return;
	g_clear_handle_id(&nm->later, g_source_remove);
	g_clear_handle_id(&nm->limit, g_source_remove);
	g_clear_handle_id(&nm->join_limit, g_source_remove);
	wifi_nm_scan_free(nm->scan);
	wifi_nm_join_free(nm->join);
	wifi_nm_join_free(nm->leaving);
	g_clear_pointer(&nm->wanted, wifi_credentials_free);
	wifi_nm_undo_free(nm->undo);
	g_clear_pointer(&nm->doomed, g_ptr_array_unref);
	wifi_nm_forget_free(nm->forget);
	g_free(nm->before);
	wifi_nm_profiles_free(nm->profiles);
	bus_peer_free(nm->peer);
	g_free(nm->interface);
	g_free(nm->device);
	g_free(nm->joined);
	g_free(nm);
}

static const char *nm_problem(const void *wifi);

static bool require_ready(const WifiNm *nm, GError **error)
{
	if (nm->ready)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, nm_problem(nm));
	return false;
}

/* Somebody may have switched Wi-Fi off; whoever provisions the device wants it on. */
static void enable_wifi(WifiNm *nm)
{
	const BusMirror *manager = bus_peer_find(nm->peer, NM_PATH);

	if (!manager || bus_mirror_bool(manager, NM_IFACE, "WirelessEnabled", true))
		return;
	g_message("Wi-Fi is switched off: switching it on");
	bus_message_send(nm->bus, bus_properties_set_bool(NM_SERVICE, NM_PATH, NM_IFACE,
							  "WirelessEnabled", true));
}

static void on_scanned(const GError *error, void *data)
{
	WifiNm *nm = data;
	g_autoptr(WifiNmScan) scan G_GNUC_UNUSED = g_steal_pointer(&nm->scan);

	report_scan(nm, error);
	if (nm->wanted && !nm->join && nm->ready)
		join_start(nm);
}

/* The scan takes longer than the core can wait: what is known by now must do. */
static gboolean on_limit(gpointer data)
{
	WifiNm *nm = data;

	nm->limit = 0;
	report_scan(nm, NULL);
	return G_SOURCE_REMOVE;
}

static void nm_look_around(void *wifi)
{
	WifiNm *nm = wifi;
	WifiNmContext context = nm_context(nm);

	if (!nm->ready || nm->scan)
		return;
	nm->scan = wifi_nm_scan_new(&context, NULL, SCAN_MAX_MS, on_scanned, nm);
}

static bool nm_scan(void *wifi, GError **error)
{
	WifiNm *nm = wifi;

	if (!require_ready(nm, error))
		return false;
	enable_wifi(nm);
	nm_look_around(nm);
	nm->awaited = true;
	if (!nm->limit)
		nm->limit = g_timeout_add(WIFI_SCAN_LIMIT_MS, on_limit, nm);
	return true;
}

/* Older profiles of ours for the same network: the new one has taken their place. */
static void delete_superseded(WifiNm *nm, const char *path)
{
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);
	g_autoptr(GBytes) ssid = g_bytes_new(nm->wanted->ssid, nm->wanted->ssid_len);

	for (guint i = 0; list && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (strcmp(profile->path, path) != 0 && is_ours(profile) && profile->ssid &&
		    g_bytes_equal(profile->ssid, ssid))
			delete_profile(nm, profile->path);
	}
}

/* No attempt is under way any more. */
static void join_end(WifiNm *nm)
{
	g_clear_handle_id(&nm->join_limit, g_source_remove);
	g_clear_pointer(&nm->wanted, wifi_credentials_free);
	join_undo(nm);
}

static void on_joined(const WifiNmJoined *joined, WifiFailure failure, void *data)
{
	WifiNm *nm = data;

	if (joined) {
		g_autoptr(WifiNmJoin) join G_GNUC_UNUSED = g_steal_pointer(&nm->join);

		g_free(nm->joined);
		nm->joined = g_strdup(joined->profile);
		nm->latest = true;
		g_clear_pointer(&nm->before, g_free);
		delete_superseded(nm, joined->profile);
		join_end(nm);
		nm->events->joined(&joined->link, nm->data);
	} else {
		join_end(nm);
		nm->events->join_failed(failure, nm->data);
	}
}

static gboolean on_join_limit(gpointer data)
{
	WifiNm *nm = data;

	nm->join_limit = 0;
	/* While NetworkManager is at work, the attempt itself knows best why it is late. */
	if (!nm->join) {
		join_end(nm);
		nm->events->join_failed(WIFI_FAILURE_OTHER, nm->data);
	}
	return G_SOURCE_REMOVE;
}

static void join_start(WifiNm *nm)
{
	WifiNmContext context = nm_context(nm);

	/* One begins to associate at once with what a scan has just seen; while one is going on,
	 * NetworkManager waits for its end and then looks again, and is soon out of patience. */
	if (nm->scan)
		return;
	enable_wifi(nm);
	nm->join = wifi_nm_join_new(&context, nm->wanted, nm->join_timeout_ms, on_joined, nm);
}

static bool nm_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	WifiNm *nm = wifi;

	join_end(nm);
	nm->latest = false;
	nm->wanted = wifi_credentials_copy(credentials);
	nm->join_limit = g_timeout_add(nm->join_timeout_ms, on_join_limit, nm);
	if (nm->ready)
		join_start(nm);
	else
		g_message("joining as soon as possible: %s", nm_problem(nm));
	return true;
}

static void nm_cancel(void *wifi)
{
	WifiNm *nm = wifi;

	nm->awaited = false;
	g_clear_handle_id(&nm->limit, g_source_remove);
	g_clear_pointer(&nm->scan, wifi_nm_scan_free);
	join_end(nm);
}

static void nm_forget(void *wifi)
{
	WifiNm *nm = wifi;

	/* A join that failed has left nothing, and what an earlier one left is not its to take. */
	if (!nm->latest)
		return;
	if (nm->joined && bus_peer_is_present(nm->peer))
		delete_profile(nm, nm->joined);
	g_clear_pointer(&nm->joined, g_free);
}

/* The one joined last may not be in the list yet. */
static void nm_forget_all(void *wifi, bool again)
{
	WifiNm *nm = wifi;
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);
	GPtrArray *doomed = g_ptr_array_new_with_free_func(g_free);
	bool listed = false;

	nm_cancel(nm);
	for (guint i = 0; list && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (!is_ours(profile))
			continue;
		listed = listed || g_strcmp0(profile->path, nm->joined) == 0;
		g_ptr_array_add(doomed, g_strdup(profile->path));
	}
	if (nm->joined && !listed)
		g_ptr_array_add(doomed, g_strdup(nm->joined));
	g_clear_pointer(&nm->joined, g_free);
	nm->doomed = doomed;
	if (!nm->leaving && !nm->undo)
		forget_start(nm);
}

static bool nm_is_ready(const void *wifi)
{
	const WifiNm *nm = wifi;

	return nm->ready;
}

static bool nm_is_online(const void *wifi)
{
	const WifiNm *nm = wifi;
	const BusMirror *mirror = nm->ready ? device_mirror(nm) : NULL;

	return mirror && bus_mirror_uint(mirror, NM_DEVICE_IFACE, "State", 0) == NM_STATE_ACTIVATED;
}

static const char *nm_interface(const void *wifi)
{
	const WifiNm *nm = wifi;
	const BusMirror *mirror = nm->ready ? device_mirror(nm) : NULL;

	return mirror ? mirror_interface(mirror) : "";
}

static bool nm_mac(const void *wifi, uint8_t mac[WIFI_BSSID_LEN])
{
	const WifiNm *nm = wifi;
	const BusMirror *mirror = device_mirror(nm);

	return mirror &&
	       (wifi_map_mac(bus_mirror_string(mirror, NM_WIRELESS_IFACE, "PermHwAddress"), mac) ||
		wifi_map_mac(bus_mirror_string(mirror, NM_DEVICE_IFACE, "HwAddress"), mac));
}

static bool nm_is_provisioned(const void *wifi)
{
	const WifiNm *nm = wifi;
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);

	for (guint i = 0; list && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);
		bool elsewhere = profile->interface && *profile->interface &&
				 strcmp(profile->interface, nm_interface(nm)) != 0;
		bool unproved = is_ours(profile) && g_strcmp0(profile->path, nm->joined) != 0 &&
				wifi_nm_profiles_in_memory(nm->profiles, profile->path);

		if (profile->wifi && profile->autoconnect && !elsewhere && !unproved)
			return true;
	}
	return false;
}

static const char *nm_problem(const void *wifi)
{
	const WifiNm *nm = wifi;
	g_autoptr(GPtrArray) mirrors = NULL;

	if (!bus_peer_is_present(nm->peer))
		return "NetworkManager is not running";
	mirrors = bus_peer_list(nm->peer, NM_WIRELESS_IFACE);
	if (mirrors->len == 0)
		return "NetworkManager knows no Wi-Fi interface";
	return pick(nm) ? "NetworkManager is being asked for its networks"
			: "NetworkManager manages no Wi-Fi interface that may be used";
}

const WifiBackend wifi_nm_backend = {
	.port = {
		.name = "networkmanager",
		.scan = nm_scan,
		.join = nm_join,
		.cancel = nm_cancel,
		.forget = nm_forget,
	},
	.new = nm_new,
	.free = nm_free,
	.is_busy = nm_is_busy,
	.is_ready = nm_is_ready,
	.is_provisioned = nm_is_provisioned,
	.is_online = nm_is_online,
	.look_around = nm_look_around,
	.forget_all = nm_forget_all,
	.interface = nm_interface,
	.mac = nm_mac,
	.problem = nm_problem,
};
