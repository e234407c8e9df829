/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-interfaces - which of wpa_supplicant's interfaces is ours
 *
 * Follows the service and those interfaces that somebody has given to it; the first by name that
 * may be used, or the one configured. None is created: an interface that only a running daemon has
 * given to wpa_supplicant would be on no network after the next boot. One without a configuration
 * file (NetworkManager makes such) belongs to who made it.
 *
 * Owner: wifi-wpa.
 */
#pragma once

#include "provisioner/adapter/wifi-wpa-interface.h"

typedef struct WifiWpaInterfaces WifiWpaInterfaces;

typedef struct WifiWpaInterfacesEvents {
	/* there may be another interface now, or none: wifi_wpa_interfaces_pick() */
	void (*changed)(void *data);
	/* news of the one picked */
	void (*facts)(unsigned int facts, void *data);
	/* the service left the bus: what it had of ours in memory is gone */
	void (*vanished)(void *data);
} WifiWpaInterfacesEvents;

/* wifi_wpa_interfaces_new() - follow the service
 * @name: "auto" or the interface configured, copied; @events: static */
WifiWpaInterfaces *wifi_wpa_interfaces_new(Bus *bus, const char *name,
					   const WifiWpaInterfacesEvents *events, void *data);

/* wifi_wpa_interfaces_free() - NULL is fine */
void wifi_wpa_interfaces_free(WifiWpaInterfaces *interfaces);

/* wifi_wpa_interfaces_pick() - the one to be used, NULL: none; borrowed until `changed` */
WifiWpaInterface *wifi_wpa_interfaces_pick(const WifiWpaInterfaces *interfaces);

/* wifi_wpa_interfaces_problem() - why there is none, a clause for people */
const char *wifi_wpa_interfaces_problem(const WifiWpaInterfaces *interfaces);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaInterfaces, wifi_wpa_interfaces_free)
