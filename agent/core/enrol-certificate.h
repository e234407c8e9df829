/* SPDX-License-Identifier: MIT */
/*
 * enrol-certificate - what a cloud sends as the certificate that was asked for
 */
#pragma once

#include <glib.h>

#define ENROL_CERTIFICATE_MAX 16384 /* octets of the text */
#define ENROL_CHAIN_MAX       10    /* certificates in it */

/* enrol_certificate_take() - look at it before anything further is asked for with it
 * @pem:     certificates, first the one for the key of @request, among whatever else
 * @request: PKCS#10 in PEM, our own
 * Returns the certificates and nothing else, such as a key, in PEM, free with g_free()
 * Errors: LANDFALL_ERROR_INVALID (there is none, or too much; it is for another key) */
char *enrol_certificate_take(const char *pem, const char *request,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;
