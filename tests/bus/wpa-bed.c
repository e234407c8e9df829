/* SPDX-License-Identifier: MIT */
#include "tests/bus/wpa-bed.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

const FakeBss wpa_bed_lab = { NULL, WPA_BED_LAB, 1, true, NULL, "wpa-psk", 2437, -52, 0 };
const FakeBss wpa_bed_three = { NULL, "Three", 4, true, NULL, "sae", 5955, -60, 0 };
const FakeBss wpa_bed_hidden = { NULL, "", 1, true, NULL, "wpa-psk", 2412, -60, 0 };
const FakeBss wpa_bed_gone = { NULL, "Gone", 11, true, NULL, "wpa-psk", 2412, -60, 120 };

static bool have_namespace;

/* In place of the real one: how often everything was flushed to disk, and whether the disk is slow. */
static int syncs;
static int disk_is_slow;

void sync(void)
{
	while (g_atomic_int_get(&disk_is_slow))
		g_usleep(1000);
	g_atomic_int_inc(&syncs);
}

void wpa_bed_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	have_namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

void wpa_bed_slow_disk(bool slow)
{
	g_atomic_int_set(&disk_is_slow, slow);
}

static void on_ready(void *data)
{
	WpaBed *bed = data;

	bed->readies++;
}

static void on_lost(void *data)
{
	WpaBed *bed = data;

	bed->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	WpaBed *bed = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(bed->networks));
	if (n_networks)
		memcpy(bed->networks, networks, n_networks * sizeof(*networks));
	bed->n_networks = n_networks;
	bed->scan_failed = error != NULL;
	bed->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	WpaBed *bed = data;

	g_assert_cmpint(g_atomic_int_get(&syncs), >, bed->syncs_before);
	bed->link = *link;
	bed->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	WpaBed *bed = data;

	bed->failure = failure;
	bed->failures++;
}

static void on_idle(void *data)
{
	WpaBed *bed = data;

	bed->idles++;
}

static void on_changed(void *data)
{
}

void wpa_bed_watch(WpaBed *bed, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, g_get_tmp_dir() };
	g_autoptr(GError) error = NULL;

	bed->syncs_before = g_atomic_int_get(&syncs);
	bed->bus = bus_open(test_bus_address(bed->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	bed->wpa = wifi_wpa_backend.new(bed->bus, &settings, &events, bed);
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
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_wpa_backend.port.scan(bed->wpa, &error));
	g_assert_no_error(error);
}

void wpa_bed_join_with(WpaBed *bed, WifiCredentials *credentials, const char *ssid,
		       const char *passphrase)
{
	g_autoptr(GError) error = NULL;

	credentials->ssid_len = (uint8_t)strlen(ssid);
	memcpy(credentials->ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials->passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_wpa_backend.port.join(bed->wpa, credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials->passphrase); /* the join has its own */
}

void wpa_bed_join(WpaBed *bed, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { 0 };

	wpa_bed_join_with(bed, &credentials, ssid, passphrase);
}

void wpa_bed_assert_failed(WpaBed *bed, WifiFailure failure)
{
	TEST_WAIT(bed->failures == 1);
	g_assert_cmpint(bed->failure, ==, failure);
	g_assert_cmpuint(bed->joins, ==, 0);
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

static void setup(WpaBed *bed, gconstpointer data)
{
	wpa_bed_ip("link add " WPA_BED_RADIO " address 02:00:00:a1:b2:c3 type bridge");
	bed->daemon = test_bus_start();
	bed->fake = fake_wpa_new(test_bus_address(bed->daemon), WPA_BED_RADIO);
}

static void teardown(WpaBed *bed, gconstpointer data)
{
	wifi_wpa_backend.free(bed->wpa);
	bus_free(bed->bus);
	fake_wpa_free(bed->fake);
	test_bus_stop(bed->daemon);
	wpa_bed_ip("link del " WPA_BED_RADIO);
}

static void test_skipped(void)
{
	g_test_skip("no network namespace to be had");
}

static void add(const char *name, const void *row, void (*test)(WpaBed *bed, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/wifi-wpa/", name, NULL);

	if (have_namespace)
		g_test_add(path, WpaBed, row, setup, test, teardown);
	else
		g_test_add_func(path, test_skipped);
}

void wpa_bed_add_tests(const WpaBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(tests[i].path, NULL, tests[i].test);
}

void wpa_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(WpaBed *bed, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		g_autofree char *name =
			g_strconcat(prefix, *(const char *const *)(const void *)row, NULL);

		add(name, row, test);
	}
}
