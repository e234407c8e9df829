/* SPDX-License-Identifier: MIT */
#include "agent/core/schedule.h"

typedef struct Slot {
	int64_t interval_us;
	int64_t next_us;
} Slot;

struct Schedule {
	int64_t start_us;
	GArray *slots; /* of Slot */
};

Schedule *schedule_new(int64_t start_us)
{
	Schedule *schedule = g_new0(Schedule, 1);

	schedule->start_us = start_us;
	schedule->slots = g_array_new(FALSE, FALSE, sizeof(Slot));
	return schedule;
}

void schedule_free(Schedule *schedule)
{
	if (!schedule)
		return;
	g_array_unref(schedule->slots);
	g_free(schedule);
}

void schedule_add(Schedule *schedule, int64_t interval_us)
{
	Slot slot = { interval_us, schedule->start_us };

	g_assert(interval_us > 0);
	g_array_append_val(schedule->slots, slot);
}

void schedule_set(Schedule *schedule, size_t index, int64_t interval_us, int64_t now_us)
{
	g_assert(index < schedule->slots->len && interval_us > 0);
	Slot *slot = &g_array_index(schedule->slots, Slot, index);
	int64_t passed = MAX(now_us - schedule->start_us, 0) / interval_us;

	slot->interval_us = interval_us;
	slot->next_us = schedule->start_us + (passed + 1) * interval_us;
}

bool schedule_take(Schedule *schedule, size_t index, int64_t now_us)
{
	g_assert(index < schedule->slots->len);
	Slot *slot = &g_array_index(schedule->slots, Slot, index);

	if (now_us < slot->next_us)
		return false;
	slot->next_us += ((now_us - slot->next_us) / slot->interval_us + 1) * slot->interval_us;
	return true;
}

int64_t schedule_next_us(const Schedule *schedule)
{
	int64_t next_us = INT64_MAX;

	for (guint i = 0; i < schedule->slots->len; i++)
		next_us = MIN(next_us, g_array_index(schedule->slots, Slot, i).next_us);
	return next_us;
}
