/* SPDX-License-Identifier: MIT */
#include "provisioner/core/session.h"

#include "provisioner/core/security1.h"
#include "provisioner/core/security2.h"
#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

typedef struct Fixture {
	TestRandom random;
	Session *session;
} Fixture;

/* The two schemes by their transcripts. */
typedef struct Scheme {
	int version;
	const char *random; /* what a handshake draws */
	const char *command0;
	const char *response0;
	const char *command1;
	const char *response1;
	const char *wrong_proof;
	bool proof_again;
} Scheme;

static const Scheme scheme1 = {
	.version = 1,
	.random = VECTOR_SEC1_RANDOM VECTOR_SEC1_DEVICE_SECRET,
	.command0 = VECTOR_SEC1_COMMAND0,
	.response0 = VECTOR_SEC1_RESPONSE0,
	.command1 = VECTOR_SEC1_COMMAND1,
	.response1 = VECTOR_SEC1_RESPONSE1,
	.wrong_proof = "10015a270802b201221220" VECTOR_SEC1_WRONG_POP_CLIENT_VERIFY,
	.proof_again = true,
};

static const Scheme scheme2 = {
	.version = 2,
	.random = VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID,
	.command0 = VECTOR_SEC2_COMMAND0,
	.response0 = VECTOR_SEC2_RESPONSE0,
	.command1 = VECTOR_SEC2_COMMAND1,
	.response1 = VECTOR_SEC2_RESPONSE1,
	.wrong_proof = "100262470802b201420a40" VECTOR_SRP_M2,
	.proof_again = false,
};

static void fixture_init(Fixture *fixture, int version, const char *pop)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) secret = pop ? secret_new(pop, strlen(pop)) : NULL;
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);

	test_random_init(&fixture->random);
	if (version == 1)
		fixture->session =
			session_new(&security1_ops, security1_new(secret, test_random_fill,
								  &fixture->random, &error));
	else
		fixture->session =
			session_new(&security2_ops, security2_new(salt, verifier, test_random_fill,
								  &fixture->random, &error));
	g_assert_no_error(error);
}

static void fixture_clear(Fixture *fixture)
{
	session_free(fixture->session);
	test_random_clear(&fixture->random);
}

/* One handshake message: its reply, or @code */
static void step(Fixture *fixture, const char *hex, const char *reply_hex, int code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) in = hex_bytes(hex);
	g_autoptr(GByteArray) out = g_byte_array_new();
	bool ok = session_step(fixture->session, in, out, &error);

	if (reply_hex) {
		g_assert_no_error(error);
		g_assert_true(ok);
		assert_data_hex(out->data, out->len, reply_hex);
	} else {
		g_assert_false(ok);
		g_assert_error(error, PROV_ERROR, code);
		g_assert_cmpuint(out->len, ==, 0);
	}
}

static void hello(Fixture *fixture, const Scheme *scheme)
{
	test_random_restart(&fixture->random, scheme->random);
	step(fixture, scheme->command0, scheme->response0, 0);
	g_assert_false(session_is_open(fixture->session));
}

static void handshake(Fixture *fixture, const Scheme *scheme)
{
	hello(fixture, scheme);
	step(fixture, scheme->command1, scheme->response1, 0);
	g_assert_true(session_is_open(fixture->session));
}

static void decrypt(Fixture *fixture, const char *record, const char *clear_hex)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) in = hex_bytes(record);
	g_autoptr(Secret) clear = session_decrypt(fixture->session, in, &error);

	g_assert_no_error(error);
	assert_data_hex(secret_data(clear), secret_len(clear), clear_hex);
}

static void decrypt_fails(Fixture *fixture, GBytes *record, int code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) clear = session_decrypt(fixture->session, record, &error);

	g_assert_null(clear);
	g_assert_error(error, PROV_ERROR, code);
}

static void encrypt(Fixture *fixture, const char *clear_hex, const char *record)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) clear = hex_bytes(clear_hex);
	g_autoptr(GByteArray) in = g_bytes_unref_to_array(g_steal_pointer(&clear));
	g_autoptr(GBytes) out = session_encrypt(fixture->session, in, &error);

	g_assert_no_error(error);
	assert_bytes_hex(out, record);
}

static const char *record_of(const Scheme *scheme, size_t i)
{
	return scheme->version == 1 ? vector_messages[i].record1 : vector_messages[i].record2;
}

