/* SPDX-License-Identifier: MIT */
/*
 * The phone's messages and handshakes against the known answers of the protocol reference.
 */
#include "tests/phone/habit.h"
#include "tests/phone/hex.h"
#include "tests/phone/message.h"
#include "tests/phone/phone-error.h"
#include "tests/phone/phone-security0.h"
#include "tests/phone/phone-security1.h"
#include "tests/phone/phone-security2.h"
#include "tests/phone/phone-wire.h"
#include "tests/phone/vectors.h"
#include "tests/phone/version.h"

#include <openssl/bn.h>

typedef BIGNUM Number;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Number, BN_free)

/* What a client without any of the real ones' slips does. */
static const Security2Habit plain = { .srp = { .private_len = 32 }, .counter_from_nonce = true };

static void check_sha256(const uint8_t *octets, size_t len, const char *want)
{
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets, len);

	g_assert_cmpstr(sum, ==, want);
}

static void check_array(const GByteArray *array, const char *want)
{
	hex_check(array->data, array->len, want);
}

static void check_bytes(GBytes *bytes, const char *want)
{
	hex_check(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), want);
}

static GBytes *bytes_of(const char *digits)
{
	return g_byte_array_free_to_bytes(hex_octets(digits));
}

/* --- records: the 14 messages of the data phase --- */

static const char *record_of(const VectorRecord *record, int which)
{
	const char *const forms[] = { record->security1, record->security2,
				      record->security2_patch0 };

	return forms[which];
}

static void check_records(Security *security, int which)
{
	for (size_t i = 0; i < G_N_ELEMENTS(vector_records); i++) {
		const char *sealed_hex = record_of(&vector_records[i], which);
		g_autoptr(GByteArray) clear = hex_octets(vector_records[i].clear);
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GByteArray) sealed = NULL;
		g_autoptr(GError) error = NULL;

		if (!sealed_hex)
			continue;
		sealed = hex_octets(sealed_hex);
		if (i % 2 == 0) {
			g_assert_true(phone_security_seal(security, clear->data, clear->len, out,
							  &error));
			check_array(out, sealed_hex);
		} else {
			g_assert_true(phone_security_open(security, sealed, out, &error));
			check_array(out, vector_records[i].clear);
		}
		g_assert_no_error(error);
	}
}

/* --- security 0 --- */

