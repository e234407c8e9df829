/* SPDX-License-Identifier: MIT */
/* The agent is enrolled by a cloud: the cloud's side is scripted, brokers and store are real.
 *
 *   desk    where the exchange is had: TLS, and clear text for the script
 *   house   where the device belongs afterwards: mutual TLS */
#include "tests/agent/agent-process.h"
#include "tests/agent/cloud-peer.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define POLL_US     10000
#define POLL_ROUNDS 18000 /* three minutes */

static const PkiCert certificates[] = {
	{ .name = "ca", .ca = true },
	{ .name = "other-ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "dev-1", .issuer = "ca", .client_only = true },
	{ .name = "claim", .issuer = "ca", .client_only = true },
	{ .name = "strange", .issuer = "other-ca", .client_only = true },
};

typedef struct Case {
	const char *lines;  /* of the configuration, after [enrolment] */
	const char *device; /* certificate that is imported; NULL: none */
	bool hub;           /* the house is at an address of its own, which the cloud tells */
	const char *trial;  /* NULL: a second */
	bool unsure;        /* the configuration names no authority of the cloud's */
} Case;

typedef struct Fixture {
	Pki *pki;
	uint16_t desk_port;
	char *hub; /* address of the house at the usual port */
	Broker *desk;
	Broker *house;
	CloudPeer *peer;
	AgentProcess *agent;
} Fixture;

static char *listener_lines(Fixture *f, uint16_t port, const char *address, const char *server)
{
	g_autofree char *certificate = g_strconcat(server, ".crt", NULL);
	g_autofree char *key = g_strconcat(server, ".key", NULL);

	return g_strdup_printf("listener %u %s\ncafile %s\ncertfile %s\nkeyfile %s\n", port,
			       address, pki_path(f->pki, "ca.crt"), pki_path(f->pki, certificate),
			       pki_path(f->pki, key));
}

/* Who may ask for what: by the user name, as in the cloud. The other side has none. */
static const char desk_rules[] = "topic readwrite test/#\n"
				 "topic readwrite /provision/response\n"
				 "topic readwrite $dps/registrations/res/#\n"
				 "topic readwrite $aws/#\n"
				 "topic read #\n"
				 "topic read $dps/#\n"
				 "user provision\n"
				 "topic readwrite /provision/#\n"
				 "user 0ne1/registrations/dev-1/api-version=2019-03-31\n"
				 "topic readwrite $dps/#\n";

static Broker *desk_new(Fixture *f)
{
	f->desk_port = port_unused();
	pki_write(f->pki, "desk-rules", desk_rules);

	g_autofree char *listener = listener_lines(f, f->desk_port, "127.0.0.1", "server");
	g_autofree char *lines =
		g_strdup_printf("%sacl_file %s\n", listener, pki_path(f->pki, "desk-rules"));

	return broker_new(f->pki, NULL, lines);
}

/* Each process has an address of its own, so that all can have the usual port. */
static Broker *hub_new(Fixture *f)
{
	unsigned pid = (unsigned)getpid();

	f->hub = g_strdup_printf("127.%u.%u.%u", 1 + (pid >> 16) % 254, pid >> 8 & 255,
				 1 + (pid & 255) % 254);

	g_autofree char *san = g_strconcat("IP:", f->hub, NULL);
	const PkiCert certificate = { .name = "hub", .issuer = "ca", .san = san };

	pki_issue(f->pki, &certificate);

	g_autofree char *listener = listener_lines(f, 8883, f->hub, "hub");
	g_autofree char *lines = g_strconcat(listener, "require_certificate true\n", NULL);

	return broker_new(f->pki, NULL, lines);
}

/* The configuration names no broker. */
static void forget_broker(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *old = NULL;

	g_assert_true(g_file_get_contents(path, &old, NULL, NULL));

	char *line = strstr(old, "uri = ");

	g_assert_nonnull(line);
	memset(line, '#', strcspn(line, "\n"));
	g_assert_true(g_file_set_contents(path, old, -1, NULL));
}

static void set_up(Fixture *f, gconstpointer data)
{
	const Case *c = data;

	f->pki = pki_new();
	pki_issue_all(f->pki, certificates, G_N_ELEMENTS(certificates));
	f->desk = desk_new(f);
	f->peer = cloud_peer_new(f->desk);
	f->house = c->hub ? hub_new(f) : broker_new(f->pki, "server", NULL);
	pki_write(f->pki, "secret", "key-1\nsecret-1\n");
	g_assert_cmpint(g_chmod(pki_path(f->pki, "secret"), 0600), ==, 0);

	g_autofree char *lines = g_strdup_printf(
		"[store]\ntrial = %s\n[enrolment]\nuri = mqtts://127.0.0.1:%u\nsecret = %s\n"
		"%s%s\n%s\n",
		c->trial ? c->trial : "1s", f->desk_port, pki_path(f->pki, "secret"),
		c->unsure ? "#" : "ca = ", pki_path(f->pki, "ca.crt"), c->lines);

	f->agent = agent_process_new(broker_port(f->house), lines);
	if (c->hub)
		forget_broker(f);
	if (c->device)
		agent_process_import(f->agent, f->pki, c->device);
	agent_process_keep_log(f->agent);
	agent_process_start(f->agent);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	cloud_peer_free(f->peer);
	broker_free(f->house);
	broker_free(f->desk);
	g_free(f->hub);
	pki_free(f->pki);
}

/* --- what is looked at --- */

static void await_store(Fixture *f, const char *wanted)
{
	agent_process_await_store(f->agent, wanted);
}

/* broker.conf of the current generation. */
static char *current_broker(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "store/current/broker.conf");
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void await_error(Fixture *f, const char *words)
{
	agent_process_await_words(f->agent, "enrolment/error", words);
}

/* It is none for a moment whenever the store is read anew. */
static void await_retry(Fixture *f, double least_ms)
{
	for (unsigned i = 0; agent_process_number(f->agent, "enrolment/retry_ms") <= least_ms;
	     i++) {
		g_assert_cmpuint(i, <, POLL_ROUNDS);
		g_usleep(POLL_US);
	}
}

static cJSON *await_json(Fixture *f, const char *topic)
{
	g_autofree char *text = cloud_peer_await(f->peer, topic);
	cJSON *json = cJSON_Parse(text);

	g_assert_nonnull(json);
	return json;
}

static const char *text_of(const cJSON *json, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(json, name));
}

