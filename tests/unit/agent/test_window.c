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
	WindowRange release = { 0, 0 };

	if (step->what == SENT)
		window_sent(window, step->id, step->first, step->last);
	else if (step->what == PASS)
		window_pass(window);
	else if (step->what == REWIND)
		window_rewind(window);
	else if (step->what == SKIP)
		window_skip(window, step->first);
	else if (window_acked(window, step->id, &release))
		g_assert_cmpuint(release.last, >, 0);
	g_assert_cmpuint(release.first, ==, 0);
	if (step->what == ACK)
		g_assert_cmpuint(release.last, ==, step->last);
	g_assert_cmpuint(window_cursor(window), ==, step->cursor);
	g_assert_cmpuint(window_in_flight(window), ==, step->in_flight);
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
	WindowRange release;

	for (int i = 1; i <= 100; i++) {
		window_sent(window, i, (uint64_t)i, (uint64_t)i);
		if (i < 3)
			continue;
		g_assert_true(window_acked(window, i - 2, &release));
		g_assert_cmpuint(release.last, ==, (uint64_t)i - 2);
	}
}

/* What comes after the mark goes ahead, and is released once all before it is. */
static void test_split(void)
{
	g_autoptr(Window) window = window_new(10, 3);
	WindowRange release = { 0, 0 };

	window_split(window, 30);
	window_sent(window_ahead(window), 1, 31, 40);
	window_sent(window, 2, 11, 20);
	g_assert_cmpuint(window_in_flight(window), ==, 2);
	g_assert_false(window_acked(window, 1, &release));
	g_assert_cmpuint(window_cursor(window), ==, 20);
	g_assert_true(window_acked(window, 2, &release));
	g_assert_cmpuint(release.last, ==, 20);

	window_sent(window_ahead(window), 3, 41, 50);
	window_sent(window, 4, 21, 30);
	g_assert_true(window_acked(window, 4, &release));
	g_assert_cmpuint(release.last, ==, 40);
	g_assert_null(window_ahead(window));
	g_assert_cmpuint(window_cursor(window), ==, 50);
	g_assert_cmpuint(window_in_flight(window), ==, 1);
	g_assert_true(window_acked(window, 3, &release));
	g_assert_cmpuint(release.last, ==, 50);
}

/* A lost connection forgets what was in flight, not what had gone ahead. */
static void test_split_rewind(void)
{
	g_autoptr(Window) window = window_new(10, 3);
	WindowRange release = { 0, 0 };

	window_split(window, 20);
	window_sent(window_ahead(window), 1, 21, 30);
	window_acked(window, 1, &release);
	window_sent(window_ahead(window), 2, 31, 40);
	window_sent(window, 3, 11, 15);
	window_rewind(window);
	g_assert_cmpuint(window_cursor(window), ==, 10);
	g_assert_cmpuint(window_cursor(window_ahead(window)), ==, 30);
	window_sent(window, 1, 11, 20);
	g_assert_true(window_acked(window, 1, &release));
	g_assert_cmpuint(release.last, ==, 30);
	g_assert_cmpuint(window_cursor(window), ==, 30);
}

static void test_split_undone(void)
{
	g_autoptr(Window) window = window_new(10, 3);
	WindowRange release = { 0, 0 };

	window_split(window, 20);
	window_sent(window_ahead(window), 1, 21, 30);
	window_acked(window, 1, &release);
	window_join(window);
	g_assert_null(window_ahead(window));
	g_assert_cmpuint(window_cursor(window), ==, 10);

	window_split(window, 20);
	window_sent(window_ahead(window), 1, 21, 30);
	window_skip(window, 20); /* the backlog is no more */
	g_assert_null(window_ahead(window));
	g_assert_cmpuint(window_cursor(window), ==, 30);
	g_assert_true(window_acked(window, 1, &release));
	g_assert_cmpuint(release.last, ==, 30);
}

static void expect_release(Window *window, int id, uint64_t first, uint64_t last)
{
	WindowRange release = { 0, 0 };

	g_assert_true(window_acked(window, id, &release));
	g_assert_cmpuint(release.first, ==, first);
	g_assert_cmpuint(release.last, ==, last);
}

