/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm.h"

#include "common/error.h"
#include "provisioner/adapter/wifi-nm-join.h"
#include "provisioner/adapter/wifi-nm-map.h"
#include "provisioner/adapter/wifi-nm-profiles.h"
#include "provisioner/adapter/wifi-nm-scan.h"

#include <string.h>

#define DEVICE_TYPE_WIFI 2 /* NMDeviceType */

struct WifiNm {
	Bus *bus;
	BusPeer *peer;
	WifiNmProfiles *profiles;
	char *wanted; /* "auto" or an interface */
	unsigned int join_timeout_ms;
	const WifiNmEvents *events;
	void *data;

	char *device; /* object path, NULL: none */
	bool ready;
	WifiNmScan *scan;
	WifiNmJoin *join;
	char *joined; /* profile the last join left behind, NULL: none */
};

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
	if (strcmp(nm->wanted, "auto") != 0)
		return strcmp(nm->wanted, mirror_interface(mirror)) == 0 &&
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

/* The device is gone: what runs fails. */
static void nm_drop(WifiNm *nm)
{
	bool was_ready = nm->ready;
	bool scanning = nm->scan != NULL;
	bool joining = nm->join != NULL;

	nm->ready = false;
	g_clear_pointer(&nm->scan, wifi_nm_scan_free);
	g_clear_pointer(&nm->join, wifi_nm_join_free);
	g_clear_pointer(&nm->device, g_free);
	if (scanning) {
		g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
							      "the Wi-Fi interface went away");

		nm->events->scanned(NULL, 0, error, nm->data);
	}
	if (joining)
		nm->events->join_failed(WIFI_FAILURE_OTHER, nm->data);
	if (was_ready)
		nm->events->lost(nm->data);
}

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
	}
}

static void nm_pass_on(WifiNm *nm)
{
	if (nm->scan)
		wifi_nm_scan_changed(nm->scan);
	if (nm->join)
		wifi_nm_join_changed(nm->join);
}

static bool is_ours(const WifiNmProfile *profile)
{
	return profile->wifi && profile->id && g_str_has_prefix(profile->id, WIFI_NM_ID_PREFIX);
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
	for (guint i = 0; !nm->join && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (!is_ours(profile) || g_strcmp0(profile->path, nm->joined) == 0 ||
		    !wifi_nm_profiles_in_memory(nm->profiles, profile->path))
			continue;
		g_message("deleting the network of an unfinished attempt");
		delete_profile(nm, profile->path);
	}
	nm_consider(nm);
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

	g_message("NetworkManager left the bus");
	wifi_nm_profiles_forget(nm->profiles);
	nm_drop(nm);
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiNm *nm = user_data;

	if (!bus_peer_is_present(peer))
		return;
	if (strcmp(interface, NM_CONNECTION_IFACE) == 0)
		wifi_nm_profiles_read(nm->profiles);
	else if (strcmp(interface, NM_WIRELESS_IFACE) == 0)
		nm_consider(nm);
	nm_pass_on(nm);
}

static void on_removed(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	WifiNm *nm = user_data;

	if (strcmp(interface, NM_CONNECTION_IFACE) == 0)
		wifi_nm_profiles_read(nm->profiles);
	else if (strcmp(interface, NM_WIRELESS_IFACE) == 0 &&
		 g_strcmp0(nm->device, bus_mirror_path(mirror)) == 0)
		nm_drop(nm);
	nm_pass_on(nm);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *user_data)
{
	WifiNm *nm = user_data;

	if (strcmp(interface, NM_DEVICE_IFACE) == 0 && strcmp(property, "State") == 0)
		nm_consider(nm);
	nm_pass_on(nm);
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	g_warning("cannot read the objects of NetworkManager: %s", error->message);
}

WifiNm *wifi_nm_new(Bus *bus, const char *interface, unsigned int join_timeout_ms,
		    const WifiNmEvents *events, void *data)
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
	nm->wanted = g_strdup(interface);
	nm->join_timeout_ms = join_timeout_ms;
	nm->events = events;
	nm->data = data;
	nm->peer = bus_peer_new(bus, &spec, &peer_events, nm);
	nm->profiles = wifi_nm_profiles_new(bus, nm->peer, on_profiles, nm);
	return nm;
}

void wifi_nm_free(WifiNm *nm)
{
	if (!nm)
		return;
	wifi_nm_scan_free(nm->scan);
	wifi_nm_join_free(nm->join);
	wifi_nm_profiles_free(nm->profiles);
	bus_peer_free(nm->peer);
	g_free(nm->wanted);
	g_free(nm->device);
	g_free(nm->joined);
	g_free(nm);
}

static WifiNmContext nm_context(const WifiNm *nm)
{
	return (WifiNmContext){ nm->bus, nm->peer, nm->device };
}

static bool require_ready(const WifiNm *nm, GError **error)
{
	if (nm->ready)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, wifi_nm_problem(nm));
	return false;
}

/* Somebody may have switched Wi-Fi off; whoever provisions the device wants it on. */
static void enable_wifi(WifiNm *nm)
{
	const BusMirror *manager = bus_peer_find(nm->peer, NM_PATH);
	BusMessage *message = NULL;
	BusWriter *writer = NULL;

	if (!manager || bus_mirror_bool(manager, NM_IFACE, "WirelessEnabled", true))
		return;
	g_message("Wi-Fi is switched off: switching it on");
	message =
		bus_message_new_call(NM_SERVICE, NM_PATH, "org.freedesktop.DBus.Properties", "Set");
	writer = bus_message_writer(message);
	bus_writer_string(writer, NM_IFACE);
	bus_writer_string(writer, "WirelessEnabled");
	bus_writer_open_variant(writer, "b");
	bus_writer_bool(writer, true);
	bus_writer_close(writer);
	bus_message_send(nm->bus, message);
}

