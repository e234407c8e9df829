/* SPDX-License-Identifier: MIT */
/* The daemon with more than one of everything: phones, adapters; and after sleep. */
#include "provisioner/adapter/bluez.h"
#include "tests/bus/daemon.h"

#include <string.h>

#define VERSION     "/service0/char4" /* proto-ver */
#define LOGIN       "org.freedesktop.login1"
#define LOGIN_PATH  "/org/freedesktop/login1"
#define LOGIN_IFACE "org.freedesktop.login1.Manager"

static void assert_refused(Daemon *daemon, const char *device)
{
	g_autoptr(FakeCall) write = fake_bluez_write(daemon->bluez, VERSION, device, 0, "ESP", 3);

	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, "org.bluez.Error.Failed");
	/* The code, and nothing of why. */
	g_assert_nonnull(strstr(write->error_text, "0x80"));
	g_assert_null(strstr(write->error_text, "peer"));
}

static void test_two_phones(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	fake_bluez_connect(daemon->bluez, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	TEST_WAIT(daemon_shows("Peer", "11:22:33:44:55:66"));
	fake_bluez_connect_other(daemon->bluez, true);
	assert_refused(daemon, FAKE_OTHER);
	/* The first is not disturbed, not even by the second's end. */
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	assert_refused(daemon, FAKE_OTHER);
	fake_bluez_connect_other(daemon->bluez, false);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	g_assert_true(daemon_shows("Peer", "11:22:33:44:55:66"));
	g_assert_cmpuint(daemon->bluez->disconnects, ==, 0);
	/* It leaves: the second may enter, and then it is the first that waits. */
	fake_bluez_connect_other(daemon->bluez, true);
	fake_bluez_connect(daemon->bluez, false);
	TEST_WAIT(daemon_shows("State", "ready"));
	{
		g_autoptr(FakeCall) write =
			fake_bluez_write(daemon->bluez, VERSION, FAKE_OTHER, 0, "ESP", 3);

		TEST_WAIT(write->done);
		g_assert_null(write->error_name);
	}
	TEST_WAIT(daemon_shows("Peer", "AA:BB:CC:DD:EE:FF"));
	assert_refused(daemon, FAKE_PHONE);
}

static void test_two_adapters(Daemon *daemon, gconstpointer data)
{
	FakeAdapter *adapters = daemon->bluez->adapters;

	adapters[0].powered = false;
	fake_bluez_plug(daemon->bluez, 1, true);
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	/* The one that was on; the other is left alone. */
	g_assert_true(daemon_shows("Adapter", "hci1"));
	g_assert_false(adapters[0].powered);
	g_assert_true(daemon->bluez->advert_adapter == &adapters[1]);
	/* Unplugged: over to the other, with all that there is. */
	fake_bluez_plug(daemon->bluez, 1, false);
	TEST_WAIT(daemon_shows("Adapter", "hci0"));
	TEST_WAIT(daemon->bluez->advert_owner && daemon->bluez->app_owner);
	g_assert_true(daemon->bluez->advert_adapter == &adapters[0]);
	g_assert_true(daemon->bluez->app_adapter == &adapters[0]);
	TEST_WAIT(daemon_shows("State", "ready"));
	/* What works is not left for one that was plugged in. */
	fake_bluez_plug(daemon->bluez, 1, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	g_assert_true(daemon_shows("Adapter", "hci0"));
}

static void test_configured_adapter(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "adapter=hci0", NULL };

	daemon->bluez->adapters[0].powered = false;
	fake_bluez_plug(daemon->bluez, 1, true);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_true(daemon_shows("Adapter", "hci0"));
	/* It alone, even when another would do. */
	fake_bluez_plug(daemon->bluez, 0, false);
	TEST_WAIT(daemon_mentions("Progress", "the configured Bluetooth adapter is absent"));
	fake_bluez_plug(daemon->bluez, 0, true);
	TEST_WAIT(daemon_shows("Adapter", "hci0"));
}

/* Other programs have taken all places for advertisements. */
static void test_no_place(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=always", NULL };
	FakeAdapter *adapter = &daemon->bluez->adapters[0];

	adapter->others = FAKE_ADVERTS_MAX;
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "telling bluetoothd about the service"));
	TEST_WAIT(daemon->bluez->advert_calls > 0);
	g_assert_true(daemon_shows("State", "idle"));
	adapter->others = 0;
	fake_bluez_changed(daemon->bluez, 0, "ActiveInstances");
	TEST_WAIT(daemon_shows("State", "ready"));
}

static void on_login(BusName *name, const GError *error, void *user_data)
{
	g_assert_no_error(error);
}

