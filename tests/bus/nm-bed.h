/* SPDX-License-Identifier: MIT */
/*
 * nm-bed - the adapter wifi-nm before a fake NetworkManager, and what it has told
 */
#pragma once

#include "provisioner/adapter/wifi-nm.h"
#include "tests/bus/fake-nm.h"
#include "tests/bus/wifi-bed.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define NM_BED_PSK      0x188u
#define NM_BED_SAE      0x488u
#define NM_BED_PATIENCE WIFI_BED_PATIENCE
#define NM_BED_HASTE    200 /* ms: where being late is the point */
#define NM_BED_LAB      "Landfall Lab"
#define NM_BED_PASS     "correct horse battery"

extern const FakeAp nm_bed_lab;
extern const FakeAp nm_bed_three;
extern const FakeAp nm_bed_hidden;

typedef struct NmBed {
	WIFI_BED(nm);
	FakeNm *fake;
} NmBed;

/* A test and its path. */
typedef struct NmBedTest {
	const char *path;
	void (*test)(NmBed *bed, gconstpointer data);
} NmBedTest;

/* nm_bed_start() - open the adapter and wait until it is ready
 * @timeout_ms: of a join: NM_BED_PATIENCE or NM_BED_HASTE */
void nm_bed_start(NmBed *bed, unsigned int timeout_ms);

/* nm_bed_scan() - begin a scan, which must not be refused at once */
void nm_bed_scan(NmBed *bed);

/* nm_bed_join() - begin to join, which must not be refused at once
 * @passphrase: NULL for none */
void nm_bed_join(NmBed *bed, const char *ssid, const char *passphrase);

/* nm_bed_assert_failed() - wait for the first failure of a join: it is @failure,
 * and nothing was joined */
void nm_bed_assert_failed(NmBed *bed, WifiFailure failure);

/* nm_bed_add_tests() - add @n tests, each with a bed of its own: a bus, and the fake on it */
void nm_bed_add_tests(const NmBedTest *tests, size_t n);

/* nm_bed_add_rows() - add one test for each row of a table
 * @prefix: of the paths
 * @rows:   @n of @size octets, borrowed for good; the first member is the name */
void nm_bed_add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(NmBed *bed, gconstpointer data));
