/* SPDX-License-Identifier: MIT */
#include "common/store-check.h"

#include "common/count.h"
#include "common/device-key.h"
#include "common/error.h"
#include "common/pem-passphrase.h"
#include "common/printable.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define DAY_S              INT64_C(86400)
#define CLOCK_SLACK_S      DAY_S /* how far ours may be behind the issuer's */
#define EXPIRY_NOTICE_S    (30 * DAY_S)
#define RSA_BITS_MIN       2048
#define SIGNATURE_BITS_MIN 80  /* SHA-1 is worth less, every SHA-2 more */
#define STRENGTH_MIN       112 /* bits of security: RSA 2048, EC P-224; what TLS asks for here */
#define NAME_MAX_LEN       256

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

/* One check under way; all borrowed but the warnings */
typedef struct Check {
	const StoreCheckRules *rules;
	GPtrArray *warnings; /* of char *, owned */
} Check;

typedef struct Curve {
	const char *group; /* as OpenSSL names it */
	const char *name;
} Curve;

/* Those TLS 1.3 signs with */
static const Curve curves[] = {
	{ "prime256v1", "EC P-256" }, { "secp384r1", "EC P-384" }, { "secp521r1", "EC P-521" },
	{ "P-256", "EC P-256" },      { "P-384", "EC P-384" },     { "P-521", "EC P-521" },
};

G_GNUC_PRINTF(5, 6)
static bool check_fail(const Check *check, LandfallError code, const char *file, GError **error,
		       const char *format, ...)
{
	va_list args;

	va_start(args, format);

	g_autofree char *what = g_strdup_vprintf(format, args);

	va_end(args);
	ERR_clear_error();
	g_set_error(error, LANDFALL_ERROR, (int)code, "%s/%s: %s", check->rules->where, file, what);
	return false;
}

G_GNUC_PRINTF(3, 4)
static void check_warn(const Check *check, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);

	g_autofree char *what = g_strdup_vprintf(format, args);

	va_end(args);
	g_ptr_array_add(check->warnings,
			g_strdup_printf("%s/%s: %s", check->rules->where, file, what));
}

static void certs_free_one(gpointer data)
{
	X509_free(data);
}

/* All certificates of a PEM text; NULL when one is broken or they are more than @max */
static GPtrArray *certs_read(const void *pem, size_t len, unsigned int max)
{
	g_autoptr(GPtrArray) certs = g_ptr_array_new_with_free_func(certs_free_one);
	g_autoptr(BIO) bio = BIO_new_mem_buf(pem, (int)len);
	X509 *cert = NULL;

	while (certs->len <= max &&
	       (cert = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL)))
		g_ptr_array_add(certs, cert);

	unsigned long last = ERR_peek_last_error();
	bool at_end =
		ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return at_end && certs->len <= max ? g_steal_pointer(&certs) : NULL;
}

static GPtrArray *check_read(const Check *check, GBytes *bytes, const char *file, unsigned int max,
			     GError **error)
{
	gsize len = 0;
	const void *pem = g_bytes_get_data(bytes, &len);
	g_autoptr(GPtrArray) certs = certs_read(pem, len, max);

	if (!certs)
		check_fail(check, LANDFALL_ERROR_STORE_INVALID, file, error,
			   "holds a certificate that cannot be decoded, or more than %u; "
			   "export it again as PEM",
			   max);
	else if (certs->len == 0)
		check_fail(check, LANDFALL_ERROR_STORE_INVALID, file, error,
			   "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
	return certs && certs->len > 0 ? g_steal_pointer(&certs) : NULL;
}

static bool time_read(const ASN1_TIME *time, int64_t *seconds)
{
	struct tm parts;

	if (ASN1_TIME_to_tm(time, &parts) != 1)
		return false;
	*seconds = timegm(&parts);
	return true;
}

/* First common name of @name, fit for a log line; NULL when there is none */
static char *name_common(const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;

	if (at < 0)
		return NULL;

	X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
	int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));

	if (len <= 0) {
		OPENSSL_free(text);
		return NULL;
	}

	char *common = printable_text(text, (size_t)MIN(len, NAME_MAX_LEN));

	OPENSSL_free(text);
	return common;
}

