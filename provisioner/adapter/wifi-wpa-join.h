/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-join - one attempt to get onto a network through wpa_supplicant
 *
 *   LOOK ──seen──▶ ADD ──▶ SELECT ──▶ FOLLOW ──completed──▶ ADDRESS ──▶ BSS ──▶ COMMIT ──▶ SAVE
 *    │ ▲            │         │        │  ▲                 │ late               │         │ disk
 *    ▼ │            │         │        │  └──connection lost┘                    │         ▼
 *   SCAN for it,    │         │        ├─ late ─▶ JUDGE     │                    │       joined
 *   twice           └─────────┴────────┴────▶ failed ◀──────┴────────────────────┘
 *    └── not seen ──────────────────────────────▲        (its owner undoes it)
 *
 * The network lives in wpa_supplicant's memory, marked as a trial, until it has carried an address.
 * Selecting it disables all others there; they are enabled again before the file is written, so
 * that losing power at any moment leaves the file from before or the one with the new network
 * added.
 *
 * A network that nobody sees but that may be one of those without a name is tried all the same. A
 * passphrase is only ever offered to a network that asks for one. The access point that the phone
 * named, when it is there, is the one tried, and not tied to the network afterwards.
 *
 * Owner: wifi-wpa. It passes on the facts of the interface and that its addresses changed, and
 * frees the attempt when wpa_supplicant or the interface goes away.
 */
#pragma once

#include "provisioner/adapter/wifi-wpa-scan.h"

typedef struct WifiWpaJoin WifiWpaJoin;

/* WifiWpaJoinDone - the attempt is over, once; may free it
 * @link:    NULL when it failed (then it is to be undone), borrowed
 * @failure: why */
typedef void (*WifiWpaJoinDone)(const WifiLink *link, WifiFailure failure, void *data);

/* wifi_wpa_join_new() - start
 * @context:     its list of networks is known and without a trial
 * @credentials: borrowed for the call
 * @timeout_ms:  for everything up to the address */
WifiWpaJoin *wifi_wpa_join_new(const WifiWpaContext *context, const WifiCredentials *credentials,
			       unsigned int timeout_ms, WifiWpaJoinDone done, void *data);

/* wifi_wpa_join_free() - NULL is fine. Of an attempt that is not over everything stays as it is:
 * the owner finds it by its mark, or as wifi_wpa_join_network() */
void wifi_wpa_join_free(WifiWpaJoin *join);

/* wifi_wpa_join_facts() - news of the interface */
void wifi_wpa_join_facts(WifiWpaJoin *join, unsigned int facts);

/* wifi_wpa_join_link_changed() - its addresses are others */
void wifi_wpa_join_link_changed(WifiWpaJoin *join);

/* wifi_wpa_join_network() - object path of the network it added, NULL before; borrowed */
const char *wifi_wpa_join_network(const WifiWpaJoin *join);

/* wifi_wpa_join_is_saving() - the file may have the network already */
bool wifi_wpa_join_is_saving(const WifiWpaJoin *join);

/* wifi_wpa_join_has_begun() - wpa_supplicant was asked to add the network */
bool wifi_wpa_join_has_begun(const WifiWpaJoin *join);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaJoin, wifi_wpa_join_free)
