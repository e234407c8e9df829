/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-scan.h"

#include "tests/unit/provisioner/support.h"

#include <string.h>

#define START_BLOCKING "520408012078"
#define START          "5200"
#define STATUS         "0802"

static void assert_reply(Bench *bench, const char *hex)
{
	g_autoptr(GBytes) clear = bench_clear_reply(bench);

	g_assert_no_error(bench->error);
	assert_bytes_hex(clear, hex);
}

static void start_and_wait(Bench *bench, const WifiNetwork *networks, size_t n)
{
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	provisioner_on_scan(bench->provisioner, networks, n, NULL, bench->now_us);
	assert_reply(bench, "08015a00");
}

static void page(Bench *bench, unsigned int start, unsigned int count, const char *reply)
{
	g_autofree char *request = g_strdup_printf("0804720408%02x10%02x", start, count);

	bench_expect(bench, ENDPOINT_PROV_SCAN, request, reply);
}

/* Before any scan there is nothing, and that is final. */
static void test_before(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
	bench_expect(bench, ENDPOINT_PROV_SCAN, "08026200", "08036a020801");
	page(bench, 0, 0, "08057a00");
	page(bench, 0, 1, "080510057a00");
	g_assert_cmpuint(bench->wifi.scans, ==, 0);
}

static WifiNetwork numbered_network(unsigned int i, int8_t rssi_dbm)
{
	g_autofree char *ssid = g_strdup_printf("N%02u", i);

	return fake_network(ssid, 1, rssi_dbm, (uint8_t)i, WIFI_AUTH_WPA2);
}

static char *numbered_entry(unsigned int i, int8_t rssi_dbm)
{
	uint8_t rssi[10];
	uint64_t value = (uint64_t)(int64_t)rssi_dbm;

	for (size_t n = 0; n < sizeof(rssi); n++, value >>= 7)
		rssi[n] = (uint8_t)((value & 0x7f) | (n < 9 ? 0x80 : 0));

	g_autofree char *rssi_hex = hex_of(rssi, sizeof(rssi));

	return g_strdup_printf("0a1c0a034e3%u3%u100118%s22060a1b2c3d4e%02x2803", i / 10, i % 10,
			       rssi_hex, i);
}

/* Six networks, four to a page, strongest first; then the rest. */
static void test_paging(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	g_autoptr(GString) first = g_string_new("08057a78");
	g_autoptr(GString) second = g_string_new("08057a3c");
	g_autoptr(GString) beyond = g_string_new("080510057a3c");
	WifiNetwork networks[6];

	bench_open(bench);
	for (unsigned int i = 0; i < 6; i++) {
		g_autofree char *entry = numbered_entry(i, (int8_t)(-40 - (int)i));

		networks[(i + 3) % 6] = numbered_network(i, (int8_t)(-40 - (int)i));
		g_string_append(i < 4 ? first : second, entry);
		if (i >= 4)
			g_string_append(beyond, entry);
	}
	start_and_wait(bench, networks, G_N_ELEMENTS(networks));
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011006");
	page(bench, 0, 4, first->str);
	page(bench, 4, 2, second->str);
	page(bench, 0, 4, first->str);
	page(bench, 4, 4, beyond->str);
	page(bench, 6, 1, "080510057a00");
	page(bench, 31, 1, "080510057a00");
	page(bench, 3, 0, "08057a00");
}

