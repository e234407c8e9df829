/* SPDX-License-Identifier: MIT */
/* A new identity on trial: given up when the one before still connects, kept when it is the
 * network that is broken; no sample is lost on the way. */
#include "common/store.h"
#include "tests/agent/agent-bed.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

typedef AgentBed Fixture;

/* Beside those of the bed. */
static const PkiCert certificates[] = {
	{ .name = "other-ca", .ca = true },
	{ .name = "nameless", .common_name = "", .issuer = "ca", .client_only = true },
	{ .name = "strange", .issuer = "other-ca", .client_only = true, .until_s = 90000 },
	{ .name = "unborn", .issuer = "ca", .client_only = true, .from_s = 20 * 3600 },
};

/* dev-2 may come and listen, and say nothing. */
static const char silenced[] = "user dev-1\ntopic readwrite #\nuser watcher\ntopic readwrite #\n"
			       "user dev-2\ntopic read #\n";

/* @data: who may do what at the broker */
static void set_up(Fixture *f, gconstpointer data)
{
	f->acl = data;
	agent_bed_set_up(f, certificates, G_N_ELEMENTS(certificates),
			 "[store]\ntrial = 1s\n[broker]\nconnect_timeout = 4s\nprotocol = 5\n");
	agent_process_keep_log(f->agent);
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "online");
	agent_process_await_store(f->agent, "*1 dev-1 good;");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_bed_tear_down(f);
}

static void await_name(Fixture *f, const char *name)
{
	agent_process_await(f->agent, "client_id", name);
}

/* It is connected as @name. */
static void await_online(Fixture *f, const char *name)
{
	await_name(f, name);
	agent_process_await(f->agent, "state", "online");
}

static void await_store(Fixture *f, const char *wanted)
{
	agent_process_await_store(f->agent, wanted);
}

static void publish(Fixture *f, int64_t first, int64_t last)
{
	agent_bed_publish(f, first, last);
}

/* How the renewal that brought the certificate has ended, to whoever asks. */
static void check_renewal(Fixture *f, const char *state, const char *error)
{
	g_autofree char *shown = agent_process_text(f->agent, "certificate/renewal");
	g_autofree char *said = agent_process_text(f->agent, "certificate/renewal_error");

	g_assert_cmpstr(shown, ==, state);
	g_assert_cmpstr(said, ==, error);
}

/* A certificate that the broker does not take. */
static void test_given_up(Fixture *f, gconstpointer data)
{
	publish(f, 1, 100);
	agent_process_import(f->agent, f->pki, "strange");
	await_name(f, "strange");
	publish(f, 101, 200);
	await_store(f, "*1 dev-1 good;2 strange failed;");
	await_online(f, "dev-1");
	check_renewal(f, "waiting",
		      "generation 2 did not prove itself, 1 is used again: landfallctl store show");
	publish(f, 201, 300);
	oracle_await(f->oracle, 1, 300);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

/* One that the broker lets in and takes nothing from. */
static void test_silenced(Fixture *f, gconstpointer data)
{
	publish(f, 1, 100);
	agent_process_import(f->agent, f->pki, "dev-2");
	await_name(f, "dev-2");
	publish(f, 101, 200);
	await_store(f, "*1 dev-1 good;2 dev-2 failed;");
	await_name(f, "dev-1");
	oracle_await(f->oracle, 1, 200);
}

/* A certificate that is not valid yet, by a clock that the one before is content with. */
static void test_unborn(Fixture *f, gconstpointer data)
{
	agent_process_import(f->agent, f->pki, "unborn");
	await_store(f, "*1 dev-1 good;2 unborn failed;");
	await_online(f, "dev-1");
}

/* The network is broken while a good certificate arrives: both fail, and the new one stays. */
static void test_broken_network(Fixture *f, gconstpointer data)
{
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	agent_process_import(f->agent, f->pki, "dev-2");
	await_name(f, "dev-2");
	await_name(f, "dev-1"); /* being compared */
	await_name(f, "dev-2");
	publish(f, 1, 100);
	broker_restart(f->broker);
	oracle_free(f->oracle);
	f->oracle = oracle_new(f->broker, f->pki, "watcher");
	oracle_await(f->oracle, 1, 100);
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
	await_name(f, "dev-2");
	/* however long they took turns */
	g_assert_cmpuint(agent_process_log_count(f->agent, "another identity is used"), ==, 1);
}

/* Somebody asks for the current identity while the one before is being compared: the new one then
 * connects, and no later end of a connection costs it its place. */
static void test_asked_for(Fixture *f, gconstpointer data)
{
	broker_signal(f->broker, SIGSTOP);
	agent_process_import(f->agent, f->pki, "dev-2");
	await_name(f, "dev-2");
	await_name(f, "dev-1");
	agent_process_signal(f->agent, SIGHUP);
	await_name(f, "dev-2");
	broker_signal(f->broker, SIGCONT);
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	broker_restart(f->broker);
	agent_process_await(f->agent, "state", "online");
	await_name(f, "dev-2");
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
}

/* A second identity is imported; it cannot connect before let_connect(). */
static void import_offline(Fixture *f)
{
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	agent_process_import(f->agent, f->pki, "dev-2");
}

static void let_connect(Fixture *f)
{
	broker_restart(f->broker);
	await_online(f, "dev-2");
	await_online(f, "dev-2"); /* rather than the other one, being compared */
}

/* Another writer holds the store while the new identity connects. */
static void test_store_held(Fixture *f, gconstpointer data)
{
	g_autofree char *path = agent_process_path(f->agent, "store/lock");

	import_offline(f);

	int lock = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(lock, LOCK_EX), ==, 0);
	let_connect(f);
	close(lock);
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
}

