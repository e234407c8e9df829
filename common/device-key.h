/* SPDX-License-Identifier: MIT */
/*
 * device-key - the private key that proves who this device is, wherever it lives
 *
 * `device.key` either holds the key itself (PEM) or names one inside a token. Whoever needs the
 * key opens it here and gets OpenSSL's handle, which signs the same way in all cases; nobody else
 * looks at the text.
 *
 *   text of device.key                     what is done
 *   -----BEGIN [EC|RSA] PRIVATE KEY-----   opened
 *   -----BEGIN ENCRYPTED PRIVATE KEY-----  refused: nobody is there to type the passphrase
 *   pkcs11:token=...;object=...            opened in the token, through an engine of OpenSSL
 *   handle:0x81000001                      opened in the TPM, through a provider of OpenSSL
 *
 * docs/keys.md has the syntax and how to set up a token.
 */
#pragma once

#include "common/secret.h"

#include <glib.h>
#include <openssl/evp.h>
#include <stdbool.h>

#define DEVICE_KEY_NAME_MAX 64 /* octets of a common name: ub-common-name of RFC 5280 */

#define DEVICE_KEY_URI_MAX 1024 /* octets of a URI in device.key */

/* Where the private half is */
typedef enum DeviceKeyPlace {
	DEVICE_KEY_FILE,   /* in device.key itself */
	DEVICE_KEY_PKCS11, /* in a token; opening it and signing may take seconds */
	DEVICE_KEY_TPM,    /* likewise */
} DeviceKeyPlace;

/* Kinds that can be made here. The numbers are those of the provisioning protocol. */
typedef enum DeviceKeyKind {
	DEVICE_KEY_EC_P256,
	DEVICE_KEY_EC_P384,
	DEVICE_KEY_RSA_2048, /* takes a second or more on a small device */
	DEVICE_KEY_N,
} DeviceKeyKind;

/* device_key_kind_find() - the kind of that name; false when there is none */
bool device_key_kind_find(const char *name, DeviceKeyKind *kind);

/* device_key_place() - where the key is that @text holds or names; looks at the text alone */
DeviceKeyPlace device_key_place(const Secret *text);

/* device_key_place_name() - "a file", "a PKCS#11 token", "a TPM"; static */
const char *device_key_place_name(DeviceKeyPlace place);

/* device_key_open() - the key that a device.key holds or names
 * @text: borrowed
 * Asks nobody for a passphrase or a PIN. May take seconds unless the key is in the file.
 * Returns a key to be freed with EVP_PKEY_free()
 * Errors: LANDFALL_ERROR_KEY_UNREADABLE, a clause to stand after the name of the file */
EVP_PKEY *device_key_open(const Secret *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_make() - a new key in memory
 * Returns a key to be freed with EVP_PKEY_free()
 * Errors: LANDFALL_ERROR_FAILED (OpenSSL has no randomness) */
EVP_PKEY *device_key_make(DeviceKeyKind kind, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_ensure() - make the key that @text names inside its token, unless it is there
 * @text: a URI; @made: set on success
 * May take seconds. One caller at a time: two would make two keys of one name.
 * Errors: LANDFALL_ERROR_INVALID (@text does not say enough to make a key by, the token was not
 * touched; opening the key may still succeed), KEY_UNREADABLE. Both are a clause to stand after
 * what @text is called */
bool device_key_ensure(const Secret *text, DeviceKeyKind kind, bool *made,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_is() - whether @key is of @kind */
bool device_key_is(const EVP_PKEY *key, DeviceKeyKind kind);

/* device_key_encode() - @key as the text of a device.key; free with secret_free()
 * Errors: LANDFALL_ERROR_FAILED */
Secret *device_key_encode(EVP_PKEY *key, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_request() - a PKCS#10 request for a certificate of @key, as PEM
 * @common_name: 1..DEVICE_KEY_NAME_MAX octets of UTF-8 without control characters
 * Returns text to be freed with g_free()
 * Errors: LANDFALL_ERROR_INVALID (the name), FAILED */
char *device_key_request(EVP_PKEY *key, const char *common_name,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
/* clang-format on */
