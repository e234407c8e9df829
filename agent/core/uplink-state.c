/* SPDX-License-Identifier: MIT */
#include "agent/core/uplink-state.h"

static const char *const names[] = {
	[UPLINK_STARTING] = "starting",       [UPLINK_IDENTITY] = "waiting-for-identity",
	[UPLINK_CLOCK] = "waiting-for-clock", [UPLINK_BACKOFF] = "waiting",
	[UPLINK_CONNECTING] = "connecting",   [UPLINK_ONLINE] = "online",
	[UPLINK_STOPPED] = "stopped",
};

const char *uplink_state_name(UplinkState state)
{
	return names[state];
}
