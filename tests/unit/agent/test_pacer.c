/* SPDX-License-Identifier: MIT */
/* pacer: what a cloud's own bucket would take, and no more; nothing waits for ever. */
#include "agent/core/pacer.h"

#define START       INT64_C(1000000000) /* microseconds; any */
#define ROUNDING_US 20

typedef struct Flow {
	const char *path;
	ProfileLimits limits;
	PacerMessage message;
	unsigned burst;  /* messages that go at once */
	int64_t then_us; /* what the next one waits, give or take what rounding makes of it */
} Flow;

#define RATE(kind, count, seconds)                                                                 \
	{                                                                                          \
		{                                                                                  \
			PROFILE_RATE_##kind, count, seconds                                        \
		}                                                                                  \
	}

static const PacerMessage telemetry = { true, 10, 1000 };
static const PacerMessage other = { false, 0, 1000 };

static const Flow flows[] = {
	{ "one", { .rates = RATE(TELEMETRY, 1, 1), .rates_count = 1 }, { true, 0, 0 }, 1, 1111111 },
	{ "ten", { .rates = RATE(TELEMETRY, 10, 1), .rates_count = 1 }, { true, 0, 0 }, 9, 111111 },
	{ "long",
	  { .rates = RATE(ANY, 14000, 3600), .rates_count = 1 },
	  { true, 0, 0 },
	  12600,
	  285714 },
	{ "points",
	  { .rates = RATE(POINTS, 100, 1), .rates_count = 1 },
	  { true, 10, 0 },
	  9,
	  111111 },
	{ "octets",
	  { .rates = RATE(OCTETS, 10000, 1), .rates_count = 1 },
	  { true, 0, 1000 },
	  9,
	  111111 },
	{ "several",
	  { .rates = { { PROFILE_RATE_TELEMETRY, 100, 1 }, { PROFILE_RATE_TELEMETRY, 5, 60 } },
	    .rates_count = 2 },
	  { true, 0, 0 },
	  4,
	  6666667 },
	{ "larger-than-its-bucket",
	  { .rates = RATE(POINTS, 100, 1), .rates_count = 1 },
	  { true, 500, 0 },
	  1,
	  1111111 },
	{ "for-ever",
	  { .rates = RATE(TELEMETRY, 1, G_MAXUINT32), .rates_count = 1 },
	  { true, 0, 0 },
	  1,
	  INT64_C(35040000000000) },
};

static void test_flow(gconstpointer data)
{
	const Flow *c = data;
	g_autoptr(Pacer) pacer = pacer_new();
	int64_t wait_us;

	pacer_limit(pacer, &c->limits, START);
	for (unsigned i = 0; i < c->burst; i++)
		g_assert_cmpint(pacer_take(pacer, &c->message, START), ==, 0);
	wait_us = pacer_take(pacer, &c->message, START);
	g_assert_cmpint(wait_us, >=, c->then_us - ROUNDING_US);
	g_assert_cmpint(wait_us, <=, c->then_us + ROUNDING_US);
	g_assert_cmpint(pacer_take(pacer, &c->message, START + wait_us), ==, 0);
}

/* What counts one kind of message lets the other pass. */
static void test_kinds(void)
{
	static const ProfileLimits limits = { .rates = { { PROFILE_RATE_OTHER, 1, 60 },
							 { PROFILE_RATE_TELEMETRY, 1, 60 } },
					      .rates_count = 2 };
	g_autoptr(Pacer) pacer = pacer_new();

	pacer_limit(pacer, &limits, START);
	g_assert_cmpint(pacer_take(pacer, &telemetry, START), ==, 0);
	g_assert_cmpint(pacer_take(pacer, &other, START), ==, 0);
	g_assert_cmpint(pacer_take(pacer, &telemetry, START), >, 0);
	g_assert_cmpint(pacer_take(pacer, &other, START), >, 0);
}

/* A cloud that keeps a bucket without our reserve never has to refuse. */
static void test_against_bucket(void)
{
	static const ProfileLimits limits = { .rates = RATE(TELEMETRY, 20, 6), .rates_count = 1 };
	g_autoptr(Pacer) pacer = pacer_new();
	double bucket = 20;
	int64_t before_us = START, now_us = START;

	pacer_limit(pacer, &limits, START);
	for (unsigned sent = 0; sent < 200;) {
		int64_t wait_us = pacer_take(pacer, &telemetry, now_us);

		if (wait_us > 0) {
			now_us += wait_us;
			continue;
		}
		bucket = MIN(bucket + (double)(now_us - before_us) * 20 / 6e6, 20) - 1;
		before_us = now_us;
		g_assert_cmpfloat(bucket, >=, 0);
		sent++;
	}
	g_assert_cmpint(now_us - START, <, 200 * 6 * INT64_C(1000000) / 20 * 10 / 9);
}

/* Told again after a new connection, a limit goes on where it was; what was sent before it was
 * known counts. */
static void test_told_again(void)
{
	static const ProfileLimits none;
	static const ProfileLimits limits = { .rates = RATE(TELEMETRY, 10, 1), .rates_count = 1 };
	g_autoptr(Pacer) pacer = pacer_new();

	pacer_limit(pacer, &none, START);
	for (unsigned i = 0; i < 4; i++)
		g_assert_cmpint(pacer_take(pacer, &telemetry, START), ==, 0);
	pacer_limit(pacer, &limits, START);
	g_assert_cmpuint(pacer_room(pacer, START), ==, 5);
	for (unsigned i = 0; i < 5; i++)
		g_assert_cmpint(pacer_take(pacer, &telemetry, START), ==, 0);
	pacer_limit(pacer, &limits, START);
	g_assert_cmpint(pacer_take(pacer, &telemetry, START), >, 0);
	g_assert_cmpuint(pacer_room(pacer, START), ==, 1);
	g_assert_cmpuint(pacer_room(pacer, START + 2000000), ==, 9);
}

static void test_points(void)
{
	static const ProfileLimits limits = { .rates = { { PROFILE_RATE_POINTS, 300, 1 },
							 { PROFILE_RATE_POINTS, 200, 60 } },
					      .rates_count = 2 };
	g_autoptr(Pacer) pacer = pacer_new();

	g_assert_cmpuint(pacer_points(pacer), ==, 0);
	pacer_limit(pacer, &limits, START);
	g_assert_cmpuint(pacer_points(pacer), ==, 180);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(flows); i++) {
		g_autofree char *path = g_strconcat("/agent/pacer/", flows[i].path, NULL);

		g_test_add_data_func(path, &flows[i], test_flow);
	}
	g_test_add_func("/agent/pacer/kinds", test_kinds);
	g_test_add_func("/agent/pacer/against-bucket", test_against_bucket);
	g_test_add_func("/agent/pacer/told-again", test_told_again);
	g_test_add_func("/agent/pacer/points-of-one", test_points);
	return g_test_run();
}
