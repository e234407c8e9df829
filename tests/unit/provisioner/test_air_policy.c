/* SPDX-License-Identifier: MIT */
/* air-policy: what happens when, and whether the device is on the air then, why, until when. */
#include "provisioner/core/air-policy.h"

#define FOREVER -1
#define LIMIT   600 /* s, of each reason unless a case says otherwise */
#define LOST    300

typedef enum Event {
	END,
	NOTHING, /* only look */
	UNKNOWN, /* no interface */
	BLANK,   /* no network configured */
	ONLINE,
	OFFLINE, /* configured, without an address */
	START,
	RESET,
	BUTTON,
	STOP,
	PHONE,
	PROOF,
	LEAVES,
	DONE,
} Event;

typedef struct Step {
	int at_s;
	Event event;
	const char *reason; /* "" for off */
	int until_s;        /* while on */
} Step;

typedef struct Case {
	const char *name;
	unsigned int reasons; /* bits 1 << AirReason */
	int limit_s;          /* 0: none */
	Step steps[16];
} Case;

#define BIT(reason) (1U << AIR_##reason)

static const Case cases[] = {
	{ "unprovisioned/blank",
	  BIT(UNPROVISIONED),
	  0,
	  { { 0, UNKNOWN, "", 0 },
	    { 1, BLANK, "unprovisioned", FOREVER },
	    { 99999, NOTHING, "unprovisioned", FOREVER } } },
	{ "unprovisioned/configured",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, ONLINE, "", 0 }, { 2, OFFLINE, "", 0 }, { 9999, NOTHING, "", 0 } } },
	{ "unprovisioned/by-hand",
	  BIT(UNPROVISIONED),
	  0, /* an operator configures a network */
	  { { 1, BLANK, "unprovisioned", FOREVER }, { 2, ONLINE, "", 0 } } },
	{ "unprovisioned/forgotten",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, ONLINE, "", 0 }, { 2, BLANK, "unprovisioned", FOREVER } } },
	{ "unprovisioned/limit",
	  BIT(UNPROVISIONED),
	  LIMIT,
	  { { 1, BLANK, "unprovisioned", 601 },
	    { 600, NOTHING, "unprovisioned", 601 },
	    { 601, NOTHING, "", 0 },
	    { 700, BLANK, "", 0 },
	    { 701, ONLINE, "", 0 },
	    { 800, BLANK, "unprovisioned", 1400 } } },
	{ "unprovisioned/reset",
	  BIT(UNPROVISIONED) | BIT(BUTTON),
	  LIMIT, /* what a person began stays over */
	  { { 1, BLANK, "unprovisioned", 601 },
	    { 2, BUTTON, "button", 602 },
	    { 602, NOTHING, "", 0 },
	    { 700, RESET, "unprovisioned", 1300 },
	    { 800, RESET, "unprovisioned", 1300 },
	    { 801, ONLINE, "", 0 },
	    { 900, RESET, "", 0 } } },
	{ "unprovisioned/stopped",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, BLANK, "unprovisioned", FOREVER },
	    { 2, STOP, "", 0 },
	    { 3, BLANK, "", 0 },
	    { 4, UNKNOWN, "", 0 },
	    { 5, BLANK, "", 0 },
	    { 6, START, "on-demand", FOREVER } } },
	{ "unprovisioned/interface-lost",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, BLANK, "unprovisioned", FOREVER },
	    { 2, UNKNOWN, "unprovisioned", FOREVER },
	    { 3, BLANK, "unprovisioned", FOREVER } } },
	{ "unprovisioned/done",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, BLANK, "unprovisioned", FOREVER },
	    { 2, PHONE, "unprovisioned", FOREVER },
	    { 3, PROOF, "unprovisioned", FOREVER },
	    { 4, ONLINE, "unprovisioned", FOREVER },
	    { 5, DONE, "", 0 },
	    { 6, LEAVES, "", 0 },
	    { 7, BLANK, "unprovisioned", FOREVER } } },
	/* What the phone did left no network behind: over all the same. */
	{ "unprovisioned/done-in-vain",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, BLANK, "unprovisioned", FOREVER },
	    { 2, PROOF, "unprovisioned", FOREVER },
	    { 3, DONE, "", 0 },
	    { 4, BLANK, "", 0 } } },
	{ "always/over-again",
	  BIT(ALWAYS),
	  LIMIT,
	  { { 0, UNKNOWN, "", 0 },
	    { 1, ONLINE, "always", 601 },
	    { 100, PHONE, "always", 601 },
	    { 101, PROOF, "always", 601 },
	    { 120, DONE, "always", 720 },
	    { 720, NOTHING, "", 0 },
	    { 9999, ONLINE, "", 0 },
	    { 10000, START, "on-demand", 10600 } } },
	{ "always/stopped",
	  BIT(ALWAYS),
	  0,
	  { { 1, ONLINE, "always", FOREVER }, { 2, STOP, "", 0 }, { 3, OFFLINE, "", 0 } } },
	/* As where the daemon has ended in between. */
	{ "always/started-again",
	  BIT(ALWAYS),
	  0,
	  { { 1, ONLINE, "always", FOREVER },
	    { 2, STOP, "", 0 },
	    { 3, START, "on-demand", FOREVER },
	    { 4, PROOF, "on-demand", FOREVER },
	    { 5, DONE, "always", FOREVER } } },
	{ "on-demand",
	  0,
	  LIMIT,
	  { { 1, BLANK, "", 0 },
	    { 2, START, "on-demand", 602 },
	    { 300, START, "on-demand", 900 },
	    { 900, NOTHING, "", 0 },
	    { 901, START, "on-demand", 1501 },
	    { 902, STOP, "", 0 },
	    { 903, START, "on-demand", 1503 },
	    { 904, PROOF, "on-demand", 1503 },
	    { 905, DONE, "", 0 },
	    { 906, START, "on-demand", 1506 } } },
	{ "on-demand/before-wifi", 0, LIMIT, { { 0, START, "on-demand", 600 } } },
	{ "button",
	  BIT(BUTTON),
	  LIMIT,
	  { { 1, ONLINE, "", 0 },
	    { 2, BUTTON, "button", 602 },
	    { 3, BUTTON, "button", 603 },
	    { 603, NOTHING, "", 0 },
	    { 604, BUTTON, "button", 1204 },
	    { 605, STOP, "", 0 } } },
	{ "button/off", BIT(ALWAYS), 0, { { 1, BUTTON, "", 0 } } },
	{ "lost",
	  BIT(NETWORK_LOST),
	  0,
	  { { 1, ONLINE, "", 0 },
	    { 2, OFFLINE, "", 0 },
	    { 301, OFFLINE, "", 0 },
	    { 302, NOTHING, "network-lost", FOREVER },
	    { 400, ONLINE, "", 0 },
	    { 500, OFFLINE, "", 0 },
	    { 600, ONLINE, "", 0 },
	    { 799, OFFLINE, "", 0 },
	    { 1098, NOTHING, "", 0 },
	    { 1099, NOTHING, "network-lost", FOREVER } } },
	{ "lost/at-start",
	  BIT(NETWORK_LOST),
	  0,
	  { { 1, OFFLINE, "", 0 }, { 301, NOTHING, "network-lost", FOREVER } } },
	{ "lost/interface",
	  BIT(NETWORK_LOST),
	  0,
	  { { 1, ONLINE, "", 0 },
	    { 2, UNKNOWN, "", 0 },
	    { 302, NOTHING, "network-lost", FOREVER } } },
	{ "lost/never-had",
	  BIT(NETWORK_LOST),
	  0,
	  { { 1, BLANK, "", 0 }, { 9999, NOTHING, "", 0 } } },
	{ "lost/forgotten",
	  BIT(NETWORK_LOST),
	  0,
	  { { 1, OFFLINE, "", 0 }, { 2, BLANK, "", 0 }, { 9999, NOTHING, "", 0 } } },
	{ "lost/limit",
	  BIT(NETWORK_LOST),
	  LIMIT,
	  { { 0, OFFLINE, "", 0 },
	    { 300, NOTHING, "network-lost", 900 },
	    { 900, NOTHING, "", 0 },
	    { 9999, OFFLINE, "", 0 },
	    { 10000, ONLINE, "", 0 },
	    { 10001, OFFLINE, "", 0 },
	    { 10301, NOTHING, "network-lost", 10901 } } },
	/* Back, but a phone is at it: not under its hands. */
	{ "lost/back-with-phone",
	  BIT(NETWORK_LOST),
	  0,
	  { { 0, OFFLINE, "", 0 },
	    { 300, NOTHING, "network-lost", FOREVER },
	    { 301, PHONE, "network-lost", FOREVER },
	    { 302, ONLINE, "network-lost", FOREVER },
	    { 303, PROOF, "network-lost", FOREVER },
	    { 310, LEAVES, "", 0 } } },
	/* A stranger has a minute then, and no more. */
	{ "lost/back-with-stranger",
	  BIT(NETWORK_LOST),
	  0,
	  { { 0, OFFLINE, "", 0 },
	    { 300, NOTHING, "network-lost", FOREVER },
	    { 301, PHONE, "network-lost", FOREVER },
	    { 302, ONLINE, "network-lost", FOREVER },
	    { 330, ONLINE, "network-lost", FOREVER },
	    { 361, NOTHING, "network-lost", FOREVER },
	    { 362, NOTHING, "", 0 },
	    { 363, OFFLINE, "", 0 },
	    { 663, NOTHING, "network-lost", FOREVER } } },
	{ "lost/proved-in-the-last-minute",
	  BIT(NETWORK_LOST),
	  0,
	  { { 0, OFFLINE, "", 0 },
	    { 300, NOTHING, "network-lost", FOREVER },
	    { 301, PHONE, "network-lost", FOREVER },
	    { 302, ONLINE, "network-lost", FOREVER },
	    { 361, PROOF, "network-lost", FOREVER },
	    { 9999, NOTHING, "network-lost", FOREVER },
	    { 10000, PHONE, "network-lost", FOREVER },
	    { 10059, NOTHING, "network-lost", FOREVER },
	    { 10060, NOTHING, "", 0 } } },
	{ "unprovisioned/by-hand-with-stranger",
	  BIT(UNPROVISIONED),
	  0,
	  { { 1, BLANK, "unprovisioned", FOREVER },
	    { 2, PHONE, "unprovisioned", FOREVER },
	    { 3, ONLINE, "unprovisioned", FOREVER },
	    { 10, BLANK, "unprovisioned", FOREVER },
	    { 99, NOTHING, "unprovisioned", FOREVER },
	    { 100, ONLINE, "unprovisioned", FOREVER },
	    { 159, NOTHING, "unprovisioned", FOREVER },
	    { 160, NOTHING, "", 0 } } },
	{ "lost/stopped",
	  BIT(NETWORK_LOST),
	  0,
	  { { 0, OFFLINE, "", 0 },
	    { 300, NOTHING, "network-lost", FOREVER },
	    { 301, STOP, "", 0 },
	    { 9999, OFFLINE, "", 0 },
	    { 10000, ONLINE, "", 0 },
	    { 10001, OFFLINE, "", 0 },
	    { 10301, NOTHING, "network-lost", FOREVER } } },
	/* A stranger that connects again and again has a minute after the limit, not more. */
	{ "stranger",
	  0,
	  LIMIT,
	  { { 0, START, "on-demand", 600 },
	    { 599, PHONE, "on-demand", 600 },
	    { 601, NOTHING, "on-demand", 600 },
	    { 659, NOTHING, "on-demand", 600 },
	    { 660, NOTHING, "", 0 } } },
	{ "stranger/leaves-late",
	  0,
	  LIMIT,
	  { { 0, START, "on-demand", 600 },
	    { 599, PHONE, "on-demand", 600 },
	    { 630, LEAVES, "", 0 } } },
	{ "proved/no-limit",
	  0,
	  LIMIT,
	  { { 0, START, "on-demand", 600 },
	    { 599, PHONE, "on-demand", 600 },
	    { 600, PROOF, "on-demand", 600 },
	    { 5000, NOTHING, "on-demand", 600 },
	    { 5001, LEAVES, "on-demand", 5601 },
	    { 5601, NOTHING, "", 0 } } },
	/* The longest of several counts; a person's wish is what is told first. */
	{ "together",
	  BIT(UNPROVISIONED) | BIT(BUTTON) | BIT(NETWORK_LOST),
	  LIMIT,
	  { { 0, BLANK, "unprovisioned", 600 },
	    { 100, BUTTON, "button", 700 },
	    { 200, ONLINE, "button", 700 },
	    { 300, OFFLINE, "button", 700 },
	    { 600, NOTHING, "button", 1200 },
	    { 700, NOTHING, "network-lost", 1200 },
	    { 701, STOP, "", 0 },
	    { 702, BUTTON, "button", 1302 } } },
};

