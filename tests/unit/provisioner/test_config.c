/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-config.h"

#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

#define SET              vector_messages[6].clear
#define SET_OK           "08036a00"
#define SET_INVALID      "08036a020804"
#define APPLY            "0804"
#define APPLY_OK         "08057a00"
#define APPLY_ERROR      "08057a020805"
#define STATUS           "5200"
#define CONNECTING       "08015a021001"
#define FAILED_AUTH      "08015a0410035000"
#define FAILED_NOT_FOUND "08015a0410035001"
#define FAILED_OTHER     "08015a0410035002"
#define RESET            "0801"
#define RESET_OK         "08026200"
#define RESET_ERROR      "080210056200"
#define REPROV           "0803"
#define REPROV_OK        "08047200"
#define REPROV_ERROR     "080410057200"

static void ask(Bench *bench, const char *request, const char *reply)
{
	bench_expect(bench, ENDPOINT_PROV_CONFIG, request, reply);
}

static void control(Bench *bench, const char *request, const char *reply)
{
	bench_expect(bench, ENDPOINT_PROV_CTRL, request, reply);
}

/* The hexadecimal of a CmdSetConfig */
static char *set_request(const char *ssid, const char *passphrase, const char *rest_hex)
{
	g_autofree char *ssid_hex = hex_of(ssid, strlen(ssid));
	g_autofree char *pass_hex = hex_of(passphrase, strlen(passphrase));
	g_autofree char *pass_field =
		*passphrase ? g_strdup_printf("12%02zx%s", strlen(passphrase), pass_hex)
			    : g_strdup("");
	g_autofree char *body = g_strdup_printf("0a%02zx%s%s%s", strlen(ssid), ssid_hex, pass_field,
						rest_hex ? rest_hex : "");
	size_t len = strlen(body) / 2;

	return len < 128
		       ? g_strdup_printf("080262%02zx%s", len, body)
		       : g_strdup_printf("080262%02zx%02zx%s", (len & 0x7f) | 0x80, len >> 7, body);
}

static void test_set_rules(void)
{
	static const struct {
		const char *ssid;
		const char *passphrase;
		const char *rest; /* further fields, hexadecimal */
		bool valid;
	} cases[] = {
		{ "HomeNet", "secret-pass", NULL, true },
		{ "HomeNet", "", NULL, true },
		{ "12345678901234567890123456789012", "12345678", NULL, true },
		{ "HomeNet", "12345678", NULL, true },
		{ "HomeNet", " ~!\"$%&/ ", NULL, true },
		{ "HomeNet", "123456789012345678901234567890123456789012345678901234567890123",
		  NULL, true },
		{ "HomeNet", "0123456789abcdefABCDEF0123456789abcdefABCDEF01234567890123456789",
		  NULL, true },
		{ "HomeNet", "secret-pass", "1a060a1b2c3d4e5f2006", true },
		{ "", "secret-pass", NULL, false },
		{ "123456789012345678901234567890123", "12345678", NULL, false },
		/* WPA3, WEP: whether it is enough the network decides. */
		{ "HomeNet", "abcde", NULL, true },
		{ "HomeNet", "1", NULL, true },
		{ "HomeNet", "passw\303\266rter", NULL, true },
		{ "HomeNet", "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789012345678g",
		  NULL, false },
		{ "HomeNet", "01234567890123456789012345678901234567890123456789012345678901234",
		  NULL, false },
		{ "HomeNet", "pass\tword", NULL, false },
		{ "HomeNet", "password\177", NULL, false },
		{ "HomeNet", "secret-pass", "1a050a1b2c3d4e", false },
		{ "HomeNet", "secret-pass", "1a070a1b2c3d4e5f60", false },
		{ "HomeNet", "secret-pass", "20ea01", false },
		{ "HomeNet", "secret-pass", "20ffffffffffffffffff01", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Bench) bench = bench_new(1);
		g_autofree char *request =
			set_request(cases[i].ssid, cases[i].passphrase, cases[i].rest);

		bench_open(bench);
		ask(bench, request, cases[i].valid ? SET_OK : SET_INVALID);
		ask(bench, APPLY, cases[i].valid ? APPLY_OK : APPLY_ERROR);
		/* One app looks at nothing but this: it must not wait for ever. */
		ask(bench, STATUS, cases[i].valid ? CONNECTING : FAILED_AUTH);
		bench_pass(bench, PROV_CONFIG_DELAY_US);
		g_assert_cmpuint(bench->wifi.joins, ==, cases[i].valid);
		if (!cases[i].valid)
			g_assert_cmpstr(provisioner_failure(bench->provisioner), ==,
					"invalid-credentials");
	}
}

