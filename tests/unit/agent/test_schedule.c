/* SPDX-License-Identifier: MIT */
/* schedule: no drift, no catching up, same interval same moment. */
#include "agent/core/schedule.h"

static void test_no_drift(void)
{
	g_autoptr(Schedule) schedule = schedule_new(500);

	g_assert_true(schedule_next_us(schedule) == INT64_MAX);
	schedule_add(schedule, 1000);
	g_assert_false(schedule_take(schedule, 0, 499));
	/* each time a little late: the times due stay where they were */
	for (int64_t i = 0; i < 1000; i++) {
		g_assert_cmpint(schedule_next_us(schedule), ==, 500 + i * 1000);
		g_assert_true(schedule_take(schedule, 0, 500 + i * 1000 + i % 900));
		g_assert_false(schedule_take(schedule, 0, 500 + i * 1000 + i % 900));
	}
}

static void test_missed_times_are_left_out(void)
{
	g_autoptr(Schedule) schedule = schedule_new(0);

	schedule_add(schedule, 1000);
	g_assert_true(schedule_take(schedule, 0, 7300));
	g_assert_cmpint(schedule_next_us(schedule), ==, 8000);
	g_assert_true(schedule_take(schedule, 0, 8000));
	g_assert_cmpint(schedule_next_us(schedule), ==, 9000);
}

static void test_same_interval_same_moment(void)
{
	g_autoptr(Schedule) schedule = schedule_new(0);
	unsigned together = 0;

	schedule_add(schedule, 1000);
	schedule_add(schedule, 3000);
	schedule_add(schedule, 1000);
	for (int64_t now = 0; now < 9000; now += 1000) {
		g_assert_cmpint(schedule_next_us(schedule), ==, now);
		g_assert_true(schedule_take(schedule, 0, now + 7));
		g_assert_true(schedule_take(schedule, 2, now + 7));
		together += schedule_take(schedule, 1, now + 7);
	}
	g_assert_cmpuint(together, ==, 3);
}

/* Another interval, on the same clock: what has the same one is due at the same moment again. */
static void test_set(void)
{
	g_autoptr(Schedule) schedule = schedule_new(500);

	schedule_add(schedule, 1000);
	schedule_add(schedule, 3000);
	g_assert_true(schedule_take(schedule, 0, 500));
	g_assert_true(schedule_take(schedule, 1, 500));
	schedule_set(schedule, 1, 1000, 2700);
	g_assert_false(schedule_take(schedule, 1, 3499));
	g_assert_true(schedule_take(schedule, 1, 3500));
	schedule_set(schedule, 0, 10, 3500);
	g_assert_cmpint(schedule_next_us(schedule), ==, 3510);
	schedule_set(schedule, 0, 100000, 3510);
	g_assert_cmpint(schedule_next_us(schedule), ==, 4500);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/schedule/no-drift", test_no_drift);
	g_test_add_func("/agent/schedule/missed", test_missed_times_are_left_out);
	g_test_add_func("/agent/schedule/together", test_same_interval_same_moment);
	g_test_add_func("/agent/schedule/set", test_set);
	return g_test_run();
}
