/* SPDX-License-Identifier: MIT */
/*
 * pki - throwaway certificates for tests, written as PEM files
 *
 * Keys are EC P-256 unless asked otherwise. Files are NAME.crt and NAME.key in the folder of the
 * Pki. All failures abort: a test cannot go on without its certificates.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Pki Pki;

/* What a certificate says; members left 0 take the value in brackets. */
typedef struct PkiCert {
	const char *name; /* of the files, and the common name unless that is given */
	const char *common_name;
	const char *issuer; /* name of an earlier one; [itself: self-signed] */
	const char *san;    /* "DNS:localhost,IP:127.0.0.1" [none] */
	bool ca;
	bool client_only;      /* extended key usage: client authentication */
	const char *ext_usage; /* any other extended key usage, as OpenSSL writes it [none] */
	const char *key_usage; /* the same for key usage [none, for a CA that of a CA] */
	const char *key_kind;  /* "EC:P-384", "RSA:2048", "ED25519" [EC:P-256] */
	const char *digest;    /* of the signature ["SHA256"] */
	int64_t from_s;        /* seconds from now [-3600] */
	int64_t until_s;       /* seconds from now [+86400] */
} PkiCert;

/* pki_new() - a folder of its own below the system's temporary one */
Pki *pki_new(void);

/* pki_free() - remove the folder with everything in it; NULL is fine */
void pki_free(Pki *pki);

/* pki_dir() - the folder, borrowed */
const char *pki_dir(const Pki *pki);

/* pki_path() - path of @file in the folder; borrowed for the life of @pki */
const char *pki_path(Pki *pki, const char *file);

/* pki_issue() - make a key and a certificate, write both */
void pki_issue(Pki *pki, const PkiCert *cert);

/* pki_issue_all() - the same for @n of them, one after the other */
void pki_issue_all(Pki *pki, const PkiCert *certs, size_t n);

/* pki_list_revoked() - write @file: a list of @issuer, signed an hour ago, that revokes @revoked,
 * both issued here
 * @until_s: seconds from now until it has to be replaced */
void pki_list_revoked(Pki *pki, const char *issuer, const char *revoked, long until_s,
		      const char *file);

/* pki_sign_request() - a client certificate for what a request (PKCS#10, PEM) asks for; the
 * request's own signature must verify
 * Returns PEM, freed by the caller */
char *pki_sign_request(Pki *pki, const char *issuer, const char *request);

/* pki_concat() - write @file from others of the folder, the last one followed by NULL */
void pki_concat(Pki *pki, const char *file, ...) G_GNUC_NULL_TERMINATED;

/* pki_write() - write @file with @text */
void pki_write(Pki *pki, const char *file, const char *text);

/* pki_encrypt_key() - write @file: the key of @name under a passphrase */
void pki_encrypt_key(Pki *pki, const char *name, const char *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pki, pki_free)
