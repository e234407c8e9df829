/* SPDX-License-Identifier: MIT */
/*
 * srp-password - what a device keeps of a password it need not know
 *
 *   x = H(salt | H(user ":" password))      v = g^x mod N      kept: salt and v
 *
 * SHA-512 and the 3072-bit group of RFC 5054, as SRP6a of protocomm's security 2 has them
 * (provisioner/core/srp.h).
 */
#pragma once

#include "common/random.h"
#include "common/secret.h"
#include "common/srp-hash.h"

#include <glib.h>
#include <stdbool.h>

#define SRP_PASSWORD_SALT_LEN 16 /* octets of a salt we make */

/* srp_password_salt() - a salt of SRP_PASSWORD_SALT_LEN octets whose first is not 0 (Android and
 * Python drop a leading zero and could never log in)
 * Errors: LANDFALL_ERROR_FAILED (no randomness) */
GBytes *srp_password_salt(RandomFill random, void *random_data,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* srp_password_suits() - can every client log in with these?
 * False when H(user ":" password) starts with 0: the Python tool drops that octet. Whoever makes up
 * a password takes another one then; a password given from outside still serves the phone apps. */
bool srp_password_suits(const char *user, const Secret *password);

/* srp_password_verifier() - the verifier of a user, shortest form
 * @user: ASCII, 1 character or more
 * @password: borrowed, ASCII, 1 octet or more
 * @salt: as srp_password_salt() makes it
 * Errors: LANDFALL_ERROR_INVALID (user, password or salt empty, salt starts with 0),
 * LANDFALL_ERROR_FAILED */
GBytes *srp_password_verifier(const char *user, const Secret *password, GBytes *salt,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;
