/* SPDX-License-Identifier: MIT */
/*
 * renewal-wait - a moment before which no new certificate, or no enrolment, is to be asked for
 *
 * A server says so with Retry-After, and nobody has to believe all of it: one that says ten years
 * must not cost a device its identity. What is waited is at most
 *
 *   a quarter of what is left of the certificate   so that there is always another attempt
 *   7 days
 *   a day, when nothing is left
 *
 * but a minute in any case. A moment holds from when it was noted on: a clock that shows less
 * than that was set back, or was wrong then, and nobody knows by how much.
 *
 * Pure: all moments are Unix seconds, the present is an argument.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RENEWAL_WAIT_MAX_S INT64_C(604800)

/* What every sentence about it has in common; the moment follows */
#define RENEWAL_WAIT_WORDS "the server asked to wait until "

/* All zero: none */
typedef struct RenewalWait {
	int64_t from_s;    /* when it was noted */
	int64_t until_s;   /* later than that by RENEWAL_WAIT_MAX_S at most */
	uint32_t failures; /* in a row, that made it so long; of an enrolment, else 0 */
} RenewalWait;

/* renewal_wait_begin() - from now on
 * @wanted_s:    how long, of any value
 * @not_after_s: end of the certificate that is to be renewed
 * @now_s:       seconds since 1970
 * Returns what is waited; none when nothing is wanted */
RenewalWait renewal_wait_begin(int64_t wanted_s, int64_t not_after_s, int64_t now_s);

/* renewal_wait_holds() - whether it is to be waited for still
 * @now_s: 0: the clock is not plausible, and nothing holds */
bool renewal_wait_holds(const RenewalWait *wait, int64_t now_s);

/* renewal_wait_left_s() - how much of it is left to wait after a restart
 * @now_s:     0: the clock is not plausible
 * @unknown_s: what is waited when nobody knows how much is left: when the clock shows less than it
 *   did when @wait was noted, or nothing at all
 * Returns seconds; 0: nothing */
int64_t renewal_wait_left_s(const RenewalWait *wait, int64_t now_s, int64_t unknown_s);

/* renewal_wait_moment() - "2026-10-21 07:28:00 UTC"; to be freed with g_free() */
char *renewal_wait_moment(int64_t moment_s);

/* renewal_wait_describe() - RENEWAL_WAIT_WORDS and the moment in UTC; to be freed with g_free() */
char *renewal_wait_describe(int64_t until_s);
