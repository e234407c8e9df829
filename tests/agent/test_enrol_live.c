/* SPDX-License-Identifier: MIT */
/* The agent is enrolled by a cloud: the cloud's side is scripted, brokers and store are real.
 *
 *   desk    where the exchange is had: TLS, and clear text for the script
 *   house   where the device belongs afterwards: mutual TLS */
#include "common/store.h"
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

#define ROUNDS  12000 /* of WAIT_US: a minute */
#define WAIT_US 5000

static const PkiCert certificates[] = {
	{ .name = "ca", .ca = true },
	{ .name = "other-ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "dev-1", .issuer = "ca", .client_only = true },
	{ .name = "strange", .issuer = "other-ca", .client_only = true },
};

typedef struct Case {
	const char *lines;  /* of the configuration, after [enrolment] */
	const char *device; /* certificate that is imported */
} Case;

typedef struct Fixture {
	Pki *pki;
	uint16_t desk_port;
	Broker *desk;
	Broker *house;
	CloudPeer *peer;
	AgentProcess *agent;
} Fixture;

static Broker *desk_new(Fixture *f)
{
	f->desk_port = port_unused();

	g_autofree char *lines =
		g_strdup_printf("listener %u 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\n",
				f->desk_port, pki_path(f->pki, "ca.crt"),
				pki_path(f->pki, "server.crt"), pki_path(f->pki, "server.key"));

	return broker_new(f->pki, NULL, lines);
}

static void set_up(Fixture *f, gconstpointer data)
{
	const Case *c = data;

	f->pki = pki_new();
	for (size_t i = 0; i < G_N_ELEMENTS(certificates); i++)
		pki_issue(f->pki, &certificates[i]);
	f->desk = desk_new(f);
	f->peer = cloud_peer_new(f->desk);
	f->house = broker_new(f->pki, "server", NULL);
	pki_write(f->pki, "secret", "key-1\nsecret-1\n");
	g_assert_cmpint(g_chmod(pki_path(f->pki, "secret"), 0600), ==, 0);

	g_autofree char *lines = g_strdup_printf(
		"[store]\ntrial = 1s\n[enrolment]\nuri = mqtts://127.0.0.1:%u\nsecret = %s\n%s\n",
		f->desk_port, pki_path(f->pki, "secret"), c->lines);

	f->agent = agent_process_new(broker_port(f->house), lines);
	agent_process_import(f->agent, f->pki, c->device);
	agent_process_start(f->agent);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	cloud_peer_free(f->peer);
	broker_free(f->house);
	broker_free(f->desk);
	pki_free(f->pki);
}

/* --- what is looked at --- */

/* The generations as the store lists them, each "number name state", the current one with a star. */
static char *describe_store(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "store");
	g_autoptr(Store) store = store_open(path);
	g_autoptr(GPtrArray) list = store_list(store, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		const StoreGeneration *one = list->pdata[i];

		g_string_append_printf(text, "%s%u %s%s%s;", one->current ? "*" : "", one->number,
				       one->common_name ? one->common_name : "nobody",
				       one->good ? " good" : "", one->failed ? " failed" : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void await_store(Fixture *f, const char *wanted)
{
	g_autofree char *found = NULL;

	for (unsigned i = 0; i < ROUNDS && g_strcmp0(found, wanted) != 0; i++) {
		g_free(found);
		found = describe_store(f);
		g_usleep(WAIT_US);
	}
	g_assert_cmpstr(found, ==, wanted);
}

/* broker.conf of the current generation. */
static char *current_broker(Fixture *f)
{
	g_autofree char *path = agent_process_path(f->agent, "store/current/broker.conf");
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static char *enrolment_error(Fixture *f)
{
	cJSON *status = agent_process_status(f->agent);
	const cJSON *enrolment = cJSON_GetObjectItem(status, "enrolment");
	char *error = g_strdup(cJSON_GetStringValue(cJSON_GetObjectItem(enrolment, "error")));

	cJSON_Delete(status);
	return error;
}

static void await_error(Fixture *f, const char *words)
{
	g_autofree char *error = NULL;

	for (unsigned i = 0; i < ROUNDS && !(error && strstr(error, words)); i++) {
		g_free(error);
		error = enrolment_error(f);
		g_usleep(WAIT_US);
	}
	g_assert_nonnull(strstr(error, words));
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

static void expect_online(Fixture *f)
{
	agent_process_await(f->agent, "state", "online");
	g_assert_cmpint(agent_process_publish(f->agent, 1, 1), ==, 1);
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

static void test_thingsboard(Fixture *f, gconstpointer data)
{
	agent_process_await(f->agent, "state", "waiting-for-identity");
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	await_store(f, "1 dev-1 good;*2 dev-1 good;");
	expect_online(f);

	g_autofree char *broker = current_broker(f);
	g_autofree char *error = enrolment_error(f);

	g_assert_nonnull(strstr(broker, "enrolled=thingsboard"));
	g_assert_cmpstr(error, ==, "");
	/* once is enough */
	agent_process_kill(f->agent);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	cloud_peer_look(f->peer);
	g_assert_cmpuint(cloud_peer_count(f->peer, TB_REQUEST), ==, 0);
}

/* Told what is wrong; SIGHUP makes the next attempt come at once. */
static void expect_failure(Fixture *f, const char *words)
{
	await_error(f, words);
	agent_process_signal(f->agent, SIGHUP);
}

/* Refused, malformed, silent: the claim stays, the words are told, and it is tried again. */
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
	expect_failure(f, "of the type \"ACCESS_TOKEN\"");
	tb_await_request(f);
	await_error(f, "did not answer within 3 s");
	await_store(f, "*1 strange;");
}

/* The server did it, and the power went before the device knew: now it refuses, and knows us. */
static void test_thingsboard_cut(Fixture *f, gconstpointer data)
{
	g_autofree char *path = agent_process_path(f->agent, "store/lock");
	int lock = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(lock, LOCK_EX), ==, 0);
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	agent_process_kill(f->agent);
	close(lock);
	await_store(f, "*1 dev-1;");
	agent_process_start(f->agent);
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_FAILURE);
	await_store(f, "1 dev-1 good;*2 dev-1 good;");
	expect_online(f);
}

/* The outcome never connects: the claim is still there, and is enrolled once more. */
static void test_thingsboard_again(Fixture *f, gconstpointer data)
{
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	await_store(f, "1 strange good;*2 strange;");
	tb_await_request(f);
	cloud_peer_say(f->peer, TB_ANSWER, TB_SUCCESS);
	await_store(f, "1 strange good;*3 strange;");
	/* another identity takes its place, and that is enrolled */
	agent_process_import(f->agent, f->pki, "dev-1");
	await_store(f, "1 strange good;*4 dev-1 good;");
	expect_online(f);
}

#define TB_LINES "method = thingsboard\ntimeout = 20s\n"

static const Case thingsboard = { TB_LINES, "dev-1" };
static const Case thingsboard_strange = { "method = thingsboard\ntimeout = 3s\n", "strange" };

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, c, function)                                                                     \
	g_test_add("/agent/enrol/" path, Fixture, c, set_up, function, tear_down)
	ADD("thingsboard", &thingsboard, test_thingsboard);
	ADD("thingsboard/refused", &thingsboard_strange, test_thingsboard_refused);
	ADD("thingsboard/cut", &thingsboard, test_thingsboard_cut);
	ADD("thingsboard/again", &thingsboard_strange, test_thingsboard_again);
#undef ADD
	return g_test_run();
}
