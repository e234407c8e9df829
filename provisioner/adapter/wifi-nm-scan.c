/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-scan.h"

#include "common/error.h"
#include "provisioner/adapter/wifi-map.h"
#include "provisioner/adapter/wifi-nm-map.h"

#include <string.h>
#include <time.h>

#define SETTLE_MS     300  /* from LastScan to the last access point that belongs to it */
#define ACCESS_POINTS 1024 /* more are not looked at */
#define MODE_INFRA    2    /* NM80211Mode */
#define SCAN_NOT_NOW  NM_SERVICE ".Device.NotAllowed"
#define NEVER_SCANNED (-1)

typedef enum ScanStep {
	SCAN_DEVICE,  /* the device cannot be used yet */
	SCAN_REQUEST, /* RequestScan is under way */
	SCAN_AIR,     /* waiting for LastScan to change */
	SCAN_SETTLE,
	SCAN_OVER,
} ScanStep;

struct WifiNmScan {
	WifiNmContext context;
	WifiNmScanDone done;
	void *data;
	uint8_t ssid[WIFI_SSID_MAX];
	size_t ssid_len; /* 0: any */
	ScanStep step;
	bool refused;      /* NetworkManager would not scan now */
	int64_t last_scan; /* LastScan when we asked */
	BusCall *call;
	guint deadline;
	guint settle;
};

static void scan_advance(WifiNmScan *scan);

static const BusMirror *device_mirror(const WifiNmContext *context)
{
	return bus_peer_find(context->peer, context->device);
}

static int64_t last_scan(const WifiNmContext *context)
{
	const BusMirror *device = device_mirror(context);

	return device ? bus_mirror_int(device, NM_WIRELESS_IFACE, "LastScan", NEVER_SCANNED)
		      : NEVER_SCANNED;
}

/* Was the last scan over just now? LastScan counts milliseconds of CLOCK_BOOTTIME. */
static bool is_fresh(const WifiNmScan *scan)
{
	struct timespec now = { 0 };
	int64_t last_ms = last_scan(&scan->context);
	int64_t now_ms = 0;

	if (scan->ssid_len > 0 || last_ms <= 0 || clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return false;
	now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return last_ms <= now_ms && now_ms - last_ms < WIFI_NM_SCAN_FRESH_MS;
}

static bool device_usable(const WifiNmScan *scan)
{
	const BusMirror *device = device_mirror(&scan->context);

	return device &&
	       bus_mirror_uint(device, NM_DEVICE_IFACE, "State", 0) >= NM_STATE_DISCONNECTED;
}

GPtrArray *wifi_nm_scan_access_points(const WifiNmContext *context)
{
	GPtrArray *list = g_ptr_array_new();
	const BusMirror *device = device_mirror(context);
	BusReader *reader =
		device ? bus_mirror_reader(device, NM_WIRELESS_IFACE, "AccessPoints") : NULL;
	g_auto(GStrv) paths = reader ? bus_reader_strings(reader, ACCESS_POINTS) : NULL;

	for (char **path = paths; path && *path; path++) {
		BusMirror *mirror = bus_peer_find(context->peer, *path);

		if (mirror && bus_mirror_has(mirror, NM_AP_IFACE, NULL))
			g_ptr_array_add(list, mirror);
	}
	return list;
}

bool wifi_nm_scan_network(const BusMirror *access_point, WifiNetwork *network)
{
	const NmSecurity security = {
		(uint32_t)bus_mirror_uint(access_point, NM_AP_IFACE, "Flags", 0),
		(uint32_t)bus_mirror_uint(access_point, NM_AP_IFACE, "WpaFlags", 0),
		(uint32_t)bus_mirror_uint(access_point, NM_AP_IFACE, "RsnFlags", 0),
	};
	size_t len = 0;
	const uint8_t *ssid = bus_mirror_bytes(access_point, NM_AP_IFACE, "Ssid", &len);

	memset(network, 0, sizeof(*network));
	if (!ssid || len == 0 || len > WIFI_SSID_MAX ||
	    bus_mirror_uint(access_point, NM_AP_IFACE, "Mode", MODE_INFRA) != MODE_INFRA)
		return false;
	memcpy(network->ssid, ssid, len);
	network->ssid_len = (uint8_t)len;
	network->channel = wifi_map_channel(
		(uint32_t)bus_mirror_uint(access_point, NM_AP_IFACE, "Frequency", 0));
	network->rssi_dbm = wifi_nm_map_rssi(
		(uint8_t)bus_mirror_uint(access_point, NM_AP_IFACE, "Strength", 0));
	network->auth = wifi_nm_map_auth(&security);
	return wifi_map_mac(bus_mirror_string(access_point, NM_AP_IFACE, "HwAddress"),
			    network->bssid);
}

/* Ends the scan; @scan may be gone afterwards. */
static void scan_finish(WifiNmScan *scan, const GError *error)
{
	scan->step = SCAN_OVER;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	g_clear_handle_id(&scan->settle, g_source_remove);
	bus_call_cancel(scan->call);
	scan->call = NULL;
	scan->done(error, scan->data);
}

static gboolean scan_on_deadline(gpointer data)
{
	WifiNmScan *scan = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) seen = wifi_nm_scan_access_points(&scan->context);

	scan->deadline = 0;
	if (seen->len == 0 && (scan->step == SCAN_DEVICE || scan->refused))
		g_set_error_literal(&error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
				    scan->refused ? "NetworkManager does not scan now"
						  : "the Wi-Fi interface cannot be used");
	scan_finish(scan, error);
	return G_SOURCE_REMOVE;
}

