/* SPDX-License-Identifier: MIT */
/* landfall-status: each step with its reason, and how long the service stays for it. */
#include "provisioner/core/landfall-status.h"

#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/message.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

/* docs/identity.md */
enum { WIFI, ADDRESS, CLOCK, DNS, TCP, TLS, MQTT, TELEMETRY, STEPS };

/* Asks, and gives one letter a step: pending, done, failed. @texts: those of the steps, freed by
 * the caller; NULL: they do not matter */
static void ask(Bench *bench, const char *want, char *texts[STEPS])
{
	g_autoptr(GBytes) reply = bench_send(bench, ENDPOINT_LANDFALL_STATUS, g_byte_array_new());
	char got[STEPS + 1] = { 0 };
	size_t len = 0;

	g_assert_no_error(bench->error);

	const uint8_t *data = g_bytes_get_data(reply, &len);
	MessageField inner = message_find(data, len, 11, 0);

	g_assert_cmpuint(len, <=, WIRE_MAX - WIRE_TAG);
	g_assert_cmpuint(message_find(data, len, 1, 0).value, ==, 1);
	g_assert_cmpuint(message_find(inner.data, inner.len, 2, 0).value, ==,
			 bench->store.generation);
	for (unsigned int i = 0; i < STEPS; i++) {
		MessageField entry = message_find(inner.data, inner.len, 1, i);
		MessageField text = message_find(entry.data, entry.len, 3, 0);

		g_assert_cmpuint(message_find(entry.data, entry.len, 1, 0).value, ==, i);
		got[i] = "pdf"[message_find(entry.data, entry.len, 2, 0).value];
		if (texts)
			texts[i] = g_strndup((const char *)text.data, text.len);
	}
	g_assert_false(message_find(inner.data, inner.len, 1, STEPS).found);
	g_assert_cmpstr(got, ==, want);
}

static void ask_text(Bench *bench, const char *want, unsigned int step, const char *text)
{
	char *texts[STEPS] = { NULL };

	ask(bench, want, texts);
	g_assert_cmpstr(texts[step], ==, text);
	for (int i = 0; i < STEPS; i++)
		g_free(texts[i]);
}

static AgentReport report_at(uint32_t generation, int done)
{
	AgentReport report = { .generation = generation };

	for (int i = 0; i < done; i++)
		report.steps[i].state = STEP_DONE;
	return report;
}

static void tell_agent(Bench *bench, const AgentReport *report)
{
	provisioner_on_agent(bench->provisioner, report, bench->now_us);
}

/* On the session that is open. */
static void join_on(Bench *bench)
{
	WifiLink link = fake_link();

	bench_join(bench);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
}

static void join(Bench *bench)
{
	bench_open(bench);
	join_on(bench);
}

