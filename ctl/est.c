/* SPDX-License-Identifier: MIT */
#include "ctl/est.h"

#include "common/device-key.h"
#include "common/error.h"
#include "common/printable.h"
#include "common/store-pending.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#define OPERATION     "/simplereenroll"
#define ANSWER_MAX    (256 * 1024)
#define TIMEOUT_S     120L
#define SHOWN_MAX     120
#define HTTP_OK       200
#define HTTP_ACCEPTED 202

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS7, PKCS7_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* Who we are now; what the TLS connection is made with. */
typedef struct Present {
	X509 *leaf;
	STACK_OF(X509) * issuers;
	EVP_PKEY *key;
} Present;

static void present_clear(Present *present)
{
	X509_free(present->leaf);
	sk_X509_pop_free(present->issuers, X509_free);
	EVP_PKEY_free(present->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Present, present_clear)

static bool present_read(Present *present, const StoreParts *parts, GError **error)
{
	gsize len = 0;
	const void *pem = g_bytes_get_data(parts->cert, &len);
	g_autoptr(BIO) bio = BIO_new_mem_buf(pem, (int)len);
	X509 *issuer;

	present->key = device_key_open(parts->key, error);
	if (!present->key)
		return false;
	present->leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL); /* the store has checked it */
	present->issuers = sk_X509_new_null();
	while ((issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		sk_X509_push(present->issuers, issuer);
	ERR_clear_error();
	return true;
}

/* ---- the request ---- */

/* A new one of the kind we have; or the one we have, where none of its kind can be made. */
static EVP_PKEY *next_key(const Present *present, const StoreParts *parts, bool same,
			  GError **error)
{
	bool keep = same || device_key_place(parts->key) != DEVICE_KEY_FILE;

	for (int i = 0; i < DEVICE_KEY_N && !keep; i++)
		if (device_key_is(present->key, (DeviceKeyKind)i))
			return device_key_make((DeviceKeyKind)i, error);
	EVP_PKEY_up_ref(present->key);
	return present->key;
}

/* RFC 7030, 4.2.2: subject and alternative names are those of the present certificate. */
static bool request_fill(X509_REQ *request, const Present *present, EVP_PKEY *key)
{
	STACK_OF(X509_EXTENSION) *wanted = NULL;
	int at = X509_get_ext_by_NID(present->leaf, NID_subject_alt_name, -1);
	bool filled = true;

	if (at >= 0) {
		wanted = sk_X509_EXTENSION_new_null();
		sk_X509_EXTENSION_push(wanted, X509_get_ext(present->leaf, at));
		filled = X509_REQ_add_extensions(request, wanted) == 1;
		sk_X509_EXTENSION_free(wanted); /* not what is in it */
	}
	return filled && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
	       X509_REQ_set_subject_name(request, X509_get_subject_name(present->leaf)) == 1 &&
	       X509_REQ_set_pubkey(request, key) == 1 &&
	       X509_REQ_sign(request, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0;
}

/* The body: DER in base64. */
static char *request_make(const Present *present, EVP_PKEY *key, GError **error)
{
	g_autoptr(X509_REQ) request = X509_REQ_new();
	unsigned char *der = NULL;
	int len = -1;

	if (request && request_fill(request, present, key))
		len = i2d_X509_REQ(request, &der);
	ERR_clear_error();
	if (len <= 0) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
				    "the request for a certificate cannot be signed");
		return NULL;
	}

	char *text = g_base64_encode(der, (gsize)len);

	OPENSSL_free(der);
	return text;
}

/* ---- the exchange ---- */

typedef struct Answer {
	GString *body;
	bool cut;
	long status;
} Answer;

static size_t on_body(char *data, size_t size, size_t count, void *user_data)
{
	Answer *answer = user_data;
	size_t len = size * count;

	answer->cut = answer->body->len + len > ANSWER_MAX;
	if (answer->cut)
		return 0;
	g_string_append_len(answer->body, data, (gssize)len);
	return len;
}

static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *user_data)
{
	const Present *present = user_data;

	if (SSL_CTX_use_certificate(ssl_ctx, present->leaf) != 1 ||
	    SSL_CTX_set1_chain(ssl_ctx, present->issuers) != 1 ||
	    SSL_CTX_use_PrivateKey(ssl_ctx, present->key) != 1)
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}

static void set_options(CURL *curl, const Config *config, const Present *present, Answer *answer)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_tls);
	curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, present);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (config->renewal.ca) { /* alone: not beside the system's folder */
		curl_easy_setopt(curl, CURLOPT_CAINFO, config->renewal.ca);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
}

