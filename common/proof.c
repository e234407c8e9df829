/* SPDX-License-Identifier: MIT */
#include "common/proof.h"

#include "common/error.h"
#include "common/srp-password.h"

G_STATIC_ASSERT(sizeof(PROOF_ALPHABET) == 32 + 1);

static Secret *draw(RandomFill random, void *random_data, GError **error)
{
	g_autoptr(Secret) proof = secret_new_zeroed(PROOF_LEN);
	uint8_t *text = secret_bytes(proof);

	if (!random(random_data, text, PROOF_LEN)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
				    "the kernel gives no random numbers");
		return NULL;
	}
	for (size_t i = 0; i < PROOF_LEN; i++)
		text[i] = (uint8_t)PROOF_ALPHABET[text[i] & 31];
	return g_steal_pointer(&proof);
}

/* One in 256 cannot be used with every client: then another is drawn. */
Secret *proof_new(const char *username, RandomFill random, void *random_data, GError **error)
{
	Secret *proof = draw(random, random_data, error);

	while (proof && !srp_password_suits(username, proof)) {
		secret_free(proof);
		proof = draw(random, random_data, error);
	}
	return proof;
}

Secret *proof_parse(const Secret *text)
{
	const uint8_t *octets = secret_data(text);
	size_t len = secret_len(text);

	while (len > 0 && (octets[len - 1] == '\n' || octets[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++)
		if (octets[i] < 0x20 || octets[i] == 0x7f)
			return NULL;
	return len > 0 && len <= PROOF_MAX ? secret_new(octets, len) : NULL;
}