static void say_sleep(BusObject *object, bool asleep)
{
	BusMessage *signal = bus_object_signal(object, LOGIN_IFACE, "PrepareForSleep");

	bus_writer_bool(bus_message_writer(signal), asleep);
	bus_object_emit(object, signal);
}

static void test_sleep(Daemon *daemon, gconstpointer data)
{
	static const BusSignal signals[] = { { "PrepareForSleep", "b", NULL },
					     { NULL, NULL, NULL } };
	static const BusInterface manager = { LOGIN_IFACE, NULL, NULL, signals, NULL };
	static const BusInterface *const interfaces[] = { &manager, NULL };
	Bus *login = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	BusObject *object = bus_object_register(login, LOGIN_PATH, interfaces, NULL, NULL);
	BusName *name = bus_name_request(login, LOGIN, 0, on_login, NULL);

	TEST_WAIT(bus_name_owned(name));
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	say_sleep(object, true);
	say_sleep(object, false);
	/* It begins afresh: asked for, taken down, put up ... */
	TEST_WAIT(daemon->bluez->advert_calls == 3);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_shows("State", "ready"));
	/* ... also if it was lost in the dark. */
	g_clear_pointer(&daemon->bluez->advert_owner, g_free);
	g_clear_pointer(&daemon->bluez->advert_path, g_free);
	say_sleep(object, true);
	say_sleep(object, false);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_shows("State", "ready"));
	/* Where bluetoothd does not take it any more, nobody is told that it is there. */
	daemon->bluez->refuse_advert = "org.bluez.Error.Failed";
	g_clear_pointer(&daemon->bluez->advert_owner, g_free);
	g_clear_pointer(&daemon->bluez->advert_path, g_free);
	say_sleep(object, true);
	say_sleep(object, false);
	TEST_WAIT(daemon_shows("State", "idle"));
	daemon->bluez->refuse_advert = NULL;
	TEST_WAIT(daemon_shows("State", "ready"));
	bus_name_free(name);
	bus_object_free(object);
	bus_free(login);
}

/* What is missing is told as it is now. */
static void test_missing(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=unprovisioned,network-lost", NULL };

	daemon->bluez->adapters[0].central_only = true;
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_mentions("Progress", "no Bluetooth adapter can be"));
	fake_bluez_plug(daemon->bluez, 0, false);
	TEST_WAIT(daemon_mentions("Progress", "no Bluetooth adapter is plugged in"));
	g_clear_pointer(&daemon->bluez, fake_bluez_free);
	TEST_WAIT(daemon_mentions("Progress", "bluetoothd is not running"));
}

typedef struct Refusals {
	unsigned int told;
	unsigned int at_once; /* of them, those after which nothing is waited for */
} Refusals;

static void on_line(const char *domain, GLogLevelFlags level, const char *line, gpointer data)
{
	Refusals *refusals = data;

	refusals->told += strstr(line, "cannot be prepared") != NULL;
	refusals->at_once += strstr(line, "next attempt in 0 ms") != NULL;
}

static void on_path(const char *path, void *data)
{
}

static void on_nothing(void *data)
{
}

static void on_instances(int active, void *data)
{
}

/* An adapter that refuses is tried sooner when another comes or goes; then it is waited for anew.
 */
static void test_stuck(Daemon *daemon, gconstpointer data)
{
	static const BluezEvents events = { on_path, on_nothing, on_path, on_nothing,
					    on_instances };
	FakeAdapter *adapters = daemon->bluez->adapters;
	Bus *bus = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	Bluez *bluez = bluez_new(bus, "auto", &events, NULL);
	Refusals refusals = { 0 };
	guint handler = g_log_set_handler(NULL, G_LOG_LEVEL_MESSAGE, on_line, &refusals);

	adapters[0].powered = false;
	adapters[0].stuck = true;
	adapters[1].central_only = true;
	bluez_start(bluez, DAEMON_NAME);
	TEST_WAIT(refusals.told == 1);
	fake_bluez_plug(daemon->bluez, 1, true);
	TEST_WAIT(refusals.told == 2);
	fake_bluez_plug(daemon->bluez, 1, false);
	TEST_WAIT(refusals.told == 3);
	g_assert_cmpuint(refusals.at_once, ==, 0);
	bluez_free(bluez);
	bus_free(bus);
	g_log_remove_handler(NULL, handler);
}

static const DaemonTest tests[] = {
	{ "/radio/two-phones", test_two_phones },
	{ "/radio/two-adapters", test_two_adapters },
	{ "/radio/configured-adapter", test_configured_adapter },
	{ "/radio/no-place", test_no_place },
	{ "/radio/sleep", test_sleep },
	{ "/radio/missing", test_missing },
	{ "/radio/stuck", test_stuck },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	daemon_add_tests(tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
