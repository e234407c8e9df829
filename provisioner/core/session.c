/* SPDX-License-Identifier: MIT */
#include "provisioner/core/session.h"

#include "provisioner/core/wire.h"

typedef enum SessionState {
	SESSION_HELLO,
	SESSION_PROOF,
	SESSION_OPEN,
} SessionState;

struct Session {
	const SecurityOps *ops;
	void *security;
	SessionState state;
};

static const char *const state_names[] = {
	[SESSION_HELLO] = "hello",
	[SESSION_PROOF] = "proof",
	[SESSION_OPEN] = "open",
};

static void session_enter(Session *session, SessionState state)
{
	if (session->state == state)
		return;
	g_debug("session: %s -> %s", state_names[session->state], state_names[state]);
	session->state = state;
}

Session *session_new(const SecurityOps *ops, void *security)
{
	Session *session = g_new0(Session, 1);

	session->ops = ops;
	session->security = security;
	return session;
}

void session_free(Session *session)
{
	if (!session)
		return;
	session->ops->free(session->security);
	g_free(session);
}

void session_reset(Session *session)
{
	session->ops->wipe(session->security);
	session_enter(session, SESSION_HELLO);
}

static bool session_on_hello(Session *session, const Pb__SessionData *in, GByteArray *out,
			     GError **error)
{
	session_reset(session);
	if (!session->ops->hello(session->security, in, out, error)) {
		session_reset(session);
		return false;
	}
	session_enter(session, session->ops->proofless ? SESSION_OPEN : SESSION_PROOF);
	return true;
}

static bool session_on_proof(Session *session, const Pb__SessionData *in, GByteArray *out,
			     GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (session->ops->prove(session->security, in, out, &failure)) {
		session_enter(session, SESSION_OPEN);
		return true;
	}
	if (g_error_matches(failure, PROV_ERROR, PROV_ERROR_INTERNAL) ||
	    (g_error_matches(failure, PROV_ERROR, PROV_ERROR_AUTH) && !session->ops->proof_again))
		session_reset(session);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

/* A message and which of the commands it carries; -1 with @error when it is none of ours. */
static int message_read(const Session *session, GBytes *in, WireArena *arena,
			const Pb__SessionData **message, GError **error)
{
	size_t len;
	const uint8_t *octets = g_bytes_get_data(in, &len);
	const Pb__SessionData *data =
		wire_unpack(arena, &pb__session_data__descriptor, octets, len, error);

	if (!data)
		return -1;
	if (data->sec_ver != (uint32_t)session->ops->version) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "security %u asked for, %d spoken",
			    data->sec_ver, session->ops->version);
		return -1;
	}
	*message = data;
	return session->ops->command(data, error);
}

bool session_is_guess(const Session *session, GBytes *in)
{
	g_auto(WireArena) arena = { .used = 0 };
	g_autoptr(GError) error = NULL;
	const Pb__SessionData *message = NULL;

	return session->state == SESSION_PROOF &&
	       message_read(session, in, &arena, &message, &error) == 1;
}

bool session_step(Session *session, GBytes *in, GByteArray *out, GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__SessionData *message = NULL;
	int command = message_read(session, in, &arena, &message, error);

	if (command < 0)
		return false;
	if (command == 0)
		return session_on_hello(session, message, out, error);
	if (session->state == SESSION_PROOF)
		return session_on_proof(session, message, out, error);
	g_set_error(error, PROV_ERROR, PROV_ERROR_STATE,
		    "proof out of turn, session is in state %s", state_names[session->state]);
	return false;
}

bool session_open_unasked(Session *session)
{
	if (!session->ops->proofless || session->state == SESSION_OPEN)
		return false;
	session_enter(session, SESSION_OPEN);
	return true;
}

static bool session_must_be_open(const Session *session, GError **error)
{
	if (session->state == SESSION_OPEN)
		return true;
	g_set_error(error, PROV_ERROR, PROV_ERROR_STATE, "the session is not open");
	return false;
}

Secret *session_decrypt(Session *session, GBytes *in, GError **error)
{
	if (!session_must_be_open(session, error))
		return NULL;
	return session->ops->decrypt(session->security, in, error);
}

GBytes *session_encrypt(Session *session, GByteArray *in, GError **error)
{
	if (!session_must_be_open(session, error))
		return NULL;
	return session->ops->encrypt(session->security, in, error);
}

bool session_is_open(const Session *session)
{
	return session->state == SESSION_OPEN;
}
