/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-join - one attempt to get onto a network through NetworkManager
 *
 *   LOOK ──seen──▶ ADD ──▶ FOLLOW ──activated──▶ ADDRESS ──▶ SAVE ──▶ joined
 *    │ ▲            │        │ refused, gone, late  │          │ disk
 *    ▼ │            └────────┴──────────┬───────────┴──────────┘
 *   SCAN for it, twice                  ▼
 *    └──────not seen──▶ failed ◀──── UNDO: delete the profile, go back to the network before
 *
 * The profile is kept in memory until it has carried an address, so that losing power at any
 * moment leaves the configuration from before or the new one that works.
 *
 * A network that nobody sees but that may be one of those without a name is tried all the same.
 * A passphrase is only ever offered to a network that asks for one. The phone's BSSID says which
 * access point to look at first, and does not tie the profile to it: access points get replaced.
 *
 * Owner: wifi-nm. It passes on that something in the mirrors changed, and frees the attempt when
 * NetworkManager or the device goes away. UNDO is wifi-nm-undo, as it must outlast the attempt.
 */
#pragma once

#include "provisioner/adapter/wifi-nm-scan.h"

typedef struct WifiNmJoin WifiNmJoin;

typedef struct WifiNmJoined {
	WifiLink link;
	const char *profile; /* object path, borrowed */
} WifiNmJoined;

/* WifiNmJoinDone - the attempt is over, once; may free it
 * @joined:  NULL when it failed (then it is to be undone), borrowed
 * @failure: why */
typedef void (*WifiNmJoinDone)(const WifiNmJoined *joined, WifiFailure failure, void *data);

/* wifi_nm_join_new() - start
 * @credentials: borrowed for the call
 * @timeout_ms:  for everything up to the address */
WifiNmJoin *wifi_nm_join_new(const WifiNmContext *context, const WifiCredentials *credentials,
			     unsigned int timeout_ms, WifiNmJoinDone done, void *data);

/* wifi_nm_join_leave() - give up an attempt whose profile NetworkManager is just adding
 * @left: called once it has answered, when wifi_nm_join_profile() tells what it added; may free
 *        @join. Not called when it leaves the bus
 * Returns false when nothing is being added: there is nothing to wait for */
bool wifi_nm_join_leave(WifiNmJoin *join, void (*left)(void *data),
			void *data) G_GNUC_WARN_UNUSED_RESULT;

/* wifi_nm_join_free() - NULL is fine. Of an attempt that is not over everything stays as it is:
 * the owner deletes wifi_nm_join_profile() and goes back to wifi_nm_join_before() */
void wifi_nm_join_free(WifiNmJoin *join);

/* wifi_nm_join_changed() - something in the mirrors changed */
void wifi_nm_join_changed(WifiNmJoin *join);

/* wifi_nm_join_profile() - object path of the profile it made, NULL before; borrowed */
const char *wifi_nm_join_profile(const WifiNmJoin *join);

/* wifi_nm_join_before() - object path of the profile in use before, NULL: none; borrowed */
const char *wifi_nm_join_before(const WifiNmJoin *join);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNmJoin, wifi_nm_join_free)
