/* SPDX-License-Identifier: MIT */
/* rivalry: when another client is suspected, and when no more. */
#include "agent/core/rivalry.h"

#include <glib.h>

#define SECOND INT64_C(1000000)

static void test_told(void)
{
	Rivalry rivalry = { 0 };

	rivalry_ended(&rivalry, 30 * SECOND, false);
	g_assert_false(rivalry_suspected(&rivalry));
	rivalry_ended(&rivalry, 30 * SECOND, true);
	g_assert_true(rivalry_suspected(&rivalry));
	rivalry_ended(&rivalry, 30 * SECOND, false);
	g_assert_true(rivalry_suspected(&rivalry));
	rivalry_lasted(&rivalry, 59 * SECOND);
	g_assert_true(rivalry_suspected(&rivalry));
	rivalry_lasted(&rivalry, 60 * SECOND);
	g_assert_false(rivalry_suspected(&rivalry));
}

static void test_told_after_long(void)
{
	Rivalry rivalry = { 0 };

	rivalry_ended(&rivalry, 86400 * SECOND, true);
	g_assert_true(rivalry_suspected(&rivalry));
}

static void test_guessed(void)
{
	Rivalry rivalry = { 0 };

	for (int i = 0; i < RIVALRY_STREAK - 1; i++)
		rivalry_ended(&rivalry, SECOND, false);
	g_assert_false(rivalry_suspected(&rivalry));
	rivalry_ended(&rivalry, SECOND, false);
	g_assert_true(rivalry_suspected(&rivalry));
	rivalry_ended(&rivalry, 61 * SECOND, false);
	g_assert_false(rivalry_suspected(&rivalry));
}

/* A connection that lasted breaks the row. */
static void test_not_guessed(void)
{
	Rivalry rivalry = { 0 };

	for (int i = 0; i < 100; i++)
		rivalry_ended(&rivalry, i % 3 == 2 ? 61 * SECOND : SECOND, false);
	g_assert_false(rivalry_suspected(&rivalry));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/rivalry/told", test_told);
	g_test_add_func("/agent/rivalry/told-after-long", test_told_after_long);
	g_test_add_func("/agent/rivalry/guessed", test_guessed);
	g_test_add_func("/agent/rivalry/not-guessed", test_not_guessed);
	return g_test_run();
}
