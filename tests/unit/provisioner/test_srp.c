/* SPDX-License-Identifier: MIT */
#include "provisioner/core/srp.h"

#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <string.h>

/* The modulus, to build keys around it. */
static BIGNUM *modulus_new(void)
{
	return BN_get_rfc3526_prime_3072(NULL);
}

static GBytes *number_bytes(const BIGNUM *number)
{
	uint8_t octets[2 * SRP_KEY_MAX];

	return g_bytes_new(octets, (size_t)BN_bn2bin(number, octets));
}

/* b of the vectors and an offset, as octets */
static GBytes *secret_with_offset(const char *hex, unsigned int offset)
{
	uint8_t octets[SRP_RANDOM];
	BIGNUM *number = NULL;

	g_assert_cmpint(BN_hex2bn(&number, hex), >, 0);
	g_assert_cmpint(BN_add_word(number, offset), ==, 1);
	g_assert_cmpint(BN_bn2binpad(number, octets, sizeof(octets)), ==, SRP_RANDOM);
	BN_free(number);
	return g_bytes_new(octets, sizeof(octets));
}

/* g^(a + offset), shortest form or padded */
static GBytes *client_key(unsigned int offset, bool padded)
{
	g_autoptr(GBytes) secret = secret_with_offset(VECTOR_SRP_A_SECRET, offset);
	uint8_t octets[SRP_KEY_MAX];
	BIGNUM *modulus = modulus_new();
	BIGNUM *number = BN_new();
	BIGNUM *base = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *exponent =
		BN_bin2bn(g_bytes_get_data(secret, NULL), (int)g_bytes_get_size(secret), NULL);
	GBytes *key;

	BN_set_word(base, 5);
	g_assert_cmpint(BN_mod_exp(number, base, exponent, modulus, ctx), ==, 1);
	key = padded ? NULL : number_bytes(number);
	if (padded && BN_bn2binpad(number, octets, sizeof(octets)) > 0)
		key = g_bytes_new(octets, sizeof(octets));
	BN_free(modulus);
	BN_free(number);
	BN_free(base);
	BN_free(exponent);
	BN_CTX_free(ctx);
	return key;
}

static SrpServer *server_new(TestRandom *random)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);
	SrpServer *server = srp_server_new(salt, verifier, test_random_fill, random, &error);

	g_assert_no_error(error);
	return server;
}

static void exchange(GBytes *a_key, GBytes *b, SrpExchange *out)
{
	g_autoptr(SrpServer) server = server_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) user = g_bytes_new_static(VECTOR_USER, strlen(VECTOR_USER));

	g_assert_true(
		srp_server_exchange(server, user, a_key, g_bytes_get_data(b, NULL), out, &error));
	g_assert_no_error(error);
}

static void test_server_refused(void)
{
	g_autofree char *long_salt = g_strnfill(2 * (SRP_SALT_MAX + 1), '1');
	g_autofree char *long_verifier = g_strnfill(2 * (SRP_KEY_MAX + 1), '1');
	g_autofree char *over_modulus = g_strnfill(2 * SRP_KEY_MAX, 'f');
	const struct {
		const char *salt;
		const char *verifier;
	} cases[] = {
		{ "", VECTOR_SRP_VERIFIER },        { "00", VECTOR_SRP_VERIFIER },
		{ long_salt, VECTOR_SRP_VERIFIER }, { VECTOR_SRP_SALT, "" },
		{ VECTOR_SRP_SALT, "00" },          { VECTOR_SRP_SALT, "01" },
		{ VECTOR_SRP_SALT, over_modulus },  { VECTOR_SRP_SALT, long_verifier },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GBytes) salt = hex_bytes(cases[i].salt);
		g_autoptr(GBytes) verifier = hex_bytes(cases[i].verifier);

		g_assert_null(srp_server_new(salt, verifier, test_random_fill, NULL, &error));
		g_assert_error(error, PROV_ERROR, PROV_ERROR_VALUE);
	}
}

