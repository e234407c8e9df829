/* SPDX-License-Identifier: MIT */
/*
 * schedule - when each of several things is due, by the monotonic clock, without drift
 *
 * Due times are start + n * interval: lateness never adds up, times that were missed altogether
 * are left out, and what has the same interval is due at the same moment.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Schedule Schedule;

/* schedule_new() - nothing in it
 * @start_us: monotonic time from which intervals are counted; the first time due */
Schedule *schedule_new(int64_t start_us);

/* schedule_free() - NULL is fine */
void schedule_free(Schedule *schedule);

/* schedule_add() - one more thing; its index counts from 0
 * @interval_us: 1 or more */
void schedule_add(Schedule *schedule, int64_t interval_us);

/* schedule_set() - another interval for @index; its next time is the first of the new ones that
 * is after @now_us
 * @interval_us: 1 or more */
void schedule_set(Schedule *schedule, size_t index, int64_t interval_us, int64_t now_us);

/* schedule_take() - whether @index is due at @now_us; if so its next time is after @now_us */
bool schedule_take(Schedule *schedule, size_t index, int64_t now_us);

/* schedule_next_us() - the earliest time that anything is due; INT64_MAX when empty */
int64_t schedule_next_us(const Schedule *schedule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Schedule, schedule_free)
