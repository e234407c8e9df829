/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa - Wi-Fi through wpa_supplicant's D-Bus interface
 *
 * Uses an interface that wpa_supplicant has been given with a configuration file. The address comes
 * from whatever DHCP client the system runs, seen through the kernel (net-link). docs/wifi.md says
 * how wpa_supplicant is to be set up, and how it behaves.
 *
 * Owner: the App, through wifi-choice.
 */
#pragma once

#include "provisioner/adapter/wifi-backend.h"

extern const WifiBackend wifi_wpa_backend;
