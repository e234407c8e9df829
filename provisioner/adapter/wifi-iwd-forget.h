/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-forget - have iwd forget networks, and strike them from the record once that is on disk
 *
 * What iwd refuses stays in the record, and so does everything when iwd, we or the power go in the
 * middle: it is Landfall's to forget until it is gone for good.
 *
 * Owner: wifi-iwd, or wifi-iwd-undo. It lets go of it when iwd goes away.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd-objects.h"

typedef struct WifiIwdForget WifiIwdForget;

/* Runs once, from the loop, and may free the operation.
 * @error: NULL: iwd has none of them any more; else what is left, and why */
typedef void (*WifiIwdForgetDone)(const GError *error, void *data);

/* wifi_iwd_forget_new() - start
 * @networks: @n of them, copied; one that iwd does not know is forgotten already */
WifiIwdForget *wifi_iwd_forget_new(const WifiIwdContext *context, const WifiRecordNetwork *networks,
				   size_t n, WifiIwdForgetDone done, void *data);

/* wifi_iwd_forget_free() - let go; NULL is fine */
void wifi_iwd_forget_free(WifiIwdForget *forget);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiIwdForget, wifi_iwd_forget_free)