/* The broker of the house takes samples of this client id. */
static void expect_telemetry(Fixture *f, const char *client_id)
{
	agent_process_await(f->agent, "client_id", client_id);
	agent_process_await(f->agent, "state", "online");
	g_assert_cmpint(agent_process_publish(f->agent, 1, 1), ==, 1);
	g_free(agent_process_await_stage(f->agent, "telemetry", "ok"));
}

/* Told what is wrong; SIGHUP makes the next attempt come at once. */
static void expect_failure(Fixture *f, const char *words)
{
	await_error(f, words);
	agent_process_signal(f->agent, SIGHUP);
}

/* Another program holds the store; to be closed. */
static int hold_store(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "store/lock");
	int lock = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(lock, LOCK_EX), ==, 0);
	return lock;
}

/* --- what is kept over a restart --- */

/* A line of the store: until when, and after how many failures; NULL: there is none. */
static char **noted(Fixture *f, const char *name)
{
	g_autofree char *path = agent_process_path(f->agent, name);
	g_autofree char *line = NULL;

	return g_file_get_contents(path, &line, NULL, NULL) ? g_strsplit(line, " ", -1) : NULL;
}

static bool is_noted(Fixture *f, const char *name, int64_t least_s, int64_t failures)
{
	g_auto(GStrv) fields = noted(f, name);

	return fields &&
	       g_ascii_strtoll(fields[1], NULL, 10) - g_ascii_strtoll(fields[0], NULL, 10) >=
		       least_s &&
	       g_ascii_strtoll(fields[2], NULL, 10) == failures;
}

