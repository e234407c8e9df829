/* SPDX-License-Identifier: MIT */
#include "provisioner/core/provisioner.h"

#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

#define OTHER_PEER "/org/bluez/hci0/dev_66_77_88_99_AA_BB"
#define START_SCAN "520408012078"

static void assert_state(const Bench *bench, const char *name)
{
	g_assert_cmpstr(bench_state(bench), ==, name);
}

/* The whole of 16.2 as it travels, the back end doing its part in between. */
static void test_transcript(gconstpointer data)
{
	int version = GPOINTER_TO_INT(data);
	g_autoptr(Bench) bench = bench_new(version);
	WifiLink link = fake_link();

	bench_open(bench);
	assert_state(bench, "secured");
	for (size_t i = 0; i < G_N_ELEMENTS(vector_messages); i += 2) {
		const VectorMessage *request = &vector_messages[i];
		const VectorMessage *reply = &vector_messages[i + 1];

		if (i == 12) {
			bench_pass(bench, G_USEC_PER_SEC);
			g_assert_cmpuint(bench->wifi.joins, ==, 1);
			provisioner_on_joined(bench->provisioner, &link, bench->now_us);
		}
		bench_write_hex(bench, request->endpoint,
				version == 1 ? request->record1 : request->record2);
		if (i == 0)
			bench_scan_done(bench);
		assert_bytes_hex(bench->reply, version == 1 ? reply->record1 : reply->record2);
	}
	g_assert_cmpuint(bench->answers, ==, 2 + 7);
	g_assert_cmpint(bench->wifi.credentials.ssid_len, ==, 7);
	g_assert_cmpmem(bench->wifi.credentials.ssid, 7, "HomeNet", 7);
	g_assert_cmpstr((const char *)secret_data(bench->wifi.credentials.passphrase), ==,
			"secret-pass");
	assert_state(bench, "joined");
}

static void test_endpoints(void)
{
	static const struct {
		EndpointId id;
		const char *name;
		const char *uuid;
	} cases[] = {
		{ ENDPOINT_PROV_CTRL, "prov-ctrl", "021aff4f-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_PROV_SCAN, "prov-scan", "021aff50-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_PROV_SESSION, "prov-session", "021aff51-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_PROV_CONFIG, "prov-config", "021aff52-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_PROTO_VER, "proto-ver", "021aff53-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_LANDFALL_STORE, "landfall-store",
		  "021aff54-0382-4aea-bff4-6b3f1c5adfb4" },
		{ ENDPOINT_LANDFALL_STATUS, "landfall-status",
		  "021aff55-0382-4aea-bff4-6b3f1c5adfb4" },
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(cases) == ENDPOINT_N);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *uuid = g_strdup_printf("021a%04x-0382-4aea-bff4-6b3f1c5adfb4",
							endpoint_uuid16(cases[i].id));

		g_assert_cmpint(cases[i].id, ==, i);
		g_assert_cmpstr(endpoint_name(cases[i].id), ==, cases[i].name);
		g_assert_cmpstr(uuid, ==, cases[i].uuid);
	}
}

static void assert_version(Bench *bench, const char *hex, const char *text)
{
	bench_write_hex(bench, ENDPOINT_PROTO_VER, hex);
	g_assert_no_error(bench->error);
	g_assert_cmpmem(g_bytes_get_data(bench->reply, NULL), g_bytes_get_size(bench->reply), text,
			strlen(text));
}

/* In clear before and after the handshake, whatever is written, without touching the cipher. */
static void test_version(void)
{
	static const char *const text1 =
		"{\"landfall\":{\"ver\":\"1\",\"cap\":[\"store\",\"status\"]},\"prov\":{\"ver\":"
		"\"netprov-v1.2\",\"sec_ver\":1,\"sec_patch_ver\":0,"
		"\"cap\":[\"wifi_prov\",\"wifi_scan\"]}}";
	static const char *const text2 =
		"{\"landfall\":{\"ver\":\"1\",\"cap\":[\"store\",\"status\"]},\"prov\":{\"ver\":"
		"\"netprov-v1.2\",\"sec_ver\":2,\"sec_patch_ver\":1,"
		"\"cap\":[\"wifi_prov\",\"wifi_scan\"]}}";
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(Bench) second = bench_new(2);

	assert_version(bench, "455350", text1);
	assert_version(bench, "", text1);
	bench_open(bench);
	assert_version(bench, "2d2d2d", text1);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	assert_version(second, "455350", text2);
}

