/* SPDX-License-Identifier: MIT */
/* renewal: ten simulated years, with the server failing at each step, asking to be left alone for
 * any time, and with an agent that is started again and again; and what is drawn, and done about a
 * wrong clock. */
#include "agent/core/renewal.h"

#include <glib.h>

#define MINUTE INT64_C(60)
#define HOUR   INT64_C(3600)
#define DAY    INT64_C(86400)
#define YEARS  (INT64_C(3653) * DAY)
#define START  INT64_C(1800000000) /* 2027 */

/* Where a renewal breaks while the server is ill */
typedef enum Fault {
	FAULT_NONE,
	FAULT_START,     /* nothing can be begun: no key, no process */
	FAULT_REFUSED,   /* the server says no, at once */
	FAULT_LATER,     /* not yet, with a Retry-After of any kind */
	FAULT_HANGS,     /* and after six hours the request is given up */
	FAULT_BAD,       /* a certificate comes that no broker takes: given up after its trial */
	FAULT_BAD_SHORT, /* such a one, that ends before the present one */
} Fault;

/* A device and its server. */
typedef struct World {
	Renewal renewal;
	uint32_t generation; /* the highest */
	uint32_t good;       /* the one in force */
	Fault fault;
	int64_t lifetime_s;
	int64_t now_s;
	int64_t ends_s;   /* of the request under way; 0: none */
	int64_t trial_s;  /* end of the trial of a bad certificate; 0: none */
	int64_t from_s;   /* of the good certificate in force */
	RenewalWait next; /* what is on disk for it */
	RenewalWait wait;
	bool restarts; /* at random, as often as not, between requests */
	uint32_t noise;
	unsigned requests; /* since it came */
	unsigned requests_max;
	unsigned renewed;
} World;

static int64_t world_until(const World *world)
{
	return world->from_s + world->lifetime_s;
}

/* The server is ill through the most of what is left after two thirds. */
static bool world_is_ill(const World *world)
{
	return world->fault != FAULT_NONE &&
	       world->now_s < world_until(world) - world->lifetime_s / 15;
}

static bool on_start(void *data)
{
	World *world = data;
	bool ill = world_is_ill(world);

	g_assert_cmpint(world->now_s, >=, world->wait.until_s); /* never too early */
	world->requests++;
	if (ill && world->fault == FAULT_START)
		return false;
	world->ends_s = world->now_s + (ill && world->fault == FAULT_HANGS ? 6 * HOUR : MINUTE);
	return true;
}

static uint32_t on_random(uint32_t bound, void *data)
{
	World *world = data;

	world->noise = world->noise * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)world->noise * bound) >> 32);
}

static void on_note(const RenewalWait *next, void *data)
{
	World *world = data;

	g_assert_cmpint(next->until_s, >, next->from_s);
	g_assert_cmpint(next->until_s, <=, next->from_s + DAY);
	world->next = *next;
}

static const RenewalPort port = { on_start, on_random, on_note };

static bool use(World *world, uint32_t generation, int64_t from_s, int64_t until_s)
{
	const RenewalCertificate certificate = { generation, from_s, until_s };

	world->next = world->wait = (RenewalWait){ 0 }; /* were those of another */
	world->generation = MAX(world->generation, generation);
	return renewal_certificate(&world->renewal, &certificate, world->now_s);
}

static void world_take(World *world)
{
	world->from_s = world->now_s;
	world->renewed++;
	world->requests_max = MAX(world->requests_max, world->requests);
	world->requests = 0;
	world->good = world->generation + 1;
	use(world, world->good, world->from_s, world_until(world));
}

/* A certificate that will be given up. */
static void world_try(World *world)
{
	int64_t until_s = world->fault == FAULT_BAD_SHORT ? world_until(world) - MINUTE
							  : world->now_s + world->lifetime_s;

	world->trial_s = world->now_s + 10 * MINUTE;
	use(world, world->generation + 1, world->now_s, until_s);
}

/* The first request of a renewal is answered with the longest time. */
static void world_defer(World *world)
{
	static const int64_t wanted_s[] = { -DAY, 0, 1, HOUR, 6 * HOUR, 2 * DAY, 3650 * DAY };
	int64_t span_s = wanted_s[on_random(G_N_ELEMENTS(wanted_s), world)];

	if (world->requests == 1)
		span_s = G_MAXINT64;
	world->wait = renewal_wait_begin(span_s, world_until(world), world->now_s);
	renewal_heed(&world->renewal, &world->wait);
	renewal_failed(&world->renewal, world->now_s);
}

