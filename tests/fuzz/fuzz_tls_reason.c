/* SPDX-License-Identifier: MIT */
/* tls-reason: the sentence about a peer's certificate, which comes from anywhere. The first octet
 * is the verification error, the second the depth, the rest the certificate in DER. */
#include "tests/fuzz/fuzz.h"

#include <glib.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "common/tls-reason.h"

#define SENTENCE_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *der = data + 2;
	X509_STORE_CTX *store_ctx;
	X509 *certificate;
	g_autofree char *sentence = NULL;

	if (size < 2)
		return 0;
	certificate = d2i_X509(NULL, &der, (long)size - 2);
	store_ctx = X509_STORE_CTX_new();
	g_assert_nonnull(store_ctx);
	X509_STORE_CTX_set_error(store_ctx, data[0]);
	X509_STORE_CTX_set_error_depth(store_ctx, data[1] % 4);
	X509_STORE_CTX_set_current_cert(store_ctx, certificate);
	sentence = tls_reason_verify(store_ctx, "broker.test");
	g_assert_cmpuint(strlen(sentence), <=, SENTENCE_MAX);
	for (const char *c = sentence; *c; c++)
		g_assert_true(g_ascii_isprint(*c));
	X509_STORE_CTX_free(store_ctx);
	X509_free(certificate);
	ERR_clear_error();
	return 0;
}