static void on_scanned(const GError *error, void *data)
{
	WifiNm *nm = data;
	WifiNmContext context = nm_context(nm);
	g_autoptr(GArray) networks = g_array_new(false, false, sizeof(WifiNetwork));
	g_autoptr(GPtrArray) mirrors = wifi_nm_scan_access_points(&context);
	g_autoptr(WifiNmScan) scan = g_steal_pointer(&nm->scan);

	for (guint i = 0; !error && i < mirrors->len; i++) {
		WifiNetwork network;

		if (wifi_nm_scan_network(g_ptr_array_index(mirrors, i), &network))
			g_array_append_val(networks, network);
	}
	if (error)
		g_warning("Wi-Fi scan failed: %s", error->message);
	nm->events->scanned((const WifiNetwork *)(const void *)networks->data, networks->len, error,
			    nm->data);
}

static bool nm_scan(void *wifi, GError **error)
{
	WifiNm *nm = wifi;
	WifiNmContext context = nm_context(nm);

	if (!require_ready(nm, error))
		return false;
	enable_wifi(nm);
	if (!nm->scan)
		nm->scan = wifi_nm_scan_new(&context, NULL, 0, on_scanned, nm);
	return true;
}

/* Older profiles of ours for the same network: the new one has taken their place. */
static void delete_superseded(WifiNm *nm, const char *path)
{
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);
	const char *id = NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (strcmp(profile->path, path) == 0)
			id = profile->id;
	}
	for (guint i = 0; id && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);

		if (strcmp(profile->path, path) != 0 && is_ours(profile) &&
		    strcmp(profile->id, id) == 0)
			delete_profile(nm, profile->path);
	}
}

static void on_joined(const WifiNmJoined *joined, WifiFailure failure, void *data)
{
	WifiNm *nm = data;
	g_autoptr(WifiNmJoin) join = g_steal_pointer(&nm->join);

	if (joined) {
		g_free(nm->joined);
		nm->joined = g_strdup(joined->profile);
		delete_superseded(nm, joined->profile);
		nm->events->joined(&joined->link, nm->data);
	} else {
		nm->events->join_failed(failure, nm->data);
	}
}

static bool nm_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	WifiNm *nm = wifi;
	WifiNmContext context = nm_context(nm);

	if (!require_ready(nm, error))
		return false;
	enable_wifi(nm);
	g_clear_pointer(&nm->join, wifi_nm_join_free);
	nm->join = wifi_nm_join_new(&context, credentials, nm->join_timeout_ms, on_joined, nm);
	return true;
}

static void nm_cancel(void *wifi)
{
	WifiNm *nm = wifi;

	g_clear_pointer(&nm->scan, wifi_nm_scan_free);
	g_clear_pointer(&nm->join, wifi_nm_join_free);
}

static void nm_forget(void *wifi)
{
	WifiNm *nm = wifi;

	if (nm->joined && bus_peer_is_present(nm->peer))
		delete_profile(nm, nm->joined);
	g_clear_pointer(&nm->joined, g_free);
}

const WifiPort wifi_nm_port = {
	.name = "networkmanager",
	.scan = nm_scan,
	.join = nm_join,
	.cancel = nm_cancel,
	.forget = nm_forget,
};

bool wifi_nm_is_ready(const WifiNm *nm)
{
	return nm->ready;
}

const char *wifi_nm_interface(const WifiNm *nm)
{
	const BusMirror *mirror = nm->ready ? device_mirror(nm) : NULL;

	return mirror ? mirror_interface(mirror) : "";
}

bool wifi_nm_mac(const WifiNm *nm, uint8_t mac[WIFI_BSSID_LEN])
{
	const BusMirror *mirror = device_mirror(nm);

	return mirror &&
	       (wifi_nm_map_mac(bus_mirror_string(mirror, NM_WIRELESS_IFACE, "PermHwAddress"),
				mac) ||
		wifi_nm_map_mac(bus_mirror_string(mirror, NM_DEVICE_IFACE, "HwAddress"), mac));
}

bool wifi_nm_is_provisioned(const WifiNm *nm)
{
	const GPtrArray *list = wifi_nm_profiles_list(nm->profiles);

	for (guint i = 0; list && i < list->len; i++) {
		const WifiNmProfile *profile = g_ptr_array_index(list, i);
		bool elsewhere = profile->interface && *profile->interface &&
				 strcmp(profile->interface, wifi_nm_interface(nm)) != 0;
		bool unproved = is_ours(profile) && g_strcmp0(profile->path, nm->joined) != 0 &&
				wifi_nm_profiles_in_memory(nm->profiles, profile->path);

		if (profile->wifi && profile->autoconnect && !elsewhere && !unproved)
			return true;
	}
	return false;
}

const char *wifi_nm_problem(const WifiNm *nm)
{
	g_autoptr(GPtrArray) mirrors = NULL;

	if (!bus_peer_is_present(nm->peer))
		return "NetworkManager is not running";
	mirrors = bus_peer_list(nm->peer, NM_WIRELESS_IFACE);
	if (mirrors->len == 0)
		return "NetworkManager knows no Wi-Fi interface";
	return pick(nm) ? "NetworkManager is being asked for its networks"
			: "NetworkManager manages no Wi-Fi interface that may be used";
}