static void test_transcript(void)
{
	g_autoptr(GBytes) b = hex_bytes(VECTOR_SRP_B_SECRET);
	g_autoptr(GBytes) a_key = client_key(0, false);
	SrpExchange out;

	assert_bytes_hex(a_key, VECTOR_SRP_A);
	exchange(a_key, b, &out);
	assert_data_hex(out.public_key, out.public_key_len, VECTOR_SRP_B);
	assert_data_hex(out.key, sizeof(out.key), VECTOR_SRP_K);
	assert_data_hex(out.client_proof, sizeof(out.client_proof), VECTOR_SRP_M1);
	assert_data_hex(out.device_proof, sizeof(out.device_proof), VECTOR_SRP_M2);
}

static void assert_sha256(const void *data, size_t len, const char *hex)
{
	uint8_t hash[32];

	EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL);
	assert_data_hex(hash, sizeof(hash), hex);
}

static void test_zeros(gconstpointer data)
{
	const VectorZero *zero = data;
	g_autoptr(GBytes) b = secret_with_offset(VECTOR_SRP_B_SECRET, zero->b_offset);
	g_autoptr(GBytes) a_key = client_key(zero->a_offset, zero->a_padded);
	SrpExchange out;

	exchange(a_key, b, &out);
	if (zero->sha256_a && !zero->a_padded) {
		g_assert_cmpuint(g_bytes_get_size(a_key), ==, SRP_KEY_MAX - 1);
		assert_sha256(g_bytes_get_data(a_key, NULL), SRP_KEY_MAX - 1, zero->sha256_a);
	}
	if (zero->sha256_b)
		assert_sha256(out.public_key, out.public_key_len, zero->sha256_b);
	assert_data_hex(out.key, sizeof(out.key), zero->key);
	assert_data_hex(out.client_proof, sizeof(out.client_proof), zero->client_proof);
	assert_data_hex(out.device_proof, sizeof(out.device_proof), zero->device_proof);
}

/* A b that would trip some client is passed over for the next. */
static void test_reroll(gconstpointer data)
{
	const VectorZero *zero = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) unlucky = secret_with_offset(VECTOR_SRP_B_SECRET, zero->b_offset);
	g_autofree char *unlucky_hex = hex_of(g_bytes_get_data(unlucky, NULL), SRP_RANDOM);
	g_autoptr(GBytes) user = g_bytes_new_static(VECTOR_USER, strlen(VECTOR_USER));
	g_autoptr(GBytes) a_key = client_key(0, false);
	TestRandom random;
	SrpExchange out;

	test_random_init(&random);
	test_random_push(&random, unlucky_hex);
	test_random_push(&random, VECTOR_SRP_B_SECRET);

	g_autoptr(SrpServer) server = server_new(&random);

	g_assert_true(srp_server_hello(server, user, a_key, &out, &error));
	assert_data_hex(out.public_key, out.public_key_len, VECTOR_SRP_B);
	test_random_clear(&random);
}

/* A source that is never lucky ends the search, and the exchange still holds. */
static void test_reroll_ends(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) unlucky = secret_with_offset(VECTOR_SRP_B_SECRET, 738);
	g_autofree char *unlucky_hex = hex_of(g_bytes_get_data(unlucky, NULL), SRP_RANDOM);
	g_autoptr(GBytes) user = g_bytes_new_static(VECTOR_USER, strlen(VECTOR_USER));
	g_autoptr(GBytes) a_key = client_key(0, false);
	TestRandom random;
	SrpExchange out;

	test_random_init(&random);
	for (int i = 0; i < SRP_REROLLS; i++)
		test_random_push(&random, unlucky_hex);

	g_autoptr(SrpServer) server = server_new(&random);

	g_assert_true(srp_server_hello(server, user, a_key, &out, &error));
	g_assert_cmpuint(random.used, ==, random.script->len);
	g_assert_cmpuint(out.public_key_len, ==, SRP_KEY_MAX - 1);
	random.broken = true;
	g_assert_false(srp_server_hello(server, user, a_key, &out, &error));
	g_assert_error(error, PROV_ERROR, PROV_ERROR_INTERNAL);
	test_random_clear(&random);
}