#define SECOND INT64_C(1000000)

static void send(AirPolicy *policy, Event event, int64_t now_us)
{
	const AirNetwork network = {
		.known = event != UNKNOWN,
		.provisioned = event == ONLINE || event == OFFLINE,
		.online = event == ONLINE,
	};

	switch (event) {
	case END:
	case NOTHING: break;
	case UNKNOWN:
	case BLANK:
	case ONLINE:
	case OFFLINE: air_policy_on_network(policy, &network, now_us); break;
	case START: air_policy_on_start(policy, now_us); break;
	case RESET: air_policy_on_reset(policy, now_us); break;
	case BUTTON: air_policy_on_button(policy, now_us); break;
	case STOP: air_policy_on_stop(policy, now_us); break;
	case PHONE: air_policy_on_phone(policy, AIR_PHONE_THERE, now_us); break;
	case PROOF: air_policy_on_phone(policy, AIR_PHONE_PROVED, now_us); break;
	case LEAVES: air_policy_on_phone(policy, AIR_PHONE_NONE, now_us); break;
	case DONE: air_policy_on_done(policy, now_us); break;
	}
}

/* As the App does it: each deadline on the way is met at its time. */
static void run_to(AirPolicy *policy, int64_t now_us)
{
	for (int i = 0; i < 8 && air_policy_deadline_us(policy) <= now_us; i++)
		air_policy_expire(policy, air_policy_deadline_us(policy));
	g_assert_cmpint(air_policy_deadline_us(policy), >, now_us);
}

