/* SPDX-License-Identifier: MIT */
/* Security 0: where it is built in, and the whole service in clear. */
#include "provisioner/core/security0.h"

#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

#define COMMAND  "5203a20100"
#define RESPONSE "52050801aa0100"

static void expect(Bench *bench, EndpointId endpoint, const char *hex, const char *reply_hex)
{
	bench_write_hex(bench, endpoint, hex);
	g_assert_no_error(bench->error);
	assert_bytes_hex(bench->reply, reply_hex);
}

static void expect_error(Bench *bench, EndpointId endpoint, const char *hex, ProvError code)
{
	bench_write_hex(bench, endpoint, hex);
	g_assert_error(bench->error, PROV_ERROR, (int)code);
}

static void open_session(Bench *bench)
{
	expect(bench, ENDPOINT_PROV_SESSION, COMMAND, RESPONSE);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

/* The option of the build decides, nothing else does. */
static void test_built(void)
{
	g_assert_cmpint(security0_ops() != NULL, ==, SECURITY0);
	g_assert_cmpint(provisioner_speaks(0), ==, SECURITY0);
	g_assert_true(provisioner_speaks(1));
	g_assert_true(provisioner_speaks(2));
	g_assert_false(provisioner_speaks(3));
	g_assert_false(provisioner_speaks(-1));
}

static void test_absent(void)
{
	const ProvisionerSecurity security = { .version = 0 };
	FakeWifi wifi = { .refuses = false };
	const ProvisionerPorts ports = {
		.wifi = &fake_wifi_port,
		.wifi_data = &wifi,
		.random = test_random_fill,
	};
	g_autoptr(GError) error = NULL;

	g_assert_null(provisioner_new(&security, &ports, 0, &error));
	g_assert_error(error, PROV_ERROR, PROV_ERROR_VALUE);
}

static void test_version(void)
{
	static const char text[] =
		"{\"landfall\":{\"ver\":\"1\",\"cap\":[\"store\",\"status\"]},"
		"\"prov\":{\"ver\":\"netprov-v1.2\",\"sec_ver\":0,\"sec_patch_ver\":0,"
		"\"cap\":[\"no_sec\",\"wifi_prov\",\"wifi_scan\"]}}";
	g_autofree char *hex = hex_of(text, strlen(text));
	g_autoptr(Bench) bench = bench_new(0);

	expect(bench, ENDPOINT_PROTO_VER, "455350", hex);
}

/* The messages of the transcript, as they are. */
static void test_transcript(void)
{
	g_autoptr(Bench) bench = bench_new(0);
	WifiLink link = fake_link();

	open_session(bench);
	g_assert_cmpuint(bench->opened, ==, 1);
	bench_write_hex(bench, ENDPOINT_PROV_SCAN, vector_messages[0].clear);
	bench_scan_done(bench);
	assert_bytes_hex(bench->reply, vector_messages[1].clear);
	for (size_t i = 2; i < 12; i += 2)
		expect(bench, vector_messages[i].endpoint, vector_messages[i].clear,
		       vector_messages[i + 1].clear);
	bench_pass(bench, G_USEC_PER_SEC);
	g_assert_cmpuint(bench->wifi.joins, ==, 1);
	provisioner_on_joined(bench->provisioner, &link, bench->now_us);
	expect(bench, ENDPOINT_PROV_CONFIG, vector_messages[12].clear, vector_messages[13].clear);
}

/* As with the firmware a client need not ask for a session; that one came is told all the same. */
static void test_unasked(void)
{
	g_autoptr(Bench) bench = bench_new(0);

	expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	g_assert_cmpstr(bench_state(bench), ==, "secured");
	g_assert_cmpuint(bench->opened, ==, 1);
	expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	g_assert_cmpuint(bench->opened, ==, 1);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	g_assert_cmpstr(bench_state(bench), ==, "ready");
	expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	g_assert_cmpuint(bench->opened, ==, 2);
	open_session(bench);
	open_session(bench);
	g_assert_cmpuint(bench->opened, ==, 4);
}

/* Whoever asks for another scheme is refused, and so is whatever is no request for a session. */
static void test_refused(void)
{
	static const char *const messages[] = {
		VECTOR_SEC1_COMMAND0,
		VECTOR_SEC2_COMMAND0,
		VECTOR_SEC1_COMMAND1,
		VECTOR_SEC2_COMMAND1,
		"",
		"ff",
		"1001" COMMAND, /* says security 1, 2, 3 */
		"1002" COMMAND,
		"1003" COMMAND,
		"5200",           /* no command */
		"52050801a20100", /* says it is a response */
		RESPONSE,         /* is one */
		"52050802a20100", /* says command 1 */
		"5a03a20100",     /* command of security 1 under version 0 */
		"6203a20100",     /* of security 2 */
		"5204a2010100",   /* lengths that disagree */
		"5203a201ff",
		"5203ffffff", /* past the end */
		"52ffffffff7fa20100",
		"52",
		"5203",
		"5203a2",
		"5203a201", /* cut */
	};
	g_autoptr(Bench) bench = bench_new(0);

	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
		expect_error(bench, ENDPOINT_PROV_SESSION, messages[i], PROV_ERROR_VALUE);
		g_assert_cmpstr(bench_state(bench), ==, "peer");
	}
	open_session(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
		expect_error(bench, ENDPOINT_PROV_SESSION, messages[i], PROV_ERROR_VALUE);
		g_assert_cmpstr(bench_state(bench), ==, "secured");
	}
	g_assert_cmpuint(bench->opened, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/security0/built", test_built);
	if (!SECURITY0) {
		g_test_add_func("/security0/absent", test_absent);
		return g_test_run();
	}
	g_test_add_func("/security0/version", test_version);
	g_test_add_func("/security0/transcript", test_transcript);
	g_test_add_func("/security0/unasked", test_unasked);
	g_test_add_func("/security0/refused", test_refused);
	return g_test_run();
}