static void test_version_no_pop(void)
{
	static const char *const text =
		"{\"landfall\":{\"ver\":\"1\",\"cap\":[\"store\",\"status\"]},\"prov\":{\"ver\":"
		"\"netprov-v1.2\",\"sec_ver\":1,\"sec_patch_ver\":0,"
		"\"cap\":[\"no_pop\",\"wifi_prov\",\"wifi_scan\"]}}";
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GError) error = NULL;
	ProvisionerSecurity security = { .version = 1 };

	provisioner_free(bench->provisioner);
	bench->provisioner = provisioner_new(&security, &bench->ports, bench->now_us, &error);
	g_assert_no_error(error);
	provisioner_start(bench->provisioner, bench->now_us);
	assert_version(bench, "455350", text);
}

static void test_security_refused(void)
{
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);
	g_autoptr(GBytes) zero_salt = hex_bytes("00112233");
	const ProvisionerSecurity cases[] = {
		{ .version = -1 },
		{ .version = 3 },
		{ .version = 2 },
		{ .version = 2, .salt = salt },
		{ .version = 2, .verifier = verifier },
		{ .version = 2, .salt = zero_salt, .verifier = verifier },
	};
	FakeWifi wifi = { .refuses = false };
	ProvisionerPorts ports = {
		.wifi = &fake_wifi_port,
		.wifi_data = &wifi,
		.random = test_random_fill,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(provisioner_new(&cases[i], &ports, 0, &error));
		g_assert_error(error, PROV_ERROR, PROV_ERROR_VALUE);
	}
}

static void test_states(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiLink link = fake_link();
	int64_t us = bench->now_us;

	assert_state(bench, "ready");
	g_assert_cmpuint(bench->changes, ==, 1);
	provisioner_start(bench->provisioner, us);
	g_assert_cmpuint(bench->changes, ==, 1);
	provisioner_peer_connected(bench->provisioner, BENCH_PEER, us);
	assert_state(bench, "peer");
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, BENCH_PEER);
	bench_open(bench);
	assert_state(bench, "secured");
	provisioner_peer_gone(bench->provisioner, OTHER_PEER, us);
	assert_state(bench, "secured");
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, us);
	assert_state(bench, "ready");
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, "");
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, vector_messages[6].clear, "08036a00");
	assert_state(bench, "secured");
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "0804", "08057a00");
	assert_state(bench, "joining");
	bench_pass(bench, G_USEC_PER_SEC);
	assert_state(bench, "joining");
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	assert_state(bench, "failed");
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "auth-error");
	g_assert_null(provisioner_link(bench->provisioner));
	bench_join(bench);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "");
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	assert_state(bench, "joined");
	g_assert_cmpstr(provisioner_link(bench->provisioner)->ip4, ==, "192.168.1.57");
	bench_pass(bench, FAREWELL_UNREAD_US);
	assert_state(bench, "done");
	g_assert_cmpint(provisioner_deadline_us(bench->provisioner), ==, INT64_MAX);
	provisioner_start(bench->provisioner, bench->now_us);
	assert_state(bench, "ready");
	g_assert_null(provisioner_link(bench->provisioner));
	provisioner_stop(bench->provisioner, bench->now_us);
	assert_state(bench, "idle");
	provisioner_stop(bench->provisioner, bench->now_us);
}

