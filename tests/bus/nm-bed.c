/* SPDX-License-Identifier: MIT */
#include "tests/bus/nm-bed.h"

#include <string.h>

const FakeAp nm_bed_lab = { NULL, NM_BED_LAB, "02:00:00:00:00:01", 1, 0, NM_BED_PSK, 2437, 80 };
const FakeAp nm_bed_three = { NULL, "Three", "02:00:00:00:00:04", 1, 0, NM_BED_SAE, 2412, 50 };
const FakeAp nm_bed_hidden = { NULL, "", "02:00:00:00:00:07", 1, 0, NM_BED_PSK, 2412, 50 };

void nm_bed_start(NmBed *bed, unsigned int timeout_ms)
{
	wifi_bed_open(&bed->shared, &wifi_nm_backend, timeout_ms, g_get_tmp_dir());
	TEST_WAIT(bed->readies == 1);
}

void nm_bed_scan(NmBed *bed)
{
	wifi_bed_scan(&bed->shared);
}

void nm_bed_join(NmBed *bed, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { 0 };

	wifi_bed_join(&bed->shared, &credentials, ssid, strlen(ssid), passphrase);
}

void nm_bed_assert_failed(NmBed *bed, WifiFailure failure)
{
	wifi_bed_assert_failed(&bed->shared, failure);
}

static void setup(void *fixture, gconstpointer data)
{
	NmBed *bed = fixture;

	bed->daemon = test_bus_start();
	bed->fake = fake_nm_new(test_bus_address(bed->daemon));
}

static void teardown(void *fixture, gconstpointer data)
{
	NmBed *bed = fixture;

	wifi_bed_close(&bed->shared);
	fake_nm_free(bed->fake);
	test_bus_stop(bed->daemon);
}

static const WifiBedKind kind = { sizeof(NmBed), "", setup, teardown };

void nm_bed_add_tests(const NmBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wifi_bed_add(&kind, tests[i].path, NULL, (GTestFixtureFunc)tests[i].test);
}

void nm_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(NmBed *bed, gconstpointer data))
{
	wifi_bed_add_rows(&kind, prefix, rows, n, size, (GTestFixtureFunc)test);
}
