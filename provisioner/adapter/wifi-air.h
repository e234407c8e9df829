/* SPDX-License-Identifier: MIT */
/*
 * wifi-air - which access points the kernel has heard, read once
 *
 *   number of nl80211 ─▶ list of what the last scans heard ─▶ done
 *
 * For what a manager of Wi-Fi does not tell: addresses, channels, the exact security, and how long
 * ago each was heard. Nothing but reading is asked of the kernel, so no privilege is needed. Where
 * it cannot be read (no such kernel, no such interface) the list is simply not there.
 *
 * Owner: who made it.
 */
#pragma once

#include "provisioner/adapter/wifi-air-parse.h"

#include <glib.h>

#define WIFI_AIR_MAX 1024 /* access points; more are not looked at */

typedef struct WifiAir WifiAir;

/* WifiAirDone - once, from the loop; may free it
 * @heard: WifiAirMessage of kind HEARD each, borrowed; NULL: it cannot be read */
typedef void (*WifiAirDone)(const GArray *heard, void *data);

/* wifi_air_new() - start */
WifiAir *wifi_air_new(const char *interface, WifiAirDone done, void *data);

/* wifi_air_free() - NULL is fine */
void wifi_air_free(WifiAir *air);

/* wifi_air_is_heard() - is an access point with that name on the air?
 * One that hides its name counts by its address, if the name was ever heard from there
 * @heard:     as given to WifiAirDone
 * @within_ms: heard at most so long ago */
bool wifi_air_is_heard(const GArray *heard, const uint8_t *ssid, size_t ssid_len,
		       uint32_t within_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiAir, wifi_air_free)
