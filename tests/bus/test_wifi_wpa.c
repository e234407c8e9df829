/* SPDX-License-Identifier: MIT */
/* The interface, its networks and scanning through a wpa_supplicant that refuses, is late,
 * or leaves. */
#include "common/error.h"
#include "tests/bus/wpa-bed.h"

#include <string.h>

#define NOT_NOW "fi.w1.wpa_supplicant1.Interface.ScanError"

/* ---- the interface ---- */

static void test_interface(WpaBed *bed, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_assert_cmpstr(wifi_wpa_backend.interface(bed->wpa), ==, WPA_BED_RADIO);
	g_assert_true(wifi_wpa_backend.mac(bed->wpa, mac));
	g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	fake_wpa_interface(bed->fake, false);
	TEST_WAIT(bed->losses == 1);
	g_assert_nonnull(strstr(wifi_wpa_backend.problem(bed->wpa), "no interface"));
	g_assert_false(wifi_wpa_backend.mac(bed->wpa, mac));
	fake_wpa_interface(bed->fake, true);
	TEST_WAIT(bed->readies == 2);
}

/* Without a file it is somebody's who does not want it touched, such as NetworkManager's. */
static void test_foreign(WpaBed *bed, gconstpointer data)
{
	bed->fake->config_file = "";
	wpa_bed_watch(bed, WPA_BED_PATIENCE);
	TEST_WAIT(strstr(wifi_wpa_backend.problem(bed->wpa), "configuration file"));
	g_assert_false(wifi_wpa_backend.is_ready(bed->wpa));
}

/* What could not be read is read again: first with all properties, then by itself. */
static void test_unread(WpaBed *bed, gconstpointer data)
{
	bed->fake->withhold_networks = true;
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot read the networks*");
	wpa_bed_watch(bed, WPA_BED_PATIENCE);
	TEST_WAIT(bed->fake->withheld == 2);
	g_assert_false(wifi_wpa_backend.is_ready(bed->wpa));
	bed->fake->withhold_networks = false;
	TEST_WAIT(bed->readies == 1);
	g_test_assert_expected_messages();
}

static void test_online(WpaBed *bed, gconstpointer data)
{
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_ip("addr add 192.0.2.61/24 " WPA_BED_LEASE);
	g_assert_false(wifi_wpa_backend.is_online(bed->wpa));
	fake_wpa_state(bed->fake, "completed");
	TEST_WAIT(wifi_wpa_backend.is_online(bed->wpa));
	wpa_bed_ip("addr flush dev " WPA_BED_RADIO);
	TEST_WAIT(!wifi_wpa_backend.is_online(bed->wpa));
}

typedef struct ProvisionedCase {
	const char *path;
	const char *mark;
	bool enabled;
	const char *mode;
	bool provisioned;
} ProvisionedCase;

static const ProvisionedCase provisioned_cases[] = {
	{ "other", NULL, true, NULL, true },
	{ "ours", "landfall 0 7", true, NULL, true },
	{ "named-alike", "landfall-office", true, NULL, true },
	{ "disabled", NULL, false, NULL, false },
	{ "access-point", NULL, true, "2", false },
	{ "group", NULL, false, "3", false },
};

static void test_provisioned(WpaBed *bed, gconstpointer data)
{
	const ProvisionedCase *c = data;
	int index = fake_wpa_network(bed->fake, "home", c->mark, c->enabled);

	if (c->mode)
		fake_wpa_set(bed->fake, index, "mode", c->mode);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_assert_cmpint(wifi_wpa_backend.is_provisioned(bed->wpa), ==, c->provisioned);
	g_assert_cmpuint(bed->fake->saves, ==, 0);
}

/* What an earlier process left is taken back, in one decision and with
 * nothing that interrupts it. */
static void start_sweeping(WpaBed *bed)
{
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	TEST_WAIT(bed->fake->saves == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->fake->selects, ==, 1);
	g_assert_cmpuint(bed->fake->reassociates, ==, 0);
}

/* A crash left a trial: it goes, what it took the place of is enabled again, nothing else is. */
static void test_swept(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, "home", NULL, false);
	fake_wpa_network(fake, "old", "landfall", false);
	fake_wpa_network(fake, "never", NULL, false);
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 0 1", true), "priority",
		     WPA_BED_TRIAL);
	start_sweeping(bed);
	g_assert_null(fake->networks[3].object);
	g_assert_true(fake->networks[0].enabled);
	g_assert_true(fake->networks[1].enabled);
	g_assert_false(fake->networks[2].enabled);
	/* Whoever wrote the file meanwhile wrote it into it. */
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[3].saved);
	g_assert_cmpuint(fake->flushes, ==, 0);
	TEST_WAIT(wifi_wpa_backend.is_provisioned(bed->wpa));
}

