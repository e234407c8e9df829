/* SPDX-License-Identifier: MIT */
/*
 * fuzz_store_check - an identity as somebody may hand it in
 *
 *   octets up to the first 0xff: device.crt; up to the second: device.key; up to the third:
 *   server_chain.pem; the rest: broker.conf. What is missing is empty.
 */
#include "tests/fuzz/fuzz.h"

#include "common/error.h"
#include "common/store.h"

#include <stdbool.h>
#include <string.h>

#define NOW_S INT64_C(1800000000)

/* The octets up to the next separator, which is skipped */
static GBytes *take(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size > 0 ? memchr(*data, 0xff, *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size;
	GBytes *part = g_bytes_new(*data, len);

	*data += end ? len + 1 : len;
	*size -= end ? len + 1 : len;
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);
	g_autoptr(GError) error = NULL;
	gsize key_len = 0;

	parts->cert = take(&data, &size);

	g_autoptr(GBytes) key = take(&data, &size);
	const void *key_data = g_bytes_get_data(key, &key_len);

	parts->key = secret_new(key_data, key_len);
	if (device_key_place(parts->key) != DEVICE_KEY_FILE)
		key_len = 0; /* what this machine has for tokens is not to be loaded from here */
	if (key_len == 0) {
		secret_free(parts->key);
		parts->key = secret_new("", 0);
	}
	parts->chain = take(&data, &size);
	parts->broker = take(&data, &size);

	g_autoptr(StoreIdentity) identity = store_parts_check(parts, NOW_S, &error);

	g_assert_true((identity == NULL) == (error != NULL));
	if (identity) {
		g_assert_nonnull(identity->key_type);
		g_assert_nonnull(identity->warnings);
		g_assert_cmpint(identity->not_after, >, identity->not_before);
		g_assert_true(!identity->common_name ||
			      g_utf8_validate(identity->common_name, -1, NULL));
	} else {
		g_assert_true(error->domain == LANDFALL_ERROR);
		g_assert_null(strchr(error->message, '\n'));
	}
	return 0;
}
