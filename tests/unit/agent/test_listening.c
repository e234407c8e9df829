/* SPDX-License-Identifier: MIT */
/* listening: what a broker forbids is told from a rival for our client id, as far as that goes. */
#include "agent/core/listening.h"

#include <glib.h>

#define SOON INT64_C(1000)

typedef struct Step {
	enum {
		END,
		STANDS,
		CUT,
		ENDED,
		LATE
	} what; /* CUT: while subscribing; LATE: after minutes */
	ListeningChange change;
	bool on;
} Step;

typedef struct Case {
	const char *path;
	bool wanted;
	Step steps[10];
} Case;

#define AS  LISTENING_AS_BEFORE, true
#define OFF LISTENING_AS_BEFORE, false

static const Case cases[] = {
	{ "forbidden",
	  true,
	  { { CUT, AS }, { CUT, AS }, { CUT, LISTENING_GIVEN_UP, false }, { LATE, OFF } } },
	{ "now-and-then",
	  true,
	  { { CUT, AS }, { CUT, AS }, { STANDS, AS }, { CUT, AS }, { CUT, AS }, { STANDS, AS } } },
	{ "later", true, { { ENDED, AS }, { ENDED, AS }, { ENDED, AS }, { LATE, AS } } },
	{ "rival",
	  true,
	  { { CUT, AS },
	    { CUT, AS },
	    { CUT, LISTENING_GIVEN_UP, false },
	    { ENDED, LISTENING_TAKEN_UP, true },
	    { CUT, AS },
	    { CUT, AS },
	    { CUT, LISTENING_GIVEN_UP, false } } },
	{ "unwanted", false, { { ENDED, OFF }, { ENDED, OFF }, { LATE, OFF } } },
};

static void test_case(gconstpointer data)
{
	const Case *c = data;
	Listening listening;

	listening_init(&listening, c->wanted);
	for (const Step *step = c->steps; step->what != END; step++) {
		ListeningChange change = LISTENING_AS_BEFORE;

		if (step->what == STANDS)
			listening_subscribed(&listening);
		else
			change = listening_ended(&listening, step->what == CUT,
						 step->what == LATE ? LISTENING_SOON_US : SOON);
		g_assert_cmpint(change, ==, step->change);
		g_assert_cmpint(listening.on, ==, step->on);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/agent/listening/", cases[i].path, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
