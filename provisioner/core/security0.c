/* SPDX-License-Identifier: MIT */
#include "provisioner/core/security0.h"

#include "provisioner/core/wire.h"

static int security0_command(const Pb__SessionData *in, GError **error)
{
	const Pb__Sec0Payload *payload =
		in->proto_case == PB__SESSION_DATA__PROTO_SEC0 ? in->sec0 : NULL;

	if (payload && payload->msg == PB__HANDSHAKE_MSG__Command0 &&
	    payload->payload_case == PB__SEC0_PAYLOAD__PAYLOAD_SC)
		return 0;
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of security 0");
	return -1;
}

static bool security0_hello(void *data, const Pb__SessionData *in, GByteArray *out, GError **error)
{
	Pb__Sec0Response reply = PB__SEC0_RESPONSE__INIT;
	Pb__Sec0Payload payload = PB__SEC0_PAYLOAD__INIT;
	Pb__SessionData message = PB__SESSION_DATA__INIT;

	payload.msg = PB__HANDSHAKE_MSG__Response0;
	payload.payload_case = PB__SEC0_PAYLOAD__PAYLOAD_SR;
	payload.sr = &reply;
	message.proto_case = PB__SESSION_DATA__PROTO_SEC0;
	message.sec0 = &payload;
	return wire_pack(&message.base, out, error);
}

static Secret *security0_decrypt(void *data, GBytes *in, GError **error)
{
	size_t len;
	const void *octets = g_bytes_get_data(in, &len);

	return secret_new(octets, len);
}

static GBytes *security0_encrypt(void *data, GByteArray *in, GError **error)
{
	return g_bytes_new(in->data, in->len);
}

static void security0_nothing(void *data)
{
}

static const SecurityOps ops = {
	.version = 0,
	.patch = 0,
	.proofless = true,
	.command = security0_command,
	.hello = security0_hello,
	.decrypt = security0_decrypt,
	.encrypt = security0_encrypt,
	.wipe = security0_nothing,
	.free = security0_nothing,
};

const SecurityOps *security0_ops(void)
{
	return &ops;
}
