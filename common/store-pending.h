/* SPDX-License-Identifier: MIT */
/*
 * store-pending - a key made on this device that still waits for its certificate
 *
 *     PATH/pending.key   0600; at most one; PEM, or the URI of a key in a token
 *     PATH/renewal.key   0600; at most one; PEM: that of a renewal, which nobody else is told of
 *
 * The key never leaves the device: what leaves is a request (PKCS#10), as often as it is wanted,
 * and what comes back is a certificate. Installing that one moves the key into the new generation
 * and then removes the file. Losing power in between leaves the file behind, which
 * store_request() notices: a key that is in force already is not offered again.
 */
#pragma once

#include "common/device-key.h"
#include "common/store.h"

#include <glib.h>
#include <stdbool.h>

#define STORE_PENDING_NAME "pending.key"
#define STORE_RENEWAL_NAME "renewal.key"

/* All borrowed. */
typedef struct StoreRequest {
	const char *common_name; /* NULL: store_request_name() */
	DeviceKeyKind kind;
	bool anew;             /* a new key even where one of this kind waits */
	const char *token_key; /* URI of a key in a token, to be used in place of any other; NULL */
} StoreRequest;

/* store_request() - a request for a certificate of the pending key, which is made where there is
 * none of this kind. Creates the store if need be. The key is on disk before this returns.
 * Returns PEM, to be freed with g_free()
 * Errors: LANDFALL_ERROR_INVALID (common name), KEY_UNREADABLE (in the token), UNAVAILABLE
 * (locked), FULL, DENIED, FAILED */
char *store_request(Store *store, const StoreRequest *request,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_renewal_key() - the key that a renewal is to ask a certificate for: that of the attempt
 * before, as a server may have somebody approve what it was asked, and then be asked the same
 * again; else a new one. It is on disk before this returns.
 * Returns a key to be freed with EVP_PKEY_free()
 * Errors: LANDFALL_ERROR_UNAVAILABLE (locked), FULL, DENIED, FAILED */
EVP_PKEY *store_renewal_key(Store *store, DeviceKeyKind kind,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_renewal_settle() - the next renewal is to ask for another key. Where that cannot be
 * written, it is left to store_renewal_key() to see that the old one is in force */
void store_renewal_settle(Store *store);

/* store_device_name() - the serial number of the board; else the host name. To be freed with
 * g_free() */
char *store_device_name(void);

/* store_request_name() - the common name of a request that names none: that of the current
 * identity, else store_device_name(). To be freed with g_free() */
char *store_request_name(Store *store);

/* store_install() - import @parts, of which some may be missing
 * @parts: without a certificate, certificate and key stay those of the current generation; with
 *   one and without a key, the pending key is its key. server_chain.pem and broker.conf stay where
 *   they are missing; an empty server_chain.pem goes.
 * Returns the new identity, free with store_identity_free()
 * Errors: those of store_import(); LANDFALL_ERROR_KEY_UNREADABLE (no key came and none is
 * pending), STORE_ABSENT (no certificate came and there is none) */
StoreIdentity *store_install(Store *store, const StoreParts *parts,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;
