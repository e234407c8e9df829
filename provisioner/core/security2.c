/* SPDX-License-Identifier: MIT */
#include "provisioner/core/security2.h"

#include "provisioner/core/srp.h"
#include "provisioner/core/wire.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define SESSION_ID_LEN 8
#define IV_LEN         12
#define TAG_LEN        WIRE_TAG

struct Security2 {
	SrpServer *srp;
	GBytes *salt;
	ProvRandom random;
	void *random_data;
	SrpExchange exchange;   /* between hello and proof */
	EVP_CIPHER_CTX *cipher; /* holds the key once the session is open */
	uint8_t session_id[SESSION_ID_LEN];
	uint32_t counter; /* of the next record; 0: used up */
};

static bool crypto_failed(GError **error)
{
	ERR_clear_error();
	g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "the crypto library failed");
	return false;
}

static bool proof_fits(const ProtobufCBinaryData *proof, GError **error)
{
	bool fits = proof->len == SRP_HASH_LEN || proof->len == SRP_HASH_LEN - 1;

	if (!fits)
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "proof of %zu octets in place of %d", proof->len, SRP_HASH_LEN);
	return fits;
}

static int security2_command(const Pb__SessionData *in, GError **error)
{
	const Pb__Sec2Payload *payload =
		in->proto_case == PB__SESSION_DATA__PROTO_SEC2 ? in->sec2 : NULL;

	if (payload && payload->msg == PB__HANDSHAKE_MSG__Command0 &&
	    payload->payload_case == PB__SEC2_PAYLOAD__PAYLOAD_SC0)
		return 0;
	if (payload && payload->msg == PB__HANDSHAKE_MSG__Command1 &&
	    payload->payload_case == PB__SEC2_PAYLOAD__PAYLOAD_SC1)
		return proof_fits(&payload->sc1->client_proof, error) ? 1 : -1;
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of security 2");
	return -1;
}

static bool reply_pack(Pb__Sec2Payload *payload, GByteArray *out, GError **error)
{
	Pb__SessionData data = PB__SESSION_DATA__INIT;

	data.sec_ver = 2;
	data.proto_case = PB__SESSION_DATA__PROTO_SEC2;
	data.sec2 = payload;
	return wire_pack(&data.base, out, error);
}

static bool security2_hello(void *data, const Pb__SessionData *in, GByteArray *out, GError **error)
{
	Security2 *security = data;
	const Pb__Sec2Command0 *command = in->sec2->sc0;

	if (command->client_username.len == 0) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "the user name is empty");
		return false;
	}

	g_autoptr(GBytes) user =
		g_bytes_new(command->client_username.data, command->client_username.len);
	g_autoptr(GBytes) key =
		g_bytes_new(command->client_pubkey.data, command->client_pubkey.len);

	if (!srp_server_hello(security->srp, user, key, &security->exchange, error))
		return false;

	Pb__Sec2Response0 reply = PB__SEC2_RESPONSE0__INIT;
	Pb__Sec2Payload payload = PB__SEC2_PAYLOAD__INIT;
	size_t salt_len;
	const uint8_t *salt = g_bytes_get_data(security->salt, &salt_len);

	reply.device_pubkey = (ProtobufCBinaryData){ security->exchange.public_key_len,
						     security->exchange.public_key };
	reply.device_salt = (ProtobufCBinaryData){ salt_len, (uint8_t *)salt };
	payload.msg = PB__HANDSHAKE_MSG__Response0;
	payload.payload_case = PB__SEC2_PAYLOAD__PAYLOAD_SR0;
	payload.sr0 = &reply;
	return reply_pack(&payload, out, error);
}

static void iv_make(const Security2 *security, uint8_t iv[IV_LEN])
{
	uint32_t counter = GUINT32_TO_BE(security->counter);

	memcpy(iv, security->session_id, SESSION_ID_LEN);
	memcpy(iv + SESSION_ID_LEN, &counter, sizeof(counter));
}

/* A fresh session id, the counter at 1, the key in the cipher. */
static bool records_start(Security2 *security, GError **error)
{
	if (!security->random(security->random_data, security->session_id, SESSION_ID_LEN)) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL, "no randomness for a nonce");
		return false;
	}
	security->counter = 1;
	if (EVP_CipherInit_ex2(security->cipher, EVP_aes_256_gcm(), security->exchange.key, NULL, 1,
			       NULL) <= 0)
		return crypto_failed(error);
	return true;
}

