/* SPDX-License-Identifier: MIT */
#include "common/device-key.h"

#include "common/device-key-token.h"
#include "common/error.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define RSA_BITS 2048

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)

typedef struct KindRow {
	const char *name;
	const char *curve; /* NULL: RSA */
} KindRow;

static const KindRow kinds[] = {
	[DEVICE_KEY_EC_P256] = { "ec-p256", "prime256v1" },
	[DEVICE_KEY_EC_P384] = { "ec-p384", "secp384r1" },
	[DEVICE_KEY_RSA_2048] = { "rsa-2048", NULL },
};

G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == DEVICE_KEY_N);

bool device_key_kind_find(const char *name, DeviceKeyKind *kind)
{
	for (int i = 0; i < DEVICE_KEY_N; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		*kind = (DeviceKeyKind)i;
		return true;
	}
	return false;
}

/* OpenSSL's reason for what has just failed. */
static void set_failed(GError **error, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "%s: %s", what,
		    reason ? reason : "OpenSSL gives no reason");
	ERR_clear_error();
}

/* There is nobody to ask for a passphrase: remember that one was wanted. */
static int on_passphrase(char *buffer, int size, int writing, void *user_data)
{
	bool *asked = user_data;

	*asked = true;
	return -1;
}

typedef struct PlaceRow {
	const char *scheme;
	const char *name;
	EVP_PKEY *(*open)(const char *uri, GError **error);
	bool (*ensure)(const char *uri, DeviceKeyKind kind, bool *made, GError **error);
} PlaceRow;

static const PlaceRow places[] = {
	[DEVICE_KEY_FILE] = { NULL, "a file", NULL, NULL },
	[DEVICE_KEY_PKCS11] = { "pkcs11:", "a PKCS#11 token", device_key_pkcs11_open,
				device_key_pkcs11_ensure },
	[DEVICE_KEY_TPM] = { "handle:", "a TPM", device_key_tpm_open, device_key_tpm_ensure },
};

DeviceKeyPlace device_key_place(const Secret *text)
{
	const char *start = (const char *)secret_data(text);

	while (g_ascii_isspace(*start))
		start++;
	for (size_t i = DEVICE_KEY_PKCS11; i < G_N_ELEMENTS(places); i++)
		if (g_ascii_strncasecmp(start, places[i].scheme, strlen(places[i].scheme)) == 0)
			return (DeviceKeyPlace)i;
	return DEVICE_KEY_FILE;
}

const char *device_key_place_name(DeviceKeyPlace place)
{
	return places[place].name;
}

static void uri_free(char *uri)
{
	OPENSSL_cleanse(uri, strlen(uri)); /* it may hold a PIN */
	g_free(uri);
}

/* The one URI of @text, to be freed with uri_free(); NULL with @error when there is more than
 * that, or what no URI has in it. */
static char *token_uri(const PlaceRow *place, const Secret *text, GError **error)
{
	g_autofree char *uri =
		g_strstrip(g_strndup((const char *)secret_data(text), DEVICE_KEY_URI_MAX + 1));

	bool graphic = true;

	for (const char *c = uri; *c; c++)
		graphic &= g_ascii_isgraph(*c);
	if (graphic && strlen(uri) <= DEVICE_KEY_URI_MAX)
		return g_steal_pointer(&uri);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
		    "names a key in %s, but is not one URI on a line, of %d octets at most",
		    place->name, DEVICE_KEY_URI_MAX);
	return NULL;
}

static EVP_PKEY *token_open(const PlaceRow *place, const Secret *text, GError **error)
{
	char *uri = token_uri(place, text, error);
	EVP_PKEY *key = NULL;

	if (!uri)
		return NULL;
	key = place->open(uri, error);
	uri_free(uri);
	return key;
}

bool device_key_ensure(const Secret *text, DeviceKeyKind kind, bool *made, GError **error)
{
	const PlaceRow *place = &places[device_key_place(text)];
	char *uri;
	bool there;

	if (!place->ensure) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "names a key in %s, where none can be made", place->name);
		return false;
	}
	uri = token_uri(place, text, error);
	if (!uri)
		return false;
	there = place->ensure(uri, kind, made, error);
	uri_free(uri);
	return there;
}

EVP_PKEY *device_key_open(const Secret *text, GError **error)
{
	const PlaceRow *place = &places[device_key_place(text)];
	bool asked = false;

	if (place->open)
		return token_open(place, text, error);

	g_autoptr(BIO) bio = BIO_new_mem_buf(secret_data(text), (int)secret_len(text));
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, &asked);

	if (!key)
		g_set_error_literal(
			error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
			asked ? "is encrypted, and nobody is there to type the passphrase; decrypt "
				"it with: openssl pkey -in device.key -out plain.key"
			      : "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
	ERR_clear_error();
	return key;
}

EVP_PKEY *device_key_make(DeviceKeyKind kind, GError **error)
{
	const char *curve = kinds[kind].curve;
	EVP_PKEY *key = curve ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve)
			      : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);

	if (!key)
		set_failed(error, "no key can be made");
	return key;
}

bool device_key_is(const EVP_PKEY *key, DeviceKeyKind kind)
{
	const char *curve = kinds[kind].curve;
	char group[64] = "";

	if (!curve)
		return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == RSA_BITS;
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					      NULL) == 1 &&
	       strcmp(group, curve) == 0;
}

Secret *device_key_encode(EVP_PKEY *key, GError **error)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_secmem());
	char *data = NULL;
	long len;

	if (!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (len = BIO_get_mem_data(bio, &data)) <= 0) {
		set_failed(error, "the key cannot be written down");
		return NULL;
	}
	return secret_new(data, (size_t)len);
}

static bool name_holds(const char *name, GError **error)
{
	size_t len = strnlen(name, DEVICE_KEY_NAME_MAX + 1);
	bool holds =
		len >= 1 && len <= DEVICE_KEY_NAME_MAX && g_utf8_validate(name, (gssize)len, NULL);

	for (const char *c = name; holds && *c; c++)
		holds = !g_ascii_iscntrl(*c);
	if (!holds)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "a common name has 1 to %d octets of UTF-8 without control characters",
			    DEVICE_KEY_NAME_MAX);
	return holds;
}

static X509_REQ *request_sign(EVP_PKEY *key, const char *common_name)
{
	g_autoptr(X509_REQ) request = X509_REQ_new();

	if (!request || X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 ||
	    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
				       (const unsigned char *)common_name, -1, -1, 0) != 1 ||
	    X509_REQ_set_pubkey(request, key) != 1 ||
	    X509_REQ_sign(request, key, EVP_sha256()) <= 0)
		return NULL;
	return g_steal_pointer(&request);
}

char *device_key_request(EVP_PKEY *key, const char *common_name, GError **error)
{
	if (!name_holds(common_name, error))
		return NULL;

	g_autoptr(X509_REQ) request = request_sign(key, common_name);
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	if (!request || !bio || PEM_write_bio_X509_REQ(bio, request) != 1 ||
	    (len = BIO_get_mem_data(bio, &data)) <= 0) {
		set_failed(error, "the request cannot be signed");
		return NULL;
	}
	return g_strndup(data, (gsize)len);
}
