/* SPDX-License-Identifier: MIT */
#include "provisioner/core/farewell.h"

void farewell_init(Farewell *farewell)
{
	*farewell = (Farewell){ INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX };
}

void farewell_note(int64_t *at, bool happened, int64_t now_us)
{
	if (!happened)
		*at = INT64_MAX;
	else if (*at == INT64_MAX)
		*at = now_us;
}

int64_t farewell_stop_us(const Farewell *farewell, bool peer)
{
	int64_t grace_us = peer ? FAREWELL_LINGER_US : FAREWELL_READ_US;
	int64_t stop_us = INT64_MAX;

	if (farewell->joined_us == INT64_MAX)
		return INT64_MAX;
	if (farewell->finished_us != INT64_MAX)
		return farewell->finished_us + grace_us;
	stop_us = farewell->told_us != INT64_MAX ? farewell->told_us + grace_us
						 : farewell->joined_us + FAREWELL_UNREAD_US;
	if (farewell->followed_us != INT64_MAX)
		stop_us = MAX(stop_us, MIN(farewell->followed_us + FAREWELL_FOLLOW_US,
					   farewell->joined_us + FAREWELL_FOLLOW_MAX_US));
	return stop_us;
}
