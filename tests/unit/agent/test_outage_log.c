/* SPDX-License-Identifier: MIT */
/* outage-log: what is told, and a week of trouble in a journal, in simulated time. */
#include "agent/core/outage-log.h"

#include "common/backoff.h"

#include <string.h>

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define WEEK   (7 * 24 * 3600 * SECOND)

/* What one line costs in a journal beside its text. Measured with systemd-journal-remote 252: 665
 * octets in all for a line of 130 octets with the 25 fields that journald gives a service. */
#define ENTRY_OCTETS  1024
#define JOURNAL_BOUND 1000000

static void test_powers(void)
{
	OutageLog log = { 0 };
	unsigned untold = 0;
	g_autoptr(GString) told = g_string_new(NULL);

	for (int i = 1; i <= 20; i++)
		if (outage_log_failed(&log, "no route", i * SECOND, &untold))
			g_string_append_printf(told, "%d(%u) ", i, untold);
	g_assert_cmpstr(told->str, ==, "1(0) 2(0) 4(1) 8(3) 16(7) ");
}

/* Two that take turns are told as rarely as one. */
static void test_turns(void)
{
	OutageLog log = { 0 };
	unsigned untold = 0;
	unsigned lines = 0;

	for (int i = 0; i < 64; i++)
		lines += outage_log_failed(&log, i % 2 ? "no route" : "no name", i * SECOND,
					   &untold);
	g_assert_cmpuint(lines, ==, 12); /* each at its 1st, 2nd, 4th, 8th, 16th, 32nd time */
}

static void test_recovered(void)
{
	OutageLog log = { 0 };
	unsigned untold = 0;

	for (int i = 0; i < 3; i++)
		outage_log_failed(&log, "no route", SECOND, &untold);
	outage_log_recovered(&log);
	g_assert_true(outage_log_failed(&log, "no route", 2 * SECOND, &untold));
	g_assert_cmpuint(untold, ==, 1);
}

/* --- a week --- */

typedef struct Trouble {
	const char *name;
	int64_t attempt_us;       /* until it fails */
	const char *failures[12]; /* in turn */
	bool flaps;               /* each attempt connects, publishes, and is lost */
} Trouble;

static const Trouble troubles[] = {
	{ "nobody-listens", SECOND / 1000, { "broker b port 8883: Connection refused" }, false },
	{ "silent",
	  30 * SECOND,
	  { "broker broker.example.org port 8883: no answer in 30 s; the name has 4 addresses" },
	  false },
	{ "turns",
	  SECOND,
	  { "broker.example.org: Temporary failure in name resolution",
	    "broker broker.example.org port 8883: Connection refused",
	    "broker broker.example.org port 8883: No route to host" },
	  false },
	{ "many",
	  SECOND,
	  { "failure 0 of a kind that is never the same twice", "failure 1", "failure 2",
	    "failure 3", "failure 4", "failure 5", "failure 6", "failure 7", "failure 8",
	    "failure 9", "failure 10", "failure 11" },
	  false },
	{ "flaps", SECOND, { "the connection was lost: Connection reset by peer" }, true },
};

static uint32_t random_below(uint32_t bound, gpointer data)
{
	return (uint32_t)g_rand_int_range(data, 0, (gint32)bound);
}

static const char *failure_of(const Trouble *trouble, unsigned n)
{
	unsigned kinds = 0;

	while (kinds < G_N_ELEMENTS(trouble->failures) && trouble->failures[kinds])
		kinds++;
	return trouble->failures[n % kinds];
}

/* The agent's own back-off and policy, a week of them. */
static void test_week(gconstpointer data)
{
	const Trouble *trouble = data;
	g_autoptr(GRand) rand = g_rand_new_with_seed(17);
	OutageLog log = { 0 };
	Backoff backoff;
	size_t octets = 0;
	unsigned attempts = 0;
	unsigned untold;

	backoff_init(&backoff, 500, 1000, 120000);
	for (int64_t now_us = 1; now_us < WEEK; attempts++) {
		const char *failure = failure_of(trouble, attempts);

		if (trouble->flaps) {
			if (outage_log_connected(&log, now_us))
				octets += ENTRY_OCTETS + 80;
			outage_log_recovered(&log);
			backoff_reset(&backoff);
		}
		now_us += trouble->attempt_us;
		if (outage_log_failed(&log, failure, now_us, &untold))
			octets += ENTRY_OCTETS + strlen(failure) + 80;
		now_us += (int64_t)backoff_next_ms(&backoff, random_below, rand) * 1000;
	}
	g_test_message("%u attempts, %zu octets", attempts, octets);
	g_assert_cmpuint(attempts, >, 5000);
	g_assert_cmpuint(octets, >, 5 * ENTRY_OCTETS); /* silence would be no log */
	g_assert_cmpuint(octets, <, JOURNAL_BOUND);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/outage-log/powers", test_powers);
	g_test_add_func("/agent/outage-log/turns", test_turns);
	g_test_add_func("/agent/outage-log/recovered", test_recovered);
	for (size_t i = 0; i < G_N_ELEMENTS(troubles); i++) {
		g_autofree char *path =
			g_strdup_printf("/agent/outage-log/week/%s", troubles[i].name);

		g_test_add_data_func(path, &troubles[i], test_week);
	}
	return g_test_run();
}
