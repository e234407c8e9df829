/* SPDX-License-Identifier: MIT */
/* The whole agent against a real broker with mutual TLS: what is acknowledged arrives. */
#include "tests/agent/agent-bed.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_S       86400
#define KILL_ROUNDS 5    /* unless LANDFALL_KILL_ROUNDS says otherwise */
#define PADDED      8000 /* samples, of 200 octets and more: twice what a spool of 1 MiB holds */

typedef AgentBed Fixture;

static void set_up(Fixture *f, gconstpointer lines)
{
	agent_bed_set_up(f, NULL, 0, lines);
}

static void set_up_plain(Fixture *f, gconstpointer data)
{
	set_up(f, NULL);
}

static void tear_down(Fixture *f, gconstpointer lines)
{
	agent_bed_tear_down(f);
}

static void publish(Fixture *f, int64_t first, int64_t last)
{
	agent_bed_publish(f, first, last);
}

/* In 3.1.1 and in 5: many samples, each once, and a clean end. */
static void test_arrives(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	publish(f, 1, 1);
	publish(f, 2, 20000);
	oracle_await(f->oracle, 1, 20000);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

/* The sensors' own reading comes by itself. */
static void test_sensors(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	publish(f, 1, 1);
	oracle_await(f->oracle, 1, 1);
	oracle_await_samples(f->oracle, 2);
}

static void restart_broker(Fixture *f)
{
	broker_restart(f->broker);
	oracle_free(f->oracle);
	f->oracle = oracle_new(f->broker, f->pki, "watcher");
}

/* The broker is away, the agent is killed twice meanwhile, everything arrives afterwards. */
static void test_broker_away(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	publish(f, 1, 500);
	oracle_await(f->oracle, 1, 500);

	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	publish(f, 501, 1500);
	agent_process_kill(f->agent);
	agent_process_start(f->agent); /* without any broker */
	publish(f, 1501, 2500);
	agent_process_kill(f->agent);

	restart_broker(f);
	agent_process_start(f->agent);
	oracle_await(f->oracle, 501, 2500);
}

/* Back by itself, without a restart. */
static void test_reconnects(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	broker_restart(f->broker);
	agent_process_await(f->agent, "state", "online");
	oracle_free(f->oracle);
	f->oracle = oracle_new(f->broker, f->pki, "watcher");
	publish(f, 1, 100);
	oracle_await(f->oracle, 1, 100);
}

/* A broker that is silent: samples are taken all the same and arrive when it speaks again. */
static void test_broker_silent(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	broker_signal(f->broker, SIGSTOP);
	for (int64_t n = 1; n <= 10000; n += 1000)
		publish(f, n, n + 999);
	broker_signal(f->broker, SIGCONT);
	oracle_await(f->oracle, 1, 10000);
}

/* What was sent is not yet delivered: a broker that dies before it acknowledges, then the agent. */
static void test_sent_is_not_delivered(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	broker_signal(f->broker, SIGSTOP);
	/* many portions: each commit would take the deletion of what was sent before along */
	for (int64_t n = 1; n <= 3000; n += 100)
		publish(f, n, n + 99);
	broker_kill(f->broker);
	agent_process_kill(f->agent);
	restart_broker(f);
	agent_process_start(f->agent);
	oracle_await(f->oracle, 1, 3000);
}

/* One producer of many small portions, until the agent is gone. */
typedef struct Producer {
	const AgentProcess *agent;
	int64_t next;
	int64_t acked; /* only read after the thread was joined */
} Producer;

static gpointer produce(gpointer data)
{
	Producer *producer = data;

	for (;;) {
		int64_t last = producer->next + 49;
		int64_t acked = agent_process_publish(producer->agent, producer->next, last);

		producer->acked = MAX(producer->acked, acked);
		if (acked < last)
			return NULL;
		producer->next = last + 1;
	}
}

/* Killed at random moments while samples come in and go out. */
static void test_kill_rounds(Fixture *f, gconstpointer lines)
{
	const char *rounds = g_getenv("LANDFALL_KILL_ROUNDS");
	int64_t next = 1;

	for (long round = rounds ? strtol(rounds, NULL, 10) : KILL_ROUNDS; round > 0; round--) {
		Producer producer = { .agent = f->agent, .next = next, .acked = next - 1 };
		int64_t first = next;

		agent_process_start(f->agent);
		GThread *thread = g_thread_new("producer", produce, &producer);
		g_usleep((gulong)g_test_rand_int_range(1000, 400000));
		agent_process_kill(f->agent);
		g_thread_join(thread);
		agent_process_start(f->agent);
		if (producer.acked >= first)
			oracle_await(f->oracle, first, producer.acked);
		agent_process_kill(f->agent);
		next = producer.next + 1000; /* what was sent without an ack may come or not */
	}
	g_test_message("%u samples, %u of them twice", oracle_samples(f->oracle),
		       oracle_doubles(f->oracle));
}

/* Another identity becomes current: the agent connects with it and loses nothing. */
static void test_new_identity(Fixture *f, gconstpointer lines)
{
	agent_process_start(f->agent);
	agent_process_await(f->agent, "client_id", "dev-1");
	publish(f, 1, 1000);
	agent_process_import(f->agent, f->pki, "dev-2");
	publish(f, 1001, 2000);
	agent_process_await(f->agent, "client_id", "dev-2");
	agent_process_await(f->agent, "state", "online");
	publish(f, 2001, 3000);
	oracle_await(f->oracle, 1, 3000);
}

/* The step that fails is the one that says so, and each identity has its own first sample. */
static void test_stages(Fixture *f, gconstpointer lines)
{
	g_autofree char *words = NULL;
	g_autofree char *nothing = NULL;

	broker_kill(f->broker);
	agent_process_start(f->agent);
	words = agent_process_await_stage(f->agent, "tcp", "failed");
	g_assert_nonnull(strstr(words, "Connection refused"));
	g_assert_null(agent_process_await_stage(f->agent, "dns", "ok"));
	g_assert_null(agent_process_await_stage(f->agent, "telemetry", "pending"));
	broker_restart(f->broker);
	g_assert_null(agent_process_await_stage(f->agent, "telemetry", "ok"));
	g_assert_null(agent_process_await_stage(f->agent, "tcp", "ok"));

	broker_signal(f->broker, SIGSTOP);
	agent_process_import(f->agent, f->pki, "dev-2");
	agent_process_await(f->agent, "client_id", "dev-2");
	g_assert_null(agent_process_await_stage(f->agent, "telemetry", "pending"));
	publish(f, 1, 1);
	broker_signal(f->broker, SIGCONT);
	nothing = agent_process_await_stage(f->agent, "telemetry", "ok");
	g_assert_null(nothing);
}

/* --- what stops the start --- */

typedef struct CheckCase {
	const char *path;
	const char *lines; /* of the configuration */
	const char *words; /* NULL: it is fine */
} CheckCase;

static const CheckCase check_cases[] = {
	{ "fine", "[broker]\nprofile = aws\ntopic = a/b\n", NULL },
	{ "key", "[sensor x]\ndriver = simulated\nkey = seq\n", "[sensor x]" },
	{ "profile", "[broker]\nprofile = iothub\ntopic = a\n", "[broker] topic" },
	{ "protocol", "[broker]\nprofile = iothub\nprotocol = 5\n", "3.1.1 alone" },
	{ "client-id", "[broker]\nprofile = aws\nclient_id = a b\n", "\"a b\"" },
	{ "topic", "[broker]\nprofile = aws\ntopic = 1/2/3/4/5/6/7/8/9\n", "8 slashes" },
	{ "claim", "[broker]\nclaim = /absent/claim\n", "/absent/claim" },
	{ "ca", "[broker]\nca = /absent/ca.crt\n", "/absent/ca.crt" },
	{ "crl", "[broker]\ncrl = /absent/ca.crl\n", "/absent/ca.crl" },
};

/* What --check-config says of it, without a store. */
static void test_check(gconstpointer data)
{
	const CheckCase *c = data;
	g_autoptr(AgentProcess) agent = agent_process_new(1, c->lines);
	g_autofree char *config = agent_process_path(agent, "landfall.conf");
	const char *argv[] = { g_getenv("LANDFALL_AGENT"), "--config", config, "--check-config",
			       NULL };
	g_autofree char *words = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
				   NULL, NULL, &words, &status, &error));
	g_test_message("%s", words);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, c->words ? 10 : 0);
	g_assert_true(c->words ? strstr(words, c->words) != NULL : *words == '\0');
}

