/* SPDX-License-Identifier: MIT */
/* expiry: which alarm holds when, and when the next one does. */
#include "common/expiry.h"

#include <glib.h>

#define DAY   INT64_C(86400)
#define START INT64_C(1800000000)

static const struct {
	const char *path;
	int64_t lifetime_s;
	int64_t left_s;
	const char *alarm;
	int64_t change_s;
} cases[] = {
	{ "new", 90 * DAY, 90 * DAY, "fine", 90 * DAY - 90 * DAY / 4 },
	{ "fine", 88 * DAY, 22 * DAY + 1, "fine", 1 },
	{ "quarter", 88 * DAY, 22 * DAY, "late", 22 * DAY - 88 * DAY / 10 },
	{ "tenth", 90 * DAY, 9 * DAY, "urgent", 9 * DAY },
	{ "last-second", 90 * DAY, 1, "urgent", 1 },
	{ "end", 90 * DAY, 0, "expired", 0 },
	{ "past", 90 * DAY, -DAY, "expired", 0 },
	{ "decade-fine", 3650 * DAY, 91 * DAY, "fine", DAY },
	{ "decade-late", 3650 * DAY, 90 * DAY, "late", 76 * DAY },
	{ "decade-urgent", 3650 * DAY, 14 * DAY, "urgent", 14 * DAY },
	{ "minute", 60, 16, "fine", 1 },
	{ "not-yet-valid", 90 * DAY, 91 * DAY, "fine", 91 * DAY - 90 * DAY / 4 },
	{ "no-dates", 0, -START, "fine", 0 },
	{ "backward-dates", -DAY, -DAY, "fine", 0 },
};

static void test_alarm(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	int64_t until_s = START + cases[i].lifetime_s;
	int64_t now_s = until_s - cases[i].left_s;
	ExpiryAlarm alarm = expiry_alarm(START, until_s, now_s);

	g_assert_cmpstr(expiry_alarm_name(alarm), ==, cases[i].alarm);
	g_assert_cmpint(expiry_change_s(START, until_s, now_s), ==, cases[i].change_s);
	if (cases[i].change_s == 0)
		return;
	now_s += cases[i].change_s;
	g_assert_cmpint(expiry_alarm(START, until_s, now_s - 1), ==, alarm);
	g_assert_cmpint(expiry_alarm(START, until_s, now_s), >, alarm);
}

static void test_days(void)
{
	g_assert_cmpint(expiry_days(START + 2 * DAY, START), ==, 2);
	g_assert_cmpint(expiry_days(START + 2 * DAY - 1, START), ==, 1);
	g_assert_cmpint(expiry_days(START + 1, START), ==, 0);
	g_assert_cmpint(expiry_days(START, START), ==, -1);
	g_assert_cmpint(expiry_days(START, START + DAY - 1), ==, -1);
	g_assert_cmpint(expiry_days(START, START + DAY), ==, -2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/expiry/alarm/", cases[i].path, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_alarm);
	}
	g_test_add_func("/expiry/days", test_days);
	return g_test_run();
}
