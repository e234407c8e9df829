/* SPDX-License-Identifier: MIT */
/* The device, its networks and scanning through a NetworkManager that refuses, is
 * late, or leaves. */
#include "common/error.h"
#include "tests/bus/nm-bed.h"

#include <string.h>

#define NOT_NOW "org.freedesktop.NetworkManager.Device.NotAllowed"

/* ---- the device ---- */

static void test_device(NmBed *bed, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_cmpstr(wifi_nm_backend.interface(bed->nm), ==, "wlan0");
	g_assert_true(wifi_nm_backend.mac(bed->nm, mac));
	g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	fake_nm_device(bed->fake, false);
	TEST_WAIT(bed->losses == 1);
	g_assert_nonnull(strstr(wifi_nm_backend.problem(bed->nm), "no Wi-Fi interface"));
	fake_nm_device(bed->fake, true);
	TEST_WAIT(bed->readies == 2);
}

/* Another has been there all along: it is taken without being told of again. */
static void test_another_device(NmBed *bed, gconstpointer data)
{
	fake_nm_second(bed->fake);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_cmpstr(wifi_nm_backend.interface(bed->nm), ==, "wlan0");
	fake_nm_device(bed->fake, false);
	TEST_WAIT(bed->losses == 1);
	TEST_WAIT(bed->readies == 2);
	g_assert_cmpstr(wifi_nm_backend.interface(bed->nm), ==, "wlan1");
}

static void test_unmanaged(NmBed *bed, gconstpointer data)
{
	nm_bed_start(bed, NM_BED_PATIENCE);
	fake_nm_state(bed->fake, 10, 0);
	TEST_WAIT(bed->losses == 1);
	g_assert_nonnull(strstr(wifi_nm_backend.problem(bed->nm), "manages no"));
	fake_nm_state(bed->fake, 30, 0);
	TEST_WAIT(bed->readies == 2);
}

typedef struct ProvisionedCase {
	const char *path;
	const char *id;
	const char *type;
	const char *mode;
	bool autoconnect;
	bool saved;
	bool provisioned;
} ProvisionedCase;

static const ProvisionedCase provisioned_cases[] = {
	{ "wifi", "home", "802-11-wireless", "infrastructure", true, true, true },
	{ "wifi-in-memory", "netplan-wlan0", "802-11-wireless", NULL, true, false, true },
	{ "ours", "landfall home", "802-11-wireless", NULL, true, true, true },
	{ "ours-unproved", "landfall home", "802-11-wireless", NULL, true, false, false },
	{ "manual", "home", "802-11-wireless", NULL, false, true, false },
	{ "access-point", "hotspot", "802-11-wireless", "ap", true, true, false },
	{ "wired", "office", "802-3-ethernet", NULL, true, true, false },
};

static void test_provisioned(NmBed *bed, gconstpointer data)
{
	const ProvisionedCase *c = data;
	int index = fake_nm_profile(bed->fake, c->id, c->type, c->autoconnect, c->saved);

	bed->fake->profiles[index].mode = g_strdup(c->mode);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_cmpint(wifi_nm_backend.is_provisioned(bed->nm), ==, c->provisioned);
}

/* One that somebody edits counts as it is then. */
static void test_edited(NmBed *bed, gconstpointer data)
{
	fake_nm_profile(bed->fake, "home", "802-11-wireless", false, true);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_false(wifi_nm_backend.is_provisioned(bed->nm));
	fake_nm_edit(bed->fake, 0, true);
	TEST_WAIT(wifi_nm_backend.is_provisioned(bed->nm));
	fake_nm_edit(bed->fake, 0, false);
	TEST_WAIT(!wifi_nm_backend.is_provisioned(bed->nm));
}

/* NetworkManager's tools call a profile after its network, and this one's name begins like ours. */
static void others_profile(FakeNm *fake, bool saved)
{
	int index = fake_nm_profile(fake, "landfall guest", "802-11-wireless", true, saved);

	g_free(fake->profiles[index].ssid);
	fake->profiles[index].ssid = g_strdup("landfall guest");
}

/* What a crash left in memory is deleted, and nothing else. */
static void test_swept(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_profile(fake, "landfall old", "802-11-wireless", true, true);
	fake_nm_profile(fake, "landfall new", "802-11-wireless", true, false);
	fake_nm_profile(fake, "other", "802-11-wireless", true, false);
	others_profile(fake, false);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	nm_bed_start(bed, NM_BED_PATIENCE);
	TEST_WAIT(!fake->profiles[1].object);
	g_test_assert_expected_messages();
	g_assert_nonnull(fake->profiles[0].object);
	g_assert_nonnull(fake->profiles[2].object);
	g_assert_nonnull(fake->profiles[3].object);
}

