/* SPDX-License-Identifier: MIT */
/*
 * wifi-map - what every manager of Wi-Fi says in the same words
 *
 * Pure functions for the back ends; what only one of them says is in its own map (wifi-nm-map).
 */
#pragma once

#include "provisioner/core/wifi-port.h"

#include <stdbool.h>
#include <stdint.h>

/* wifi_map_channel() - channel of a frequency in MHz; 0 when it is none of 2.4, 5 or 6 GHz */
uint16_t wifi_map_channel(uint32_t frequency_mhz);

/* wifi_map_mac() - six octets of "00:11:22:aa:BB:cc"
 * @text: may be NULL
 * Returns false and leaves @out alone when @text is something else */
bool wifi_map_mac(const char *text, uint8_t out[WIFI_BSSID_LEN]);
