/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-security0.h"

#include "tests/phone/phone-error.h"

#define VERSION 0

enum {
	MSG_COMMAND = 0,
	MSG_RESPONSE = 1,
	PAYLOAD_COMMAND = 20,
	PAYLOAD_RESPONSE = 21,
};

static bool hello(Security *security, GByteArray *out, GError **error)
{
	g_autoptr(GByteArray) empty = g_byte_array_new();

	phone_security_wrap(out, VERSION, MSG_COMMAND, PAYLOAD_COMMAND, empty);
	return true;
}

static bool proof(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	g_autoptr(GBytes) body = NULL;

	return phone_security_unwrap(in, VERSION, MSG_RESPONSE, PAYLOAD_RESPONSE, &body, error);
}

static bool finish(Security *security, const GByteArray *in, GError **error)
{
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "security 0 has no second handshake message");
	return false;
}

static bool seal(Security *security, const uint8_t *in, size_t len, GByteArray *out, GError **error)
{
	g_byte_array_append(out, in, (guint)len);
	return true;
}

static bool open_record(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	g_byte_array_append(out, in->data, in->len);
	return true;
}

static void free_session(Security *security)
{
	g_free(security);
}

static const SecurityOps ops = {
	.version = VERSION,
	.hello = hello,
	.proof = proof,
	.finish = finish,
	.seal = seal,
	.open = open_record,
	.free = free_session,
};

Security *phone_security0_new(void)
{
	Security *self = g_new0(Security, 1);

	self->ops = &ops;
	return self;
}
