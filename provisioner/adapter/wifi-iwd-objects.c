/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-objects.h"

#include <string.h>

#define NO_PATH "/"

static const struct {
	const char *type;
	WifiIwdKind kind;
} kinds[] = {
	{ "open", WIFI_IWD_OPEN },
	{ "psk", WIFI_IWD_PSK },
	{ "wep", WIFI_IWD_WEP },
	{ "8021x", WIFI_IWD_ENTERPRISE },
	{ "hotspot", WIFI_IWD_ENTERPRISE },
};

WifiIwdKind wifi_iwd_kind(const char *type)
{
	for (size_t i = 0; type && i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].type, type) == 0)
			return kinds[i].kind;
	}
	return WIFI_IWD_OTHER;
}

bool wifi_iwd_is_named(const char *name, const uint8_t *ssid, size_t ssid_len)
{
	return name && strlen(name) == ssid_len && memcmp(name, ssid, ssid_len) == 0;
}

BusMirror *wifi_iwd_station(const WifiIwdContext *context)
{
	BusMirror *mirror = context->device ? bus_peer_find(context->peer, context->device) : NULL;

	return mirror && bus_mirror_has(mirror, IWD_STATION_IFACE, NULL) ? mirror : NULL;
}

bool wifi_iwd_is_state(const WifiIwdContext *context, const char *state)
{
	const BusMirror *station = wifi_iwd_station(context);

	return station &&
	       g_strcmp0(bus_mirror_string(station, IWD_STATION_IFACE, "State"), state) == 0;
}

const char *wifi_iwd_connected(const WifiIwdContext *context)
{
	const BusMirror *station = wifi_iwd_station(context);
	const char *path =
		station ? bus_mirror_object(station, IWD_STATION_IFACE, "ConnectedNetwork") : NULL;

	return path && strcmp(path, NO_PATH) != 0 ? path : NULL;
}

static bool is_match(const BusMirror *mirror, const char *interface, const uint8_t *ssid,
		     size_t ssid_len, WifiIwdKind kind)
{
	return wifi_iwd_is_named(bus_mirror_string(mirror, interface, "Name"), ssid, ssid_len) &&
	       wifi_iwd_kind(bus_mirror_string(mirror, interface, "Type")) == kind;
}

BusMirror *wifi_iwd_network(const WifiIwdContext *context, const uint8_t *ssid, size_t ssid_len,
			    WifiIwdKind kind)
{
	g_autoptr(GPtrArray) mirrors = bus_peer_list(context->peer, IWD_NETWORK_IFACE);

	for (guint i = 0; i < mirrors->len; i++) {
		BusMirror *mirror = g_ptr_array_index(mirrors, i);

		if (is_match(mirror, IWD_NETWORK_IFACE, ssid, ssid_len, kind) &&
		    g_strcmp0(bus_mirror_object(mirror, IWD_NETWORK_IFACE, "Device"),
			      context->device) == 0)
			return mirror;
	}
	return NULL;
}

BusMirror *wifi_iwd_known(const BusPeer *peer, const uint8_t *ssid, size_t ssid_len,
			  WifiIwdKind kind)
{
	g_autoptr(GPtrArray) mirrors = bus_peer_list(peer, IWD_KNOWN_IFACE);

	for (guint i = 0; i < mirrors->len; i++) {
		BusMirror *mirror = g_ptr_array_index(mirrors, i);

		if (is_match(mirror, IWD_KNOWN_IFACE, ssid, ssid_len, kind))
			return mirror;
	}
	return NULL;
}

BusMirror *wifi_iwd_recorded(const BusPeer *peer, const WifiRecordNetwork *network)
{
	return wifi_iwd_known(peer, network->ssid, network->ssid_len,
			      network->secured ? WIFI_IWD_PSK : WIFI_IWD_OPEN);
}
