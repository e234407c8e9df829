/* SPDX-License-Identifier: MIT */
#include "tests/bus/wpa-bed.h"

#include <sched.h>
#include <string.h>

const FakeBss wpa_bed_lab = { NULL, WPA_BED_LAB, 1, true, NULL, "wpa-psk", 2437, -52, 0 };
const FakeBss wpa_bed_three = { NULL, "Three", 4, true, NULL, "sae", 5955, -60, 0 };
const FakeBss wpa_bed_hidden = { NULL, "", 1, true, NULL, "wpa-psk", 2412, -60, 0 };
const FakeBss wpa_bed_gone = { NULL, "Gone", 11, true, NULL, "wpa-psk", 2412, -60, 120 };

static bool have_namespace;

void wpa_bed_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	have_namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

void wpa_bed_watch(WpaBed *bed, unsigned int timeout_ms)
{
	wifi_bed_open(&bed->shared, &wifi_wpa_backend, timeout_ms, g_get_tmp_dir());
}

void wpa_bed_start(WpaBed *bed, unsigned int timeout_ms)
{
	wpa_bed_watch(bed, timeout_ms);
	TEST_WAIT(bed->readies == 1);
}

void wpa_bed_ip(const char *arguments)
{
	g_autofree char *line = g_strconcat("ip ", arguments, NULL);
	g_autofree char *output G_GNUC_UNUSED = test_run(line, NULL);
}

void wpa_bed_scan(WpaBed *bed)
{
	wifi_bed_scan(&bed->shared);
}

void wpa_bed_join_with(WpaBed *bed, WifiCredentials *credentials, const char *ssid,
		       const char *passphrase)
{
	wifi_bed_join(&bed->shared, credentials, ssid, strlen(ssid), passphrase);
}

void wpa_bed_join(WpaBed *bed, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { 0 };

	wpa_bed_join_with(bed, &credentials, ssid, passphrase);
}

void wpa_bed_assert_failed(WpaBed *bed, WifiFailure failure)
{
	wifi_bed_assert_failed(&bed->shared, failure);
}

void wpa_bed_wait_selected(WpaBed *bed, unsigned int n)
{
	TEST_WAIT(bed->fake->selects == n);
}

void wpa_bed_complete(WpaBed *bed)
{
	static const char *const states[] = { "authenticating", "associating",     "associated",
					      "4way_handshake", "group_handshake", "completed" };

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
		fake_wpa_state(bed->fake, states[i]);
}

void wpa_bed_succeed(WpaBed *bed)
{
	wpa_bed_complete(bed);
	wpa_bed_ip("addr add 192.168.77.61/24 " WPA_BED_LEASE);
	TEST_WAIT(bed->joins == 1);
}

static void setup(void *fixture, gconstpointer data)
{
	WpaBed *bed = fixture;

	if (!have_namespace)
		return;
	wpa_bed_ip("link add " WPA_BED_RADIO " address 02:00:00:a1:b2:c3 type bridge");
	bed->daemon = test_bus_start();
	bed->fake = fake_wpa_new(test_bus_address(bed->daemon), WPA_BED_RADIO);
}

static void teardown(void *fixture, gconstpointer data)
{
	WpaBed *bed = fixture;

	if (!have_namespace)
		return;
	wifi_bed_close(&bed->shared);
	fake_wpa_free(bed->fake);
	test_bus_stop(bed->daemon);
	wpa_bed_ip("link del " WPA_BED_RADIO);
}

static void test_skipped(void *fixture, gconstpointer data)
{
	g_test_skip("no network namespace to be had");
}

static const WifiBedKind kind = { sizeof(WpaBed), "/wifi-wpa/", setup, teardown };

static GTestFixtureFunc unless_skipped(void (*test)(WpaBed *bed, gconstpointer data))
{
	return have_namespace ? (GTestFixtureFunc)test : test_skipped;
}

void wpa_bed_add_tests(const WpaBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wifi_bed_add(&kind, tests[i].path, NULL, unless_skipped(tests[i].test));
}

void wpa_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(WpaBed *bed, gconstpointer data))
{
	wifi_bed_add_rows(&kind, prefix, rows, n, size, unless_skipped(test));
}
