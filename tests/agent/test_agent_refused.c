/* SPDX-License-Identifier: MIT */
/* The agent and a broker that refuses messages (MQTT 5): one bad sample blocks no other, and a
 * broker that refuses all costs none. */
#include "tests/agent/agent-process.h"
#include "tests/agent/picky-broker.h"

#include <string.h>

#define PAYLOAD_FORMAT 0x99
#define QUOTA          0x97
#define FILTERS        4    /* of thingsboard */
#define SERVER_BUSY    0x89 /* not one that a PUBACK or SUBACK may have */

static const char *const bad_ones[] = { "\"n\":7,", "\"n\":8,", "\"n\":30,", NULL };
static const char *const all[] = { "", NULL };

static AgentProcess *prepare(const PickyBroker *broker, const char *more)
{
	g_autofree char *lines = g_strdup_printf("[broker]\nuri = mqtt://127.0.0.1:%u\n"
						 "protocol = 5\nclient_id = test\n%s",
						 picky_broker_port(broker), more);

	return agent_process_new(1, lines);
}

static AgentProcess *start(const PickyBroker *broker)
{
	AgentProcess *agent = prepare(broker, "");

	agent_process_start(agent);
	return agent;
}

static int dropped(const AgentProcess *agent)
{
	return (int)agent_process_number(agent, "spool/dropped");
}

static void await_empty(const AgentProcess *agent)
{
	agent_process_await_number(agent, "spool/waiting", 0);
}

static void publish(const AgentProcess *agent, int64_t first, int64_t last)
{
	g_assert_cmpint(agent_process_publish(agent, first, last), ==, last);
}

/* Three of fifty have what the broker will never take: they go, counted, the others arrive. */
static void test_bad_samples(gconstpointer lines)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(PAYLOAD_FORMAT);
	g_autoptr(AgentProcess) agent = prepare(broker, lines);

	picky_broker_refuse(broker, bad_ones);
	agent_process_start(agent);
	publish(agent, 1, 50);
	await_empty(agent);
	g_assert_cmpint(dropped(agent), ==, 3);
	for (int n = 1; n <= 50; n++) {
		g_autofree char *word = g_strdup_printf("\"n\":%d,", n);
		bool bad = n == 7 || n == 8 || n == 30;

		g_assert_cmpint(picky_broker_has(broker, word), ==, !bad);
	}
	publish(agent, 51, 60); /* all is as before */
	await_empty(agent);
	g_assert_cmpint(dropped(agent), ==, 3);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* More than one batch, none of which the broker takes, for a few connections. */
static void keep_all(const AgentProcess *agent, PickyBroker *broker)
{
	publish(agent, 1, 1500);
	picky_broker_await(broker, 3);
	g_assert_cmpint(dropped(agent), ==, 0);
}