static void test_security0(void)
{
	g_autoptr(Security) security = phone_security0_new();
	g_autoptr(GByteArray) cmd = g_byte_array_new();
	g_autoptr(GByteArray) resp = hex_octets("52050801aa0100");
	g_autoptr(GByteArray) nothing = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(phone_security_hello(security, cmd, &error));
	check_array(cmd, "5203a20100");
	g_assert_true(phone_security_proof(security, resp, nothing, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(nothing->len, ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(vector_records); i++) {
		g_autoptr(GByteArray) clear = hex_octets(vector_records[i].clear);
		g_autoptr(GByteArray) out = g_byte_array_new();

		g_assert_true(phone_security_seal(security, clear->data, clear->len, out, &error));
		check_array(out, vector_records[i].clear);
		g_byte_array_set_size(out, 0);
		g_assert_true(phone_security_open(security, clear, out, &error));
		check_array(out, vector_records[i].clear);
	}
}

static void test_security0_garbled(void)
{
	static const char *const bad[] = {
		"",
		"52050801aa01",
		"5203a20100",         /* nothing, cut, the request itself */
		"520408010801",       /* no answer in it */
		"100152050801aa0100", /* of security 1 */
		"10015a050801aa0100",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Security) security = phone_security0_new();
		g_autoptr(GByteArray) resp = hex_octets(bad[i]);
		g_autoptr(GByteArray) nothing = g_byte_array_new();
		g_autoptr(GError) error = NULL;

		g_assert_false(phone_security_proof(security, resp, nothing, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
	}
}

/* --- security 1 --- */

static Security *security1_at_proof(const char *pop, GByteArray *cmd1)
{
	g_autoptr(GByteArray) private_key = hex_octets(VECTOR1_PRIVATE);
	g_autoptr(GByteArray) resp0 = hex_octets(VECTOR1_RESP0);
	g_autoptr(GByteArray) cmd0 = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	Security *security = phone_security1_new(pop, private_key->data, &error);

	g_assert_no_error(error);
	g_assert_true(phone_security_hello(security, cmd0, &error));
	check_array(cmd0, VECTOR1_CMD0);
	g_assert_true(phone_security_proof(security, resp0, cmd1, &error));
	g_assert_no_error(error);
	return security;
}

static void test_security1_transcript(void)
{
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GByteArray) resp1 = hex_octets(VECTOR1_RESP1);
	g_autoptr(Security) security = security1_at_proof("abcd1234", cmd1);
	g_autoptr(GError) error = NULL;

	check_array(cmd1, VECTOR1_CMD1);
	g_assert_true(phone_security_finish(security, resp1, &error));
	g_assert_no_error(error);
	check_records(security, 0);
}

static const char *verifier_of(const GByteArray *cmd1, char **out)
{
	g_assert_cmpuint(cmd1->len, ==, 43);
	return *out = hex_text(cmd1->data + 11, 32);
}

static void test_security1_no_pop(void)
{
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GByteArray) resp1 = hex_octets("10015a270803ba01221a20" VECTOR1_NO_POP_DEVICE);
	g_autoptr(Security) security = security1_at_proof("", cmd1);
	g_autoptr(GError) error = NULL;
	g_autofree char *verifier = NULL;

	g_assert_cmpstr(verifier_of(cmd1, &verifier), ==, VECTOR1_NO_POP_VERIFIER);
	g_assert_true(phone_security_finish(security, resp1, &error));
	g_assert_no_error(error);
}

static void test_security1_wrong_pop(void)
{
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GByteArray) resp1 = hex_octets(VECTOR1_RESP1);
	g_autoptr(Security) security = security1_at_proof("wrongpop", cmd1);
	g_autoptr(GError) error = NULL;
	g_autofree char *verifier = NULL;

	g_assert_cmpstr(verifier_of(cmd1, &verifier), ==, VECTOR1_WRONG_POP_VERIFIER);
	/* and a device that says yes nevertheless is found out */
	g_assert_false(phone_security_finish(security, resp1, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_IMPOSTOR);
}

/* --- security 2 --- */

static Security *security2_at_start(unsigned patch)
{
	g_autoptr(GByteArray) a = hex_octets(VECTOR2_A);
	Security2Login login = {
		.user = "wifiprov",
		.password = "abcd1234",
		.patch = patch,
		.a = a->data,
		.a_len = a->len,
	};
	g_autoptr(GError) error = NULL;
	Security *security = phone_security2_new(&login, &plain, &error);

	g_assert_no_error(error);
	return security;
}

static void security2_run(Security *security, const char *resp1_hex, GError **error)
{
	g_autoptr(GByteArray) resp0 =
		hex_octets(VECTOR2_RESP0_HEAD VECTOR2_PUBLIC_B "1a10" VECTOR2_SALT);
	g_autoptr(GByteArray) resp1 = hex_octets(resp1_hex);
	g_autoptr(GByteArray) cmd0 = g_byte_array_new();
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();

	g_assert_true(phone_security_hello(security, cmd0, error));
	check_sha256(cmd0->data, cmd0->len, VECTOR2_CMD0_SHA256);
	g_assert_true(phone_security_proof(security, resp0, cmd1, error));
	check_array(cmd1, VECTOR2_CMD1);
	if (!phone_security_finish(security, resp1, error))
		g_assert_true(error && *error);
}

static void test_security2_transcript(void)
{
	g_autoptr(Security) security = security2_at_start(1);
	g_autoptr(GError) error = NULL;

	security2_run(security, VECTOR2_RESP1, &error);
	g_assert_no_error(error);
	check_records(security, 1);
}

static void test_security2_patch0(void)
{
	g_autoptr(Security) security = security2_at_start(0);
	g_autoptr(GError) error = NULL;

	security2_run(security, VECTOR2_RESP1_PATCH0, &error);
	g_assert_no_error(error);
	check_records(security, 2);
}

static void test_security2_verifier(void)
{
	g_autoptr(GBytes) salt = bytes_of(VECTOR2_SALT);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) verifier = phone_srp_verifier("wifiprov", "abcd1234", salt, &error);

	g_assert_no_error(error);
	check_bytes(verifier, VECTOR2_VERIFIER);
}

