/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-map - what NetworkManager's numbers mean to us
 *
 * Pure functions; numbers and names are those of NetworkManager's D-Bus API 1.42 (NM80211ApFlags,
 * NM80211ApSecurityFlags, NMDeviceState, NMDeviceStateReason).
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* NMDeviceState, as far as it matters here */
#define NM_STATE_UNMANAGED    10
#define NM_STATE_DISCONNECTED 30
#define NM_STATE_CONFIG       50
#define NM_STATE_NEED_AUTH    60
#define NM_STATE_IP_CONFIG    70
#define NM_STATE_ACTIVATED    100
#define NM_STATE_FAILED       120

/* Flags of an access point */
typedef struct NmSecurity {
	uint32_t flags;
	uint32_t wpa_flags;
	uint32_t rsn_flags;
} NmSecurity;

/* How a network is joined */
typedef enum NmKeyMgmt {
	NM_KEY_NONE, /* no security at all */
	NM_KEY_OWE,
	NM_KEY_WEP,
	NM_KEY_PSK,        /* also where WPA3 is offered beside WPA2 */
	NM_KEY_SAE,        /* WPA3 alone */
	NM_KEY_ENTERPRISE, /* cannot be joined with a passphrase */
} NmKeyMgmt;

/* wifi_nm_map_auth() - the protocol's name for what an access point asks for
 * Source: protocomm reference, mapping of entry fields (9.2) */
WifiAuth wifi_nm_map_auth(const NmSecurity *security);

/* wifi_nm_map_key_mgmt() - how to join such an access point */
NmKeyMgmt wifi_nm_map_key_mgmt(const NmSecurity *security);

/* wifi_nm_map_key_fits() - can @passphrase (NULL: none) be right where @key is asked for?
 * Lengths and characters only: 8..63 octets or 64 hex digits for WPA2, 5 or 13 octets or 10 or 26
 * hex digits for WEP, any UTF-8 text for WPA3, none where the network is open */
bool wifi_nm_map_key_fits(NmKeyMgmt key, const Secret *passphrase);

/* wifi_nm_map_rssi() - dBm of a strength in percent: 0 is -100, 100 is -40 */
int8_t wifi_nm_map_rssi(uint8_t strength);

/* wifi_nm_map_failure() - why an activation ended
 * @reason:    NMDeviceStateReason given with the state FAILED; 0 when none was
 * @reached:   highest NMDeviceState on the way, tells a refused key from a late address
 * @asked_key: the device was in NEED_AUTH after it had the key: the key was refused */
WifiFailure wifi_nm_map_failure(uint32_t reason, uint32_t reached, bool asked_key);