/* Until it is there: for @least_s and more, after @failures. */
static void await_noted(Fixture *f, const char *name, int64_t least_s, int64_t failures)
{
	for (unsigned i = 0; !is_noted(f, name, least_s, failures); i++) {
		g_assert_cmpuint(i, <, POLL_ROUNDS);
		g_usleep(POLL_US);
	}
}

static void await_forgotten(Fixture *f, const char *name)
{
	g_autofree char *path = agent_process_path(f->agent, name);

	for (unsigned i = 0; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
		g_assert_cmpuint(i, <, POLL_ROUNDS);
		g_usleep(POLL_US);
	}
}

/* What was noted is there again, as if the power had gone before it was forgotten. */
static void note_again(Fixture *f, const char *name, char **fields)
{
	g_autofree char *path = agent_process_path(f->agent, name);
	g_autofree char *line = g_strjoinv(" ", fields);

	g_assert_true(g_file_set_contents(path, line, -1, NULL));
}

#define NEXT_FILE  "store/enrolment.next"
#define TRIAL_FILE "store/enrolment.trial"

/* As if the clock had been ahead by a day then. */
static void note_ahead(Fixture *f)
{
	g_auto(GStrv) fields = noted(f, NEXT_FILE);

	for (int i = 0; i < 2; i++) {
		int64_t moment_s = g_ascii_strtoll(fields[i], NULL, 10) + 86400;

		g_free(fields[i]);
		fields[i] = g_strdup_printf("%" G_GINT64_FORMAT, moment_s);
	}
	note_again(f, NEXT_FILE, fields);
}

/* The operator has mended something. */
static void configure(Fixture *f, const char *lines)
{
	g_autofree char *path = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *old = NULL;
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &old, NULL, NULL));
	text = g_strconcat(old, "\n", lines, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void restart(Fixture *f)
{
	agent_process_kill(f->agent);
	agent_process_start(f->agent);
}

/* --- thingsboard --- */

#define TB_REQUEST "/provision/request"
#define TB_ANSWER  "/provision/response"
#define TB_SUCCESS                                                                                 \
	"{\"status\":\"SUCCESS\",\"credentialsType\":\"X509_CERTIFICATE\",\"credentialsValue\":"   \
	"\"x\"}"
#define TB_FAILURE "{\"status\":\"FAILURE\",\"errorMsg\":\"no such profile\"}"

static void tb_await_request(Fixture *f)
{
	cJSON *request = await_json(f, TB_REQUEST);

	g_assert_cmpstr(text_of(request, "provisionDeviceKey"), ==, "key-1");
	g_assert_cmpstr(text_of(request, "provisionDeviceSecret"), ==, "secret-1");
	g_assert_cmpstr(text_of(request, "credentialsType"), ==, "X509_CERTIFICATE");
	cJSON_Delete(request);
}

/* The cloud takes the device, whose store then holds what is @wanted. */
static void tb_enrol(Fixture *f, const char *wanted)
{
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	await_store(f, wanted);
}

static void test_thingsboard(Fixture *f, gconstpointer data)
{
	agent_process_await(f->agent, "state", "waiting-for-identity");
	tb_enrol(f, "1 dev-1 good;*2 dev-1 good;");
	expect_telemetry(f, "dev-1");

	g_autofree char *broker = current_broker(f);
	g_autofree char *error = agent_process_text(f->agent, "enrolment/error");

	g_assert_nonnull(strstr(broker, "enrolled=thingsboard"));
	g_assert_cmpstr(error, ==, "");
	/* once is enough */
	agent_process_kill(f->agent);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, TB_REQUEST), ==, 0);
}

/* Refused, malformed: the claim stays, the words are told, and it is tried again. */
static void test_thingsboard_refused(Fixture *f, gconstpointer data)
{
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_FAILURE);
	expect_failure(f, "(FAILURE): no such profile; nor is the certificate known: ");
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, "nonsense");
	expect_failure(f, "no JSON object");
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER,
		       "{\"status\":\"SUCCESS\",\"credentialsType\":\"ACCESS_TOKEN\","
		       "\"credentialsValue\":\"t\"}");
	await_error(f, "of the type \"ACCESS_TOKEN\"");
	await_store(f, "*1 strange;");
}