/* From the newest down, each released by itself; what is new goes ahead, in order. */
static void test_turned(void)
{
	g_autoptr(Window) window = window_new(10, 4);
	WindowRange release;

	window_turn(window, 40);
	g_assert_true(window_turned(window));
	g_assert_cmpuint(window_left(window), ==, 30);
	window_sent(window, 1, 31, 40);
	window_sent(window, 2, 25, 30);
	window_sent(window_ahead(window), 3, 41, 41);
	window_sent(window_ahead(window), 4, 42, 43);
	g_assert_cmpuint(window_cursor(window), ==, 24);
	g_assert_cmpuint(window_in_flight(window), ==, 4);
	expect_release(window, 2, 25, 30);
	g_assert_false(window_acked(window, 4, &release)); /* those keep their order */
	expect_release(window, 3, 41, 43);
	g_assert_false(window_acked(window, 3, &release));
	expect_release(window, 1, 31, 40);
	g_assert_cmpuint(window_in_flight(window), ==, 0);

	window_sent(window, 5, 11, 24); /* the rest */
	g_assert_cmpuint(window_left(window), ==, 0);
	window_sent(window_ahead(window), 6, 44, 44);
	expect_release(window, 5, 11, 24);
	g_assert_false(window_turned(window));
	g_assert_null(window_ahead(window));
	g_assert_cmpuint(window_cursor(window), ==, 44);
	expect_release(window, 6, 0, 44);
}

/* The spool has less than its numbers say: it is through when the last is acknowledged. */
static void test_turned_exhausted(void)
{
	g_autoptr(Window) window = window_new(10, 3);

	window_turn(window, 40);
	window_sent(window, 1, 35, 40);
	window_exhausted(window);
	g_assert_true(window_turned(window));
	g_assert_cmpuint(window_left(window), ==, 0);
	expect_release(window, 1, 35, 40);
	g_assert_false(window_turned(window));
	g_assert_cmpuint(window_cursor(window), ==, 40);

	window_turn(window, 50);
	window_exhausted(window); /* nothing is in flight: at once */
	g_assert_false(window_turned(window));
	g_assert_cmpuint(window_cursor(window), ==, 50);
}

/* After a loss all that the spool still has is looked for from the floor on. */
static void test_turned_rewind(void)
{
	g_autoptr(Window) window = window_new(10, 3);
	WindowRange release;

	window_turn(window, 40);
	window_sent(window, 1, 35, 40);
	window_sent(window_ahead(window), 2, 41, 50);
	expect_release(window, 2, 41, 50);
	window_rewind(window);
	g_assert_false(window_turned(window));
	g_assert_null(window_ahead(window));
	g_assert_cmpuint(window_in_flight(window), ==, 0);
	g_assert_cmpuint(window_cursor(window), ==, 10);
	g_assert_false(window_acked(window, 1, &release));
	window_turn(window, 60);
	window_sent(window, 1, 51, 60);
	expect_release(window, 1, 51, 60);
}

/* A server's limit holds for both together; each side gets one message at least. */
static void test_shares(void)
{
	static const struct {
		unsigned told, beside, samples;
	} rows[] = {
		{ 0, 4, 20 }, { 1, 1, 1 }, { 2, 1, 1 },   { 3, 1, 2 },
		{ 5, 2, 3 },  { 8, 4, 4 }, { 24, 4, 20 }, { 100, 4, 20 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		unsigned beside = window_beside(rows[i].told, 4);

		g_assert_cmpuint(beside, ==, rows[i].beside);
		g_assert_cmpuint(window_within(20, rows[i].told, beside), ==, rows[i].samples);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_case);
	g_test_add_func("/agent/window/ring", test_ring);
	g_test_add_func("/agent/window/split", test_split);
	g_test_add_func("/agent/window/split-rewind", test_split_rewind);
	g_test_add_func("/agent/window/split-undone", test_split_undone);
	g_test_add_func("/agent/window/turned", test_turned);
	g_test_add_func("/agent/window/turned-exhausted", test_turned_exhausted);
	g_test_add_func("/agent/window/turned-rewind", test_turned_rewind);
	g_test_add_func("/agent/window/shares", test_shares);
	return g_test_run();
}