static void test_not_running(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	provisioner_stop(bench->provisioner, bench->now_us);
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
	provisioner_peer_connected(bench->provisioner, BENCH_PEER, bench->now_us);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, "");
	provisioner_start(bench->provisioner, bench->now_us);
	bench_write_hex(bench, ENDPOINT_PROV_CONFIG, "5200");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
}

static void test_sizes(void)
{
	g_autofree char *long_hex = g_strnfill(2 * 513, '1');
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (int id = 0; id < ENDPOINT_N; id++) {
		bench_write_hex(bench, (EndpointId)id, long_hex);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_VALUE);
	}
	bench_write_hex(bench, ENDPOINT_N, "5200");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_VALUE);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, "");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_VALUE);
	bench_expect_error(bench, ENDPOINT_PROV_CTRL, "", PROV_ERROR_VALUE);
	/* Empty is the status command of prov-config and the start command of prov-scan, in which
	 * the latter's content is missing. */
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "", "08015a021001");
	bench_expect_error(bench, ENDPOINT_PROV_SCAN, "", PROV_ERROR_VALUE);
}

static void test_second_peer(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GBytes) in = hex_bytes("455350");

	bench_open(bench);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	provisioner_peer_connected(bench->provisioner, OTHER_PEER, bench->now_us);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, BENCH_PEER);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");

	/* Whoever talks keeps it. */
	bench_pass(bench, PROVISIONER_SILENT_US - 1);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	bench_pass(bench, 1);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");

	/* A phone whose end was never seen does not hold the service for ever. */
	bench_pass(bench, PROVISIONER_SILENT_US - 1);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	bench_pass(bench, 1);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_no_error(bench->error);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, OTHER_PEER);
	bench_write_hex(bench, ENDPOINT_PROV_CONFIG, "5200");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
}

/* Who talks and proves nothing keeps the service for a minute, and not for ever. */
static void test_stranger(gconstpointer data)
{
	g_autoptr(Bench) bench = bench_new(GPOINTER_TO_INT(data));
	const char *hello = bench->version == 2 ? VECTOR_SEC2_COMMAND0 : VECTOR_SEC1_COMMAND0;
	g_autoptr(GBytes) in = hex_bytes("455350");

	for (int i = 0; i < 6; i++) {
		bench_write_hex(bench, ENDPOINT_PROV_SESSION, hello);
		bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
		bench_pass(bench, PROVISIONER_UNPROVED_US / 6);
	}
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_no_error(bench->error);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, OTHER_PEER);

	/* The next one has a minute of its own. */
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, hello);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	bench_pass(bench, PROVISIONER_UNPROVED_US - 1);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, hello);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
}

static void note_hang_up(void *data, const char *peer)
{
	Bench *bench = data;

	g_assert_cmpstr(peer, ==, provisioner_peer(bench->provisioner));
	bench->hang_ups++;
}

/* Nobody has the link for ever: some controllers do not advertise meanwhile. */
static void test_hang_up(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench->ports.hang_up = note_hang_up;
	/* It talks and proves nothing. */
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	bench_pass(bench, PROVISIONER_HANG_UP_US - 1);
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	g_assert_cmpuint(bench->hang_ups, ==, 0);
	bench_pass(bench, 1);
	g_assert_cmpuint(bench->hang_ups, ==, 1);
	bench_pass(bench, 2 * PROVISIONER_HANG_UP_US);
	g_assert_cmpuint(bench->hang_ups, ==, 1);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);

	/* It has proved itself and talks: for as long as it likes. */
	bench_open(bench);
	for (int i = 0; i < 3; i++) {
		bench_pass(bench, PROVISIONER_HANG_UP_US - 1);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	}
	g_assert_cmpuint(bench->hang_ups, ==, 1);
	/* It says nothing any more. */
	bench_pass(bench, PROVISIONER_HANG_UP_US);
	g_assert_cmpuint(bench->hang_ups, ==, 2);
}