/* The chain of the claim, which a phone may have brought, is no warrant for who gets the secret. */
static void test_thingsboard_unsure(Fixture *f, gconstpointer data)
{
	await_error(f, "certificate");
	await_store(f, "*1 dev-1;");
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, TB_REQUEST), ==, 0);
}

/* Nobody answers: it is given up, and tried again by itself. */
static void test_silent(Fixture *f, gconstpointer data)
{
	await_error(f, "did not answer within 1 s");
	tb_await_request(f);
	tb_await_request(f);
	await_store(f, "*1 dev-1;");
	/* it may go on for weeks: an attempt is no line */
	g_assert_cmpuint(agent_process_log_count(f->agent, "did not answer"), >, 0);
	g_assert_cmpuint(agent_process_log_count(f->agent, "enrolling"), ==, 0);
}

/* The server did it, and the power went before the device knew: now it refuses, and knows us. */
static void test_thingsboard_cut(Fixture *f, gconstpointer data)
{
	int lock = hold_store(f);

	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	agent_process_kill(f->agent);
	close(lock);
	await_store(f, "*1 dev-1;");
	agent_process_start(f->agent);
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_FAILURE);
	await_store(f, "1 dev-1 good;*2 dev-1 good;");
	expect_telemetry(f, "dev-1");
}

/* The outcome never connects: the claim is still there, and is enrolled once more. */
static void test_thingsboard_again(Fixture *f, gconstpointer data)
{
	tb_enrol(f, "1 strange good;*2 strange;");
	tb_enrol(f, "1 strange good;*3 strange;");
	/* a restart does not begin with short trials again */
	await_noted(f, TRIAL_FILE, 2, 1);
	restart(f);
	tb_enrol(f, "1 strange good;*4 strange;");
	await_noted(f, TRIAL_FILE, 4, 2);

	g_auto(GStrv) trial = noted(f, TRIAL_FILE);

	/* another identity takes its place, and that is enrolled */
	agent_process_import(f->agent, f->pki, "dev-1");
	await_store(f, "1 strange good;*5 dev-1 good;");
	expect_telemetry(f, "dev-1");
	await_forgotten(f, TRIAL_FILE);
	await_forgotten(f, NEXT_FILE);
	/* nothing of it is left for another trial to count */
	agent_process_kill(f->agent);
	note_again(f, TRIAL_FILE, trial);
	agent_process_start(f->agent);
	await_forgotten(f, TRIAL_FILE);
}

/* Without an identity there is nothing to begin with; one that comes is a claim. */
static void test_empty(Fixture *f, gconstpointer data)
{
	agent_process_await(f->agent, "state", "waiting-for-identity");
	await_error(f, "needs the certificate and key that it begins with, the claim");
	agent_process_import(f->agent, f->pki, "dev-1");
	tb_enrol(f, "1 dev-1 good;*2 dev-1 good;");
}

/* The key of the current generation loses its end. */
static void damage_key(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "store/current/device.key");

	g_assert_cmpint(truncate(path, 100), ==, 0);
}

/* Enrolled and connected, then damaged: the claim is still there. */
static void test_damaged(Fixture *f, gconstpointer data)
{
	tb_enrol(f, "1 dev-1 good;*2 dev-1 good;");
	agent_process_kill(f->agent);
	damage_key(f);
	agent_process_start(f->agent);
	await_error(f, "generations/2/device.key: holds no private key");
	tb_enrol(f, "1 dev-1 good;*3 dev-1 good;");
	expect_telemetry(f, "dev-1");
}

