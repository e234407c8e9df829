/* SPDX-License-Identifier: MIT */
/* The agent and its clouds over a real broker; the cloud's side is scripted. */
#include "tests/agent/agent-process.h"
#include "tests/agent/cloud-peer.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANEW        40
#define POLL_US     1000
#define POLL_ROUNDS 10000

typedef struct Fixture {
	Pki *pki; /* a folder, no more: all in clear text */
	Broker *broker;
	CloudPeer *peer;
	AgentProcess *agent;
} Fixture;

/* A program that leaves a line for each time it was run. */
static void set_up_program(Fixture *f)
{
	g_autofree char *config = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *counted = agent_process_path(f->agent, "counted");
	g_autofree char *memory = agent_process_path(f->agent, "commands");
	g_autofree char *old = NULL;
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(config, &old, NULL, NULL));
	text = g_strdup_printf("%s\n[commands]\nmemory = %s\n[command count]\n"
			       "program = /bin/sh -c 'echo $1 | tee -a %s' sh\n"
			       "arguments = [a-z]+\n",
			       old, memory, counted);
	g_assert_true(g_file_set_contents(config, text, -1, NULL));
}

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
	set_up_program(f);
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

static void expect_word(Fixture *f, const char *topic, const char *word)
{
	g_autofree char *heard = cloud_peer_await(f->peer, topic);

	g_assert_nonnull(strstr(heard, word));
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

/* Say the same until it is heard: how one learns from outside that a subscription stands. */
static void ask_until_answered(Fixture *f, const char *topic, const char *request,
			       const char *answer)
{
	while (cloud_peer_count(f->peer, answer) == 0) {
		cloud_peer_say(f->peer, topic, request);
		g_free(cloud_peer_await(f->peer, topic)); /* our own, heard as well */
		cloud_peer_look(f->peer);
	}
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

/* A setting of the operator is obeyed and reported. */
static void test_thingsboard_settings(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "attributes/response/1",
		       "{\"shared\":{\"log_level\":\"warning\"}}");
	expect_word(f, TB "attributes", "\"log_level\":\"warning\"");
}

/* What is read comes back; another interval is reported at once. */
static void test_thingsboard_sensors(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/8",
		       "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"wave\"}}");
	expect(f, TB "rpc/response/8", "{\"result\":{\"wave\":5}}");
	cloud_peer_say(f->peer, TB "rpc/request/9",
		       "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"none\"}}");
	expect(f, TB "rpc/response/9",
	       "{\"error\":\"there is no such sensor\",\"code\":\"unknown\"}");
	cloud_peer_say(f->peer, TB "rpc/request/10",
		       "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":7200000}}");
	for (bool told = false; !told;) { /* maybe after one about the connection */
		g_autofree char *report = cloud_peer_await(f->peer, TB "attributes");

		told = strstr(report, "\"interval_ms\":7200000") != NULL;
	}
	expect(f, TB "rpc/response/10", "{\"result\":true}");
}

/* Begin anew with more of the configuration; %s in @lines is the agent's folder, once. */
static void begin_anew(Fixture *f, const char *lines)
{
	g_autofree char *config = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *folder = agent_process_path(f->agent, "");
	g_autofree char *old = NULL;
	g_autoptr(GString) text = g_string_new(lines);

	g_string_replace(text, "%s", folder, 0);
	thingsboard_hello(f);
	agent_process_kill(f->agent);
	g_assert_true(g_file_get_contents(config, &old, NULL, NULL));
	g_string_prepend(text, "\n");
	g_string_prepend(text, old);
	g_assert_true(g_file_set_contents(config, text->str, -1, NULL));
	agent_process_start(f->agent);
}

/* The key comes from its file, at each connection. */
static void test_thingsboard_claim(Fixture *f, gconstpointer lines)
{
	g_autofree char *key = agent_process_path(f->agent, "claim");

	g_assert_true(g_file_set_contents(key, "s3cret\n", -1, NULL));
	begin_anew(f, "[broker]\nclaim = %s/claim\n");
	expect(f, TB "claim", "{\"secretKey\":\"s3cret\"}");
}

static void test_thingsboard_errors(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/1", "nonsense");
	expect(f, TB "rpc/response/1",
	       "{\"error\":\"the request is no JSON object\",\"code\":\"malformed\"}");
	cloud_peer_say(f->peer, TB "rpc/request/2", "{\"method\":\"format\"}");
	expect(f, TB "rpc/response/2",
	       "{\"error\":\"there is no method \\\"format\\\"\",\"code\":\"unknown\"}");
}