/* A device that took the proof but has another of its own. */
static void test_security2_impostor(void)
{
	g_autofree char *resp1 = g_strdup(VECTOR2_RESP1);
	g_autoptr(Security) security = security2_at_start(1);
	g_autoptr(GError) error = NULL;

	resp1[40] = resp1[40] == '0' ? '1' : '0';
	security2_run(security, resp1, &error);
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_IMPOSTOR);
}

/* A record that was changed, replayed or cut short is not opened. */
static void test_security2_bad_records(void)
{
	static const char *const bad[] = {
		"f2a94d90525ff881dbcd8f62059f893cc93e5934",         /* last bit of the tag */
		"f3a94d90525ff881dbcd8f62059f893cc93e5935",         /* first bit of the text */
		"3f9267d159d03ea952eddcaccce5093c6097e5b9376f9924", /* a later record */
		"f2a94d90525ff881dbcd8f6205",
		"",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Security) security = security2_at_start(1);
		g_autoptr(GByteArray) sealed = hex_octets(bad[i]);
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;

		security2_run(security, VECTOR2_RESP1, &error);
		g_assert_no_error(error);
		g_assert_true(phone_security_seal(security, (const uint8_t *)"x", 1, out, &error));
		g_byte_array_set_size(out, 0);
		g_assert_false(phone_security_open(security, sealed, out, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
		g_assert_cmpuint(out->len, ==, 0);
	}
}

/* --- leading zeros --- */

static GBytes *plus(const char *number, unsigned offset)
{
	g_autoptr(GBytes) start = bytes_of(number);
	g_autoptr(Number) sum =
		BN_bin2bn(g_bytes_get_data(start, NULL), (int)g_bytes_get_size(start), NULL);
	uint8_t octets[32];

	g_assert_cmpint(BN_add_word(sum, offset), ==, 1);
	g_assert_cmpint(BN_bn2binpad(sum, octets, sizeof(octets)), ==, sizeof(octets));
	return g_bytes_new(octets, sizeof(octets));
}

/* k = H(N | PAD(g)), as the reference has it */
#define VECTOR2_MULTIPLIER                                                                         \
	"a9c2e2559bf0ebb53f0cbbf62282906bede7f2182f00678211fbd5bde5b28503"                         \
	"3a4993503b87397f9be5ec02080fedbc0835587ad039060879b8621e8c3659e0"

/* B = (k v + g^b) mod N, the device's side */
static GBytes *device_public(GBytes *b)
{
	g_autoptr(GBytes) v_octets = bytes_of(VECTOR2_VERIFIER);
	g_autoptr(GBytes) k_octets = bytes_of(VECTOR2_MULTIPLIER);
	g_autoptr(Number) modulus = BN_get_rfc3526_prime_3072(NULL);
	g_autoptr(Number) v = BN_bin2bn(g_bytes_get_data(v_octets, NULL), SRP_GROUP_LEN, NULL);
	g_autoptr(Number) k = BN_bin2bn(g_bytes_get_data(k_octets, NULL), SRP_HASH_LEN, NULL);
	g_autoptr(Number) exponent = BN_bin2bn(g_bytes_get_data(b, NULL), 32, NULL);
	g_autoptr(Number) value = BN_new();
	uint8_t octets[SRP_GROUP_LEN];
	BN_CTX *ctx = BN_CTX_new();
	int len;

	g_assert_cmpint(BN_set_word(value, 5), ==, 1);
	g_assert_cmpint(BN_mod_exp(value, value, exponent, modulus, ctx), ==, 1);
	g_assert_cmpint(BN_mod_mul(v, v, k, modulus, ctx), ==, 1);
	g_assert_cmpint(BN_mod_add(value, value, v, modulus, ctx), ==, 1);
	BN_CTX_free(ctx);
	len = BN_bn2bin(value, octets);
	return g_bytes_new(octets, (gsize)len);
}

static Srp *srp_at_proof(const VectorZero *zero, const SrpHabit *habit)
{
	g_autoptr(GBytes) a = plus(VECTOR2_A, zero->a_offset);
	g_autoptr(GBytes) b = plus(VECTOR2_B, zero->b_offset);
	g_autoptr(GBytes) public_b = device_public(b);
	g_autoptr(GBytes) salt = bytes_of(VECTOR2_SALT);
	g_autoptr(GError) error = NULL;
	Srp *srp =
		phone_srp_new("wifiprov", "abcd1234", habit, g_bytes_get_data(a, NULL), 32, &error);

	g_assert_no_error(error);
	if (zero->public_a_sha256)
		check_sha256(g_bytes_get_data(phone_srp_public(srp), NULL),
			     g_bytes_get_size(phone_srp_public(srp)), zero->public_a_sha256);
	if (zero->public_b_sha256)
		check_sha256(g_bytes_get_data(public_b, NULL), g_bytes_get_size(public_b),
			     zero->public_b_sha256);
	g_assert_true(phone_srp_set_device(srp, public_b, salt, &error));
	g_assert_no_error(error);
	return srp;
}

static void test_zeros(const void *data)
{
	const VectorZero *zero = data;
	g_autoptr(Srp) srp = srp_at_proof(zero, &plain.srp);

	check_bytes(phone_srp_key(srp), zero->key);
	check_bytes(phone_srp_client_proof(srp), zero->m1);
	hex_check(phone_srp_device_proof(srp), SRP_HASH_LEN, zero->m2);
}

/* A client that holds values as integers loses a zero, and with it the session. */
static void test_zeros_as_integers(void)
{
	const SrpHabit key_habit = { .private_len = 32, .key_as_integer = true };
	const SrpHabit proof_habit = { .private_len = 32, .proof_as_integer = true };

	for (size_t i = 0; i < G_N_ELEMENTS(vector_zeros); i++) {
		const VectorZero *zero = &vector_zeros[i];
		g_autoptr(Srp) by_key = srp_at_proof(zero, &key_habit);
		g_autoptr(Srp) by_proof = srp_at_proof(zero, &proof_habit);
		unsigned key_zeros = g_str_has_prefix(zero->key, "00");
		unsigned proof_zeros = g_str_has_prefix(zero->m1, "00");

		check_bytes(phone_srp_key(by_key), zero->key + 2 * key_zeros);
		check_bytes(phone_srp_client_proof(by_proof), zero->m1 + 2 * proof_zeros);
	}
}

/* --- garbled handshakes --- */

typedef struct GarbledCase {
	const char *name;
	const char *resp0;
} GarbledCase;

static const GarbledCase garbled_cases[] = {
	{ "nothing", "" },
	{ "cut", "10015a390801" },
	{ "other-security", "100262070801aa01020a00" },
	{ "other-message", "10015a070803aa01020a00" },
	{ "no-payload", "1001" },
	{ "empty-body", "10015a050801aa0100" },
	{ "short-key", "10015a0b0801aa01061202aabb1a00" },
	{ "overlong-varint", "ffffffffffffffffffffff01" },
	{ "field-zero", "0001" },
};

static void test_garbled(const void *data)
{
	const GarbledCase *row = data;
	g_autoptr(GByteArray) resp0 = hex_octets(row->resp0);

	for (int version = 1; version <= 2; version++) {
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;
		g_autoptr(Security) security = version == 1 ? phone_security1_new("x", NULL, &error)
							    : security2_at_start(1);

		g_assert_false(phone_security_proof(security, resp0, out, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
		g_assert_cmpuint(out->len, ==, 0);
	}
}

/* B = 0 and B = N are refused, as is a handshake without a salt. */
static void test_weak_public(void)
{
	static const uint8_t zero[1];
	g_autoptr(Number) modulus = BN_get_rfc3526_prime_3072(NULL);
	uint8_t octets[SRP_GROUP_LEN + 1] = { 0 };
	g_autoptr(GBytes) salt = bytes_of(VECTOR2_SALT);
	g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);
	g_autoptr(GBytes) one = g_bytes_new("\1", 1);

	g_assert_cmpint(BN_bn2bin(modulus, octets), ==, SRP_GROUP_LEN);

	const struct {
		GBytes *public_b;
		GBytes *salt;
	} rows[] = {
		{ g_bytes_new(zero, 1), g_bytes_ref(salt) },
		{ g_bytes_new(octets, SRP_GROUP_LEN), g_bytes_ref(salt) },
		{ g_bytes_new(octets, SRP_GROUP_LEN + 1), g_bytes_ref(salt) },
		{ g_bytes_ref(empty), g_bytes_ref(salt) },
		{ g_bytes_ref(one), g_bytes_ref(empty) },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Srp) srp = phone_srp_new("u", "p", &plain.srp, NULL, 0, &error);

		g_assert_false(phone_srp_set_device(srp, rows[i].public_b, rows[i].salt, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
		g_bytes_unref(rows[i].public_b);
		g_bytes_unref(rows[i].salt);
	}
}

/* --- messages --- */

static void check_request(GByteArray *request, const char *want)
{
	check_array(request, want);
	g_byte_array_unref(request);
}

static void test_requests(void)
{
	check_request(message_scan_start(), vector_records[0].clear);
	check_request(message_scan_status(true), vector_records[2].clear);
	check_request(message_scan_status(false), "0802");
	check_request(message_scan_result(0, 2), vector_records[4].clear);
	check_request(message_scan_result(4, 2), "0804720408041002");
	check_request(message_set_config("HomeNet", "secret-pass", NULL), vector_records[6].clear);
	check_request(message_set_config("HomeNet", NULL, NULL), "080262090a07486f6d654e6574");
	check_request(message_set_config("HomeNet", "", NULL), "080262090a07486f6d654e6574");
	check_request(
		message_set_config("HomeNet", NULL, (const uint8_t *)"\x0a\x1b\x2c\x3d\x4e\x5f"),
		"080262110a07486f6d654e65741a060a1b2c3d4e5f");
	check_request(message_apply_config(true), vector_records[8].clear);
	check_request(message_apply_config(false), "0804");
	check_request(message_get_status(), vector_records[10].clear);
	check_request(message_control(MESSAGE_CONTROL_RESET), "0801");
	check_request(message_control(MESSAGE_CONTROL_REPROV), "0803");
}

static void test_scan_answers(void)
{
	g_autoptr(GByteArray) started = hex_octets(vector_records[1].clear);
	g_autoptr(GByteArray) busy = hex_octets("080110055a00");
	g_autoptr(GByteArray) status = hex_octets(vector_records[3].clear);
	g_autoptr(GByteArray) page = hex_octets(vector_records[5].clear);
	g_autoptr(GArray) networks = g_array_new(false, false, sizeof(MessageNetwork));
	const MessageNetwork *network;
	g_autoptr(GError) error = NULL;
	g_autofree char *ssid = NULL;
	MessageScan scan;

	g_assert_true(message_parse_scan(started, 1, &scan, &error));
	g_assert_cmpuint(scan.status, ==, 0);
	g_assert_true(message_parse_scan(busy, 1, &scan, &error));
	g_assert_cmpuint(scan.status, ==, 5);
	g_assert_true(message_parse_scan(status, 3, &scan, &error));
	g_assert_true(scan.finished);
	g_assert_cmpuint(scan.count, ==, 2);
	g_assert_true(message_parse_networks(page, networks, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(networks->len, ==, 2);
	network = &g_array_index(networks, MessageNetwork, 0);
	ssid = message_ssid_text(network);
	g_assert_cmpstr(ssid, ==, "HomeNet");
	g_assert_cmpint(network->rssi_dbm, ==, -48);
	g_assert_cmpuint(network->channel, ==, 6);
	g_assert_cmpuint(network->auth, ==, 3);
	hex_check(network->bssid, 6, "0a1b2c3d4e5f");
	network = &g_array_index(networks, MessageNetwork, 1);
	g_assert_cmpint(network->rssi_dbm, ==, -71);
	g_assert_cmpuint(network->auth, ==, 0);
}

typedef struct ProgressCase {
	const char *name;
	const char *octets;
	unsigned state;
	bool has_reason;
	unsigned reason;
	bool has_attempts;
	unsigned attempts_left;
	const char *ip4; /* NULL: no link */
} ProgressCase;

static const ProgressCase progress_cases[] = {
	{ "connecting", "08015a021001", MESSAGE_STATE_CONNECTING, false, 0, false, 0, NULL },
	{ "auth-error", "08015a0410035000", MESSAGE_STATE_FAILED, true, 0, false, 0, NULL },
	{ "not-found", "08015a0410035001", MESSAGE_STATE_FAILED, true, 1, false, 0, NULL },
	{ "attempt", "08015a06100162020802", MESSAGE_STATE_CONNECTING, false, 0, true, 2, NULL },
	{ "last-attempt", "08015a0410016200", MESSAGE_STATE_CONNECTING, false, 0, true, 0, NULL },
	{ "connected",
	  "08015a255a230a0c3139322e3136382e312e353710031a07486f6d654e657422060a1b2c3d4e5f2806",
	  MESSAGE_STATE_CONNECTED, false, 0, false, 0, "192.168.1.57" },
};

static void test_progress(const void *data)
{
	const ProgressCase *row = data;
	g_autoptr(GByteArray) in = hex_octets(row->octets);
	g_autoptr(GError) error = NULL;
	MessageProgress progress;

	g_assert_true(message_parse_progress(in, &progress, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(progress.status, ==, 0);
	g_assert_cmpuint(progress.state, ==, row->state);
	g_assert_cmpint(progress.has_reason, ==, row->has_reason);
	g_assert_cmpuint(progress.reason, ==, row->reason);
	g_assert_cmpint(progress.has_attempts, ==, row->has_attempts);
	g_assert_cmpuint(progress.attempts_left, ==, row->attempts_left);
	g_assert_cmpint(progress.has_link, ==, row->ip4 != NULL);
	g_assert_cmpstr(progress.ip4, ==, row->ip4 ? row->ip4 : "");
}

typedef struct StatusCase {
	const char *octets;
	unsigned msg;
	unsigned status;
} StatusCase;

static void test_statuses(void)
{
	static const StatusCase rows[] = {
		{ "08036a00", 3, 0 },
		{ "08036a020804", 3, 4 },
		{ "08057a00", 5, 0 },
		{ "08057a020805", 5, 5 },
	};
	static const StatusCase controls[] = {
		{ "08026200", MESSAGE_CONTROL_RESET, 0 },
		{ "080210056200", MESSAGE_CONTROL_RESET, 5 },
		{ "08047200", MESSAGE_CONTROL_REPROV, 0 },
	};
	g_autoptr(GError) error = NULL;
	unsigned status;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GByteArray) in = hex_octets(rows[i].octets);

		g_assert_true(message_parse_config_status(in, rows[i].msg, &status, &error));
		g_assert_cmpuint(status, ==, rows[i].status);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(controls); i++) {
		g_autoptr(GByteArray) in = hex_octets(controls[i].octets);

		g_assert_true(message_parse_control(in, controls[i].msg, &status, &error));
		g_assert_cmpuint(status, ==, controls[i].status);
	}
}

/* Answers no client could use. */
static void test_bad_answers(void)
{
	static const char *const bad[] = {
		"",                 /* nothing at all */
		"0801",             /* no content */
		"08035a021001",     /* another message */
		"08015a021001ff",   /* an octet too many */
		"08015a0510015a01", /* cut short */
		"08015a045a020a05", /* link cut short */
		"08015a045a022200", /* no BSSID */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GByteArray) in = hex_octets(bad[i]);
		g_autoptr(GError) error = NULL;
		MessageProgress progress;

		g_assert_false(message_parse_progress(in, &progress, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
	}
}

static void test_bad_pages(void)
{
	static const char *const bad[] = {
		"08057a040a020a05",               /* SSID cut short */
		"08057a040a022200",               /* no BSSID */
		"08057a0a0a0822060a1b2c3d4e5f60", /* lengths disagree */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GArray) networks = g_array_new(false, false, sizeof(MessageNetwork));
		g_autoptr(GByteArray) in = hex_octets(bad[i]);
		g_autoptr(GError) error = NULL;

		g_assert_false(message_parse_networks(in, networks, &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
		g_assert_cmpuint(networks->len, ==, 0);
	}
}

/* --- proto-ver --- */

typedef struct VersionCase {
	const char *name;
	const char *text;
	bool usable;
	unsigned sec_ver;
	unsigned patch;
	bool no_pop;
	bool wifi_scan;
	bool no_sec;
} VersionCase;

static const VersionCase version_cases[] = {
	{ "sec1",
	  "{\"prov\":{\"ver\":\"v1.1\",\"sec_ver\":1,\"sec_patch_ver\":0,"
	  "\"cap\":[\"wifi_scan\"]}}",
	  true, 1, 0, false, true, false },
	{ "sec0",
	  "{\"prov\":{\"ver\":\"v1.1\",\"sec_ver\":0,\"sec_patch_ver\":0,"
	  "\"cap\":[\"no_sec\",\"wifi_scan\"]}}",
	  true, 0, 0, false, true, true },
	{ "no-pop",
	  "{\"prov\":{\"ver\":\"v1.1\",\"sec_ver\":1,\"sec_patch_ver\":0,"
	  "\"cap\":[\"no_pop\",\"wifi_scan\"]}}",
	  true, 1, 0, true, true, false },
	{ "sec2",
	  "{\"app\":{\"ver\":\"x\",\"cap\":[]},\"prov\":{\"ver\":\"netprov-v1.2\","
	  "\"sec_ver\":2,\"sec_patch_ver\":1,\"cap\":[\"wifi_prov\"]}}",
	  true, 2, 1, false, false, false },
	{ .name = "no-json", .text = "v1.1" },
	{ .name = "empty", .text = "" },
	{ .name = "no-prov", .text = "{}" },
	{ .name = "no-cap", .text = "{\"prov\":{\"ver\":\"v1.1\",\"sec_ver\":1}}" },
	{ .name = "no-ver", .text = "{\"prov\":{\"sec_ver\":1,\"cap\":[]}}" },
	{ .name = "odd-cap", .text = "{\"prov\":{\"ver\":\"v1.1\",\"cap\":[1]}}" },
	{ .name = "odd-sec", .text = "{\"prov\":{\"ver\":\"v1.1\",\"sec_ver\":\"2\",\"cap\":[]}}" },
};

static void test_version(const void *data)
{
	const VersionCase *row = data;
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(Version) version = NULL;
	g_autoptr(GError) error = NULL;

	g_byte_array_append(in, (const uint8_t *)row->text, (guint)strlen(row->text));
	version = version_parse(in, &error);
	if (!row->usable) {
		g_assert_null(version);
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpuint(version->sec_ver, ==, row->sec_ver);
	g_assert_cmpuint(version->sec_patch_ver, ==, row->patch);
	g_assert_cmpint(version->no_pop, ==, row->no_pop);
	g_assert_cmpint(version->no_sec, ==, row->no_sec);
	g_assert_cmpint(version->wifi_scan, ==, row->wifi_scan);
}

/* --- the rest --- */

static void test_wire_skips_unknown(void)
{
	g_autoptr(GByteArray) in = hex_octets("7901020304050607087d010203041005");
	WireReader reader = phone_wire_reader(in->data, in->len);
	WireField field;

	g_assert_true(phone_wire_next(&reader, &field));
	g_assert_cmpuint(field.number, ==, 15);
	g_assert_true(phone_wire_next(&reader, &field));
	g_assert_true(phone_wire_next(&reader, &field));
	g_assert_cmpuint(field.number, ==, 2);
	g_assert_cmpuint(field.value, ==, 5);
	g_assert_false(phone_wire_next(&reader, &field));
	g_assert_false(reader.bad);
}

static void test_exit_statuses_differ(void)
{
	uint32_t seen = 0;

	for (int code = 0; code < PHONE_ERROR_N; code++) {
		g_autoptr(GError) error = g_error_new_literal(PHONE_ERROR, code, "x");
		int status = phone_error_exit_status(error);

		g_assert_cmpint(status, <, 32);
		g_assert_false(seen & 1u << status);
		seen |= 1u << status;
		g_assert_nonnull(phone_error_name(error));
	}
}

static void test_habits(void)
{
	g_assert_nonnull(habit_find("android"));
	g_assert_nonnull(habit_find("ios"));
	g_assert_nonnull(habit_find("esp_prov"));
	g_assert_null(habit_find("windows"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/phone/wire/unknown", test_wire_skips_unknown);
	g_test_add_func("/phone/security0/transcript", test_security0);
	g_test_add_func("/phone/security0/garbled", test_security0_garbled);
	g_test_add_func("/phone/security1/transcript", test_security1_transcript);
	g_test_add_func("/phone/security1/no-pop", test_security1_no_pop);
	g_test_add_func("/phone/security1/wrong-pop", test_security1_wrong_pop);
	g_test_add_func("/phone/security2/transcript", test_security2_transcript);
	g_test_add_func("/phone/security2/patch0", test_security2_patch0);
	g_test_add_func("/phone/security2/verifier", test_security2_verifier);
	g_test_add_func("/phone/security2/impostor", test_security2_impostor);
	g_test_add_func("/phone/security2/bad-records", test_security2_bad_records);
	g_test_add_func("/phone/security2/weak-public", test_weak_public);
	g_test_add_func("/phone/zeros/as-integers", test_zeros_as_integers);
	g_test_add_func("/phone/message/requests", test_requests);
	g_test_add_func("/phone/message/scan-answers", test_scan_answers);
	g_test_add_func("/phone/message/statuses", test_statuses);
	g_test_add_func("/phone/message/bad-answers", test_bad_answers);
	g_test_add_func("/phone/message/bad-pages", test_bad_pages);
	g_test_add_func("/phone/exit-statuses", test_exit_statuses_differ);
	g_test_add_func("/phone/habits", test_habits);
	for (size_t i = 0; i < G_N_ELEMENTS(vector_zeros); i++) {
		g_autofree char *path = g_strconcat("/phone/zeros/", vector_zeros[i].name, NULL);

		g_test_add_data_func(path, &vector_zeros[i], test_zeros);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(garbled_cases); i++) {
		g_autofree char *path = g_strconcat("/phone/garbled/", garbled_cases[i].name, NULL);

		g_test_add_data_func(path, &garbled_cases[i], test_garbled);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(progress_cases); i++) {
		g_autofree char *path =
			g_strconcat("/phone/progress/", progress_cases[i].name, NULL);

		g_test_add_data_func(path, &progress_cases[i], test_progress);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(version_cases); i++) {
		g_autofree char *path = g_strconcat("/phone/version/", version_cases[i].name, NULL);

		g_test_add_data_func(path, &version_cases[i], test_version);
	}
	return g_test_run();
}
