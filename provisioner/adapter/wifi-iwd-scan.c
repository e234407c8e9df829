/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-scan.h"

#include "common/error.h"
#include "provisioner/adapter/wifi-iwd-map.h"

#include <string.h>

#define NETWORKS_MAX 1024 /* more are not looked at */

typedef enum ScanStep {
	SCAN_STATION, /* the device has no station: it is switched off, or iwd is starting */
	SCAN_REQUEST, /* Scan is under way */
	SCAN_REFUSED, /* iwd is busy: waiting for anything to change */
	SCAN_BEGIN,   /* waiting for Scanning to become true */
	SCAN_AIR,     /* ... and false again */
	SCAN_LIST,    /* GetOrderedNetworks is under way */
	SCAN_DETAILS, /* the kernel is asked */
	SCAN_OVER,
} ScanStep;

struct WifiIwdScan {
	WifiIwdContext context;
	WifiIwdScanDone done;
	void *data;
	ScanStep step;
	bool fresh;    /* the last scan will do */
	bool borrowed; /* one that was under way does */
	GArray *networks;
	WifiAir *air;
	BusCall *call;
	guint deadline;
};

static void scan_advance(WifiIwdScan *scan);

static bool is_scanning(const WifiIwdScan *scan)
{
	const BusMirror *station = wifi_iwd_station(&scan->context);

	return station && bus_mirror_bool(station, IWD_STATION_IFACE, "Scanning", false);
}

/* Ends the scan; @scan may be gone afterwards. */
static void scan_finish(WifiIwdScan *scan, const WifiIwdSeen *seen, const GError *error)
{
	scan->step = SCAN_OVER;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	bus_call_cancel(scan->call);
	scan->call = NULL;
	scan->done(seen, error, scan->data);
}

static void scan_call(WifiIwdScan *scan, const char *member, BusReplyFunc func)
{
	scan->call = bus_call_start(
		scan->context.bus,
		bus_message_new_call(IWD_SERVICE, scan->context.device, IWD_STATION_IFACE, member),
		BUS_TIMEOUT_DEFAULT, func, scan);
}

/* false: not the name of a network that we could join. */
static bool note_network(const WifiIwdScan *scan, const char *path, int signal,
			 WifiNetwork *network)
{
	const BusMirror *mirror = bus_peer_find(scan->context.peer, path);
	const char *name = mirror ? bus_mirror_string(mirror, IWD_NETWORK_IFACE, "Name") : NULL;
	size_t len = name ? strlen(name) : 0;

	if (len == 0 || len > WIFI_SSID_MAX)
		return false;
	memset(network, 0, sizeof(*network));
	memcpy(network->ssid, name, len);
	network->ssid_len = (uint8_t)len;
	network->rssi_dbm = wifi_iwd_map_rssi(signal);
	network->auth = wifi_iwd_map_auth(
		wifi_iwd_kind(bus_mirror_string(mirror, IWD_NETWORK_IFACE, "Type")));
	return true;
}

/* iwd calls WPA2 and WPA3 one kind; what is open is another network. */
static bool is_same(const WifiNetwork *network, const WifiNetwork *heard)
{
	return network->ssid_len == heard->ssid_len &&
	       memcmp(network->ssid, heard->ssid, heard->ssid_len) == 0 &&
	       (network->auth == WIFI_AUTH_OPEN) == (heard->auth == WIFI_AUTH_OPEN);
}

/* The strongest of its access points stands for a network. */
static void add_details(WifiNetwork *network, const GArray *heard)
{
	bool found = false;

	for (guint i = 0; i < heard->len; i++) {
		const WifiNetwork *one = &g_array_index(heard, WifiAirMessage, i).network;

		if (!is_same(network, one) || (found && one->rssi_dbm <= network->rssi_dbm))
			continue;
		*network = *one;
		found = true;
	}
}

static void on_heard(const GArray *heard, void *data)
{
	WifiIwdScan *scan = data;
	const WifiIwdSeen seen = {
		.networks = scan->networks,
		.heard = heard,
		.borrowed = scan->borrowed,
	};

	for (guint i = 0; heard && i < scan->networks->len; i++)
		add_details(&g_array_index(scan->networks, WifiNetwork, i), heard);
	scan_finish(scan, &seen, NULL);
}

static void scan_details(WifiIwdScan *scan)
{
	const BusMirror *device = bus_peer_find(scan->context.peer, scan->context.device);
	const char *interface = device ? bus_mirror_string(device, IWD_DEVICE_IFACE, "Name") : NULL;

	scan->step = SCAN_DETAILS;
	scan->air = wifi_air_new(interface ? interface : "", on_heard, scan);
}

