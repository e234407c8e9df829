/* SPDX-License-Identifier: MIT */
/* fault-log: what is news, and how little of it a week brings. */
#include "agent/core/fault-log.h"

#include <glib.h>

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define HOUR   (3600 * SECOND)
#define WEEK   (7 * 24 * HOUR)

static void test_news(void)
{
	FaultLog log = { 0 };
	g_autoptr(GString) news = g_string_new(NULL);
	int64_t now_us = HOUR;

	g_assert_cmpint(fault_log_step(&log, true, now_us), ==, FAULT_NEWS_NONE);
	for (int i = 0; i < 9; i++) { /* fails, stays so, comes back */
		FaultNews failed = fault_log_step(&log, false, now_us);

		g_assert_true(log.failing);
		g_assert_cmpint(fault_log_step(&log, false, now_us + 1), ==, FAULT_NEWS_NONE);
		g_string_append_c(news, failed == FAULT_NEWS_FAILED ? 'F' : '.');

		FaultNews fine = fault_log_step(&log, true, now_us + 2);

		g_assert_false(log.failing);
		g_string_append_c(news, fine == FAULT_NEWS_RECOVERED ? 'R' : '.');
		now_us += 1000;
	}
	g_assert_cmpstr(news->str, ==, "FRFR..FR......FR..");
	/* after an hour of calm all is news again */
	g_assert_cmpint(fault_log_step(&log, false, now_us + HOUR), ==, FAULT_NEWS_FAILED);
}

typedef struct Week {
	const char *path;
	int64_t works_us; /* between two failures of a second */
	unsigned most;    /* lines */
} Week;

static const Week weeks[] = {
	{ "/agent/fault-log/week/by-turns", SECOND, 40 },
	{ "/agent/fault-log/week/each-minute", 60 * SECOND, 30 },
	{ "/agent/fault-log/week/after-calm", HOUR, 2 * 7 * 24 },
	{ "/agent/fault-log/week/for-good", WEEK, 2 },
};

/* Whatever the rhythm: a line costs a kilobyte of journal, and there is more that may fail. */
static void test_week(gconstpointer data)
{
	const Week *week = data;
	FaultLog log = { 0 };
	unsigned lines = 0;

	for (int64_t now_us = HOUR; now_us < HOUR + WEEK; now_us += week->works_us) {
		lines += fault_log_step(&log, false, now_us) != FAULT_NEWS_NONE;
		now_us += SECOND;
		lines += fault_log_step(&log, true, now_us) != FAULT_NEWS_NONE;
	}
	g_test_message("%u lines", lines);
	g_assert_cmpuint(lines, >, 0);
	g_assert_cmpuint(lines, <=, week->most);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/fault-log/news", test_news);
	for (size_t i = 0; i < G_N_ELEMENTS(weeks); i++)
		g_test_add_data_func(weeks[i].path, &weeks[i], test_week);
	return g_test_run();
}
