/* SPDX-License-Identifier: MIT */
/*
 * listening - whether to subscribe, at a broker that may end a connection for that
 *
 * A cloud whose policy forbids a subscription may end the connection instead of refusing. A broker
 * of MQTT 3.1.1 ends one just the same way when another client comes with our client id, and that
 * may happen while we subscribe. Three connections in a row that ended then are taken for a
 * refusal, and nothing is subscribed to. Should such a connection without subscriptions be ended
 * soon as well, it was not they: they are made again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LISTENING_CUTS_MAX 3
#define LISTENING_SOON_US  INT64_C(60000000)

typedef enum ListeningChange {
	LISTENING_AS_BEFORE,
	LISTENING_GIVEN_UP, /* from the next connection on nothing is subscribed to */
	LISTENING_TAKEN_UP, /* again */
} ListeningChange;

typedef struct Listening {
	bool wanted; /* by the operator */
	bool on;     /* subscribe at the next connection */
	unsigned cuts;
} Listening;

/* listening_init() - at a cloud of which nothing is known yet */
void listening_init(Listening *listening, bool wanted);

/* listening_subscribed() - each subscription was granted or refused */
void listening_subscribed(Listening *listening);

/* listening_ended() - the broker has ended a connection of its own accord and without a reason
 * @subscribing: before listening_subscribed()
 * @lifetime_us: since it was accepted */
ListeningChange listening_ended(Listening *listening, bool subscribing, int64_t lifetime_us);