static void test_fields(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autofree char *request = set_request("HomeNet", "secret-pass", "1a060a1b2c3d4e5f2006");

	bench_open(bench);
	ask(bench, request, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	g_assert_cmpint(bench->wifi.credentials.channel, ==, 6);
	assert_data_hex(bench->wifi.credentials.bssid, WIFI_BSSID_LEN, "0a1b2c3d4e5f");
	g_assert_cmpstr((const char *)secret_data(bench->wifi.credentials.passphrase), ==,
			"secret-pass");
}

/* An open network has no passphrase, not an empty one. */
static void test_open_network(void)
{
	static const char *const requests[] = { "080262090a07486f6d654e6574",
						"0802620b0a07486f6d654e65741200" };

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		g_autoptr(Bench) bench = bench_new(1);

		bench_open(bench);
		ask(bench, requests[i], SET_OK);
		ask(bench, "08047200", APPLY_OK);
		bench_pass(bench, PROV_CONFIG_DELAY_US);
		g_assert_cmpuint(bench->wifi.joins, ==, 1);
		g_assert_null(bench->wifi.credentials.passphrase);
	}
}

static void test_nothing_set(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	ask(bench, STATUS, CONNECTING);
	ask(bench, APPLY, APPLY_ERROR);
	ask(bench, STATUS, CONNECTING);
}

/* The reply leaves before the radio is busy. */
static void test_delay(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	bench_pass(bench, PROV_CONFIG_DELAY_US - 1);
	g_assert_cmpuint(bench->wifi.joins, ==, 0);
	ask(bench, STATUS, CONNECTING);
	bench_pass(bench, 1);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	ask(bench, STATUS, CONNECTING);
}

/* Several sets before one apply: the last one counts. */
static void test_set_twice(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autofree char *other = set_request("Guest", "other-pass", NULL);
	g_autofree char *bad = set_request("Guest", "not\na line", NULL);

	bench_open(bench);
	ask(bench, SET, SET_OK);
	ask(bench, bad, SET_INVALID);
	ask(bench, APPLY, APPLY_ERROR); /* not the one before */
	ask(bench, other, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	g_assert_cmpmem(bench->wifi.credentials.ssid, 5, "Guest", 5);
	ask(bench, APPLY, APPLY_ERROR); /* what was applied is no longer pending */
	g_assert_cmpuint(bench->wifi.cancels, ==, 0);
}

static void test_failures(void)
{
	static const struct {
		WifiFailure failure;
		const char *name;
		const char *reply;
	} cases[] = {
		{ WIFI_FAILURE_AUTH, "auth-error", FAILED_AUTH },
		{ WIFI_FAILURE_NOT_FOUND, "network-not-found", FAILED_NOT_FOUND },
		{ WIFI_FAILURE_ADDRESS, "no-address", FAILED_OTHER },
		{ WIFI_FAILURE_OTHER, "failed", FAILED_OTHER },
		{ (WifiFailure)99, "failed", FAILED_OTHER },
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		bench_join(bench); /* again in the same session, without a reset */
		g_assert_cmpuint(bench->wifi.joins, ==, i + 1);
		provisioner_on_join_failed(bench->provisioner, cases[i].failure, bench->now_us);
		g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, cases[i].name);
		ask(bench, STATUS, cases[i].reply);
		ask(bench, STATUS, cases[i].reply);
	}
	g_assert_cmpuint(bench->wifi.cancels, ==, 0);
}

static void test_join_refused(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench->wifi.refuses = true;
	bench_join(bench);
	ask(bench, STATUS, FAILED_OTHER);
}

static void test_timeout(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiLink link = fake_link();

	bench_open(bench);
	bench_join(bench);
	bench_pass(bench, PROV_CONFIG_JOIN_US - 1);
	ask(bench, STATUS, CONNECTING);
	bench_pass(bench, 1);
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "timeout");
	ask(bench, STATUS, FAILED_OTHER);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	ask(bench, STATUS, FAILED_OTHER);
	bench_join(bench);
	ask(bench, STATUS, CONNECTING);
}

