/* SPDX-License-Identifier: MIT */
/*
 * What a stranger nearby can send: every message cut and bent, records out of turn, values of every
 * size, hanging up at every moment. After each the daemon lives, has no more memory or descriptors
 * than before, has told nothing but an error code, and serves the next phone.
 */
#include "tests/bus/rig.h"

#include "tests/phone/identity-message.h"
#include "tests/phone/phone-error.h"
#include "tests/phone/phone-security1.h"
#include "tests/phone/phone-wire.h"

#include <string.h>

#define REFUSED    "org.bluez.Error.Failed: 0x80"
#define BAD_OFFSET "org.bluez.Error.InvalidOffset: "
#define BAD_LENGTH "org.bluez.Error.InvalidValueLength: "
#define VALUE_MAX  512
#define FIELDS_MAX 64
#define GET_STATUS "\x52" /* prov-config, field 10: CmdGetStatus, empty */
#define USER       "wifiprov"
#define UPLOAD     "upload-1"
#define CALL                                                                                       \
	"busctl --address=$DBUS_SESSION_BUS_ADDRESS call " RIG_SERVICE " " RIG_OBJECT              \
	" " RIG_SERVICE

/* How far a phone has come. */
typedef enum Stage {
	STAGE_NEW,
	STAGE_PROOF,
	STAGE_OPEN,
	STAGE_N,
} Stage;

typedef struct Fixture {
	Rig *rig;
	RigPhone *phone;
	RigUsage before;
	unsigned int version;
	unsigned int refused;
	unsigned int answered;
} Fixture;

/* Every so manieth case where each takes long. */
static unsigned int stride(void)
{
	return rig_is_slow() ? 5 : 1;
}

static void setup(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[][2] = { { "security=1", NULL }, { "security=2", NULL } };
	unsigned int version = GPOINTER_TO_UINT(data);

	fixture->version = version;
	fixture->rig = rig_new();
	rig_start(fixture->rig, sets[version - 1]);
	rig_provision(fixture->rig);
	rig_provision(fixture->rig); /* what is made once is made now */
	fixture->before = rig_usage(fixture->rig);
	fixture->phone = rig_phone_new(fixture->rig, NULL);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	g_clear_pointer(&fixture->phone, rig_phone_free);
	rig_provision(fixture->rig);
	rig_assert_flat(fixture->rig, &fixture->before);
	rig_free(fixture->rig);
}

static void must(bool done, const GError *error)
{
	g_assert_no_error(error);
	g_assert_true(done);
}

static void must_connect(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	must(client_connect(fixture->phone->client, &error), error);
}

static void must_secure(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	must(client_secure(fixture->phone->client, NULL, &error), error);
}

/* The octets as they are: answered, or refused with the one code there is. */
static bool send_raw(Fixture *fixture, const char *endpoint, const void *data, size_t len)
{
	g_autofree char *refusal = NULL;
	g_autofree char *unread = NULL;
	g_autoptr(GBytes) value = NULL;
	bool taken = rig_write(fixture->rig, endpoint, data, len, &refusal);

	value = rig_read(fixture->rig, endpoint, 0, &unread);
	if (taken) {
		g_assert_cmpstr(unread, ==, NULL);
		g_assert_cmpuint(g_bytes_get_size(value), <=, VALUE_MAX);
		fixture->answered++;
		return true;
	}
	g_assert_cmpstr(refusal, ==, REFUSED);
	g_assert_cmpstr(unread, ==, NULL);
	g_assert_cmpuint(g_bytes_get_size(value), ==, 0);
	fixture->refused++;
	return false;
}

