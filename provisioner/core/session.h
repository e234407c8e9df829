/* SPDX-License-Identifier: MIT */
/*
 * session - the one secured conversation with a peer: handshake in order, then records
 *
 *   state   command 0               command 1                         record
 *   HELLO   answer -> PROOF         refused                           refused
 *           security 0: -> OPEN
 *   PROOF   start over -> PROOF     right -> OPEN                     refused
 *                                   wrong: security 1 stays, 2 -> HELLO
 *   OPEN    start over -> PROOF     refused                           served
 *
 * A message that cannot be decoded, or lacks what its command must carry, changes nothing. A
 * command 0 that is refused for its content, and any failure of ours, leave HELLO.
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/prov-error.h"
#include "provisioner/core/security.h"

typedef struct Session Session;

/* session_new() - a session in HELLO
 * @ops, @security: the scheme; taken over, freed with the session */
Session *session_new(const SecurityOps *ops, void *security);

/* session_free() - NULL is fine */
void session_free(Session *session);

/* session_reset() - wipe the keys, back to HELLO; for a new or lost link */
void session_reset(Session *session);

/* session_step() - feed one message of prov-session
 * @in: octets as written by the peer, 0..512, borrowed
 * @out: appended to on success, untouched on failure
 * Errors: PROV_ERROR_VALUE, PROV_ERROR_STATE (command out of turn), PROV_ERROR_AUTH (wrong proof),
 * PROV_ERROR_INTERNAL */
bool session_step(Session *session, GBytes *in, GByteArray *out,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* session_is_guess() - would session_step() compare a proof with this message? Changes nothing */
bool session_is_guess(const Session *session, GBytes *in);

/* session_open_unasked() - a record came: open a session that needs neither proof nor question
 * Returns whether it did; false with any security */
bool session_open_unasked(Session *session);

/* session_decrypt() - open a request; the cipher moves on, whatever becomes of the request
 * Errors: PROV_ERROR_STATE (the session is not open), PROV_ERROR_VALUE, PROV_ERROR_AUTH */
Secret *session_decrypt(Session *session, GBytes *in, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* session_encrypt() - seal a reply; the cipher moves on
 * Errors: PROV_ERROR_STATE, PROV_ERROR_INTERNAL */
GBytes *session_encrypt(Session *session, GByteArray *in, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* session_is_open() - records are served */
bool session_is_open(const Session *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)
