/* SPDX-License-Identifier: MIT */
#include "ctl/est.h"

#include "common/device-key.h"
#include "common/error.h"
#include "common/pem-passphrase.h"
#include "common/printable.h"
#include "common/store-pending.h"
#include "common/store-wait.h"
#include "ctl/est-answer.h"
#include "ctl/est-retry.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define OPERATION        "/simplereenroll"
#define ANSWER_MAX       (256 * 1024)
#define TIMEOUT_S        120L
#define SHOWN_MAX        120
#define HTTP_OK          200
#define HTTP_ACCEPTED    202
#define HTTP_REFUSED     400 /* to 499 */
#define HTTP_TOO_MANY    429
#define HTTP_BROKEN      500
#define HTTP_UNAVAILABLE 503

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* Who we are now; what the TLS connection is made with. */
typedef struct Present {
	StoreParts *parts;
	X509 *leaf;
	STACK_OF(X509) * issuers;
	EVP_PKEY *key;
	int64_t not_before_s;
	int64_t not_after_s;
} Present;

static void present_clear(Present *present)
{
	store_parts_free(present->parts);
	X509_free(present->leaf);
	sk_X509_pop_free(present->issuers, X509_free);
	EVP_PKEY_free(present->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Present, present_clear)

/* Nothing is to be taken over from a generation that is damaged. */
static void parts_complete(StoreParts *parts)
{
	GBytes **const inherited[] = { &parts->broker, &parts->wifi, &parts->wifi_ca };

	for (size_t i = 0; i < G_N_ELEMENTS(inherited); i++)
		if (!*inherited[i])
			*inherited[i] = g_bytes_new_static("", 0);
}

/* Of the current identity; where its files are damaged of the one before, which the agent uses
 * then. */
static bool load_identity(Present *present, Store *store, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(StoreIdentity) identity = store_current(store, &failure);
	uint32_t current = identity ? identity->generation : 0;

	if (!identity && store_current_generation(store, &current, NULL) &&
	    store_is_damaged(store, current, failure))
		identity = store_fallback(store);
	if (!identity) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	present->parts = store_parts_load(identity->dir, error);
	if (!present->parts)
		return false;
	present->parts->replaces = current;
	if (identity->generation != current)
		parts_complete(present->parts);
	present->not_before_s = identity->not_before;
	present->not_after_s = identity->not_after;
	return true;
}

static bool present_read(Present *present, Store *store, GError **error)
{
	gsize len = 0;
	X509 *issuer;

	if (!load_identity(present, store, error))
		return false;

	const void *pem = g_bytes_get_data(present->parts->cert, &len);
	g_autoptr(BIO) bio = BIO_new_mem_buf(pem, (int)len);

	present->key = device_key_open(present->parts->key, error);
	if (!present->key)
		return false;
	/* The store has checked it. */
	present->leaf = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL);
	present->issuers = sk_X509_new_null();
	while ((issuer = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL)))
		sk_X509_push(present->issuers, issuer);
	ERR_clear_error();
	return true;
}

/* ---- the request ---- */

/* Another one of the kind we have; or the one we have, where none of its kind can be made. */
static EVP_PKEY *next_key(const Present *present, Store *store, bool same, GError **error)
{
	bool keep = same || device_key_place(present->parts->key) != DEVICE_KEY_FILE;

	for (int i = 0; i < DEVICE_KEY_N && !keep; i++)
		if (device_key_is(present->key, (DeviceKeyKind)i))
			return store_renewal_key(store, (DeviceKeyKind)i, error);
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
	char *elsewhere;  /* where it sends us, or NULL */
	int64_t wanted_s; /* what Retry-After asks for; 0: nothing */
	RenewalWait wait; /* what is made of it */
} Answer;

static void answer_clear(Answer *answer)
{
	g_string_free(answer->body, TRUE);
	g_free(answer->elsewhere);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

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

/* [renewal] est may end in a slash. */
static char *operation_url(const Config *config)
{
	const char *base = config->renewal.est;
	size_t len = strlen(base);

	while (len > 0 && base[len - 1] == '/')
		len--;
	return g_strdup_printf("%.*s" OPERATION, (int)len, base);
}

/* Elsewhere Retry-After means nothing to us. */
static bool may_defer(long status)
{
	return status == HTTP_ACCEPTED || status == HTTP_TOO_MANY || status == HTTP_UNAVAILABLE;
}

static void take_outcome(CURL *curl, Answer *answer)
{
	const char *elsewhere = NULL;
	struct curl_header *retry = NULL;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &elsewhere);
	if (elsewhere)
		answer->elsewhere = printable_text(elsewhere, strnlen(elsewhere, SHOWN_MAX));
	if (may_defer(answer->status) &&
	    curl_easy_header(curl, "Retry-After", 0, CURLH_HEADER, -1, &retry) == CURLHE_OK)
		answer->wanted_s = est_retry_read(retry->value, store_wait_clock_s());
}

