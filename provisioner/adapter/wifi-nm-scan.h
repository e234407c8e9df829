/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-scan - one scan through NetworkManager
 *
 *   device usable? ─▶ RequestScan ─▶ LastScan changed ─▶ access points settle ─▶ list
 *
 * A scan that is under way already, or was over less than WIFI_NM_SCAN_FRESH_MS ago, stands in for
 * a new one, unless a hidden network is looked for. Ends by itself when its time is over, with what
 * is known then.
 *
 * NetworkManager keeps a name until its next scan begins. Asked for it again meanwhile, 1.42
 * (Debian 12) spoils its list and crashes. The scan that ends first may have begun before we asked;
 * the one that ends second has not. So until then a scan asks for no name: the one before is still
 * asked for.
 *
 * Owner: wifi-nm. It passes on that something in the mirrors changed.
 */
#pragma once

#include "dbus/bus-peer.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>

#define WIFI_NM_SCAN_FRESH_MS 10000

#define NM_SERVICE          "org.freedesktop.NetworkManager"
#define NM_PATH             "/org/freedesktop/NetworkManager"
#define NM_IFACE            NM_SERVICE
#define NM_DEVICE_IFACE     NM_SERVICE ".Device"
#define NM_WIRELESS_IFACE   NM_SERVICE ".Device.Wireless"
#define NM_AP_IFACE         NM_SERVICE ".AccessPoint"
#define NM_ACTIVE_IFACE     NM_SERVICE ".Connection.Active"
#define NM_IP4_IFACE        NM_SERVICE ".IP4Config"
#define NM_CONNECTION_IFACE NM_SERVICE ".Settings.Connection"

#define WIFI_NM_SCANS_OVER 2 /* after so many a name is asked for no more */

/* The last time that a network was asked for by name. */
typedef struct WifiNmNamed {
	int64_t last_scan;  /* LastScan as last seen */
	unsigned int scans; /* that have ended since, WIFI_NM_SCANS_OVER at most */
} WifiNmNamed;

/* Where an operation works; borrowed, outlives it. */
typedef struct WifiNmContext {
	Bus *bus;
	BusPeer *peer;
	const char *device; /* object path of the Wi-Fi device */
	WifiNmNamed *named; /* at first WIFI_NM_SCANS_OVER: nobody was asked for */
} WifiNmContext;

typedef struct WifiNmScan WifiNmScan;

/* WifiNmScanDone - the scan is over, once; may free it
 * @error: NULL: wifi_nm_scan_list() is as fresh as it gets */
typedef void (*WifiNmScanDone)(const GError *error, void *data);

/* wifi_nm_scan_new() - start
 * @hidden:     ask for this network by name too; its ssid is borrowed for the call. NULL: none
 * @timeout_ms: for all of it */
WifiNmScan *wifi_nm_scan_new(const WifiNmContext *context, const WifiCredentials *hidden,
			     unsigned int timeout_ms, WifiNmScanDone done, void *data);

/* wifi_nm_scan_free() - give up; NULL is fine */
void wifi_nm_scan_free(WifiNmScan *scan);

/* wifi_nm_scan_changed() - something in the mirrors changed */
void wifi_nm_scan_changed(WifiNmScan *scan);

/* wifi_nm_scan_count() - something in the mirrors changed, whether or not we scan; for `named` */
void wifi_nm_scan_count(const WifiNmContext *context);

/* wifi_nm_scan_access_points() - mirrors of the access points the device sees, in any order
 * Returns an array owned by the caller, mirrors borrowed until the next turn of the loop */
GPtrArray *wifi_nm_scan_access_points(const WifiNmContext *context);

/* wifi_nm_scan_network() - an access point as the core wants it
 * Returns false for a hidden one, and for what is no access point at all */
bool wifi_nm_scan_network(const BusMirror *access_point, WifiNetwork *network);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNmScan, wifi_nm_scan_free)
