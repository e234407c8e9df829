/* SPDX-License-Identifier: MIT */
#include "common/srp-hash.h"

#include <openssl/evp.h>

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
/* clang-format on */

bool srp_hash(const SrpPart *parts, size_t n_parts, uint8_t out[SRP_HASH_LEN])
{
	g_autoptr(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha512(), NULL))
		return false;
	for (size_t i = 0; i < n_parts; i++)
		if (!EVP_DigestUpdate(ctx, parts[i].data, parts[i].len))
			return false;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

bool srp_salt_check(GBytes *salt, GQuark domain, int code, GError **error)
{
	size_t len;
	const uint8_t *data = g_bytes_get_data(salt, &len);

	if (len >= 1 && len <= SRP_SALT_MAX && data[0] != 0)
		return true;
	g_set_error(error, domain, code,
		    "the salt must have 1 to %d octets and not start with 0 (it has %zu)",
		    SRP_SALT_MAX, len);
	return false;
}
