/* SPDX-License-Identifier: MIT */
/*
 * outage-log - how much of an outage is told in the log
 *
 * The same failure is told at its 1st, 2nd, 4th, 8th ... time since things last went well, also
 * when two take turns. And whatever happens, a connection that comes and goes every second
 * included, there are no more lines than a first OUTAGE_LOG_BURST and then one every
 * OUTAGE_LOG_PERIOD_US: a week of it stays below 1 MB of journal.
 *
 * Plain value type; zero it to start. Nothing to free.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define OUTAGE_LOG_BURST     30
#define OUTAGE_LOG_PERIOD_US (15 * 60 * (int64_t)G_USEC_PER_SEC)
#define OUTAGE_LOG_MEMORY    8 /* failures told apart */

typedef struct OutageLog {
	int64_t spent_us; /* monotonic time up to which lines are used up */
	unsigned untold;
	struct {
		guint hash;
		unsigned times;
	} known[OUTAGE_LOG_MEMORY];
	unsigned next; /* of known, to be overwritten */
} OutageLog;

/* outage_log_failed() - may this failure be told now?
 * @now_us: monotonic clock
 * @untold: out: failures that were not told since the last line */
bool outage_log_failed(OutageLog *log, const char *message, int64_t now_us, unsigned *untold);

/* outage_log_untold() - what a line says of failures that were not told: "" or " (and 3 failures
 * untold)"; to be freed with g_free() */
char *outage_log_untold(unsigned untold);

/* outage_log_connected() - may a connection be told now? */
bool outage_log_connected(OutageLog *log, int64_t now_us);

/* outage_log_recovered() - things go well: the next failure is a new one */
void outage_log_recovered(OutageLog *log);
