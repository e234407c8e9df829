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
 *                                                           more than FOLLOW_MAX after the address
 *   has read that the first telemetry is acknowledged       as after Connected, unless it goes on
 *   comes back, or another comes                            as above, once it has read one of these
 *                                                           in its session; else VISIT after it
 *                                                           opened that
 *   comes, and has not opened a session yet                 UNREAD after it came; never more than
 *                                                           FOLLOW_MAX after the address
 *   drops, and is waited for                                when the wait is over
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
	int64_t joined_us;   /* there is an address; all but the last: INT64_MAX: not yet */
	int64_t told_us;     /* Connected was read */
	int64_t followed_us; /* last request of the two endpoints of ours, by the phone that got it
			      * there or one after that */
	int64_t finished_us; /* "first telemetry acknowledged" was read */
	int64_t claimed_us;  /* until then the service belongs to a phone that came, or is waited
			      * for; 0: to none */
} Farewell;

/* farewell_init() - nothing has happened */
void farewell_init(Farewell *farewell);

/* farewell_update() - how the join stands
 * @told: Connected was read since the session was opened */
void farewell_update(Farewell *farewell, bool joined, bool told, int64_t now_us);

/* farewell_enter() - a phone is there that was not */
void farewell_enter(Farewell *farewell, int64_t now_us);

/* farewell_prove() - it has opened a session: what another was told is not what it knows */
void farewell_prove(Farewell *farewell, int64_t now_us);

/* farewell_leave() - it is gone
 * @awaited_us: until when it is waited for; 0: it is not */
void farewell_leave(Farewell *farewell, int64_t awaited_us);

/* farewell_follow() - it has asked one of the two endpoints of ours
 * @finished: it was told that the first telemetry is acknowledged */
void farewell_follow(Farewell *farewell, bool finished, int64_t now_us);

/* farewell_stop_us() - when the service ends; INT64_MAX: not in sight
 * @peer: a phone is connected */
int64_t farewell_stop_us(const Farewell *farewell, bool peer);