static void test_page_bounds(void)
{
	static const char *const requests[] = {
		"080472020820",                     /* starts past the last possible entry */
		"0804720408011020",                 /* 1 + 32 */
		"080472021021",                     /* 33 */
		"080472061080808008",               /* many */
		"0804720c08ffffffff0f10ffffffff0f", /* more */
		"0804720808ffffffff0f1002",         /* wraps */
		"0804",                             /* no page at all */
		"08045200",                         /* another command's content */
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
		bench_expect_error(bench, ENDPOINT_PROV_SCAN, requests[i], PROV_ERROR_VALUE);
}

/* Names as long as can be: a reply never outgrows an attribute, and says when it was cut. */
static void test_fat_entries(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiNetwork networks[PROV_SCAN_ENTRIES + 8];
	static const char fat[] = "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN";

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
		networks[i] = fake_network(fat, 149, -120, (uint8_t)i, WIFI_AUTH_WPA2_WPA3);
		networks[i].ssid[0] = (uint8_t)('A' + i);
	}
	start_and_wait(bench, networks, G_N_ELEMENTS(networks));
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011020");
	for (unsigned int count = 1; count <= PROV_SCAN_ENTRIES; count++) {
		g_autofree char *request = g_strdup_printf("0804720210%02x", count);

		bench_ask(bench, ENDPOINT_PROV_SCAN, request);
		g_assert_no_error(bench->error);

		g_autoptr(GBytes) clear = bench_clear_reply(bench);
		const uint8_t *octets = g_bytes_get_data(clear, NULL);

		g_assert_cmpuint(g_bytes_get_size(clear), <=, 496);
		g_assert_cmpint(octets[2], ==, count <= 8 ? 0x7a : 0x10);
		if (count <= 4)
			g_assert_cmpuint(g_bytes_get_size(clear), ==,
					 2 + (count > 2 ? 3 : 2) + count * 60);
	}
}

/* Hidden names, doubles and foreign numbers. */
static void test_filter(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiNetwork networks[] = {
		fake_network("", 1, -10, 1, WIFI_AUTH_WPA2),
		fake_network("N07", 1, -90, 9, WIFI_AUTH_WPA2),
		fake_network("N07", 1, -60, 7, WIFI_AUTH_WPA2),
		fake_network("N07", 1, -70, 8, WIFI_AUTH_OPEN),
		fake_network("xxx", 1, -10, 2, WIFI_AUTH_WPA2),
		fake_network("big", 1, -10, 3, WIFI_AUTH_WPA2),
		numbered_network(5, -50),
	};
	g_autofree char *entry5 = numbered_entry(5, -50);
	g_autofree char *entry7 = numbered_entry(7, -60);
	g_autofree char *reply = g_strconcat("08057a3c", entry5, entry7, NULL);

	memset(networks[4].ssid, 0, sizeof(networks[4].ssid));
	networks[5].ssid_len = WIFI_SSID_MAX + 1;
	bench_open(bench);
	start_and_wait(bench, networks, G_N_ELEMENTS(networks));
	page(bench, 0, 2, reply);
}

static void test_auth_clamped(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiNetwork network = numbered_network(1, -50);

	network.auth = (WifiAuth)11;
	bench_open(bench);
	start_and_wait(bench, &network, 1);
	bench_ask(bench, ENDPOINT_PROV_SCAN, "080472021001");

	g_autoptr(GBytes) clear = bench_clear_reply(bench);
	const uint8_t *octets = g_bytes_get_data(clear, NULL);

	g_assert_cmpint(octets[g_bytes_get_size(clear) - 1], ==, WIFI_AUTH_WPA2_WPA3);
}

/* The strongest of many stay, whatever the order. */
static void test_many(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiNetwork networks[200];

	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++)
		networks[i] = numbered_network((unsigned int)(i * 7) % 100,
					       (int8_t)(-100 + (int)(i * 7) % 100 - (int)i / 100));
	bench_open(bench);
	start_and_wait(bench, networks, G_N_ELEMENTS(networks));
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011020");
	for (unsigned int i = 0; i < PROV_SCAN_ENTRIES; i++) {
		g_autofree char *entry = numbered_entry(99 - i, (int8_t)(-1 - (int)i));
		g_autofree char *reply = g_strconcat("08057a1e", entry, NULL);

		page(bench, i, 1, reply);
	}
}

/* Without "blocking" the start is answered at once; what follows waits for the end. */
static void test_not_blocking(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	unsigned int answers;

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
	answers = bench->answers;
	bench_ask(bench, ENDPOINT_PROV_SCAN, STATUS);
	g_assert_cmpuint(bench->answers, ==, answers);
	bench_scan_done(bench);
	assert_reply(bench, "08036a0408011002");

	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_ask(bench, ENDPOINT_PROV_SCAN, "0804720408011001");
	bench_scan_done(bench);
	assert_reply(bench, "08057a1e0a1c0a054775657374100b18b9ffffffffffffffff0122060a1b2c3d4e60");
}