static void test_wifi(void)
{
	static const struct {
		WifiFailure failure;
		const char *want;
		unsigned int step;
		const char *text;
	} rows[] = {
		{ WIFI_FAILURE_AUTH, "fppppppp", WIFI,
		  "the network does not accept the passphrase" },
		{ WIFI_FAILURE_NOT_FOUND, "fppppppp", WIFI, "no such network is in the air" },
		{ WIFI_FAILURE_ADDRESS, "dfpppppp", ADDRESS, "the network gives no address" },
		{ WIFI_FAILURE_OTHER, "fppppppp", WIFI, "the Wi-Fi of the device failed" },
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	ask_text(bench, "pppppppp", CLOCK, "the device has no certificate yet");
	bench->online = true;
	ask(bench, "ddpppppp", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bench_join(bench);
		ask(bench, "pppppppp", NULL);
		provisioner_on_join_failed(bench->provisioner, rows[i].failure, bench->now_us);
		ask_text(bench, rows[i].want, rows[i].step, rows[i].text);
	}
}

static void test_joined(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join(bench);
	ask_text(bench, "ddpppppp", ADDRESS, "192.168.1.57");
}

/* Each question goes on to the agent; what it says is told while it is fresh. */
static void test_agent(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport absent = { .problem = "the agent is not running" };
	AgentReport failed = report_at(2, 3);
	AgentReport all = report_at(2, AGENT_STEP_N);

	failed.steps[AGENT_STEP_TLS].state = STEP_FAILED;
	failed.steps[AGENT_STEP_TLS].text = "the broker does not know the CA";
	bench->store.generation = 2;
	join(bench);
	ask_text(bench, "ddpppppp", CLOCK, "the agent is being asked");
	g_assert_cmpuint(bench->agent_asks, ==, 1);
	tell_agent(bench, &absent);
	ask_text(bench, "ddpppppp", CLOCK, "the agent is not running");
	tell_agent(bench, &failed);
	ask_text(bench, "dddddfpp", TLS, "the broker does not know the CA");
	bench->store.generation = 3;
	ask_text(bench, "ddpppppp", CLOCK, "the agent has not taken the new certificate yet");
	bench->store.generation = 2;
	tell_agent(bench, &all);
	ask(bench, "dddddddd", NULL);
	g_assert_cmpuint(bench->agent_asks, ==, 5);
}

static void test_stale(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport all = report_at(1, AGENT_STEP_N - 1);

	bench->store.generation = 1;
	bench->online = true;
	bench_open(bench);
	tell_agent(bench, &all);
	bench_pass(bench, LANDFALL_STATUS_FRESH_US);
	ask(bench, "dddddddp", NULL);
	bench_pass(bench, 1);
	ask(bench, "ddpppppp", NULL);
}

/* However much there is to say, it fits, and no character is cut in two. */
static void test_long(void)
{
	g_autofree char *words = g_strdup("\xc3\xa4");
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport report = { .generation = 1 };
	char *texts[STEPS] = { NULL };

	for (int i = 0; i < 8; i++) {
		char *doubled = g_strconcat(words, words, NULL);

		g_free(words);
		words = doubled;
	}
	for (int i = 0; i < AGENT_STEP_N; i++) {
		report.steps[i].state = STEP_FAILED;
		report.steps[i].text = words;
	}
	bench->store.generation = 1;
	bench_open(bench);
	tell_agent(bench, &report);
	ask(bench, "ppffffff", texts);
	for (int i = CLOCK; i < STEPS; i++) {
		g_assert_cmpuint(strlen(texts[i]), >=, 30);
		g_assert_true(g_utf8_validate(texts[i], -1, NULL));
	}
	for (int i = 0; i < STEPS; i++)
		g_free(texts[i]);
}

/* Octet for octet what docs/identity.md shows. */
static void test_example(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport report = report_at(1, 1);

	report.steps[AGENT_STEP_DNS].state = STEP_FAILED;
	report.steps[AGENT_STEP_DNS].text = "no such host";
	bench->store.generation = 1;
	bench->online = true;
	bench_open(bench);
	tell_agent(bench, &report);
	bench_expect(bench, ENDPOINT_LANDFALL_STATUS, "",
		     "08015a360a0210010a04080110010a04080210010a120803"
		     "10021a0c6e6f207375636820686f73740a0208040a0208050a0208060a0208071001");
}

static void test_decoding(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	ask(bench, "pppppppp", NULL);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STATUS, "0801", PROV_ERROR_VALUE);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STATUS, "08", PROV_ERROR_VALUE);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STATUS, "5201", PROV_ERROR_VALUE);
}

/* ---- how long it stays ---- */

static void assert_done(Bench *bench, int64_t after_us)
{
	bench_pass(bench, after_us - 1);
	g_assert_cmpstr(bench_state(bench), ==, "joined");
	bench_pass(bench, 1);
	g_assert_cmpstr(bench_state(bench), ==, "done");
}

/* As long as it is asked, though Connected was read long ago. */
static void test_follow(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
	for (int i = 0; i < 5; i++) {
		ask(bench, "ddpppppp", NULL);
		bench_pass(bench, FAREWELL_FOLLOW_US - 1);
		g_assert_cmpstr(bench_state(bench), ==, "joined");
	}
	ask(bench, "ddpppppp", NULL);

	/* a link that is lost in between is not the end */
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_done(bench, FAREWELL_FOLLOW_US);
}