/* The octets encrypted on the open session. */
static bool send_sealed(Fixture *fixture, const char *endpoint, const void *data, size_t len)
{
	Security *security = client_security(fixture->phone->client);
	g_autoptr(GByteArray) sealed = g_byte_array_new();
	g_autoptr(GByteArray) clear = g_byte_array_new();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GBytes) value = NULL;
	g_autofree char *refusal = NULL;
	g_autoptr(GError) error = NULL;

	must(phone_security_seal(security, data, len, sealed, &error), error);
	if (!rig_write(fixture->rig, endpoint, sealed->data, sealed->len, &refusal)) {
		g_assert_cmpstr(refusal, ==, REFUSED);
		fixture->refused++;
		return false;
	}
	value = rig_read(fixture->rig, endpoint, 0, &refusal);
	g_assert_cmpstr(refusal, ==, NULL);
	g_byte_array_append(answer, g_bytes_get_data(value, NULL), (guint)g_bytes_get_size(value));
	must(phone_security_open(security, answer, clear, &error), error);
	fixture->answered++;
	return true;
}

static bool session_works(Fixture *fixture)
{
	return send_sealed(fixture, "prov-config", GET_STATUS "\0", 2);
}

/* ---- messages, and how they are bent ---- */

typedef struct Message {
	const char *path;
	const char *endpoint;
	GByteArray *(*build)(Fixture *fixture);
	bool handshake;
} Message;

static Security *security_new(Fixture *fixture)
{
	const Security2Login login = { .user = USER, .password = fixture->phone->pop, .patch = 1 };
	g_autoptr(GError) error = NULL;
	Security *security =
		fixture->version == 1
			? phone_security1_new(fixture->phone->pop, NULL, &error)
			: phone_security2_new(&login, &fixture->phone->setup.habit->security2,
					      &error);

	g_assert_no_error(error);
	return security;
}

static GByteArray *build_hello(Fixture *fixture)
{
	g_autoptr(Security) security = security_new(fixture);
	GByteArray *out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	must(phone_security_hello(security, out, &error), error);
	return out;
}

/* The proof that fits; the device waits for it afterwards. */
static GByteArray *build_proof(Fixture *fixture)
{
	g_autoptr(Security) security = security_new(fixture);
	g_autoptr(GByteArray) hello = g_byte_array_new();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	GByteArray *out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	must(phone_security_hello(security, hello, &error), error);
	must(rig_link.exchange(fixture->rig, "prov-session", hello, answer, &error), error);
	must(phone_security_proof(security, answer, out, &error), error);
	return out;
}

static GByteArray *build_scan_start(Fixture *fixture)
{
	return message_scan_start();
}

static GByteArray *build_scan_status(Fixture *fixture)
{
	return message_scan_status(true);
}

static GByteArray *build_scan_result(Fixture *fixture)
{
	return message_scan_result(0, 4);
}

static GByteArray *build_set(Fixture *fixture)
{
	return message_set_config(RIG_SSID, "not the passphrase", NULL);
}

static GByteArray *build_apply(Fixture *fixture)
{
	return message_apply_config(true);
}

static GByteArray *build_get_status(Fixture *fixture)
{
	return message_get_status();
}

static GByteArray *build_reset(Fixture *fixture)
{
	return message_control(MESSAGE_CONTROL_RESET);
}

static GByteArray *build_reprov(Fixture *fixture)
{
	return message_control(MESSAGE_CONTROL_REPROV);
}

static GByteArray *build_store_begin(Fixture *fixture)
{
	const IdentityPlan plans[IDENTITY_PARTS] = {
		[IDENTITY_BROKER] = { .data = (const uint8_t *)"abc", .len = 3 },
	};

	return identity_message_begin(UPLOAD, strlen(UPLOAD), plans);
}

static GByteArray *build_store_write(Fixture *fixture)
{
	return identity_message_write(UPLOAD, strlen(UPLOAD), IDENTITY_BROKER, 1, "bc", 2);
}

static GByteArray *build_store_commit(Fixture *fixture)
{
	return identity_message_commit(UPLOAD, strlen(UPLOAD));
}

static GByteArray *build_store_request(Fixture *fixture)
{
	return identity_message_request("gw-17", true);
}

static GByteArray *build_store_read(Fixture *fixture)
{
	return identity_message_read(300);
}

