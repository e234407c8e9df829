/* SPDX-License-Identifier: MIT */
/*
 * security2 - SRP6a and AES-256-GCM with a counted IV, patch version 1 (protocomm.md 8)
 *
 *   key = K[0..31]     IV = session id (8, random) | counter (4, big endian, from 1)
 *   record = ciphertext | tag (16)          the counter moves on with every record, either way;
 *                                           a record that does not open leaves it where it is
 */
#pragma once

#include "provisioner/core/security.h"

typedef struct Security2 Security2;

extern const SecurityOps security2_ops; /* of a Security2 */

/* security2_new() - the scheme without keys
 * @salt, @verifier: as of srp_server_new()
 * @random, @random_data: borrowed for the life of the scheme
 * Errors: PROV_ERROR_VALUE, PROV_ERROR_INTERNAL */
Security2 *security2_new(GBytes *salt, GBytes *verifier, ProvRandom random, void *random_data,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* security2_free() - cleanse and free; NULL is fine */
void security2_free(Security2 *security);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Security2, security2_free)
