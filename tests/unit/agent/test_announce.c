/* SPDX-License-Identifier: MIT */
/* announce: what is told when, with a clock of the test's own. */
#include "agent/core/announce.h"

#define SECOND G_USEC_PER_SEC

static void note(const char *property, void *data)
{
	GString *told = data;

	g_string_append_printf(told, "%s%s", told->len > 0 ? " " : "", property);
}

static void check(Announce *announce, const AgentStatus *status, int64_t now_us,
		  const char *expected, int64_t again_us)
{
	g_autoptr(GString) told = g_string_new(NULL);

	g_assert_cmpint(announce_step(announce, status, now_us, note, told), ==, again_us);
	g_assert_cmpstr(told->str, ==, expected);
}

static void test_words(void)
{
	AgentStatus status = { .state = UPLINK_STARTING, .last_error = "" };
	g_autoptr(Announce) announce = announce_new(&status);

	check(announce, &status, 0, "", G_MAXINT64);
	status.state = UPLINK_CONNECTING;
	check(announce, &status, 0, "State", G_MAXINT64);
	check(announce, &status, 1, "", G_MAXINT64);
	status.state = UPLINK_BACKOFF;
	status.last_error = "no route";
	check(announce, &status, SECOND - 1, "", SECOND);
	check(announce, &status, SECOND, "State LastError Advice", G_MAXINT64);
}

/* The text may live elsewhere next time: what it says counts. */
static void test_text_is_copied(void)
{
	char text[] = "no route";
	AgentStatus status = { .last_error = text, .broker = NULL };
	g_autoptr(Announce) announce = announce_new(&status);

	text[0] = 'N';
	check(announce, &status, 0, "LastError Advice", G_MAXINT64);
	status.last_error = "No route";
	check(announce, &status, 5 * SECOND, "", G_MAXINT64);
	status.broker = "mqtts://b";
	check(announce, &status, 5 * SECOND, "Broker", G_MAXINT64);
}

/* A thousand samples a second for a minute: seven signals. */
static void test_counts(void)
{
	AgentStatus status = { .last_error = "" };
	g_autoptr(Announce) announce = announce_new(&status);
	unsigned signals = 0;

	for (int64_t now_us = 0; now_us <= 60 * SECOND; now_us += SECOND / 1000) {
		g_autoptr(GString) told = g_string_new(NULL);

		status.accepted++;
		status.waiting++;
		announce_step(announce, &status, now_us, note, told);
		if (told->len > 0) {
			g_assert_cmpstr(told->str, ==, "SpoolWaiting SpoolAccepted");
			signals++;
		}
	}
	g_assert_cmpuint(signals, ==, 7);
}

static void test_refusal(void)
{
	AgentStatus status = { .spool_refusal = "" };
	g_autoptr(Announce) announce = announce_new(&status);

	status.spool_refusal = "the disk is almost full";
	check(announce, &status, 0, "SpoolRefusal", G_MAXINT64);
}

static void test_counts_go_along(void)
{
	AgentStatus status = { .last_error = "" };
	g_autoptr(Announce) announce = announce_new(&status);

	status.dropped = 1;
	check(announce, &status, 0, "SpoolDropped", G_MAXINT64);
	status.dropped = 2;
	check(announce, &status, 2 * SECOND, "", 10 * SECOND);
	status.generation = 4;
	check(announce, &status, 3 * SECOND, "Generation SpoolDropped", G_MAXINT64);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/announce/words", test_words);
	g_test_add_func("/agent/announce/refusal", test_refusal);
	g_test_add_func("/agent/announce/text-is-copied", test_text_is_copied);
	g_test_add_func("/agent/announce/counts", test_counts);
	g_test_add_func("/agent/announce/counts-go-along", test_counts_go_along);
	return g_test_run();
}
