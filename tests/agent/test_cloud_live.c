/* SPDX-License-Identifier: MIT */
/* The agent and its clouds over a real broker; the cloud's side is scripted. */
#include "tests/agent/agent-process.h"
#include "tests/agent/cloud-peer.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <cjson/cJSON.h>
#include <string.h>

typedef struct Fixture {
	Pki *pki; /* a folder, no more: all in clear text */
	Broker *broker;
	CloudPeer *peer;
	AgentProcess *agent;
} Fixture;

/* @lines: more of the configuration */
static void set_up(Fixture *f, gconstpointer lines)
{
	f->pki = pki_new();
	f->broker = broker_new(f->pki, NULL, "");
	f->peer = cloud_peer_new(f->broker);

	g_autofree char *text =
		g_strdup_printf("[broker]\nuri = mqtt://127.0.0.1:%u\nclient_id = dev-1\n%s\n"
				"[sensor simulated]\ndriver = simulated\nkey = temperature\n"
				"minimum = 21\nmaximum = 22\ninterval = 1h\n",
				broker_port(f->broker), lines ? (const char *)lines : "");

	f->agent = agent_process_new(broker_port(f->broker), text);
	agent_process_start(f->agent);
}

static void tear_down(Fixture *f, gconstpointer lines)
{
	agent_process_free(f->agent);
	cloud_peer_free(f->peer);
	broker_free(f->broker);
	pki_free(f->pki);
}

static void expect(Fixture *f, const char *topic, const char *payload)
{
	g_autofree char *heard = cloud_peer_await(f->peer, topic);

	g_assert_cmpstr(heard, ==, payload);
}

/* --- thingsboard --- */

#define TB "v1/devices/me/"

static void thingsboard_hello(Fixture *f)
{
	g_autofree char *attributes = cloud_peer_await(f->peer, TB "attributes");

	g_assert_nonnull(strstr(attributes, "\"agent\":\"landfall\""));
	expect(f, TB "attributes/request/1", "{\"sharedKeys\":\"interval_ms,log_level\"}");
	expect(f, TB "rpc/request/1", "{\"method\":\"getSessionLimits\",\"params\":{}}");
}

static void test_thingsboard_status(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/7", "{\"method\":\"status\",\"params\":{}}");

	g_autofree char *answer = cloud_peer_await(f->peer, TB "rpc/response/7");
	cJSON *json = cJSON_Parse(answer);
	const cJSON *result = cJSON_GetObjectItem(json, "result");

	g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItem(result, "state")), ==, "online");
	g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItem(result, "client_id")), ==,
			"dev-1");
	cJSON_Delete(json);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, lines, function) g_test_add(path, Fixture, lines, set_up, function, tear_down)
	ADD("/agent/cloud/thingsboard/status", NULL, test_thingsboard_status);
	return g_test_run();
}
