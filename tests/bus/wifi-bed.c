/* SPDX-License-Identifier: MIT */
#include "tests/bus/wifi-bed.h"

#include "common/error.h"

#include <string.h>
#include <unistd.h>

/* In place of the real one: how often everything was flushed to disk, and whether the
 * disk is slow. */
static int syncs;
static int disk_is_slow;

void sync(void)
{
	while (g_atomic_int_get(&disk_is_slow))
		g_usleep(1000);
	g_atomic_int_inc(&syncs);
}

void wifi_bed_slow_disk(bool slow)
{
	g_atomic_int_set(&disk_is_slow, slow);
}

/* ---- what the adapter tells ---- */

static void on_ready(void *data)
{
	WifiBed *bed = data;

	bed->readies++;
}

static void on_lost(void *data)
{
	WifiBed *bed = data;

	bed->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	WifiBed *bed = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(bed->networks));
	if (n_networks)
		memcpy(bed->networks, networks, n_networks * sizeof(*networks));
	bed->n_networks = n_networks;
	bed->scan_failed = error != NULL;
	bed->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	WifiBed *bed = data;

	g_assert_cmpint(g_atomic_int_get(&syncs), >, bed->syncs_before);
	bed->link = *link;
	bed->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	WifiBed *bed = data;

	bed->failure = failure;
	bed->failures++;
}

static void on_idle(void *data)
{
	WifiBed *bed = data;

	bed->idles++;
}

static void on_changed(void *data)
{
}

static void on_forgotten(const GError *error, void *data)
{
	WifiBed *bed = data;

	g_assert_true(error || g_atomic_int_get(&syncs) > bed->syncs_before);
	/* What a manager that has gone had, it would seem to have lost. */
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI))
		g_assert_false(bed->backend->is_ready(bed->wifi));
	g_clear_error(&bed->refusal);
	bed->refusal = error ? g_error_copy(error) : NULL;
	bed->resets++;
}

void wifi_bed_open(WifiBed *bed, const WifiBackend *backend, unsigned int timeout_ms,
		   const char *state_dir)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed, on_forgotten };
	const WifiSettings settings = { "auto", timeout_ms, state_dir };
	g_autoptr(GError) error = NULL;

	bed->syncs_before = g_atomic_int_get(&syncs);
	bed->bus = bus_open(test_bus_address(bed->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	bed->backend = backend;
	bed->wifi = backend->new (bed->bus, &settings, &events, bed);
}

void wifi_bed_close(WifiBed *bed)
{
	if (bed->wifi)
		bed->backend->free(bed->wifi);
	bus_free(bed->bus);
	g_clear_error(&bed->refusal);
}

/* ---- what it is asked ---- */

void wifi_bed_scan(WifiBed *bed)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(bed->backend->port.scan(bed->wifi, &error));
	g_assert_no_error(error);
}

void wifi_bed_join(WifiBed *bed, WifiCredentials *credentials, const void *ssid, size_t len,
		   const char *passphrase)
{
	g_autoptr(GError) error = NULL;

	credentials->ssid_len = (uint8_t)len;
	memcpy(credentials->ssid, ssid, len);
	if (passphrase)
		credentials->passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(bed->backend->port.join(bed->wifi, credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials->passphrase); /* the join has its own */
}

void wifi_bed_assert_failed(WifiBed *bed, WifiFailure failure)
{
	TEST_WAIT(bed->failures == 1);
	g_assert_cmpint(bed->failure, ==, failure);
	g_assert_cmpuint(bed->joins, ==, 0);
}

/* ---- tests ---- */

void wifi_bed_add(const WifiBedKind *kind, const char *path, gconstpointer data,
		  GTestFixtureFunc test)
{
	g_autofree char *whole = g_strconcat(kind->prefix, path, NULL);

	g_test_add_vtable(whole, kind->size, data, kind->setup, test, kind->teardown);
}

void wifi_bed_add_rows(const WifiBedKind *kind, const char *prefix, const void *rows, size_t n,
		       size_t size, GTestFixtureFunc test)
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		g_autofree char *path =
			g_strconcat(prefix, *(const char *const *)(const void *)row, NULL);

		wifi_bed_add(kind, path, row, test);
	}
}