/* The cloud is not asked again and again when what it gave is damaged before it connects. */
static void test_damaged_again(Fixture *f, gconstpointer data)
{
	tb_enrol(f, "1 strange good;*2 strange;");
	damage_key(f);
	agent_process_signal(f->agent, SIGHUP);
	tb_enrol(f, "1 strange good;*3 strange;");
	damage_key(f);
	agent_process_signal(f->agent, SIGHUP);
	await_error(f, "generations/3/device.key: holds no private key");
	await_retry(f, 3600 * 1000);
	await_noted(f, TRIAL_FILE, 7200, 1);
	restart(f);
	await_error(f, "generations/3/device.key: holds no private key");
	await_retry(f, 3600 * 1000);
}

/* --- aws-fleet --- */

#define AWS_CREATE    "$aws/certificates/create-from-csr/json"
#define AWS_PROVISION "$aws/provisioning-templates/fleet/provision/json"
#define AWS_THING     "{\"deviceConfiguration\":{},\"thingName\":\"thing-7\"}"
#define AWS_REJECTED(status)                                                                       \
	"{\"statusCode\":" status ",\"errorCode\":\"Some\",\"errorMessage\":\"so it is\"}"

/* What is asked for, to be freed. */
static char *aws_await_request(Fixture *f)
{
	cJSON *json = await_json(f, AWS_CREATE);
	char *request = g_strdup(text_of(json, "certificateSigningRequest"));

	cJSON_Delete(json);
	return request;
}

static void aws_say_certificate(Fixture *f, const char *pem)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "certificateId", "c-1");
	cJSON_AddStringToObject(json, "certificatePem", pem);
	cJSON_AddStringToObject(json, "certificateOwnershipToken", "token-1");

	char *text = cJSON_PrintUnformatted(json);

	cloud_peer_say(f->peer, AWS_CREATE "/accepted", text);
	cJSON_free(text);
	cJSON_Delete(json);
}

static void aws_await_provision(Fixture *f)
{
	g_autofree char *heard = cloud_peer_await(f->peer, AWS_PROVISION);

	g_assert_cmpstr(heard, ==,
			"{\"certificateOwnershipToken\":\"token-1\",\"parameters\":{"
			"\"SerialNumber\":\"dev-7\"}}");
}

/* All but the last answer. */
static void aws_to_provision(Fixture *f)
{
	g_autofree char *request = aws_await_request(f);
	g_autofree char *pem = pki_sign_request(f->pki, "ca", request);

	aws_say_certificate(f, pem);
	aws_await_provision(f);
}

static void test_aws(Fixture *f, gconstpointer data)
{
	g_autofree char *pending = agent_process_path(f->agent, "store/pending.key");

	/* what was said before it came is no answer to it */
	g_free(aws_await_request(f));
	agent_process_kill(f->agent);
	cloud_peer_retain(f->peer, AWS_CREATE "/rejected", AWS_REJECTED("403"));
	agent_process_start(f->agent);
	aws_to_provision(f);
	g_assert_true(g_file_test(pending, G_FILE_TEST_EXISTS));
	cloud_peer_say(f->peer, AWS_PROVISION "/accepted", AWS_THING);
	await_store(f, "1 claim good;*2 dev-7 good;");
	expect_telemetry(f, "thing-7");
	g_assert_false(g_file_test(pending, G_FILE_TEST_EXISTS));
}

static void test_aws_refused(Fixture *f, gconstpointer data)
{
	g_autofree char *strangers = NULL;

	g_free(aws_await_request(f));
	cloud_peer_say(f->peer, AWS_CREATE "/rejected", AWS_REJECTED("403"));
	expect_failure(f, "a certificate is refused (403 Some): so it is");
	g_free(aws_await_request(f));
	cloud_peer_say(f->peer, AWS_CREATE "/rejected", AWS_REJECTED("429"));
	expect_failure(f, "a certificate is not to be had now (429 Some): so it is");
	aws_to_provision(f);
	cloud_peer_say(f->peer, AWS_PROVISION "/rejected", AWS_REJECTED("400"));
	expect_failure(f, "the thing is refused (400 Some): so it is");
	/* a certificate that is for another key is found out before a thing is asked for */
	g_assert_true(g_file_get_contents(pki_path(f->pki, "dev-1.crt"), &strangers, NULL, NULL));
	g_free(aws_await_request(f));
	aws_say_certificate(f, strangers);
	expect_failure(f,
		       "the certificate of the answer is not for the key that one was asked for");
	await_store(f, "*1 claim;");
}

