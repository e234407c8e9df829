/* SPDX-License-Identifier: MIT */
/* trial: every way a new identity can go, as rows of what happened and what is to follow. */
#include "agent/core/trial.h"

#include <glib.h>

#define PERIOD_MS 1000
#define OLD_UNTIL 5000 /* seconds since 1970 */

/* One step a letter: f = an attempt fails early, F = fails after the period, c = connects, n =
 * the new one connects though the old one was to be tried, x = fails after the period and after
 * the old identity's end, s = the new one is in use since somebody asked for it. Answers: . stay, p
 * probe, r return, b roll back. */
typedef struct TrialCase {
	const char *path;
	int64_t period_ms, old_until_s;
	const char *events, *answers;
	TrialState end;
} TrialCase;

static const TrialCase cases[] = {
	{ "connects", PERIOD_MS, OLD_UNTIL, "c", ".", TRIAL_NONE },
	{ "connects-late", PERIOD_MS, OLD_UNTIL, "ffc", "...", TRIAL_NONE },
	{ "time-not-over", PERIOD_MS, OLD_UNTIL, "fff", "...", TRIAL_RUNNING },
	{ "broken-identity", PERIOD_MS, OLD_UNTIL, "fFcf", ".prb", TRIAL_NONE },
	{ "broken-network", PERIOD_MS, OLD_UNTIL, "Ffff", "pr..", TRIAL_RUNNING },
	{ "broken-network-again", PERIOD_MS, OLD_UNTIL, "FfFf", "prpr", TRIAL_RUNNING },
	{ "network-back-for-the-old", PERIOD_MS, OLD_UNTIL, "Fcc", "pr.", TRIAL_NONE },
	{ "old-has-ended", PERIOD_MS, OLD_UNTIL, "xxx", "...", TRIAL_RUNNING },
	{ "old-has-ended-meanwhile", PERIOD_MS, OLD_UNTIL, "Fcxf", "pr..", TRIAL_RUNNING },
	{ "new-one-is-faster", PERIOD_MS, OLD_UNTIL, "FnFF", "p...", TRIAL_NONE },
	{ "asked-for-meanwhile", PERIOD_MS, OLD_UNTIL, "Fscf", "p...", TRIAL_NONE },
	{ "asked-for-and-broken", PERIOD_MS, OLD_UNTIL, "FsfFcf", "p..prb", TRIAL_NONE },
	{ "asked-for-while-confirming", PERIOD_MS, OLD_UNTIL, "Fcsf", "pr.b", TRIAL_NONE },
	{ "no-old-one", PERIOD_MS, 0, "FFF", "...", TRIAL_NONE },
	{ "no-limit", 0, OLD_UNTIL, "FFF", "...", TRIAL_NONE },
	{ "proved-ones-are-kept", PERIOD_MS, OLD_UNTIL, "cFFF", "....", TRIAL_NONE },
};

static void test_case(gconstpointer data)
{
	static const char letters[] = {
		[TRIAL_STAY] = '.',
		[TRIAL_PROBE] = 'p',
		[TRIAL_RETURN] = 'r',
		[TRIAL_ROLL_BACK] = 'b',
	};
	const TrialCase *row = data;
	g_autoptr(GString) answers = g_string_new(NULL);
	int64_t now_us = 77;
	Trial trial;

	trial_begin(&trial, row->period_ms, row->old_until_s, now_us);
	for (const char *event = row->events; *event; event++) {
		TrialStep step;

		if (*event == 'c' || *event == 'n') {
			step = trial_proved(&trial, *event == 'c' && trial_uses_old(&trial));
		} else if (*event == 's') {
			step = TRIAL_STAY;
			trial_resume(&trial, now_us);
		} else {
			now_us += *event == 'f' ? 1 : PERIOD_MS * 1000;
			step = trial_failed(&trial, now_us, *event == 'x' ? OLD_UNTIL : 1);
		}
		g_string_append_c(answers, letters[step]);
		g_assert_true(trial_uses_old(&trial) == (trial.state == TRIAL_PROBING));
	}
	g_assert_cmpstr(answers->str, ==, row->answers);
	g_assert_cmpint(trial.state, ==, row->end);
}

/* A week without a network, a look at the old identity every five minutes: a line is for the first
 * ones. Another trial has lines of its own. */
static void test_news(void)
{
	g_autoptr(GString) told = g_string_new(NULL);
	unsigned lines = 0;
	int64_t now_us = 0;
	Trial trial;

	trial_begin(&trial, PERIOD_MS, OLD_UNTIL, now_us);
	for (unsigned probe = 1; probe <= 2016; probe++) {
		now_us += PERIOD_MS * 1000;
		g_assert_cmpint(trial_failed(&trial, now_us, 1), ==, TRIAL_PROBE);
		if (trial_is_news(&trial) && ++lines <= 4)
			g_string_append_printf(told, "%u ", probe);
		g_assert_cmpint(trial_failed(&trial, now_us, 1), ==, TRIAL_RETURN);
		trial_resume(&trial, now_us);
	}
	g_assert_cmpstr(told->str, ==, "1 2 4 8 ");
	g_assert_cmpuint(lines, ==, 11);
	trial_begin(&trial, PERIOD_MS, OLD_UNTIL, now_us);
	trial_failed(&trial, now_us + PERIOD_MS * 1000, 1);
	g_assert_true(trial_is_news(&trial));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/trial/", cases[i].path, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/trial/news", test_news);
	return g_test_run();
}
