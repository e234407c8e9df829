/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-join - one attempt to join a network through iwd
 *
 *   agent ─▶ look ─▶ (scan, look) ─▶ record ─▶ Connect ─▶ address ─▶ details ─▶ record ─▶ joined
 *                                      │ refused ─▶ scan: still in the air? ─▶ failed
 *                                      └ a passphrase from before was refused ─▶ Connect again
 *
 * iwd saves a network by itself, as soon as its keys fit and long before there is an address. So
 * the attempt is in the record before Connect, and what is left of it is for wifi-iwd-undo.
 *
 * A network that iwd knows already is tried with the passphrase iwd has; only when that is refused
 * iwd asks for ours. So a wrong passphrase never replaces the one that works.
 *
 * Owner: wifi-iwd, then wifi-iwd-undo. It passes on that something in the mirrors, or an address,
 * changed.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd-objects.h"

typedef struct WifiIwdJoin WifiIwdJoin;

/* WifiIwdJoinDone - the attempt is over, once
 * @link: where we are now, borrowed; NULL: failed
 * May free the join or give it to wifi_iwd_undo_new() */
typedef void (*WifiIwdJoinDone)(const WifiLink *link, WifiFailure failure, void *data);

/* wifi_iwd_join_new() - start
 * @credentials: copied
 * @timeout_ms:  for all of it */
WifiIwdJoin *wifi_iwd_join_new(const WifiIwdContext *context, const WifiCredentials *credentials,
			       unsigned int timeout_ms, WifiIwdJoinDone done, void *data);

/* wifi_iwd_join_free() - NULL is fine. iwd goes on with what it was asked to do: see _settle() */
void wifi_iwd_join_free(WifiIwdJoin *join);

/* wifi_iwd_join_changed() - something in the mirrors, or an address, changed */
void wifi_iwd_join_changed(WifiIwdJoin *join);

/* wifi_iwd_join_settle() - give the attempt up, if it is not over; the passphrase is handed out no
 * more
 * @settled: runs once, from the loop, when iwd is no longer at work on it
 * Returns false when it is not at work on it: @settled does not run */
bool wifi_iwd_join_settle(WifiIwdJoin *join, void (*settled)(void *data), void *data);

/* wifi_iwd_join_before() - path of the Network the station was on; NULL: none. Borrowed */
const char *wifi_iwd_join_before(const WifiIwdJoin *join);

/* wifi_iwd_join_connected() - iwd took the passphrase, so it has saved the network, or
 * is about to */
bool wifi_iwd_join_connected(const WifiIwdJoin *join);

/* wifi_iwd_join_gave() - did iwd ask for our passphrase? */
bool wifi_iwd_join_gave(const WifiIwdJoin *join);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiIwdJoin, wifi_iwd_join_free)
