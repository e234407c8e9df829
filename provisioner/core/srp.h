/* SPDX-License-Identifier: MIT */
/*
 * srp - SRP6a with the 3072-bit group of RFC 5054 and SHA-512, the device's side
 *
 *   x  = H(salt | H(user ":" password))      v = g^x mod N            common/srp-password.h
 *   k  = H(N | PAD(g))                       B = k v + g^b mod N      sent in its shortest form
 *   u  = H(PAD(A) | PAD(B))                  S = (A v^u)^b mod N
 *   K  = H(min(S))                           M2 = H(A | M1 | K)
 *   M1 = H((H(N) ^ H(PAD(g))) | H(user) | salt | A | B | K)           A, B as they were sent
 *
 * PAD() is 384 octets, min() has no leading zero. The clients disagree about leading zeros;
 * srp_server_hello() therefore draws b anew until B is full and neither K nor M1 begins with one.
 */
#pragma once

#include "common/secret.h"
#include "common/srp-hash.h"
#include "provisioner/core/prov-error.h"

#define SRP_RANDOM  32 /* octets of b */
#define SRP_REROLLS 16 /* draws of b before an unlucky one is taken as it is */

typedef struct SrpServer SrpServer;

/* What one hello led to. A plain value; srp_exchange_clear() cleanses it. */
typedef struct SrpExchange {
	uint8_t public_key[SRP_KEY_MAX]; /* B, shortest form */
	size_t public_key_len;
	uint8_t key[SRP_HASH_LEN];          /* K */
	uint8_t client_proof[SRP_HASH_LEN]; /* M1, what the client must send */
	uint8_t device_proof[SRP_HASH_LEN]; /* M2 */
} SrpExchange;

/* srp_server_new() - the group with one user's salt and verifier
 * @salt: kept by reference, 1..SRP_SALT_MAX octets, the first not 0
 * @verifier: read, not kept: 1..384 octets, a number from 2 to N-1
 * @random, @random_data: where b comes from, borrowed for the life of the server
 * Errors: PROV_ERROR_VALUE, PROV_ERROR_INTERNAL */
SrpServer *srp_server_new(GBytes *salt, GBytes *verifier, ProvRandom random, void *random_data,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* srp_server_free() - NULL is fine */
void srp_server_free(SrpServer *server);

/* srp_server_exchange() - the whole calculation for a given b, lucky or not
 * @user: as the client sent it, 1 octet or more; goes into M1 and nowhere else
 * @client_key: A as the client sent it, 1..384 octets
 * @b: SRP_RANDOM octets, big endian
 * @exchange: filled on success, cleansed on failure
 * Errors: PROV_ERROR_VALUE (A is longer, 0, or not below N), PROV_ERROR_INTERNAL */
bool srp_server_exchange(SrpServer *server, GBytes *user, GBytes *client_key,
			 const uint8_t b[SRP_RANDOM], SrpExchange *exchange,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* srp_server_hello() - the same with b drawn until every client gets along with the outcome
 * Errors: as srp_server_exchange(); PROV_ERROR_INTERNAL (no randomness) */
bool srp_server_hello(SrpServer *server, GBytes *user, GBytes *client_key, SrpExchange *exchange,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* srp_exchange_check() - is this the proof? In constant time
 * @proof: 64 octets, or 63 when the client dropped a leading zero; any other length is wrong */
bool srp_exchange_check(const SrpExchange *exchange, const uint8_t *proof, size_t proof_len);

/* srp_exchange_clear() - cleanse everything in it */
void srp_exchange_clear(SrpExchange *exchange);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SrpServer, srp_server_free)
