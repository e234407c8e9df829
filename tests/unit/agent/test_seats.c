/* SPDX-License-Identifier: MIT */
/* seats: who makes room. */
#include "agent/core/seats.h"

#include <glib.h>

typedef struct SeatsCase {
	const char *path;
	Seat seats[6];
	size_t n;
	size_t chosen;
} SeatsCase;

static const SeatsCase cases[] = {
	{ "/agent/seats/none", { { 0, 0, false } }, 0, 0 },
	{ "/agent/seats/quietest", { { 0, 5, false }, { 0, 3, false }, { 0, 4, false } }, 3, 1 },
	{ "/agent/seats/not-busy", { { 0, 5, false }, { 0, 3, true }, { 0, 4, false } }, 3, 2 },
	{ "/agent/seats/all-busy", { { 0, 5, true }, { 0, 3, true } }, 2, 2 },
	{ "/agent/seats/of-the-greedy",
	  { { 0, 1, false }, { 7, 8, false }, { 7, 9, false }, { 0, 2, false }, { 7, 7, false } },
	  5,
	  4 },
	{ "/agent/seats/busy-ones-count",
	  { { 0, 1, false }, { 7, 8, true }, { 7, 9, true }, { 7, 9, false } },
	  4,
	  3 },
	{ "/agent/seats/greedy-all-busy",
	  { { 0, 6, false }, { 7, 8, true }, { 7, 9, true }, { 3, 5, false } },
	  4,
	  4 },
	{ "/agent/seats/equally-many",
	  { { 0, 6, false }, { 7, 4, false }, { 0, 9, false }, { 7, 5, false } },
	  4,
	  1 },
};

static void test_case(gconstpointer data)
{
	const SeatsCase *c = data;

	g_assert_cmpuint(seats_choose(c->seats, c->n), ==, c->chosen);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_case);
	return g_test_run();
}
