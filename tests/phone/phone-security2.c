/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-security2.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-wire.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define VERSION        2
#define AES_KEY_LEN    32
#define TAG_LEN        16
#define SESSION_ID_LEN 8
#define NONCE_MAX_LEN  16
#define NONCE_LEN      12 /* with patch 1 */

enum {
	MSG_CMD0 = 0,
	MSG_RESP0 = 1,
	MSG_CMD1 = 2,
	MSG_RESP1 = 3,
	PAYLOAD_CMD0 = 20,
	PAYLOAD_RESP0 = 21,
	PAYLOAD_CMD1 = 22,
	PAYLOAD_RESP1 = 23,
	CMD0_USER = 1,
	CMD0_PUBLIC = 2,
	RESP0_PUBLIC = 2,
	RESP0_SALT = 3,
	CMD1_PROOF = 1,
	RESP1_PROOF = 2,
	RESP1_NONCE = 3,
};

typedef struct Security2 {
	Security base;
	Security2Habit habit;
	unsigned patch;
	char *user;
	Srp *srp;
	uint8_t key[AES_KEY_LEN];
	uint8_t nonce[NONCE_MAX_LEN];
	size_t nonce_len; /* 0 until the session is open */
	uint32_t counter;
} Security2;

static bool hello(Security *security, GByteArray *out, GError **error)
{
	Security2 *self = (Security2 *)security;
	g_autoptr(GByteArray) body = g_byte_array_new();
	GBytes *public_value = phone_srp_public(self->srp);

	phone_wire_put_bytes(body, CMD0_USER, self->user, strlen(self->user));
	phone_wire_put_bytes(body, CMD0_PUBLIC, g_bytes_get_data(public_value, NULL),
			     g_bytes_get_size(public_value));
	phone_security_wrap(out, VERSION, MSG_CMD0, PAYLOAD_CMD0, body);
	return true;
}

/* The two bytes fields of an answer; missing ones come back empty. */
static bool two_fields(GBytes *body, uint32_t first, uint32_t second, GBytes *out[2],
		       GError **error)
{
	WireReader reader = phone_wire_reader(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
	WireField field, found[2] = { { 0 }, { 0 } };

	while (phone_wire_next(&reader, &field)) {
		if (field.number == first && field.type == WIRE_LENGTH)
			found[0] = field;
		else if (field.number == second && field.type == WIRE_LENGTH)
			found[1] = field;
	}
	if (reader.bad) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
				    "the device's handshake message is garbled");
		return false;
	}
	for (int i = 0; i < 2; i++)
		out[i] = g_bytes_new(found[i].data, found[i].len);
	return true;
}

static bool proof(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	Security2 *self = (Security2 *)security;
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GBytes) body = NULL;
	GBytes *client_proof;
	GBytes *fields[2];
	bool done;

	if (!phone_security_unwrap(in, VERSION, MSG_RESP0, PAYLOAD_RESP0, &body, error) ||
	    !two_fields(body, RESP0_PUBLIC, RESP0_SALT, fields, error))
		return false;
	done = phone_srp_set_device(self->srp, fields[0], fields[1], error);
	g_bytes_unref(fields[0]);
	g_bytes_unref(fields[1]);
	if (!done)
		return false;
	client_proof = phone_srp_client_proof(self->srp);
	phone_wire_put_bytes(cmd1, CMD1_PROOF, g_bytes_get_data(client_proof, NULL),
			     g_bytes_get_size(client_proof));
	phone_security_wrap(out, VERSION, MSG_CMD1, PAYLOAD_CMD1, cmd1);
	return true;
}

static bool take_nonce(Security2 *self, GBytes *nonce, GError **error)
{
	size_t len = g_bytes_get_size(nonce);
	size_t want = self->patch == 0 ? NONCE_MAX_LEN : NONCE_LEN;

	if (len != want) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device's nonce has %zu octets, with patch version %u it is %zu",
			    len, self->patch, want);
		return false;
	}
	memcpy(self->nonce, g_bytes_get_data(nonce, NULL), len);
	self->nonce_len = len;
	self->counter = 1;
	if (self->habit.counter_from_nonce) {
		memcpy(&self->counter, self->nonce + SESSION_ID_LEN, sizeof(self->counter));
		self->counter = GUINT32_FROM_BE(self->counter);
	}
	return true;
}

