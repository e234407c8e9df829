/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-undo - take back what an attempt left with iwd, and return to the network before
 *
 *   iwd ends what it is at ─▶ Connect to the network before ─▶ Forget, unless iwd knew the network
 *   from before ─▶ Connect again, where that failed ─▶ record
 *
 * A network before that iwd has not heard of late is scanned for once: it may hide its name.
 * Back comes first, as iwd joins any network it knows when the one it is on is forgotten.
 * Station.Disconnect is never called: iwd would join nothing by itself any more. Where there is a
 * network before, Connect to it ends what iwd is at; else it is waited for. If iwd keeps at it for
 * too long the record stays as it is, and the next start takes the network back.
 *
 * Owner: wifi-iwd. It passes on that something in the mirrors changed.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd-join.h"

typedef struct WifiIwdUndo WifiIwdUndo;

/* wifi_iwd_undo_new() - start
 * @join: taken; over or not
 * @done: runs once, from the loop; may free the undo */
WifiIwdUndo *wifi_iwd_undo_new(const WifiIwdContext *context, WifiIwdJoin *join,
			       void (*done)(void *data), void *data);

/* wifi_iwd_undo_free() - NULL is fine */
void wifi_iwd_undo_free(WifiIwdUndo *undo);

/* wifi_iwd_undo_changed() - something in the mirrors changed */
void wifi_iwd_undo_changed(WifiIwdUndo *undo);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiIwdUndo, wifi_iwd_undo_free)