static void assert_step(const AirPolicy *policy, const Step *step)
{
	AirReason reason = air_policy_reason(policy);
	int64_t until_us = air_policy_until_us(policy);

	g_test_message("%d s: on the air for \"%s\"", step->at_s, air_reason_name(reason));
	g_assert_cmpstr(air_reason_name(reason), ==, step->reason);
	if (reason == AIR_NONE)
		return;
	g_assert_cmpint(until_us, ==,
			step->until_s == FOREVER ? INT64_MAX : step->until_s * SECOND);
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	AirSettings settings = { .lost_us = LOST * SECOND };
	g_autoptr(AirPolicy) policy = NULL;

	for (unsigned int i = 0; i < AIR_NONE; i++) {
		settings.on[i] = c->reasons & (1U << i);
		settings.limit_us[i] = c->limit_s * SECOND;
	}
	policy = air_policy_new(&settings);
	for (const Step *step = c->steps; step->event != END; step++) {
		run_to(policy, step->at_s * SECOND);
		send(policy, step->event, step->at_s * SECOND);
		assert_step(policy, step);
	}
}

static void test_silence(void)
{
	AirSettings settings = { .on = { [AIR_UNPROVISIONED] = true } };
	g_autoptr(AirPolicy) policy = NULL;

	settings.limit_us[AIR_ON_DEMAND] = LIMIT * SECOND;
	policy = air_policy_new(&settings);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_WAITING);
	send(policy, BLANK, 0);
	send(policy, ONLINE, 1);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_CAUSE);
	send(policy, START, 2);
	send(policy, STOP, 3);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_STOPPED);
	send(policy, START, 4);
	send(policy, DONE, 5);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_DONE);
	send(policy, START, 6);
	run_to(policy, 2 * LIMIT * SECOND);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_LIMIT);
	/* Nothing held: nothing to stop. */
	send(policy, STOP, 3 * LIMIT * SECOND);
	g_assert_cmpint(air_policy_silence(policy), ==, AIR_SILENCE_LIMIT);
}

static void test_watches(void)
{
	for (unsigned int i = 0; i < AIR_NONE; i++) {
		AirSettings settings = { .lost_us = LOST * SECOND };
		g_autoptr(AirPolicy) policy = NULL;

		settings.on[i] = true;
		policy = air_policy_new(&settings);
		g_assert_true(air_policy_watches(policy) ==
			      (i == AIR_BUTTON || i == AIR_NETWORK_LOST));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/core/air-policy/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/core/air-policy/silence", test_silence);
	g_test_add_func("/core/air-policy/watches", test_watches);
	return g_test_run();
}