static void world_answer(World *world)
{
	world->ends_s = 0;
	if (!world_is_ill(world)) {
		world_take(world);
	} else if (world->fault == FAULT_BAD || world->fault == FAULT_BAD_SHORT) {
		world_try(world);
	} else if (world->fault == FAULT_LATER) {
		world_defer(world);
	} else {
		renewal_failed(&world->renewal, world->now_s);
	}
}

/* What is in memory is lost, a request under way too. */
static void world_restart(World *world)
{
	const RenewalCertificate certificate = { world->good, world->from_s, world_until(world) };

	renewal_init(&world->renewal, &port, world);
	renewal_certificate(&world->renewal, &certificate, world->now_s);
	renewal_resume(&world->renewal, &world->next, world->now_s);
	renewal_heed(&world->renewal, &world->wait);
	world->ends_s = 0;
}

static void world_turn(World *world)
{
	if (world->restarts && !world->ends_s && on_random(2, world) == 0)
		world_restart(world);
	if (world->trial_s && world->now_s >= world->trial_s) {
		world->trial_s = 0;
		use(world, world->good, world->from_s, world_until(world));
	}
	if (world->ends_s && world->now_s >= world->ends_s)
		world_answer(world);
	renewal_step(&world->renewal, world->now_s);
}

static void world_begin(World *world, Fault fault, int64_t lifetime_s, uint32_t noise)
{
	*world = (World){ .fault = fault,
			  .lifetime_s = lifetime_s,
			  .now_s = START,
			  .from_s = START,
			  .noise = noise };
	renewal_init(&world->renewal, &port, world);
	world->good = 1;
	use(world, 1, START, START + lifetime_s);
}

typedef struct WarpCase {
	const char *path;
	Fault fault;
	int64_t lifetime_s;
	unsigned requests_max; /* for one certificate */
} WarpCase;

/* Ill for 4/15 of the lifetime, a try each 3/200 of it at most, or each 3/4 of a day */
static const WarpCase warp_cases[] = {
	{ "healthy/week", FAULT_NONE, 7 * DAY, 1 },
	{ "healthy/quarter", FAULT_NONE, 90 * DAY, 1 },
	{ "healthy/year", FAULT_NONE, 365 * DAY, 1 },
	{ "nothing-begins/week", FAULT_START, 7 * DAY, 20 },
	{ "nothing-begins/quarter", FAULT_START, 90 * DAY, 34 },
	{ "nothing-begins/year", FAULT_START, 365 * DAY, 132 },
	{ "refused/week", FAULT_REFUSED, 7 * DAY, 20 },
	{ "refused/quarter", FAULT_REFUSED, 90 * DAY, 34 },
	{ "refused/year", FAULT_REFUSED, 365 * DAY, 132 },
	{ "later/week", FAULT_LATER, 7 * DAY, 20 },
	{ "later/quarter", FAULT_LATER, 90 * DAY, 34 },
	{ "later/year", FAULT_LATER, 365 * DAY, 132 },
	{ "hangs/week", FAULT_HANGS, 7 * DAY, 20 },
	{ "hangs/quarter", FAULT_HANGS, 90 * DAY, 34 },
	{ "bad-certificate/week", FAULT_BAD, 7 * DAY, 20 },
	{ "bad-certificate/quarter", FAULT_BAD, 90 * DAY, 34 },
	{ "bad-and-short/week", FAULT_BAD_SHORT, 7 * DAY, 20 },
	{ "bad-and-short/quarter", FAULT_BAD_SHORT, 90 * DAY, 34 },
};

/* No more often than without */
static const WarpCase restart_cases[] = {
	{ "healthy/quarter", FAULT_NONE, 90 * DAY, 1 },
	{ "refused/week", FAULT_REFUSED, 7 * DAY, 20 },
	{ "refused/quarter", FAULT_REFUSED, 90 * DAY, 34 },
	{ "refused/year", FAULT_REFUSED, 365 * DAY, 132 },
	{ "later/week", FAULT_LATER, 7 * DAY, 20 },
	{ "later/quarter", FAULT_LATER, 90 * DAY, 34 },
	{ "later/year", FAULT_LATER, 365 * DAY, 132 },
};

