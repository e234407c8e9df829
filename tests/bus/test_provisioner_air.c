/* SPDX-License-Identifier: MIT */
/* When the daemon is on the air, what it says about that, and when it ends. */
#include "tests/bus/daemon.h"

#include <string.h>

#define ACTIVATED    100 /* NMDeviceState */
#define DISCONNECTED 30

/* The device has a network, and is on it or not. */
static void configured(Daemon *daemon, bool online)
{
	int index = fake_nm_profile(daemon->nm, "home", "802-11-wireless", true, true);

	if (online)
		fake_nm_use(daemon->nm, index);
}

static void test_limit(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "unprovisioned_limit=1500ms", NULL };

	daemon_start(daemon, sets);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", " until "));
	g_assert_true(daemon_mentions("Progress", "(no network is configured)"));
	TEST_WAIT(!daemon->bluez->advert_owner && !daemon->bluez->app_owner);
	TEST_WAIT(daemon_mentions("Progress", "off the air: no phone came in time"));
	g_assert_true(daemon_shows("State", "idle"));
	daemon_exits(daemon, 0);
}

static void test_asked_limit(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "on_demand_limit=1500ms", NULL };
	g_autofree char *started = NULL;

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "off the air: waiting to be asked"));
	started = daemon_call("Start", NULL);
	g_assert_true(daemon_mentions("Progress", "(somebody asked for it)"));
	TEST_WAIT(daemon_mentions("Progress", "off the air: no phone came in time"));
	daemon_exits(daemon, 0);
}

/* The same where a device has a network: always, and when that is lost. */
static void test_always_limit(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=always", "always_limit=1500ms", NULL };

	configured(daemon, true);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "off the air: no phone came in time"));
	TEST_WAIT(!daemon->bluez->advert_owner);
}

static void test_lost_limit(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=network-lost", "network_lost_after=1s",
					    "network_lost_limit=1500ms", NULL };

	configured(daemon, false);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "off the air: no phone came in time"));
	TEST_WAIT(!daemon->bluez->advert_owner);
}

/* An operator configures a network while nobody is at work. */
static void test_configured_meanwhile(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	configured(daemon, true);
	TEST_WAIT(!daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "off the air: the device has its network"));
	daemon_exits(daemon, 0);
}

/* The same while a phone is there: not under its hands. */
static void test_configured_with_phone(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	fake_bluez_connect(daemon->bluez, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	TEST_WAIT(daemon_shows("State", "peer"));
	configured(daemon, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	g_assert_true(daemon_shows("State", "peer"));
	fake_bluez_connect(daemon->bluez, false);
	TEST_WAIT(!daemon->bluez->advert_owner);
}

static void test_lost(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=unprovisioned,network-lost",
					    "network_lost_after=1s", NULL };

	configured(daemon, true);
	daemon_start(daemon, sets);
	/* It keeps watch: nothing to do is no reason to end. */
	TEST_WAIT(daemon_mentions("Progress", "the device has its network; keeping watch"));
	g_assert_null(daemon->bluez->advert_owner);
	fake_nm_state(daemon->nm, DISCONNECTED, 0);
	TEST_WAIT(daemon_mentions("Progress", "off the air: a Wi-Fi network is configured"));
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "(its network is lost)"));
	fake_nm_state(daemon->nm, ACTIVATED, 0);
	TEST_WAIT(!daemon->bluez->advert_owner);
	TEST_WAIT(daemon_mentions("Progress", "the device has its network; keeping watch"));
	/* And over again. */
	fake_nm_state(daemon->nm, DISCONNECTED, 0);
	TEST_WAIT(daemon->bluez->advert_owner);
	g_assert_cmpint(daemon->pid, !=, 0);
}

/* Stopped and started, a device without a network is found for as long as it has none. */
static void test_started_again(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=unprovisioned,network-lost",
					    "on_demand_limit=1s", NULL };
	g_autofree char *stopped = NULL;
	g_autofree char *started = NULL;

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "(no network is configured)"));
	stopped = daemon_call("Stop", NULL);
	TEST_WAIT(daemon_mentions("Progress", "off the air: stopped; keeping watch"));
	started = daemon_call("Start", NULL);
	TEST_WAIT(daemon_mentions("Progress", "(no network is configured)"));
	g_assert_nonnull(daemon->bluez->advert_owner);
}

/* It says what it lacks, also to who asks it to start, and is ready when that is there. */
static void assert_misses_adapter(Daemon *daemon)
{
	g_autofree char *text = NULL;
	int status = 0;

	TEST_WAIT(daemon_mentions("Progress", "no Bluetooth adapter is plugged in"));
	text = daemon_call("Start", &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(text, "no Bluetooth adapter is plugged in");
	fake_bluez_plug(daemon->bluez, 0, true);
	TEST_WAIT(daemon_shows("State", "ready"));
}

/* Without an adapter a watch does not end: it is for later. */
static void test_watch_without_adapter(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=network-lost", "network_lost_after=1s",
					    "adapter_wait=200ms", NULL };

	fake_bluez_plug(daemon->bluez, 0, false);
	configured(daemon, false);
	daemon_start(daemon, sets);
	assert_misses_adapter(daemon);
}

/* One that was found before does not end for that, but whoever asks is told. A busy machine has to
 * find it within the wait, too. */
static void test_start_unplugged(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=always", "adapter_wait=5s", NULL };

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	fake_bluez_plug(daemon->bluez, 0, false);
	assert_misses_adapter(daemon);
}

static void test_stopped(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=always,network-lost", NULL };
	g_autofree char *stopped = NULL;
	g_autofree char *started = NULL;

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_true(daemon_mentions("Progress", "(as always)"));
	stopped = daemon_call("Stop", NULL);
	TEST_WAIT(!daemon->bluez->advert_owner);
	g_assert_true(daemon_mentions("Progress", "off the air: stopped; keeping watch"));
	started = daemon_call("Start", NULL);
	g_assert_nonnull(daemon->bluez->advert_owner);
	g_assert_true(daemon_shows("State", "ready"));
}

static const DaemonTest tests[] = {
	{ "/air/limit", test_limit },
	{ "/air/asked-limit", test_asked_limit },
	{ "/air/always-limit", test_always_limit },
	{ "/air/lost-limit", test_lost_limit },
	{ "/air/configured-meanwhile", test_configured_meanwhile },
	{ "/air/configured-with-phone", test_configured_with_phone },
	{ "/air/lost", test_lost },
	{ "/air/watch-without-adapter", test_watch_without_adapter },
	{ "/air/start-unplugged", test_start_unplugged },
	{ "/air/stopped", test_stopped },
	{ "/air/started-again", test_started_again },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	daemon_add_tests(tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