/* A phone that opens its session anew after a long time is no stranger. */
static void test_reopening(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GBytes) in = hex_bytes("455350");

	bench_open(bench);
	bench_pass(bench, PROVISIONER_SILENT_US - 1);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	bench_pass(bench, PROVISIONER_SILENT_US - 1);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, VECTOR_SEC1_COMMAND0);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, BENCH_PEER);
}

/* Who had proved itself may drop and come back; meanwhile nobody else gets in. */
static void test_grace(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GBytes) in = hex_bytes("455350");

	bench_open(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_state(bench, "ready");
	g_assert_cmpstr(provisioner_awaited(bench->provisioner), ==, BENCH_PEER);
	bench_pass(bench, PROVISIONER_GRACE_US - 1);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, "");

	/* It is back: the keys went with the link, so it starts over. */
	bench_write(bench, BENCH_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_no_error(bench->error);
	g_assert_cmpstr(provisioner_awaited(bench->provisioner), ==, "");
	bench_expect_error(bench, ENDPOINT_PROV_CONFIG, "5200", PROV_ERROR_STATE);
	bench_open(bench);

	/* It is not: the next one may enter. */
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_pass(bench, PROVISIONER_GRACE_US);
	g_assert_cmpstr(provisioner_awaited(bench->provisioner), ==, "");
	bench_write(bench, OTHER_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_no_error(bench->error);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, OTHER_PEER);

	/* Nobody waits for somebody who has not proved itself. */
	provisioner_peer_gone(bench->provisioner, OTHER_PEER, bench->now_us);
	g_assert_cmpstr(provisioner_awaited(bench->provisioner), ==, "");
	bench_write(bench, BENCH_PEER, ENDPOINT_PROTO_VER, in);
	g_assert_no_error(bench->error);
}

/* What was begun goes on while the phone is away, and a stop ends the waiting. */
static void test_grace_join(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_join(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_state(bench, "joining");
	bench_open(bench);
	assert_state(bench, "joining");
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	provisioner_stop(bench->provisioner, bench->now_us);
	g_assert_cmpstr(provisioner_awaited(bench->provisioner), ==, "");
	provisioner_start(bench->provisioner, bench->now_us);
	provisioner_peer_connected(bench->provisioner, OTHER_PEER, bench->now_us);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, OTHER_PEER);
}

static void expect_guess(Bench *bench, const char *command1, ProvError code)
{
	bool second = bench->version == 2;

	test_random_restart(&bench->random, second ? VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID
						   : VECTOR_SEC1_RANDOM VECTOR_SEC1_DEVICE_SECRET);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION,
			second ? VECTOR_SEC2_COMMAND0 : VECTOR_SEC1_COMMAND0);
	if (code == PROV_ERROR_AUTH)
		g_assert_no_error(bench->error);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, command1);
	g_assert_error(bench->error, PROV_ERROR, (int)code);
}

/* Guessing gets slow, hanging up does not help, and whoever knows the proof ends it. */
static void test_guesses(gconstpointer data)
{
	static const char *const wrong[] = {
		[1] = "10015a270802b201221220" VECTOR_SEC1_WRONG_POP_CLIENT_VERIFY,
		[2] = "100262470802b201420a40" VECTOR_SRP_M2,
	};
	int version = GPOINTER_TO_INT(data);
	g_autoptr(Bench) bench = bench_new(version);
	int64_t lock_us = LOCKOUT_MIN_US;

	for (int i = 0; i < LOCKOUT_FREE; i++)
		expect_guess(bench, wrong[version], PROV_ERROR_AUTH);
	for (int i = 0; i < 8; i++) {
		expect_guess(bench, wrong[version], PROV_ERROR_BUSY);
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		bench_pass(bench, lock_us - 1);
		g_assert_false(bench_try_open(bench));
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
		bench_pass(bench, 1);
		expect_guess(bench, wrong[version], PROV_ERROR_AUTH);
		lock_us = MIN(2 * lock_us, LOCKOUT_MAX_US);
	}
	bench_pass(bench, lock_us);
	bench_open(bench);
	for (int i = 0; i < LOCKOUT_FREE; i++)
		expect_guess(bench, wrong[version], PROV_ERROR_AUTH);
}

