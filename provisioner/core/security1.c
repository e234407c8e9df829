/* SPDX-License-Identifier: MIT */
#include "provisioner/core/security1.h"

#include "provisioner/core/wire.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define KEY_LEN    32
#define RANDOM_LEN 16

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
/* clang-format on */

struct Security1 {
	bool has_pop;
	uint8_t pop_hash[KEY_LEN];
	ProvRandom random;
	void *random_data;
	EVP_CIPHER_CTX *stream; /* the one keystream of the session */
	uint8_t client_key[KEY_LEN];
	uint8_t device_key[KEY_LEN];
};

static bool crypto_failed(GError **error)
{
	ERR_clear_error();
	g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "the crypto library failed");
	return false;
}

static bool verify_fits(const ProtobufCBinaryData *verify, GError **error)
{
	if (verify->len != KEY_LEN)
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "verifier of %zu octets in place of %d", verify->len, KEY_LEN);
	return verify->len == KEY_LEN;
}

static int security1_command(const Pb__SessionData *in, GError **error)
{
	const Pb__Sec1Payload *payload =
		in->proto_case == PB__SESSION_DATA__PROTO_SEC1 ? in->sec1 : NULL;

	if (payload && payload->msg == PB__HANDSHAKE_MSG__Command0 &&
	    payload->payload_case == PB__SEC1_PAYLOAD__PAYLOAD_SC0)
		return 0;
	if (payload && payload->msg == PB__HANDSHAKE_MSG__Command1 &&
	    payload->payload_case == PB__SEC1_PAYLOAD__PAYLOAD_SC1)
		return verify_fits(&payload->sc1->client_verify_data, error) ? 1 : -1;
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of security 1");
	return -1;
}

static bool reply_pack(Pb__Sec1Payload *payload, GByteArray *out, GError **error)
{
	Pb__SessionData data = PB__SESSION_DATA__INIT;

	data.sec_ver = 1;
	data.proto_case = PB__SESSION_DATA__PROTO_SEC1;
	data.sec1 = payload;
	return wire_pack(&data.base, out, error);
}

/* X25519; an all-zero outcome (a peer's key of low order) is refused by the library. */
static bool share_key(EVP_PKEY *own, const uint8_t *peer, uint8_t shared[KEY_LEN], GError **error)
{
	g_autoptr(EVP_PKEY) peer_key =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, KEY_LEN);
	g_autoptr(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = KEY_LEN;

	if (!peer_key || !ctx || EVP_PKEY_derive_init(ctx) <= 0 ||
	    EVP_PKEY_derive_set_peer(ctx, peer_key) <= 0)
		return crypto_failed(error);
	if (EVP_PKEY_derive(ctx, shared, &len) <= 0 || len != KEY_LEN) {
		ERR_clear_error();
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "the client's key is weak");
		return false;
	}
	return true;
}

/* Draw our key pair, agree on a key with the client's, start the keystream at @iv. */
static bool keys_make(Security1 *security, const uint8_t *client_key, const uint8_t *iv,
		      GError **error)
{
	uint8_t secret[KEY_LEN];
	uint8_t key[KEY_LEN];
	size_t len = KEY_LEN;
	bool ok = false;

	if (!security->random(security->random_data, secret, sizeof(secret))) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "no randomness for a key");
		return false;
	}

	g_autoptr(EVP_PKEY) own =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, sizeof(secret));

	OPENSSL_cleanse(secret, sizeof(secret));
	if (!own || EVP_PKEY_get_raw_public_key(own, security->device_key, &len) <= 0)
		return crypto_failed(error);
	if (!share_key(own, client_key, key, error))
		goto out;
	for (size_t i = 0; security->has_pop && i < KEY_LEN; i++)
		key[i] ^= security->pop_hash[i];
	memcpy(security->client_key, client_key, KEY_LEN);
	ok = EVP_EncryptInit_ex2(security->stream, EVP_aes_256_ctr(), key, iv, NULL) > 0 ||
	     crypto_failed(error);
out:
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

