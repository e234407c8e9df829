/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-map - what wpa_supplicant's words and numbers mean to us
 *
 * Pure functions; words are those of wpa_supplicant's D-Bus API 2.10 (KeyMgmt of a BSS, State of an
 * interface) and of its configuration file (what Properties of a network holds).
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a BSS takes for a key, a set */
typedef enum WpaKeys {
	WPA_KEYS_PSK = 1 << 0,
	WPA_KEYS_SAE = 1 << 1,
	WPA_KEYS_OWE = 1 << 2,
	WPA_KEYS_EAP = 1 << 3,
	WPA_KEYS_OTHER = 1 << 4, /* something this version has no word for */
} WpaKeys;

/* What a BSS asks for */
typedef struct WpaSecurity {
	bool privacy;
	unsigned int wpa; /* WpaKeys of the WPA element, 0: there is none */
	unsigned int rsn; /* of the RSN element */
} WpaSecurity;

/* How a network is joined */
typedef enum WpaJoinKey {
	WPA_JOIN_NONE, /* no security at all */
	WPA_JOIN_OWE,
	WPA_JOIN_WEP,
	WPA_JOIN_PSK,
	WPA_JOIN_MIXED, /* WPA3 where it is offered, else WPA2 */
	WPA_JOIN_SAE,   /* WPA3 alone */
	WPA_JOIN_ENTERPRISE,
} WpaJoinKey;

/* State of an interface; the further the greater */
typedef enum WpaState {
	WPA_STATE_UNKNOWN,
	WPA_STATE_DISABLED, /* the interface is down, or its radio off */
	WPA_STATE_DISCONNECTED,
	WPA_STATE_INACTIVE, /* no network is enabled */
	WPA_STATE_SCANNING,
	WPA_STATE_AUTHENTICATING,
	WPA_STATE_ASSOCIATING,
	WPA_STATE_ASSOCIATED,
	WPA_STATE_4WAY_HANDSHAKE,
	WPA_STATE_GROUP_HANDSHAKE,
	WPA_STATE_COMPLETED,
} WpaState;

/* wifi_wpa_map_state() - of the word in State; UNKNOWN for any other */
WpaState wifi_wpa_map_state(const char *word);

/* wifi_wpa_map_keys() - of one word in KeyMgmt */
WpaKeys wifi_wpa_map_keys(const char *word);

/* wifi_wpa_map_auth() - the protocol's name for what a BSS asks for
 * Source: protocomm reference, mapping of entry fields (9.2) */
WifiAuth wifi_wpa_map_auth(const WpaSecurity *security);

/* wifi_wpa_map_join_key() - how to join such a BSS
 * @enterprise: the phone gave settings for 802.1X; where both is offered they decide */
WpaJoinKey wifi_wpa_map_join_key(const WpaSecurity *security, bool enterprise);

/* wifi_wpa_map_key_fits() - can what the phone gave be right where @key is asked for?
 * Lengths and characters only: 8..63 characters or 64 hex digits for WPA2, 5 or 13 octets or 10 or
 * 26 hex digits for WEP, any octets but NUL for WPA3, none where the network is open */
bool wifi_wpa_map_key_fits(WpaJoinKey key, const WifiCredentials *credentials);

/* wifi_wpa_map_rssi() - dBm of Signal, within what an octet holds */
int8_t wifi_wpa_map_rssi(int16_t signal);

/* wifi_wpa_map_octets() - what a text of the configuration file stands for: "in quotes" or hex
 * Returns NULL for anything else; the caller owns it */
GBytes *wifi_wpa_map_octets(const char *text);