/* The same phone on a new link has to start over. */
static void test_reconnect(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	provisioner_peer_connected(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_state(bench, "peer");
	bench_expect_error(bench, ENDPOINT_PROV_CONFIG, "5200", PROV_ERROR_STATE);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
}

/* While one reply is due nothing else is served, and the cipher does not notice. */
static void test_one_at_a_time(void)
{
	static const EndpointId endpoints[] = { ENDPOINT_PROV_SCAN, ENDPOINT_PROV_CONFIG,
						ENDPOINT_PROV_SESSION, ENDPOINT_PROTO_VER };
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_SCAN);
	g_assert_cmpuint(bench->answers, ==, 2);
	for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
		bench_write_hex(bench, endpoints[i], VECTOR_SEC1_COMMAND0);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	}
	bench_scan_done(bench);

	g_autoptr(GBytes) clear = bench_clear_reply(bench);

	assert_bytes_hex(clear, "08015a00");
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
}

/* Requests that fail after decryption use up their part of the keystream and no more. */
static void test_cipher_after_failure(void)
{
	static const struct {
		EndpointId endpoint;
		const char *clear;
	} failures[] = {
		{ ENDPOINT_PROV_CONFIG, "ffffff" }, { ENDPOINT_PROV_CONFIG, "0802" },
		{ ENDPOINT_PROV_CONFIG, "0806" },   { ENDPOINT_PROV_SCAN, "0800" },
		{ ENDPOINT_PROV_SCAN, "08047203" }, { ENDPOINT_PROV_CTRL, "0800" },
		{ ENDPOINT_PROV_CTRL, "0805" },     { ENDPOINT_PROV_SCAN, "080472021021" },
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
		bench_expect_error(bench, failures[i].endpoint, failures[i].clear,
				   PROV_ERROR_VALUE);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	}
}

/* The same for the counter of security 2. */
static void test_counter_after_failure(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_open(bench);
	/* The scan command is no command of prov-ctrl: refused, but decrypted. */
	bench_write_hex(bench, ENDPOINT_PROV_CTRL, vector_messages[0].record2);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_VALUE);
	bench_write_hex(bench, ENDPOINT_PROV_SCAN, vector_messages[0].record2);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_AUTH);
	bench_write_hex(bench, ENDPOINT_PROV_SCAN, vector_messages[2].record2);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_AUTH);
	assert_state(bench, "secured");
}

/* The phone walks away while its scan runs: answered, forgotten, and the networks are there. */
static void test_gone_while_due(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_SCAN);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	g_assert_cmpuint(bench->answers, ==, 3);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
	assert_state(bench, "ready");
	bench_scan_done(bench);
	g_assert_cmpuint(bench->answers, ==, 3);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, "0802", "08036a0408011002");
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
}

static void test_stop_while_due(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_SCAN);
	provisioner_stop(bench->provisioner, bench->now_us);
	g_assert_cmpuint(bench->answers, ==, 3);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	bench_scan_done(bench); /* too late to matter */
	provisioner_start(bench->provisioner, bench->now_us);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, "0802", "08036a020801");
}

static void test_free_while_due(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_SCAN);
	provisioner_free(bench->provisioner);
	bench->provisioner = NULL;
	g_assert_cmpuint(bench->answers, ==, 3);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
}

static void join(Bench *bench)
{
	WifiLink link = fake_link();

	bench_open(bench);
	bench_join(bench);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
}

