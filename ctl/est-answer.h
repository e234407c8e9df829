/* SPDX-License-Identifier: MIT */
/*
 * est-answer - the certificate in what an EST server answers
 *
 *   base64 of a PKCS#7, signed-data without content or signers (RFC 7030, 4.1.3): certificates in
 *   any order, the new one and those of its issuers among them, maybe others
 *
 * Pure: octets in, octets out. Nothing of it is trusted: whoever installs the result has it
 * checked.
 */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* est_answer_read() - the new certificate and its issuers
 * @body:    text, not trusted
 * @present: the certificate that is renewed
 * @key:     what the new one was asked for
 * Returns device.crt: the newest for @key first, then each one's issuer, as far as they are there,
 * no root; free with g_bytes_unref()
 * Errors: LANDFALL_ERROR_INVALID (no such certificate, that is no other than @present, has another
 * common name, or too many issuers), a clause to stand behind the name of the server */
GBytes *est_answer_read(const char *body, X509 *present, EVP_PKEY *key,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;
