/* SPDX-License-Identifier: MIT */
/*
 * phone-srp - the client's half of SRP-6a with the 3072-bit group of RFC 5054, g = 5 and SHA-512
 *
 *   x  = H(s | H(I ":" P))          u  = H(PAD(A) | PAD(B))
 *   k  = H(N | PAD(g))              S  = (B - k g^x) ^ (a + u x) mod N
 *   A  = g^a mod N                  K  = H(min(S))
 *   M1 = H(H(N) xor H(PAD(g)) | H(I) | s | A | B | K)       M2 = H(A | M1 | K)
 *
 * A and B go into M1 and M2 as they were on the wire. Real clients hold some of these values as
 * integers and so lose leading zero octets: SrpHabit says which, for a device that has to cope.
 * Source: protocol reference 8.2, 8.6.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRP_GROUP_LEN 384
#define SRP_HASH_LEN  64

typedef struct SrpHabit {
	size_t private_len;    /* octets of a */
	bool private_top_bit;  /* the highest bit of a is set */
	bool full_public;      /* draw a until A has 384 octets */
	bool salt_as_integer;  /* leading zeros of s are lost in x and M1 */
	bool inner_as_integer; /* those of H(I ":" P) in x */
	bool key_as_integer;   /* those of K everywhere */
	bool proof_as_integer; /* those of M1 on the wire */
} SrpHabit;

typedef struct Srp Srp;

/* phone_srp_new() - draw a and compute A
 * @habit: copied
 * @a: a fixed private value of @a_len octets, big-endian, for known answers; NULL draws one
 * Errors: PHONE_ERROR_INTERNAL */
Srp *phone_srp_new(const char *user, const char *password, const SrpHabit *habit, const uint8_t *a,
		   size_t a_len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void phone_srp_free(Srp *srp);

/* phone_srp_public() - A in its shortest form, as sent; borrowed */
GBytes *phone_srp_public(const Srp *srp);

/* phone_srp_set_device() - take B and the salt; afterwards key and proofs are known
 * @device_public: B as received, borrowed
 * Errors: PHONE_ERROR_PROTOCOL (B is 0 mod N or too long, no salt), PHONE_ERROR_INTERNAL */
bool phone_srp_set_device(Srp *srp, GBytes *device_public, GBytes *salt,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_srp_key() - K, 64 octets (fewer with key_as_integer); borrowed; NULL before
 * phone_srp_set_device() */
GBytes *phone_srp_key(const Srp *srp);

/* phone_srp_client_proof() - M1 as it goes on the wire; borrowed */
GBytes *phone_srp_client_proof(const Srp *srp);

/* phone_srp_device_proof() - the M2 a device must answer with; 64 octets, borrowed */
const uint8_t *phone_srp_device_proof(const Srp *srp);

/* phone_srp_verifier() - what a device stores for a user: g^x mod N, shortest form; the caller's
 * Errors: PHONE_ERROR_INTERNAL */
GBytes *phone_srp_verifier(const char *user, const char *password, GBytes *salt,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Srp, phone_srp_free)