/* When the service ends, by what the phone does after the address is there. */
static void test_end(void)
{
	static const struct {
		int64_t read_us;  /* after the address; -1: never */
		int64_t again_us; /* second read after the first; -1: none */
		int64_t gone_us;  /* after the first read; -1: never */
		int64_t done_us;  /* after the address */
	} cases[] = {
		{ -1, -1, -1, 30000000 },           { 5000000, -1, -1, 15000000 },
		{ 5000000, 2000000, -1, 15000000 }, { 5000000, -1, 100000, 6000000 },
		{ 5000000, -1, 4000000, 9000000 },  { 29000000, -1, -1, 39000000 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Bench) bench = bench_new(1);
		int64_t start_us;

		join(bench);
		start_us = bench->now_us;
		if (cases[i].read_us >= 0) {
			bench_pass(bench, cases[i].read_us);
			bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200",
				     vector_messages[13].clear);
		}
		if (cases[i].again_us >= 0) {
			bench_pass(bench, cases[i].again_us);
			bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200",
				     vector_messages[13].clear);
		}
		if (cases[i].gone_us >= 0) {
			bench_pass(bench, cases[i].gone_us);
			provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		}
		assert_state(bench, "joined");

		int64_t left_us = start_us + cases[i].done_us - bench->now_us;

		if (left_us > 0) { /* else the phone hung up late, and this was the last of it */
			bench_pass(bench, left_us - 1);
			assert_state(bench, "joined");
			bench_pass(bench, 1);
		}
		bench_pass(bench, 0);
		assert_state(bench, "done");
		bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
	}
}

/* The phone hangs up before the address is there and comes back for it. */
static void test_back_in_time(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiLink link = fake_link();

	bench_open(bench);
	bench_join(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_state(bench, "joining");
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	bench_pass(bench, 20 * G_USEC_PER_SEC);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
	assert_state(bench, "joined");
}

/* expire() before its time changes nothing. */
static void test_early(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	g_assert_cmpint(provisioner_deadline_us(bench->provisioner), ==, INT64_MAX);
	join(bench);
	provisioner_expire(bench->provisioner, bench->now_us);
	assert_state(bench, "joined");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/provisioner/transcript/1", GINT_TO_POINTER(1), test_transcript);
	g_test_add_data_func("/provisioner/transcript/2", GINT_TO_POINTER(2), test_transcript);
	g_test_add_func("/provisioner/endpoints", test_endpoints);
	g_test_add_func("/provisioner/version", test_version);
	g_test_add_func("/provisioner/version-no-pop", test_version_no_pop);
	g_test_add_func("/provisioner/security-refused", test_security_refused);
	g_test_add_func("/provisioner/states", test_states);
	g_test_add_func("/provisioner/not-running", test_not_running);
	g_test_add_func("/provisioner/sizes", test_sizes);
	g_test_add_func("/provisioner/second-peer", test_second_peer);
	g_test_add_data_func("/provisioner/stranger/1", GINT_TO_POINTER(1), test_stranger);
	g_test_add_data_func("/provisioner/stranger/2", GINT_TO_POINTER(2), test_stranger);
	g_test_add_func("/provisioner/hang-up", test_hang_up);
	g_test_add_func("/provisioner/reopening", test_reopening);
	g_test_add_func("/provisioner/grace", test_grace);
	g_test_add_func("/provisioner/grace-join", test_grace_join);
	g_test_add_data_func("/provisioner/guesses/1", GINT_TO_POINTER(1), test_guesses);
	g_test_add_data_func("/provisioner/guesses/2", GINT_TO_POINTER(2), test_guesses);
	g_test_add_func("/provisioner/reconnect", test_reconnect);
	g_test_add_func("/provisioner/one-at-a-time", test_one_at_a_time);
	g_test_add_func("/provisioner/cipher-after-failure", test_cipher_after_failure);
	g_test_add_func("/provisioner/counter-after-failure", test_counter_after_failure);
	g_test_add_func("/provisioner/gone-while-due", test_gone_while_due);
	g_test_add_func("/provisioner/stop-while-due", test_stop_while_due);
	g_test_add_func("/provisioner/free-while-due", test_free_while_due);
	g_test_add_func("/provisioner/end", test_end);
	g_test_add_func("/provisioner/back-in-time", test_back_in_time);
	g_test_add_func("/provisioner/early", test_early);
	return g_test_run();
}
