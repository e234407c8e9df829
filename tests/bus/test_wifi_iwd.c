/* SPDX-License-Identifier: MIT */
/* The device, its networks and scanning through an iwd that refuses, is late, or leaves. */
#include "common/error.h"
#include "tests/bus/iwd-bed.h"

#include <string.h>

/* ---- the device ---- */

static void test_device(IwdBed *bed, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	static const uint8_t permanent[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0, 0, 0x61 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_assert_cmpstr(wifi_iwd_backend.interface(bed->iwd), ==, "wlan0");
	g_assert_true(wifi_iwd_backend.mac(bed->iwd, mac));
	if (bed->namespace && memcmp(mac, expected, sizeof(mac)) != 0)
		g_assert_cmpmem(mac, sizeof(mac), permanent, sizeof(permanent));
	fake_iwd_device(bed->fake, false);
	TEST_WAIT(bed->losses == 1);
	g_assert_nonnull(strstr(wifi_iwd_backend.problem(bed->iwd), "no Wi-Fi interface"));
	fake_iwd_device(bed->fake, true);
	TEST_WAIT(bed->readies == 2);
}

static void test_access_point(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	fake_iwd_mode(bed->fake, "ap");
	TEST_WAIT(bed->losses == 1);
	g_assert_nonnull(strstr(wifi_iwd_backend.problem(bed->iwd), "station mode"));
	fake_iwd_mode(bed->fake, "station");
	TEST_WAIT(bed->readies == 2);
}

static void test_provisioned(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_know(fake, "manual", "psk", IWD_BED_PASS, false);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_assert_false(wifi_iwd_backend.is_provisioned(bed->iwd));
	fake_iwd_know(fake, "home", "psk", IWD_BED_PASS, true);
	TEST_WAIT(wifi_iwd_backend.is_provisioned(bed->iwd));
}

static void test_online(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_lease(bed);
	g_assert_false(wifi_iwd_backend.is_online(bed->iwd));
	fake_iwd_use(fake, 0);
	TEST_WAIT(wifi_iwd_backend.is_online(bed->iwd));
	fake_iwd_state(fake, "disconnected");
	TEST_WAIT(!wifi_iwd_backend.is_online(bed->iwd));
}

/* What a power cut left in iwd is forgotten, and nothing else. */
static void test_swept(IwdBed *bed, gconstpointer data)
{
	static const char text[] = "landfall-wifi-record 1\n"
				   "attempt 4c616e6466616c6c204c6162 secured fresh\n";
	FakeIwd *fake = bed->fake;

	g_assert_true(g_file_set_contents(bed->record, text, -1, NULL));
	fake_iwd_know(fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	fake_iwd_know(fake, "other", "psk", IWD_BED_PASS, true);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
	g_test_assert_expected_messages();
	g_assert_nonnull(fake_iwd_find(fake, "other"));
	TEST_WAIT(!iwd_bed_record_on_disk(bed).attempting);
}

/* What iwd keeps stays in the record for another time, and makes no device a provisioned one. */
static void test_swept_refused(IwdBed *bed, gconstpointer data)
{
	static const char text[] = "landfall-wifi-record 1\n"
				   "attempt 4c616e6466616c6c204c6162 secured fresh\n";
	FakeIwd *fake = bed->fake;

	g_assert_true(g_file_set_contents(bed->record, text, -1, NULL));
	fake_iwd_know(fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	fake->refuse_forget = "net.connman.iwd.Failed";
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*does not forget*not now*");
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	TEST_WAIT(bed->idles == 1);
	g_test_assert_expected_messages();
	g_assert_true(iwd_bed_record_on_disk(bed).attempting);
	g_assert_false(wifi_iwd_backend.is_provisioned(bed->iwd));
}

/* ... unless iwd had it before the attempt. */
static void test_swept_known(IwdBed *bed, gconstpointer data)
{
	static const char text[] = "landfall-wifi-record 1\n"
				   "attempt 4c616e6466616c6c204c6162 secured known\n";

	g_assert_true(g_file_set_contents(bed->record, text, -1, NULL));
	fake_iwd_know(bed->fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_assert_true(wifi_iwd_backend.is_provisioned(bed->iwd));
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(bed->fake->forgets, ==, 0);
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
}

/* A reset says so, once. */
static void test_damaged_record(IwdBed *bed, gconstpointer data)
{
	g_assert_true(g_file_set_contents(bed->record, "nonsense\n", -1, NULL));
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*not known any more*");
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_assert_expected_messages();
	wifi_iwd_backend.forget_all(bed->iwd, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	test_assert_has(bed->refusal->message, "iwctl known-networks list");
	g_assert_cmpuint(iwd_bed_record_on_disk(bed).n_added, ==, 0); /* it can be read */
	g_assert_false(iwd_bed_record_on_disk(bed).lost);
}

/* ... also when the record was written anew meanwhile: an attempt does that. */
static void test_damaged_and_used(IwdBed *bed, gconstpointer data)
{
	g_assert_true(g_file_set_contents(bed->record, "nonsense\n", -1, NULL));
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*not known any more*");
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_assert_expected_messages();
	bed->fake->hold = true;
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(bed->fake->state, "connecting") == 0);
	g_assert_true(iwd_bed_record_on_disk(bed).attempting);
	wifi_bed_close(&bed->shared);
	bed->readies = 0;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	wifi_iwd_backend.forget_all(bed->iwd, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
}

/* ---- scanning ---- */

static void test_scan(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_network(fake, 1, &iwd_bed_cafe);
	fake_iwd_network(fake, 2, &iwd_bed_office);
	g_assert_cmpuint(bed->scans, ==, 0);
	iwd_bed_end_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 3);
	g_assert_cmpmem(bed->networks[0].ssid, bed->networks[0].ssid_len, IWD_BED_LAB,
			strlen(IWD_BED_LAB));
	g_assert_cmpint(bed->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpint(bed->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpint(bed->networks[1].auth, ==, WIFI_AUTH_OPEN);
	g_assert_cmpint(bed->networks[2].auth, ==, WIFI_AUTH_ENTERPRISE);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_start(bed, IWD_BED_PATIENCE);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	wifi_iwd_backend.look_around(bed->iwd);
	TEST_WAIT(fake->scans == 1);
	iwd_bed_scan(bed);
	iwd_bed_end_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_cmpuint(bed->n_networks, ==, 1);
	/* And what is that fresh is not looked for again. */
	iwd_bed_scan(bed);
	TEST_WAIT(bed->scans == 2);
	g_assert_cmpuint(fake->scans, ==, 1);
	g_assert_cmpuint(fake->lists, ==, 2);
}

/* iwd refuses while it joins a network: it is asked again when it has. */
static void test_scan_busy(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake->refuse_scan = "net.connman.iwd.InProgress";
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	fake->refuse_scan = NULL;
	fake_iwd_state(fake, "connected");
	iwd_bed_wait_scan(bed, 2);
	TEST_WAIT(bed->scans == 1);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_refused(IwdBed *bed, gconstpointer data)
{
	bed->fake->refuse_scan = "net.connman.iwd.Failed";
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	iwd_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_scan(bed);
	TEST_WAIT(bed->scans == 1);
	g_assert_false(bed->scan_failed);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_vanished(IwdBed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_scan(bed);
	TEST_WAIT(bed->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	g_clear_pointer(&bed->fake, fake_iwd_free);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(bed->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_iwd_backend.port.scan(bed->iwd, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	bed->fake = fake_iwd_new(test_bus_address(bed->daemon));
	TEST_WAIT(bed->readies == 2);
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_scan(bed);
	iwd_bed_wait_scan(bed, 1);
	TEST_WAIT(bed->scans == 2);
	g_assert_cmpuint(bed->n_networks, ==, 1);
}

static void test_scan_switches_on(IwdBed *bed, gconstpointer data)
{
	bed->fake->powered_off = true;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	/* Whoever walks by and connects does not: it has not proved anything yet. */
	wifi_iwd_backend.look_around(bed->iwd);
	TEST_WAIT(bed->fake->scans == 1);
	g_assert_true(bed->fake->powered_off);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*"); /* the adapter */
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*"); /* the device */
	iwd_bed_scan(bed);
	TEST_WAIT(!bed->fake->powered_off);
	g_test_assert_expected_messages();
}

static const IwdBedTest tests[] = {
	{ "/wifi-iwd/device", test_device },
	{ "/wifi-iwd/access-point", test_access_point },
	{ "/wifi-iwd/provisioned", test_provisioned },
	{ "/wifi-iwd/online", test_online },
	{ "/wifi-iwd/swept", test_swept },
	{ "/wifi-iwd/swept-refused", test_swept_refused },
	{ "/wifi-iwd/swept-known", test_swept_known },
	{ "/wifi-iwd/damaged-record", test_damaged_record },
	{ "/wifi-iwd/damaged-and-used", test_damaged_and_used },
	{ "/wifi-iwd/scan/list", test_scan },
	{ "/wifi-iwd/scan/ahead", test_scan_ahead },
	{ "/wifi-iwd/scan/busy", test_scan_busy },
	{ "/wifi-iwd/scan/refused", test_scan_refused },
	{ "/wifi-iwd/scan/late", test_scan_late },
	{ "/wifi-iwd/scan/vanished", test_scan_vanished },
	{ "/wifi-iwd/scan/switches-on", test_scan_switches_on },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	iwd_bed_add_tests(tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