/* The answer is there and the store cannot be written; then the power goes. */
static void test_aws_cut(Fixture *f, gconstpointer data)
{
	aws_to_provision(f);

	int lock = hold_store(f);

	cloud_peer_say(f->peer, AWS_PROVISION "/accepted", AWS_THING);
	await_error(f, "store");
	agent_process_kill(f->agent);
	close(lock);
	await_store(f, "*1 claim;");
	agent_process_start(f->agent);
	aws_to_provision(f);
	cloud_peer_say(f->peer, AWS_PROVISION "/accepted", AWS_THING);
	await_store(f, "1 claim good;*2 dev-7 good;");
	expect_telemetry(f, "thing-7");
}

/* The store cannot be written for a while: the cloud is not asked once more for what it gave. */
static void test_aws_locked(Fixture *f, gconstpointer data)
{
	aws_to_provision(f);

	int lock = hold_store(f);

	cloud_peer_say(f->peer, AWS_PROVISION "/accepted", AWS_THING);
	await_error(f, "store");
	close(lock);
	await_store(f, "1 claim good;*2 dev-7 good;");
	expect_telemetry(f, "thing-7");
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, AWS_CREATE), ==, 0);
}

/* --- dps --- */

#define DPS_REGISTER "$dps/registrations/PUT/iotdps-register/?$rid=1"
#define DPS_POLL     "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=op-1"
#define DPS_PENDING  "{\"operationId\":\"op-1\",\"status\":\"assigning\"}"

static void dps_await_register(Fixture *f)
{
	g_autofree char *heard = cloud_peer_await(f->peer, DPS_REGISTER);

	g_assert_cmpstr(heard, ==, "{\"registrationId\":\"dev-1\"}");
}

static void dps_say_hub(Fixture *f, const char *hub)
{
	g_autofree char *text = g_strdup_printf("{\"operationId\":\"op-1\",\"status\":\"assigned\","
						"\"registrationState\":{\"assignedHub\":\"%s\","
						"\"deviceId\":\"device-9\"}}",
						hub);

	cloud_peer_say(f->peer, "$dps/registrations/res/200/?$rid=2", text);
}

/* All but the last answer. */
static void dps_to_poll(Fixture *f)
{
	dps_await_register(f);
	cloud_peer_say(f->peer, "$dps/registrations/res/202/?$rid=1&retry-after=1", DPS_PENDING);
	g_free(cloud_peer_await(f->peer, DPS_POLL));
}

static void test_dps(Fixture *f, gconstpointer data)
{
	dps_to_poll(f);
	dps_say_hub(f, f->hub);
	await_store(f, "1 dev-1 good;*2 dev-1 good;");
	expect_telemetry(f, "device-9");

	g_autofree char *broker = current_broker(f);

	g_assert_nonnull(strstr(broker, "profile=iothub"));
	g_assert_nonnull(strstr(broker, f->hub));
}

static void dps_say_busy(Fixture *f)
{
	cloud_peer_say(f->peer, "$dps/registrations/res/429/?$rid=1&retry-after=3600", "{}");
	await_error(f, "is busy (429)");
}

static void test_dps_refused(Fixture *f, gconstpointer data)
{
	dps_await_register(f);
	cloud_peer_say(f->peer, "$dps/registrations/res/401/?$rid=1",
		       "{\"errorCode\":401002,\"message\":\"who is that\"}");
	expect_failure(f, "refuses the device (401): who is that");
	dps_await_register(f);
	dps_say_busy(f);
	await_retry(f, 3000 * 1000);
	agent_process_signal(f->agent, SIGHUP);
	dps_to_poll(f);
	cloud_peer_say(f->peer, "$dps/registrations/res/200/?$rid=2", "nonsense");
	await_error(f, "no JSON object");
	await_store(f, "*1 dev-1;");
}

