/* SPDX-License-Identifier: MIT */
#include "common/srp-password.h"

#include "common/error.h"
#include "common/srp-hash.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BN_CTX, BN_CTX_free)
/* clang-format on */

#define SALT_REDRAWS 16

/* H(user ":" password), the inner hash of x */
static bool hash_identity(const char *user, const Secret *password, uint8_t out[SRP_HASH_LEN])
{
	const SrpPart parts[] = {
		{ user, strlen(user) },
		{ ":", 1 },
		{ secret_data(password), secret_len(password) },
	};

	return srp_hash(parts, G_N_ELEMENTS(parts), out);
}

GBytes *srp_password_salt(RandomFill random, void *random_data, GError **error)
{
	uint8_t salt[SRP_PASSWORD_SALT_LEN];

	for (int i = 0; i < SALT_REDRAWS; i++) {
		if (!random(random_data, salt, sizeof(salt)))
			break;
		if (salt[0] != 0)
			return g_bytes_new(salt, sizeof(salt));
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "no randomness for a salt");
	return NULL;
}

bool srp_password_suits(const char *user, const Secret *password)
{
	uint8_t hash[SRP_HASH_LEN];
	bool suits = hash_identity(user, password, hash) && hash[0] != 0;

	OPENSSL_cleanse(hash, sizeof(hash));
	return suits;
}

/* x as a number that is handled in constant time */
static BIGNUM *private_key_new(const char *user, const Secret *password, GBytes *salt)
{
	uint8_t hash[SRP_HASH_LEN];
	BIGNUM *x = NULL;

	if (hash_identity(user, password, hash)) {
		const SrpPart parts[] = { { g_bytes_get_data(salt, NULL), g_bytes_get_size(salt) },
					  { hash, sizeof(hash) } };

		if (srp_hash(parts, G_N_ELEMENTS(parts), hash))
			x = BN_bin2bn(hash, sizeof(hash), NULL);
	}
	if (x)
		BN_set_flags(x, BN_FLG_CONSTTIME);
	OPENSSL_cleanse(hash, sizeof(hash));
	return x;
}

GBytes *srp_password_verifier(const char *user, const Secret *password, GBytes *salt,
			      GError **error)
{
	if (!srp_salt_check(salt, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, error))
		return NULL;
	if (user[0] == '\0' || secret_len(password) == 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "user name or password is empty");
		return NULL;
	}

	g_autoptr(BIGNUM) modulus = BN_get_rfc3526_prime_3072(NULL);
	g_autoptr(BIGNUM) base = BN_new();
	g_autoptr(BIGNUM) result = BN_new();
	g_autoptr(BIGNUM) x = private_key_new(user, password, salt);
	g_autoptr(BN_CTX) ctx = BN_CTX_new();
	uint8_t out[SRP_KEY_MAX];

	if (!modulus || !base || !result || !x || !ctx || !BN_set_word(base, SRP_GENERATOR) ||
	    !BN_mod_exp_mont_consttime(result, base, x, modulus, ctx, NULL)) {
		ERR_clear_error();
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "the crypto library failed in SRP");
		return NULL;
	}
	return g_bytes_new(out, (size_t)BN_bn2bin(result, out));
}
