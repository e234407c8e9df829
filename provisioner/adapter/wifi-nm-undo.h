/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-undo - delete the profile of an attempt, and go back to the network before
 *
 * One call after the other; what NetworkManager refuses is logged, and the next is made.
 *
 * Owner: wifi-nm. It lets go of it when NetworkManager or the device goes away: the profile was in
 * memory only, and what is still there of it is met again later.
 */
#pragma once

#include "provisioner/adapter/wifi-nm-scan.h"

typedef struct WifiNmUndo WifiNmUndo;

/* wifi_nm_undo_new() - start
 * @profile: to be deleted
 * @before:  to be activated after that; NULL: none
 * @done:    runs once, from the loop; may free it */
WifiNmUndo *wifi_nm_undo_new(const WifiNmContext *context, const char *profile, const char *before,
			     void (*done)(void *data), void *data);

/* wifi_nm_undo_free() - let go; NULL is fine */
void wifi_nm_undo_free(WifiNmUndo *undo);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNmUndo, wifi_nm_undo_free)
