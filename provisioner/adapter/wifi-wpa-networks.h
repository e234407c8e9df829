/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-networks - which networks are configured for wpa_supplicant's interface
 *
 * Read whole, again after every change. Ours carry a mark in `id_str`, a text of the configuration
 * file that nobody interprets: "landfall 0 3". The numbers are those of the networks that were
 * enabled before this one was tried. While it is being tried, its priority is WPA_PRIORITY_TRIAL,
 * so whoever finds a trial knows what it took the place of, whatever has become of us meanwhile. A
 * trial is never saved by us: it vanishes with wpa_supplicant. Afterwards the numbers mean nothing.
 *
 * It is the priority that tells a trial, because that can be changed while the network is in use:
 * with a change of most other settings wpa_supplicant drops the keys, and with them the connection.
 *
 * Owner: wifi-wpa.
 */
#pragma once

#include "dbus/bus.h"
#include "provisioner/adapter/wifi-wpa-interface.h"

#include <glib.h>

#define WPA_MARK           "landfall"
#define WPA_PRIORITY_TRIAL (-271828)
#define WPA_NETWORKS_MAX   128 /* more are not looked at */

typedef struct WpaConfigured {
	char *path;
	bool enabled;
	bool infrastructure; /* not an access point or a Wi-Fi Direct group of ours */
	bool hidden;         /* is asked for by name */
	bool ours;           /* has our mark */
	bool trial;
	GArray *before; /* of ours: guint, numbers in the mark */
	GBytes *ssid;   /* NULL: not understood */
	int priority;
} WpaConfigured;

typedef struct WifiWpaNetworks WifiWpaNetworks;

/* wifi_wpa_networks_new() - read those of the interface at @path
 * @changed: a list has been read; runs from the loop */
WifiWpaNetworks *wifi_wpa_networks_new(Bus *bus, const char *path, void (*changed)(void *data),
				       void *data);

/* wifi_wpa_networks_free() - NULL is fine */
void wifi_wpa_networks_free(WifiWpaNetworks *networks);

/* wifi_wpa_networks_read() - read them again; a reading under way is given up for this one */
void wifi_wpa_networks_read(WifiWpaNetworks *networks);

/* wifi_wpa_networks_list() - WpaConfigured in the order of wpa_supplicant, NULL: not known yet.
 * Borrowed until the next reading */
const GPtrArray *wifi_wpa_networks_list(const WifiWpaNetworks *networks);

/* wifi_wpa_networks_number() - the last part of an object path: what wpa_supplicant calls its id */
guint wifi_wpa_networks_number(const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaNetworks, wifi_wpa_networks_free)