/* A reset forgets what was added here, saved or not, and nothing else. */
static void test_forget_all(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_profile(fake, "landfall old", "802-11-wireless", true, true);
	fake_nm_profile(fake, "old", "802-11-wireless", true, true);
	others_profile(fake, true);
	nm_bed_start(bed, NM_BED_PATIENCE);
	wifi_nm_backend.forget_all(bed->nm, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_no_error(bed->refusal);
	g_assert_cmpuint(fake_nm_count(fake), ==, 2);
	g_assert_null(fake->profiles[0].object);
	g_assert_nonnull(fake->profiles[1].object);
	g_assert_nonnull(fake->profiles[2].object);
}

static void test_forget_refused(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_profile(fake, "landfall old", "802-11-wireless", true, true);
	fake->refuse_delete = "org.freedesktop.NetworkManager.Settings.PermissionDenied";
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*does not delete*not now*");
	wifi_nm_backend.forget_all(bed->nm, false);
	g_assert_true(wifi_nm_backend.is_busy(bed->nm));
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	TEST_WAIT(!wifi_nm_backend.is_busy(bed->nm));
}

static void test_forget_gone(NmBed *bed, gconstpointer data)
{
	fake_nm_profile(bed->fake, "landfall old", "802-11-wireless", true, true);
	nm_bed_start(bed, NM_BED_PATIENCE);
	wifi_nm_backend.forget_all(bed->nm, false);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
}

/* ---- scanning ---- */

static void test_scan(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	g_assert_null(fake->scan_ssid);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_ap(fake, 1, &nm_bed_hidden);
	fake_nm_ap(fake, 2, &nm_bed_three);
	g_assert_cmpuint(bed->scans, ==, 0);
	fake_nm_scanned(fake);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 2);
	g_assert_cmpmem(bed->networks[0].ssid, bed->networks[0].ssid_len, NM_BED_LAB,
			strlen(NM_BED_LAB));
	g_assert_cmpint(bed->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(bed->networks[0].channel, ==, 6);
	g_assert_cmpint(bed->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpuint(bed->networks[0].bssid[5], ==, 1);
	g_assert_cmpint(bed->networks[1].auth, ==, WIFI_AUTH_WPA3);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	nm_bed_start(bed, NM_BED_PATIENCE);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	wifi_nm_backend.look_around(bed->nm);
	TEST_WAIT(fake->scans == 1);
	nm_bed_scan(bed);
	fake_nm_scanned(fake);
	TEST_WAIT(bed->scans == 1);
	g_assert_cmpuint(bed->n_networks, ==, 1);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* NetworkManager is in the middle of a scan: the end of that one will do. */
static void test_scan_not_now(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake->refuse_scan = NOT_NOW;
	nm_bed_start(bed, NM_BED_PATIENCE);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	fake_nm_scanned(fake);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_refused(NmBed *bed, gconstpointer data)
{
	bed->fake->refuse_scan = "org.freedesktop.NetworkManager.Device.PermissionDenied";
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	nm_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(NmBed *bed, gconstpointer data)
{
	nm_bed_start(bed, NM_BED_PATIENCE);
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_vanished(NmBed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_nm_backend.port.scan(bed->nm, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	bed->fake = fake_nm_new(test_bus_address(bed->daemon));
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	TEST_WAIT(bed->readies == 2);
	nm_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	fake_nm_scanned(bed->fake);
	TEST_WAIT(bed->scans == 2);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_switches_on(NmBed *bed, gconstpointer data)
{
	bed->fake->wifi_off = true;
	nm_bed_start(bed, NM_BED_PATIENCE);
	/* Whoever walks by and connects does not: it has not proved anything yet. */
	wifi_nm_backend.look_around(bed->nm);
	TEST_WAIT(bed->fake->scans == 1);
	g_assert_true(bed->fake->wifi_off);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*");
	nm_bed_scan(bed);
	TEST_WAIT(!bed->fake->wifi_off);
	g_test_assert_expected_messages();
}

static const NmBedTest tests[] = {
	{ "/wifi-nm/device", test_device },
	{ "/wifi-nm/another-device", test_another_device },
	{ "/wifi-nm/unmanaged", test_unmanaged },
	{ "/wifi-nm/edited", test_edited },
	{ "/wifi-nm/swept", test_swept },
	{ "/wifi-nm/forget-all", test_forget_all },
	{ "/wifi-nm/forget-refused", test_forget_refused },
	{ "/wifi-nm/forget-gone", test_forget_gone },
	{ "/wifi-nm/scan/list", test_scan },
	{ "/wifi-nm/scan/ahead", test_scan_ahead },
	{ "/wifi-nm/scan/not-now", test_scan_not_now },
	{ "/wifi-nm/scan/refused", test_scan_refused },
	{ "/wifi-nm/scan/late", test_scan_late },
	{ "/wifi-nm/scan/vanished", test_scan_vanished },
	{ "/wifi-nm/scan/switches-on", test_scan_switches_on },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	nm_bed_add_tests(tests, G_N_ELEMENTS(tests));
	nm_bed_add_rows("/wifi-nm/provisioned/", provisioned_cases, G_N_ELEMENTS(provisioned_cases),
			sizeof(provisioned_cases[0]), test_provisioned);
	return g_test_run();
}