/* A start that finds a scan at work waits for that one. */
static void test_joins_running_scan(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
}

/* The list stands still until the next scan ends. */
static void test_frozen(void)
{
	g_autoptr(Bench) bench = bench_new(1);
	WifiNetwork other = numbered_network(1, -50);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
	provisioner_on_scan(bench->provisioner, &other, 1, NULL, bench->now_us);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011002");
	start_and_wait(bench, &other, 1);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011001");
}

static void scan_fails(Bench *bench)
{
	g_autoptr(GError) error = g_error_new_literal(PROV_ERROR, PROV_ERROR_STATE, "radio off");

	provisioner_on_scan(bench->provisioner, NULL, 0, error, bench->now_us);
}

/* Nothing found, or failed: once more after a pause, then that is the answer. */
static void test_repeated(void)
{
	static const struct {
		bool first_fails;
		bool second_fails;
		bool second_finds;
		const char *start_reply;
		const char *status_reply;
	} cases[] = {
		{ false, false, true, "08015a00", "08036a0408011002" },
		{ true, false, true, "08015a00", "08036a0408011002" },
		{ false, false, false, "08015a00", "08036a020801" },
		{ false, true, false, "080110055a00", "08036a020801" },
		{ true, true, false, "080110055a00", "08036a020801" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Bench) bench = bench_new(1);

		bench_open(bench);
		bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
		if (cases[i].first_fails)
			scan_fails(bench);
		else
			provisioner_on_scan(bench->provisioner, NULL, 0, NULL, bench->now_us);
		bench_pass(bench, PROV_SCAN_PAUSE_US - 1);
		g_assert_cmpuint(bench->wifi.scans, ==, 1);
		bench_pass(bench, 1);
		g_assert_cmpuint(bench->wifi.scans, ==, 2);
		g_assert_cmpuint(bench->answers, ==, 2);
		if (cases[i].second_fails)
			scan_fails(bench);
		else if (cases[i].second_finds)
			bench_scan_done(bench);
		else
			provisioner_on_scan(bench->provisioner, NULL, 0, NULL, bench->now_us);
		assert_reply(bench, cases[i].start_reply);
		bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, cases[i].status_reply);
		g_assert_cmpuint(bench->wifi.scans, ==, 2);
	}
}

/* A failed scan does not take the list of an earlier one. */
static void test_keeps_list(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	scan_fails(bench);
	bench_pass(bench, PROV_SCAN_PAUSE_US);
	scan_fails(bench);
	assert_reply(bench, "08015a00");
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011002");
}

static void test_refused(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench->wifi.refuses = true;
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	g_assert_cmpuint(bench->answers, ==, 2);
	bench_pass(bench, PROV_SCAN_PAUSE_US);
	assert_reply(bench, "080110055a00");
	g_assert_cmpuint(bench->wifi.scans, ==, 2);
	bench->wifi.refuses = false;
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
}

