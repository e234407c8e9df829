/* SPDX-License-Identifier: MIT */
/*
 * tls-reason - why a TLS handshake failed, in a sentence for the operator
 *
 * Names out of a peer's certificate are escaped to ASCII and cut. Every text is without a full
 * stop and is freed with g_free().
 */
#pragma once

#include <glib.h>
#include <openssl/types.h>
#include <stdbool.h>

/* tls_reason_verify() - what is wrong with the peer's certificate
 * @store_ctx: as a verify callback gets it, borrowed
 * @host:      the name or address that was to be verified */
char *tls_reason_verify(X509_STORE_CTX *store_ctx, const char *host);

/* tls_reason_is_refusal() - whether an alert, as an info callback gets it, ends the handshake;
 * an orderly close does not */
bool tls_reason_is_refusal(int alert);

/* tls_reason_alert() - the alert with which the peer ended the handshake */
char *tls_reason_alert(int alert);