static void test_follow_limit(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	int64_t step_us = FAREWELL_FOLLOW_MAX_US / 20;

	join(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
	for (int i = 0; i < 19; i++) {
		ask(bench, "ddpppppp", NULL);
		bench_pass(bench, step_us);
	}
	ask(bench, "ddpppppp", NULL);
	assert_done(bench, step_us);
}

/* Once all is told there is nothing left to wait for. */
static void test_finished(void)
{
	for (int hangs_up = 0; hangs_up < 2; hangs_up++) {
		g_autoptr(Bench) bench = bench_new(1);
		AgentReport all = report_at(1, AGENT_STEP_N);

		bench->store.generation = 1;
		join(bench);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
		ask(bench, "ddpppppp", NULL);
		tell_agent(bench, &all);
		bench_pass(bench, FAREWELL_LINGER_US);
		ask(bench, "dddddddd", NULL);
		if (hangs_up)
			provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		assert_done(bench, hangs_up ? FAREWELL_READ_US : FAREWELL_LINGER_US);
	}
}

/* A phone that goes on with the identity has not finished after all. */
static void test_finished_not(void)
{
	for (int stores = 0; stores < 2; stores++) {
		g_autoptr(Bench) bench = bench_new(1);
		AgentReport all = report_at(1, AGENT_STEP_N);

		bench->store.generation = 1;
		join(bench);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
		ask(bench, "ddpppppp", NULL);
		tell_agent(bench, &all);
		ask(bench, "dddddddd", NULL);
		bench->store.generation = 2;
		if (stores)
			bench_ask(bench, ENDPOINT_LANDFALL_STORE, "0806");
		else
			ask(bench, "ddpppppp", NULL);
		assert_done(bench, FAREWELL_FOLLOW_US);
	}
}

/* What was told before a join says nothing about the one after it. */
static void test_told_before(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport all = report_at(1, AGENT_STEP_N);

	bench->store.generation = 1;
	bench->online = true;
	bench_open(bench);
	tell_agent(bench, &all);
	ask(bench, "dddddddd", NULL);
	join(bench);
	assert_done(bench, FAREWELL_UNREAD_US);
}

/* A phone that asks before the join may go on after it, whatever its link does. One that hangs up
 * before the join says nothing of the phone that is there then. */
static void test_asked_before(void)
{
	for (int hangs_up = 0; hangs_up < 2; hangs_up++) {
		g_autoptr(Bench) bench = bench_new(1);

		bench_open(bench);
		ask(bench, "pppppppp", NULL);
		if (hangs_up) {
			provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
			bench_open(bench);
		}
		join_on(bench);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", vector_messages[13].clear);
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		bench_pass(bench, FAREWELL_READ_US);
		g_assert_cmpstr(bench_state(bench), ==, hangs_up ? "done" : "joined");
	}
}

/* ---- phones that come after the address is there ---- */

#define APPLY         "0804"
#define APPLY_REFUSED "08057a020805"
#define CONNECTED     vector_messages[13].clear

/* The phone that had it join is gone without a word; just before the end one comes. */
static void join_and_leave(Bench *bench)
{
	join(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_pass(bench, FAREWELL_UNREAD_US - 1);
}

/* It has the time a person takes, and may bring another network. */
static void test_visit(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, APPLY, APPLY_REFUSED); /* nothing is set */
	bench_pass(bench, FAREWELL_VISIT_US - 1);
	bench_join(bench);
	g_assert_cmpuint(bench->wifi.joins, ==, 2);
	g_assert_cmpstr(bench_state(bench), ==, "joining");
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	bench_pass(bench, FAREWELL_VISIT_US);
	g_assert_cmpstr(bench_state(bench), ==, "failed");
	join_on(bench);
	assert_done(bench, FAREWELL_UNREAD_US);
}

/* In the session that had it join, what the phone is to hear next is the outcome. */
static void test_visit_same_session(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, vector_messages[6].clear,
		     vector_messages[7].clear);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, APPLY, APPLY_REFUSED);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", CONNECTED);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, APPLY, "08057a00");
}

