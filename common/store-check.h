/* SPDX-License-Identifier: MIT */
/*
 * store-check - does an identity hold together? Private to store.
 *
 * Pure: octets in, findings out; but for a key in a token, which is looked for there. What is
 * certain to fail later is an error; what may fail, or hangs on a clock that may be wrong, is a
 * warning.
 */
#pragma once

#include "common/store.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct StoreCheckRules {
	const char *where; /* folder for messages, borrowed */
	int64_t now_s;     /* wall clock, seconds since 1970 */
	bool import;       /* dates are errors when the clock is plausible; the key has to sign */
} StoreCheckRules;

/* store_check() - check @parts whole
 * Returns what they amount to (generation 0, no paths), free with store_identity_free()
 * Errors: LANDFALL_ERROR_STORE_INVALID, KEY_UNREADABLE, KEY_MISMATCH */
StoreIdentity *store_check(const StoreParts *parts, const StoreCheckRules *rules,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_check_leaf() - name and dates of the first certificate in @pem, whatever state the rest
 * is in
 * @common_name: set to text to be freed, or NULL
 * @not_before, @not_after: seconds since 1970, or 0 both */
void store_check_leaf(const void *pem, size_t len, char **common_name, int64_t *not_before,
		      int64_t *not_after);
