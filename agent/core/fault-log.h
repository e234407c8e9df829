/* SPDX-License-Identifier: MIT */
/*
 * fault-log - whether something works, and which changes of that are worth a line in the log
 *
 * A sensor with a loose contact, or a disk at the end of its life, fails and comes back all day. So
 * the 1st, 2nd, 4th, 8th … failure is news, and the recovery from one that was; after an hour of
 * work counting starts anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed before its first use */
typedef struct FaultLog {
	bool failing;
	bool told;        /* the failure that lasts was news */
	uint64_t spells;  /* failures that began, since the last long calm */
	int64_t since_us; /* when the present state began */
} FaultLog;

typedef enum FaultNews {
	FAULT_NEWS_NONE,
	FAULT_NEWS_FAILED,
	FAULT_NEWS_RECOVERED,
} FaultNews;

/* fault_log_step() - what one attempt changed
 * @now_us: monotonic */
FaultNews fault_log_step(FaultLog *log, bool fine, int64_t now_us);