/* Who configured more patience, or less, gets it. */
static void test_timeout_given(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench->ports.join_us = 2 * PROV_CONFIG_JOIN_US;
	bench_renew(bench);
	bench_open(bench);
	bench_join(bench);
	bench_pass(bench, 2 * PROV_CONFIG_JOIN_US - 1);
	ask(bench, STATUS, CONNECTING);
	bench_pass(bench, 1);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "timeout");
}

/* New credentials before the outcome: the attempt is given up for the new one. */
static void test_apply_anew(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autofree char *other = set_request("Guest", "", NULL);

	bench_open(bench);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_OK); /* still in the delay: nothing to cancel */
	g_assert_cmpuint(bench->wifi.cancels, ==, 0);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	ask(bench, other, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	ask(bench, STATUS, CONNECTING); /* that was the old attempt's */
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	g_assert_cmpuint(bench->wifi.joins, ==, 2);
	g_assert_cmpmem(bench->wifi.credentials.ssid, 5, "Guest", 5);
}

static void joined(Bench *bench)
{
	WifiLink link = fake_link();

	bench_open(bench);
	bench_join(bench);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
}

/* After success nothing is taken any more, and it may be read more than once. */
static void test_joined(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	joined(bench);
	ask(bench, STATUS, vector_messages[13].clear);
	ask(bench, STATUS, vector_messages[13].clear);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_ERROR);
	ask(bench, STATUS, vector_messages[13].clear);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	ask(bench, STATUS, vector_messages[13].clear);
}

/* A longest possible link still fits. */
static void test_longest_link(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiLink link = { .ip4 = "255.255.255.255" };

	link.network = fake_network("12345678901234567890123456789012", 233, -1, 0, (WifiAuth)11);
	bench_open(bench);
	bench_join(bench);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	ask(bench, STATUS,
	    "08015a42" /* 66 */
	    "5a400a0f3235352e3235352e3235352e323535"
	    "1007"
	    "1a203132333435363738393031323334353637383930313233343536373839303132"
	    "22060a1b2c3d4e00"
	    "28e901");
}