static bool check_proof(Security2 *self, GBytes *device_proof, GError **error)
{
	if (g_bytes_get_size(device_proof) == SRP_HASH_LEN &&
	    CRYPTO_memcmp(g_bytes_get_data(device_proof, NULL), phone_srp_device_proof(self->srp),
			  SRP_HASH_LEN) == 0)
		return true;
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_IMPOSTOR,
			    "the device could not prove that it knows the password");
	return false;
}

static bool finish(Security *security, const GByteArray *in, GError **error)
{
	Security2 *self = (Security2 *)security;
	g_autoptr(GBytes) body = NULL;
	GBytes *key = phone_srp_key(self->srp);
	GBytes *fields[2];
	bool done;

	if (!phone_security_unwrap(in, VERSION, MSG_RESP1, PAYLOAD_RESP1, &body, error) ||
	    !two_fields(body, RESP1_PROOF, RESP1_NONCE, fields, error))
		return false;
	done = check_proof(self, fields[0], error) && take_nonce(self, fields[1], error);
	g_bytes_unref(fields[0]);
	g_bytes_unref(fields[1]);
	if (done && g_bytes_get_size(key) < AES_KEY_LEN)
		done = phone_security_crypto_failed("a key of too many zeros", error);
	if (done)
		memcpy(self->key, g_bytes_get_data(key, NULL), AES_KEY_LEN);
	return done;
}

static size_t make_iv(const Security2 *self, uint8_t *iv)
{
	uint32_t counter = GUINT32_TO_BE(self->counter);

	memcpy(iv, self->nonce, self->nonce_len);
	if (self->patch != 0)
		memcpy(iv + SESSION_ID_LEN, &counter, sizeof(counter));
	return self->nonce_len;
}

static EVP_CIPHER_CTX *cipher_new(const Security2 *self, bool encrypt)
{
	uint8_t iv[NONCE_MAX_LEN];
	size_t iv_len = make_iv(self, iv);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx && self->nonce_len > 0 &&
	    EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), NULL, NULL, encrypt, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_len, NULL) == 1 &&
	    EVP_CipherInit_ex2(ctx, NULL, self->key, iv, encrypt, NULL) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool seal(Security *security, const uint8_t *in, size_t len, GByteArray *out, GError **error)
{
	Security2 *self = (Security2 *)security;
	EVP_CIPHER_CTX *ctx = cipher_new(self, true);
	guint before = out->len;
	int done_len = 0;
	bool done;

	g_byte_array_set_size(out, before + (guint)len + TAG_LEN);
	done = ctx && EVP_EncryptUpdate(ctx, out->data + before, &done_len, in, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, out->data + before + len, &done_len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out->data + before + len) ==
		       1;
	EVP_CIPHER_CTX_free(ctx);
	if (!done) {
		g_byte_array_set_size(out, before);
		return phone_security_crypto_failed("AES-GCM", error);
	}
	self->counter++;
	return true;
}

static bool open_verified(const Security2 *self, const GByteArray *in, uint8_t *clear)
{
	int len = (int)in->len - TAG_LEN;
	EVP_CIPHER_CTX *ctx = cipher_new(self, false);
	int done_len = 0;
	bool done = ctx &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, in->data + len) == 1 &&
		    EVP_DecryptUpdate(ctx, clear, &done_len, in->data, len) == 1 &&
		    EVP_DecryptFinal_ex(ctx, clear + len, &done_len) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return done;
}

static bool open_record(Security *security, const GByteArray *in, GByteArray *out, GError **error)
{
	Security2 *self = (Security2 *)security;
	g_autofree uint8_t *clear = g_malloc(in->len + 1);
	bool done = in->len >= TAG_LEN && open_verified(self, in, clear);

	if (done || self->habit.counter_always_moves)
		self->counter++;
	if (!done) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device's answer of %u octets is not sealed with our key and "
			    "counter",
			    in->len);
		return false;
	}
	g_byte_array_append(out, clear, in->len - TAG_LEN);
	return true;
}

static void free_session(Security *security)
{
	Security2 *self = (Security2 *)security;

	phone_srp_free(self->srp);
	g_free(self->user);
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

Security *phone_security2_new(const Security2Login *login, const Security2Habit *habit,
			      GError **error)
{
	Security2 *self = g_new0(Security2, 1);

	self->base.ops = &ops;
	self->habit = *habit;
	self->patch = login->patch;
	self->user = g_strdup(login->user);
	self->srp = phone_srp_new(login->user, login->password, &habit->srp, login->a, login->a_len,
				  error);
	if (!self->srp) {
		free_session(&self->base);
		return NULL;
	}
	return &self->base;
}
