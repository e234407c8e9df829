/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-settings - a network as wpa_supplicant's AddNetwork wants it
 *
 * Texts are put in quotes by wpa_supplicant, so what may hold any octet (names, WPA3 passwords,
 * WEP keys) goes as an array of octets. Names of settings are those of wpa_supplicant.conf.
 */
#pragma once

#include "dbus/bus-writer.h"
#include "provisioner/adapter/wifi-wpa-map.h"

typedef struct WpaSettings {
	const WifiCredentials *credentials;
	WpaJoinKey key;
	const char *mark;
	int priority;
	bool hidden; /* is to be asked for by name */
	bool pinned; /* to the access point that the phone named */
} WpaSettings;

/* wifi_wpa_settings_write() - the a{sv} of AddNetwork; all borrowed for the call
 * The passphrase must fit the key: wifi_wpa_map_key_fits() */
void wifi_wpa_settings_write(BusWriter *writer, const WpaSettings *settings);
