/* SPDX-License-Identifier: MIT */
#include "provisioner/core/farewell.h"

void farewell_init(Farewell *farewell)
{
	*farewell = (Farewell){
		.joined_us = INT64_MAX,
		.told_us = INT64_MAX,
		.followed_us = INT64_MAX,
		.finished_us = INT64_MAX,
	};
}

/* Remember the first time of what ends the claim of whoever is there. */
static void note_read(Farewell *farewell, int64_t *at, int64_t now_us)
{
	if (*at != INT64_MAX)
		return;
	*at = now_us;
	farewell->claimed_us = 0;
}

void farewell_update(Farewell *farewell, bool joined, bool visited, bool told, int64_t now_us)
{
	if (!joined) { /* what was told was about another join */
		farewell->joined_us = INT64_MAX;
		farewell->finished_us = INT64_MAX;
	} else if (farewell->joined_us == INT64_MAX) {
		farewell->joined_us = now_us;
		if (!visited)
			farewell->claimed_us = 0;
	}
	if (joined && told)
		note_read(farewell, &farewell->told_us, now_us);
	else
		farewell->told_us = INT64_MAX;
}

/* Before the join another may bring the network. */
static void follow_anew(Farewell *farewell)
{
	if (farewell->joined_us == INT64_MAX)
		farewell->followed_us = INT64_MAX;
}

/* Since when there is the address, or a session of one who came later. */
static int64_t since_us(const Farewell *farewell)
{
	return MAX(farewell->joined_us, farewell->opened_us);
}

void farewell_enter(Farewell *farewell, int64_t now_us)
{
	follow_anew(farewell);
	if (farewell->joined_us != INT64_MAX && now_us < since_us(farewell) + FAREWELL_VISIT_US)
		farewell->claimed_us = MAX(farewell->claimed_us, now_us + FAREWELL_UNREAD_US);
}

void farewell_prove(Farewell *farewell, int64_t now_us)
{
	farewell->told_us = INT64_MAX;
	farewell->finished_us = INT64_MAX;
	farewell->opened_us = now_us;
	farewell->claimed_us = now_us + FAREWELL_VISIT_US;
}

void farewell_leave(Farewell *farewell, bool proved, int64_t now_us)
{
	follow_anew(farewell);
	if (proved)
		farewell->claimed_us = MIN(farewell->claimed_us, now_us + FAREWELL_UNREAD_US);
}

void farewell_follow(Farewell *farewell, bool finished, int64_t now_us)
{
	farewell->followed_us = now_us;
	if (farewell->joined_us == INT64_MAX) /* it is about the network before */
		return;
	if (finished)
		note_read(farewell, &farewell->finished_us, now_us);
	else
		farewell->finished_us = INT64_MAX;
}

/* Without a claim of anybody who came later. */
static int64_t first_stop_us(const Farewell *farewell, int64_t grace_us)
{
	int64_t stop_us = farewell->told_us != INT64_MAX ? farewell->told_us + grace_us
							 : farewell->joined_us + FAREWELL_UNREAD_US;

	if (farewell->finished_us != INT64_MAX)
		return farewell->finished_us + grace_us;
	if (farewell->followed_us != INT64_MAX)
		stop_us = MAX(stop_us, MIN(farewell->followed_us + FAREWELL_FOLLOW_US,
					   since_us(farewell) + FAREWELL_FOLLOW_MAX_US));
	return stop_us;
}

int64_t farewell_stop_us(const Farewell *farewell, bool peer)
{
	int64_t grace_us = peer ? FAREWELL_LINGER_US : FAREWELL_READ_US;

	if (farewell->joined_us == INT64_MAX)
		return INT64_MAX;
	return MAX(first_stop_us(farewell, grace_us), farewell->claimed_us);
}