static void warp(const WarpCase *row, bool restarts)
{
	World world;

	world_begin(&world, row->fault, row->lifetime_s, 7);
	world.restarts = restarts;
	for (; world.now_s < START + YEARS; world.now_s += 10 * MINUTE) {
		g_assert_cmpint(world.now_s, <, world_until(&world)); /* never without */
		world_turn(&world);
	}
	g_assert_cmpint(world.renewed, >=, YEARS / row->lifetime_s - 1);
	g_assert_cmpint(world.renewed, <=, YEARS * 3 / 2 / row->lifetime_s);
	g_assert_cmpuint(world.requests_max, <=, row->requests_max);
}

static void test_warp(gconstpointer data)
{
	warp(data, false);
}

static void test_restarts(gconstpointer data)
{
	warp(data, true);
}

/* The nearer the end, the sooner after a failure the next attempt. */
static void test_haste(void)
{
	World world;
	int64_t end_s = START + 7 * DAY;

	world_begin(&world, FAULT_REFUSED, 7 * DAY, 7);
	for (; world.now_s < end_s - 90 * MINUTE; world.now_s += MINUTE) {
		world_turn(&world);
		if (world.now_s > end_s - 12 * HOUR && world.renewal.state == RENEWAL_WAITING)
			g_assert_cmpint(world.renewal.due_s - world.now_s, <=,
					(end_s - world.now_s) / 4);
	}
	g_assert_cmpuint(world.requests, <=, 34);
}

/* A server that is away for longer than the certificate lasts: tried on, and taken when back. */
static void test_after_the_end(void)
{
	World world;

	world_begin(&world, FAULT_REFUSED, 90 * DAY, 7);
	for (; world.now_s < START + 91 * DAY; world.now_s += HOUR) {
		world_turn(&world);
		world.ends_s = 0;
		renewal_failed(&world.renewal, world.now_s);
	}
	g_assert_cmpint(world.now_s, >, world_until(&world));
	for (int i = 0; i < 72 && world.renewed == 0; i++, world.now_s += HOUR)
		world_turn(&world);
	g_assert_cmpuint(world.renewed, ==, 1);
	g_assert_cmpint(world.now_s, <, world_until(&world));
}

/* A server that hands out what is two thirds through on arrival is not asked all day long. */
static void test_born_old(void)
{
	int64_t until_s = START + 90 * DAY;
	World world;

	world_begin(&world, FAULT_NONE, 90 * DAY, 7);
	for (; world.now_s < START + 365 * DAY; world.now_s += MINUTE) {
		g_assert_cmpint(world.now_s, <, until_s);
		if (world.ends_s && world.now_s >= world.ends_s) {
			world.ends_s = 0;
			until_s = world.now_s + 9 * DAY;
			g_assert_true(
				use(&world, world.generation + 1, until_s - 90 * DAY, until_s));
		}
		renewal_step(&world.renewal, world.now_s);
	}
	g_assert_cmpuint(world.requests, >, 300 / 2);
	g_assert_cmpuint(world.requests, <, 310 * 4 / 3 + 2);
}

/* The longer it has run out, the less often a server that says nothing is asked. */
static void test_overdue(void)
{
	World world;
	unsigned first_day = 0;

	world_begin(&world, FAULT_REFUSED, HOUR, 7);
	for (; world.now_s < START + 30 * DAY; world.now_s += MINUTE) {
		world_turn(&world);
		if (world.ends_s)
			renewal_failed(&world.renewal, world.now_s);
		world.ends_s = 0;
		if (world.now_s == START + DAY)
			first_day = world.requests;
	}
	g_assert_cmpuint(first_day, >, 20);
	g_assert_cmpuint(first_day, <, 60);
	g_assert_cmpuint(world.requests - first_day, >=, 28);
	g_assert_cmpuint(world.requests - first_day, <, 60);
}

/* Another generation with the same certificate is no other certificate, wherever it comes from. */
static void test_same(void)
{
	World world;

	world_begin(&world, FAULT_NONE, 90 * DAY, 7);
	g_assert_false(use(&world, 3, START, START + 90 * DAY));
	g_assert_false(use(&world, 2, START, START + 90 * DAY));
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_IDLE);
	g_assert_true(use(&world, 1, START - DAY, START + 100 * DAY));
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_WAITING);
}