static bool security2_prove(void *data, const Pb__SessionData *in, GByteArray *out, GError **error)
{
	Security2 *security = data;
	const ProtobufCBinaryData *proof = &in->sec2->sc1->client_proof;
	uint8_t nonce[IV_LEN];

	if (!srp_exchange_check(&security->exchange, proof->data, proof->len)) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_AUTH, "wrong user name or password");
		return false;
	}
	if (!records_start(security, error))
		return false;
	iv_make(security, nonce);

	Pb__Sec2Response1 reply = PB__SEC2_RESPONSE1__INIT;
	Pb__Sec2Payload payload = PB__SEC2_PAYLOAD__INIT;

	reply.device_proof = (ProtobufCBinaryData){ SRP_HASH_LEN, security->exchange.device_proof };
	reply.device_nonce = (ProtobufCBinaryData){ sizeof(nonce), nonce };
	payload.msg = PB__HANDSHAKE_MSG__Response1;
	payload.payload_case = PB__SEC2_PAYLOAD__PAYLOAD_SR1;
	payload.sr1 = &reply;

	bool ok = reply_pack(&payload, out, error);

	srp_exchange_clear(&security->exchange);
	return ok;
}

/* Point the cipher at the next record. */
static bool record_begin(Security2 *security, int encrypt, GError **error)
{
	uint8_t iv[IV_LEN];

	if (security->counter == 0) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_STATE, "the session has used up its IVs");
		return false;
	}
	iv_make(security, iv);
	if (EVP_CipherInit_ex2(security->cipher, NULL, NULL, iv, encrypt, NULL) <= 0)
		return crypto_failed(error);
	return true;
}

static Secret *security2_decrypt(void *data, GBytes *in, GError **error)
{
	Security2 *security = data;
	size_t len;
	const uint8_t *octets = g_bytes_get_data(in, &len);
	uint8_t tag[TAG_LEN];
	int out_len = 0;

	if (len < TAG_LEN) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "record of %zu octets, shorter than its tag", len);
		return NULL;
	}
	len -= TAG_LEN;
	memcpy(tag, octets + len, TAG_LEN);

	g_autoptr(Secret) clear = secret_new_zeroed(len);

	if (!record_begin(security, 0, error))
		return NULL;
	if (EVP_CIPHER_CTX_ctrl(security->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) <= 0 ||
	    (len > 0 && EVP_CipherUpdate(security->cipher, secret_bytes(clear), &out_len, octets,
					 (int)len) <= 0)) {
		crypto_failed(error);
		return NULL;
	}
	if (EVP_CipherFinal_ex(security->cipher, tag, &out_len) <= 0) {
		ERR_clear_error();
		g_set_error(error, PROV_ERROR, PROV_ERROR_AUTH, "the tag of a record is wrong");
		return NULL;
	}
	security->counter++;
	return g_steal_pointer(&clear);
}

static GBytes *security2_encrypt(void *data, GByteArray *in, GError **error)
{
	Security2 *security = data;
	g_autofree uint8_t *out = g_malloc(in->len + TAG_LEN);
	int out_len = 0;

	if (!record_begin(security, 1, error))
		return NULL;
	if ((in->len > 0 &&
	     EVP_CipherUpdate(security->cipher, out, &out_len, in->data, (int)in->len) <= 0) ||
	    EVP_CipherFinal_ex(security->cipher, out + in->len, &out_len) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(security->cipher, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out + in->len) <=
		    0) {
		crypto_failed(error);
		return NULL;
	}
	security->counter++;
	return g_bytes_new_take(g_steal_pointer(&out), in->len + TAG_LEN);
}

static void security2_wipe(void *data)
{
	Security2 *security = data;

	EVP_CIPHER_CTX_reset(security->cipher); /* cleanses the key schedule */
	srp_exchange_clear(&security->exchange);
	OPENSSL_cleanse(security->session_id, sizeof(security->session_id));
	security->counter = 0;
}

Security2 *security2_new(GBytes *salt, GBytes *verifier, ProvRandom random, void *random_data,
			 GError **error)
{
	g_autoptr(Security2) security = g_new0(Security2, 1);

	security->random = random;
	security->random_data = random_data;
	security->salt = g_bytes_ref(salt);
	security->srp = srp_server_new(salt, verifier, random, random_data, error);
	if (!security->srp)
		return NULL;
	security->cipher = EVP_CIPHER_CTX_new();
	if (!security->cipher) {
		crypto_failed(error);
		return NULL;
	}
	return g_steal_pointer(&security);
}

void security2_free(Security2 *security)
{
	if (!security)
		return;
	EVP_CIPHER_CTX_free(security->cipher);
	g_clear_pointer(&security->srp, srp_server_free);
	g_clear_pointer(&security->salt, g_bytes_unref);
	OPENSSL_cleanse(security, sizeof(*security));
	g_free(security);
}

static void security2_destroy(void *data)
{
	security2_free(data);
}

const SecurityOps security2_ops = {
	.version = 2,
	.patch = 1,
	.proof_again = false,
	.command = security2_command,
	.hello = security2_hello,
	.prove = security2_prove,
	.decrypt = security2_decrypt,
	.encrypt = security2_encrypt,
	.wipe = security2_wipe,
	.free = security2_destroy,
};
