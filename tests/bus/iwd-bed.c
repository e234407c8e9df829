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

static void on_ready(void *data)
{
	IwdBed *bed = data;

	bed->readies++;
}

static void on_lost(void *data)
{
	IwdBed *bed = data;

	bed->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	IwdBed *bed = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(bed->networks));
	if (n_networks)
		memcpy(bed->networks, networks, n_networks * sizeof(*networks));
	bed->n_networks = n_networks;
	bed->scan_failed = error != NULL;
	bed->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	IwdBed *bed = data;

	bed->link = *link;
	bed->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	IwdBed *bed = data;

	bed->failure = failure;
	bed->failures++;
}

static void on_idle(void *data)
{
	IwdBed *bed = data;

	bed->idles++;
}

static void on_changed(void *data)
{
}

void iwd_bed_start(IwdBed *bed, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, bed->folder };
	g_autoptr(GError) error = NULL;

	bed->bus = bus_open(test_bus_address(bed->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	bed->iwd = wifi_iwd_backend.new(bed->bus, &settings, &events, bed);
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
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_iwd_backend.port.scan(bed->iwd, &error));
	g_assert_no_error(error);
}

void iwd_bed_join_octets(IwdBed *bed, const void *ssid, size_t len, const char *passphrase)
{
	WifiCredentials credentials = { .ssid_len = (uint8_t)len };
	g_autoptr(GError) error = NULL;

	memcpy(credentials.ssid, ssid, len);
	if (passphrase)
		credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_iwd_backend.port.join(bed->iwd, &credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials.passphrase); /* the join has its own */
}

void iwd_bed_join(IwdBed *bed, const char *ssid, const char *passphrase)
{
	iwd_bed_join_octets(bed, ssid, strlen(ssid), passphrase);
}

void iwd_bed_assert_failed(IwdBed *bed, WifiFailure failure)
{
	TEST_WAIT(bed->failures == 1);
	g_assert_cmpint(bed->failure, ==, failure);
	g_assert_cmpuint(bed->joins, ==, 0);
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

static void setup(IwdBed *bed, gconstpointer data)
{
	bed->folder = g_dir_make_tmp("landfall-iwd-XXXXXX", NULL);
	bed->record = g_build_filename(bed->folder, "wifi-iwd.record", NULL);
	bed->namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	bed->daemon = test_bus_start();
	bed->fake = fake_iwd_new(test_bus_address(bed->daemon));
	if (bed->namespace)
		g_free(test_run("ip link add wlan0 address 02:00:00:00:00:61 type bridge", NULL));
}

static void teardown(IwdBed *bed, gconstpointer data)
{
	wifi_iwd_backend.free(bed->iwd);
	bus_free(bed->bus);
	fake_iwd_free(bed->fake);
	test_bus_stop(bed->daemon);
	g_unlink(bed->record);
	g_assert_cmpint(g_rmdir(bed->folder), ==, 0);
	g_free(bed->record);
	g_free(bed->folder);
}

void iwd_bed_add_tests(const IwdBedTest *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_test_add(tests[i].path, IwdBed, NULL, setup, tests[i].test, teardown);
}

void iwd_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(IwdBed *bed, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name = *(const char *const *)(const void *)row;
		g_autofree char *path = g_strconcat(prefix, name, NULL);

		g_test_add(path, IwdBed, row, setup, test, teardown);
	}
}
