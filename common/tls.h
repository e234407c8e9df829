/* SPDX-License-Identifier: MIT */
/*
 * tls - an OpenSSL context for one mutually authenticated client of one host
 *
 *   certificate  PEM, leaf first, then intermediates; sent whole
 *   key          PEM, or a URI of a token (common/device-key.h); must fit the leaf
 *   trust        PEM file of CA certificates, or the system's store; nothing else is trusted
 *   host         always verified: DNS name against SAN (no CN fallback when there is a SAN),
 *                address against address entries; sent as SNI unless it is an address
 *   revoked      looked up for the broker's own certificate where a CRL is given
 *   versions     TLS 1.2 or 1.3 and up; no renegotiation, no compression, session tickets allowed
 *   strength     112 bits: RSA of 2048, EC of 224, SHA-2 (OpenSSL's level 2)
 *
 * The context remembers why the last handshake failed, in words: what was wrong with the peer's
 * certificate, or which alert the peer sent. It belongs to one connection at a time.
 *
 * Reference counted (tls_context_ref/unref): the owner and a running connection each hold one.
 * One thread at a time; a handshake with a key in a token may be handed to another, which says so
 * with tls_context_set_busy() and keeps everybody else away until it is over.
 */
#pragma once

#include "common/tls-version.h"

#include <glib.h>
#include <openssl/types.h>
#include <stdbool.h>

#define TLS_FILE_MAX (256 * 1024) /* octets of a PEM file that are read */

typedef struct TlsContext TlsContext;

/* All borrowed during tls_context_new() only. */
typedef struct TlsConfig {
	const char *certificate_path; /* device.crt; NULL: no client certificate, key_path too */
	const char *key_path;         /* device.key */
	const char *trust_path;       /* server_chain.pem; NULL: the system's store */
	const char *crl_path;         /* PEM, lists of revoked certificates; NULL: not looked at */
	const char *host;             /* DNS name or address literal; needed */
	const char *alpn;             /* one protocol name of 1..255 octets, or NULL */
	TlsVersion min_version;
} TlsConfig;

/* tls_context_new() - read the files and build the context
 * Reads at most TLS_FILE_MAX of each file; never prompts.
 * Errors: LANDFALL_ERROR_KEY_UNREADABLE (absent, unreadable, encrypted, not PEM, held in a token
 * that nobody here can open), _KEY_MISMATCH, _STORE_INVALID (certificate or trust file absent,
 * unreadable or empty of certificates), _INVALID (host, ALPN); the text names the file and what
 * is wrong */
TlsContext *tls_context_new(const TlsConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* tls_context_ref() - one more holder; returns @context */
TlsContext *tls_context_ref(TlsContext *context);

/* tls_context_unref() - one holder less; the last one frees. NULL is fine */
void tls_context_unref(TlsContext *context);

/* tls_context_refresh() - read a list of revoked certificates again that has changed since it was
 * read; what is trusted is read again with it. For before a connection; nothing happens while the
 * context is busy, or without such a list
 * Errors: as tls_context_new(), once for each change; the old list goes on to hold */
bool tls_context_refresh(TlsContext *context, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* tls_context_host() - the name that is verified, borrowed */
const char *tls_context_host(const TlsContext *context);

/* tls_context_ssl_ctx() - for the library that makes the connection, borrowed */
SSL_CTX *tls_context_ssl_ctx(const TlsContext *context);

/* TlsStart - a handshake starts on @ssl, before its first octet; borrowed */
typedef void (*TlsStart)(SSL *ssl, gpointer data);

/* tls_context_slow() - our key is in a token: a handshake may take seconds of computing */
bool tls_context_slow(const TlsContext *context);

/* tls_context_set_busy() - a thread takes the context for a handshake, or gives it back; any
 * thread */
void tls_context_set_busy(TlsContext *context, bool busy);

/* tls_context_busy() - whether one has it; then only ref, unref, slow and this may be called */
bool tls_context_busy(const TlsContext *context);

/* tls_context_begin() - forget the last failure: a new handshake is about to start
 * @start: called once when it does, until the next tls_context_begin(); may be NULL */
void tls_context_begin(TlsContext *context, TlsStart start, gpointer data);

/* tls_context_failure() - why the handshake failed, as a sentence without a full stop, or NULL
 * when neither side gave a reason; valid until tls_context_begin() or the last unref
 * Examples: "the broker's certificate (CN=broker) expired on 2024-05-01 12:00:00 UTC",
 * "the broker refused us: it does not know the CA of our certificate (TLS alert 48)" */
const char *tls_context_failure(const TlsContext *context);

/* tls_context_unasked() - in the last handshake the broker did not ask for our certificate, so it
 * cannot tell us from anybody else */
bool tls_context_unasked(const TlsContext *context);

/* tls_context_refused() - that failure is an alert of the peer: it did not want us */
bool tls_context_refused(const TlsContext *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsContext, tls_context_unref)
