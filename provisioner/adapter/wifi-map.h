/* SPDX-License-Identifier: MIT */
/*
 * wifi-map - what is the same with every manager of Wi-Fi
 *
 * Pure functions for the back ends; what only one of them says is in its own map (wifi-nm-map).
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/wifi-port.h"

#include <stdbool.h>
#include <stdint.h>

/* wifi_map_channel() - channel of a frequency in MHz; 0 when it is none of 2.4, 5 or 6 GHz */
uint16_t wifi_map_channel(uint32_t frequency_mhz);

/* wifi_map_mac() - six octets of "00:11:22:aa:BB:cc"
 * @text: may be NULL
 * Returns false and leaves @out alone when @text is something else */
bool wifi_map_mac(const char *text, uint8_t out[WIFI_BSSID_LEN]);

/* wifi_map_fits_psk() - has it the length of a passphrase of WPA2, 8..63 octets, or is it the key
 * itself, 64 hex digits? Any characters; @passphrase may be NULL: no */
bool wifi_map_fits_psk(const Secret *passphrase);

/* wifi_map_fits_wep() - the same for a key of WEP, 5 or 13 octets or 10 or 26 hex digits */
bool wifi_map_fits_wep(const Secret *passphrase);
