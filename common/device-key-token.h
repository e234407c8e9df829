/* SPDX-License-Identifier: MIT */
/*
 * device-key-token - keys that never leave a token or TPM; private to device-key
 *
 * Both open functions may take seconds and are called off the main loop by whoever minds. The key
 * they return signs through the token; the private half is not in memory.
 */
#pragma once

#include "common/device-key.h"

#include <glib.h>
#include <openssl/types.h>
#include <stdbool.h>

/* device_key_pkcs11_open() - the private key that a PKCS#11 URI (RFC 7512) names
 * Through OpenSSL's engine "pkcs11" (libengine-pkcs11-openssl). The module is the one of the
 * attribute module-path, a file nobody but root or we can write; without it $PKCS11_MODULE_PATH,
 * else p11-kit's. The PIN is that of pin-value or pin-source; nobody is asked for one.
 * Errors: LANDFALL_ERROR_KEY_UNREADABLE, a clause to stand after the name of the file */
EVP_PKEY *device_key_pkcs11_open(const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_pin_read() - the first line of the file that a pin-source names
 * Errors: as device_key_pkcs11_open() */
Secret *device_key_pin_read(const char *source, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_pkcs11_module() - the file behind @module, without symbolic links: it runs as us, so
 * only one that nobody but root or we can write or put another in the place of
 * Returns: to be freed with free(), or NULL
 * Errors: as device_key_pkcs11_open() */
char *device_key_pkcs11_module(const char *module, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_pkcs11_ensure() - make the key pair that a PKCS#11 URI names, unless it is there
 * With the module's own functions: libp11 0.4.12 of Debian 12 makes RSA keys alone, and OpenSSL's
 * engine none. The private half is marked as never to leave the token.
 * @made: set on success
 * Errors: as device_key_ensure() */
bool device_key_pkcs11_ensure(const char *uri, DeviceKeyKind kind, bool *made,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_tpm_open() - the EC key at a persistent handle, "handle:0x81000001"
 * Through OpenSSL's provider "tpm2" (tpm2-openssl), in a library context of its own so that
 * nothing else of the process is computed in the TPM. $TPM2OPENSSL_TCTI says where the TPM is;
 * without it /dev/tpmrm0.
 * Errors: as device_key_pkcs11_open() */
EVP_PKEY *device_key_tpm_open(const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_key_tpm_ensure() - make an EC key on P-256 at a persistent handle, unless one is there
 * With the libraries of tpm2-tss that the provider uses as well: it makes keys, but keeps none at
 * a handle. The owner's hierarchy must have no password.
 * @made: set on success
 * Errors: as device_key_ensure() */
bool device_key_tpm_ensure(const char *uri, DeviceKeyKind kind, bool *made,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;
