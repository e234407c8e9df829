/* SPDX-License-Identifier: MIT */
#include "agent/core/listening.h"

void listening_init(Listening *listening, bool wanted)
{
	*listening = (Listening){ .wanted = wanted, .on = wanted };
}

void listening_subscribed(Listening *listening)
{
	listening->cuts = 0;
}

ListeningChange listening_ended(Listening *listening, bool subscribing, int64_t lifetime_us)
{
	if (!listening->on) {
		if (!listening->wanted || lifetime_us >= LISTENING_SOON_US)
			return LISTENING_AS_BEFORE;
		listening_init(listening, true);
		return LISTENING_TAKEN_UP;
	}
	if (!subscribing || ++listening->cuts < LISTENING_CUTS_MAX)
		return LISTENING_AS_BEFORE;
	listening->on = false;
	return LISTENING_GIVEN_UP;
}
