/* SPDX-License-Identifier: MIT */
#include "ctl/est-answer.h"

#include "common/error.h"
#include "common/printable.h"
#include "common/store.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <string.h>

#define SHOWN_MAX 64 /* octets of a name in a message */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS7, PKCS7_free)

G_GNUC_PRINTF(2, 3)
static void *refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_propagate_error(error,
			  g_error_new_valist(LANDFALL_ERROR, LANDFALL_ERROR_INVALID, format, args));
	va_end(args);
	return NULL;
}

static PKCS7 *decode(const char *body)
{
	gsize len = 0;
	g_autofree guchar *der = g_base64_decode(body, &len);
	const unsigned char *at = der;

	return len > 0 ? d2i_PKCS7(NULL, &at, (long)len) : NULL;
}

/* The one that lasts longest: a server may send that of the renewal before as well. */
static X509 *find_newest(STACK_OF(X509) * certs, EVP_PKEY *key)
{
	X509 *newest = NULL;

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (X509_check_private_key(cert, key) != 1)
			continue;
		if (!newest ||
		    ASN1_TIME_compare(X509_get0_notAfter(cert), X509_get0_notAfter(newest)) > 0)
			newest = cert;
	}
	return newest;
}

/* By its signature: an authority that has renewed its key may be there twice under one name. */
static X509 *find_issuer(STACK_OF(X509) * certs, X509 *of)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		EVP_PKEY *key = X509_get0_pubkey(cert);

		if (cert != of && key && X509_check_issued(cert, of) == X509_V_OK &&
		    X509_verify(of, key) == 1)
			return cert;
	}
	return NULL;
}

static bool is_root(X509 *cert)
{
	return X509_check_issued(cert, cert) == X509_V_OK;
}

/* No root: whoever verifies has that. Authorities that vouch for each other end the chain, too. */
static GPtrArray *find_chain(STACK_OF(X509) * certs, X509 *leaf)
{
	GPtrArray *chain = g_ptr_array_new();

	g_ptr_array_add(chain, leaf);
	for (X509 *cert = find_issuer(certs, leaf);
	     cert && !is_root(cert) && !g_ptr_array_find(chain, cert, NULL) &&
	     chain->len <= STORE_CERTS_MAX;
	     cert = find_issuer(certs, cert))
		g_ptr_array_add(chain, cert);
	return chain;
}

static GBytes *encode(const GPtrArray *chain)
{
	g_autoptr(BIO) out = BIO_new(BIO_s_mem());
	char *data = NULL;

	for (guint i = 0; i < chain->len; i++)
		PEM_write_bio_X509(out, chain->pdata[i]);

	long len = BIO_get_mem_data(out, &data);

	return g_bytes_new(data, (gsize)len);
}

/* First common name as UTF-8, or NULL; OPENSSL_free() it */
static unsigned char *common_name(X509 *cert, int *len)
{
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;

	*len = at < 0 ? 0
		      : ASN1_STRING_to_UTF8(
				&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	return text;
}

/* A broker takes the common name for who we are: another one is another device. */
static bool same_name(X509 *present, X509 *leaf, GError **error)
{
	int ours_len = 0;
	int theirs_len = 0;
	unsigned char *ours = common_name(present, &ours_len);
	unsigned char *theirs = common_name(leaf, &theirs_len);
	bool same = !ours || (theirs && ours_len == theirs_len &&
			      memcmp(ours, theirs, (size_t)ours_len) == 0);

	if (!same) {
		g_autofree char *wanted =
			printable_text(ours, (size_t)CLAMP(ours_len, 0, SHOWN_MAX));
		g_autofree char *given =
			printable_text(theirs, (size_t)CLAMP(theirs_len, 0, SHOWN_MAX));

		refuse(error,
		       "its certificate is for \"%s\" and not for \"%s\"; if that is meant, "
		       "install one of that name: landfallctl store install",
		       given, wanted);
	}
	OPENSSL_free(ours);
	OPENSSL_free(theirs);
	return same;
}

static GBytes *read_certs(STACK_OF(X509) * certs, X509 *present, EVP_PKEY *key, GError **error)
{
	X509 *leaf = find_newest(certs, key);

	if (!leaf)
		return refuse(error,
			      "its answer holds no certificate for the key it was asked for");
	if (X509_cmp(leaf, present) == 0)
		return refuse(error, "its answer is the certificate that is in use already");
	if (!same_name(present, leaf, error))
		return NULL;

	g_autoptr(GPtrArray) chain = find_chain(certs, leaf);

	return chain->len <= STORE_CERTS_MAX
		       ? encode(chain)
		       : refuse(error, "its certificate has a chain of more than %d",
				STORE_CERTS_MAX);
}

GBytes *est_answer_read(const char *body, X509 *present, EVP_PKEY *key, GError **error)
{
	g_autoptr(PKCS7) pkcs7 = decode(body);
	bool holds = pkcs7 && PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign;
	GBytes *chain = read_certs(holds ? pkcs7->d.sign->cert : NULL, present, key, error);

	ERR_clear_error();
	return chain;
}