/* What the app that reads nothing but the status makes of credentials that cannot be. */
static void test_visit_invalid(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "08026200", "08036a020804");
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", CONNECTED);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, APPLY, APPLY_REFUSED);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "invalid-credentials");
}

/* What the one before was told is not what this one knows. */
static void test_visit_told(void)
{
	for (int hangs_up = 0; hangs_up < 2; hangs_up++) {
		g_autoptr(Bench) bench = bench_new(1);

		join(bench);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", CONNECTED);
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		bench_pass(bench, FAREWELL_READ_US - 1);
		bench_open(bench);
		bench_pass(bench, FAREWELL_VISIT_US - 1);
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", CONNECTED);
		if (hangs_up)
			provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		assert_done(bench, hangs_up ? FAREWELL_READ_US : FAREWELL_LINGER_US);
	}
}

static void test_visit_idle(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	assert_done(bench, FAREWELL_VISIT_US);
}

/* One that has proved itself is waited for. */
static void test_visit_dropped(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	assert_done(bench, FAREWELL_UNREAD_US);
}

/* It has the time of a handshake when it comes back, however long it was there. */
static void test_visit_back(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	bench_pass(bench, FAREWELL_VISIT_US - 2);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_pass(bench, 1);
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	bench_pass(bench, FAREWELL_UNREAD_US - 1);
	bench_open(bench);
	assert_done(bench, FAREWELL_VISIT_US);
}

/* A stranger that takes the place of one who is silent takes no more than that. */
static void test_visit_replaced(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GBytes) any = g_bytes_new_static("ESP", 3);

	join_and_leave(bench);
	bench_open(bench);
	bench_pass(bench, FAREWELL_VISIT_US - FAREWELL_UNREAD_US + 1);
	bench_write(bench, "stranger", ENDPOINT_PROTO_VER, any);
	bench_pass(bench, 1);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, "stranger");
	provisioner_peer_gone(bench->provisioner, "stranger", bench->now_us);
	bench_pass(bench, 1);
	bench_open(bench);
	assert_done(bench, FAREWELL_VISIT_US);
}

/* Nor does it when it goes: whoever types a key for more than a minute has all of its time. */
static void test_visit_interrupted(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GBytes) any = g_bytes_new_static("ESP", 3);

	join_and_leave(bench);
	bench_open(bench);
	bench_pass(bench, PROVISIONER_SILENT_US);
	bench_write(bench, "stranger", ENDPOINT_PROTO_VER, any);
	g_assert_cmpstr(provisioner_peer(bench->provisioner), ==, "stranger");
	provisioner_peer_gone(bench->provisioner, "stranger", bench->now_us);
	bench_pass(bench, FAREWELL_VISIT_US - PROVISIONER_SILENT_US - 1);
	bench_open(bench);
	assert_done(bench, FAREWELL_VISIT_US);
}

/* One that comes late may hand over an identity, too. */
static void test_visit_follow(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	join_and_leave(bench);
	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", CONNECTED);
	for (int i = 0; i < 10; i++) {
		ask(bench, "ddpppppp", NULL);
		bench_pass(bench, FAREWELL_FOLLOW_US - G_USEC_PER_SEC);
	}
	ask(bench, "ddpppppp", NULL);
	assert_done(bench, FAREWELL_FOLLOW_MAX_US - 10 * (FAREWELL_FOLLOW_US - G_USEC_PER_SEC));
}

/* One that comes while the device joins knows no more than one that comes then. */
static void test_visit_joining(void)
{
	WifiLink link = fake_link();

	for (int applies = 0; applies < 2; applies++) {
		g_autoptr(Bench) bench = bench_new(1);

		bench_open(bench);
		bench_join(bench);
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		bench_open(bench);
		provisioner_on_joined(bench->provisioner, &link, bench->now_us);
		if (applies) {
			bench_pass(bench, FAREWELL_VISIT_US - 1);
			bench_join(bench);
			g_assert_cmpuint(bench->wifi.joins, ==, 2);
		} else {
			assert_done(bench, FAREWELL_VISIT_US);
		}
	}
}

