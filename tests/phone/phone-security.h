/* SPDX-License-Identifier: MIT */
/*
 * phone-security - the phone's half of an encrypted session, whichever version it is
 *
 *   phone_security_hello()   ─▶ Cmd0         phone_security_seal()  clear request ─▶ octets written
 *   phone_security_proof()   Resp0 ─▶ Cmd1   phone_security_open()  octets read ─▶ clear answer
 *   phone_security_finish()  Resp1
 *
 * In this order, once; a new handshake needs a new object. Made by phone_security0_new(),
 * phone_security1_new(), phone_security2_new().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Security Security;

/* What a version fills in; see the functions below for each. */
typedef struct SecurityOps {
	unsigned version;
	bool (*hello)(Security *security, GByteArray *out, GError **error);
	bool (*proof)(Security *security, const GByteArray *in, GByteArray *out, GError **error);
	bool (*finish)(Security *security, const GByteArray *in, GError **error);
	bool (*seal)(Security *security, const uint8_t *in, size_t len, GByteArray *out,
		     GError **error);
	bool (*open)(Security *security, const GByteArray *in, GByteArray *out, GError **error);
	void (*free)(Security *security);
} SecurityOps;

/* The head of each version's own object. */
struct Security {
	const SecurityOps *ops;
};

/* phone_security_hello() - append the first message, Cmd0. Errors: PHONE_ERROR_INTERNAL */
bool phone_security_hello(Security *security, GByteArray *out,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_proof() - take the answer to it, Resp0, and append the second message, Cmd1;
 * nothing when there is none, because the session is open
 * Errors: PHONE_ERROR_PROTOCOL (unusable answer), PHONE_ERROR_INTERNAL */
bool phone_security_proof(Security *security, const GByteArray *in, GByteArray *out,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_finish() - take the answer to that, Resp1: the session is open
 * Errors: PHONE_ERROR_IMPOSTOR (the device cannot prove itself), PHONE_ERROR_PROTOCOL */
bool phone_security_finish(Security *security, const GByteArray *in,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_seal() - append @in, encrypted, to @out. Errors: PHONE_ERROR_INTERNAL */
bool phone_security_seal(Security *security, const uint8_t *in, size_t len, GByteArray *out,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_open() - append @in, decrypted and (version 2) verified, to @out
 * Errors: PHONE_ERROR_PROTOCOL (too short, or the tag is wrong) */
bool phone_security_open(Security *security, const GByteArray *in, GByteArray *out,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_free() - wipe the keys; NULL is fine */
void phone_security_free(Security *security);

/* phone_security_wrap() - append SessionData{ sec_ver, payload{ msg, body } }
 * @body: field number @number of the payload: the command itself */
void phone_security_wrap(GByteArray *out, unsigned version, unsigned msg, uint32_t number,
			 const GByteArray *body);

/* phone_security_unwrap() - find the body of an answer in SessionData
 * @number: the field of the payload it is in
 * @body: a copy, owned by the caller
 * Errors: PHONE_ERROR_PROTOCOL */
bool phone_security_unwrap(const GByteArray *in, unsigned version, unsigned msg, uint32_t number,
			   GBytes **body, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* phone_security_crypto_failed() - set PHONE_ERROR_INTERNAL; returns false */
bool phone_security_crypto_failed(const char *what, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Security, phone_security_free)
