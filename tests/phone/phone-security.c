/* SPDX-License-Identifier: MIT */
/*
 * SessionData, the same for every version:
 *
 *   2         sec_ver
 *   10 + ver  payload: 1 msg, then one of 20 Cmd0, 21 Resp0, 22 Cmd1, 23 Resp1
 *
 * Source: session.proto, sec1.proto, sec2.proto as in the protocol reference 4.2, 4.3.
 */
#include "tests/phone/phone-security.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-wire.h"

enum {
	SESSION_SEC_VER = 2,
	SESSION_PAYLOAD = 10,
	PAYLOAD_MSG = 1,
};

bool phone_security_hello(Security *security, GByteArray *out, GError **error)
{
	return security->ops->hello(security, out, error);
}

bool phone_security_proof(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	return security->ops->proof(security, in, out, error);
}

bool phone_security_finish(Security *security, const GByteArray *in, GError **error)
{
	return security->ops->finish(security, in, error);
}

bool phone_security_seal(Security *security, const uint8_t *in, size_t len, GByteArray *out,
			 GError **error)
{
	return security->ops->seal(security, in, len, out, error);
}

bool phone_security_open(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	return security->ops->open(security, in, out, error);
}

void phone_security_free(Security *security)
{
	if (security)
		security->ops->free(security);
}

void phone_security_wrap(GByteArray *out, unsigned version, unsigned msg, uint32_t number,
			 const GByteArray *body)
{
	g_autoptr(GByteArray) payload = g_byte_array_new();

	phone_wire_put_uint(payload, PAYLOAD_MSG, msg);
	phone_wire_put_message(payload, number, body);
	phone_wire_put_uint(out, SESSION_SEC_VER, version);
	phone_wire_put_message(out, SESSION_PAYLOAD + version, payload);
}

static bool garbled(GError **error)
{
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device's handshake message is garbled");
	return false;
}

static bool find_payload(const GByteArray *in, unsigned version, WireField *payload, GError **error)
{
	WireReader reader = phone_wire_reader(in->data, in->len);
	uint64_t sec_ver = 0;
	WireField field;

	*payload = (WireField){ 0 };
	while (phone_wire_next(&reader, &field)) {
		if (field.number == SESSION_SEC_VER && field.type == WIRE_VARINT)
			sec_ver = field.value;
		else if (field.number == SESSION_PAYLOAD + version && field.type == WIRE_LENGTH)
			*payload = field;
	}
	if (reader.bad)
		return garbled(error);
	if (sec_ver != version || !payload->data) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device answers security %u with a message of security %u", version,
			    (unsigned)sec_ver);
		return false;
	}
	return true;
}

bool phone_security_unwrap(const GByteArray *in, unsigned version, unsigned msg, uint32_t number,
			   GBytes **body, GError **error)
{
	WireField payload, field, found = { 0 };
	uint64_t found_msg = 0;
	WireReader reader;

	if (!find_payload(in, version, &payload, error))
		return false;
	reader = phone_wire_reader(payload.data, payload.len);
	while (phone_wire_next(&reader, &field)) {
		if (field.number == PAYLOAD_MSG && field.type == WIRE_VARINT)
			found_msg = field.value;
		else if (field.number == number && field.type == WIRE_LENGTH)
			found = field;
	}
	if (reader.bad)
		return garbled(error);
	if (found_msg != msg || !found.data) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "handshake message %u came where %u was due", (unsigned)found_msg, msg);
		return false;
	}
	*body = g_bytes_new(found.data, found.len);
	return true;
}

bool phone_security_crypto_failed(const char *what, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_INTERNAL, "the crypto library fails at %s",
		    what);
	return false;
}
