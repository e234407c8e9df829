/* SPDX-License-Identifier: MIT */
/*
 * wifi-backend - what every manager of Wi-Fi offers to the daemon
 *
 * One const table for each: wifi_nm_backend, wifi_wpa_backend, wifi_iwd_backend. The WifiPort in it
 * is for the core; the rest is for the App, through wifi-choice. An instance watches its service on
 * the bus and changes nothing before it is asked to; while the service or the interface is away it
 * is not ready, a scan fails and a join waits for the rest of its time.
 *
 * The join is a transaction, whatever the back end: the network in use stays configured until the
 * new one has an address, what failed is undone, and only then is the new one made permanent. So
 * losing power at any moment leaves the old or the new configuration.
 */
#pragma once

#include "dbus/bus.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The service gets as long as this for the core's scan, see PROV_SCAN_BOUND_US; what is known by
 * then must do. */
#define WIFI_SCAN_LIMIT_MS 6800

/* What Landfall adds is called so, where the back end lets networks have a name. */
#define WIFI_ID_PREFIX "landfall "

/* All borrowed for the call. */
typedef struct WifiSettings {
	const char *interface;        /* "auto" (the first usable one by name) or wlan0 */
	unsigned int join_timeout_ms; /* for one attempt to join */
	const char *state_dir;        /* folder of ours, 0700, for what must outlive a restart */
} WifiSettings;

/* All run from the loop, none from inside a call of the table. */
typedef struct WifiEvents {
	/* the interface and the networks configured for it are known; again after each loss */
	void (*ready)(void *data);
	/* there is no interface any more */
	void (*lost)(void *data);
	/* as provisioner_on_scan(), provisioner_on_joined(), provisioner_on_join_failed() */
	void (*scanned)(const WifiNetwork *networks, size_t n_networks, const GError *error,
			void *data);
	void (*joined)(const WifiLink *link, void *data);
	void (*join_failed)(WifiFailure failure, void *data);
	/* what had to be undone is undone: is_busy() is false again */
	void (*idle)(void *data);
	/* is_online() or is_provisioned() may say something else than before, as they may with
	 * `joined` and `forgotten`; or problem() */
	void (*changed)(void *data);
	/* what forget_all() was asked for is over. @error NULL: nothing that Landfall added is
	 * left, not even after a power cut; else LANDFALL_ERROR: something may be, and why */
	void (*forgotten)(const GError *error, void *data);
} WifiEvents;

typedef struct WifiBackend {
	WifiPort port; /* calls of the core; their first argument is the instance */

	/* new() - watch the service, change nothing
	 * @bus: borrowed, outlives it; @settings: copied; @events: static */
	void *(*new)(Bus *bus, const WifiSettings *settings, const WifiEvents *events, void *data);

	/* free() - NULL is fine. Cancel and wait for `idle` first, lest something of an attempt
	 * stays with the service */
	void (*free)(void *wifi);

	/* is_busy() - something is being undone */
	bool (*is_busy)(const void *wifi);

	/* is_ready() - between the events ready and lost */
	bool (*is_ready)(const void *wifi);

	/* is_provisioned() - a network is configured that this interface joins by itself */
	bool (*is_provisioned)(const void *wifi);

	/* is_online() - the interface is on a network and has an address */
	bool (*is_online)(const void *wifi);

	/* look_around() - scan ahead: a phone that has connected will ask for it. Reports nothing;
	 * a scan of the core that begins meanwhile takes it over */
	void (*look_around)(void *wifi);

	/* forget_all() - remove every network that Landfall ever added and no other. While it is
	 * ready only, and not again before its end, which `forgotten` tells. Cancels a scan and a
	 * join that are under way: neither reports any more
	 * @again: an earlier one failed or was cut short, so what is seen may not be
	 * all there is */
	void (*forget_all)(void *wifi, bool again);

	/* interface() - "wlan0"; "" unless ready. Borrowed until the next turn of the loop */
	const char *(*interface)(const void *wifi);

	/* mac() - the interface's permanent address; false leaves @mac alone: not known */
	bool (*mac)(const void *wifi, uint8_t mac[WIFI_BSSID_LEN]);

	/* problem() - why it is not ready, a clause for people */
	const char *(*problem)(const void *wifi);
} WifiBackend;

/* wifi_credentials_copy() - with the passphrase and the enterprise settings; free with
 * wifi_credentials_free() */
WifiCredentials *wifi_credentials_copy(const WifiCredentials *credentials);

/* wifi_credentials_free() - cleanse and free; NULL is fine */
void wifi_credentials_free(WifiCredentials *credentials);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiCredentials, wifi_credentials_free)