typedef struct StartCase {
	const char *path;
	const char *command; /* done to the folder (%s) before the start */
	int status;
	const char *words; /* part of the one line that is said */
} StartCase;

static const StartCase start_cases[] = {
	{ "/agent/start/unknown-setting", "echo 'intervall = 1s' >> '%s/landfall.conf'", 10,
	  "intervall" },
	{ "/agent/start/foreign-spool", "mkdir -p '%s/spool/spool.db'", 18, "spool.db" },
};

static void test_start(Fixture *f, gconstpointer data)
{
	const StartCase *c = data;
	g_autofree char *folder = agent_process_path(f->agent, "");
	g_autoptr(GString) command = g_string_new(c->command);
	g_autofree char *words = NULL;

	g_string_replace(command, "%s", folder, 0);
	g_assert_cmpint(system(command->str), ==, 0);
	g_assert_cmpint(agent_process_run(f->agent, &words), ==, c->status);
	g_test_message("%s", words);
	g_assert_nonnull(strstr(words, c->words));
	g_assert_true(strchr(words, '\n') == words + strlen(words) - 1);
}

/* --- what is waited for --- */

typedef struct LackCase {
	const char *path;
	const char *command; /* done to the folder (%s) before the start */
	const char *words;   /* part of the error that the status shows */
} LackCase;