/* The whole command, of which phones leave out all. */
static GByteArray *build_device_status(Fixture *fixture)
{
	static const uint8_t octets[] = { 0x08, 0x00, 0x52, 0x00 };

	return g_byte_array_append(g_byte_array_new(), octets, sizeof(octets));
}

static const Message messages[] = {
	{ "hello", "prov-session", build_hello, true },
	{ "proof", "prov-session", build_proof, true },
	{ "scan-start", "prov-scan", build_scan_start, false },
	{ "scan-status", "prov-scan", build_scan_status, false },
	{ "scan-result", "prov-scan", build_scan_result, false },
	{ "set", "prov-config", build_set, false },
	{ "apply", "prov-config", build_apply, false },
	{ "get-status", "prov-config", build_get_status, false },
	{ "reset", "prov-ctrl", build_reset, false },
	{ "reprov", "prov-ctrl", build_reprov, false },
	{ "store-begin", "landfall-store", build_store_begin, false },
	{ "store-write", "landfall-store", build_store_write, false },
	{ "store-commit", "landfall-store", build_store_commit, false },
	{ "store-request", "landfall-store", build_store_request, false },
	{ "store-read", "landfall-store", build_store_read, false },
	{ "device-status", "landfall-status", build_device_status, false },
};

/* Get to @stage, whatever came before. */
static void enter(Fixture *fixture, Stage stage)
{
	rig_link.disconnect(fixture->rig);
	must_connect(fixture);
	if (stage == STAGE_PROOF)
		g_byte_array_unref(build_proof(fixture));
	else if (stage == STAGE_OPEN)
		must_secure(fixture);
}

/* Bent or not: what may never happen is an answer to a secured request without a session. */
static void send_bent(Fixture *fixture, const Message *message, Stage stage, const void *data,
		      size_t len)
{
	bool taken;

	if (message->handshake || stage != STAGE_OPEN) {
		taken = send_raw(fixture, message->endpoint, data, len);
		g_assert_true(message->handshake || !taken);
	} else {
		(void)send_sealed(fixture, message->endpoint, data, len);
	}
}

static void test_cut(Fixture *fixture, gconstpointer data)
{
	for (Stage stage = STAGE_NEW; stage < STAGE_N; stage++) {
		for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
			g_autoptr(GByteArray) whole = NULL;

			enter(fixture, stage);
			whole = messages[i].build(fixture);
			enter(fixture, stage);
			for (size_t len = 0; len < whole->len; len += stride())
				send_bent(fixture, &messages[i], stage, whole->data, len);
		}
	}
	g_test_message("%u refused, %u answered", fixture->refused, fixture->answered);
	g_assert_cmpuint(fixture->refused, >, 0);
}

/* A join under way is no reason to take them, and goes on. */
static void test_cut_while_joining(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GByteArray) set = build_set(fixture);
	g_autoptr(GByteArray) apply = build_apply(fixture);
	GByteArray *whole[G_N_ELEMENTS(messages)];

	enter(fixture, STAGE_NEW);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		whole[i] = messages[i].build(fixture);
	fixture->rig->air = RIG_AIR_JOIN_NEVER_ENDS;
	enter(fixture, STAGE_OPEN);
	g_assert_true(send_sealed(fixture, "prov-config", set->data, set->len));
	g_assert_true(send_sealed(fixture, "prov-config", apply->data, apply->len));
	rig_await(fixture->rig, "joining");
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
		for (size_t len = 0; len < whole[i]->len; len += stride())
			send_bent(fixture, &messages[i], STAGE_OPEN, whole[i]->data, len);
		g_byte_array_unref(whole[i]);
	}
	g_assert_true(session_works(fixture));
	fixture->rig->air = RIG_AIR_WORKS;
	g_free(test_run(CALL " Stop && " CALL " Start", NULL));
}