/* A fleet that was made in one minute does not come in one. */
static void test_jitter(void)
{
	unsigned tenths[10] = { 0 };

	for (uint32_t device = 0; device < 1000; device++) {
		int64_t first = START + 60 * DAY; /* two thirds */
		World world;

		world_begin(&world, FAULT_NONE, 90 * DAY, device * 2654435761U);
		for (world.now_s = first - HOUR; world.renewal.state == RENEWAL_IDLE;
		     world.now_s += 10 * MINUTE)
			renewal_step(&world.renewal, world.now_s);

		int64_t late_s = world.now_s - 10 * MINUTE - first;

		g_assert_cmpint(late_s, >=, 0);
		g_assert_cmpint(late_s, <=, 90 * DAY / 20 + 10 * MINUTE);
		tenths[MIN(late_s * 10 / (90 * DAY / 20), 9)]++;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(tenths); i++)
		g_assert_cmpuint(tenths[i], <, 200);
}

/* An implausible clock decides nothing; one that was years ahead keeps no pause going. */
static void test_clock(void)
{
	World world;

	world_begin(&world, FAULT_REFUSED, 90 * DAY, 7);
	renewal_step(&world.renewal, 0);
	g_assert_cmpuint(world.requests, ==, 0);
	renewal_step(&world.renewal, START + 3650 * DAY);
	g_assert_cmpuint(world.requests, ==, 1);
	renewal_failed(&world.renewal, START + 3650 * DAY);
	renewal_step(&world.renewal, START + 61 * DAY);
	renewal_step(&world.renewal, START + 63 * DAY);
	g_assert_cmpuint(world.requests, ==, 2);
}

/* A moment that was noted in a future which is none: whoever starts again and again asks once a day
 * all in all, and a hundred days are not lost. */
static void test_clock_back(void)
{
	const RenewalWait ahead = { START + 4000 * DAY, START + 4001 * DAY, 0 };
	World world;

	world_begin(&world, FAULT_REFUSED, 3650 * DAY, 7);
	world.next = world.wait = ahead;
	world.now_s = START + 3500 * DAY;
	for (; world.now_s < START + 3600 * DAY; world.now_s += MINUTE) {
		world_restart(&world);
		world.wait = (RenewalWait){ 0 }; /* of on_start() */
		renewal_step(&world.renewal, world.now_s);
		world.next = world.wait = ahead;
	}
	g_assert_cmpuint(world.requests, >, 60);
	g_assert_cmpuint(world.requests, <, 150);
}

/* A device whose clock knows nothing at each start, and is set a minute later. */
static void test_clock_late(void)
{
	const int64_t wrong_s = START + 3000 * DAY;
	World world;
	unsigned early = 0;

	world_begin(&world, FAULT_REFUSED, 3650 * DAY, 7);
	for (int64_t at_s = START + 3500 * DAY; at_s < START + 3600 * DAY; at_s += 5 * MINUTE) {
		world.now_s = wrong_s;
		world_restart(&world);
		renewal_step(&world.renewal, wrong_s);
		early += world.renewal.state == RENEWAL_RUNNING;
		world.now_s = at_s;
		renewal_step(&world.renewal, at_s);
		if (world.renewal.state == RENEWAL_RUNNING)
			renewal_failed(&world.renewal, at_s);
	}
	g_assert_cmpuint(early, <, 30);
	g_assert_cmpuint(world.requests - early, >=, 99);
	g_assert_cmpuint(world.requests - early, <, 135);
}

/* A request that was lost with the process is a failure, too: it may have been what ended it. */
static void test_lost(void)
{
	World world;

	world_begin(&world, FAULT_NONE, 90 * DAY, 7);
	world.now_s = START + 70 * DAY;
	renewal_step(&world.renewal, world.now_s);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_RUNNING);
	world.now_s += 1;
	world_restart(&world);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_WAITING);
	g_assert_cmpint(world.renewal.due_s, ==, world.next.until_s);
	for (; world.requests == 1; world.now_s += MINUTE)
		renewal_step(&world.renewal, world.now_s);
	g_assert_cmpint(world.now_s, >, START + 70 * DAY + DAY * 3 / 4);
}

/* What was noted says nothing of a certificate whose time has not come, and of one
 * that is renewed. */
static void test_resume(void)
{
	const RenewalWait next = { START + DAY, START + 2 * DAY, 0 };
	const RenewalWait never = { 0 };
	World world;

	world_begin(&world, FAULT_REFUSED, 90 * DAY, 7);
	renewal_resume(&world.renewal, &next, START);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_IDLE);
	renewal_resume(&world.renewal, &never, START + 89 * DAY);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_IDLE);
	renewal_step(&world.renewal, START + 89 * DAY);
	g_assert_cmpuint(world.requests, ==, 1);
	renewal_resume(&world.renewal, &next, START + DAY);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_RUNNING);
}