/* What reset does, by where things stand. */
static void test_reset(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	control(bench, RESET, RESET_OK);
	g_assert_cmpuint(bench->wifi.forgets, ==, 0);
	ask(bench, SET, SET_OK);
	control(bench, RESET, RESET_OK);
	ask(bench, APPLY, APPLY_ERROR);
	ask(bench, STATUS, CONNECTING);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	control(bench, RESET, RESET_ERROR);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	control(bench, RESET, RESET_ERROR);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	control(bench, "08015a00", RESET_OK);
	g_assert_cmpuint(bench->wifi.forgets, ==, 0);
	ask(bench, STATUS, CONNECTING);
	g_assert_cmpstr(provisioner_failure(bench->provisioner), ==, "");
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

static void test_reset_joined(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	joined(bench);
	control(bench, RESET, RESET_ERROR);
	g_assert_cmpuint(bench->wifi.forgets, ==, 0);
	ask(bench, STATUS, vector_messages[13].clear);
}

/* What the join before it left is not a failure's to take, least of all when nothing was tried. */
static void test_reset_after_joined(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	joined(bench);
	bench_open(bench);
	ask(bench, "08026200", SET_INVALID);
	ask(bench, APPLY, APPLY_ERROR);
	g_assert_cmpstr(bench_state(bench), ==, "failed");
	control(bench, RESET, RESET_OK);
	g_assert_cmpuint(bench->wifi.forgets, ==, 0);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

/* Reprov undoes a success, and that alone. */
static void test_reprov(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	control(bench, REPROV, REPROV_ERROR);
	ask(bench, SET, SET_OK);
	ask(bench, APPLY, APPLY_OK);
	control(bench, REPROV, REPROV_ERROR);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	control(bench, REPROV, REPROV_ERROR);
	g_assert_cmpuint(bench->wifi.forgets, ==, 0);
	joined(bench);
	ask(bench, STATUS, vector_messages[13].clear);
	control(bench, REPROV, REPROV_OK);
	g_assert_cmpuint(bench->wifi.forgets, ==, 1);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
	g_assert_null(provisioner_link(bench->provisioner));
	/* The end that was planned is off. */
	g_assert_cmpint(provisioner_deadline_us(bench->provisioner), ==, INT64_MAX);
	bench_join(bench);
	ask(bench, STATUS, CONNECTING);
}

/* Each command cut at each octet is refused, or is a shorter one that is whole. */
static void test_truncated(void)
{
	const char *const requests[] = { SET, "08047200", STATUS };

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		for (size_t cut = 0; cut < strlen(requests[i]); cut += 2) {
			g_autoptr(Bench) bench = bench_new(1);
			g_autofree char *part = g_strndup(requests[i], cut);

			bench_open(bench);
			if (cut == 0) /* the status command, all of it left out */
				ask(bench, part, CONNECTING);
			else if (g_str_equal(part, APPLY))
				ask(bench, part, APPLY_ERROR);
			else
				bench_expect_error(bench, ENDPOINT_PROV_CONFIG, part,
						   PROV_ERROR_VALUE);
			ask(bench, APPLY, APPLY_ERROR); /* nothing was set by halves */
		}
	}
}

static void test_unknown(void)
{
	static const struct {
		EndpointId endpoint;
		const char *request;
	} cases[] = {
		{ ENDPOINT_PROV_CONFIG, "0801" },
		{ ENDPOINT_PROV_CONFIG, "0802" },     /* set without content */
		{ ENDPOINT_PROV_CONFIG, "08027200" }, /* set with another command's */
		{ ENDPOINT_PROV_CONFIG, "0803" },
		{ ENDPOINT_PROV_CONFIG, "0805" },
		{ ENDPOINT_PROV_CONFIG, "0808920100" }, /* Thread */
		{ ENDPOINT_PROV_CONFIG, "08ffffffffffffffffff01" },
		{ ENDPOINT_PROV_CTRL, "" },
		{ ENDPOINT_PROV_CTRL, "0800" },
		{ ENDPOINT_PROV_CTRL, "0802" },
		{ ENDPOINT_PROV_CTRL, "0804" },
		{ ENDPOINT_PROV_CTRL, "0805" }, /* Thread */
		{ ENDPOINT_PROV_CTRL, "0807" },
		{ ENDPOINT_PROV_CTRL, "08" },
		{ ENDPOINT_PROV_CTRL, "08015a" },
		{ ENDPOINT_PROV_CTRL, "ff" },
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		bench_expect_error(bench, cases[i].endpoint, cases[i].request, PROV_ERROR_VALUE);
	ask(bench, STATUS, CONNECTING);
}

/* Credentials and failures outlive the session they came in. */
static void test_survives_peer(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	ask(bench, SET, SET_OK);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_open(bench);
	ask(bench, APPLY, APPLY_OK);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_pass(bench, PROV_CONFIG_DELAY_US);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_NOT_FOUND, bench->now_us);
	bench_open(bench);
	ask(bench, STATUS, FAILED_NOT_FOUND);
}

static void test_stop_gives_up(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_join(bench);
	provisioner_stop(bench->provisioner, bench->now_us);
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	provisioner_start(bench->provisioner, bench->now_us);
	bench_open(bench);
	ask(bench, STATUS, CONNECTING);
	ask(bench, APPLY, APPLY_ERROR);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/set-rules", test_set_rules);
	g_test_add_func("/config/fields", test_fields);
	g_test_add_func("/config/open-network", test_open_network);
	g_test_add_func("/config/nothing-set", test_nothing_set);
	g_test_add_func("/config/delay", test_delay);
	g_test_add_func("/config/set-twice", test_set_twice);
	g_test_add_func("/config/failures", test_failures);
	g_test_add_func("/config/join-refused", test_join_refused);
	g_test_add_func("/config/timeout", test_timeout);
	g_test_add_func("/config/timeout-given", test_timeout_given);
	g_test_add_func("/config/apply-anew", test_apply_anew);
	g_test_add_func("/config/joined", test_joined);
	g_test_add_func("/config/longest-link", test_longest_link);
	g_test_add_func("/config/truncated", test_truncated);
	g_test_add_func("/config/unknown", test_unknown);
	g_test_add_func("/config/survives-peer", test_survives_peer);
	g_test_add_func("/config/stop-gives-up", test_stop_gives_up);
	g_test_add_func("/ctrl/reset", test_reset);
	g_test_add_func("/ctrl/reset-joined", test_reset_joined);
	g_test_add_func("/ctrl/reset-after-joined", test_reset_after_joined);
	g_test_add_func("/ctrl/reprov", test_reprov);
	return g_test_run();
}