/* Where lengths stand, in sub-messages too. */
typedef struct Lengths {
	size_t at[FIELDS_MAX]; /* first octet of the varint */
	size_t n;
} Lengths;

/* Returns false when the octets are no message. */
static bool find_lengths(const uint8_t *start, const uint8_t *data, size_t len, Lengths *lengths)
{
	WireReader reader = phone_wire_reader(data, len);
	WireField field;

	while (phone_wire_next(&reader, &field)) {
		size_t n = lengths->n;

		if (field.type != WIRE_LENGTH || n >= FIELDS_MAX)
			continue;
		lengths->at[n] = (size_t)(field.data - start) - (field.len > 127 ? 2 : 1);
		lengths->n++;
		if (!find_lengths(start, field.data, field.len, lengths))
			lengths->n = n + 1;
	}
	return !reader.bad;
}

/* The message with the length at @at replaced by @varint. */
static GByteArray *bend(const GByteArray *whole, size_t at, const void *varint, size_t len)
{
	GByteArray *bent = g_byte_array_new();
	size_t old = whole->data[at] & 0x80 ? 2 : 1;

	g_byte_array_append(bent, whole->data, (guint)at);
	g_byte_array_append(bent, varint, (guint)len);
	g_byte_array_append(bent, whole->data + at + old, (guint)(whole->len - at - old));
	return bent;
}

static void bend_length(Fixture *fixture, const Message *message, Stage stage,
			const GByteArray *whole, size_t at)
{
	static const struct {
		const char *octets;
		size_t len;
	} huge[] = {
		{ "\xff\x7f", 2 },
		{ "\xff\xff\xff\xff\x07", 5 },
		{ "\xff\xff\xff\xff\x0f", 5 },
		{ "\x80\x80\x80\x80\x10", 5 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11 },
	};

	for (int off = -1; off <= 1; off += 2) {
		uint8_t varint[2] = { whole->data[at], whole->data[at + 1] };
		g_autoptr(GByteArray) bent = NULL;

		varint[0] = (uint8_t)((varint[0] & 0x80) | ((varint[0] + off) & 0x7f));
		bent = bend(whole, at, varint, varint[0] & 0x80 ? 2 : 1);
		send_bent(fixture, message, stage, bent->data, bent->len);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(huge); i++) {
		g_autoptr(GByteArray) bent = bend(whole, at, huge[i].octets, huge[i].len);

		send_bent(fixture, message, stage, bent->data, bent->len);
	}
}

static void test_lengths(Fixture *fixture, gconstpointer data)
{
	unsigned int bent = 0;

	for (Stage stage = STAGE_NEW; stage < STAGE_N; stage++) {
		for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
			Lengths lengths = { .n = 0 };
			g_autoptr(GByteArray) whole = NULL;

			enter(fixture, stage);
			whole = messages[i].build(fixture);
			g_assert_true(find_lengths(whole->data, whole->data, whole->len, &lengths));
			for (size_t j = 0; j < lengths.n; j++) {
				enter(fixture, stage);
				bend_length(fixture, &messages[i], stage, whole, lengths.at[j]);
				bent++;
			}
		}
	}
	g_test_message("%u lengths bent, %u refused, %u answered", bent, fixture->refused,
		       fixture->answered);
	g_assert_cmpuint(bent, >, 30);
}

/* Whole and right, but not now: a record before the session, a proof before the hello, clear text
 * on an open session. (Security 1 has no tag: there, clear text decrypts to chance.) */
static void test_out_of_turn(Fixture *fixture, gconstpointer data)
{
	const Stage end = fixture->version == 1 ? STAGE_OPEN : STAGE_N;

	for (Stage stage = STAGE_NEW; stage < end; stage++) {
		for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
			g_autoptr(GByteArray) whole = NULL;

			enter(fixture, stage);
			whole = messages[i].build(fixture);
			enter(fixture, stage);
			if (messages[i].build != build_hello)
				g_assert_false(send_raw(fixture, messages[i].endpoint, whole->data,
							whole->len));
		}
	}
}