static bool exchange(const Config *config, const Present *present, const char *body, Answer *answer,
		     GError **error)
{
	g_autoptr(CURL) curl = curl_easy_init();
	g_autofree char *url = operation_url(config);
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
	take_outcome(curl, answer);
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

static void refuse(const Config *config, LandfallError code, GError **error, const char *words)
{
	g_set_error(error, LANDFALL_ERROR, (int)code, "%s: %s", config->renewal.est, words);
}

/* What a status means that is none of ours, with what the server says of it. */
static char *status_describe(const Answer *answer)
{
	size_t len = MIN(answer->body->len, SHOWN_MAX);
	g_autofree char *words = g_strndup(answer->body->str, len);

	for (char *c = words; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = ' ';
	if (answer->elsewhere)
		return g_strdup_printf("HTTP status %ld: it sends us to %s, where we do not go "
				       "unless [renewal] est says so",
				       answer->status, answer->elsewhere);
	g_strstrip(words);
	return g_strdup_printf("HTTP status %ld%s%s", answer->status, *words ? ": " : "", words);
}

/* A clause that follows what an answer means. */
static char *wait_describe(const Answer *answer)
{
	g_autofree char *words = NULL;
	bool cut = answer->wanted_s > answer->wait.until_s - answer->wait.from_s;

	if (answer->wait.until_s == 0)
		return g_strdup(answer->status == HTTP_ACCEPTED ? "; ask again later" : "");
	words = renewal_wait_describe(answer->wait.until_s);
	return g_strdup_printf("; %s%s", words, cut ? ", and longer than we do" : "");
}

static bool accepted(const Config *config, const Answer *answer, GError **error)
{
	g_autofree char *wait = wait_describe(answer);
	g_autofree char *status = NULL;
	g_autofree char *words = NULL;
	bool later = answer->status == HTTP_ACCEPTED || answer->status == HTTP_TOO_MANY;

	if (answer->status == HTTP_OK)
		return true;
	status = answer->status == HTTP_ACCEPTED
			 ? g_strdup("the request waits for somebody to approve it")
			 : status_describe(answer);
	words = g_strconcat(status, wait, NULL);
	refuse(config,
	       later || answer->status >= HTTP_BROKEN ? LANDFALL_ERROR_NETWORK
						      : LANDFALL_ERROR_DENIED,
	       error, words);
	return false;
}

/* ---- what the server has asked to wait for ---- */

static StoreWaitSubject wait_subject(const Config *config, const Present *present)
{
	return (StoreWaitSubject){ config->renewal.est, present->not_before_s,
				   present->not_after_s };
}

static bool may_ask(Store *store, const Config *config, const Present *present, GError **error)
{
	StoreWaitSubject subject = wait_subject(config, present);
	RenewalWait wait = store_wait_read(store, STORE_WAIT_SERVER, &subject);
	g_autofree char *words = NULL;

	if (!renewal_wait_holds(&wait, store_wait_clock_s()))
		return true;
	words = renewal_wait_describe(wait.until_s);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
		    "%s: %s, and was not asked; --now asks it all the same", config->renewal.est,
		    words);
	return false;
}

/* Each answer takes the place of what was asked before. Where it cannot be kept, there are our own
 * pauses. */
static void wait_keep(Store *store, const Config *config, const Present *present, Answer *answer)
{
	StoreWaitSubject subject = wait_subject(config, present);
	int64_t now_s = store_wait_clock_s();
	g_autoptr(GError) error = NULL;

	if (now_s == 0)
		return;
	answer->wait = renewal_wait_begin(answer->wanted_s, present->not_after_s, now_s);
	if (!store_wait_write(store, STORE_WAIT_SERVER, &subject, &answer->wait, &error))
		fprintf(stderr, "landfallctl: warning: how long to wait is not kept: %s\n",
			error->message);
}

/* ---- the answer ---- */

/* What belongs to the present identity beside certificate and key goes on with the new one. */
static StoreIdentity *install(Store *store, GBytes *cert, EVP_PKEY *key, Present *present,
			      GError **error)
{
	StoreParts *parts = present->parts;

	g_bytes_unref(parts->cert);
	parts->cert = g_bytes_ref(cert);
	g_clear_pointer(&parts->origin, g_free);
	if (device_key_place(parts->key) == DEVICE_KEY_FILE) {
		secret_free(parts->key);
		parts->key = device_key_encode(key, error);
	}
	return parts->key ? store_import(store, parts, error) : NULL;
}

/* Whether the server has decided: then nothing is left that it could be asked for with that key. */
static bool is_over(const Answer *answer)
{
	return answer->status >= HTTP_REFUSED && answer->status < HTTP_BROKEN &&
	       answer->status != HTTP_TOO_MANY;
}

static StoreIdentity *renew_as(Store *store, const Config *config, Present *present, EVP_PKEY *key,
			       GError **error)
{
	g_autofree char *body = request_make(present, key, error);
	g_auto(Answer) answer = { .body = g_string_new(NULL) };
	g_autoptr(GError) cause = NULL;

	if (!body)
		return NULL;

	bool whole = exchange(config, present, body, &answer, error);

	if (whole || answer.wanted_s > 0)
		wait_keep(store, config, present, &answer);
	if (!whole)
		return NULL;
	if (is_over(&answer))
		store_renewal_settle(store);
	if (!accepted(config, &answer, error))
		return NULL;

	g_autoptr(GBytes) cert = est_answer_read(answer.body->str, present->leaf, key, &cause);

	if (!cert) {
		refuse(config, (LandfallError)cause->code, error, cause->message);
		return NULL;
	}

	StoreIdentity *identity = install(store, cert, key, present, error);

	if (identity)
		store_renewal_settle(store);
	return identity;
}

StoreIdentity *est_renew(Store *store, const Config *config, bool now, GError **error)
{
	g_auto(Present) present = { 0 };

	if (!config->renewal.est) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "no server is known to renew at: set [renewal] est");
		return NULL;
	}
	if (!present_read(&present, store, error) ||
	    (!now && !may_ask(store, config, &present, error)))
		return NULL;

	g_autoptr(EVP_PKEY) key = next_key(&present, store, config->renewal.same_key, error);

	return key ? renew_as(store, config, &present, key, error) : NULL;
}
