/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-srp.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-security.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define PRIVATE_MAX_LEN SRP_GROUP_LEN

typedef struct Digest {
	uint8_t octets[SRP_HASH_LEN];
} Digest;

struct Srp {
	SrpHabit habit;
	char *user;
	char *password;
	BN_CTX *ctx;
	BIGNUM *modulus;
	BIGNUM *generator;
	BIGNUM *a;
	GBytes *public_value;
	GBytes *key;
	GBytes *client_proof;
	Digest device_proof;
};

typedef BIGNUM Number;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Number, BN_clear_free)

/* The pieces a hash is taken of. */
typedef struct Piece {
	const void *data;
	size_t len;
} Piece;

static bool hash(const Piece *pieces, size_t n, Digest *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1;

	for (size_t i = 0; done && i < n; i++)
		done = EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len) == 1;
	done = done && EVP_DigestFinal_ex(ctx, out->octets, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return done;
}

static Piece piece_bytes(GBytes *bytes)
{
	return (Piece){ g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes) };
}

/* What is left of octets once a client has held them as an integer. */
static Piece piece_habit(const void *data, size_t len, bool as_integer)
{
	const uint8_t *at = data;

	while (as_integer && len > 0 && *at == 0) {
		at++;
		len--;
	}
	return (Piece){ at, len };
}

static GBytes *number_min(const BIGNUM *number)
{
	size_t len = (size_t)BN_num_bytes(number);
	uint8_t *octets = g_malloc(MAX(len, 1));

	BN_bn2bin(number, octets);
	return g_bytes_new_take(octets, len);
}

static bool hash_padded(const BIGNUM *first, const BIGNUM *second, Digest *out)
{
	uint8_t octets[2 * SRP_GROUP_LEN];
	Piece piece = { octets, sizeof(octets) };

	return BN_bn2binpad(first, octets, SRP_GROUP_LEN) == SRP_GROUP_LEN &&
	       BN_bn2binpad(second, octets + SRP_GROUP_LEN, SRP_GROUP_LEN) == SRP_GROUP_LEN &&
	       hash(&piece, 1, out);
}

/* k = H(N | PAD(g)) and u = H(PAD(A) | PAD(B)) have the same shape. */
static BIGNUM *scrambler(const BIGNUM *first, const BIGNUM *second)
{
	Digest digest;

	return hash_padded(first, second, &digest) ? BN_bin2bn(digest.octets, SRP_HASH_LEN, NULL)
						   : NULL;
}

static bool group_init(Srp *srp)
{
	srp->ctx = BN_CTX_secure_new();
	srp->modulus = BN_get_rfc3526_prime_3072(NULL);
	srp->generator = BN_new();
	return srp->ctx && srp->modulus && srp->generator && BN_set_word(srp->generator, 5) == 1;
}

static bool draw_private(Srp *srp)
{
	uint8_t octets[PRIVATE_MAX_LEN];
	size_t len = srp->habit.private_len;

	g_assert(len > 0 && len <= sizeof(octets));
	if (RAND_priv_bytes(octets, (int)len) != 1)
		return false;
	if (srp->habit.private_top_bit)
		octets[0] |= 0x80;
	BN_clear_free(srp->a);
	srp->a = BN_bin2bn(octets, (int)len, NULL);
	OPENSSL_cleanse(octets, sizeof(octets));
	return srp->a != NULL;
}

static bool make_public(Srp *srp)
{
	g_autoptr(Number) value = BN_new();

	if (!value || BN_mod_exp(value, srp->generator, srp->a, srp->modulus, srp->ctx) != 1)
		return false;
	g_clear_pointer(&srp->public_value, g_bytes_unref);
	srp->public_value = number_min(value);
	return true;
}

static bool choose_private(Srp *srp, const uint8_t *a, size_t a_len)
{
	if (a) {
		srp->a = BN_bin2bn(a, (int)a_len, NULL);
		return srp->a && make_public(srp);
	}
	do {
		if (!draw_private(srp) || !make_public(srp))
			return false;
	} while (srp->habit.full_public && g_bytes_get_size(srp->public_value) < SRP_GROUP_LEN);
	return true;
}

