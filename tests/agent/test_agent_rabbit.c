/* SPDX-License-Identifier: MIT */
/* The whole agent against RabbitMQ's MQTT plugin, client certificates required. */
#include "tests/agent/agent-process.h"
#include "tests/agent/oracle.h"
#include "tests/broker/pki.h"
#include "tests/broker/rabbit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const PkiCert certificates[] = {
	{ .name = "ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "dev-1", .issuer = "ca", .client_only = true },
	{ .name = "stranger", .issuer = "ca", .client_only = true },
};

static int without_certificate(Pki *pki, uint16_t port)
{
	g_autofree char *command = g_strdup_printf(
		"mosquitto_pub -h 127.0.0.1 -p %u --cafile %s/ca.crt -t a -m b 2>/dev/null", port,
		pki_dir(pki));

	return system(command);
}

/* What is acknowledged arrives, whoever else comes or does not speak for a while. */
static void check_arrival(Pki *pki, Rabbit *rabbit)
{
	Broker *broker = rabbit_broker(rabbit);
	g_autoptr(Oracle) oracle = oracle_new(broker, pki, "dev-1");
	g_autoptr(AgentProcess) agent = agent_process_new(broker_port(broker), NULL);

	agent_process_import(agent, pki, "dev-1");
	agent_process_start(agent);
	agent_process_await(agent, "state", "online");
	g_assert_cmpint(agent_process_publish(agent, 1, 5000), ==, 5000);
	oracle_await(oracle, 1, 5000);
	agent_process_kill(agent);
	agent_process_start(agent);
	g_assert_cmpint(agent_process_publish(agent, 5001, 6000), ==, 6000);
	oracle_await(oracle, 5001, 6000);

	agent_process_import(agent, pki, "stranger"); /* no such user */
	g_autofree char *words = agent_process_await_stage(agent, "mqtt", "failed");

	g_assert_nonnull(strstr(words, "bad user name or password"));
	g_assert_cmpint(agent_process_publish(agent, 6001, 7000), ==, 7000);
	agent_process_import(agent, pki, "dev-1");
	oracle_await(oracle, 6001, 7000);
	g_assert_cmpint(agent_process_stop(agent), ==, 0);
}

static void test_rabbit(void)
{
	g_autoptr(Pki) pki = pki_new();

	pki_issue_all(pki, certificates, G_N_ELEMENTS(certificates));

	g_autoptr(Rabbit) rabbit = rabbit_new(pki, "server", "dev-1");

	if (!rabbit) {
		g_test_skip("rabbitmq-server is not installed");
		return;
	}
	g_assert_cmpint(without_certificate(pki, broker_port(rabbit_broker(rabbit))), !=, 0);
	check_arrival(pki, rabbit);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/rabbit", test_rabbit);
	return g_test_run();
}
