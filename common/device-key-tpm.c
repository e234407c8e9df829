/* SPDX-License-Identifier: MIT */
#include "common/openssl-legacy.h"

#include "common/device-key-token.h"

#include "common/error.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdbool.h>

#define PROVIDER       "tpm2"
#define PREFER_TPM     "?provider=tpm2"
#define GROUP_NAME_MAX 64
#define POINT_MAX      133 /* octets of a point on P-521, uncompressed */

/*
 * A key of the provider does not work in the default library context: for ECDSA OpenSSL takes its
 * own implementation, which finds the private half missing. Preferring the TPM for everything
 * would compute digests and ephemeral keys there. So the TPM has a context of its own, and what
 * the process sees is the public half with a method that signs over there.
 */
typedef struct TpmKey {
	OSSL_LIB_CTX *context;
	OSSL_PROVIDER *tpm;
	OSSL_PROVIDER *base;
	EVP_PKEY *key;
} TpmKey;

static void tpm_key_free(TpmKey *tpm)
{
	if (!tpm)
		return;
	EVP_PKEY_free(tpm->key);
	if (tpm->base)
		OSSL_PROVIDER_unload(tpm->base);
	if (tpm->tpm)
		OSSL_PROVIDER_unload(tpm->tpm);
	OSSL_LIB_CTX_free(tpm->context);
	g_free(tpm);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TpmKey, tpm_key_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_KEY, EC_KEY_free)

static void set_unreadable(GError **error, const char *what)
{
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, what);
	ERR_clear_error();
}

/* ---- the method of the public half ---- */

static gpointer index_make(gpointer data)
{
	return GINT_TO_POINTER(EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL));
}

/* Where an EC_KEY keeps its TpmKey */
static int tpm_index(void)
{
	static GOnce once = G_ONCE_INIT;

	return GPOINTER_TO_INT(g_once(&once, index_make, NULL));
}

static void on_finish(EC_KEY *key)
{
	tpm_key_free(EC_KEY_get_ex_data(key, tpm_index()));
	EC_KEY_set_ex_data(key, tpm_index(), NULL);
}

static int on_sign(int type, const unsigned char *digest, int digest_len, unsigned char *signature,
		   unsigned int *len, const BIGNUM *k, const BIGNUM *x, EC_KEY *key)
{
	const TpmKey *tpm = EC_KEY_get_ex_data(key, tpm_index());
	g_autoptr(EVP_PKEY_CTX) ctx =
		EVP_PKEY_CTX_new_from_pkey(tpm->context, tpm->key, PREFER_TPM);
	size_t room = (size_t)ECDSA_size(key);

	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, signature, &room, digest, (size_t)digest_len) != 1)
		return 0;
	*len = (unsigned int)room;
	return 1;
}

static gpointer method_make(gpointer data)
{
	EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());

	if (!method)
		g_error("out of memory");
	EC_KEY_METHOD_set_init(method, NULL, on_finish, NULL, NULL, NULL, NULL);
	EC_KEY_METHOD_set_sign(method, on_sign, NULL, NULL);
	return method;
}

/* One for all keys; it outlives them. */
static const EC_KEY_METHOD *tpm_method(void)
{
	static GOnce once = G_ONCE_INIT;

	return g_once(&once, method_make, NULL);
}

/* ---- opening ---- */

static bool load_providers(TpmKey *tpm)
{
	tpm->context = OSSL_LIB_CTX_new();
	if (!tpm->context)
		g_error("out of memory");
	tpm->tpm = OSSL_PROVIDER_load(tpm->context, PROVIDER);
	tpm->base = OSSL_PROVIDER_load(tpm->context, "default");
	return tpm->tpm && tpm->base;
}

static EVP_PKEY *load_key(const TpmKey *tpm, const char *uri)
{
	OSSL_STORE_CTX *store =
		OSSL_STORE_open_ex(uri, tpm->context, PREFER_TPM, NULL, NULL, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	while (store && !key && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info)
			break;
		key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return key;
}

/* The provider says "P-256", others "prime256v1". */
static int curve_find(const char *name)
{
	int nid = EC_curve_nist2nid(name);

	return nid != NID_undef ? nid : OBJ_txt2nid(name);
}

/* The public half in the process's own context. */
static EC_KEY *public_half(EVP_PKEY *key)
{
	char group[GROUP_NAME_MAX] = "";
	unsigned char point[POINT_MAX];
	size_t len = 0;
	g_autoptr(EC_KEY) half = NULL;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					    &len) == 1 &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		half = EC_KEY_new_by_curve_name(curve_find(group));
	if (half && EC_KEY_oct2key(half, point, len, NULL) != 1)
		g_clear_pointer(&half, EC_KEY_free);
	return g_steal_pointer(&half);
}

static EVP_PKEY *wrap(TpmKey *tpm, GError **error)
{
	g_autoptr(EC_KEY) half = EVP_PKEY_is_a(tpm->key, "EC") ? public_half(tpm->key) : NULL;
	EVP_PKEY *key = EVP_PKEY_new();

	if (!key)
		g_error("out of memory");
	if (!half || EC_KEY_set_method(half, tpm_method()) != 1 ||
	    EVP_PKEY_set1_EC_KEY(key, half) != 1) {
		EVP_PKEY_free(key);
		set_unreadable(error, "names a key of the TPM that is no EC key on a known curve, "
				      "the only kind that can be used there");
		return NULL;
	}
	EC_KEY_set_ex_data(half, tpm_index(), tpm);
	return key;
}

EVP_PKEY *device_key_tpm_open(const char *uri, GError **error)
{
	g_autoptr(TpmKey) tpm = g_new0(TpmKey, 1);

	if (!load_providers(tpm)) {
		set_unreadable(error, "names a key in a TPM, and OpenSSL's provider for that does "
				      "not start; install tpm2-openssl, and see that the TPM can "
				      "be reached ($TPM2OPENSSL_TCTI, else /dev/tpmrm0)");
		return NULL;
	}
	tpm->key = load_key(tpm, uri);
	if (!tpm->key) {
		set_unreadable(error, "names a handle where the TPM has no key");
		return NULL;
	}

	EVP_PKEY *key = wrap(tpm, error);

	if (key)
		g_steal_pointer(&tpm); /* the key owns it now */
	return key;
}
