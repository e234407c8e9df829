/* SPDX-License-Identifier: MIT */
#include "agent/core/rivalry.h"

void rivalry_ended(Rivalry *rivalry, int64_t lifetime_us, bool taken_over)
{
	rivalry_lasted(rivalry, lifetime_us);
	rivalry->told = rivalry->told || taken_over;
	if (lifetime_us < RIVALRY_LASTING_US && rivalry->streak < RIVALRY_STREAK)
		rivalry->streak++;
}

void rivalry_lasted(Rivalry *rivalry, int64_t lifetime_us)
{
	if (lifetime_us >= RIVALRY_LASTING_US)
		*rivalry = (Rivalry){ 0 };
}

bool rivalry_suspected(const Rivalry *rivalry)
{
	return rivalry->told || rivalry->streak >= RIVALRY_STREAK;
}