/* ---- records ---- */

static GByteArray *seal_status(Fixture *fixture)
{
	GByteArray *sealed = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	must(phone_security_seal(client_security(fixture->phone->client),
				 (const uint8_t *)GET_STATUS "\0", 2, sealed, &error),
	     error);
	return sealed;
}

static void test_replay(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GByteArray) record = NULL;
	g_autoptr(GByteArray) skipped = NULL;
	g_autoptr(GByteArray) early = NULL;

	enter(fixture, STAGE_OPEN);
	record = seal_status(fixture);
	g_assert_true(send_raw(fixture, "prov-config", record->data, record->len));
	for (int i = 0; i < 3; i++)
		g_assert_false(send_raw(fixture, "prov-config", record->data, record->len));
	/* A session has its own keys: nothing of one counts in another. */
	must_secure(fixture);
	g_assert_false(send_raw(fixture, "prov-config", record->data, record->len));
	g_assert_true(session_works(fixture));
	/* A counter that ran ahead. */
	skipped = seal_status(fixture);
	early = seal_status(fixture);
	g_assert_false(send_raw(fixture, "prov-config", early->data, early->len));
	/* For another endpoint the record is good, as the protocol has it, but not the message. */
	g_assert_false(send_raw(fixture, "prov-ctrl", skipped->data, skipped->len));
}

static void test_tampered(Fixture *fixture, gconstpointer data)
{
	enter(fixture, STAGE_OPEN);
	for (unsigned int at = 0;; at += stride()) {
		g_autoptr(GByteArray) record = seal_status(fixture);

		if (at >= record->len)
			break;
		record->data[at] ^= 0x01;
		g_assert_false(send_raw(fixture, "prov-config", record->data, record->len));
		g_assert_false(send_raw(fixture, "prov-config", record->data, at));
		record->data[at] ^= 0x01;
		/* The counter did not move for them: the true one is still good. */
		g_assert_true(send_raw(fixture, "prov-config", record->data, record->len));
		must_secure(fixture);
	}
}

/* ---- values ---- */

static void test_sizes(Fixture *fixture, gconstpointer data)
{
	static const char *const endpoints[] = {
		"prov-ctrl",   "prov-scan",      "prov-session",
		"prov-config", "landfall-store", "landfall-status"
	};
	static const size_t too_long[] = { VALUE_MAX + 1, 600, 4096, 65535, 65536 };
	g_autofree uint8_t *octets = g_malloc0(too_long[G_N_ELEMENTS(too_long) - 1]);

	enter(fixture, STAGE_NEW);
	for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
		for (size_t len = 0; len <= VALUE_MAX; len += stride()) {
			memset(octets, (int)(len * 7), len);
			(void)send_raw(fixture, endpoints[i], octets, len);
		}
		for (size_t j = 0; j < G_N_ELEMENTS(too_long); j++) {
			g_autofree char *refusal = NULL;

			g_assert_false(rig_write(fixture->rig, endpoints[i], octets, too_long[j],
						 &refusal));
			g_assert_true(g_str_has_prefix(refusal, BAD_LENGTH));
		}
	}
	for (size_t len = 0; len <= VALUE_MAX; len += stride())
		g_assert_true(send_raw(fixture, "proto-ver", octets, len));
}