static const LackCase lack_cases[] = {
	{ "/agent/lacks/store", "rm -r '%s/store'", "store import" },
	{ "/agent/lacks/certificate", "echo nonsense > '%s/store/generations/1/device.crt'",
	  "device.crt" },
	{ "/agent/lacks/key", "rm '%s/store/generations/1/device.key'", "device.key" },
	{ "/agent/lacks/readable-key", "echo nonsense > '%s/store/generations/1/device.key'",
	  "device.key" },
	{ "/agent/lacks/own-key",
	  "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
	  "-out '%s/store/generations/1/device.key' 2>/dev/null",
	  "does not belong" },
};

/* A device without an identity takes samples; they arrive once it has one. */
static void test_lacks(Fixture *f, gconstpointer data)
{
	const LackCase *c = data;
	g_autofree char *folder = agent_process_path(f->agent, "");
	g_autoptr(GString) command = g_string_new(c->command);
	g_autofree char *error = NULL;

	g_string_replace(command, "%s", folder, 0);
	g_assert_cmpint(system(command->str), ==, 0);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "waiting-for-identity");
	error = agent_process_text(f->agent, "last_error");
	g_assert_nonnull(strstr(error, c->words));
	publish(f, 1, 10);
	agent_process_import(f->agent, f->pki, "dev-2");
	agent_process_await(f->agent, "client_id", "dev-2");
	oracle_await(f->oracle, 1, 10);
}

/* Where no identity can be seen coming, waiting would be silence. */
static void test_unwatchable(Fixture *f, gconstpointer data)
{
	g_autofree char *config = agent_process_path(f->agent, "landfall.conf");
	g_autofree char *command =
		g_strdup_printf("sed -i 's|/store$|/absent/store|' '%s'", config);
	g_autofree char *words = NULL;

	g_assert_cmpint(system(command), ==, 0);
	g_assert_cmpint(agent_process_run(f->agent, &words), ==, 11);
	g_assert_nonnull(strstr(words, "landfallctl store import"));
}

static void test_second_agent(Fixture *f, gconstpointer data)
{
	AgentProcess *first = f->agent;
	g_autofree char *spool = agent_process_path(first, "spool/spool.db");
	g_autofree char *lines = g_strdup_printf("spool = %s\n", spool);
	AgentProcess *second = agent_process_new(broker_port(f->broker), lines);
	g_autofree char *words = NULL;

	agent_process_start(first);
	agent_process_import(second, f->pki, "dev-2");
	g_assert_cmpint(agent_process_run(second, &words), ==, 18);
	g_assert_nonnull(strstr(words, "in use by another process"));
	agent_process_free(second);
	publish(f, 1, 10);
	oracle_await(f->oracle, 1, 10);
}

/* What waited goes out at its pace, what is new ahead of it; nothing is lost or double. */
static void test_backlog_rate(Fixture *f, gconstpointer data)
{
	broker_kill(f->broker);
	agent_process_start(f->agent);
	publish(f, 1, 200);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0); /* the oracle is there before it */
	restart_broker(f);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	publish(f, 201, 300);
	oracle_await(f->oracle, 201, 300);
	g_assert_cmpuint(oracle_samples(f->oracle), <, 1 + 300);
	oracle_await(f->oracle, 1, 200);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
	publish(f, 301, 400);
	oracle_await(f->oracle, 301, 400);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
	agent_process_await_number(f->agent, "spool/waiting", 0); /* a PUBACK may come later */
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	agent_process_start(f->agent); /* all of it was deleted */
	publish(f, 401, 401);
	oracle_await(f->oracle, 401, 401);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
}

