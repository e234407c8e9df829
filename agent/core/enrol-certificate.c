/* SPDX-License-Identifier: MIT */
#include "agent/core/enrol-certificate.h"

#include "common/error.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BEGIN    "-----BEGIN "
#define END      "-----END "
#define MARK_END "-----"
#define COLUMNS  64

/* The DER of the next block that is a @what; @text moves on behind it. NULL: there is none. */
static uint8_t *next_block(const char **text, const char *what, gsize *len)
{
	g_autofree char *begin = g_strconcat(BEGIN, what, MARK_END, NULL);
	g_autofree char *end = g_strconcat(END, what, MARK_END, NULL);
	const char *start = strstr(*text, begin);
	const char *stop = start ? strstr(start, end) : NULL;

	if (!stop)
		return NULL;
	start += strlen(begin);
	*text = stop + strlen(end);

	g_autofree char *base64 = g_strndup(start, (gsize)(stop - start));

	return g_base64_decode(base64, len);
}

static void append_block(GString *out, const uint8_t *der, gsize len)
{
	g_autofree char *base64 = g_base64_encode(der, len);

	g_string_append(out, BEGIN "CERTIFICATE" MARK_END "\n");
	for (size_t at = 0; at < strlen(base64); at += COLUMNS)
		g_string_append_printf(out, "%.*s\n", COLUMNS, base64 + at);
	g_string_append(out, END "CERTIFICATE" MARK_END "\n");
}

/* Not a public key of either sort: never the same. */
static bool is_for(X509 *certificate, const char *request)
{
	gsize len = 0;
	g_autofree uint8_t *der = next_block(&request, "CERTIFICATE REQUEST", &len);
	const unsigned char *at = der;
	X509_REQ *asked = der ? d2i_X509_REQ(NULL, &at, (long)len) : NULL;
	EVP_PKEY *ours = asked ? X509_REQ_get0_pubkey(asked) : NULL;
	EVP_PKEY *theirs = X509_get0_pubkey(certificate);
	bool same = ours && theirs && EVP_PKEY_eq(ours, theirs) == 1;

	X509_REQ_free(asked);
	return same;
}

/* What is wrong with one certificate, or NULL. @request: NULL: it may be for any key */
static const char *check(const uint8_t *der, gsize len, const char *request)
{
	const unsigned char *at = der;
	X509 *one = d2i_X509(NULL, &at, (long)len);
	const char *fault = NULL;

	if (!one || at != der + len)
		fault = "cannot be read";
	else if (request && !is_for(one, request))
		fault = "is not for the key that one was asked for";
	X509_free(one);
	ERR_clear_error();
	return fault;
}

/* What is wrong with them, or NULL; those taken are in @out. */
static const char *take(const char *pem, const char *request, GString *out)
{
	for (unsigned count = 0;; count++) {
		gsize len = 0;
		g_autofree uint8_t *der = next_block(&pem, "CERTIFICATE", &len);

		if (!der)
			return count > 0 ? NULL : "is none in PEM form";
		if (count == ENROL_CHAIN_MAX)
			return "has more certificates with it than a device has";

		const char *fault = check(der, len, count == 0 ? request : NULL);

		if (fault)
			return fault;
		append_block(out, der, len);
	}
}

char *enrol_certificate_take(const char *pem, const char *request, GError **error)
{
	GString *out = g_string_new(NULL);
	const char *fault = strnlen(pem, ENROL_CERTIFICATE_MAX + 1) > ENROL_CERTIFICATE_MAX
				    ? "is longer than " G_STRINGIFY(ENROL_CERTIFICATE_MAX) " octets"
				    : take(pem, request, out);

	if (fault)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the certificate of the answer %s", fault);
	return g_string_free(out, fault != NULL);
}
