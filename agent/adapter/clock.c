/* SPDX-License-Identifier: MIT */
#include "agent/adapter/clock.h"

#include <glib.h>
#include <sys/timex.h>

int64_t clock_now_ms(bool *synced)
{
	struct timex timex = { 0 };

	*synced = adjtimex(&timex) >= 0 && !(timex.status & STA_UNSYNC);
	return MAX(g_get_real_time() / 1000, 0);
}