/* What it is told before the address is of the network before. */
static void test_visit_told_before(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	AgentReport all = report_at(1, AGENT_STEP_N);
	WifiLink link = fake_link();

	bench->store.generation = 1;
	bench_open(bench);
	bench_join(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_open(bench);
	tell_agent(bench, &all);
	ask(bench, "ppdddddd", NULL);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	assert_done(bench, FAREWELL_VISIT_US);
}

/* A stranger has the time of a handshake, and cannot keep the device on the air by coming again. */
static void test_visit_unproved(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	int64_t last_us = bench->now_us + G_USEC_PER_SEC + FAREWELL_FOLLOW_MAX_US;

	join_and_leave(bench);
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	bench_pass(bench, FAREWELL_UNREAD_US - 1);
	while (bench->now_us < last_us) {
		g_assert_cmpstr(bench_state(bench), ==, "joined");
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
		bench_pass(bench, FAREWELL_UNREAD_US - 1);
	}
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_write_hex(bench, ENDPOINT_PROTO_VER, "455350");
	assert_done(bench, 1);
}

/* ---- networks that want a certificate ---- */

static void see_enterprise(Bench *bench)
{
	WifiNetwork network = fake_network("HomeNet", 6, -48, 0x5f, WIFI_AUTH_ENTERPRISE);

	bench_ask(bench, ENDPOINT_PROV_SCAN, "520408012078");
	provisioner_on_scan(bench->provisioner, &network, 1, NULL, bench->now_us);
	g_bytes_unref(bench_clear_reply(bench));
}

static void apply_open(Bench *bench)
{
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "080262090a07486f6d654e6574", "08036a00");
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "0804", "08057a00");
	bench_pass(bench, PROV_CONFIG_DELAY_US);
}

static void test_enterprise(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	apply_open(bench); /* not seen yet: as an open one */
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	g_assert_null(bench->wifi.identity);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_NOT_FOUND, bench->now_us);

	see_enterprise(bench);
	apply_open(bench);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "enterprise-not-set");
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a0410035002");
	ask_text(bench, "fppppppp", WIFI, "no such settings");

	bench->store.identity = "gw-17";
	apply_open(bench);
	g_assert_cmpuint(bench->wifi.joins, ==, 2);
	g_assert_cmpstr(bench->wifi.identity, ==, "gw-17");
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);

	/* a passphrase is a passphrase */
	bench_join(bench);
	g_assert_null(bench->wifi.identity);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/status/wifi", test_wifi);
	g_test_add_func("/status/joined", test_joined);
	g_test_add_func("/status/agent", test_agent);
	g_test_add_func("/status/stale", test_stale);
	g_test_add_func("/status/long", test_long);
	g_test_add_func("/status/example", test_example);
	g_test_add_func("/status/decoding", test_decoding);
	g_test_add_func("/status/follow", test_follow);
	g_test_add_func("/status/follow-limit", test_follow_limit);
	g_test_add_func("/status/finished", test_finished);
	g_test_add_func("/status/finished-not", test_finished_not);
	g_test_add_func("/status/told-before", test_told_before);
	g_test_add_func("/status/asked-before", test_asked_before);
	g_test_add_func("/status/visit", test_visit);
	g_test_add_func("/status/visit/same-session", test_visit_same_session);
	g_test_add_func("/status/visit/invalid", test_visit_invalid);
	g_test_add_func("/status/visit/told", test_visit_told);
	g_test_add_func("/status/visit/idle", test_visit_idle);
	g_test_add_func("/status/visit/dropped", test_visit_dropped);
	g_test_add_func("/status/visit/back", test_visit_back);
	g_test_add_func("/status/visit/replaced", test_visit_replaced);
	g_test_add_func("/status/visit/interrupted", test_visit_interrupted);
	g_test_add_func("/status/visit/follow", test_visit_follow);
	g_test_add_func("/status/visit/joining", test_visit_joining);
	g_test_add_func("/status/visit/told-before", test_visit_told_before);
	g_test_add_func("/status/visit/unproved", test_visit_unproved);
	g_test_add_func("/status/enterprise", test_enterprise);
	return g_test_run();
}
