/* SPDX-License-Identifier: MIT */
/*
 * wpa-bed - the adapter wifi-wpa before a fake wpa_supplicant, and what it has told
 *
 * Addresses are those of a bridge in a network namespace of the test's own; where none is to be had
 * all tests are skipped.
 */
#pragma once

#include "provisioner/adapter/wifi-wpa.h"
#include "tests/bus/fake-wpa.h"
#include "tests/bus/wifi-bed.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define WPA_BED_PATIENCE WIFI_BED_PATIENCE
#define WPA_BED_HASTE    200 /* ms: where being late is the point */
#define WPA_BED_LAB      "Landfall Lab"
#define WPA_BED_PASS     "correct horse battery"
#define WPA_BED_RADIO    "radio0"
#define WPA_BED_TRIAL    "-271828" /* the priority of a network that is being tried */
#define WPA_BED_LEASE    "valid_lft 1000 preferred_lft 1000 dev " WPA_BED_RADIO

extern const FakeBss wpa_bed_lab;
extern const FakeBss wpa_bed_three;
extern const FakeBss wpa_bed_hidden;
extern const FakeBss wpa_bed_gone; /* not heard for two minutes */

typedef struct WpaBed {
	WIFI_BED(wpa);
	FakeWpa *fake;
} WpaBed;

/* A test and its path below "/wifi-wpa/". */
typedef struct WpaBedTest {
	const char *path;
	void (*test)(WpaBed *bed, gconstpointer data);
} WpaBedTest;

/* wpa_bed_init() - g_test_init(), and the network namespace */
void wpa_bed_init(int *argc, char ***argv);

/* wpa_bed_watch() - as wpa_bed_start(), without waiting */
void wpa_bed_watch(WpaBed *bed, unsigned int timeout_ms);

/* wpa_bed_start() - open the adapter and wait until it is ready
 * @timeout_ms: of a join: WPA_BED_PATIENCE or WPA_BED_HASTE */
void wpa_bed_start(WpaBed *bed, unsigned int timeout_ms);

/* wpa_bed_ip() - run ip(8), which must succeed */
void wpa_bed_ip(const char *arguments);

/* wpa_bed_scan() - begin a scan, which must not be refused at once */
void wpa_bed_scan(WpaBed *bed);

/* wpa_bed_join_with() - as wpa_bed_join(); name and passphrase are put into @credentials, whose
 * passphrase is gone afterwards */
void wpa_bed_join_with(WpaBed *bed, WifiCredentials *credentials, const char *ssid,
		       const char *passphrase);

/* wpa_bed_join() - begin to join, which must not be refused at once
 * @passphrase: NULL for none */
void wpa_bed_join(WpaBed *bed, const char *ssid, const char *passphrase);

/* wpa_bed_assert_failed() - wait for the first failure of a join: it is @failure,
 * and nothing was joined */
void wpa_bed_assert_failed(WpaBed *bed, WifiFailure failure);

/* wpa_bed_wait_selected() - wait until wpa_supplicant was told @n times which network to use */
void wpa_bed_wait_selected(WpaBed *bed, unsigned int n);

/* wpa_bed_complete() - through all states to the point where an address is due */
void wpa_bed_complete(WpaBed *bed);

/* wpa_bed_succeed() - the same, and whoever speaks DHCP gives the interface 192.168.77.61:
 * joined */
void wpa_bed_succeed(WpaBed *bed);

/* wpa_bed_add_tests() - add @n tests, each with a bed of its own: a bus, and the fake on it */
void wpa_bed_add_tests(const WpaBedTest *tests, size_t n);

/* wpa_bed_add_rows() - add one test for each row of a table
 * @prefix: of the paths, below "/wifi-wpa/"
 * @rows:   @n of @size octets, borrowed for good; the first member is the name */
void wpa_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(WpaBed *bed, gconstpointer data));
