/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-scan - one scan through iwd
 *
 *   station there? ─▶ Scan ─▶ Scanning becomes true, then false ─▶ GetOrderedNetworks
 *   ─▶ what the kernel heard ─▶ list
 *
 * iwd tells names and signals; addresses, channels and the exact security come from the kernel
 * (wifi-air), and are unknown where that tells nothing.
 *
 * A scan that is under way already stands in for a new one, and so may one that was over less than
 * WIFI_IWD_SCAN_FRESH_MS ago. While iwd joins a network it refuses to scan: then it is asked again.
 * Ends by itself when its time is over, with what is known then.
 *
 * Owner: wifi-iwd, or a join. It passes on that something in the mirrors changed.
 */
#pragma once

#include "provisioner/adapter/wifi-air.h"
#include "provisioner/adapter/wifi-iwd-objects.h"

#define WIFI_IWD_SCAN_FRESH_MS 10000

typedef struct WifiIwdScan WifiIwdScan;

/* What a scan found, as fresh as it gets. Borrowed. */
typedef struct WifiIwdSeen {
	const GArray *networks; /* WifiNetwork: what iwd could join, one for each name and kind */
	const GArray *heard;    /* as given to WifiAirDone */
	bool borrowed; /* from a scan that was under way, and may have passed its channel */
} WifiIwdSeen;

/* WifiIwdScanDone - the scan is over, once; may free it
 * @seen: NULL: nothing could be found out, see @error */
typedef void (*WifiIwdScanDone)(const WifiIwdSeen *seen, const GError *error, void *data);

/* wifi_iwd_scan_new() - start
 * @fresh_will_do: a scan that was over a moment ago stands in for it
 * @timeout_ms:    for all of it but the last call */
WifiIwdScan *wifi_iwd_scan_new(const WifiIwdContext *context, bool fresh_will_do,
			       unsigned int timeout_ms, WifiIwdScanDone done, void *data);

/* wifi_iwd_scan_free() - give up; NULL is fine */
void wifi_iwd_scan_free(WifiIwdScan *scan);

/* wifi_iwd_scan_changed() - something in the mirrors changed */
void wifi_iwd_scan_changed(WifiIwdScan *scan);

/* wifi_iwd_scan_hurry() - there is no more time: list what is known */
void wifi_iwd_scan_hurry(WifiIwdScan *scan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiIwdScan, wifi_iwd_scan_free)
