/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-security1.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-wire.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#define VERSION    1
#define RANDOM_LEN 16

enum {
	MSG_CMD0 = 0,
	MSG_RESP0 = 1,
	MSG_CMD1 = 2,
	MSG_RESP1 = 3,
	PAYLOAD_CMD0 = 20,
	PAYLOAD_RESP0 = 21,
	PAYLOAD_CMD1 = 22,
	PAYLOAD_RESP1 = 23,
	CMD0_CLIENT_KEY = 1,
	RESP0_DEVICE_KEY = 2,
	RESP0_DEVICE_RANDOM = 3,
	CMD1_CLIENT_VERIFIER = 2,
	RESP1_DEVICE_VERIFIER = 3,
};

typedef struct Security1 {
	Security base;
	bool has_pop;
	uint8_t pop_hash[SHA256_DIGEST_LENGTH];
	EVP_PKEY *private_key;
	uint8_t public_key[SECURITY1_KEY_LEN];
	EVP_CIPHER_CTX *stream;
} Security1;

static bool hello(Security *security, GByteArray *out, GError **error)
{
	Security1 *self = (Security1 *)security;
	g_autoptr(GByteArray) body = g_byte_array_new();

	phone_wire_put_bytes(body, CMD0_CLIENT_KEY, self->public_key, sizeof(self->public_key));
	phone_security_wrap(out, VERSION, MSG_CMD0, PAYLOAD_CMD0, body);
	return true;
}

static bool shared_secret(Security1 *self, const uint8_t *device_key, uint8_t *secret)
{
	EVP_PKEY *peer =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, device_key, SECURITY1_KEY_LEN);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(self->private_key, NULL);
	size_t len = SECURITY1_KEY_LEN;
	bool done = peer && ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, secret, &len) == 1 && len == SECURITY1_KEY_LEN;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return done;
}

static bool start_stream(Security1 *self, const uint8_t *device_key, const uint8_t *counter)
{
	uint8_t key[SECURITY1_KEY_LEN];
	bool done = shared_secret(self, device_key, key);

	for (size_t i = 0; done && self->has_pop && i < sizeof(key); i++)
		key[i] ^= self->pop_hash[i];
	EVP_CIPHER_CTX_free(self->stream);
	self->stream = EVP_CIPHER_CTX_new();
	done = done && self->stream &&
	       EVP_EncryptInit_ex2(self->stream, EVP_aes_256_ctr(), key, counter, NULL) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return done;
}

/* In counter mode encrypting and decrypting are the same. */
static bool run_stream(Security1 *self, const uint8_t *in, size_t len, GByteArray *out,
		       GError **error)
{
	guint before = out->len;
	int done = 0;

	g_byte_array_set_size(out, before + (guint)len);
	if (len > 0 && (!self->stream || EVP_EncryptUpdate(self->stream, out->data + before, &done,
							   in, (int)len) != 1)) {
		g_byte_array_set_size(out, before);
		return phone_security_crypto_failed("AES-CTR", error);
	}
	return true;
}

typedef struct Resp0 {
	const uint8_t *device_key;
	const uint8_t *device_random;
} Resp0;

static bool resp0_parse(GBytes *body, Resp0 *resp0, GError **error)
{
	WireReader reader = phone_wire_reader(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
	WireField field;

	*resp0 = (Resp0){ 0 };
	while (phone_wire_next(&reader, &field)) {
		if (field.number == RESP0_DEVICE_KEY && field.len == SECURITY1_KEY_LEN)
			resp0->device_key = field.data;
		else if (field.number == RESP0_DEVICE_RANDOM && field.len == RANDOM_LEN)
			resp0->device_random = field.data;
	}
	if (!reader.bad && resp0->device_key && resp0->device_random)
		return true;
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device's key or random is missing or of the wrong length");
	return false;
}

static bool proof(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	Security1 *self = (Security1 *)security;
	g_autoptr(GByteArray) verifier = g_byte_array_new();
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GBytes) body = NULL;
	Resp0 resp0;

	if (!phone_security_unwrap(in, VERSION, MSG_RESP0, PAYLOAD_RESP0, &body, error) ||
	    !resp0_parse(body, &resp0, error))
		return false;
	if (!start_stream(self, resp0.device_key, resp0.device_random))
		return phone_security_crypto_failed("X25519", error);
	if (!run_stream(self, resp0.device_key, SECURITY1_KEY_LEN, verifier, error))
		return false;
	phone_wire_put_bytes(cmd1, CMD1_CLIENT_VERIFIER, verifier->data, verifier->len);
	phone_security_wrap(out, VERSION, MSG_CMD1, PAYLOAD_CMD1, cmd1);
	return true;
}

static bool finish(Security *security, const GByteArray *in, GError **error)
{
	Security1 *self = (Security1 *)security;
	g_autoptr(GByteArray) clear = g_byte_array_new();
	g_autoptr(GBytes) body = NULL;
	WireField field, found = { 0 };
	WireReader reader;

	if (!phone_security_unwrap(in, VERSION, MSG_RESP1, PAYLOAD_RESP1, &body, error))
		return false;
	reader = phone_wire_reader(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
	while (phone_wire_next(&reader, &field))
		if (field.number == RESP1_DEVICE_VERIFIER && field.type == WIRE_LENGTH)
			found = field;
	if (found.len > SECURITY1_KEY_LEN) /* would move the key stream too far */
		found.len = 0;
	if (!run_stream(self, found.data, found.len, clear, error))
		return false;
	if (reader.bad || clear->len != SECURITY1_KEY_LEN ||
	    CRYPTO_memcmp(clear->data, self->public_key, SECURITY1_KEY_LEN) != 0) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_IMPOSTOR,
				    "the device could not prove that it derived the same key");
		return false;
	}
	return true;
}

static bool seal(Security *security, const uint8_t *in, size_t len, GByteArray *out, GError **error)
{
	return run_stream((Security1 *)security, in, len, out, error);
}

static bool open_record(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	return run_stream((Security1 *)security, in->data, in->len, out, error);
}

static void free_session(Security *security)
{
	Security1 *self = (Security1 *)security;

	EVP_CIPHER_CTX_free(self->stream);
	EVP_PKEY_free(self->private_key);
	OPENSSL_cleanse(self, sizeof(*self));
	g_free(self);
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

Security *phone_security1_new(const char *pop, const uint8_t *private_key, GError **error)
{
	Security1 *self = g_new0(Security1, 1);
	size_t len = sizeof(self->public_key);

	self->base.ops = &ops;
	self->has_pop = *pop != '\0';
	self->private_key = private_key
				    ? EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL,
								   private_key, SECURITY1_KEY_LEN)
				    : EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	if (!self->private_key ||
	    EVP_PKEY_get_raw_public_key(self->private_key, self->public_key, &len) != 1 ||
	    EVP_Digest(pop, strlen(pop), self->pop_hash, NULL, EVP_sha256(), NULL) != 1) {
		free_session(&self->base);
		phone_security_crypto_failed("making an X25519 key", error);
		return NULL;
	}
	return &self->base;
}