/* wpa_supplicant asked for the hidden network before in none of its last scans: what it heard in
 * them is not to be chosen from. */
static void test_swept_hidden(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_set(fake, fake_wpa_network(fake, "home", NULL, false), "scan_ssid", "1");
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 0", true), "priority",
		     WPA_BED_TRIAL);
	start_sweeping(bed);
	g_assert_cmpuint(fake->flushes, ==, 1);
	g_assert_true(fake->networks[0].enabled);
}

/* A trial that somebody saved, read again with other numbers: in doubt all are enabled. */
static void test_swept_renumbered(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, "home", NULL, false);
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 17", true), "priority",
		     WPA_BED_TRIAL);
	start_sweeping(bed);
	g_assert_true(fake->networks[0].enabled);
}

/* ---- scanning ---- */

static void test_scan(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	g_assert_null(fake->scan_ssid);
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_bss(fake, 1, &wpa_bed_hidden);
	fake_wpa_bss(fake, 2, &wpa_bed_three);
	fake_wpa_bss(fake, 3, &wpa_bed_gone);
	g_assert_cmpuint(bed->scans, ==, 0);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 2);
	g_assert_cmpmem(bed->networks[0].ssid, bed->networks[0].ssid_len, WPA_BED_LAB,
			strlen(WPA_BED_LAB));
	g_assert_cmpint(bed->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(bed->networks[0].channel, ==, 6);
	g_assert_cmpint(bed->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpuint(bed->networks[0].bssid[5], ==, 1);
	g_assert_cmpint(bed->networks[1].auth, ==, WIFI_AUTH_WPA3);
	g_assert_cmpuint(bed->networks[1].channel, ==, 1);
	/* Fresh enough: the next one is answered from what is known. */
	wpa_bed_scan(bed);
	TEST_WAIT(bed->scans == 2);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	wpa_bed_start(bed, WPA_BED_PATIENCE);
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wifi_wpa_backend.look_around(bed->wpa);
	TEST_WAIT(fake->scans == 1);
	wpa_bed_scan(bed);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(bed->scans == 1);
	g_assert_cmpuint(bed->n_networks, ==, 1);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* wpa_supplicant is in the middle of a scan: the end of that one will do. */
static void test_scan_not_now(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake->refuse_scan = NOT_NOW;
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wpa_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_refused(WpaBed *bed, gconstpointer data)
{
	bed->fake->refuse_scan = "fi.w1.wpa_supplicant1.InvalidArgs";
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	wpa_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
}

/* The radio is off: there is nothing, and that is an error and no empty list. */
static void test_scan_impossible(WpaBed *bed, gconstpointer data)
{
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	fake_wpa_scanned(bed->fake, false);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(WpaBed *bed, gconstpointer data)
{
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_vanished(WpaBed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	g_clear_pointer(&bed->fake, fake_wpa_free);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_wpa_backend.port.scan(bed->wpa, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	bed->fake = fake_wpa_new(test_bus_address(bed->daemon), WPA_BED_RADIO);
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	TEST_WAIT(bed->readies == 2);
	wpa_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	fake_wpa_scanned(bed->fake, true);
	TEST_WAIT(bed->scans == 2);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static const WpaBedTest tests[] = {
	{ "interface", test_interface },
	{ "foreign", test_foreign },
	{ "unread", test_unread },
	{ "online", test_online },
	{ "swept", test_swept },
	{ "swept-hidden", test_swept_hidden },
	{ "swept-renumbered", test_swept_renumbered },
	{ "scan/list", test_scan },
	{ "scan/ahead", test_scan_ahead },
	{ "scan/not-now", test_scan_not_now },
	{ "scan/refused", test_scan_refused },
	{ "scan/impossible", test_scan_impossible },
	{ "scan/late", test_scan_late },
	{ "scan/vanished", test_scan_vanished },
};

int main(int argc, char **argv)
{
	wpa_bed_init(&argc, &argv);
	wpa_bed_add_tests(tests, G_N_ELEMENTS(tests));
	wpa_bed_add_rows("provisioned/", provisioned_cases, G_N_ELEMENTS(provisioned_cases),
			 sizeof(provisioned_cases[0]), test_provisioned);
	return g_test_run();
}
