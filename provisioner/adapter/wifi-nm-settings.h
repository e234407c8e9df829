/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-settings - a network as NetworkManager's settings
 *
 * Names and types are those of NetworkManager's D-Bus API 1.42, sections connection,
 * 802-11-wireless, 802-11-wireless-security and 802-1x. What is not said NetworkManager completes.
 */
#pragma once

#include "dbus/bus-writer.h"
#include "provisioner/adapter/wifi-nm-map.h"
#include "provisioner/core/wifi-port.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct WifiNmSettings {
	const WifiCredentials *wanted; /* all borrowed for the call */
	const char *uuid;              /* of the profile, the same each time it is written */
	NmKeyMgmt key;
	bool hidden; /* seen only when asked for by name */
	bool locked; /* to the access point that @wanted names, and to no other */
} WifiNmSettings;

/* wifi_nm_settings_id() - the id of a profile of ours for the network @ssid, by which it is known
 * again. It is longer than the name of the network, after which others call theirs
 * Returns a string owned by the caller */
char *wifi_nm_settings_id(const void *ssid, size_t ssid_len);

/* wifi_nm_settings_write() - append them, an a{sa{sv}} */
void wifi_nm_settings_write(BusWriter *writer, const WifiNmSettings *settings);