static void on_list(BusReply *reply, void *user_data)
{
	WifiIwdScan *scan = user_data;
	g_autoptr(GError) error = NULL;
	BusReader *reader = bus_reply_reader(reply);

	scan->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (!bus_reply_expect(reply, "a(on)", &error)) {
		scan_finish(scan, NULL, error);
		return;
	}
	bus_reader_enter(reader, "a(on)");
	while (bus_reader_more(reader) && scan->networks->len < NETWORKS_MAX) {
		WifiNetwork network;
		const char *path = NULL;

		bus_reader_enter(reader, "(on)");
		path = bus_reader_path(reader);
		if (note_network(scan, path, bus_reader_i16(reader), &network))
			g_array_append_val(scan->networks, network);
		bus_reader_leave(reader);
	}
	bus_reader_leave(reader);
	scan_details(scan);
}

static void scan_list(WifiIwdScan *scan)
{
	g_autoptr(GError) error = NULL;

	if (!wifi_iwd_station(&scan->context)) {
		g_set_error_literal(&error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
				    "the Wi-Fi interface is switched off");
		scan_finish(scan, NULL, error);
		return;
	}
	scan->step = SCAN_LIST;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	bus_call_cancel(scan->call);
	scan_call(scan, "GetOrderedNetworks", on_list);
}

static gboolean scan_on_deadline(gpointer data)
{
	WifiIwdScan *scan = data;

	scan->deadline = 0;
	scan_list(scan);
	return G_SOURCE_REMOVE;
}

static void scan_on_reply(BusReply *reply, void *user_data)
{
	WifiIwdScan *scan = user_data;

	scan->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (g_strcmp0(bus_reply_error_name(reply), IWD_ERROR_IN_PROGRESS) == 0) {
		/* Its own scan, which will do, or it is joining a network. */
		scan->borrowed = is_scanning(scan);
		scan->step = scan->borrowed ? SCAN_AIR : SCAN_REFUSED;
		return;
	}
	if (bus_reply_error(reply)) {
		scan_finish(scan, NULL, bus_reply_error(reply));
		return;
	}
	scan->step = SCAN_BEGIN;
	scan_advance(scan);
}

static void scan_advance(WifiIwdScan *scan)
{
	switch (scan->step) {
	case SCAN_STATION:
	case SCAN_REFUSED:
		if (!wifi_iwd_station(&scan->context))
			break;
		if (scan->fresh) {
			scan_list(scan);
		} else if (is_scanning(scan)) {
			scan->borrowed = true;
			scan->step = SCAN_AIR;
		} else {
			scan->step = SCAN_REQUEST;
			scan_call(scan, "Scan", scan_on_reply);
		}
		break;
	case SCAN_BEGIN:
		if (is_scanning(scan))
			scan->step = SCAN_AIR;
		break;
	case SCAN_AIR:
		if (!is_scanning(scan))
			scan_list(scan);
		break;
	case SCAN_REQUEST:
	case SCAN_LIST:
	case SCAN_DETAILS:
	case SCAN_OVER: break;
	}
}

/* Was the last scan over just now? */
static bool is_fresh(const WifiIwdContext *context)
{
	return context->scanned_us > 0 && g_get_monotonic_time() - context->scanned_us <
						  WIFI_IWD_SCAN_FRESH_MS * INT64_C(1000);
}

WifiIwdScan *wifi_iwd_scan_new(const WifiIwdContext *context, bool fresh_will_do,
			       unsigned int timeout_ms, WifiIwdScanDone done, void *data)
{
	WifiIwdScan *scan = g_new0(WifiIwdScan, 1);

	scan->context = *context;
	scan->fresh = fresh_will_do && is_fresh(context);
	scan->done = done;
	scan->data = data;
	scan->networks = g_array_new(false, false, sizeof(WifiNetwork));
	scan->deadline = g_timeout_add(timeout_ms, scan_on_deadline, scan);
	scan_advance(scan);
	return scan;
}

void wifi_iwd_scan_free(WifiIwdScan *scan)
{
	if (!scan)
		return;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	bus_call_cancel(scan->call);
	wifi_air_free(scan->air);
	g_array_unref(scan->networks);
	g_free(scan);
}

void wifi_iwd_scan_changed(WifiIwdScan *scan)
{
	scan_advance(scan);
}

void wifi_iwd_scan_hurry(WifiIwdScan *scan)
{
	if (scan->step < SCAN_LIST)
		scan_list(scan);
}
