/* SPDX-License-Identifier: MIT */
/* Reset answers when all is forgotten, or says why not; and then it is not given up. */
#include "tests/bus/daemon.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define SLOW_MS   50 /* for each network */
#define LONG_MS   300
#define LINGER_MS 6000 /* longer than the daemon stays with nothing to do */
#define WIFI      "802-11-wireless"
#define REFUSAL   "org.freedesktop.NetworkManager.Settings.PermissionDenied"

static bool is_marked(const Daemon *daemon)
{
	g_autofree char *path = g_build_filename(daemon->folder, "secrets", "reset", NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Two profiles of ours and one of others. */
static void add_profiles(Daemon *daemon)
{
	fake_nm_profile(daemon->nm, "landfall lab", WIFI, true, true);
	fake_nm_profile(daemon->nm, "home", WIFI, true, true);
	fake_nm_profile(daemon->nm, "landfall cafe", WIFI, true, true);
}

static void start(Daemon *daemon)
{
	static const char *const sets[] = { "advertise=always", NULL };

	if (fake_nm_count(daemon->nm) == 0)
		add_profiles(daemon);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
}

static void end(Daemon *daemon)
{
	kill(daemon->pid, SIGTERM);
	daemon_exits(daemon, 0);
}

static void assert_refused(Daemon *daemon, const char *why)
{
	g_autofree char *text = NULL;
	int status = 0;

	text = daemon_call("Reset", &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(text, why);
	g_assert_true(is_marked(daemon));
}

static void assert_forgotten(const Daemon *daemon)
{
	g_assert_cmpuint(fake_nm_count(daemon->nm), ==, 1);
	g_assert_nonnull(daemon->nm->profiles[1].object);
}

/* The answer is behind the last deletion, and nothing is left to be done. */
static void test_done(Daemon *daemon, gconstpointer data)
{
	start(daemon);
	daemon->nm->delete_ms = SLOW_MS;
	g_free(daemon_call("Reset", NULL));
	assert_forgotten(daemon);
	g_assert_false(is_marked(daemon));
}

/* NetworkManager does not want to: the caller hears of it, and the next start tries again. */
static void test_refused(Daemon *daemon, gconstpointer data)
{
	start(daemon);
	daemon->nm->refuse_delete = REFUSAL;
	assert_refused(daemon, "NetworkManager does not delete");
	g_assert_cmpuint(fake_nm_count(daemon->nm), ==, 3);
	end(daemon);
	g_assert_true(is_marked(daemon));
	daemon->nm->refuse_delete = NULL;
	start(daemon);
	TEST_WAIT(fake_nm_count(daemon->nm) == 1);
	assert_forgotten(daemon);
	TEST_WAIT(!is_marked(daemon));
}

/* ... and so does whoever calls again. */
static void test_again(Daemon *daemon, gconstpointer data)
{
	start(daemon);
	daemon->nm->refuse_delete = REFUSAL;
	assert_refused(daemon, "NetworkManager does not delete");
	daemon->nm->refuse_delete = NULL;
	g_free(daemon_call("Reset", NULL));
	assert_forgotten(daemon);
	g_assert_false(is_marked(daemon));
}

/* Nobody has the interface: it is done when somebody does. */
static void test_away(Daemon *daemon, gconstpointer data)
{
	start(daemon);
	fake_nm_device(daemon->nm, false);
	TEST_WAIT(daemon_shows("Interface", ""));
	assert_refused(daemon, "NetworkManager knows no Wi-Fi interface");
	g_assert_cmpuint(fake_nm_count(daemon->nm), ==, 3);
	fake_nm_device(daemon->nm, true);
	TEST_WAIT(fake_nm_count(daemon->nm) == 1);
	assert_forgotten(daemon);
	TEST_WAIT(!is_marked(daemon));
}

/* What cannot be noted as done is done once more, to networks that are new by then: that is told.
 */
static void test_mark_stays(Daemon *daemon, gconstpointer data)
{
	g_autofree char *path = g_build_filename(daemon->folder, "secrets", "reset", NULL);

	start(daemon);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	assert_refused(daemon, "the next start forgets networks once more");
	assert_forgotten(daemon);
	g_assert_cmpint(g_rmdir(path), ==, 0);
	g_free(daemon_call("Reset", NULL));
}

/* A device that fell silent without a network is there again, as if the reset had started it. */
static void test_silent(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=unprovisioned,network-lost", NULL };

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_free(daemon_call("Stop", NULL));
	TEST_WAIT(daemon_mentions("Progress", "off the air: stopped"));
	g_free(daemon_call("Reset", NULL));
	TEST_WAIT(daemon_shows("State", "ready"));
}

/* While it ends, and NetworkManager still has to do its part, it is not there for phones, and tells
 * nobody that it was. */
static void test_ending(Daemon *daemon, gconstpointer data)
{
	Bus *caller = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	g_autofree char *reset = NULL;
	g_autofree char *name = NULL;

	for (int i = 0; i < FAKE_NM_SLOTS; i++)
		fake_nm_profile(daemon->nm, "landfall lab", WIFI, true, true);
	start(daemon);
	daemon->nm->delete_ms = LONG_MS;
	daemon_ask(caller, "Reset", &reset);
	TEST_WAIT(fake_nm_count(daemon->nm) < FAKE_NM_SLOTS);
	kill(daemon->pid, SIGTERM);
	TEST_WAIT(!daemon->bluez->advert_owner);
	g_assert_cmpuint(fake_nm_count(daemon->nm), >, 0);
	daemon_ask(caller, "Start", &name);
	TEST_WAIT(name);
	g_assert_cmpstr(name, ==, "io.landfall.Error.Cancelled");
	g_assert_null(daemon->bluez->advert_owner);
	daemon_exits(daemon, 0);
	g_assert_cmpuint(fake_nm_count(daemon->nm), ==, 0);
	bus_free(caller);
}

/* That Bluetooth is missing, somebody else who called Start is told. */
static void test_no_bluetooth(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=network-lost", "adapter_wait=1s", NULL };
	Bus *caller = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	g_autofree char *name = NULL;

	for (int i = 0; i < FAKE_NM_SLOTS; i++)
		fake_nm_profile(daemon->nm, "landfall lab", WIFI, true, true);
	fake_bluez_plug(daemon->bluez, 0, false);
	daemon->nm->delete_ms = LONG_MS;
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "off the air"));
	daemon_ask(caller, "Start", &name);
	TEST_WAIT(daemon_mentions("Progress", "waiting for Bluetooth"));
	g_free(daemon_call("Reset", NULL));
	g_assert_cmpuint(fake_nm_count(daemon->nm), ==, 0);
	TEST_WAIT(name);
	g_assert_cmpstr(name, !=, "");
	bus_free(caller);
}

static gboolean on_lingered(gpointer data)
{
	*(bool *)data = true;
	return G_SOURCE_REMOVE;
}

/* What was promised for when Wi-Fi is back keeps the daemon, though it has nothing else to do. */
static void test_away_idle(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", NULL };
	bool lingered = false;

	add_profiles(daemon);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "off the air"));
	g_free(daemon_call("Start", NULL));
	fake_nm_device(daemon->nm, false);
	TEST_WAIT(daemon_shows("Interface", ""));
	assert_refused(daemon, "the networks are forgotten when Wi-Fi is back");
	g_free(daemon_call("Stop", NULL));
	g_timeout_add(LINGER_MS, on_lingered, &lingered);
	TEST_WAIT(lingered);
	fake_nm_device(daemon->nm, true);
	TEST_WAIT(fake_nm_count(daemon->nm) == 1);
	daemon_exits(daemon, 0);
	g_assert_false(is_marked(daemon));
}

static const DaemonTest tests[] = {
	{ "/provisioner/reset/done", test_done },
	{ "/provisioner/reset/refused", test_refused },
	{ "/provisioner/reset/again", test_again },
	{ "/provisioner/reset/away", test_away },
	{ "/provisioner/reset/away-idle", test_away_idle },
	{ "/provisioner/reset/mark-stays", test_mark_stays },
	{ "/provisioner/reset/silent", test_silent },
	{ "/provisioner/reset/no-bluetooth", test_no_bluetooth },
	{ "/provisioner/reset/ending", test_ending },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	daemon_add_tests(tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