/* What waited is sent from its newest part down, in order within a message; all arrives once. */
static void test_newest_first(Fixture *f, gconstpointer data)
{
	broker_kill(f->broker);
	agent_process_start(f->agent);
	publish(f, 1, 500);
	agent_process_kill(f->agent);
	restart_broker(f);
	agent_process_start(f->agent);
	oracle_await(f->oracle, 1, 500);
	g_assert_cmpuint(oracle_rank(f->oracle, 500), <=, 10);
	g_assert_cmpuint(oracle_rank(f->oracle, 499) + 1, ==, oracle_rank(f->oracle, 500));
	g_assert_cmpuint(oracle_rank(f->oracle, 1), >, 490);
	publish(f, 501, 510);
	oracle_await(f->oracle, 501, 510);
	agent_process_await_number(f->agent, "spool/waiting", 0);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	agent_process_start(f->agent); /* all of it was deleted */
	publish(f, 511, 520);
	oracle_await(f->oracle, 511, 520);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
}

/* Killed in the middle of it, with new samples going ahead: nothing is lost. */
static void test_newest_killed(Fixture *f, gconstpointer data)
{
	broker_kill(f->broker);
	agent_process_start(f->agent);
	publish(f, 1, 150);
	agent_process_kill(f->agent);
	restart_broker(f);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	publish(f, 151, 200);
	oracle_await(f->oracle, 150, 200);
	g_assert_cmpuint(oracle_rank(f->oracle, 1), ==, 0);
	agent_process_kill(f->agent);
	agent_process_start(f->agent);
	publish(f, 201, 210);
	oracle_await(f->oracle, 1, 210);
}

/* {"n":1,…} and so on, all of them acknowledged */
static void publish_padded(Fixture *f)
{
	g_autoptr(GString) text = g_string_new("{\"op\":\"publish\"}\n");
	g_autofree char *pad = g_strnfill(200, 'x');
	g_autofree char *answer = NULL;

	for (unsigned n = 1; n <= PADDED; n++)
		g_string_append_printf(text, "{\"n\":%u,\"pad\":\"%s\"}\n", n, pad);
	answer = agent_process_converse(f->agent, text->str, text->len);
	g_assert_null(strstr(answer, "error"));
	g_assert_true(g_str_has_suffix(answer, "{\"ack\":" G_STRINGIFY(PADDED) "}\n"));
}

/* No sensor: all samples are ours. */
#define SMALL_SPOOL                                                                                \
	"[sensor off]\ndriver = simulated\nenabled = false\n[agent]\nspool_limit = 1MiB\n"

/* A spool that is full is ruled by the configuration: nothing is refused, and what was acknowledged
 * arrives or is counted, to the last sample. */
static void test_policy(Fixture *f, gconstpointer lines)
{
	bool oldest = strstr(lines, "drop-oldest") != NULL;
	unsigned dropped;

	broker_kill(f->broker);
	agent_process_start(f->agent);
	publish_padded(f);
	dropped = (unsigned)agent_process_number(f->agent, "spool/dropped");
	g_assert_cmpuint(dropped, >, PADDED / 4);
	g_assert_cmpuint(dropped, <, PADDED);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	restart_broker(f);
	agent_process_start(f->agent); /* waits for no next attempt */
	agent_process_await_number(f->agent, "spool/waiting", 0);
	g_assert_cmpfloat(agent_process_number(f->agent, "spool/accepted"), ==, PADDED);
	g_assert_cmpfloat(agent_process_number(f->agent, "spool/dropped"), ==, dropped);
	publish(f, PADDED + 1, PADDED + 1); /* behind all others */
	oracle_await(f->oracle, PADDED + 1, PADDED + 1);
	g_assert_cmpuint(oracle_samples(f->oracle), ==, PADDED - dropped + 1);
	g_assert_cmpuint(oracle_doubles(f->oracle), ==, 0);
	g_assert_cmpint(oracle_rank(f->oracle, 1) > 0, ==, !oldest);
	g_assert_cmpint(oracle_rank(f->oracle, PADDED) > 0, ==, oldest);
}

/* A list of revoked certificates that is replaced counts from the next connection on; one that is
 * none is not used. */
static void test_crl(Fixture *f, gconstpointer data)
{
	g_autofree char *lines = NULL;

	pki_list_revoked(f->pki, "ca", "dev-2", DAY_S, "ca.crl");
	lines = g_strdup_printf("[broker]\ncrl = %s\n", pki_path(f->pki, "ca.crl"));
	agent_process_free(f->agent);
	f->agent = agent_process_new(broker_port(f->broker), lines);
	agent_process_import(f->agent, f->pki, "dev-1");
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");

	pki_write(f->pki, "ca.crl", "no list"); /* the old one holds */
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	restart_broker(f);
	publish(f, 1, 10);
	oracle_await(f->oracle, 1, 10);

	pki_list_revoked(f->pki, "ca", "server", DAY_S, "ca.crl");
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	restart_broker(f);
	agent_process_await_words(f->agent, "last_error", "was revoked");
	pki_list_revoked(f->pki, "ca", "dev-2", 2 * DAY_S, "ca.crl");
	publish(f, 11, 20);
	oracle_await(f->oracle, 11, 20);
}