static bool exchange(const Config *config, const Present *present, const char *body, Answer *answer,
		     GError **error)
{
	g_autoptr(CURL) curl = curl_easy_init();
	g_autofree char *url = g_strconcat(config->renewal.est, OPERATION, NULL);
	char reason[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	CURLcode code;

	if (!curl)
		g_error("out of memory");
	headers = curl_slist_append(headers, "Content-Type: application/pkcs10");
	headers = curl_slist_append(headers, "Content-Transfer-Encoding: base64");
	headers = curl_slist_append(headers, "Expect:");
	set_options(curl, config, present, answer);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_slist_free_all(headers);
	if (code == CURLE_OK)
		return true;
	if (answer->cut)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s: its answer is longer than %d octets", url, ANSWER_MAX);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK, "%s: %s", url,
			    reason[0] ? reason : curl_easy_strerror(code));
	return false;
}

/* What an answer other than 200 means. */
static bool accepted(const Config *config, const Answer *answer, GError **error)
{
	g_autofree char *words = NULL;

	if (answer->status == HTTP_OK)
		return true;
	if (answer->status == HTTP_ACCEPTED) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
			    "%s: the request waits for somebody to approve it; ask again later",
			    config->renewal.est);
		return false;
	}
	words = g_strndup(answer->body->str, SHOWN_MAX);
	for (char *c = words; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = ' ';
	g_set_error(error, LANDFALL_ERROR,
		    answer->status >= 500 ? LANDFALL_ERROR_NETWORK : LANDFALL_ERROR_DENIED,
		    "%s: HTTP status %ld: %s", config->renewal.est, answer->status,
		    g_strstrip(words));
	return false;
}

/* ---- the answer ---- */

static X509 *find_by_key(STACK_OF(X509) * certs, EVP_PKEY *key)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (X509_check_private_key(cert, key) == 1)
			return cert;
	}
	ERR_clear_error();
	return NULL;
}

static X509 *find_issuer(STACK_OF(X509) * certs, X509 *of)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (cert != of && X509_check_issued(cert, of) == X509_V_OK)
			return cert;
	}
	return NULL;
}

/* Leaf first, then each one's issuer, but no root: whoever verifies has that. */
static GBytes *encode_chain(STACK_OF(X509) * certs, X509 *leaf)
{
	g_autoptr(BIO) out = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	for (X509 *cert = leaf; cert; cert = find_issuer(certs, cert)) {
		if (cert != leaf && X509_check_issued(cert, cert) == X509_V_OK)
			break;
		PEM_write_bio_X509(out, cert);
		if (BIO_pending(out) > (int)STORE_CERT_SIZE_MAX)
			return NULL; /* a ring */
	}
	len = BIO_get_mem_data(out, &data);
	return g_bytes_new(data, (gsize)len);
}

static GBytes *certificate_read(const Config *config, const Answer *answer, EVP_PKEY *key,
				GError **error)
{
	gsize len = 0;
	g_autofree guchar *der = g_base64_decode(answer->body->str, &len);
	const unsigned char *at = der;
	g_autoptr(PKCS7) pkcs7 = len > 0 ? d2i_PKCS7(NULL, &at, (long)len) : NULL;
	STACK_OF(X509) *certs =
		pkcs7 && PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign ? pkcs7->d.sign->cert : NULL;
	X509 *leaf = certs ? find_by_key(certs, key) : NULL;
	GBytes *chain = leaf ? encode_chain(certs, leaf) : NULL;

	ERR_clear_error();
	if (!chain)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s: its answer holds no certificate for the key it was asked for",
			    config->renewal.est);
	return chain;
}

static StoreIdentity *install(Store *store, GBytes *cert, EVP_PKEY *key, const StoreParts *present,
			      GError **error)
{
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);

	parts->cert = g_bytes_ref(cert);
	if (device_key_place(present->key) == DEVICE_KEY_FILE)
		parts->key = device_key_encode(key, error);
	else
		parts->key = secret_new(secret_data(present->key), secret_len(present->key));
	return parts->key ? store_install(store, parts, error) : NULL;
}

StoreIdentity *est_renew(Store *store, const Config *config, GError **error)
{
	g_auto(Present) present = { 0 };
	g_autoptr(StoreIdentity) identity = NULL;

	if (!config->renewal.est) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "no server is known to renew at: set [renewal] est");
		return NULL;
	}
	identity = store_current(store, error);

	g_autoptr(StoreParts) parts = identity ? store_parts_load(identity->dir, error) : NULL;

	if (!parts || !present_read(&present, parts, error))
		return NULL;

	g_autoptr(EVP_PKEY) key = next_key(&present, parts, config->renewal.same_key, error);
	g_autofree char *body = key ? request_make(&present, key, error) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	Answer answer = { .body = text };

	if (!body || !exchange(config, &present, body, &answer, error) ||
	    !accepted(config, &answer, error))
		return NULL;

	g_autoptr(GBytes) cert = certificate_read(config, &answer, key, error);

	return cert ? install(store, cert, key, parts, error) : NULL;
}