Srp *phone_srp_new(const char *user, const char *password, const SrpHabit *habit, const uint8_t *a,
		   size_t a_len, GError **error)
{
	g_autoptr(Srp) srp = g_new0(Srp, 1);

	srp->habit = *habit;
	srp->user = g_strdup(user);
	srp->password = g_strdup(password);
	if (!group_init(srp) || !choose_private(srp, a, a_len)) {
		phone_security_crypto_failed("making an SRP key", error);
		return NULL;
	}
	return g_steal_pointer(&srp);
}

void phone_srp_free(Srp *srp)
{
	if (!srp)
		return;
	OPENSSL_cleanse(srp->password, strlen(srp->password));
	g_free(srp->password);
	g_free(srp->user);
	BN_CTX_free(srp->ctx);
	BN_free(srp->modulus);
	BN_free(srp->generator);
	BN_clear_free(srp->a);
	g_clear_pointer(&srp->public_value, g_bytes_unref);
	g_clear_pointer(&srp->key, g_bytes_unref);
	g_clear_pointer(&srp->client_proof, g_bytes_unref);
	OPENSSL_cleanse(srp, sizeof(*srp));
	g_free(srp);
}

GBytes *phone_srp_public(const Srp *srp)
{
	return srp->public_value;
}

GBytes *phone_srp_key(const Srp *srp)
{
	return srp->key;
}

GBytes *phone_srp_client_proof(const Srp *srp)
{
	return srp->client_proof;
}

const uint8_t *phone_srp_device_proof(const Srp *srp)
{
	return srp->device_proof.octets;
}

/* x = H(s | H(I ":" P)) */
static BIGNUM *private_key(const Srp *srp, GBytes *salt)
{
	Piece login[] = {
		{ srp->user, strlen(srp->user) },
		{ ":", 1 },
		{ srp->password, strlen(srp->password) },
	};
	Piece salted[2];
	Digest inner, outer;

	if (!hash(login, G_N_ELEMENTS(login), &inner))
		return NULL;
	salted[0] = piece_habit(g_bytes_get_data(salt, NULL), g_bytes_get_size(salt),
				srp->habit.salt_as_integer);
	salted[1] = piece_habit(inner.octets, sizeof(inner.octets), srp->habit.inner_as_integer);
	if (!hash(salted, G_N_ELEMENTS(salted), &outer))
		return NULL;
	return BN_bin2bn(outer.octets, SRP_HASH_LEN, NULL);
}

/* S = (B - k g^x) ^ (a + u x) mod N */
static BIGNUM *shared_secret(Srp *srp, const BIGNUM *device_public, GBytes *salt)
{
	const uint8_t *own = g_bytes_get_data(srp->public_value, NULL);
	g_autoptr(Number) a_public = BN_bin2bn(own, (int)g_bytes_get_size(srp->public_value), NULL);
	g_autoptr(Number) u = a_public ? scrambler(a_public, device_public) : NULL;
	g_autoptr(Number) k = scrambler(srp->modulus, srp->generator);
	g_autoptr(Number) x = private_key(srp, salt);
	g_autoptr(Number) base = BN_new();
	g_autoptr(Number) exponent = BN_new();
	g_autoptr(Number) secret = BN_new();

	if (!u || !k || !x || !base || !exponent || !secret)
		return NULL;
	BN_set_flags(x, BN_FLG_CONSTTIME);
	if (BN_mod_exp(base, srp->generator, x, srp->modulus, srp->ctx) != 1 ||
	    BN_mod_mul(base, base, k, srp->modulus, srp->ctx) != 1 ||
	    BN_mod_sub(base, device_public, base, srp->modulus, srp->ctx) != 1 ||
	    BN_mul(exponent, u, x, srp->ctx) != 1 || BN_add(exponent, exponent, srp->a) != 1 ||
	    BN_mod_exp(secret, base, exponent, srp->modulus, srp->ctx) != 1)
		return NULL;
	return g_steal_pointer(&secret);
}

