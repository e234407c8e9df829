/* SPDX-License-Identifier: MIT */
#include "agent/adapter/clock.h"

#include <glib.h>
#include <sys/timex.h>
#include <unistd.h>

/* Made by systemd-timesyncd after its first synchronisation. */
#define TIMESYNC_FILE "/run/systemd/timesync/synchronized"

int64_t clock_now_ms(bool *synced)
{
	struct timex timex = { 0 };

	if (adjtimex(&timex) >= 0)
		*synced = !(timex.status & STA_UNSYNC);
	else /* a sandbox that forbids setting the clock (ProtectClock=) forbids asking, too */
		*synced = access(TIMESYNC_FILE, F_OK) == 0;
	return MAX(g_get_real_time() / 1000, 0);
}
