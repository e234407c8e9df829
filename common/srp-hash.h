/* SPDX-License-Identifier: MIT */
/*
 * srp-hash - what both ends of SRP-6a with the group of 3072 bits and SHA-512 calculate with
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRP_GENERATOR 5
#define SRP_KEY_MAX   384 /* octets of N, and the most of v, A and B */
#define SRP_HASH_LEN  64  /* octets of K, M1 and M2 */
#define SRP_SALT_MAX  64  /* octets of a salt we take: Resp0 must fit 512 */

/* One piece of what is hashed. */
typedef struct SrpPart {
	const void *data;
	size_t len;
} SrpPart;

/* srp_hash() - SHA-512 of all @parts, one behind the other; they may hold @out
 * False when the crypto library fails */
bool srp_hash(const SrpPart *parts, size_t n_parts,
	      uint8_t out[SRP_HASH_LEN]) G_GNUC_WARN_UNUSED_RESULT;

/* srp_salt_check() - is it 1 to SRP_SALT_MAX octets, the first not 0?
 * @domain, @code: of the error */
bool srp_salt_check(GBytes *salt, GQuark domain, int code,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;
