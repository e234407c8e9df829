/* SPDX-License-Identifier: MIT */
/*
 * wifi-nm-forget - have NetworkManager delete profiles, and wait until that is on disk
 *
 * One after the other. What was deleted meanwhile is gone as well; what NetworkManager refuses is
 * logged, and the next is deleted.
 *
 * Owner: wifi-nm. It lets go of it when NetworkManager goes away.
 */
#pragma once

#include "provisioner/adapter/wifi-nm-scan.h"

typedef struct WifiNmForget WifiNmForget;

/* WifiNmForgetDone - runs once, from the loop; may free the operation
 * @error: NULL: none of them is left; else what is, and why: the last refusal. Borrowed */
typedef void (*WifiNmForgetDone)(const GError *error, void *data);

/* wifi_nm_forget_new() - start
 * @bus:   borrowed, outlives it
 * @paths: of the profiles; taken, with what is in it */
WifiNmForget *wifi_nm_forget_new(Bus *bus, GPtrArray *paths, WifiNmForgetDone done, void *data);

/* wifi_nm_forget_free() - let go; NULL is fine */
void wifi_nm_forget_free(WifiNmForget *forget);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiNmForget, wifi_nm_forget_free)
