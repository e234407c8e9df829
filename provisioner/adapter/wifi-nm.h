/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm - Wi-Fi through NetworkManager
 *
 * Owner: the App. Knows one Wi-Fi device, its profiles, and at most one scan and one join, each an
 * object of its own (wifi-nm-scan, wifi-nm-join). When NetworkManager or the device goes away, a
 * scan fails and a join waits: it begins anew when they are back, or fails when its time is over. A
 * join that failed or was given up is undone: its profile is deleted and the network before is
 * activated. Profiles of ours that never carried an address, left behind by a crash, are deleted
 * when they are met.
 */
#pragma once

#include "provisioner/adapter/wifi-backend.h"

extern const WifiBackend wifi_nm_backend;
