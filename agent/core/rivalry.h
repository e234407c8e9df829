/* SPDX-License-Identifier: MIT */
/*
 * rivalry - whether another client uses our client id
 *
 * A broker has one connection for each client id: it ends the first when a second one comes. MQTT 5
 * says so (0x8e). MQTT 3.1.1 just closes; there it is guessed from connections that were accepted
 * and then ended by the broker within a minute, several times in a row. Two clients that both come
 * back at once would throw each other out for ever, so whoever learns of a rival waits longer each
 * time, until a connection has lasted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RIVALRY_LASTING_US INT64_C(60000000) /* a connection that lives so long has no rival */
#define RIVALRY_STREAK     4                 /* short ones in a row that make a guess */

typedef struct Rivalry {
	unsigned streak;
	bool told; /* by the broker itself */
} Rivalry;

/* rivalry_ended() - the broker has closed a connection that it had accepted
 * @lifetime_us: since it was accepted
 * @taken_over: the broker said that another client came */
void rivalry_ended(Rivalry *rivalry, int64_t lifetime_us, bool taken_over);

/* rivalry_lasted() - the connection stands and has done so for @lifetime_us */
void rivalry_lasted(Rivalry *rivalry, int64_t lifetime_us);

/* rivalry_suspected() - there is another, or seems to be */
bool rivalry_suspected(const Rivalry *rivalry);