static void records(Fixture *fixture, const Scheme *scheme)
{
	for (size_t i = 0; i < G_N_ELEMENTS(vector_messages); i += 2) {
		decrypt(fixture, record_of(scheme, i), vector_messages[i].clear);
		encrypt(fixture, vector_messages[i + 1].clear, record_of(scheme, i + 1));
	}
}

static void test_transcript(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	handshake(&fixture, scheme);
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

/* A new command 0 at any time, and a new link, start from nothing. */
static void test_restart(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;
	g_autoptr(GBytes) record = hex_bytes(record_of(scheme, 0));

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	hello(&fixture, scheme);
	handshake(&fixture, scheme);
	records(&fixture, scheme);
	hello(&fixture, scheme);
	decrypt_fails(&fixture, record, PROV_ERROR_STATE);
	step(&fixture, scheme->command1, scheme->response1, 0);
	session_reset(fixture.session);
	g_assert_false(session_is_open(fixture.session));
	decrypt_fails(&fixture, record, PROV_ERROR_STATE);
	step(&fixture, scheme->command1, NULL, PROV_ERROR_STATE);
	handshake(&fixture, scheme);
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

static void test_out_of_turn(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) nothing = g_byte_array_new();
	g_autoptr(GBytes) record = hex_bytes(record_of(scheme, 0));

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	step(&fixture, scheme->command1, NULL, PROV_ERROR_STATE);
	decrypt_fails(&fixture, record, PROV_ERROR_STATE);
	g_assert_null(session_encrypt(fixture.session, nothing, &error));
	g_assert_error(error, PROV_ERROR, PROV_ERROR_STATE);
	hello(&fixture, scheme);
	decrypt_fails(&fixture, record, PROV_ERROR_STATE);
	step(&fixture, scheme->command1, scheme->response1, 0);
	step(&fixture, scheme->command1, NULL, PROV_ERROR_STATE);
	g_assert_true(session_is_open(fixture.session));
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

static void test_wrong_proof(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	hello(&fixture, scheme);
	step(&fixture, scheme->wrong_proof, NULL, PROV_ERROR_AUTH);
	g_assert_false(session_is_open(fixture.session));
	/* The right one comes too late: the keystream moved on, or the exchange is gone. */
	step(&fixture, scheme->command1, NULL,
	     scheme->proof_again ? PROV_ERROR_AUTH : PROV_ERROR_STATE);
	g_assert_false(session_is_open(fixture.session));
	handshake(&fixture, scheme);
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

/* Cut anywhere, a message is refused and the session stands where it stood. */
static void step_truncated(Fixture *fixture, const char *hex)
{
	size_t len = strlen(hex);

	for (size_t cut = 0; cut < len; cut += 2) {
		g_autofree char *part = g_strndup(hex, cut);

		step(fixture, part, NULL, PROV_ERROR_VALUE);
	}
}

static void test_truncated(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	step_truncated(&fixture, scheme->command0);
	hello(&fixture, scheme);
	step_truncated(&fixture, scheme->command0);
	step_truncated(&fixture, scheme->command1);
	step(&fixture, scheme->command1, scheme->response1, 0);
	step_truncated(&fixture, scheme->command0);
	step_truncated(&fixture, scheme->command1);
	g_assert_true(session_is_open(fixture.session));
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

/* What is no command at all leaves every state alone. */
static void test_malformed(gconstpointer data)
{
	static const char *const messages[] = {
		"",
		"00",
		"ff",
		"5203a20100",       /* security 0 */
		"1000",             /* nothing in it */
		"1001",             /* security 1, no payload */
		"1002",             /* security 2, no payload */
		"1003620408029201", /* security 3 */
		"10015a00",         /* security 1, empty payload */
		"10026200",         /* security 2, empty payload */
		"10016200",         /* version and payload differ */
		"10025a00",
		"10015a030801a201",     /* cut in a nested length */
		"10015a050801a2010000", /* a reply, and junk */
		"10015a050802a20100",   /* says command 1, carries command 0 */
		"10015a03b20100",       /* says command 0, carries command 1 */
		"100262050802a20100",   /* the same for security 2 */
		"10026203b20100",
		"10015a050804a20100",     /* a type there is not */
		"10ffffffffffffffffff01", /* version as large as can be */
		"5aff",                   /* length past the end */
		"5affffffffff7f",         /* length past everything */
	};
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		step(&fixture, messages[i], NULL, PROV_ERROR_VALUE);
	for (char version = '0'; version <= '4'; version++) { /* a good payload, another version */
		g_autofree char *hex = g_strdup(scheme->command0);

		hex[3] = version;
		if (version - '0' != scheme->version)
			step(&fixture, hex, NULL, PROV_ERROR_VALUE);
	}
	hello(&fixture, scheme);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		step(&fixture, messages[i], NULL, PROV_ERROR_VALUE);
	step(&fixture, scheme->command1, scheme->response1, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		step(&fixture, messages[i], NULL, PROV_ERROR_VALUE);
	records(&fixture, scheme);
	fixture_clear(&fixture);
}

/* A command 0 whose content is refused has ended the session before. */
static void test_hello_refused(gconstpointer data)
{
	static const char *const of_version[][3] = {
		{ NULL, NULL, NULL },
		{ "10015a03a20100", /* key of 0 octets */
		  "10015a24a201210a1f" VECTOR_SEC1_RANDOM "0102030405060708090a0b0c0d0e0f", /* 31 */
		  "10015a25a201220a20"
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "10026203a20100",         /* no user, no key */
		  "10026206a201030a0161",   /* no key */
		  "10026206a20103120105" }, /* no user */
	};
	const Scheme *scheme = data;

	for (size_t i = 0; i < 3; i++) {
		Fixture fixture;
		g_autoptr(GBytes) record = hex_bytes(record_of(scheme, 0));

		fixture_init(&fixture, scheme->version, VECTOR_POP);
		handshake(&fixture, scheme);
		step(&fixture, of_version[scheme->version][i], NULL, PROV_ERROR_VALUE);
		decrypt_fails(&fixture, record, PROV_ERROR_STATE);
		step(&fixture, scheme->command1, NULL, PROV_ERROR_STATE);
		handshake(&fixture, scheme);
		records(&fixture, scheme);
		fixture_clear(&fixture);
	}
}

/* A proof of the wrong size is no attempt. */
static void test_proof_size(gconstpointer data)
{
	static const char *const of_version[] = { NULL, "10015a080802b20103120161",
						  "100262080802b201030a0161" };
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	hello(&fixture, scheme);
	step(&fixture, of_version[scheme->version], NULL, PROV_ERROR_VALUE);
	step(&fixture, scheme->command1, scheme->response1, 0);
	fixture_clear(&fixture);
}

/* 512 octets are taken, with a field nobody knows; one more is not. */
static void test_too_long(void)
{
	g_autofree char *filler = g_strnfill(2 * 104, '1');
	g_autofree char *fits = g_strconcat(VECTOR_SEC2_COMMAND0, "7a68", filler, NULL);
	g_autofree char *exceeds = g_strconcat(VECTOR_SEC2_COMMAND0, "7a69", filler, "11", NULL);
	Fixture fixture;

	g_assert_cmpuint(strlen(fits), ==, 2 * WIRE_MAX);
	fixture_init(&fixture, 2, NULL);
	test_random_restart(&fixture.random, scheme2.random);
	step(&fixture, fits, scheme2.response0, 0);
	step(&fixture, exceeds, NULL, PROV_ERROR_VALUE);
	step(&fixture, scheme2.command1, scheme2.response1, 0);
	fixture_clear(&fixture);
}

/* Many fields nobody knows would take more memory than a message has. */
static void test_flood(gconstpointer data)
{
	const Scheme *scheme = data;
	g_autoptr(GString) flood = g_string_new("");
	Fixture fixture;

	while (flood->len < 2 * WIRE_MAX)
		g_string_append(flood, "7801");
	fixture_init(&fixture, scheme->version, VECTOR_POP);
	step(&fixture, flood->str, NULL, PROV_ERROR_VALUE);
	hello(&fixture, scheme);
	fixture_clear(&fixture);
}

static void test_no_randomness(gconstpointer data)
{
	const Scheme *scheme = data;
	Fixture fixture;

	fixture_init(&fixture, scheme->version, VECTOR_POP);
	fixture.random.broken = true;
	step(&fixture, scheme->command0, NULL, PROV_ERROR_INTERNAL);
	fixture.random.broken = false;
	hello(&fixture, scheme);
	if (scheme->version == 2) { /* whose nonce is drawn with the proof */
		fixture.random.broken = true;
		step(&fixture, scheme->command1, NULL, PROV_ERROR_INTERNAL);
		fixture.random.broken = false;
		step(&fixture, scheme->command1, NULL, PROV_ERROR_STATE);
	}
	handshake(&fixture, scheme);
	fixture_clear(&fixture);
}

static void test_without_pop(void)
{
	static const char *const pops[] = { NULL, "" };

	for (size_t i = 0; i < G_N_ELEMENTS(pops); i++) {
		Fixture fixture;

		fixture_init(&fixture, 1, pops[i]);
		hello(&fixture, &scheme1);
		step(&fixture, "10015a270802b201221220" VECTOR_SEC1_NO_POP_CLIENT_VERIFY,
		     "10015a270803ba01221a20" VECTOR_SEC1_NO_POP_DEVICE_VERIFY, 0);
		g_assert_true(session_is_open(fixture.session));
		fixture_clear(&fixture);
	}
}

/* A record that is cut, tampered with or sent twice does not move the counter. */
static void test_bad_records(void)
{
	Fixture fixture;
	g_autoptr(GBytes) good = hex_bytes(vector_messages[0].record2);
	g_autoptr(GBytes) skipped = hex_bytes(vector_messages[2].record2);
	size_t len;
	const uint8_t *octets = g_bytes_get_data(good, &len);

	fixture_init(&fixture, 2, NULL);
	handshake(&fixture, &scheme2);
	for (size_t cut = 0; cut < len; cut++) {
		g_autoptr(GBytes) part = g_bytes_new(octets, cut);

		decrypt_fails(&fixture, part, cut < WIRE_TAG ? PROV_ERROR_VALUE : PROV_ERROR_AUTH);
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t tampered[64];

		memcpy(tampered, octets, len);
		tampered[i] ^= 0x80;

		g_autoptr(GBytes) record = g_bytes_new(tampered, len);

		decrypt_fails(&fixture, record, PROV_ERROR_AUTH);
	}
	decrypt_fails(&fixture, skipped, PROV_ERROR_AUTH);
	decrypt(&fixture, vector_messages[0].record2, vector_messages[0].clear);
	decrypt_fails(&fixture, good, PROV_ERROR_AUTH);
	g_assert_true(session_is_open(fixture.session));
	encrypt(&fixture, vector_messages[1].clear, vector_messages[1].record2);
	decrypt(&fixture, vector_messages[2].record2, vector_messages[2].clear);
	fixture_clear(&fixture);
}

/* An empty record is a tag alone under security 2, and nothing under security 1. */
static void test_empty_record(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) nothing = g_byte_array_new();
	Fixture fixture;

	fixture_init(&fixture, 2, NULL);
	handshake(&fixture, &scheme2);

	g_autoptr(GBytes) tag = session_encrypt(fixture.session, nothing, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(g_bytes_get_size(tag), ==, WIRE_TAG);
	fixture_clear(&fixture);

	fixture_init(&fixture, 1, VECTOR_POP);
	handshake(&fixture, &scheme1);
	decrypt(&fixture, "", "");

	g_autoptr(GBytes) none = session_encrypt(fixture.session, nothing, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(g_bytes_get_size(none), ==, 0);
	records(&fixture, &scheme1);
	fixture_clear(&fixture);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		GTestDataFunc func;
	} both[] = {
		{ "transcript", test_transcript },
		{ "restart", test_restart },
		{ "out-of-turn", test_out_of_turn },
		{ "wrong-proof", test_wrong_proof },
		{ "truncated", test_truncated },
		{ "malformed", test_malformed },
		{ "hello-refused", test_hello_refused },
		{ "proof-size", test_proof_size },
		{ "flood", test_flood },
		{ "no-randomness", test_no_randomness },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
		g_autofree char *first = g_strdup_printf("/session/1/%s", both[i].name);
		g_autofree char *second = g_strdup_printf("/session/2/%s", both[i].name);

		g_test_add_data_func(first, &scheme1, both[i].func);
		g_test_add_data_func(second, &scheme2, both[i].func);
	}
	g_test_add_func("/session/1/without-pop", test_without_pop);
	g_test_add_func("/session/2/bad-records", test_bad_records);
	g_test_add_func("/session/2/too-long", test_too_long);
	g_test_add_func("/session/empty-record", test_empty_record);
	return g_test_run();
}
