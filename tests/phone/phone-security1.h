/* SPDX-License-Identifier: MIT */
/*
 * phone-security1 - X25519, then one AES-256-CTR key stream for both directions
 *
 *   key     shared secret XOR SHA-256(proof of possession), or the shared secret alone
 *   counter device_random, a 128-bit big-endian block
 *   stream  0..31 client verifier, 32..63 device verifier, 64.. requests and answers in turn
 *
 * Source: protocol reference 7.
 */
#pragma once

#include "tests/phone/phone-security.h"

#define SECURITY1_KEY_LEN 32

/* phone_security1_new() - a session to be
 * @pop: the proof of possession, copied (hashed); "" for none
 * @private_key: 32 octets for a test with known answers; NULL draws them at random
 * Errors: PHONE_ERROR_INTERNAL */
Security *phone_security1_new(const char *pop, const uint8_t *private_key,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