static void test_offsets(Fixture *fixture, gconstpointer data)
{
	static const uint16_t writes[] = { 1, 2, 511, 512, 513, 65535 };
	g_autofree char *refusal = NULL;
	g_autoptr(GBytes) whole = NULL;
	size_t len = 0;

	enter(fixture, STAGE_NEW);
	g_assert_true(rig_write(fixture->rig, "proto-ver", "ESP", 3, &refusal));
	whole = rig_read(fixture->rig, "proto-ver", 0, &refusal);
	g_assert_nonnull(whole);
	len = g_bytes_get_size(whole);
	for (size_t offset = 0; offset <= len; offset++) {
		g_autoptr(GBytes) rest =
			rig_read(fixture->rig, "proto-ver", (uint16_t)offset, &refusal);
		g_autoptr(GBytes) expected = g_bytes_new_from_bytes(whole, offset, len - offset);

		g_assert_true(g_bytes_equal(rest, expected));
	}
	for (size_t offset = len + 1; offset <= UINT16_MAX; offset += 1 + offset / 3) {
		g_autofree char *past = NULL;

		g_assert_null(rig_read(fixture->rig, "proto-ver", (uint16_t)offset, &past));
		g_assert_true(g_str_has_prefix(past, BAD_OFFSET));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
		g_autoptr(FakeCall) call =
			fake_bluez_write(fixture->rig->bluez, rig_path("prov-session"), FAKE_PHONE,
					 writes[i], "x", 1);

		TEST_WAIT(call->done);
		g_assert_cmpstr(call->error_name, ==, "org.bluez.Error.InvalidOffset");
	}
}

/* What comes beside a value, as no bluetoothd sends it. */
typedef struct Option {
	const char *key;
	const char *signature;
} Option;

static void write_option(BusWriter *writer, const Option *option)
{
	bus_writer_entry(writer, option->key, option->signature);
	switch (option->signature[0]) {
	case 's': bus_writer_string(writer, FAKE_PHONE); break;
	case 'q': bus_writer_u16(writer, UINT16_MAX); break;
	case 'u': bus_writer_u32(writer, 1); break;
	case 'x': bus_writer_i64(writer, -1); break;
	case 'o': bus_writer_path(writer, FAKE_PHONE); break;
	case 'b': bus_writer_bool(writer, true); break;
	default:
		bus_writer_open(writer, option->signature);
		bus_writer_close(writer);
		break;
	}
}

static void on_answer(BusReply *reply, void *user_data)
{
	bool *answered = user_data;

	*answered = true;
}

static void test_options(Fixture *fixture, gconstpointer data)
{
	static const Option options[] = {
		{ "device", "s" },
		{ "device", "u" },
		{ "device", "ao" },
		{ "device", "o" },
		{ "offset", "u" },
		{ "offset", "x" },
		{ "offset", "s" },
		{ "offset", "q" },
		{ "mtu", "s" },
		{ "link", "a{sv}" },
		{ "prepare-authorize", "b" },
		{ "type", "q" },
		{ "", "s" },
	};
	static const char *const methods[] = { "ReadValue", "WriteValue" };
	const FakeBluez *bluez = fixture->rig->bluez;

	enter(fixture, STAGE_NEW);
	for (size_t i = 0; i < G_N_ELEMENTS(options) * G_N_ELEMENTS(methods); i++) {
		const char *method = methods[i % G_N_ELEMENTS(methods)];
		g_autofree char *path = g_strconcat(bluez->app_path, rig_path("proto-ver"), NULL);
		BusMessage *message = bus_message_new_call(bluez->app_owner, path,
							   "org.bluez.GattCharacteristic1", method);
		BusWriter *writer = bus_message_writer(message);
		bool answered = false;
		BusCall *call = NULL;

		if (i % G_N_ELEMENTS(methods) == 1)
			bus_writer_bytes(writer, "ESP", 3);
		bus_writer_open(writer, "a{sv}");
		for (int twice = 0; twice < 2; twice++)
			write_option(writer, &options[i / G_N_ELEMENTS(methods)]);
		bus_writer_close(writer);
		call = bus_call_start(bluez->bus, message, BUS_TIMEOUT_DEFAULT, on_answer,
				      &answered);
		g_assert_nonnull(call);
		TEST_WAIT(answered);
	}
}

/* ---- phones that misbehave ---- */

static void test_hello_for_ever(Fixture *fixture, gconstpointer data)
{
	const unsigned int rounds = rig_is_slow() ? 50 : 500;

	enter(fixture, STAGE_NEW);
	for (unsigned int i = 0; i < rounds; i++) {
		g_autoptr(GByteArray) hello = build_hello(fixture);

		g_assert_true(send_raw(fixture, "prov-session", hello->data, hello->len));
	}
}