/* The store cannot be written at all while the new identity connects for the first time. */
static void test_marked_later(Fixture *f, gconstpointer data)
{
	g_autofree char *path = agent_process_path(f->agent, "store/lock");

	import_offline(f);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	let_connect(f);
	g_assert_cmpint(g_rmdir(path), ==, 0);
	broker_kill(f->broker);
	agent_process_await(f->agent, "state", "waiting");
	broker_restart(f->broker);
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
}

/* The current identity cannot be used at the start: the one before stands in for it. */
static void test_start_older(Fixture *f, gconstpointer data)
{
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	agent_process_import(f->agent, f->pki, "nameless");
	agent_process_start(f->agent);
	await_online(f, "dev-1");
	await_store(f, "1 dev-1 good;*2 nobody;");
	agent_process_import(f->agent, f->pki, "dev-2");
	await_store(f, "1 dev-1 good;*3 dev-2 good;");
}

/* A generation that connected is damaged: an older one is better than none. */
static void test_start_damaged(Fixture *f, gconstpointer data)
{
	g_autofree char *key = agent_process_path(f->agent, "store/generations/2/device.key");

	agent_process_import(f->agent, f->pki, "dev-2");
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	g_assert_true(g_file_set_contents(key, "", 0, NULL));
	agent_process_start(f->agent);
	await_online(f, "dev-1");
	await_store(f, "1 dev-1 good;*2 dev-2 good;");
}

/* A renewal brought less than there was, and no other came: the one before still lasts. */
static void test_run_out(Fixture *f, gconstpointer data)
{
	const PkiCert brief = {
		.name = "brief", .issuer = "ca", .client_only = true, .until_s = 2
	};
	int64_t over_us = g_get_real_time() + 4 * G_USEC_PER_SEC;
	g_autofree char *path = agent_process_path(f->agent, "store");
	g_autoptr(Store) store = store_open(path);

	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	pki_issue(f->pki, &brief);
	agent_process_import(f->agent, f->pki, "brief");
	g_assert_true(store_mark_good(store, 2, NULL));
	while (g_get_real_time() < over_us)
		g_usleep(10000);
	agent_process_start(f->agent);
	await_store(f, "*1 dev-1 good;2 brief good failed;");
	await_online(f, "dev-1");
}

/* An identity is given up, and the store cannot be told: the one before is used all the same. */
static void test_rollback_fails(Fixture *f, gconstpointer data)
{
	g_autofree char *path = agent_process_path(f->agent, "store/lock");

	agent_process_import(f->agent, f->pki, "strange");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	/* at the start, being compared, and for good */
	agent_process_await_number(f->agent, "connects", 3);
	await_name(f, "dev-1");
	await_store(f, "1 dev-1 good;*2 strange;");
	publish(f, 1, 100);
	oracle_await(f->oracle, 1, 100);
	g_assert_cmpint(g_rmdir(path), ==, 0);
	agent_process_signal(f->agent, SIGHUP);
	await_store(f, "*1 dev-1 good;2 strange failed;");
}

/* Nothing stands in for it: the next one is waited for. */
static void test_start_unusable(Fixture *f, gconstpointer data)
{
	g_autofree char *store = agent_process_path(f->agent, "store");
	g_autofree char *command = g_strdup_printf("rm -r '%s'", store);

	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	g_assert_cmpint(system(command), ==, 0);
	agent_process_import(f->agent, f->pki, "nameless");
	agent_process_start(f->agent);
	agent_process_await(f->agent, "state", "waiting-for-identity");
	publish(f, 1, 10);
	agent_process_import(f->agent, f->pki, "dev-2");
	await_name(f, "dev-2");
	oracle_await(f->oracle, 1, 10);
}

#define TEST(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("/agent/start/damaged", test_start_damaged);
	TEST("/agent/trial/run-out", test_run_out);
	TEST("/agent/trial/rollback-fails", test_rollback_fails);
	TEST("/agent/trial/given-up", test_given_up);
	g_test_add("/agent/trial/silenced", Fixture, silenced, set_up, test_silenced, tear_down);
	TEST("/agent/trial/unborn", test_unborn);
	TEST("/agent/trial/broken-network", test_broken_network);
	TEST("/agent/trial/asked-for", test_asked_for);
	TEST("/agent/start/older", test_start_older);
	TEST("/agent/start/unusable", test_start_unusable);
	TEST("/agent/trial/store-held", test_store_held);
	TEST("/agent/trial/marked-later", test_marked_later);
	return g_test_run();
}
