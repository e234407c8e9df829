/* SPDX-License-Identifier: MIT */
#include "provisioner/core/srp.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BN_CTX, BN_CTX_free)
/* clang-format on */

struct SrpServer {
	BIGNUM *modulus;  /* N */
	BIGNUM *verifier; /* v */
	BIGNUM *kv;       /* k v mod N; NULL before the first client */
	BN_MONT_CTX *mont;
	GBytes *salt;
	uint8_t group_hash[SRP_HASH_LEN]; /* H(N) ^ H(PAD(g)) */
	ProvRandom random;
	void *random_data;
};

static bool crypto_failed(GError **error)
{
	ERR_clear_error();
	g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "the crypto library failed in SRP");
	return false;
}

static SrpPart part_of_bytes(GBytes *bytes)
{
	SrpPart part;

	part.data = g_bytes_get_data(bytes, &part.len);
	return part;
}

static BIGNUM *number_of_bytes(GBytes *bytes)
{
	size_t len;
	const uint8_t *data = g_bytes_get_data(bytes, &len);

	return BN_bin2bn(data, (int)len, NULL);
}

/* k v mod N, and H(N) ^ H(PAD(g)): both stay the same for as long as the verifier does. Not before
 * a client comes: the first hash makes OpenSSL set up all it has, which a device in the air that
 * nobody talks to has no use for. */
static bool server_prepare(SrpServer *server, BN_CTX *ctx)
{
	uint8_t modulus[SRP_KEY_MAX];
	uint8_t generator[SRP_KEY_MAX] = { [SRP_KEY_MAX - 1] = SRP_GENERATOR };
	uint8_t hash[SRP_HASH_LEN];
	const SrpPart parts[] = { { modulus, sizeof(modulus) }, { generator, sizeof(generator) } };

	if (BN_bn2binpad(server->modulus, modulus, sizeof(modulus)) < 0 ||
	    !srp_hash(parts, 2, hash))
		return false;

	g_autoptr(BIGNUM) k = BN_bin2bn(hash, sizeof(hash), NULL);
	g_autoptr(BIGNUM) kv = BN_new();

	if (!k || !kv || !BN_mod_mul(kv, k, server->verifier, server->modulus, ctx) ||
	    !srp_hash(&parts[0], 1, server->group_hash) || !srp_hash(&parts[1], 1, hash))
		return false;
	for (size_t i = 0; i < sizeof(hash); i++)
		server->group_hash[i] ^= hash[i];
	server->kv = g_steal_pointer(&kv);
	return true;
}

SrpServer *srp_server_new(GBytes *salt, GBytes *verifier, ProvRandom random, void *random_data,
			  GError **error)
{
	if (!srp_salt_check(salt, PROV_ERROR, PROV_ERROR_VALUE, error))
		return NULL;

	g_autoptr(SrpServer) server = g_new0(SrpServer, 1);
	g_autoptr(BN_CTX) ctx = BN_CTX_new();

	server->salt = g_bytes_ref(salt);
	server->random = random;
	server->random_data = random_data;
	server->modulus = BN_get_rfc3526_prime_3072(NULL);
	server->mont = BN_MONT_CTX_new();
	if (g_bytes_get_size(verifier) <= SRP_KEY_MAX)
		server->verifier = number_of_bytes(verifier);
	if (!server->modulus || !server->mont || !ctx ||
	    !BN_MONT_CTX_set(server->mont, server->modulus, ctx)) {
		crypto_failed(error);
		return NULL;
	}
	if (!server->verifier || BN_is_zero(server->verifier) || BN_is_one(server->verifier) ||
	    BN_cmp(server->verifier, server->modulus) >= 0) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "the verifier of %zu octets is not a number from 2 to N-1",
			    g_bytes_get_size(verifier));
		return NULL;
	}
	return g_steal_pointer(&server);
}

void srp_server_free(SrpServer *server)
{
	if (!server)
		return;
	BN_free(server->modulus);
	BN_clear_free(server->verifier);
	BN_clear_free(server->kv);
	BN_MONT_CTX_free(server->mont);
	g_clear_pointer(&server->salt, g_bytes_unref);
	g_free(server);
}

/* B = k v + g^b mod N */
static bool public_key_make(const SrpServer *server, const BIGNUM *b, BN_CTX *ctx,
			    SrpExchange *exchange)
{
	g_autoptr(BIGNUM) key = BN_new();
	g_autoptr(BIGNUM) generator = BN_new();

	if (!key || !generator || !BN_set_word(generator, SRP_GENERATOR) ||
	    !BN_mod_exp_mont_consttime(key, generator, b, server->modulus, ctx, server->mont) ||
	    !BN_mod_add_quick(key, key, server->kv, server->modulus) || BN_is_zero(key))
		return false;
	exchange->public_key_len = (size_t)BN_bn2bin(key, exchange->public_key);
	return true;
}

/* u = H(PAD(A) | PAD(B)); it is no secret. NULL when it is 0 */
static BIGNUM *scramble_new(const BIGNUM *client_key, const SrpExchange *exchange)
{
	uint8_t padded[2 * SRP_KEY_MAX] = { 0 };
	uint8_t hash[SRP_HASH_LEN];
	const SrpPart part = { padded, sizeof(padded) };

	if (BN_bn2binpad(client_key, padded, SRP_KEY_MAX) < 0)
		return NULL;
	memcpy(padded + sizeof(padded) - exchange->public_key_len, exchange->public_key,
	       exchange->public_key_len);
	if (!srp_hash(&part, 1, hash))
		return NULL;

	g_autoptr(BIGNUM) u = BN_bin2bn(hash, sizeof(hash), NULL);

	return u && !BN_is_zero(u) ? g_steal_pointer(&u) : NULL;
}