static char *cert_label(X509 *cert)
{
	g_autofree char *common = name_common(X509_get_subject_name(cert));

	return g_strdup_printf("\"%s\"", common ? common : "(no common name)");
}

/* --- the key --- */

static EVP_PKEY *key_read(const Check *check, const Secret *text, GError **error)
{
	g_autoptr(GError) cause = NULL;
	EVP_PKEY *key = device_key_open(text, &cause);

	if (!key)
		check_fail(check, LANDFALL_ERROR_KEY_UNREADABLE, STORE_KEY_NAME, error, "%s",
			   cause->message);
	return key;
}

/* "EC P-256", or NULL for a kind that is refused; @kind is then set to what it is */
static char *key_describe(EVP_PKEY *key, char **kind)
{
	char group[64] = "";
	const char *type = EVP_PKEY_get0_type_name(key);
	int bits = EVP_PKEY_get_bits(key);

	*kind = NULL;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return g_strdup("Ed25519");
	if (EVP_PKEY_is_a(key, "RSA") && bits >= RSA_BITS_MIN)
		return g_strdup_printf("RSA %d", bits);
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					   NULL) == 1) {
		for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
			if (strcmp(curves[i].group, group) == 0)
				return g_strdup(curves[i].name);
	}
	*kind = g_strdup_printf("%s %s%d bits", type ? type : "unknown", group[0] ? group : "",
				bits);
	return NULL;
}

/* The public halves agree; here the private one proves itself too. */
static bool key_signs(EVP_PKEY *key, EVP_PKEY *public_key)
{
	static const unsigned char text[] = "landfall";
	const char *digest = EVP_PKEY_is_a(key, "ED25519") ? NULL : "SHA256";
	g_autoptr(EVP_MD_CTX) signing = EVP_MD_CTX_new();
	g_autoptr(EVP_MD_CTX) verifying = EVP_MD_CTX_new();
	size_t len = (size_t)EVP_PKEY_get_size(key);
	g_autofree unsigned char *signature = g_malloc(len);
	bool ok = EVP_DigestSignInit_ex(signing, NULL, digest, NULL, NULL, key, NULL) == 1 &&
		  EVP_DigestSign(signing, signature, &len, text, sizeof(text)) == 1 &&
		  EVP_DigestVerifyInit_ex(verifying, NULL, digest, NULL, NULL, public_key, NULL) ==
			  1 &&
		  EVP_DigestVerify(verifying, signature, len, text, sizeof(text)) == 1;

	ERR_clear_error();
	return ok;
}

/* Which certificate the key belongs to, or -1 */
static int key_find_cert(EVP_PKEY *key, const GPtrArray *certs)
{
	for (unsigned int i = 0; i < certs->len; i++) {
		EVP_PKEY *public_key = X509_get0_pubkey(certs->pdata[i]);

		if (public_key && EVP_PKEY_eq(public_key, key) == 1)
			return (int)i;
	}
	ERR_clear_error();
	return -1;
}

static bool check_key(const Check *check, const Secret *secret, const GPtrArray *certs,
		      StoreIdentity *identity, GError **error)
{
	g_autoptr(EVP_PKEY) key = key_read(check, secret, error);
	g_autofree char *kind = NULL;

	if (!key)
		return false;
	identity->key_place = device_key_place(secret);
	identity->key_type = key_describe(key, &kind);
	if (!identity->key_type)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_KEY_NAME, error,
				  "is a key that is not accepted (%s); use EC P-256, P-384, P-521, "
				  "Ed25519, or RSA of at least %d bits",
				  kind, RSA_BITS_MIN);

	int at = key_find_cert(key, certs);

	if (at < 0)
		return check_fail(check, LANDFALL_ERROR_KEY_MISMATCH, STORE_KEY_NAME, error,
				  "does not belong to " STORE_CERT_NAME
				  "; import the key the certificate was issued for");
	if (at > 0)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "the device's own certificate is number %d; put it first, its "
				  "issuers after it",
				  at + 1);
	if (check->rules->import && !key_signs(key, X509_get0_pubkey(certs->pdata[0])))
		return check_fail(
			check, LANDFALL_ERROR_KEY_MISMATCH, STORE_KEY_NAME, error,
			"is damaged: what it signs does not verify with " STORE_CERT_NAME);
	return true;
}

