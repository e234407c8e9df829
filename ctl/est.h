/* SPDX-License-Identifier: MIT */
/*
 * est - a new certificate from a server of Enrollment over Secure Transport (RFC 7030)
 *
 *   POST BASE/simplereenroll      application/pkcs10, base64: subject and names of the present
 *                                 certificate, signed by the key the new one is to be for
 *   200  application/pkcs7-mime   base64 of a certs-only PKCS#7: the new certificate, its issuers
 *   202  Retry-After              not yet
 *
 * What Retry-After asks for, there and in 429 and 503, is kept in the store and obeyed
 * (common/renewal-wait). Every other answer lifts it.
 *
 * Mutual TLS with the present certificate and its key, wherever that is. libcurl does the HTTP.
 */
#pragma once

#include "common/config.h"
#include "common/store.h"

/* est_renew() - renew the current identity and install what comes back
 * @config: store and [renewal], borrowed
 * @now:    ask even when the server has asked to wait
 * Blocks for as long as the server takes, two minutes at most.
 * Returns the new identity, free with store_identity_free()
 * Errors: LANDFALL_ERROR_CONFIG (no server set), NETWORK (not reached, not trusted, not yet),
 * DENIED (it refuses us), INVALID (its answer makes no sense), and those of store_install() */
StoreIdentity *est_renew(Store *store, const Config *config, bool now,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
