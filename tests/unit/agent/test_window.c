/* SPDX-License-Identifier: MIT */
/* window: released from the front only, rewound after a loss. */
#include "agent/core/window.h"

typedef struct Step {
	enum { END, SENT, ACK, PASS, REWIND, SKIP } what;
	int id;
	uint64_t first; /* SENT; SKIP: released */
	uint64_t last;  /* SENT; ACK: expected release, 0: none */
	uint64_t cursor;
	unsigned in_flight;
} Step;

typedef struct WindowCase {
	const char *path;
	Step steps[10];
} WindowCase;

/* All start with 10 released and room for 3. */
static const WindowCase cases[] = {
	{ "/agent/window/in-order",
	  { { SENT, 1, 11, 20, 20, 1 },
	    { SENT, 2, 21, 30, 30, 2 },
	    { ACK, 1, 0, 20, 30, 1 },
	    { ACK, 2, 0, 30, 30, 0 } } },
	{ "/agent/window/out-of-order",
	  { { SENT, 1, 11, 20, 20, 1 },
	    { SENT, 2, 21, 30, 30, 2 },
	    { SENT, 3, 31, 31, 31, 3 },
	    { ACK, 3, 0, 0, 31, 3 },
	    { ACK, 2, 0, 0, 31, 3 },
	    { ACK, 1, 0, 31, 31, 0 } } },
	{ "/agent/window/rewind",
	  { { SENT, 1, 11, 20, 20, 1 },
	    { SENT, 2, 21, 30, 30, 2 },
	    { ACK, 1, 0, 20, 30, 1 },
	    { REWIND, 0, 0, 0, 20, 0 },
	    { ACK, 2, 0, 0, 20, 0 },
	    { SENT, 2, 21, 25, 25, 1 },
	    { ACK, 2, 0, 25, 25, 0 } } },
	/* acknowledged, but behind one that was not: sent again rather than lost */
	{ "/agent/window/rewind-behind-gap",
	  { { SENT, 1, 11, 20, 20, 1 },
	    { SENT, 2, 21, 30, 30, 2 },
	    { ACK, 2, 0, 0, 30, 2 },
	    { REWIND, 0, 0, 0, 10, 0 } } },
	{ "/agent/window/unknown", { { SENT, 1, 11, 20, 20, 1 }, { ACK, 9, 0, 0, 20, 1 } } },
	{ "/agent/window/twice",
	  { { SENT, 1, 11, 20, 20, 1 }, { ACK, 1, 0, 20, 20, 0 }, { ACK, 1, 0, 0, 20, 0 } } },
	{ "/agent/window/skip",
	  { { SENT, 1, 11, 20, 20, 1 },
	    { SKIP, 0, 1000, 0, 1000, 0 },
	    { SENT, 1, 1001, 1002, 1002, 1 },
	    { ACK, 1, 0, 1002, 1002, 0 } } },
	{ "/agent/window/pass",
	  { { SENT, 1, 11, 11, 11, 1 },
	    { PASS, 0, 0, 0, 11, 0 },
	    { SENT, 2, 12, 12, 12, 1 },
	    { ACK, 1, 0, 0, 12, 1 },
	    { REWIND, 0, 0, 0, 10, 0 } } },
	{ "/agent/window/jump",
	  { { SENT, 1, 5000, 5001, 5001, 1 }, { ACK, 1, 0, 5001, 5001, 0 } } },
};

static void step(Window *window, const Step *step)
{
	uint64_t release = 0;

	if (step->what == SENT)
		window_sent(window, step->id, step->first, step->last);
	else if (step->what == PASS)
		window_pass(window);
	else if (step->what == REWIND)
		window_rewind(window);
	else if (step->what == SKIP)
		window_skip(window, step->first);
	else if (window_acked(window, step->id, &release))
		g_assert_cmpuint(release, >, 0);
	if (step->what == ACK)
		g_assert_cmpuint(release, ==, step->last);
	g_assert_cmpuint(window_cursor(window), ==, step->cursor);
	g_assert_cmpuint(window_in_flight(window), ==, step->in_flight);
	g_assert_true(window_full(window) == (step->in_flight == 3));
}

static void test_case(gconstpointer data)
{
	const WindowCase *c = data;
	g_autoptr(Window) window = window_new(10, 3);

	g_assert_cmpuint(window_cursor(window), ==, 10);
	for (const Step *s = c->steps; s->what != END; s++)
		step(window, s);
}

/* The ring goes round many times. */
static void test_ring(void)
{
	g_autoptr(Window) window = window_new(0, 3);
	uint64_t release;

	for (int i = 1; i <= 100; i++) {
		window_sent(window, i, (uint64_t)i, (uint64_t)i);
		if (i < 3)
			continue;
		g_assert_true(window_full(window));
		g_assert_true(window_acked(window, i - 2, &release));
		g_assert_cmpuint(release, ==, (uint64_t)i - 2);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_case);
	g_test_add_func("/agent/window/ring", test_ring);
	return g_test_run();
}