/* --- the certificates --- */

static bool check_usage(const Check *check, X509 *leaf, GError **error)
{
	g_autoptr(EXTENDED_KEY_USAGE) usages =
		X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool client = usages == NULL;

	for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages); i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));

		client = client || nid == NID_client_auth || nid == NID_anyExtendedKeyUsage;
	}
	if (!client)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "its extended key usage does not allow TLS client "
				  "authentication; issue it with clientAuth");
	/* all bits set when the extension is absent */
	if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "its key usage does not allow signatures; issue it with "
				  "digitalSignature");
	if (X509_check_ca(leaf) == 1)
		check_warn(check, STORE_CERT_NAME,
			   "the device's certificate is that of a CA (CA:TRUE); a broker may "
			   "refuse it");
	return true;
}

static bool check_signature(const Check *check, X509 *cert, GError **error)
{
	int bits = 0;

	if (X509_check_issued(cert, cert) == X509_V_OK)
		return true; /* nobody verifies a root's own signature */
	if (X509_get_signature_info(cert, NULL, NULL, &bits, NULL) == 1 &&
	    bits >= SIGNATURE_BITS_MIN)
		return true;

	g_autofree char *label = cert_label(cert);

	return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
			  "certificate %s is signed with a broken digest such as SHA-1; have it "
			  "issued with SHA-256",
			  label);
}

/* TLS would not even load a chain with a weaker one. */
static bool check_strength(const Check *check, X509 *issuer, GError **error)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	if (!check->rules->import || (key && EVP_PKEY_get_security_bits(key) >= STRENGTH_MIN))
		return true;

	g_autofree char *label = cert_label(issuer);

	return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
			  "the key of issuer %s is too weak; its authority has to use RSA of %d "
			  "bits or EC P-256",
			  label, RSA_BITS_MIN);
}

static bool check_link(const Check *check, X509 *cert, X509 *issuer, GError **error)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	g_autofree char *label = cert_label(cert);
	g_autofree char *issuer_label = cert_label(issuer);

	if (X509_check_issued(issuer, cert) != X509_V_OK || !key || X509_verify(cert, key) != 1)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "the chain is broken: %s was not issued by the next one, %s; put "
				  "each certificate's issuer right after it",
				  label, issuer_label);
	if (X509_check_ca(issuer) == 0)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "%s issued %s but is not the certificate of a CA", issuer_label,
				  label);
	return true;
}

static bool check_start(const Check *check, int64_t not_before, const char *label, GError **error)
{
	const StoreCheckRules *rules = check->rules;

	if (not_before <= rules->now_s)
		return true;
	if (rules->now_s < STORE_CLOCK_FLOOR) {
		check_warn(check, STORE_CERT_NAME,
			   "certificate %s cannot be dated: the clock of this device is not set",
			   label);
		return true;
	}
	if (rules->import && not_before - rules->now_s > CLOCK_SLACK_S)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "certificate %s is not valid yet; check the clock (date), or "
				  "import it later",
				  label);
	check_warn(check, STORE_CERT_NAME, "certificate %s is not valid yet", label);
	return true;
}

static bool check_end(const Check *check, int64_t not_after, const char *label, GError **error)
{
	const StoreCheckRules *rules = check->rules;

	if (rules->now_s < STORE_CLOCK_FLOOR || not_after - rules->now_s > EXPIRY_NOTICE_S)
		return true;
	if (not_after >= rules->now_s) {
		g_autofree char *days =
			count_text((uint64_t)(not_after - rules->now_s) / DAY_S, "day");

		check_warn(check, STORE_CERT_NAME, "certificate %s runs out in %s", label, days);
		return true;
	}
	if (rules->import)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "certificate %s has run out; have a new one issued, or check the "
				  "clock (date)",
				  label);
	check_warn(check, STORE_CERT_NAME, "certificate %s has run out", label);
	return true;
}

