/* SPDX-License-Identifier: MIT */
/* backoff: ceilings, bounds of the draw, values put in order. */
#include "common/backoff.h"

typedef struct Draw {
	uint32_t bound;  /* what was asked for last */
	uint32_t answer; /* what is answered */
	unsigned int calls;
} Draw;

static uint32_t draw(uint32_t bound, gpointer data)
{
	Draw *d = data;

	d->bound = bound;
	d->calls++;
	return d->answer;
}

/* Ceilings after so many failures, floor/base/max given. */
typedef struct CeilingCase {
	const char *path;
	uint32_t floor_ms, base_ms, max_ms;
	uint32_t failures;
	uint32_t ceiling;
} CeilingCase;

static const CeilingCase ceiling_cases[] = {
	{ "/backoff/ceiling/first", 0, 1000, 60000, 0, 1000 },
	{ "/backoff/ceiling/second", 0, 1000, 60000, 1, 2000 },
	{ "/backoff/ceiling/sixth", 0, 1000, 60000, 5, 32000 },
	{ "/backoff/ceiling/capped", 0, 1000, 60000, 6, 60000 },
	{ "/backoff/ceiling/shift-width", 0, 1000, 60000, 32, 60000 },
	{ "/backoff/ceiling/many", 0, 1, UINT32_MAX, 4000000, UINT32_MAX },
	{ "/backoff/ceiling/no-wrap", 0, UINT32_MAX, UINT32_MAX, 31, UINT32_MAX },
	{ "/backoff/ceiling/slow-growth", 0, 1, UINT32_MAX, 31, 0x80000000u },
	{ "/backoff/ceiling/base-zero", 0, 0, 0, 0, 1 },
	{ "/backoff/ceiling/max-below-base", 0, 500, 10, 3, 500 },
};

static void test_ceiling(gconstpointer data)
{
	const CeilingCase *c = data;
	Backoff backoff;

	backoff_init(&backoff, c->floor_ms, c->base_ms, c->max_ms);
	backoff.failures = c->failures;
	g_assert_cmpuint(backoff_ceiling_ms(&backoff), ==, c->ceiling);
}

static void test_jitter_is_full(void)
{
	Backoff backoff;
	Draw low = { .answer = 0 };
	Draw high = { .answer = 1900 };

	backoff_init(&backoff, 100, 1000, 60000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &low), ==, 100);
	g_assert_cmpuint(low.bound, ==, 901);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &high), ==, 2000);
	g_assert_cmpuint(high.bound, ==, 1901);
	g_assert_cmpuint(high.calls, ==, 1);
	g_assert_cmpuint(backoff.failures, ==, 2);
}

static void test_reset(void)
{
	Backoff backoff;
	Draw d = { .answer = UINT32_MAX }; /* out of its bound: counts as the bound */

	backoff_init(&backoff, 0, 1000, 8000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 1000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 2000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 4000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 8000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 8000);
	backoff_reset(&backoff);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 1000);
}

static void test_floor_above_base(void)
{
	Backoff backoff;
	Draw d = { .answer = 0 };

	backoff_init(&backoff, 5000, 1000, 2000);
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 1000);
	g_assert_cmpuint(d.calls, ==, 0); /* nothing to draw: floor and ceiling meet */
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, 1000);
	g_assert_cmpuint(d.bound, ==, 1001);
}

static void test_extremes(void)
{
	Backoff backoff;
	Draw d = { .answer = UINT32_MAX };

	backoff_init(&backoff, 0, UINT32_MAX, UINT32_MAX);
	backoff.failures = UINT32_MAX;
	g_assert_cmpuint(backoff_next_ms(&backoff, draw, &d), ==, UINT32_MAX);
	g_assert_cmpuint(d.bound, ==, UINT32_MAX);
	g_assert_cmpuint(backoff.failures, ==, UINT32_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(ceiling_cases); i++)
		g_test_add_data_func(ceiling_cases[i].path, &ceiling_cases[i], test_ceiling);
	g_test_add_func("/backoff/jitter-is-full", test_jitter_is_full);
	g_test_add_func("/backoff/reset", test_reset);
	g_test_add_func("/backoff/floor-above-base", test_floor_above_base);
	g_test_add_func("/backoff/extremes", test_extremes);
	return g_test_run();
}