/* Two devices with one identity throw each other out: both say so and come back less often, and
 * what they have arrives all the same. */
static void test_rival(Fixture *f, gconstpointer data)
{
	static const char words[] = "another client may be using the client id dev-1";
	AgentProcess *rival = agent_process_new(broker_port(f->broker), NULL);

	agent_process_import(rival, f->pki, "dev-1");
	agent_process_start(f->agent);
	agent_process_start(rival);
	agent_process_await_words(f->agent, "last_error", words);
	agent_process_await_words(rival, "last_error", words);
	agent_process_await_words(rival, "advice", "look for another device");
	agent_process_free(rival);
	agent_process_kill(f->agent); /* a new one waits for no next attempt */
	agent_process_start(f->agent);
	publish(f, 1, 100);
	oracle_await(f->oracle, 1, 100);
}

/* READY once it runs, STOPPING before it ends. */
static void test_notifies(Fixture *f, gconstpointer data)
{
	g_autofree char *path = agent_process_path(f->agent, "notify");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_autoptr(GString) told = g_string_new(NULL);
	char buffer[1024];
	ssize_t n;

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	agent_process_start(f->agent);
	g_unsetenv("NOTIFY_SOCKET");
	agent_process_await(f->agent, "state", "online");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	while ((n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		g_string_append_len(told, buffer, n);
		g_string_append_c(told, '\n');
	}
	close(fd);
	g_assert_nonnull(strstr(told->str, "READY=1\n"));
	g_assert_nonnull(strstr(told->str, "STATUS=connected to mqtts://127.0.0.1:"));
	g_assert_nonnull(strstr(strstr(told->str, "READY=1\n"), "STOPPING=1\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, lines, function) g_test_add(path, Fixture, lines, set_up, function, tear_down)
	ADD("/agent/live/arrives-3.1.1", "[broker]\nprotocol = 3.1.1\n", test_arrives);
	ADD("/agent/live/arrives-5", "[broker]\nprotocol = 5\n", test_arrives);
	ADD("/agent/live/window-5", "[broker]\nprotocol = 5\n[agent]\ninflight = 1000\n",
	    test_arrives); /* mosquitto takes 20 messages at a time */
	ADD("/agent/live/sensors", NULL, test_sensors);
	ADD("/agent/live/broker-away", NULL, test_broker_away);
	ADD("/agent/live/reconnects", NULL, test_reconnects);
	ADD("/agent/live/broker-silent", NULL, test_broker_silent);
	ADD("/agent/live/sent-is-not-delivered", NULL, test_sent_is_not_delivered);
	ADD("/agent/live/kill-rounds", NULL, test_kill_rounds);
	ADD("/agent/live/new-identity", NULL, test_new_identity);
	ADD("/agent/live/stages", NULL, test_stages);
	for (size_t i = 0; i < G_N_ELEMENTS(start_cases); i++)
		g_test_add(start_cases[i].path, Fixture, &start_cases[i], set_up_plain, test_start,
			   tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(lack_cases); i++)
		g_test_add(lack_cases[i].path, Fixture, &lack_cases[i], set_up_plain, test_lacks,
			   tear_down);
	ADD("/agent/lacks/watch", NULL, test_unwatchable);
	for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
		g_autofree char *path = g_strconcat("/agent/check/", check_cases[i].path, NULL);

		g_test_add_data_func(path, &check_cases[i], test_check);
	}
	ADD("/agent/start/second-agent", NULL, test_second_agent);
	ADD("/agent/live/backlog-rate", "[agent]\nbacklog_rate = 20\n", test_backlog_rate);
	ADD("/agent/live/newest-first", "[agent]\nbacklog_order = newest\nbatch = 10\n",
	    test_newest_first);
	ADD("/agent/live/newest-killed",
	    "[agent]\nbacklog_order = newest\nbacklog_rate = 50\nbatch = 10\n", test_newest_killed);
	ADD("/agent/live/drop-oldest", SMALL_SPOOL "spool_policy = drop-oldest\n", test_policy);
	ADD("/agent/live/drop-newest", SMALL_SPOOL "spool_policy = drop-newest\n", test_policy);
	ADD("/agent/live/crl", NULL, test_crl);
	ADD("/agent/live/rival", NULL, test_rival);
	ADD("/agent/start/notifies", NULL, test_notifies);
	return g_test_run();
}
