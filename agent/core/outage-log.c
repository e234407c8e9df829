/* SPDX-License-Identifier: MIT */
#include "agent/core/outage-log.h"

#include "common/count.h"

#include <string.h>

/* Each line costs a period; at most a burst of them may have been saved up. */
static bool line_allow(OutageLog *log, int64_t now_us)
{
	int64_t saved_us = now_us - OUTAGE_LOG_BURST * OUTAGE_LOG_PERIOD_US;

	if (log->spent_us < saved_us || log->spent_us == 0)
		log->spent_us = saved_us;
	if (log->spent_us + OUTAGE_LOG_PERIOD_US > now_us)
		return false;
	log->spent_us += OUTAGE_LOG_PERIOD_US;
	return true;
}

/* How often this one has come, this time included. */
static unsigned count(OutageLog *log, const char *message)
{
	guint hash = g_str_hash(message);

	for (unsigned i = 0; i < OUTAGE_LOG_MEMORY; i++)
		if (log->known[i].times > 0 && log->known[i].hash == hash)
			return ++log->known[i].times;
	log->known[log->next].hash = hash;
	log->known[log->next].times = 1;
	log->next = (log->next + 1) % OUTAGE_LOG_MEMORY;
	return 1;
}

bool outage_log_failed(OutageLog *log, const char *message, int64_t now_us, unsigned *untold)
{
	unsigned times = count(log, message);

	if (!count_is_step(times) || !line_allow(log, now_us)) {
		if (log->untold < G_MAXUINT)
			log->untold++;
		return false;
	}
	*untold = log->untold;
	log->untold = 0;
	return true;
}

char *outage_log_untold(unsigned untold)
{
	g_autofree char *failures = count_text(untold, "failure");

	return untold > 0 ? g_strdup_printf(" (and %s untold)", failures) : g_strdup("");
}

bool outage_log_connected(OutageLog *log, int64_t now_us)
{
	return line_allow(log, now_us);
}

void outage_log_recovered(OutageLog *log)
{
	memset(log->known, 0, sizeof(log->known));
}