/* It takes them now. */
static void deliver_all(AgentProcess *agent, PickyBroker *broker)
{
	await_empty(agent);
	g_assert_cmpint(dropped(agent), ==, 0);
	g_assert_true(picky_broker_has(broker, "\"n\":1,"));
	g_assert_true(picky_broker_has(broker, "\"n\":1500,"));
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* A broker that refuses everything for a while, whatever it calls that, gets everything later. */
static void test_all_refused(gconstpointer reason)
{
	g_autoptr(PickyBroker) broker = picky_broker_new((uint8_t)GPOINTER_TO_UINT(reason));
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_refuse(broker, all);
	agent = start(broker);
	keep_all(agent, broker);
	picky_broker_refuse(broker, NULL);
	deliver_all(agent, broker);
}

/* A sample that is larger than the broker takes goes, counted, and the others arrive. */
static void too_large(const char *lines, unsigned cuts)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = prepare(broker, lines);
	g_autofree char *pad = g_strnfill(200, 'x');
	g_autofree char *large =
		g_strdup_printf("{\"op\":\"publish\"}\n{\"n\":1000,\"pad\":\"%s\"}\n", pad);
	g_autofree char *answer = NULL;

	picky_broker_limit(broker, 200);
	picky_broker_cut(broker, cuts);
	agent_process_start(agent);
	publish(agent, 1, 20);
	answer = agent_process_converse(agent, large, strlen(large));
	publish(agent, 21, 40);
	await_empty(agent);
	g_assert_cmpint(dropped(agent), ==, 1);
	for (int n = 1; n <= 40; n++) {
		g_autofree char *word = g_strdup_printf("\"n\":%d,", n);

		g_assert_true(picky_broker_has(broker, word));
	}
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

static void test_too_large(gconstpointer lines)
{
	too_large(lines, 0);
}

/* All of them waited: the newest have gone before it is met, and nothing is left behind it. */
static void test_too_large_waited(void)
{
	too_large("[agent]\nbacklog_order = newest\n", 3);
}

/* A limit that no sample fits in, as by a slip of the operator, costs none. */
static void test_all_too_large(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_limit(broker, 60);
	agent = start(broker);
	keep_all(agent, broker);
	picky_broker_limit(broker, 0);
	deliver_all(agent, broker);
}

/* A broker that ends each connection that subscribes: samples arrive all the same. */
static void test_forbidden(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_forbid(broker);
	agent = start(broker);
	publish(agent, 1, 10);
	await_empty(agent);
	g_assert_true(picky_broker_has(broker, "\"n\":10,"));
	g_assert_cmpuint(picky_broker_subscriptions(broker), ==, 3);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* One that refuses each subscription, with a reason that has no place there: the device says what
 * it has to say of itself all the same. */
static void test_denied(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_deny(broker, SERVER_BUSY);
	agent = start(broker);
	picky_broker_await_word(broker, "\"landfall\"");
	g_assert_cmpuint(picky_broker_subscriptions(broker), ==, FILTERS);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* It is told once, however many connections there are. */
static void test_denied_again(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = prepare(broker, "");

	picky_broker_deny(broker, SERVER_BUSY);
	picky_broker_babble(broker); /* so each of them ends */
	agent_process_keep_log(agent);
	agent_process_start(agent);
	picky_broker_await_subscriptions(broker, 3 * FILTERS);
	g_assert_cmpuint(agent_process_log_count(agent, "the cloud will not be heard"), ==, 1);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* A broker that takes few messages at a time, far fewer than are wanted: all arrive, samples and
 * what else the agent has to say. */
static void test_receive_maximum(gconstpointer messages)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = prepare(broker, "profile = plain\n[agent]\nbatch = 1\n");

	picky_broker_receive(broker, (uint8_t)GPOINTER_TO_UINT(messages));
	picky_broker_cut(broker, 2); /* so that samples wait for the third */
	agent_process_start(agent);
	picky_broker_await(broker, 1);
	publish(agent, 1, 300);
	await_empty(agent);
	picky_broker_await_word(broker, "\"agent\":\"landfall\"");
	g_assert_cmpint(dropped(agent), ==, 0);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* One that ends connections whatever they do, as for a rival: it is listened to all the same. */
static void test_cut(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_cut(broker, 4);
	agent = start(broker);
	publish(agent, 1, 10);
	await_empty(agent);
	picky_broker_await_subscriptions(broker, FILTERS);
	g_assert_cmpuint(picky_broker_subscriptions(broker), ==, FILTERS);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* A connection that the agent ends, for what the broker says, is no sign of a rival. */
static void test_babble(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent = NULL;

	picky_broker_babble(broker);
	agent = start(broker);
	publish(agent, 1, 10);
	picky_broker_await(broker, 5);

	g_autofree char *error = agent_process_text(agent, "last_error");

	g_assert_nonnull(strstr(error, "broke the rules of MQTT"));
	g_assert_null(strstr(error, "another client"));
	agent_process_await_words(agent, "advice", "[broker] protocol");
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* A cloud that says how much it takes never gets more. */
static void test_metered(void)
{
	g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
	g_autoptr(AgentProcess) agent =
		prepare(broker, "profile = thingsboard\n[agent]\nbatch = 1\n");

	picky_broker_meter(broker, 20, 6);
	agent_process_start(agent);
	publish(agent, 1, 26);
	await_empty(agent);
	g_assert_true(picky_broker_has(broker, "\"n\":26,"));
	g_assert_false(picky_broker_overrun(broker));
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

/* What the operator wishes, and no more than the cloud takes. */
static void test_keep_alive(void)
{
	static const struct {
		const char *lines;
		unsigned seconds;
	} rows[] = {
		{ "keep_alive = 77s\n", 77 },
		{ "profile = aws\nkeep_alive = 1h\n", 1200 },
		{ "profile = eventgrid\nkeep_alive = 1h\n", 1160 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(PickyBroker) broker = picky_broker_new(QUOTA);
		g_autoptr(AgentProcess) agent = prepare(broker, rows[i].lines);

		agent_process_start(agent);
		agent_process_await(agent, "state", "online");
		g_assert_cmpuint(picky_broker_keep_alive(broker), ==, rows[i].seconds);
		g_assert_cmpint(agent_process_stop(agent), ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/agent/refused/bad-samples", "", test_bad_samples);
	g_test_add_data_func("/agent/refused/bad-samples-newest",
			     "[agent]\nbacklog_order = newest\n", test_bad_samples);
	g_test_add_data_func("/agent/refused/all/payload-format", GUINT_TO_POINTER(PAYLOAD_FORMAT),
			     test_all_refused);
	g_test_add_data_func("/agent/refused/all/quota", GUINT_TO_POINTER(QUOTA), test_all_refused);
	g_test_add_data_func("/agent/refused/all/busy", GUINT_TO_POINTER(SERVER_BUSY),
			     test_all_refused);
	g_test_add_data_func("/agent/refused/too-large", "", test_too_large);
	g_test_add_data_func("/agent/refused/too-large-newest", "[agent]\nbacklog_order = newest\n",
			     test_too_large);
	g_test_add_data_func("/agent/refused/too-large-one-by-one", "[agent]\nbatch = 1\n",
			     test_too_large);
	g_test_add_func("/agent/refused/too-large-waited", test_too_large_waited);
	g_test_add_func("/agent/refused/all-too-large", test_all_too_large);
	g_test_add_func("/agent/refused/metered", test_metered);
	g_test_add_data_func("/agent/refused/one-at-a-time", GUINT_TO_POINTER(1),
			     test_receive_maximum);
	g_test_add_data_func("/agent/refused/seven-at-a-time", GUINT_TO_POINTER(7),
			     test_receive_maximum);
	g_test_add_func("/agent/refused/keep-alive", test_keep_alive);
	g_test_add_func("/agent/refused/cut", test_cut);
	g_test_add_func("/agent/refused/babble", test_babble);
	g_test_add_func("/agent/refused/subscriptions", test_forbidden);
	g_test_add_func("/agent/refused/denied", test_denied);
	g_test_add_func("/agent/refused/denied-again", test_denied_again);
	return g_test_run();
}