static gboolean scan_on_settled(gpointer data)
{
	WifiNmScan *scan = data;

	scan->settle = 0;
	scan_finish(scan, NULL);
	return G_SOURCE_REMOVE;
}

static void scan_on_reply(BusReply *reply, void *user_data)
{
	WifiNmScan *scan = user_data;

	scan->call = NULL;
	scan->refused = g_strcmp0(bus_reply_error_name(reply), SCAN_NOT_NOW) == 0;
	if (bus_reply_error(reply) && !scan->refused) {
		scan_finish(scan, bus_reply_error(reply));
		return;
	}
	scan->step = SCAN_AIR;
	scan_advance(scan);
}

void wifi_nm_scan_count(const WifiNmContext *context)
{
	WifiNmNamed *named = context->named;
	int64_t now = last_scan(context);

	if (now != named->last_scan && named->scans < WIFI_NM_SCANS_OVER)
		named->scans++;
	named->last_scan = now;
}

/* May NetworkManager be asked for a network by name? Then it is. */
static bool name_take(WifiNmScan *scan)
{
	wifi_nm_scan_count(&scan->context);
	if (scan->ssid_len == 0 || scan->context.named->scans < WIFI_NM_SCANS_OVER)
		return false;
	scan->context.named->scans = 0;
	return true;
}

static void scan_request(WifiNmScan *scan)
{
	BusMessage *message = bus_message_new_call(NM_SERVICE, scan->context.device,
						   NM_WIRELESS_IFACE, "RequestScan");
	BusWriter *writer = bus_message_writer(message);

	bus_writer_open(writer, "a{sv}");
	if (name_take(scan)) {
		bus_writer_entry(writer, "ssids", "aay");
		bus_writer_open(writer, "aay");
		bus_writer_bytes(writer, scan->ssid, scan->ssid_len);
		bus_writer_close(writer);
	}
	bus_writer_close(writer);
	scan->step = SCAN_REQUEST;
	scan->last_scan = last_scan(&scan->context);
	scan->call = bus_call_start(scan->context.bus, message, BUS_TIMEOUT_DEFAULT, scan_on_reply,
				    scan);
}

static void scan_settle(WifiNmScan *scan)
{
	scan->step = SCAN_SETTLE;
	scan->settle = g_timeout_add(SETTLE_MS, scan_on_settled, scan);
}

static void scan_advance(WifiNmScan *scan)
{
	switch (scan->step) {
	case SCAN_DEVICE:
		if (device_usable(scan) && is_fresh(scan))
			scan_settle(scan);
		else if (device_usable(scan))
			scan_request(scan);
		break;
	case SCAN_AIR:
		if (last_scan(&scan->context) != scan->last_scan)
			scan_settle(scan);
		break;
	case SCAN_REQUEST:
	case SCAN_SETTLE:
	case SCAN_OVER: break;
	}
}

WifiNmScan *wifi_nm_scan_new(const WifiNmContext *context, const WifiCredentials *hidden,
			     unsigned int timeout_ms, WifiNmScanDone done, void *data)
{
	WifiNmScan *scan = g_new0(WifiNmScan, 1);

	scan->context = *context;
	scan->done = done;
	scan->data = data;
	if (hidden) {
		memcpy(scan->ssid, hidden->ssid, hidden->ssid_len);
		scan->ssid_len = hidden->ssid_len;
	}
	scan->deadline = g_timeout_add(timeout_ms, scan_on_deadline, scan);
	scan_advance(scan);
	return scan;
}

void wifi_nm_scan_free(WifiNmScan *scan)
{
	if (!scan)
		return;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	g_clear_handle_id(&scan->settle, g_source_remove);
	bus_call_cancel(scan->call);
	g_free(scan);
}

void wifi_nm_scan_changed(WifiNmScan *scan)
{
	scan_advance(scan);
}
