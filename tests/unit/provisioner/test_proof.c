/* SPDX-License-Identifier: MIT */
/* Proofs of possession, and what a device keeps of one: salt and verifier. */
#include "common/proof.h"

#include "common/error.h"
#include "common/srp-password.h"
#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <openssl/evp.h>
#include <string.h>

static void test_verifier(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) password = secret_new(VECTOR_POP, strlen(VECTOR_POP));
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = srp_password_verifier(VECTOR_USER, password, salt, &error);

	g_assert_no_error(error);
	assert_bytes_hex(verifier, VECTOR_SRP_VERIFIER);
	g_assert_true(srp_password_suits(VECTOR_USER, password));
}

static void test_verifier_refused(void)
{
	static const struct {
		const char *user;
		const char *password;
		const char *salt;
	} cases[] = {
		{ "", "abcd1234", VECTOR_SRP_SALT },
		{ "wifiprov", "", VECTOR_SRP_SALT },
		{ "wifiprov", "abcd1234", "" },
		{ "wifiprov", "abcd1234", "006ee0c7bcb9eda84c9eac97d93decf4" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GBytes) salt = hex_bytes(cases[i].salt);
		g_autoptr(Secret) password =
			secret_new(cases[i].password, strlen(cases[i].password));
		g_autoptr(GBytes) verifier =
			srp_password_verifier(cases[i].user, password, salt, &error);

		g_assert_null(verifier);
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	}
}

/* Of many passwords about one in 256 hashes to a leading zero, and those alone do not suit. */
static void test_password_suits(void)
{
	unsigned int unsuited = 0;

	for (unsigned int i = 0; i < 2000; i++) {
		g_autofree char *text = g_strdup_printf("pass%u", i);
		g_autofree char *identity = g_strdup_printf(VECTOR_USER ":%s", text);
		g_autoptr(Secret) password = secret_new(text, strlen(text));
		uint8_t hash[64];

		EVP_Digest(identity, strlen(identity), hash, NULL, EVP_sha512(), NULL);
		g_assert_cmpint(srp_password_suits(VECTOR_USER, password), ==, hash[0] != 0);
		unsuited += hash[0] == 0;
	}
	g_assert_cmpuint(unsuited, >, 0);
}

static void test_salt(void)
{
	g_autoptr(GError) error = NULL;
	TestRandom random;

	test_random_init(&random);
	test_random_push(&random, "00112233445566778899aabbccddeeff" VECTOR_SRP_SALT);

	g_autoptr(GBytes) salt = srp_password_salt(test_random_fill, &random, &error);

	g_assert_no_error(error);
	assert_bytes_hex(salt, VECTOR_SRP_SALT);
	random.broken = true;
	g_assert_null(srp_password_salt(test_random_fill, &random, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	test_random_clear(&random);
}

/* Nothing in it is easily taken for something else in it, or on a label for something at all. */
static void test_alphabet(void)
{
	static const char *const alike[] = { "0o", "1il" };
	bool seen[256] = { false };

	g_assert_cmpuint(strlen(PROOF_ALPHABET), ==, 32);
	for (const char *c = PROOF_ALPHABET; *c; c++) {
		g_assert_true(g_ascii_islower(*c) || g_ascii_isdigit(*c));
		g_assert_false(seen[(uint8_t)*c]);
		seen[(uint8_t)*c] = true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(alike); i++) {
		unsigned int members = 0;

		for (const char *c = alike[i]; *c; c++)
			members += seen[(uint8_t)*c];
		g_assert_cmpuint(members, <=, 1);
	}
}

/* Each of the 256 octets leads to one of 32 characters, eight to each: none is likelier. */
static void test_uniform(void)
{
	unsigned int counts[256] = { 0 };
	TestRandom random;

	for (unsigned int octet = 0; octet < 256; octet++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Secret) proof = NULL;
		char hex[2 * PROOF_LEN + 1];

		for (int i = 0; i < PROOF_LEN; i++)
			g_snprintf(hex + 2 * i, 3, "%02x", (octet + (unsigned int)i) & 0xff);
		test_random_init(&random);
		test_random_push(&random, hex);
		proof = proof_new(VECTOR_USER, test_random_fill, &random, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(secret_len(proof), ==, PROOF_LEN);
		if (random.used == PROOF_LEN && !random.next) /* not drawn anew */
			for (int i = 0; i < PROOF_LEN; i++)
				g_assert_cmpint(secret_data(proof)[i], ==,
						PROOF_ALPHABET[(octet + (unsigned int)i) % 32]);
		counts[(uint8_t)PROOF_ALPHABET[octet % 32]]++;
		test_random_clear(&random);
	}
	for (const char *c = PROOF_ALPHABET; *c; c++)
		g_assert_cmpuint(counts[(uint8_t)*c], ==, 8);
}

/* Many drawn ones all suit every client, and no two are the same. */
static void test_new(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) error = NULL;
	TestRandom random;

	for (int i = 0; i < 2000; i++) {
		g_autoptr(Secret) proof = proof_new(VECTOR_USER, random_fill, NULL, &error);
		g_autofree char *text = NULL;

		g_assert_no_error(error);
		g_assert_true(srp_password_suits(VECTOR_USER, proof));
		text = g_strndup((const char *)secret_data(proof), secret_len(proof));
		g_assert_cmpuint(strspn(text, PROOF_ALPHABET), ==, PROOF_LEN);
		g_assert_true(g_hash_table_add(seen, g_steal_pointer(&text)));
	}
	test_random_init(&random);
	random.broken = true;
	g_assert_null(proof_new(VECTOR_USER, test_random_fill, &random, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	test_random_clear(&random);
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		const char *proof; /* NULL: refused */
	} cases[] = {
		{ "abcd1234", "abcd1234" },
		{ "abcd1234\n", "abcd1234" },
		{ "abcd1234\r\n", "abcd1234" },
		{ " a b ", " a b " },
		{ "\n", NULL },
		{ "", NULL },
		{ "two\nlines\n", NULL },
		{ "tab\t", NULL },
		{ "del\x7f", NULL },
	};
	g_autofree char *longest = g_strnfill(PROOF_MAX, 'x');
	g_autofree char *longer = g_strnfill(PROOF_MAX + 1, 'x');
	g_autoptr(Secret) fits = secret_new(longest, PROOF_MAX);
	g_autoptr(Secret) exceeds = secret_new(longer, PROOF_MAX + 1);
	g_autoptr(Secret) taken = proof_parse(fits);
	g_autoptr(Secret) refused = proof_parse(exceeds);

	g_assert_nonnull(taken);
	g_assert_null(refused);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Secret) text = secret_new(cases[i].text, strlen(cases[i].text));
		g_autoptr(Secret) proof = proof_parse(text);

		g_assert_true((proof != NULL) == (cases[i].proof != NULL));
		if (proof)
			g_assert_cmpmem(secret_data(proof), secret_len(proof), cases[i].proof,
					strlen(cases[i].proof));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proof/alphabet", test_alphabet);
	g_test_add_func("/proof/uniform", test_uniform);
	g_test_add_func("/proof/new", test_new);
	g_test_add_func("/proof/parse", test_parse);
	g_test_add_func("/proof/verifier", test_verifier);
	g_test_add_func("/proof/verifier-refused", test_verifier_refused);
	g_test_add_func("/proof/suits", test_password_suits);
	g_test_add_func("/proof/salt", test_salt);
	return g_test_run();
}