static void test_hang_up_at_every_step(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	unsigned int steps = 0;

	for (unsigned int n = 1;; n += stride()) {
		g_autoptr(GError) error = NULL;
		bool done = false;

		rig->hang_up_at = n;
		done = rig_try(rig, RIG_PASSPHRASE, &error);
		steps++;
		if (rig->hang_up_at > 0)
			break; /* it had no so many steps */
		g_assert_false(done);
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LOST);
		rig_provision(rig);
	}
	rig->hang_up_at = 0;
	g_test_message("hung up at %u moments", steps - 1);
	g_assert_cmpuint(steps, >, rig_is_slow() ? 2 : 15);
}

static bool go_through(Client *client, GError **error)
{
	return client_connect(client, error) && client_secure(client, NULL, error) &&
	       client_scan(client, error) && client_join(client, RIG_SSID, RIG_PASSPHRASE, error);
}

static void test_walk_away(Fixture *fixture, gconstpointer data)
{
	static const char *const steps[] = { "connected", "version",     "hello",   "session",
					     "networks",  "credentials", "applied", "waiting" };

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		RigPhone *phone = rig_phone_new(fixture->rig, steps[i]);
		g_autoptr(GError) error = NULL;

		/* The join may be quicker than the first question how it goes. */
		if (!go_through(phone->client, &error))
			g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LEFT);
		rig_phone_free(phone);
		rig_provision(fixture->rig);
	}
}

static void test_scan_never_ends(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->rig->air = RIG_AIR_SCAN_NEVER_ENDS;
	enter(fixture, STAGE_OPEN);
	/* There is an end to it for the phone: what was seen before, or nothing. */
	if (!client_scan(fixture->phone->client, &error))
		g_assert_true(g_error_matches(error, PHONE_ERROR, PHONE_ERROR_STATUS) ||
			      g_error_matches(error, PHONE_ERROR, PHONE_ERROR_ATT));
	fixture->rig->air = RIG_AIR_WORKS;
}

static void test_join_never_ends(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->rig->air = RIG_AIR_JOIN_NEVER_ENDS;
	enter(fixture, STAGE_OPEN);
	g_assert_false(client_join(fixture->phone->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_JOIN);
	TEST_WAIT(rig_profiles(fixture->rig, false) == 0);
	fixture->rig->air = RIG_AIR_WORKS;
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
	bool both; /* with security 1, too: it has no counters, and no tag that tampering breaks */
} Test;

/* Both parts take minutes under valgrind: each is a test of its own in meson.build. */
static const Test tests[] = {
	{ "messages/cut", test_cut, true },
	{ "messages/cut-while-joining", test_cut_while_joining, true },
	{ "messages/lengths", test_lengths, true },
	{ "messages/out-of-turn", test_out_of_turn, true },
	{ "messages/replay", test_replay, false },
	{ "messages/tampered", test_tampered, false },
	{ "messages/sizes", test_sizes, false },
	{ "messages/offsets", test_offsets, false },
	{ "messages/options", test_options, false },
	{ "conduct/hello-for-ever", test_hello_for_ever, true },
	{ "conduct/hang-up", test_hang_up_at_every_step, false },
	{ "conduct/walk-away", test_walk_away, true },
	{ "conduct/scan-never-ends", test_scan_never_ends, false },
	{ "conduct/join-never-ends", test_join_never_ends, false },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		for (unsigned int version = tests[i].both ? 1 : 2; version <= 2; version++) {
			g_autofree char *path = g_strdup_printf("/provisioner/hostile/%s-%u",
								tests[i].path, version);

			g_test_add(path, Fixture, GUINT_TO_POINTER(version), setup, tests[i].test,
				   teardown);
		}
	}
	return g_test_run();
}
