/* SPDX-License-Identifier: MIT */
#include "tests/bus/iwd-bed.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

const FakeIwdNetwork iwd_bed_lab = {
	.name = IWD_BED_LAB, .type = "psk", .passphrase = IWD_BED_PASS, .signal = -5200
};
const FakeIwdNetwork iwd_bed_three = {
	.name = "Three", .type = "psk", .passphrase = IWD_BED_PASS, .signal = -6000, .sae = true
};
const FakeIwdNetwork iwd_bed_cafe = { .name = "Caf\303\251", .type = "open", .signal = -7000 };
const FakeIwdNetwork iwd_bed_office = { .name = "Office", .type = "8021x", .signal = -7000 };

void iwd_bed_start(IwdBed *bed, unsigned int timeout_ms)
{
	wifi_bed_open(&bed->shared, &wifi_iwd_backend, timeout_ms, bed->folder);
	TEST_WAIT(bed->readies == 1);
}

void iwd_bed_lease(IwdBed *bed)
{
	g_free(test_run("ip addr flush dev wlan0; "
			"ip addr add " IWD_BED_ADDRESS
			"/24 valid_lft 600 preferred_lft 600 dev wlan0",
			NULL));
}

bool iwd_bed_lacks_namespace(const IwdBed *bed)
{
	if (!bed->namespace)
		g_test_skip("no network namespace to be had");
	return !bed->namespace;
}

void iwd_bed_scan(IwdBed *bed)
{
	wifi_bed_scan(&bed->shared);
}

void iwd_bed_join_octets(IwdBed *bed, const void *ssid, size_t len, const char *passphrase)
{
	WifiCredentials credentials = { 0 };

	wifi_bed_join(&bed->shared, &credentials, ssid, len, passphrase);
}

void iwd_bed_join(IwdBed *bed, const char *ssid, const char *passphrase)
{
	iwd_bed_join_octets(bed, ssid, strlen(ssid), passphrase);
}

void iwd_bed_assert_failed(IwdBed *bed, WifiFailure failure)
{
	wifi_bed_assert_failed(&bed->shared, failure);
}

WifiRecord iwd_bed_record_on_disk(const IwdBed *bed)
{
	WifiRecord record;
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_record_load(&record, bed->record, &error));
	g_assert_no_error(error);
	return record;
}

bool iwd_bed_is_ours(const IwdBed *bed, const char *name)
{
	WifiRecord record = iwd_bed_record_on_disk(bed);

	return wifi_record_find(&record, (const uint8_t *)name, strlen(name), true) ||
	       wifi_record_find(&record, (const uint8_t *)name, strlen(name), false);
}

void iwd_bed_record_added(const IwdBed *bed, const char *name, const char *passphrase)
{
	WifiRecord record = { 0 };
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(name) };

	memcpy(credentials.ssid, name, strlen(name));
	credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	wifi_record_begin(&record, &credentials, false);
	g_assert_true(wifi_record_commit(&record, &credentials));
	g_assert_true(wifi_record_save(&record, bed->record, NULL));
	secret_free(credentials.passphrase);
}

void iwd_bed_add_ours(IwdBed *bed, const char *name, const char *passphrase)
{
	iwd_bed_record_added(bed, name, passphrase);
	fake_iwd_know(bed->fake, name, "psk", passphrase, true);
}

void iwd_bed_end_scan(IwdBed *bed)
{
	test_turn();
	test_turn();
	fake_iwd_scanning(bed->fake, false);
}

void iwd_bed_wait_scan(IwdBed *bed, unsigned int n)
{
	TEST_WAIT(bed->fake->scans == n);
	iwd_bed_end_scan(bed);
}

void iwd_bed_catch_up(IwdBed *bed)
{
	unsigned int scans = bed->scans;

	iwd_bed_scan(bed);
	TEST_WAIT(bed->fake->scanning || bed->scans > scans);
	if (bed->fake->scanning)
		iwd_bed_end_scan(bed);
	TEST_WAIT(bed->scans > scans);
}

static void setup(void *fixture, gconstpointer data)
{
	IwdBed *bed = fixture;

	bed->folder = g_dir_make_tmp("landfall-iwd-XXXXXX", NULL);
	bed->record = g_build_filename(bed->folder, "wifi-iwd.record", NULL);
	bed->namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	bed->daemon = test_bus_start();
	bed->fake = fake_iwd_new(test_bus_address(bed->daemon));
	if (bed->namespace)
		g_free(test_run("ip link add wlan0 address 02:00:00:00:00:61 type bridge", NULL));
}

static void teardown(void *fixture, gconstpointer data)
{
	IwdBed *bed = fixture;

	wifi_bed_close(&bed->shared);
	fake_iwd_free(bed->fake);
	test_bus_stop(bed->daemon);
	g_unlink(bed->record);
	g_assert_cmpint(g_rmdir(bed->folder), ==, 0);
	g_free(bed->record);
	g_free(bed->folder);
}

static const WifiBedKind kind = { sizeof(IwdBed), "", setup, teardown };

void iwd_bed_add_tests(const IwdBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wifi_bed_add(&kind, tests[i].path, NULL, (GTestFixtureFunc)tests[i].test);
}

void iwd_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(IwdBed *bed, gconstpointer data))
{
	wifi_bed_add_rows(&kind, prefix, rows, n, size, (GTestFixtureFunc)test);
}