/* A back end that never answers costs all the time there is, and is told to stop. */
static void test_out_of_time(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_pass(bench, PROV_SCAN_BOUND_US - 1);
	g_assert_cmpuint(bench->answers, ==, 2);
	bench_pass(bench, 1);
	assert_reply(bench, "080110055a00");
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
	bench_scan_done(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	g_assert_cmpuint(bench->wifi.scans, ==, 2);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
}

/* An empty answer just before the bound is not repeated. */
static void test_no_time_to_repeat(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_pass(bench, PROV_SCAN_BOUND_US - PROV_SCAN_PAUSE_US - PROV_SCAN_LEAST_US + 1);
	provisioner_on_scan(bench->provisioner, NULL, 0, NULL, bench->now_us);
	assert_reply(bench, "08015a00");
}

/* A join has the radio: nothing is started, the list as it is must do. */
static void test_while_joining(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
	bench_join(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START_BLOCKING, "08015a00");
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011002");
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	g_assert_cmpuint(bench->wifi.scans, ==, 2);
}

/* A scan that runs into a join cannot be cancelled alone; later it is waited for again. */
static void test_late(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_join(bench);
	bench_pass(bench, PROV_SCAN_BOUND_US);
	g_assert_cmpuint(bench->wifi.cancels, ==, 0);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
	provisioner_on_join_failed(bench->provisioner, WIFI_FAILURE_AUTH, bench->now_us);
	bench_ask(bench, ENDPOINT_PROV_SCAN, START_BLOCKING);
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
	bench_scan_done(bench);
	assert_reply(bench, "08015a00");
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011002");

	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_join(bench);
	bench_pass(bench, PROV_SCAN_BOUND_US);
	scan_fails(bench); /* over at last, and nobody's list changes */
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a0408011002");
}

/* Giving up a join gives up the scan beside it. */
static void test_cancelled_with_join(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	bench_join(bench);
	bench_join(bench);
	g_assert_cmpuint(bench->wifi.cancels, ==, 1);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
}

/* A pause that ends in a join does not end in a scan. */
static void test_pause_meets_join(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	bench_expect(bench, ENDPOINT_PROV_SCAN, START, "08015a00");
	provisioner_on_scan(bench->provisioner, NULL, 0, NULL, bench->now_us);
	bench_join(bench);
	bench_pass(bench, PROV_SCAN_PAUSE_US);
	g_assert_cmpuint(bench->wifi.scans, ==, 1);
	bench_expect(bench, ENDPOINT_PROV_SCAN, STATUS, "08036a020801");
}

/* Each command cut at each octet is refused or a shorter message of its own, never a crash. */
static void test_truncated(void)
{
	static const char *const requests[] = { START_BLOCKING, "08026200", "080472021002" };

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		for (size_t cut = 0; cut < strlen(requests[i]); cut += 2) {
			g_autoptr(Bench) bench = bench_new(1);
			g_autofree char *part = g_strndup(requests[i], cut);

			bench_open(bench);
			if (g_str_equal(part, "0802"))
				continue; /* whole, as esp_prov sends it */
			bench_expect_error(bench, ENDPOINT_PROV_SCAN, part, PROV_ERROR_VALUE);
			g_assert_cmpuint(bench->wifi.scans, ==, 0);
		}
	}
}

static void test_unknown(void)
{
	static const char *const requests[] = {
		"0801", "0803", "0805", "0806", "080a", "0863", "08ffffffffffffffffff01",
		"ff",   "5201",
	};
	g_autoptr(Bench) bench = bench_new(1);

	bench_open(bench);
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
		bench_expect_error(bench, ENDPOINT_PROV_SCAN, requests[i], PROV_ERROR_VALUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scan/before", test_before);
	g_test_add_func("/scan/paging", test_paging);
	g_test_add_func("/scan/page-bounds", test_page_bounds);
	g_test_add_func("/scan/fat-entries", test_fat_entries);
	g_test_add_func("/scan/filter", test_filter);
	g_test_add_func("/scan/auth-clamped", test_auth_clamped);
	g_test_add_func("/scan/many", test_many);
	g_test_add_func("/scan/not-blocking", test_not_blocking);
	g_test_add_func("/scan/joins-running-scan", test_joins_running_scan);
	g_test_add_func("/scan/frozen", test_frozen);
	g_test_add_func("/scan/repeated", test_repeated);
	g_test_add_func("/scan/keeps-list", test_keeps_list);
	g_test_add_func("/scan/refused", test_refused);
	g_test_add_func("/scan/out-of-time", test_out_of_time);
	g_test_add_func("/scan/no-time-to-repeat", test_no_time_to_repeat);
	g_test_add_func("/scan/while-joining", test_while_joining);
	g_test_add_func("/scan/late", test_late);
	g_test_add_func("/scan/cancelled-with-join", test_cancelled_with_join);
	g_test_add_func("/scan/pause-meets-join", test_pause_meets_join);
	g_test_add_func("/scan/truncated", test_truncated);
	g_test_add_func("/scan/unknown", test_unknown);
	return g_test_run();
}