static bool check_dates(const Check *check, X509 *cert, int64_t *not_before, int64_t *not_after,
			GError **error)
{
	g_autofree char *label = cert_label(cert);

	if (!time_read(X509_get0_notBefore(cert), not_before) ||
	    !time_read(X509_get0_notAfter(cert), not_after) || *not_after <= *not_before)
		return check_fail(check, LANDFALL_ERROR_STORE_INVALID, STORE_CERT_NAME, error,
				  "the dates of certificate %s make no sense", label);
	return check_start(check, *not_before, label, error) &&
	       check_end(check, *not_after, label, error);
}

static bool check_certs(const Check *check, const GPtrArray *certs, StoreIdentity *identity,
			GError **error)
{
	X509 *leaf = certs->pdata[0];

	if (!check_usage(check, leaf, error) ||
	    !check_dates(check, leaf, &identity->not_before, &identity->not_after, error))
		return false;
	for (unsigned int i = 0; i < certs->len; i++) {
		int64_t not_before = 0;
		int64_t not_after = 0;
		X509 *cert = certs->pdata[i];

		if (!check_signature(check, cert, error))
			return false;
		if (i > 0 && (!check_link(check, certs->pdata[i - 1], cert, error) ||
			      !check_strength(check, cert, error) ||
			      !check_dates(check, cert, &not_before, &not_after, error)))
			return false;
	}
	identity->common_name = name_common(X509_get_subject_name(leaf));
	identity->issuer = name_common(X509_get_issuer_name(leaf));
	if (!identity->common_name)
		check_warn(check, STORE_CERT_NAME,
			   "the certificate has no common name; set client_id for the broker");
	return true;
}

/* --- the other two files --- */

static bool check_trust(const Check *check, GBytes *bytes, GError **error)
{
	g_autoptr(GPtrArray) certs =
		check_read(check, bytes, STORE_CHAIN_NAME, STORE_CHAIN_MAX, error);
	bool any_ca = false;

	if (!certs)
		return false;
	for (unsigned int i = 0; i < certs->len; i++) {
		X509 *cert = certs->pdata[i];
		int64_t not_after = 0;

		any_ca = any_ca || X509_check_ca(cert) != 0;
		if (check->rules->now_s < STORE_CLOCK_FLOOR ||
		    !time_read(X509_get0_notAfter(cert), &not_after) ||
		    not_after >= check->rules->now_s)
			continue;

		g_autofree char *label = cert_label(cert);

		check_warn(check, STORE_CHAIN_NAME, "certificate %s has run out", label);
	}
	if (!any_ca)
		check_warn(check, STORE_CHAIN_NAME,
			   "holds no certificate of a CA; brokers are verified against CAs");
	return true;
}

static bool check_broker(const Check *check, GBytes *bytes, StoreIdentity *identity, GError **error)
{
	gsize len = 0;
	const char *text = g_bytes_get_data(bytes, &len);
	g_autofree char *name = g_build_filename(check->rules->where, STORE_BROKER_NAME, NULL);
	g_autoptr(GError) cause = NULL;

	identity->broker = broker_conf_parse(text, len, name, &cause);
	if (identity->broker)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID, cause->message);
	return false;
}

/* One of no octets says that there is to be none. */
static bool is_absent(GBytes *bytes)
{
	return !bytes || g_bytes_get_size(bytes) == 0;
}

static bool check_wifi(const Check *check, GBytes *bytes, StoreIdentity *identity, GError **error)
{
	gsize len = 0;
	const char *text = g_bytes_get_data(bytes, &len);
	g_autofree char *name = g_build_filename(check->rules->where, STORE_WIFI_NAME, NULL);
	g_autoptr(GError) cause = NULL;

	identity->wifi = wifi_conf_parse(text, len, name, &cause);
	if (!identity->wifi) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
				    cause->message);
		return false;
	}
	if (identity->wifi->identity || identity->common_name)
		return true;
	return check_fail(
		check, LANDFALL_ERROR_STORE_INVALID, STORE_WIFI_NAME, error,
		"names no identity, and the certificate has no common name to stand for it");
}