/* A fleet that a server has sent away in one second does not come back in one, and
 * none too early. */
static void test_spread(void)
{
	const int64_t from_s = START + 70 * DAY;
	const RenewalWait wait = { from_s, from_s + 10 * HOUR, 0 };
	unsigned tenths[10] = { 0 };

	for (uint32_t device = 0; device < 1000; device++) {
		World world;

		world_begin(&world, FAULT_NONE, 90 * DAY, device * 2654435761U);
		world.wait = wait;
		world.now_s = from_s;
		renewal_heed(&world.renewal, &wait);
		for (; world.requests == 0; world.now_s += MINUTE) {
			renewal_heed(&world.renewal, &wait);
			renewal_step(&world.renewal, world.now_s);
		}

		int64_t late_s = world.now_s - MINUTE - wait.until_s;

		g_assert_cmpint(late_s, <=, 5 * HOUR / 2 + MINUTE);
		tenths[MIN(late_s * 10 / (5 * HOUR / 2), 9)]++;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(tenths); i++)
		g_assert_cmpuint(tenths[i], <, 200);
}

/* A server that wants to be left alone is asked on nobody's demand, nor after it has said
 * otherwise. */
static void test_ask_held(void)
{
	const RenewalWait wait = { START, START + HOUR, 0 };
	const RenewalWait none = { 0 };
	World world;

	world_begin(&world, FAULT_NONE, 90 * DAY, 7);
	renewal_heed(&world.renewal, &wait);
	g_assert_false(renewal_ask(&world.renewal, START));
	g_assert_false(renewal_ask(&world.renewal, START + HOUR - 1));
	g_assert_cmpuint(world.requests, ==, 0);
	g_assert_true(renewal_ask(&world.renewal, START - 1)); /* of another clock */
	renewal_failed(&world.renewal, START);
	g_assert_true(renewal_ask(&world.renewal, 0)); /* of none */
	renewal_failed(&world.renewal, START);
	g_assert_true(renewal_ask(&world.renewal, START + HOUR));
	renewal_failed(&world.renewal, START);
	renewal_heed(&world.renewal, &none);
	g_assert_true(renewal_ask(&world.renewal, START));
	g_assert_cmpuint(world.requests, ==, 4);
}

/* Asked for: at once, but one at a time. */
static void test_ask(void)
{
	World world;

	world_begin(&world, FAULT_NONE, 90 * DAY, 7);
	g_assert_true(renewal_ask(&world.renewal, START));
	g_assert_false(renewal_ask(&world.renewal, START));
	renewal_failed(&world.renewal, START);
	g_assert_cmpint(world.renewal.state, ==, RENEWAL_WAITING);
	world.fault = FAULT_START;
	g_assert_false(renewal_ask(&world.renewal, START));
	g_assert_cmpuint(world.requests, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(warp_cases); i++) {
		g_autofree char *path = g_strconcat("/renewal/warp/", warp_cases[i].path, NULL);

		g_test_add_data_func(path, &warp_cases[i], test_warp);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(restart_cases); i++) {
		g_autofree char *path =
			g_strconcat("/renewal/restarts/", restart_cases[i].path, NULL);

		g_test_add_data_func(path, &restart_cases[i], test_restarts);
	}
	g_test_add_func("/renewal/haste", test_haste);
	g_test_add_func("/renewal/after-the-end", test_after_the_end);
	g_test_add_func("/renewal/born-old", test_born_old);
	g_test_add_func("/renewal/overdue", test_overdue);
	g_test_add_func("/renewal/same", test_same);
	g_test_add_func("/renewal/jitter", test_jitter);
	g_test_add_func("/renewal/clock", test_clock);
	g_test_add_func("/renewal/clock-back", test_clock_back);
	g_test_add_func("/renewal/clock-late", test_clock_late);
	g_test_add_func("/renewal/lost", test_lost);
	g_test_add_func("/renewal/resume", test_resume);
	g_test_add_func("/renewal/spread", test_spread);
	g_test_add_func("/renewal/ask", test_ask);
	g_test_add_func("/renewal/ask-held", test_ask_held);
	return g_test_run();
}
