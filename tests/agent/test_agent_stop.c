/* SPDX-License-Identifier: MIT */
/* The agent ends when it is asked to, also while a key token never answers. */
#include "tests/agent/agent-process.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"
#include "tests/broker/token.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define POLL_US     5000
#define POLL_ROUNDS 12000 /* a minute */

/* One for all: a process loads one PKCS#11 module. */
typedef struct Shared {
	Pki *pki;
	Token *token; /* NULL: SoftHSM is not installed */
	const char *why;
} Shared;

typedef struct Fixture {
	const Shared *shared;
	Broker *broker;
	AgentProcess *agent;
	char *go; /* the token answers once this file exists: never */
} Fixture;

static void shared_make(Shared *shared)
{
	static const PkiCert certificates[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
		{ .name = "claim", .issuer = "ca", .client_only = true },
	};

	shared->pki = pki_new();
	pki_issue_all(shared->pki, certificates, G_N_ELEMENTS(certificates));
	shared->token = token_softhsm(shared->pki, "device", g_getenv("LANDFALL_SLOW_MODULE"),
				      &shared->why);
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->shared = data;
	if (f->shared->token)
		f->broker = broker_new(f->shared->pki, "server", NULL);
	else
		g_test_skip(f->shared->why);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	broker_free(f->broker);
	g_free(f->go);
}

/* @device: identity; @slow: what of the token is; @lines: more of the configuration */
static void prepare(Fixture *f, const char *device, const char *slow, const char *lines)
{
	f->agent = agent_process_new(broker_port(f->broker), lines);
	f->go = agent_process_path(f->agent, "go");
	agent_process_import(f->agent, f->shared->pki, device);
	agent_process_set(f->agent, slow, f->go);
}

/* The token has been asked. */
static void await_asked(Fixture *f)
{
	g_autofree char *asked = g_strconcat(f->go, ".asked", NULL);

	for (unsigned i = 0; i < POLL_ROUNDS && g_access(asked, F_OK) != 0; i++)
		g_usleep(POLL_US);
	g_assert_cmpint(g_access(asked, F_OK), ==, 0);
}

/* It signs for the connection. What was acknowledged is there when the agent comes back. */
static void test_handshake(Fixture *f, gconstpointer data)
{
	if (!f->broker)
		return;
	prepare(f, "device", "LANDFALL_SLOW_TOKEN", NULL);
	agent_process_start(f->agent);
	await_asked(f);
	g_assert_cmpint(agent_process_publish(f->agent, 1, 10), ==, 10);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	agent_process_set(f->agent, "LANDFALL_SLOW_TOKEN", "/dev/null"); /* exists */
	agent_process_start(f->agent);
	g_free(agent_process_await_stage(f->agent, "telemetry", "ok"));
}

/* It signs a request for a certificate. */
static void test_enrolment(Fixture *f, gconstpointer data)
{
	g_autofree char *uri = NULL;
	g_autofree char *lines = NULL;

	if (!f->broker)
		return;
	g_assert_true(
		g_file_get_contents(pki_path(f->shared->pki, "device.key"), &uri, NULL, NULL));
	lines = g_strdup_printf("[store]\ntoken_key = %s\n[enrolment]\nmethod = aws-fleet\n"
				"template = fleet\nname = dev-7\n[broker]\nprofile = aws\n",
				g_strstrip(uri));
	prepare(f, "claim", "LANDFALL_SLOW_TOKEN", lines);
	agent_process_start(f->agent);
	await_asked(f);
	g_assert_cmpint(agent_process_publish(f->agent, 1, 10), ==, 10);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

/* It is opened for the first time: nothing was taken yet. */
static void test_start(Fixture *f, gconstpointer data)
{
	if (!f->broker)
		return;
	prepare(f, "device", "LANDFALL_SLOW_LOGIN", NULL);
	agent_process_spawn(f->agent);
	await_asked(f);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 128 + SIGTERM);
}

int main(int argc, char **argv)
{
	Shared shared = { 0 };

	g_test_init(&argc, &argv, NULL);
	shared_make(&shared);
#define ADD(name, function)                                                                        \
	g_test_add("/agent/stop/" name, Fixture, &shared, set_up, function, tear_down)
	ADD("handshake", test_handshake);
	ADD("enrolment", test_enrolment);
	ADD("start", test_start);
#undef ADD

	int status = g_test_run();

	token_free(shared.token);
	pki_free(shared.pki);
	return status;
}
