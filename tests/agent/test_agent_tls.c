/* SPDX-License-Identifier: MIT */
/* What [broker] says of TLS reaches the wire: the oldest version, whom to trust, the protocol asked
 * for by ALPN; and a broker that does not ask for our certificate is warned of, once. */
#include "tests/agent/agent-process.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define AWS_ALPN "x-amzn-mqtt-ca"

typedef struct Fixture {
	Pki *pki;
	AgentProcess *agent;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	static const PkiCert certificates[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "IP:127.0.0.1" },
		{ .name = "dev-1", .issuer = "ca", .client_only = true },
	};

	f->pki = pki_new();
	for (size_t i = 0; i < G_N_ELEMENTS(certificates); i++)
		pki_issue(f->pki, &certificates[i]);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	pki_free(f->pki);
}

static void prepare(Fixture *f, uint16_t port, const char *lines)
{
	agent_process_free(f->agent);
	f->agent = agent_process_new(port, lines);
	agent_process_import(f->agent, f->pki, "dev-1");
	agent_process_keep_log(f->agent);
}

static void start(Fixture *f, uint16_t port, const char *lines)
{
	prepare(f, port, lines);
	agent_process_start(f->agent);
}

/* With an identity that says nothing of whom to trust. @system: whom the system trusts */
static void start_chainless(Fixture *f, uint16_t port, const char *lines, const char *system)
{
	g_autofree char *chain = NULL;

	prepare(f, port, lines);
	chain = agent_process_path(f->agent, "store/generations/1/server_chain.pem");
	g_assert_cmpint(unlink(chain), ==, 0);
	agent_process_set(f->agent, "SSL_CERT_FILE", pki_path(f->pki, system));
	agent_process_start(f->agent);
}

static void expect_failure(Fixture *f, const char *stage, const char *part)
{
	g_autofree char *words = agent_process_await_stage(f->agent, stage, "failed");

	g_test_message("%s", words);
	g_assert_nonnull(strstr(words, part));
}

static void expect_online(Fixture *f)
{
	g_assert_cmpint(agent_process_publish(f->agent, 1, 1), ==, 1);
	g_free(agent_process_await_stage(f->agent, "telemetry", "ok"));
}

/* mosquitto has no setting for the newest version; OpenSSL's own file has. */
static Broker *broker_of_tls_1_2(Fixture *f)
{
	pki_write(f->pki, "openssl.cnf",
		  "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = rules\n"
		  "[rules]\nMaxProtocol = TLSv1.2\n");
	g_setenv("OPENSSL_CONF", pki_path(f->pki, "openssl.cnf"), TRUE);

	Broker *broker = broker_new(f->pki, "server", NULL);

	g_unsetenv("OPENSSL_CONF");
	return broker;
}

/* As Azure IoT Hub may be: spoken with when the operator has said so, refused otherwise. */
static void test_version(Fixture *f, gconstpointer data)
{
	g_autoptr(Broker) broker = broker_of_tls_1_2(f);

	start(f, broker_port(broker), NULL);
	expect_failure(f, "tls", "no common TLS version");
	start(f, broker_port(broker), "[broker]\ntls = 1.2\n");
	expect_online(f);
}

/* Whom the system trusts is believed where the identity has no chain; and [broker] ca rather than
 * either. */
static void test_trust(Fixture *f, gconstpointer data)
{
	g_autoptr(Broker) broker = broker_new(f->pki, "server", NULL);
	g_autofree char *lines = g_strdup_printf("[broker]\nca = %s\n", pki_path(f->pki, "ca.crt"));

	start_chainless(f, broker_port(broker), NULL, "dev-1.crt");
	expect_failure(f, "tls", "(CN=ca) at the end of the broker's chain is not among those");
	start_chainless(f, broker_port(broker), NULL, "ca.crt");
	expect_online(f);
	start_chainless(f, broker_port(broker), lines, "dev-1.crt");
	expect_online(f);
}

static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A server of TLS that speaks @alpn, and no MQTT. @input stays open meanwhile. */
static GPid serve(Fixture *f, uint16_t port, const char *alpn, int *input)
{
	g_autofree char *accept = g_strdup_printf("127.0.0.1:%u", port);
	const char *argv[] = { "openssl",
			       "s_server",
			       "-quiet",
			       "-accept",
			       accept,
			       "-alpn",
			       alpn,
			       "-cert",
			       pki_path(f->pki, "server.crt"),
			       "-key",
			       pki_path(f->pki, "server.key"),
			       NULL };
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
					 G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
				 die_with_parent, NULL, &pid, input, NULL, NULL, &error);
	g_assert_no_error(error);
	while (!port_open(port))
		g_usleep(5000);
	return pid;
}

/* As behind port 443 of AWS: without the right word there is no handshake, with it there is one. */
static void test_alpn(Fixture *f, gconstpointer data)
{
	uint16_t port = port_unused();
	int input;
	GPid pid = serve(f, port, AWS_ALPN, &input);

	start(f, port, "[broker]\nalpn = mqtt\n");
	expect_failure(f, "tls", "does not speak the ALPN protocol we asked for");
	start(f, port, "[broker]\nalpn = " AWS_ALPN "\n");
	g_free(agent_process_await_stage(f->agent, "tls", "ok"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(input);
}

/* A broker that takes everybody is used, and warned of: once, however often it is connected to. */
static void test_unasked(Fixture *f, gconstpointer data)
{
	g_autofree char *lines =
		g_strdup_printf("certfile %s\nkeyfile %s\n", pki_path(f->pki, "server.crt"),
				pki_path(f->pki, "server.key"));
	g_autoptr(Broker) broker = broker_new(f->pki, NULL, lines);

	start(f, broker_port(broker), NULL);
	expect_online(f);
	g_assert_cmpuint(agent_process_log_count(f->agent, "did not ask for our certificate"), ==,
			 1);
	broker_kill(broker);
	agent_process_await(f->agent, "state", "waiting");
	broker_restart(broker);
	agent_process_await(f->agent, "state", "online");
	g_assert_cmpuint(agent_process_log_count(f->agent, "did not ask for our certificate"), ==,
			 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/agent/tls/version", test_version);
	ADD("/agent/tls/trust", test_trust);
	ADD("/agent/tls/alpn", test_alpn);
	ADD("/agent/tls/unasked", test_unasked);
	return g_test_run();
}
