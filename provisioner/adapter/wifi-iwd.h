/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd - Wi-Fi through iwd
 *
 * Owner: the App. Knows one device in station mode, its addresses, the record of what Landfall
 * added to iwd, and at most one scan, one join and one undo, each an object of its own. When iwd or
 * the device goes away, a scan fails and a join waits: it begins anew when they are back, or fails
 * when its time is over. A join that failed or was given up is undone before the next one begins.
 * What a crash or a power cut left of an attempt is in the record and is taken back when iwd is
 * met.
 */
#pragma once

#include "provisioner/adapter/wifi-backend.h"

extern const WifiBackend wifi_iwd_backend;
