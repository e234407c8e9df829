/* SPDX-License-Identifier: MIT */
/*
 * store-wait - the moments of common/renewal-wait over restarts and power cuts
 *
 *     PATH/renewal.wait      until when the server wants to be left alone
 *     PATH/renewal.next      when the agent tries next by itself
 *     PATH/enrolment.next    when it asks the cloud next to enrol the device
 *     PATH/enrolment.trial   when it does so although it is enrolled: the outcome has not proved
 *                            itself
 *
 * Each is one line, 0600, fields separated by a blank, each number in decimal:
 *
 *     from until         of the moment, Unix seconds
 *     failures           in a row before it; 0 where nobody counts
 *     not_before         of the certificate that is to be renewed, or enrolled with
 *     not_after
 *     whom               SHA-256 of what is asked, 64 hexadecimal digits
 *
 * Each file has one writer, the EST client or the agent, which replaces it whole. A moment is of
 * one certificate and whoever renews or enrols it: for any other, and when the file holds anything
 * else, is none, or is no file, there is none. So nothing here has to be mended or taken away; it
 * only ever costs the wait.
 */
#pragma once

#include "common/renewal-wait.h"
#include "common/store.h"

#include <glib.h>

/* store_wait_clock_s() - seconds since 1970; 0: the clock is certainly wrong (STORE_CLOCK_FLOOR) */
int64_t store_wait_clock_s(void);

typedef enum StoreWaitKind {
	STORE_WAIT_SERVER,    /* renewal.wait */
	STORE_WAIT_NEXT,      /* renewal.next */
	STORE_WAIT_ENROLMENT, /* enrolment.next */
	STORE_WAIT_TRIAL,     /* enrolment.trial */
} StoreWaitKind;

/* What is waited with; borrowed */
typedef struct StoreWaitSubject {
	const char *whom;     /* URL of the server, or what is run; NULL: nobody */
	int64_t not_before_s; /* of the certificate in use */
	int64_t not_after_s;
} StoreWaitSubject;

/* store_wait_read() - what is noted for @subject; all zero when there is nothing. Whether it holds
 * is for renewal_wait_holds() to say */
RenewalWait store_wait_read(Store *store, StoreWaitKind kind, const StoreWaitSubject *subject);

/* store_wait_write() - note @wait, on disk when this returns; none: forget what is noted. Creates
 * no store.
 * Errors: LANDFALL_ERROR_STORE_ABSENT, UNAVAILABLE (locked), FULL, DENIED, FAILED; what was noted
 * before is still there then */
bool store_wait_write(Store *store, StoreWaitKind kind, const StoreWaitSubject *subject,
		      const RenewalWait *wait, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_wait_until() - until when the server of @subject wants to be left alone, Unix seconds; 0:
 * it does not */
int64_t store_wait_until(Store *store, const StoreWaitSubject *subject);