static bool check_wifi_ca(const Check *check, GBytes *bytes, GError **error)
{
	g_autoptr(GPtrArray) certs =
		check_read(check, bytes, STORE_WIFI_CA_NAME, STORE_CHAIN_MAX, error);

	return certs != NULL;
}

static bool check_sizes(const Check *check, const StoreParts *parts, GError **error)
{
	const struct {
		const char *file;
		size_t len;
		size_t max;
	} sizes[] = {
		{ STORE_CERT_NAME, g_bytes_get_size(parts->cert), STORE_CERT_SIZE_MAX },
		{ STORE_KEY_NAME, secret_len(parts->key), STORE_KEY_SIZE_MAX },
		{ STORE_CHAIN_NAME, parts->chain ? g_bytes_get_size(parts->chain) : 0,
		  STORE_CHAIN_SIZE_MAX },
		{ STORE_BROKER_NAME, parts->broker ? g_bytes_get_size(parts->broker) : 0,
		  BROKER_CONF_SIZE_MAX },
		{ STORE_WIFI_NAME, parts->wifi ? g_bytes_get_size(parts->wifi) : 0,
		  WIFI_CONF_SIZE_MAX },
		{ STORE_WIFI_CA_NAME, parts->wifi_ca ? g_bytes_get_size(parts->wifi_ca) : 0,
		  STORE_WIFI_CA_SIZE_MAX },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
		if (sizes[i].len > sizes[i].max)
			return check_fail(check, LANDFALL_ERROR_STORE_INVALID, sizes[i].file, error,
					  "is larger than %zu octets", sizes[i].max);
	return true;
}

static bool check_parts(const Check *check, const StoreParts *parts, StoreIdentity *identity,
			GError **error)
{
	if (!check_sizes(check, parts, error))
		return false;

	g_autoptr(GPtrArray) certs =
		check_read(check, parts->cert, STORE_CERT_NAME, STORE_CERTS_MAX, error);

	return certs && check_key(check, parts->key, certs, identity, error) &&
	       check_certs(check, certs, identity, error) &&
	       (!parts->chain || check_trust(check, parts->chain, error)) &&
	       (!parts->broker || check_broker(check, parts->broker, identity, error)) &&
	       (is_absent(parts->wifi) || check_wifi(check, parts->wifi, identity, error)) &&
	       (is_absent(parts->wifi_ca) || check_wifi_ca(check, parts->wifi_ca, error));
}

StoreIdentity *store_check(const StoreParts *parts, const StoreCheckRules *rules, GError **error)
{
	g_autoptr(StoreIdentity) identity = g_new0(StoreIdentity, 1);
	Check check = { .rules = rules, .warnings = g_ptr_array_new_with_free_func(g_free) };
	bool ok = check_parts(&check, parts, identity, error);

	g_ptr_array_add(check.warnings, NULL);
	identity->warnings = (char **)g_ptr_array_steal(check.warnings, NULL);
	g_ptr_array_unref(check.warnings);
	return ok ? g_steal_pointer(&identity) : NULL;
}

void store_check_leaf(const void *pem, size_t len, char **common_name, int64_t *not_before,
		      int64_t *not_after)
{
	g_autoptr(BIO) bio = BIO_new_mem_buf(pem, (int)MIN(len, STORE_CERT_SIZE_MAX));
	g_autoptr(X509) leaf = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL);

	*common_name = NULL;
	*not_before = *not_after = 0;
	if (leaf) {
		*common_name = name_common(X509_get_subject_name(leaf));
		if (!time_read(X509_get0_notBefore(leaf), not_before) ||
		    !time_read(X509_get0_notAfter(leaf), not_after))
			*not_before = *not_after = 0;
	}
	ERR_clear_error();
}