/* A device that is started again and again asks no more often than one that runs on. */
static void test_dps_restarted(Fixture *f, gconstpointer data)
{
	dps_await_register(f);
	dps_say_busy(f);
	await_noted(f, NEXT_FILE, 3600, 1);
	for (int i = 0; i < 3; i++) {
		restart(f);
		await_error(f, "an attempt before the agent's start came to nothing");
		agent_process_await(f->agent, "enrolment/state", "waiting");
		await_retry(f, 3000 * 1000);
	}
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, DPS_REGISTER), ==, 0);
	/* who asks for it gets it at once; what failed before counts */
	agent_process_signal(f->agent, SIGHUP);
	dps_await_register(f);
	dps_say_busy(f);
	await_noted(f, NEXT_FILE, 3600, 2);
	/* a clock that is set makes it come soon */
	agent_process_kill(f->agent);
	note_ahead(f);
	agent_process_start(f->agent);
	dps_await_register(f);
	dps_say_busy(f);
	await_noted(f, NEXT_FILE, 3600, 3);
	/* and so does another configuration */
	agent_process_kill(f->agent);
	configure(f, "[enrolment]\ntimeout = 29s\n");
	agent_process_start(f->agent);
	dps_await_register(f);
}

/* The hub that was assigned is not there: the device asks once more, and gets another. */
static void test_dps_again(Fixture *f, gconstpointer data)
{
	dps_to_poll(f);
	dps_say_hub(f, "nobody.invalid");
	await_store(f, "1 dev-1 good;*2 dev-1;");
	dps_to_poll(f);
	dps_say_hub(f, f->hub);
	await_store(f, "1 dev-1 good;*3 dev-1 good;");
	expect_telemetry(f, "device-9");
}

#define TB_LINES  "method = thingsboard\n"
#define AWS_LINES "method = aws-fleet\ntemplate = fleet\nname = dev-7\n[broker]\nprofile = aws\n"
#define DPS_LINES "method = dps\nid_scope = 0ne1\n"

static const Case thingsboard = { TB_LINES, "dev-1", false, NULL, false };
static const Case thingsboard_unsure = { TB_LINES, "dev-1", false, NULL, true };
static const Case thingsboard_strange = { TB_LINES, "strange", false, NULL, false };
static const Case thingsboard_hasty = { TB_LINES "timeout = 1s\n", "dev-1", false, NULL, false };
static const Case thingsboard_patient = { TB_LINES, "strange", false, "1h", false };
static const Case thingsboard_empty = { TB_LINES, NULL, false, NULL, false };
static const Case aws = { AWS_LINES, "claim", false, NULL, false };
static const Case dps = { DPS_LINES, "dev-1", true, NULL, false };

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, c, function)                                                                     \
	g_test_add("/agent/enrol/" path, Fixture, c, set_up, function, tear_down)
	ADD("thingsboard", &thingsboard, test_thingsboard);
	ADD("thingsboard/unsure", &thingsboard_unsure, test_thingsboard_unsure);
	ADD("thingsboard/refused", &thingsboard_strange, test_thingsboard_refused);
	ADD("thingsboard/cut", &thingsboard, test_thingsboard_cut);
	ADD("thingsboard/again", &thingsboard_strange, test_thingsboard_again);
	ADD("thingsboard/empty", &thingsboard_empty, test_empty);
	ADD("thingsboard/damaged", &thingsboard, test_damaged);
	ADD("thingsboard/damaged-again", &thingsboard_patient, test_damaged_again);
	ADD("silent", &thingsboard_hasty, test_silent);
	ADD("aws", &aws, test_aws);
	ADD("aws/refused", &aws, test_aws_refused);
	ADD("aws/cut", &aws, test_aws_cut);
	ADD("aws/locked", &aws, test_aws_locked);
	ADD("dps", &dps, test_dps);
	ADD("dps/refused", &dps, test_dps_refused);
	ADD("dps/restarted", &dps, test_dps_restarted);
	ADD("dps/again", &dps, test_dps_again);
#undef ADD
	return g_test_run();
}
