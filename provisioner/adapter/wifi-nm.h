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

#include "dbus/bus.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct WifiNm WifiNm;

/* All run from the loop. */
typedef struct WifiNmEvents {
	/* the device and its profiles are known; again after each loss */
	void (*ready)(void *data);
	/* there is no device any more */
	void (*lost)(void *data);
	/* as provisioner_on_scan(), provisioner_on_joined(), provisioner_on_join_failed() */
	void (*scanned)(const WifiNetwork *networks, size_t n_networks, const GError *error,
			void *data);
	void (*joined)(const WifiLink *link, void *data);
	void (*join_failed)(WifiFailure failure, void *data);
	/* what had to be undone is undone: wifi_nm_is_busy() is false again */
	void (*idle)(void *data);
} WifiNmEvents;

/* The calls of the core; their first argument is the WifiNm. */
extern const WifiPort wifi_nm_port;

/* wifi_nm_new() - watch NetworkManager, change nothing
 * @bus:       borrowed, outlives it
 * @interface: "auto" (the first managed one) or a name such as wlan0; copied
 * @join_timeout_ms: for one attempt to join
 * @events:    static */
WifiNm *wifi_nm_new(Bus *bus, const char *interface, unsigned int join_timeout_ms,
		    const WifiNmEvents *events, void *data);

/* wifi_nm_free() - NULL is fine. Cancel and wait for `idle` first, lest a profile of an attempt is
 * left in NetworkManager's memory */
void wifi_nm_free(WifiNm *nm);

/* wifi_nm_is_busy() - something is being undone */
bool wifi_nm_is_busy(const WifiNm *nm);

/* wifi_nm_is_ready() - between the events ready and lost */
bool wifi_nm_is_ready(const WifiNm *nm);

/* wifi_nm_look_around() - scan ahead: a phone that has connected will ask for it. Reports nothing;
 * a scan of the core that begins meanwhile takes it over */
void wifi_nm_look_around(WifiNm *nm);

/* wifi_nm_interface() - "wlan0"; "" unless ready. Borrowed until the next turn of the loop */
const char *wifi_nm_interface(const WifiNm *nm);

/* wifi_nm_mac() - the device's permanent address
 * Returns false and leaves @mac alone when it is not known */
bool wifi_nm_mac(const WifiNm *nm, uint8_t mac[WIFI_BSSID_LEN]);

/* wifi_nm_is_provisioned() - a network is configured that this device joins by itself */
bool wifi_nm_is_provisioned(const WifiNm *nm);

/* wifi_nm_problem() - why it is not ready, a clause for people */
const char *wifi_nm_problem(const WifiNm *nm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNm, wifi_nm_free)
