/* SPDX-License-Identifier: MIT */
/* The daemon and its button: on the air for a while, and let in again from the start. */
#include "tests/bus/daemon.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/input.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
	Daemon daemon;
	char *button; /* a FIFO, which passes for an input device */
	char *set;    /* the setting that names it */
	int key;      /* its end of the test */
} Fixture;

static void setup(Fixture *fixture, gconstpointer data)
{
	daemon_setup(&fixture->daemon, NULL);
	fixture->button = g_build_filename(fixture->daemon.folder, "button", NULL);
	fixture->set = g_strdup_printf("button=input:%s:KEY_WPS_BUTTON", fixture->button);
	g_assert_cmpint(mkfifo(fixture->button, 0600), ==, 0);
	/* For reading, too: so it is there before anybody else is. */
	fixture->key = open(fixture->button, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fixture->key, >=, 0);
	fixture->daemon.env = g_environ_setenv(g_get_environ(), "LD_PRELOAD",
					       g_getenv("LANDFALL_FAKE_EVDEV"), TRUE);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	daemon_teardown(&fixture->daemon, NULL);
	g_strfreev(fixture->daemon.env);
	close(fixture->key);
	g_free(fixture->set);
	g_free(fixture->button);
}

static void press(const Fixture *fixture, bool down)
{
	const struct input_event events[] = {
		{ .type = EV_KEY, .code = KEY_WPS_BUTTON, .value = down },
		{ .type = EV_SYN, .code = SYN_REPORT },
	};

	g_assert_cmpint(write(fixture->key, events, sizeof(events)), ==, sizeof(events));
}

static void start(Fixture *fixture, const char *set)
{
	const char *const sets[] = { "advertise=button", "button_hold=500ms", fixture->set, set,
				     NULL };

	daemon_start(&fixture->daemon, sets);
}

static void stop(Daemon *daemon)
{
	kill(daemon->pid, SIGTERM);
	daemon_exits(daemon, 0);
}

static void test_held(Fixture *fixture, gconstpointer data)
{
	start(fixture, NULL);
	TEST_WAIT(daemon_mentions("Progress", "off the air: waiting to be asked; keeping watch"));
	press(fixture, true);
	TEST_WAIT(fixture->daemon.bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "(the button was held)"));
	g_assert_true(daemon_mentions("Progress", " until "));
}

/* Off the air again by itself, and still on watch. */
static void test_limit(Fixture *fixture, gconstpointer data)
{
	Daemon *daemon = &fixture->daemon;

	start(fixture, "button_limit=500ms");
	TEST_WAIT(daemon_mentions("Progress", "keeping watch"));
	press(fixture, true);
	TEST_WAIT(daemon_mentions("Progress", "off the air: no phone came in time"));
	TEST_WAIT(!daemon->bluez->advert_owner);
	g_assert_cmpint(daemon->pid, !=, 0);
}

/* A row of wrong proofs that has led to the lock, from the daemon before. */
static void lock(Fixture *fixture)
{
	g_autofree char *secrets = g_build_filename(fixture->daemon.folder, "secrets", NULL);
	g_autofree char *guesses = g_build_filename(secrets, "guesses", NULL);

	g_assert_cmpint(g_mkdir(secrets, 0700), ==, 0);
	g_assert_true(g_file_set_contents(guesses, "3\n", -1, NULL));
}

static bool is_locked(void)
{
	return daemon_mentions("Lockout", "locked");
}

/* Held from the start on is what unlocks; a stranger who leans on it later only is heard. */
static void test_unlocks(Fixture *fixture, gconstpointer data)
{
	Daemon *daemon = &fixture->daemon;

	lock(fixture);
	start(fixture, "lockout=3");
	TEST_WAIT(daemon_mentions("Progress", "keeping watch"));
	g_assert_true(is_locked());
	press(fixture, true);
	TEST_WAIT(daemon->bluez->advert_owner);
	g_assert_true(is_locked());
	stop(daemon);
	daemon->env = g_environ_setenv(daemon->env, "FAKE_EVDEV_HELD", "yes", TRUE);
	start(fixture, "lockout=3");
	TEST_WAIT(daemon_mentions("Lockout", "open"));
	TEST_WAIT(daemon->bluez->advert_owner);
	stop(daemon);
	/* For good. */
	daemon->env = g_environ_unsetenv(daemon->env, "FAKE_EVDEV_HELD");
	start(fixture, "lockout=3");
	TEST_WAIT(daemon_mentions("Lockout", "open"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!daemon_program() || !g_getenv("LANDFALL_FAKE_EVDEV"))
		g_error("LANDFALL_PROVISIONER, LANDFALL_FAKE_EVDEV do not say what to test with");
	g_test_add("/button/daemon/held", Fixture, NULL, setup, test_held, teardown);
	g_test_add("/button/daemon/limit", Fixture, NULL, setup, test_limit, teardown);
	g_test_add("/button/daemon/unlocks", Fixture, NULL, setup, test_unlocks, teardown);
	return g_test_run();
}
