/* SPDX-License-Identifier: MIT */
#include "tests/bus/nm-bed.h"

#include <string.h>
#include <unistd.h>

const FakeAp nm_bed_lab = { NULL, NM_BED_LAB, "02:00:00:00:00:01", 1, 0, NM_BED_PSK, 2437, 80 };
const FakeAp nm_bed_three = { NULL, "Three", "02:00:00:00:00:04", 1, 0, NM_BED_SAE, 2412, 50 };
const FakeAp nm_bed_hidden = { NULL, "", "02:00:00:00:00:07", 1, 0, NM_BED_PSK, 2412, 50 };

/* In place of the real one: how often everything was flushed to disk. */
static int syncs;

void sync(void)
{
	g_atomic_int_inc(&syncs);
}

static void on_ready(void *data)
{
	NmBed *bed = data;

	bed->readies++;
}

static void on_lost(void *data)
{
	NmBed *bed = data;

	bed->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	NmBed *bed = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(bed->networks));
	if (n_networks)
		memcpy(bed->networks, networks, n_networks * sizeof(*networks));
	bed->n_networks = n_networks;
	bed->scan_failed = error != NULL;
	bed->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	NmBed *bed = data;

	g_assert_cmpint(g_atomic_int_get(&syncs), >, bed->syncs_before);
	bed->link = *link;
	bed->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	NmBed *bed = data;

	bed->failure = failure;
	bed->failures++;
}

static void on_idle(void *data)
{
	NmBed *bed = data;

	bed->idles++;
}

static void on_changed(void *data)
{
}

void nm_bed_start(NmBed *bed, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, g_get_tmp_dir() };
	g_autoptr(GError) error = NULL;

	bed->syncs_before = g_atomic_int_get(&syncs);
	bed->bus = bus_open(test_bus_address(bed->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	bed->nm = wifi_nm_backend.new(bed->bus, &settings, &events, bed);
	TEST_WAIT(bed->readies == 1);
}

void nm_bed_scan(NmBed *bed)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_nm_backend.port.scan(bed->nm, &error));
	g_assert_no_error(error);
}

void nm_bed_join(NmBed *bed, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(ssid) };
	g_autoptr(GError) error = NULL;

	memcpy(credentials.ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_nm_backend.port.join(bed->nm, &credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials.passphrase); /* the join has its own */
}

void nm_bed_assert_failed(NmBed *bed, WifiFailure failure)
{
	TEST_WAIT(bed->failures == 1);
	g_assert_cmpint(bed->failure, ==, failure);
	g_assert_cmpuint(bed->joins, ==, 0);
}

static void setup(NmBed *bed, gconstpointer data)
{
	bed->daemon = test_bus_start();
	bed->fake = fake_nm_new(test_bus_address(bed->daemon));
}

static void teardown(NmBed *bed, gconstpointer data)
{
	wifi_nm_backend.free(bed->nm);
	bus_free(bed->bus);
	fake_nm_free(bed->fake);
	test_bus_stop(bed->daemon);
}

void nm_bed_add_tests(const NmBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_test_add(tests[i].path, NmBed, NULL, setup, tests[i].test, teardown);
}

void nm_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(NmBed *bed, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name = *(const char *const *)(const void *)row;
		g_autofree char *path = g_strconcat(prefix, name, NULL);

		g_test_add(path, NmBed, row, setup, test, teardown);
	}
}
