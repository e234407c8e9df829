/* SPDX-License-Identifier: MIT */
/* indicator: each lamp over two seconds, drawn: one character for an eighth of a second. */
#include "agent/core/indicator.h"

#define STEP_US 125000
#define STEPS   16
#define START   (1000 * (int64_t)G_USEC_PER_SEC) /* all patterns begin here */
#define LATER   (START + 3600 * (int64_t)G_USEC_PER_SEC)

typedef struct LampCase {
	const char *name;
	IndicatorInput input;
	const char *lamps[LAMP_N];
} LampCase;

#define DARK "................"
#define LIT  "################"
#define SLOW "########........"
#define FAST "#.#.#.#.#.#.#.#."
#define WINK "#..............."

static const LampCase cases[] = {
	/* wifi, mqtt, published, error, provisioning, status */
	{ "no-network",
	  { .uplink = UPLINK_BACKOFF, .error = true },
	  { SLOW, DARK, DARK, LIT, DARK, WINK } },
	{ "connecting",
	  { .network = true, .uplink = UPLINK_CONNECTING },
	  { LIT, SLOW, DARK, DARK, DARK, WINK } },
	{ "online",
	  { .network = true, .uplink = UPLINK_ONLINE },
	  { LIT, LIT, DARK, DARK, DARK, LIT } },
	{ "published",
	  { .network = true, .uplink = UPLINK_ONLINE, .published_us = START },
	  { LIT, LIT, "##..............", DARK, DARK, LIT } },
	{ "error",
	  { .network = true, .uplink = UPLINK_BACKOFF, .error = true },
	  { LIT, SLOW, DARK, LIT, DARK, WINK } },
	{ "provisioning-ready",
	  { .uplink = UPLINK_BACKOFF, .provisioning = INDICATOR_PROVISIONING_READY },
	  { SLOW, DARK, DARK, DARK, SLOW, SLOW } },
	{ "provisioning-peer",
	  { .uplink = UPLINK_BACKOFF, .provisioning = INDICATOR_PROVISIONING_PEER },
	  { SLOW, DARK, DARK, DARK, LIT, SLOW } },
	{ "provisioning-joining",
	  { .uplink = UPLINK_BACKOFF, .provisioning = INDICATOR_PROVISIONING_JOINING },
	  { SLOW, DARK, DARK, DARK, FAST, SLOW } },
	{ "identify",
	  { .network = true, .uplink = UPLINK_ONLINE, .error = true, .identify_until_us = LATER },
	  { FAST, FAST, FAST, FAST, FAST, FAST } },
	{ "identify-ends",
	  { .network = true, .uplink = UPLINK_ONLINE, .identify_until_us = START + 4 * STEP_US },
	  { "#.#.############", "#.#.############", "#.#.............", "#.#.............",
	    "#.#.............", "#.#.############" } },
};

static void test_lamps(gconstpointer data)
{
	const LampCase *c = data;

	for (int lamp = 0; lamp < LAMP_N; lamp++) {
		char drawn[STEPS + 1] = "";

		for (int step = 0; step < STEPS; step++) {
			int64_t again_us = G_MAXINT64;

			drawn[step] = indicator_lit(&c->input, (Lamp)lamp, START + step * STEP_US,
						    &again_us)
					      ? '#'
					      : '.';
		}
		g_assert_cmpstr(drawn, ==, c->lamps[lamp]);
	}
}

/* Whoever looks again when told to sees every change, and is not told to look in vain. */
static void test_again(gconstpointer data)
{
	const LampCase *c = data;

	for (int lamp = 0; lamp < LAMP_N; lamp++) {
		int64_t next_us = START;
		bool lit = false;

		for (int64_t now_us = START; now_us < START + 2 * G_USEC_PER_SEC; now_us += 1000) {
			int64_t ignored_us = G_MAXINT64;
			bool is = indicator_lit(&c->input, (Lamp)lamp, now_us, &ignored_us);

			if (now_us >= next_us) {
				next_us = G_MAXINT64;
				lit = indicator_lit(&c->input, (Lamp)lamp, now_us, &next_us);
				g_assert_cmpint(next_us, >, now_us);
			}
			g_assert_cmpint(is, ==, lit);
		}
	}
}

/* A device on which all is well has nothing to wake up for. */
static void test_steady(void)
{
	const IndicatorInput input = { .network = true, .uplink = UPLINK_ONLINE };
	int64_t again_us = G_MAXINT64;

	for (int lamp = 0; lamp < LAMP_N; lamp++)
		indicator_lit(&input, (Lamp)lamp, START, &again_us);
	g_assert_cmpint(again_us, ==, G_MAXINT64);
}

/* Works, with a fault: dark for the last tenth of each two seconds. */
static void test_blink(void)
{
	const IndicatorInput input = { .network = true, .uplink = UPLINK_ONLINE, .error = true };
	int64_t again_us = G_MAXINT64;

	g_assert_true(indicator_lit(&input, LAMP_STATUS, START + 1899999, &again_us));
	g_assert_cmpint(again_us, ==, START + 1900000);
	g_assert_false(indicator_lit(&input, LAMP_STATUS, START + 1900000, &again_us));
}

static void test_provisioner_states(void)
{
	g_assert_cmpint(indicator_provisioning(NULL), ==, INDICATOR_PROVISIONING_OFF);
	g_assert_cmpint(indicator_provisioning("idle"), ==, INDICATOR_PROVISIONING_OFF);
	g_assert_cmpint(indicator_provisioning("ready"), ==, INDICATOR_PROVISIONING_READY);
	g_assert_cmpint(indicator_provisioning("secured"), ==, INDICATOR_PROVISIONING_PEER);
	g_assert_cmpint(indicator_provisioning("joining"), ==, INDICATOR_PROVISIONING_JOINING);
	g_assert_cmpint(indicator_provisioning("joined"), ==, INDICATOR_PROVISIONING_OFF);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *lamps =
			g_strdup_printf("/agent/indicator/%s/lamps", cases[i].name);
		g_autofree char *again =
			g_strdup_printf("/agent/indicator/%s/again", cases[i].name);

		g_test_add_data_func(lamps, &cases[i], test_lamps);
		g_test_add_data_func(again, &cases[i], test_again);
	}
	g_test_add_func("/agent/indicator/steady", test_steady);
	g_test_add_func("/agent/indicator/blink", test_blink);
	g_test_add_func("/agent/indicator/provisioner-states", test_provisioner_states);
	return g_test_run();
}
