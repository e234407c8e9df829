/* SPDX-License-Identifier: MIT */
/*
 * prov-scan - look for networks and page through them (protocomm.md 9)
 *
 *   start    blocking: answered when the scan is over; else at once
 *   status   answered when no scan is running, hence always "finished"
 *   result   a page of the list
 *
 * The list changes only when a scan ends that somebody started; between two scans it is frozen,
 * strongest network first, one entry per SSID, none that hides its name. A scan that finds nothing
 * or fails is repeated once. PROV_SCAN_BOUND_US after the start the wait is over, whatever came of
 * it. Phones hold out for 30 s, but bluetoothd for less: twice five seconds, see
 * adapter/gatt-app.c.
 */
#pragma once

#include "provisioner/core/prov-error.h"
#include "provisioner/core/wifi-port.h"

#define PROV_SCAN_ENTRIES  32
#define PROV_SCAN_BOUND_US (7500 * G_TIME_SPAN_MILLISECOND) /* back ends report within 7 s */
#define PROV_SCAN_PAUSE_US (500 * G_TIME_SPAN_MILLISECOND)  /* before a scan is repeated */
#define PROV_SCAN_LEAST_US (1 * G_USEC_PER_SEC) /* what a repeated scan must have left */

typedef struct ProvScan ProvScan;

/* prov_scan_new() - an empty list
 * @wifi, @wifi_data: borrowed for its life */
ProvScan *prov_scan_new(const WifiPort *wifi, void *wifi_data);

/* prov_scan_free() - NULL is fine; a scan of the back end is not cancelled */
void prov_scan_free(ProvScan *scan);

/* prov_scan_handle() - one request
 * @data: the clear request, borrowed
 * @joining: a join is at work: nothing is started, the list as it is must do
 * @out: appended to when answered
 * Errors: PROV_ERROR_VALUE (not decodable, no such command, page out of bounds) */
ProvAnswer prov_scan_handle(ProvScan *scan, const Secret *in, bool joining, int64_t now_us,
			    GByteArray *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* prov_scan_on_result() - the back end's scan is over
 * @networks: borrowed; NULL with @error set when it failed */
void prov_scan_on_result(ProvScan *scan, const WifiNetwork *networks, size_t n_networks,
			 const GError *error, int64_t now_us);

/* prov_scan_take_reply() - the deferred reply, once
 * @out: appended to
 * Returns PROV_ANSWER_DEFERRED while it is not due or nobody waits for one */
ProvAnswer prov_scan_take_reply(ProvScan *scan, GByteArray *out,
				GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* prov_scan_abandon() - nobody waits any more; the scan itself goes on */
void prov_scan_abandon(ProvScan *scan);

/* prov_scan_cancelled() - the back end was told to give up; nothing will be reported */
void prov_scan_cancelled(ProvScan *scan);

/* prov_scan_is_running() - the back end is at work */
bool prov_scan_is_running(const ProvScan *scan);

/* prov_scan_find() - the network of that name in the last list, borrowed; NULL: not seen */
const WifiNetwork *prov_scan_find(const ProvScan *scan, const uint8_t *ssid, size_t ssid_len);

/* prov_scan_deadline_us() - when prov_scan_expire() wants to be called; INT64_MAX: never */
int64_t prov_scan_deadline_us(const ProvScan *scan);

/* prov_scan_expire() - time has passed; a scan out of time is cancelled, but not when @joining,
 * because the port cancels a join with it */
void prov_scan_expire(ProvScan *scan, bool joining, int64_t now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProvScan, prov_scan_free)
