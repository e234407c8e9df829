/* SPDX-License-Identifier: MIT */
/*
 * iwd-bed - the adapter wifi-iwd before a fake iwd, and what it has told
 *
 * Addresses are those of "wlan0", a bridge in a network namespace of the test's own.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd.h"
#include "provisioner/adapter/wifi-record.h"
#include "tests/bus/fake-iwd.h"
#include "tests/bus/wifi-bed.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define IWD_BED_PATIENCE WIFI_BED_PATIENCE
#define IWD_BED_HASTE    300 /* ms: where being late is the point */
#define IWD_BED_LAB      "Landfall Lab"
#define IWD_BED_PASS     "correct horse battery"
#define IWD_BED_WRONG    "wrong wrong"
#define IWD_BED_ADDRESS  "192.168.77.61"

extern const FakeIwdNetwork iwd_bed_lab;
extern const FakeIwdNetwork iwd_bed_three;
extern const FakeIwdNetwork iwd_bed_cafe;
extern const FakeIwdNetwork iwd_bed_office;

typedef struct IwdBed {
	WIFI_BED(iwd);
	FakeIwd *fake;
	char *folder;
	char *record;
	bool namespace; /* a network namespace of our own, with wlan0 */
} IwdBed;

/* A test and its path. */
typedef struct IwdBedTest {
	const char *path;
	void (*test)(IwdBed *bed, gconstpointer data);
} IwdBedTest;

/* iwd_bed_start() - open the adapter and wait until it is ready
 * @timeout_ms: of a join: IWD_BED_PATIENCE or IWD_BED_HASTE */
void iwd_bed_start(IwdBed *bed, unsigned int timeout_ms);

/* iwd_bed_lease() - whoever speaks DHCP gives wlan0 a fresh IWD_BED_ADDRESS */
void iwd_bed_lease(IwdBed *bed);

/* iwd_bed_lacks_namespace() - true, and the test is marked as skipped, where none is to be had */
bool iwd_bed_lacks_namespace(const IwdBed *bed);

/* iwd_bed_scan() - begin a scan, which must not be refused at once */
void iwd_bed_scan(IwdBed *bed);

/* iwd_bed_join_octets() - as iwd_bed_join(), with any @ssid of @len octets, 32 at most */
void iwd_bed_join_octets(IwdBed *bed, const void *ssid, size_t len, const char *passphrase);

/* iwd_bed_join() - begin to join, which must not be refused at once
 * @passphrase: NULL for none */
void iwd_bed_join(IwdBed *bed, const char *ssid, const char *passphrase);

/* iwd_bed_assert_failed() - wait for the first failure of a join: it is @failure,
 * and nothing was joined */
void iwd_bed_assert_failed(IwdBed *bed, WifiFailure failure);

/* iwd_bed_record_on_disk() - what would be known after a power cut now */
WifiRecord iwd_bed_record_on_disk(const IwdBed *bed);

/* iwd_bed_is_ours() - does the record on disk say that we added network @name? */
bool iwd_bed_is_ours(const IwdBed *bed, const char *name);

/* iwd_bed_record_added() - as an earlier visit of a phone left it: network @name, joined with
 * @passphrase */
void iwd_bed_record_added(const IwdBed *bed, const char *name, const char *passphrase);

/* iwd_bed_add_ours() - the same, and iwd has it */
void iwd_bed_add_ours(IwdBed *bed, const char *name, const char *passphrase);

/* iwd_bed_end_scan() - the scan is over, after it was seen to begin: changes within a turn of the
 * loop are one */
void iwd_bed_end_scan(IwdBed *bed);

/* iwd_bed_wait_scan() - wait for scan @n, which the join asks for in its time, and end it */
void iwd_bed_wait_scan(IwdBed *bed, unsigned int n);

/* iwd_bed_catch_up() - all that the fake has sent so far has reached us: what is asked for now is
 * answered behind it */
void iwd_bed_catch_up(IwdBed *bed);

/* iwd_bed_add_tests() - add @n tests, each with a bed of its own: a bus, and the fake on it */
void iwd_bed_add_tests(const IwdBedTest *tests, size_t n);

/* iwd_bed_add_rows() - add one test for each row of a table
 * @prefix: of the paths
 * @rows:   @n of @size octets, borrowed for good; the first member is the name */
void iwd_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		      void (*test)(IwdBed *bed, gconstpointer data));