static void check_client_key(GBytes *key, bool accepted)
{
	g_autoptr(SrpServer) server = server_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) user = g_bytes_new_static(VECTOR_USER, strlen(VECTOR_USER));
	g_autoptr(GBytes) b = hex_bytes(VECTOR_SRP_B_SECRET);
	SrpExchange out;
	bool ok = srp_server_exchange(server, user, key, g_bytes_get_data(b, NULL), &out, &error);

	g_assert_cmpint(ok, ==, accepted);
	if (!accepted)
		g_assert_error(error, PROV_ERROR, PROV_ERROR_VALUE);
}

static void test_client_keys(void)
{
	g_autofree char *zeros = g_strnfill(2 * SRP_KEY_MAX, '0');
	g_autofree char *too_long = g_strconcat("00", VECTOR_SRP_A, NULL);
	const struct {
		const char *hex;
		bool accepted;
	} cases[] = {
		{ "", false },  { "00", false },     { zeros, false },
		{ "02", true }, { too_long, false }, { VECTOR_SRP_A, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) key = hex_bytes(cases[i].hex);

		check_client_key(key, cases[i].accepted);
	}

	BIGNUM *number = modulus_new();

	for (int step = -1; step <= 1; step++) {
		BN_free(number);
		number = modulus_new();
		if (step < 0)
			BN_sub_word(number, 1);
		else
			BN_add_word(number, (BN_ULONG)step);

		g_autoptr(GBytes) key = number_bytes(number);

		check_client_key(key, step < 0);
	}
	BN_free(number);
}

/* Android drops the leading zero of a proof; nothing else may be short. */
static void test_proof_lengths(void)
{
	g_autoptr(GBytes) b = secret_with_offset(VECTOR_SRP_B_SECRET, 664);
	g_autoptr(GBytes) a_key = client_key(0, false);
	SrpExchange out;

	exchange(a_key, b, &out);
	g_assert_cmpuint(out.client_proof[0], ==, 0);
	g_assert_true(srp_exchange_check(&out, out.client_proof, SRP_HASH_LEN));
	g_assert_true(srp_exchange_check(&out, out.client_proof + 1, SRP_HASH_LEN - 1));
	g_assert_false(srp_exchange_check(&out, out.client_proof, SRP_HASH_LEN - 1));
	g_assert_false(srp_exchange_check(&out, out.client_proof + 2, SRP_HASH_LEN - 2));
	g_assert_false(srp_exchange_check(&out, out.client_proof, 0));
	for (size_t i = 0; i < SRP_HASH_LEN; i++) {
		uint8_t proof[SRP_HASH_LEN];

		memcpy(proof, out.client_proof, sizeof(proof));
		proof[i] ^= 1;
		g_assert_false(srp_exchange_check(&out, proof, sizeof(proof)));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/srp/server-refused", test_server_refused);
	g_test_add_func("/srp/transcript", test_transcript);
	for (size_t i = 0; i < G_N_ELEMENTS(vector_zeros); i++) {
		const VectorZero *zero = &vector_zeros[i];
		g_autofree char *path = g_strdup_printf("/srp/zeros/%s", zero->name);

		g_test_add_data_func(path, zero, test_zeros);
		if (zero->b_offset == 0 || g_str_equal(zero->name, "short-s"))
			continue;

		g_autofree char *reroll = g_strdup_printf("/srp/reroll/%s", zero->name);

		g_test_add_data_func(reroll, zero, test_reroll);
	}
	g_test_add_func("/srp/reroll/ends", test_reroll_ends);
	g_test_add_func("/srp/client-keys", test_client_keys);
	g_test_add_func("/srp/proof-lengths", test_proof_lengths);
	return g_test_run();
}