static bool security1_hello(void *data, const Pb__SessionData *in, GByteArray *out, GError **error)
{
	Security1 *security = data;
	const ProtobufCBinaryData *client_key = &in->sec1->sc0->client_pubkey;
	uint8_t random[RANDOM_LEN];

	if (client_key->len != KEY_LEN) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "client key of %zu octets in place of %d", client_key->len, KEY_LEN);
		return false;
	}
	if (!security->random(security->random_data, random, sizeof(random))) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "no randomness for an IV");
		return false;
	}
	if (!keys_make(security, client_key->data, random, error))
		return false;

	Pb__Sec1Response0 reply = PB__SEC1_RESPONSE0__INIT;
	Pb__Sec1Payload payload = PB__SEC1_PAYLOAD__INIT;

	reply.device_pubkey = (ProtobufCBinaryData){ KEY_LEN, security->device_key };
	reply.device_random = (ProtobufCBinaryData){ RANDOM_LEN, random };
	payload.msg = PB__HANDSHAKE_MSG__Response0;
	payload.payload_case = PB__SEC1_PAYLOAD__PAYLOAD_SR0;
	payload.sr0 = &reply;
	return reply_pack(&payload, out, error);
}

/* Continue the keystream over @len octets; both directions are the same operation. */
static bool stream_apply(Security1 *security, const uint8_t *in, size_t len, uint8_t *out,
			 GError **error)
{
	int out_len = 0;

	if (len == 0)
		return true;
	if (EVP_EncryptUpdate(security->stream, out, &out_len, in, (int)len) <= 0 ||
	    out_len != (int)len)
		return crypto_failed(error);
	return true;
}

static bool security1_prove(void *data, const Pb__SessionData *in, GByteArray *out, GError **error)
{
	Security1 *security = data;
	const ProtobufCBinaryData *verify = &in->sec1->sc1->client_verify_data;
	uint8_t buffer[KEY_LEN];

	if (!stream_apply(security, verify->data, KEY_LEN, buffer, error))
		return false;
	if (CRYPTO_memcmp(buffer, security->device_key, KEY_LEN) != 0) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_AUTH, "wrong proof of possession");
		return false;
	}
	if (!stream_apply(security, security->client_key, KEY_LEN, buffer, error))
		return false;

	Pb__Sec1Response1 reply = PB__SEC1_RESPONSE1__INIT;
	Pb__Sec1Payload payload = PB__SEC1_PAYLOAD__INIT;

	reply.device_verify_data = (ProtobufCBinaryData){ KEY_LEN, buffer };
	payload.msg = PB__HANDSHAKE_MSG__Response1;
	payload.payload_case = PB__SEC1_PAYLOAD__PAYLOAD_SR1;
	payload.sr1 = &reply;
	return reply_pack(&payload, out, error);
}

static Secret *security1_decrypt(void *data, GBytes *in, GError **error)
{
	size_t len;
	const uint8_t *octets = g_bytes_get_data(in, &len);
	g_autoptr(Secret) clear = secret_new_zeroed(len);

	if (!stream_apply(data, octets, len, secret_bytes(clear), error))
		return NULL;
	return g_steal_pointer(&clear);
}

static GBytes *security1_encrypt(void *data, GByteArray *in, GError **error)
{
	g_autofree uint8_t *out = g_malloc(in->len);

	if (!stream_apply(data, in->data, in->len, out, error))
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&out), in->len);
}

static void security1_wipe(void *data)
{
	Security1 *security = data;

	EVP_CIPHER_CTX_reset(security->stream); /* cleanses the key schedule */
	OPENSSL_cleanse(security->client_key, sizeof(security->client_key));
	OPENSSL_cleanse(security->device_key, sizeof(security->device_key));
}

Security1 *security1_new(const Secret *pop, ProvRandom random, void *random_data, GError **error)
{
	g_autoptr(Security1) security = g_new0(Security1, 1);

	security->random = random;
	security->random_data = random_data;
	security->has_pop = pop && secret_len(pop) > 0;
	security->stream = EVP_CIPHER_CTX_new();
	if (!security->stream ||
	    (security->has_pop && !EVP_Digest(secret_data(pop), secret_len(pop), security->pop_hash,
					      NULL, EVP_sha256(), NULL))) {
		crypto_failed(error);
		return NULL;
	}
	return g_steal_pointer(&security);
}

void security1_free(Security1 *security)
{
	if (!security)
		return;
	EVP_CIPHER_CTX_free(security->stream);
	OPENSSL_cleanse(security, sizeof(*security));
	g_free(security);
}

static void security1_destroy(void *data)
{
	security1_free(data);
}

const SecurityOps security1_ops = {
	.version = 1,
	.patch = 0,
	.proof_again = true,
	.command = security1_command,
	.hello = security1_hello,
	.prove = security1_prove,
	.decrypt = security1_decrypt,
	.encrypt = security1_encrypt,
	.wipe = security1_wipe,
	.free = security1_destroy,
};