static bool make_key(Srp *srp, const BIGNUM *secret)
{
	g_autoptr(GBytes) shortest = number_min(secret);
	Piece piece = piece_bytes(shortest);
	Digest key;

	if (!hash(&piece, 1, &key))
		return false;
	piece = piece_habit(key.octets, sizeof(key.octets), srp->habit.key_as_integer);
	g_clear_pointer(&srp->key, g_bytes_unref);
	srp->key = g_bytes_new(piece.data, piece.len);
	OPENSSL_cleanse(&key, sizeof(key));
	return true;
}

/* H(N) xor H(PAD(g)) */
static bool hash_group(const Srp *srp, Digest *out)
{
	uint8_t modulus[SRP_GROUP_LEN], generator[SRP_GROUP_LEN];
	Piece modulus_piece = { modulus, sizeof(modulus) };
	Piece generator_piece = { generator, sizeof(generator) };
	Digest padded;

	if (BN_bn2binpad(srp->modulus, modulus, sizeof(modulus)) < 0 ||
	    BN_bn2binpad(srp->generator, generator, sizeof(generator)) < 0 ||
	    !hash(&modulus_piece, 1, out) || !hash(&generator_piece, 1, &padded))
		return false;
	for (size_t i = 0; i < SRP_HASH_LEN; i++)
		out->octets[i] ^= padded.octets[i];
	return true;
}

static bool make_proofs(Srp *srp, GBytes *device_public, GBytes *salt)
{
	Piece user = { srp->user, strlen(srp->user) };
	Digest group, user_hash, proof;

	if (!hash_group(srp, &group) || !hash(&user, 1, &user_hash))
		return false;

	Piece m1[] = {
		{ group.octets, SRP_HASH_LEN },
		{ user_hash.octets, SRP_HASH_LEN },
		piece_habit(g_bytes_get_data(salt, NULL), g_bytes_get_size(salt),
			    srp->habit.salt_as_integer),
		piece_bytes(srp->public_value),
		piece_bytes(device_public),
		piece_bytes(srp->key),
	};

	if (!hash(m1, G_N_ELEMENTS(m1), &proof))
		return false;

	Piece m2[] = {
		piece_bytes(srp->public_value),
		{ proof.octets, SRP_HASH_LEN },
		piece_bytes(srp->key),
	};
	Piece sent = piece_habit(proof.octets, SRP_HASH_LEN, srp->habit.proof_as_integer);

	g_clear_pointer(&srp->client_proof, g_bytes_unref);
	srp->client_proof = g_bytes_new(sent.data, sent.len);
	return hash(m2, G_N_ELEMENTS(m2), &srp->device_proof);
}

bool phone_srp_set_device(Srp *srp, GBytes *device_public, GBytes *salt, GError **error)
{
	g_autoptr(Number) b_public = BN_new();
	g_autoptr(Number) secret = NULL;
	Piece piece = piece_bytes(device_public);

	if (piece.len == 0 || piece.len > SRP_GROUP_LEN || g_bytes_get_size(salt) == 0) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device sent a public value of %zu and a salt of %zu octets",
			    piece.len, g_bytes_get_size(salt));
		return false;
	}
	if (!b_public || !BN_bin2bn(piece.data, (int)piece.len, b_public) ||
	    BN_nnmod(b_public, b_public, srp->modulus, srp->ctx) != 1)
		return phone_security_crypto_failed("SRP", error);
	if (BN_is_zero(b_public)) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
				    "the device's public value is 0");
		return false;
	}
	secret = shared_secret(srp, b_public, salt);
	if (!secret || !make_key(srp, secret) || !make_proofs(srp, device_public, salt))
		return phone_security_crypto_failed("SRP", error);
	return true;
}

GBytes *phone_srp_verifier(const char *user, const char *password, GBytes *salt, GError **error)
{
	static const SrpHabit plain = { .private_len = 1 };
	g_autoptr(Srp) srp = phone_srp_new(user, password, &plain, NULL, 0, error);
	g_autoptr(Number) x = NULL;
	g_autoptr(Number) verifier = BN_new();

	if (!srp)
		return NULL;
	x = private_key(srp, salt);
	if (!x || !verifier ||
	    BN_mod_exp(verifier, srp->generator, x, srp->modulus, srp->ctx) != 1) {
		phone_security_crypto_failed("making a verifier", error);
		return NULL;
	}
	return number_min(verifier);
}
