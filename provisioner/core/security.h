/* SPDX-License-Identifier: MIT */
/*
 * security - what a session asks of the scheme that secures it
 *
 * session.c decodes the handshake and keeps its order; a scheme (security0.c, 1, 2) does
 * the arithmetic and the records, and holds the keys.
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/proto/session.pb-c.h"
#include "provisioner/core/prov-error.h"

typedef struct SecurityOps {
	int version; /* sec_ver */
	int patch;   /* sec_patch_ver */

	/* proof_again: after a wrong proof the session waits for another one (protocomm.md 7.4)
	 * rather than for a new hello (8.5) */
	bool proof_again;

	/* proofless: the answer to the hello opens the session; there is no prove() */
	bool proofless;

	/* command() - which of the two commands a message carries: 0 or 1; -1 with @error when it
	 * is none, lacks what it must carry, or has a proof that is none for its length */
	int (*command)(const Pb__SessionData *in, GError **error);

	/* hello() - answer command 0; keys of an earlier session were wiped
	 * @in: command() returned 0; borrowed, not written
	 * @out: appended to on success, untouched on failure */
	bool (*hello)(void *security, const Pb__SessionData *in, GByteArray *out, GError **error);

	/* prove() - check the proof in command 1 and answer it; PROV_ERROR_AUTH when it is wrong */
	bool (*prove)(void *security, const Pb__SessionData *in, GByteArray *out, GError **error);

	/* decrypt() - open a record; the session is open. NULL with @error set on failure */
	Secret *(*decrypt)(void *security, GBytes *in, GError **error);

	/* encrypt() - seal a record */
	GBytes *(*encrypt)(void *security, GByteArray *in, GError **error);

	/* wipe() - forget the keys; harmless when there are none */
	void (*wipe)(void *security);

	void (*free)(void *security);
} SecurityOps;