/* K = H(min(S)), S = (A v^u)^b mod N */
static bool session_key_make(const SrpServer *server, const BIGNUM *client_key, const BIGNUM *b,
			     BN_CTX *ctx, SrpExchange *exchange)
{
	g_autoptr(BIGNUM) u = scramble_new(client_key, exchange);
	g_autoptr(BIGNUM) s = BN_new();
	uint8_t premaster[SRP_KEY_MAX];

	if (!u || !s ||
	    !BN_mod_exp_mont(s, server->verifier, u, server->modulus, ctx, server->mont) ||
	    !BN_mod_mul(s, s, client_key, server->modulus, ctx) ||
	    !BN_mod_exp_mont_consttime(s, s, b, server->modulus, ctx, server->mont))
		return false;

	const SrpPart part = { premaster, (size_t)BN_bn2bin(s, premaster) };
	bool ok = srp_hash(&part, 1, exchange->key);

	OPENSSL_cleanse(premaster, sizeof(premaster));
	return ok;
}

/* M1 and M2, over A and B as they travel */
static bool proofs_make(const SrpServer *server, GBytes *user, GBytes *client_key,
			SrpExchange *exchange)
{
	const SrpPart user_part = part_of_bytes(user);
	uint8_t user_hash[SRP_HASH_LEN];
	const SrpPart key = { exchange->key, sizeof(exchange->key) };
	const SrpPart client_parts[] = {
		{ server->group_hash, sizeof(server->group_hash) },
		{ user_hash, sizeof(user_hash) },
		part_of_bytes(server->salt),
		part_of_bytes(client_key),
		{ exchange->public_key, exchange->public_key_len },
		key,
	};
	const SrpPart device_parts[] = {
		part_of_bytes(client_key),
		{ exchange->client_proof, sizeof(exchange->client_proof) },
		key,
	};

	return srp_hash(&user_part, 1, user_hash) &&
	       srp_hash(client_parts, G_N_ELEMENTS(client_parts), exchange->client_proof) &&
	       srp_hash(device_parts, G_N_ELEMENTS(device_parts), exchange->device_proof);
}

/* A as a number, checked; NULL with @error set */
static BIGNUM *client_key_parse(const SrpServer *server, GBytes *client_key, GError **error)
{
	size_t len = g_bytes_get_size(client_key);
	g_autoptr(BIGNUM) key = len >= 1 && len <= SRP_KEY_MAX ? number_of_bytes(client_key) : NULL;

	if (key && !BN_is_zero(key) && BN_cmp(key, server->modulus) < 0)
		return g_steal_pointer(&key);
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
		    "client public key of %zu octets is not a number from 1 to N-1", len);
	return NULL;
}

bool srp_server_exchange(SrpServer *server, GBytes *user, GBytes *client_key,
			 const uint8_t b[SRP_RANDOM], SrpExchange *exchange, GError **error)
{
	g_autoptr(BIGNUM) a_public = client_key_parse(server, client_key, error);

	if (!a_public)
		return false;

	g_autoptr(BIGNUM) secret = BN_bin2bn(b, SRP_RANDOM, NULL);
	g_autoptr(BN_CTX) ctx = BN_CTX_new();

	if (secret)
		BN_set_flags(secret, BN_FLG_CONSTTIME);
	if (secret && ctx && (server->kv || server_prepare(server, ctx)) &&
	    public_key_make(server, secret, ctx, exchange) &&
	    session_key_make(server, a_public, secret, ctx, exchange) &&
	    proofs_make(server, user, client_key, exchange))
		return true;
	srp_exchange_clear(exchange);
	return crypto_failed(error);
}

/* No client stumbles over a leading zero in these. */
static bool exchange_is_lucky(const SrpExchange *exchange)
{
	return exchange->public_key_len == SRP_KEY_MAX && exchange->key[0] != 0 &&
	       exchange->client_proof[0] != 0;
}

bool srp_server_hello(SrpServer *server, GBytes *user, GBytes *client_key, SrpExchange *exchange,
		      GError **error)
{
	uint8_t b[SRP_RANDOM];
	bool ok = true;

	for (int i = 0; ok && i < SRP_REROLLS; i++) {
		ok = server->random(server->random_data, b, sizeof(b));
		if (!ok)
			g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL,
				    "no randomness for a key");
		else
			ok = srp_server_exchange(server, user, client_key, b, exchange, error);
		if (ok && exchange_is_lucky(exchange))
			break;
	}
	OPENSSL_cleanse(b, sizeof(b));
	if (!ok)
		srp_exchange_clear(exchange);
	return ok;
}

bool srp_exchange_check(const SrpExchange *exchange, const uint8_t *proof, size_t proof_len)
{
	uint8_t padded[SRP_HASH_LEN] = { 0 };

	if (proof_len != SRP_HASH_LEN && proof_len != SRP_HASH_LEN - 1)
		return false;
	memcpy(padded + SRP_HASH_LEN - proof_len, proof, proof_len);
	return CRYPTO_memcmp(padded, exchange->client_proof, SRP_HASH_LEN) == 0;
}

void srp_exchange_clear(SrpExchange *exchange)
{
	OPENSSL_cleanse(exchange, sizeof(*exchange));
}
