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
 *   has read that the first telemetry is acknowledged       as after Connected
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

/* Plain value; farewell_init() first. */
typedef struct Farewell {
	int64_t joined_us;   /* there is an address; all: INT64_MAX: not yet */
	int64_t told_us;     /* Connected was read */
	int64_t followed_us; /* last request of the two endpoints of ours, by the phone that got it
			      * there or one after that */
	int64_t finished_us; /* "first telemetry acknowledged" was read */
} Farewell;

/* farewell_init() - nothing has happened */
void farewell_init(Farewell *farewell);

/* farewell_note() - remember @now_us as the first time of an event, or drop it
 * @at: a member of a Farewell
 * @happened: whether it holds now */
void farewell_note(int64_t *at, bool happened, int64_t now_us);

/* farewell_stop_us() - when the service ends; INT64_MAX: not in sight
 * @peer: a phone is connected */
int64_t farewell_stop_us(const Farewell *farewell, bool peer);
