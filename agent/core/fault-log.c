/* SPDX-License-Identifier: MIT */
#include "agent/core/fault-log.h"

#include "common/count.h"

#define CALM_US (INT64_C(3600) * 1000000)

static FaultNews begin_failure(FaultLog *log, int64_t now_us)
{
	if (now_us - log->since_us >= CALM_US)
		log->spells = 0;
	log->spells++;
	log->failing = true;
	log->since_us = now_us;
	log->told = count_is_step(log->spells);
	return log->told ? FAULT_NEWS_FAILED : FAULT_NEWS_NONE;
}

FaultNews fault_log_step(FaultLog *log, bool fine, int64_t now_us)
{
	if (fine != log->failing)
		return FAULT_NEWS_NONE;
	if (!fine)
		return begin_failure(log, now_us);
	log->failing = false;
	log->since_us = now_us;
	return log->told ? FAULT_NEWS_RECOVERED : FAULT_NEWS_NONE;
}
