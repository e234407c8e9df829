/* SPDX-License-Identifier: MIT */
/*
 * farewell - when a service that got the device onto its network has served
 *
 *   what the phone does after there is an address           the service is done
 *   reads Connected and hangs up                            at once, but not before READ
 *   reads Connected and stays                               LINGER after the first answer
 *   never reads it                                          UNREAD after the address
 *   goes on with landfall-store or landfall-status          FOLLOW after its last request, also
 *                                                           when it hangs up in between; never
 *                                                           more than FOLLOW_MAX after the address,
 *                                                           or after it opened its session
 *   has read that the first telemetry is acknowledged       as after Connected, unless it goes on
 *   comes back, or another comes, and opens a session       as above, once it has read one of these
 *   after the join was asked for                            in it; else VISIT after it opened that
 *   comes, and has not opened a session yet                 UNREAD after it came. Who comes more
 *                                                           than VISIT after the address and the
 *                                                           last session that was opened is not
 *                                                           waited for
 *   leaves with its session open, without having read       UNREAD after that at most
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAREWELL_READ_US       (1 * G_USEC_PER_SEC)
#define FAREWELL_LINGER_US     (10 * G_USEC_PER_SEC)
#define FAREWELL_UNREAD_US     (30 * G_USEC_PER_SEC)
#define FAREWELL_FOLLOW_US     (30 * G_USEC_PER_SEC)
#define FAREWELL_FOLLOW_MAX_US (300 * G_USEC_PER_SEC)
#define FAREWELL_VISIT_US      (300 * G_USEC_PER_SEC) /* to choose a network and type its key */

/* Plain value; farewell_init() first. */
typedef struct Farewell {
	int64_t joined_us;   /* there is an address; this and the next three: INT64_MAX: not yet */
	int64_t told_us;     /* Connected was read */
	int64_t followed_us; /* last request of the two endpoints of ours, by the phone that got it
			      * there or one after that */
	int64_t finished_us; /* "first telemetry acknowledged" was read */
	int64_t opened_us;   /* the last session was opened; 0: none was */
	int64_t claimed_us;  /* until then the service is kept for a phone that came; 0: for none */
} Farewell;

/* farewell_init() - nothing has happened */
void farewell_init(Farewell *farewell);

/* farewell_update() - how the join stands
 * @visited: a session was opened since it was asked for
 * @told: Connected was read since the session was opened */
void farewell_update(Farewell *farewell, bool joined, bool visited, bool told, int64_t now_us);

/* farewell_enter() - a phone is there that was not */
void farewell_enter(Farewell *farewell, int64_t now_us);

/* farewell_prove() - it has opened a session: what another was told is not what it knows */
void farewell_prove(Farewell *farewell, int64_t now_us);

/* farewell_leave() - it is gone
 * @proved: its session was open; what another may still expect, one without does not take */
void farewell_leave(Farewell *farewell, bool proved, int64_t now_us);

/* farewell_follow() - it has asked one of the two endpoints of ours
 * @finished: it was told that the first telemetry is acknowledged */
void farewell_follow(Farewell *farewell, bool finished, int64_t now_us);

/* farewell_stop_us() - when the service ends; INT64_MAX: not in sight
 * @peer: a phone is connected */
int64_t farewell_stop_us(const Farewell *farewell, bool peer);
