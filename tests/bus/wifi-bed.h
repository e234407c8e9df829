/* SPDX-License-Identifier: MIT */
/*
 * wifi-bed - what the beds of all managers of Wi-Fi share: the adapter, what it has told, the tests
 *
 * A bed of its own kind begins with WIFI_BED(), so it has these members itself and is a WifiBed by
 * its member `shared`:
 *
 *   typedef struct NmBed {
 *           WIFI_BED(nm);
 *           FakeNm *fake;
 *   } NmBed;
 *
 * sync() is replaced: a join may be told only when everything was flushed to disk since the start.
 */
#pragma once

#include "provisioner/adapter/wifi-backend.h"
#include "tests/bus/bus-fixture.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define WIFI_BED_PATIENCE 600000 /* ms: no attempt is late by itself */

/* @adapter: what the instance of the back end is called */
#define WIFI_BED_MEMBERS(adapter)                                                                  \
	TestBus *daemon;                                                                           \
	Bus *bus;                                                                                  \
	const WifiBackend *backend;                                                                \
	void *adapter;                                                                             \
	unsigned int readies;                                                                      \
	unsigned int losses;                                                                       \
	unsigned int idles;                                                                        \
	unsigned int scans; /* reported */                                                         \
	WifiNetwork networks[16];                                                                  \
	size_t n_networks;                                                                         \
	bool scan_failed;                                                                          \
	unsigned int joins;                                                                        \
	WifiLink link;                                                                             \
	unsigned int failures;                                                                     \
	WifiFailure failure;                                                                       \
	int syncs_before;    /* the join */                                                        \
	unsigned int resets; /* that are over */                                                   \
	GError *refusal;     /* of the last one, NULL: none */

typedef struct WifiBed {
	WIFI_BED_MEMBERS(wifi)
} WifiBed;

#define WIFI_BED(adapter)                                                                          \
	union {                                                                                    \
		WifiBed shared;                                                                    \
		struct {                                                                           \
			WIFI_BED_MEMBERS(adapter)                                                  \
		};                                                                                 \
	}

/* How beds of a kind are made for a test, and unmade. */
typedef struct WifiBedKind {
	size_t size;
	const char *prefix; /* of the paths of all tests */
	GTestFixtureFunc setup;
	GTestFixtureFunc teardown;
} WifiBedKind;

/* wifi_bed_open() - connect to the bus of the bed and open the adapter, without waiting
 * @timeout_ms: of a join
 * @state_dir:  for what must outlive a restart */
void wifi_bed_open(WifiBed *bed, const WifiBackend *backend, unsigned int timeout_ms,
		   const char *state_dir);

/* wifi_bed_close() - free the adapter and the connection */
void wifi_bed_close(WifiBed *bed);

/* wifi_bed_slow_disk() - let sync() wait, or end its waiting */
void wifi_bed_slow_disk(bool slow);

/* wifi_bed_scan() - begin a scan, which must not be refused at once */
void wifi_bed_scan(WifiBed *bed);

/* wifi_bed_join() - begin to join, which must not be refused at once
 * @credentials: name and passphrase are put in; the passphrase is gone afterwards
 * @ssid:        @len octets, 32 at most
 * @passphrase:  NULL for none */
void wifi_bed_join(WifiBed *bed, WifiCredentials *credentials, const void *ssid, size_t len,
		   const char *passphrase);

/* wifi_bed_assert_failed() - wait for the first failure of a join: it is @failure, and nothing was
 * joined */
void wifi_bed_assert_failed(WifiBed *bed, WifiFailure failure);

/* wifi_bed_add() - add a test with a bed of its own
 * @path: after the prefix of the kind
 * @data: for the test, borrowed for good; may be NULL */
void wifi_bed_add(const WifiBedKind *kind, const char *path, gconstpointer data,
		  GTestFixtureFunc test);

/* wifi_bed_add_rows() - add one test for each row of a table
 * @prefix: of the paths, after the prefix of the kind
 * @rows:   @n of @size octets, borrowed for good; the first member is the name */
void wifi_bed_add_rows(const WifiBedKind *kind, const char *prefix, const void *rows, size_t n,
		       size_t size, GTestFixtureFunc test);
