/* SPDX-License-Identifier: MIT */
/* renewal-wait: how much of what a server asks for is waited, and when that holds. */
#include "common/renewal-wait.h"

#include <glib.h>

#define DAY   INT64_C(86400)
#define START INT64_C(1800000000)

static const struct {
	const char *path;
	int64_t wanted_s;
	int64_t left_s; /* of the certificate */
	int64_t waited_s;
} cases[] = {
	{ "as-asked", 3600, 30 * DAY, 3600 },
	{ "a-second", 1, 30 * DAY, 1 },
	{ "nothing", 0, 30 * DAY, 0 },
	{ "yesterday", -DAY, 30 * DAY, 0 },
	{ "smallest", G_MININT64, 30 * DAY, 0 },
	{ "ten-years", 3650 * DAY, 300 * DAY, 7 * DAY },
	{ "largest", G_MAXINT64, 300 * DAY, 7 * DAY },
	{ "seven-days", 7 * DAY, 28 * DAY, 7 * DAY },
	{ "quarter", 7 * DAY, 8 * DAY, 2 * DAY },
	{ "near-the-end", DAY, 400, 100 },
	{ "last-second", DAY, 1, 60 },
	{ "end", 3 * DAY, 0, DAY },
	{ "after-the-end", 3 * DAY, -400 * DAY, DAY },
	{ "after-the-end/short", 600, -400 * DAY, 600 },
};

static void test_begin(gconstpointer data)
{
	unsigned i = GPOINTER_TO_UINT(data);
	RenewalWait wait = renewal_wait_begin(cases[i].wanted_s, START + cases[i].left_s, START);

	g_assert_cmpint(wait.until_s - wait.from_s, ==, cases[i].waited_s);
	if (cases[i].waited_s == 0) {
		g_assert_false(renewal_wait_holds(&wait, START));
		g_assert_false(renewal_wait_holds(&wait, 0));
		return;
	}
	g_assert_true(renewal_wait_holds(&wait, START));
	g_assert_true(renewal_wait_holds(&wait, START + cases[i].waited_s - 1));
	g_assert_false(renewal_wait_holds(&wait, START + cases[i].waited_s));
	g_assert_false(renewal_wait_holds(&wait, START - 1)); /* the clock was set back */
	g_assert_false(renewal_wait_holds(&wait, 0));
}

/* What a restart waits still. */
static void test_left(void)
{
	static const struct {
		int64_t until_s; /* after START; 0: nothing is noted */
		int64_t now_s;   /* likewise; -START: the clock is not plausible */
		int64_t left_s;
	} left_cases[] = {
		{ 0, 0, 0 },
		{ 0, -DAY, 0 },
		{ 60, 0, 60 },
		{ 60, 59, 1 },
		{ 60, 60, 0 },
		{ 60, 3650 * DAY, 0 },
		{ RENEWAL_WAIT_MAX_S, 1, RENEWAL_WAIT_MAX_S - 1 },
		{ 60, -1, 77 }, /* the clock was set back */
		{ 60, -3650 * DAY, 77 },
		{ 60, -START, 77 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(left_cases); i++) {
		const RenewalWait wait = { START, START + left_cases[i].until_s, 0 };

		g_assert_cmpint(renewal_wait_left_s(&wait, START + left_cases[i].now_s, 77), ==,
				left_cases[i].left_s);
	}
}

static void test_words(void)
{
	g_autofree char *words = renewal_wait_describe(START);
	g_autofree char *beyond = renewal_wait_describe(G_MAXINT64);

	g_assert_cmpstr(words, ==, "the server asked to wait until 2027-01-15 08:00:00 UTC");
	g_assert_cmpstr(beyond, ==, RENEWAL_WAIT_WORDS "?");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/renewal-wait/", cases[i].path, NULL);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_begin);
	}
	g_test_add_func("/renewal-wait/left", test_left);
	g_test_add_func("/renewal-wait/words", test_words);
	return g_test_run();
}
