/* SPDX-License-Identifier: MIT */
/*
 * phone-security2 - SRP-6a, then AES-256-GCM records
 *
 *   key     the first 32 octets of K
 *   record  cipher text | tag (16); no associated data, the IV is not sent
 *   patch 1 IV = session id (8) | counter (4, big-endian), one counter for both directions
 *   patch 0 IV = device_nonce as received, for every record
 *
 * Source: protocol reference 8.
 */
#pragma once

#include "tests/phone/phone-security.h"
#include "tests/phone/phone-srp.h"

typedef struct Security2Habit {
	SrpHabit srp;
	bool counter_from_nonce;   /* else it starts at 1, whatever the nonce says */
	bool counter_always_moves; /* also after a record that could not be verified */
} Security2Habit;

typedef struct Security2Login {
	const char *user;
	const char *password;
	unsigned patch;   /* sec_patch_ver of proto-ver */
	const uint8_t *a; /* a fixed private value for known answers; NULL draws one */
	size_t a_len;
} Security2Login;

/* phone_security2_new() - a session to be; everything is copied. Errors: PHONE_ERROR_INTERNAL */
Security *phone_security2_new(const Security2Login *login, const Security2Habit *habit,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
