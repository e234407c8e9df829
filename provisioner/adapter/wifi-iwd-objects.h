/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-objects - what iwd has on the bus, as its D-Bus API 2.3 names it
 *
 *   /net/connman/iwd                        AgentManager
 *   /net/connman/iwd/0                      Adapter
 *   /net/connman/iwd/0/3                    Device; Station while it is powered, StationDiagnostic
 *                                           while it is connected
 *   /net/connman/iwd/0/3/4c6162_psk         Network, in the air: one for each name and kind
 *   /net/connman/iwd/4c6162_psk             KnownNetwork, configured
 */
#pragma once

#include "dbus/bus-peer.h"
#include "provisioner/adapter/net-link.h"
#include "provisioner/adapter/wifi-record.h"

#include <stdbool.h>

#define IWD_SERVICE              "net.connman.iwd"
#define IWD_PATH                 "/net/connman/iwd"
#define IWD_AGENT_MANAGER_IFACE  IWD_SERVICE ".AgentManager"
#define IWD_ADAPTER_IFACE        IWD_SERVICE ".Adapter"
#define IWD_DEVICE_IFACE         IWD_SERVICE ".Device"
#define IWD_STATION_IFACE        IWD_SERVICE ".Station"
#define IWD_DIAGNOSTIC_IFACE     IWD_SERVICE ".StationDiagnostic"
#define IWD_NETWORK_IFACE        IWD_SERVICE ".Network"
#define IWD_KNOWN_IFACE          IWD_SERVICE ".KnownNetwork"
#define IWD_AGENT_IFACE          IWD_SERVICE ".Agent"
#define IWD_ERROR_IN_PROGRESS    IWD_SERVICE ".InProgress"
#define IWD_ERROR_FAILED         IWD_SERVICE ".Failed"
#define IWD_ERROR_NOT_FOUND      IWD_SERVICE ".NotFound"
#define IWD_ERROR_INVALID_FORMAT IWD_SERVICE ".InvalidFormat"
#define IWD_ERROR_NOT_HIDDEN     IWD_SERVICE ".NotHidden"
#define IWD_ERROR_PROVISIONED    IWD_SERVICE ".AlreadyProvisioned"

/* Where an operation works; borrowed, outlives it. */
typedef struct WifiIwdContext {
	Bus *bus;
	BusPeer *peer;
	const char *device;  /* object path of the device in use */
	const NetLink *link; /* its addresses */
	int64_t scanned_us;  /* when a scan was over last, 0: never */
	WifiRecord *record;
	const char *record_path;
} WifiIwdContext;

/* What a network asks for. */
typedef enum WifiIwdKind {
	WIFI_IWD_OPEN,
	WIFI_IWD_PSK,
	WIFI_IWD_WEP,
	WIFI_IWD_ENTERPRISE,
	WIFI_IWD_OTHER, /* of networks: none that we know */
} WifiIwdKind;

/* wifi_iwd_kind() - the Type of a Network or KnownNetwork; NULL is OTHER */
WifiIwdKind wifi_iwd_kind(const char *type);

/* wifi_iwd_station() - the device's object while it has a Station; NULL else. Borrowed until the
 * next turn of the loop, as all mirrors below */
BusMirror *wifi_iwd_station(const WifiIwdContext *context);

/* wifi_iwd_is_state() - is that the station's State? false without a station */
bool wifi_iwd_is_state(const WifiIwdContext *context, const char *state);

/* wifi_iwd_connected() - path of the Network the station is on or joins; NULL: none */
const char *wifi_iwd_connected(const WifiIwdContext *context);

/* wifi_iwd_network() - the Network in the air of that name and kind; NULL: none */
BusMirror *wifi_iwd_network(const WifiIwdContext *context, const uint8_t *ssid, size_t ssid_len,
			    WifiIwdKind kind);

/* wifi_iwd_known() - the KnownNetwork of that name and kind; NULL: none */
BusMirror *wifi_iwd_known(const BusPeer *peer, const uint8_t *ssid, size_t ssid_len,
			  WifiIwdKind kind);

/* wifi_iwd_recorded() - the KnownNetwork that an entry of the record means; NULL: none */
BusMirror *wifi_iwd_recorded(const BusPeer *peer, const WifiRecordNetwork *network);

/* wifi_iwd_is_named() - is @name exactly these octets? @name may be NULL */
bool wifi_iwd_is_named(const char *name, const uint8_t *ssid, size_t ssid_len);
