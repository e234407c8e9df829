/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-scan.h"

#include "common/error.h"

#define LIST_MS      2000 /* at the end of its time, for what is known by then */
#define SCAN_NOT_NOW WPA_INTERFACE_IFACE ".ScanError"

typedef enum ScanStep {
	SCAN_REQUEST, /* Scan is under way */
	SCAN_AIR,     /* waiting for ScanDone */
	SCAN_LIST,
	SCAN_OVER,
} ScanStep;

struct WifiWpaScan {
	WifiWpaContext context;
	WifiWpaScanFunc done;
	void *data;
	ScanStep step;
	bool refused; /* wpa_supplicant would not scan now */
	bool failed;  /* it tried, and could not */
	bool heard;   /* it did */
	BusCall *call;
	WifiWpaBssList *list;
	guint deadline;
};

/* Ends the scan; @scan may be gone afterwards. */
static void scan_finish(WifiWpaScan *scan, const GArray *list, const GError *error)
{
	scan->step = SCAN_OVER;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	bus_call_cancel(scan->call);
	scan->call = NULL;
	scan->done(list, error, scan->data);
}

static GArray *without_old(const GArray *list)
{
	GArray *young = g_array_new(false, false, sizeof(WpaBss));

	for (guint i = 0; i < list->len; i++) {
		const WpaBss *bss = &g_array_index(list, WpaBss, i);

		if (bss->age_s <= WIFI_WPA_AGE_MAX_S)
			g_array_append_val(young, *bss);
	}
	return young;
}

/* Report what was read of the list. */
static void scan_report(WifiWpaScan *scan, const GArray *list)
{
	g_autoptr(GArray) young = without_old(list);
	g_autoptr(GError) unable = NULL;

	if (young->len == 0 && (scan->refused || scan->failed))
		g_set_error_literal(&unable, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
				    "wpa_supplicant does not scan now");
	scan_finish(scan, unable ? NULL : young, unable);
}

static void on_list(const GArray *list, const GError *error, void *data)
{
	WifiWpaScan *scan = data;
	g_autoptr(WifiWpaBssList) reading G_GNUC_UNUSED = g_steal_pointer(&scan->list);

	if (error)
		scan_finish(scan, NULL, error);
	else
		scan_report(scan, list);
}

static void scan_list(WifiWpaScan *scan)
{
	scan->step = SCAN_LIST;
	bus_call_cancel(scan->call);
	scan->call = NULL;
	scan->list = wifi_wpa_bss_list_new(
		scan->context.bus, wifi_wpa_interface_path(scan->context.interface), on_list, scan);
}

static gboolean on_deadline(gpointer data)
{
	WifiWpaScan *scan = data;
	g_autoptr(WifiWpaBssList) reading = g_steal_pointer(&scan->list);
	g_autoptr(GError) error = NULL;

	scan->deadline = 0;
	if (scan->step != SCAN_LIST) {
		scan->deadline = g_timeout_add(LIST_MS, on_deadline, scan);
		scan_list(scan);
		return G_SOURCE_REMOVE;
	}
	if (wifi_wpa_bss_list_found(reading)->len > 0) {
		scan_report(scan, wifi_wpa_bss_list_found(reading));
		return G_SOURCE_REMOVE;
	}
	g_set_error_literal(&error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
			    "wpa_supplicant does not answer");
	scan_finish(scan, NULL, error);
	return G_SOURCE_REMOVE;
}

/* Refused while another scan is under way: the end of that one will do. */
static void on_requested(BusReply *reply, void *user_data)
{
	WifiWpaScan *scan = user_data;

	scan->call = NULL;
	scan->refused = g_strcmp0(bus_reply_error_name(reply), SCAN_NOT_NOW) == 0;
	if (bus_reply_error(reply) && !scan->refused)
		scan_finish(scan, NULL, bus_reply_error(reply));
	else
		scan->step = SCAN_AIR;
}

static void scan_request(WifiWpaScan *scan, const WifiCredentials *hidden)
{
	BusMessage *message =
		bus_message_new_call(WPA_SERVICE, wifi_wpa_interface_path(scan->context.interface),
				     WPA_INTERFACE_IFACE, "Scan");
	BusWriter *writer = bus_message_writer(message);

	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "Type", "s");
	bus_writer_string(writer, "active");
	if (hidden) {
		bus_writer_entry(writer, "SSIDs", "aay");
		bus_writer_open(writer, "aay");
		bus_writer_bytes(writer, hidden->ssid, hidden->ssid_len);
		bus_writer_close(writer);
	}
	bus_writer_close(writer);
	scan->step = SCAN_REQUEST;
	scan->call =
		bus_call_start(scan->context.bus, message, BUS_TIMEOUT_DEFAULT, on_requested, scan);
}

WifiWpaScan *wifi_wpa_scan_new(const WifiWpaContext *context, const WifiCredentials *hidden,
			       bool fresh, unsigned int timeout_ms, WifiWpaScanFunc done,
			       void *data)
{
	WifiWpaScan *scan = g_new0(WifiWpaScan, 1);

	scan->context = *context;
	scan->done = done;
	scan->data = data;
	scan->deadline = g_timeout_add(timeout_ms, on_deadline, scan);
	if (fresh)
		scan_list(scan);
	else
		scan_request(scan, hidden);
	return scan;
}

void wifi_wpa_scan_free(WifiWpaScan *scan)
{
	if (!scan)
		return;
	g_clear_handle_id(&scan->deadline, g_source_remove);
	bus_call_cancel(scan->call);
	wifi_wpa_bss_list_free(scan->list);
	g_free(scan);
}

void wifi_wpa_scan_hurry(WifiWpaScan *scan, unsigned int timeout_ms)
{
	g_clear_handle_id(&scan->deadline, g_source_remove);
	scan->deadline = g_timeout_add(timeout_ms, on_deadline, scan);
	if (scan->step != SCAN_LIST)
		scan_list(scan);
}

bool wifi_wpa_scan_is_complete(const WifiWpaScan *scan)
{
	return scan->heard;
}

void wifi_wpa_scan_facts(WifiWpaScan *scan, unsigned int facts)
{
	if (scan->step != SCAN_AIR || !(facts & (WPA_FACT_SCAN_DONE | WPA_FACT_SCAN_FAILED)))
		return;
	scan->failed = facts & WPA_FACT_SCAN_FAILED;
	scan->heard = !scan->failed;
	scan_list(scan);
}