/* Subscriptions are made again after each loss of the connection. */
static void test_thingsboard_again(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	cloud_peer_free(f->peer);
	broker_restart(f->broker);
	f->peer = cloud_peer_new(f->broker);
	agent_process_await(f->agent, "state", "online");
	ask_until_answered(f, TB "rpc/request/3", "{\"method\":\"log_level\"}",
			   TB "rpc/response/3");
}

static void test_publish_now(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	expect_word(f, TB "telemetry", "temperature");
	cloud_peer_say(f->peer, TB "rpc/request/2", "{\"method\":\"publish_now\"}");
	expect(f, TB "rpc/response/2", "{\"result\":true}");
	expect_word(f, TB "telemetry", "temperature");
}

/* --- commands that act --- */

#define RUN "{\"method\":\"run\",\"params\":{\"program\":\"count\",\"arguments\":[\"once\"]}}"

/* A program of the operator, once for each request, also when the agent is killed in between. */
static void test_run(Fixture *f, gconstpointer lines)
{
	g_autofree char *counted = agent_process_path(f->agent, "counted");
	g_autofree char *text = NULL;

	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/5", RUN);
	expect(f, TB "rpc/response/5",
	       "{\"result\":{\"status\":0,\"output\":\"once\\u000a\","
	       "\"cut\":false}}");
	agent_process_kill(f->agent);
	agent_process_start(f->agent);
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/5", RUN);

	g_autofree char *answer = cloud_peer_await(f->peer, TB "rpc/response/5");

	g_assert_nonnull(strstr(answer, "\"code\":\"duplicate\""));
	g_assert_true(g_file_get_contents(counted, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "once\n");
}

/* What the cloud asks for is done by the operator's own program. */
static void test_done_by_program(Fixture *f, const char *lines, const char *method,
				 const char *answer)
{
	g_autofree char *done = agent_process_path(f->agent, "done");
	g_autofree char *request = g_strdup_printf("{\"method\":\"%s\"}", method);
	g_autofree char *text = NULL;

	begin_anew(f, lines);
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/6", request);
	expect(f, TB "rpc/response/6", answer);
	while (!text || !*text) {
		g_free(text);
		text = NULL;
		g_file_get_contents(done, &text, NULL, NULL);
		g_usleep(POLL_US);
	}
	cloud_peer_say(f->peer, TB "rpc/request/6", request);
	expect_word(f, TB "rpc/response/6", "\"code\":\"duplicate\"");
	g_free(text);
	g_assert_true(g_file_get_contents(done, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "done\n");
}

static void test_reboot(Fixture *f, gconstpointer lines)
{
	test_done_by_program(f, "[commands]\nreboot = /bin/sh -c 'echo done >> %s/done'\n",
			     "reboot", "{\"result\":\"rebooting\"}");
}

static void test_renew(Fixture *f, gconstpointer lines)
{
	test_done_by_program(f, "[renewal]\nprogram = /bin/sh -c 'echo done >> %s/done'\n",
			     "renew_certificate", "{\"result\":true}");
}

/* Until the LED has that brightness. */
static void await_led(const char *path, const char *value)
{
	for (bool is = false; !is;) {
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		is = atoi(text) == atoi(value);
		g_usleep(POLL_US);
	}
}

/* A person beside the device sees which one it is. */
static void test_identify(Fixture *f, gconstpointer lines)
{
	static const char *const files[][2] = { { "trigger", "[none] mmc0\n" },
						{ "brightness", "3\n" },
						{ "max_brightness", "9\n" } };
	g_autofree char *folder = agent_process_path(f->agent, "leds/ACT");
	g_autofree char *brightness = g_build_filename(folder, "brightness", NULL);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(folder, files[i][0], NULL);

		g_assert_true(g_file_set_contents(path, files[i][1], -1, NULL));
	}
	begin_anew(f, "[indicator]\nleds = %s/leds\nled_error = ACT\n");
	thingsboard_hello(f);
	await_led(brightness, "0"); /* nothing is wrong */
	cloud_peer_say(f->peer, TB "rpc/request/7",
		       "{\"method\":\"identify\",\"params\":{\"seconds\":600}}");
	expect(f, TB "rpc/response/7", "{\"result\":true}");
	await_led(brightness, "9");
	await_led(brightness, "0");
	await_led(brightness, "9");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	await_led(brightness, "3");
}

/* The answer comes before it begins anew. */
static void test_restart(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/6", "{\"method\":\"restart\"}");
	expect(f, TB "rpc/response/6", "{\"result\":\"restarting\"}");
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/6", "{\"method\":\"restart\"}");

	g_autofree char *answer = cloud_peer_await(f->peer, TB "rpc/response/6");

	g_assert_nonnull(strstr(answer, "\"code\":\"duplicate\""));
}

/* Told to end while its answer is on the way, it ends. */
static void test_restart_ended(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/6", "{\"method\":\"restart\"}");
	broker_signal(f->broker, SIGSTOP);
	for (unsigned i = 0; i < POLL_ROUNDS; i++) {
		int fd = agent_process_dial(f->agent);

		if (fd < 0)
			break;
		close(fd);
		g_usleep(POLL_US);
	}
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	broker_signal(f->broker, SIGCONT);
}

/* --- the other clouds --- */

static void publish(Fixture *f)
{
	g_assert_cmpint(agent_process_publish(f->agent, 1, 1), ==, 1);
}

static void test_eventgrid(Fixture *f, gconstpointer lines)
{
	expect_word(f, "landfall/dev-1/report", "\"log_level\":\"info\"");
	expect_word(f, "testtopics/dev-1", "\"deviceId\":\"dev-1\",\"temperature\":");
	cloud_peer_say(f->peer, "landfall/dev-1/command",
		       "{\"id\":\"a\",\"method\":\"log_level\"}");
	expect(f, "landfall/dev-1/response", "{\"id\":\"a\",\"result\":{\"level\":\"debug\"}}");
}

#define IOTHUB_TELEMETRY "devices/dev-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8"

static void test_iothub(Fixture *f, gconstpointer lines)
{
	expect(f, "$iothub/twin/GET/?$rid=1", "");
	expect_word(f, "$iothub/twin/PATCH/properties/reported/?$rid=2", "\"log_level\":\"info\"");
	cloud_peer_say(f->peer, "$iothub/twin/res/200/?$rid=1",
		       "{\"desired\":{\"log_level\":\"notice\",\"$version\":1}}");
	expect_word(f, "$iothub/twin/PATCH/properties/reported/?$rid=2",
		    "\"log_level\":\"notice\"");
	cloud_peer_say(f->peer, "$iothub/methods/POST/log_level/?$rid=1f", "{\"level\":\"error\"}");
	expect(f, "$iothub/methods/res/200/?$rid=1f", "{\"result\":{\"level\":\"error\"}}");
	cloud_peer_say(f->peer, "$iothub/methods/POST/format/?$rid=20", "null");
	expect_word(f, "$iothub/methods/res/404/?$rid=20", "unknown");
	expect_word(f, IOTHUB_TELEMETRY, "\"messageId\":1,");
}

/* As the cloud does, the broker takes telemetry of nobody but this user. */
static void test_user_name(gconstpointer data)
{
	static const char rules[] = "topic readwrite test/#\n"
				    "topic read #\n"
				    "user 127.0.0.1/dev-1/?api-version=2021-04-12\n"
				    "topic readwrite devices/dev-1/messages/#\n"
				    "user dev-1\n"
				    "topic readwrite testtopics/dev-1\n";
	g_autoptr(Pki) pki = pki_new();
	g_autofree char *acl = NULL;
	g_autofree char *lines = NULL;
	g_autofree char *heard = NULL;
	Fixture f = { .pki = pki };

	pki_write(pki, "rules", rules);
	acl = g_strdup_printf("acl_file %s\n", pki_path(pki, "rules"));
	f.broker = broker_new(pki, NULL, acl);
	f.peer = cloud_peer_new(f.broker);
	lines = g_strdup_printf("[broker]\nuri = mqtt://127.0.0.1:%u\nclient_id = dev-1\n%s\n",
				broker_port(f.broker), (const char *)data);
	f.agent = agent_process_new(broker_port(f.broker), lines);
	agent_process_start(f.agent);
	publish(&f);
	heard = cloud_peer_await(f.peer,
				 strstr(data, "iothub") ? IOTHUB_TELEMETRY : "testtopics/dev-1");
	g_assert_nonnull(strstr(heard, "\"messageId\":1,"));
	agent_process_free(f.agent);
	cloud_peer_free(f.peer);
	broker_free(f.broker);
}

static void test_aws(Fixture *f, gconstpointer lines)
{
	expect(f, "$aws/things/dev-1/shadow/get", "");
	expect_word(f, "$aws/things/dev-1/shadow/update", "{\"state\":{\"reported\":{");
	expect(f, "$aws/things/dev-1/jobs/$next/get", "{}");
	cloud_peer_say(f->peer, "$aws/things/dev-1/shadow/update/delta",
		       "{\"version\":2,\"state\":{\"log_level\":\"notice\"}}");
	expect_word(f, "$aws/things/dev-1/shadow/update", "\"log_level\":\"notice\"");
	cloud_peer_say(f->peer, "$aws/things/dev-1/jobs/notify-next",
		       "{\"execution\":{\"jobId\":\"j-1\",\"jobDocument\":" RUN "}}");
	expect(f, "$aws/things/dev-1/jobs/j-1/update",
	       "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"result\":"
	       "\"{\\\"status\\\":0,\\\"output\\\":\\\"once\\\\u000a\\\",\\\"cut\\\":false}\"}}");
	expect_word(f, "$aws/rules/landfall/dev-1/telemetry", "{\"messageId\":1,");
}

/* A job that is too long keeps no other waiting: it is rejected with its reason. */
static void test_aws_long_job(Fixture *f, gconstpointer lines)
{
	g_autofree char *fill = g_strnfill(30000, 'x');
	g_autofree char *job = g_strdup_printf(
		"{\"execution\":{\"jobId\":\"j-1\",\"jobDocument\":{\"a\":\"%s\"}}}", fill);

	expect(f, "$aws/things/dev-1/jobs/$next/get", "{}");
	cloud_peer_say(f->peer, "$aws/things/dev-1/jobs/$next/get/accepted", job);
	expect(f, "$aws/things/dev-1/jobs/j-1/update",
	       "{\"status\":\"REJECTED\",\"statusDetails\":{\"error\":"
	       "\"the request is longer than 16 KiB\",\"code\":\"malformed\"}}");
	cloud_peer_say(f->peer, "$aws/things/dev-1/jobs/notify-next",
		       "{\"execution\":{\"jobId\":\"j-2\",\"jobDocument\":" RUN "}}");
	expect_word(f, "$aws/things/dev-1/jobs/j-2/update", "SUCCEEDED");
}

/* What a reload changes is reported. */
static void test_reload(Fixture *f, gconstpointer lines)
{
	g_autofree char *path = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *old = NULL;
	g_autofree char *text = NULL;

	thingsboard_hello(f);
	g_assert_true(g_file_get_contents(path, &old, NULL, NULL));
	text = g_strconcat(old, "[agent]\ninterval = 7s\n[log]\nlevel = notice\n", NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	agent_process_signal(f->agent, SIGHUP);

	g_autofree char *report = cloud_peer_await(f->peer, TB "attributes");

	g_assert_nonnull(strstr(report, "\"interval_ms\":7000"));
	g_assert_nonnull(strstr(report, "\"log_level\":\"notice\""));
}

/* What a reading is comes before its first value; all is told again when the other
 * side wants it. */
static void test_homeassistant(Fixture *f, gconstpointer lines)
{
	static const char config[] = "homeassistant/sensor/dev-1/temperature/config";

	expect_word(f, "landfall/dev-1/state", "\"temperature\":");
	g_assert_cmpuint(cloud_peer_count(f->peer, config), ==, 1);
	expect_word(f, config, "\"state_topic\":\"landfall/dev-1/state\"");
	expect(f, "landfall/dev-1/availability", "online");
	expect_word(f, "homeassistant/button/dev-1/restart/config", "\"command_topic\"");
	expect_word(f, "landfall/dev-1/report", "\"agent\"");
	cloud_peer_say(f->peer, "homeassistant/status", "online");
	expect(f, "landfall/dev-1/availability", "online");
	publish(f);
	expect_word(f, "homeassistant/sensor/dev-1/n/config", "value_json['n']");
	expect_word(f, "landfall/dev-1/state", "\"n\":1");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	expect(f, "landfall/dev-1/availability", "offline");
}

/* Whoever says again and again that it began anew costs little, and holds nothing up. */
static void test_anew(Fixture *f, gconstpointer lines)
{
	expect_word(f, "landfall/dev-1/state", "\"temperature\":");
	expect(f, "landfall/dev-1/availability", "online");
	for (unsigned i = 0; i < ANEW; i++)
		cloud_peer_say(f->peer, "homeassistant/status", "online");
	cloud_peer_say(f->peer, "landfall/dev-1/command",
		       "{\"id\":\"a\",\"method\":\"log_level\"}");
	expect(f, "landfall/dev-1/response", "{\"id\":\"a\",\"result\":{\"level\":\"debug\"}}");
	publish(f);
	expect_word(f, "landfall/dev-1/state", "\"n\":1");
	expect(f, "landfall/dev-1/availability", "online");
	g_assert_cmpuint(cloud_peer_count(f->peer, "landfall/dev-1/availability"), <, ANEW / 2);
}

/* Killed: the broker says so. */
static void test_will(Fixture *f, gconstpointer lines)
{
	expect(f, "landfall/dev-1/availability", "online");
	agent_process_kill(f->agent);
	expect(f, "landfall/dev-1/availability", "offline");
}

static void test_template(Fixture *f, gconstpointer lines)
{
	expect_word(f, "site/dev-1", "<1 ");
	publish(f);
	expect(f, "site/dev-1", "<2 1 null>");
}

/* A retained command would come at each connection: it is none. */
static void test_retained(Fixture *f, gconstpointer lines)
{
	expect_word(f, "landfall/dev-1/report", "\"agent\"");
	agent_process_kill(f->agent);
	cloud_peer_retain(f->peer, "landfall/dev-1/command",
			  "{\"id\":\"old\",\"method\":\"status\"}");
	cloud_peer_retain(f->peer, "landfall/dev-1/settings", "{\"log_level\":\"error\"}");
	agent_process_start(f->agent);
	expect_word(f, "landfall/dev-1/report", "\"log_level\":\"info\"");
	expect_word(f, "landfall/dev-1/report", "\"log_level\":\"error\"");
	cloud_peer_say(f->peer, "landfall/dev-1/command",
		       "{\"id\":\"new\",\"method\":\"log_level\"}");
	expect(f, "landfall/dev-1/response", "{\"id\":\"new\",\"result\":{\"level\":\"warning\"}}");
}

/* Nobody is listened to: telemetry goes on. */
static void test_none(Fixture *f, gconstpointer lines)
{
	thingsboard_hello(f);
	cloud_peer_say(f->peer, TB "rpc/request/1", "{\"method\":\"status\"}");
	expect_word(f, TB "telemetry", "temperature");
	publish(f); /* not before: both could travel as one */
	expect_word(f, TB "telemetry", "\"n\":1");
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, TB "rpc/response/1"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, lines, function) g_test_add(path, Fixture, lines, set_up, function, tear_down)
	ADD("/agent/cloud/thingsboard/sensors",
	    "[sensor wave]\ndriver=simulated\nminimum=5\nmaximum=5.001\n",
	    test_thingsboard_sensors);
	ADD("/agent/cloud/thingsboard/status", NULL, test_thingsboard_status);
	ADD("/agent/cloud/thingsboard/settings", NULL, test_thingsboard_settings);
	ADD("/agent/cloud/thingsboard/claim", NULL, test_thingsboard_claim);
	ADD("/agent/cloud/thingsboard/errors", NULL, test_thingsboard_errors);
	ADD("/agent/cloud/thingsboard/again", NULL, test_thingsboard_again);
	ADD("/agent/cloud/commands/publish-now", NULL, test_publish_now);
	ADD("/agent/cloud/commands/run", NULL, test_run);
	ADD("/agent/cloud/commands/identify", NULL, test_identify);
	ADD("/agent/cloud/commands/renew-certificate", NULL, test_renew);
	ADD("/agent/cloud/commands/reboot", NULL, test_reboot);
	ADD("/agent/cloud/commands/restart", NULL, test_restart);
	ADD("/agent/cloud/commands/restart-ended", NULL, test_restart_ended);
	ADD("/agent/cloud/commands/none", "[commands]\nallow = none\n", test_none);
	ADD("/agent/cloud/commands/retained", "profile = plain\n", test_retained);
	ADD("/agent/cloud/eventgrid", "profile = eventgrid\ntopic = testtopics/%c\n",
	    test_eventgrid);
	ADD("/agent/cloud/iothub", "profile = iothub\n", test_iothub);
	g_test_add_data_func("/agent/cloud/user-name/iothub", "profile = iothub\n", test_user_name);
	g_test_add_data_func("/agent/cloud/user-name/eventgrid",
			     "profile = eventgrid\ntopic = testtopics/%c\n", test_user_name);
	ADD("/agent/cloud/aws", "profile = aws\n", test_aws);
	ADD("/agent/cloud/aws-long-job", "profile = aws\n", test_aws_long_job);
	ADD("/agent/cloud/reload", NULL, test_reload);
	ADD("/agent/cloud/homeassistant", "profile = homeassistant\n", test_homeassistant);
	ADD("/agent/cloud/anew", "profile = homeassistant\n", test_anew);
	ADD("/agent/cloud/will", "profile = homeassistant\n", test_will);
	ADD("/agent/cloud/template",
	    "profile = plain\ntopic = site/%c\npayload = <%q %{n} %{none}>\n", test_template);
	return g_test_run();
}
