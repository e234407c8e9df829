/* SPDX-License-Identifier: MIT */
/*
 * security1 - X25519, a proof of possession, AES-256-CTR (protocomm.md 7)
 *
 *   key = X25519(own, peer's) [xor SHA-256(proof)]       counter block = device_random, big endian
 *
 *   keystream   0..31  client_verify_data: our public key, encrypted by the client
 *              32..63  device_verify_data: the client's, encrypted by us
 *              64..    request, reply, request, reply ... never restarted
 *
 * There is no integrity check; one lost octet ends the session's use.
 */
#pragma once

#include "provisioner/core/security.h"

typedef struct Security1 Security1;

extern const SecurityOps security1_ops; /* of a Security1 */

/* security1_new() - the scheme without keys
 * @pop: borrowed; NULL or empty: no proof is asked for
 * @random, @random_data: borrowed for the life of the scheme
 * Errors: PROV_ERROR_INTERNAL */
Security1 *security1_new(const Secret *pop, ProvRandom random, void *random_data,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* security1_free() - cleanse and free; NULL is fine */
void security1_free(Security1 *security);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Security1, security1_free)
