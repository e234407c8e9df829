/* SPDX-License-Identifier: MIT */
#include "common/secret.h"

#include <openssl/crypto.h>
#include <string.h>

struct Secret {
	size_t len;
	uint8_t data[]; /* len octets and a NUL */
};

Secret *secret_new_zeroed(size_t len)
{
	g_assert(len < G_MAXSIZE - sizeof(Secret) - 1);

	Secret *secret = g_malloc0(sizeof(Secret) + len + 1);

	secret->len = len;
	return secret;
}

Secret *secret_new(const void *data, size_t len)
{
	Secret *secret = secret_new_zeroed(len);

	if (len > 0)
		memcpy(secret->data, data, len);
	return secret;
}

Secret *secret_copy(const Secret *secret)
{
	return secret ? secret_new(secret->data, secret->len) : NULL;
}

void secret_free(Secret *secret)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret->data, secret->len);
	g_free(secret);
}

const uint8_t *secret_data(const Secret *secret)
{
	return secret->data;
}

uint8_t *secret_bytes(Secret *secret)
{
	return secret->data;
}

size_t secret_len(const Secret *secret)
{
	return secret->len;
}

bool secret_equal(const Secret *a, const Secret *b)
{
	return a->len == b->len && CRYPTO_memcmp(a->data, b->data, a->len) == 0;
}
