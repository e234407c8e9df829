/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-scan - one scan through wpa_supplicant
 *
 *   fresh? ─no─▶ Scan ─▶ ScanDone ─▶ list the BSSs, one by one ─▶ done
 *      └──yes─────────────────────────▲
 *
 * A scan that is under way already stands in for a new one: wpa_supplicant refuses a second. Ends
 * by itself when its time is over, with what is known then. What was not heard for
 * WIFI_WPA_AGE_MAX_S is no longer in the air: wpa_supplicant itself keeps it for three minutes. A
 * hundred BSSs take a slow device seconds to list; those read by the end of the time are reported.
 *
 * Owner: wifi-wpa and wifi-wpa-join. They pass on the facts of the interface.
 */
#pragma once

#include "provisioner/adapter/net-link.h"
#include "provisioner/adapter/wifi-wpa-bss.h"
#include "provisioner/adapter/wifi-wpa-networks.h"

#include <glib.h>

#define WIFI_WPA_FRESH_MS  10000 /* a scan that was over so long ago is as good as a new one */
#define WIFI_WPA_AGE_MAX_S 30

/* Where an operation works; borrowed, outlives it. */
typedef struct WifiWpaContext {
	Bus *bus;
	WifiWpaInterface *interface;
	const WifiWpaNetworks *networks; /* configured for it */
	const NetLink *link;             /* its addresses */
} WifiWpaContext;

typedef struct WifiWpaScan WifiWpaScan;

/* WifiWpaScanFunc - the scan is over, once; may free it
 * @list: WpaBss, borrowed for the call; NULL when it failed */
typedef void (*WifiWpaScanFunc)(const GArray *list, const GError *error, void *data);

/* wifi_wpa_scan_new() - start
 * @hidden:     ask for this network by name; its ssid is borrowed for the call. NULL: for all
 * @fresh:      the last scan was over just now: only list
 * @timeout_ms: for all of it */
WifiWpaScan *wifi_wpa_scan_new(const WifiWpaContext *context, const WifiCredentials *hidden,
			       bool fresh, unsigned int timeout_ms, WifiWpaScanFunc done,
			       void *data);

/* wifi_wpa_scan_free() - give up; NULL is fine */
void wifi_wpa_scan_free(WifiWpaScan *scan);

/* wifi_wpa_scan_hurry() - be done in @timeout_ms, with what is known or read by then */
void wifi_wpa_scan_hurry(WifiWpaScan *scan, unsigned int timeout_ms);

/* wifi_wpa_scan_is_complete() - did a scan end well, so that what is not listed is not
 * in the air? */
bool wifi_wpa_scan_is_complete(const WifiWpaScan *scan);

/* wifi_wpa_scan_facts() - news of the interface */
void wifi_wpa_scan_facts(WifiWpaScan *scan, unsigned int facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaScan, wifi_wpa_scan_free)
