/* SPDX-License-Identifier: MIT */
/* The daemon itself, as systemd starts it, between a fake bluetoothd and a fake NetworkManager. */
#include "tests/bus/daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void test_advertises(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_true(daemon_shows("Name", DAEMON_NAME));
	g_assert_true(daemon_shows("Adapter", "hci0"));
	g_assert_true(daemon_shows("Interface", "wlan0"));
	g_assert_true(daemon_shows("Backend", "networkmanager"));
	g_assert_true(daemon_shows("Security", "2"));
	g_assert_true(daemon_shows("Peer", ""));
	g_assert_true(daemon_shows("Failure", ""));
	g_assert_true(daemon_shows("Ssid", "0"));
	g_assert_true(daemon_mentions("Progress", DAEMON_NAME " is in the air on hci0"));
	g_assert_cmpstr(daemon->bluez->adapters[0].alias, ==, DAEMON_NAME);
}

static void test_phone(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	fake_bluez_connect(daemon->bluez, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	TEST_WAIT(daemon_shows("State", "peer"));
	TEST_WAIT(daemon_shows("Peer", "11:22:33:44:55:66"));
	/* Scanning ahead began with the connection. */
	TEST_WAIT(daemon->nm->scans == 1);
	fake_bluez_connect(daemon->bluez, false);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_true(daemon_shows("Peer", ""));
	/* The advertisement is looked after: bluetoothd is asked for it ... */
	TEST_WAIT(daemon->bluez->advert_calls == 2);
	fake_bluez_connect(daemon->bluez, true);
	daemon_phone_writes(daemon, "\"sec_ver\":2");
	TEST_WAIT(daemon_shows("State", "peer"));
	/* ... and put back if bluetoothd has dropped it with the link and says nothing. */
	g_clear_pointer(&daemon->bluez->advert_owner, g_free);
	g_clear_pointer(&daemon->bluez->advert_path, g_free);
	fake_bluez_connect(daemon->bluez, false);
	TEST_WAIT(daemon->bluez->advert_owner);
	TEST_WAIT(daemon_shows("State", "ready"));
}

static void test_security_1(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "security=1", NULL };

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_true(daemon_shows("Security", "1"));
	fake_bluez_connect(daemon->bluez, true);
	daemon_phone_writes(daemon, "\"sec_ver\":1");
}

static void test_provisioned(Daemon *daemon, gconstpointer data)
{
	fake_nm_profile(daemon->nm, "home", "802-11-wireless", true, true);
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_mentions("Progress", "a Wi-Fi network is configured"));
	g_assert_true(daemon_shows("State", "idle"));
	daemon_exits(daemon, 0);
	g_assert_cmpuint(daemon->bluez->app_calls, ==, 0);
	g_assert_cmpstr(daemon->bluez->adapters[0].alias, ==, "host");
}

static void test_start_stop(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", NULL };
	g_autofree char *started = NULL;
	g_autofree char *again = NULL;
	g_autofree char *stopped = NULL;

	fake_nm_profile(daemon->nm, "home", "802-11-wireless", true, true);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "idle"));
	started = daemon_call("Start", NULL);
	/* Answered means that a phone can connect. */
	g_assert_nonnull(daemon->bluez->advert_owner);
	g_assert_true(daemon_shows("State", "ready"));
	again = daemon_call("Start", NULL);
	stopped = daemon_call("Stop", NULL);
	TEST_WAIT(!daemon->bluez->advert_owner && !daemon->bluez->app_owner);
	TEST_WAIT(strcmp(daemon->bluez->adapters[0].alias, "host") == 0);
	g_assert_true(daemon_shows("State", "idle"));
	daemon_exits(daemon, 0);
}

/* A service of another UUID, in lower case as everybody compares it. */
static void test_uuid(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "service_uuid=1775244D-6b43-439b-877c-060f2d9bed07",
					    NULL };
	FakeBluez *bluez = daemon->bluez;
	g_autofree char *service = NULL;
	g_autofree char *chrc = NULL;
	g_autofree char *advert = NULL;

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	service = fake_bluez_properties(bluez, bluez->app_owner, "/io/landfall/gatt/service0",
					"org.bluez.GattService1");
	test_assert_has(service, "UUID=1775244d-6b43-439b-877c-060f2d9bed07");
	chrc = fake_bluez_properties(bluez, bluez->app_owner, "/io/landfall/gatt/service0/char4",
				     "org.bluez.GattCharacteristic1");
	test_assert_has(chrc, "UUID=1775ff53-6b43-439b-877c-060f2d9bed07");
	advert = fake_bluez_properties(bluez, bluez->advert_owner, bluez->advert_path,
				       "org.bluez.LEAdvertisement1");
	test_assert_has(advert, "ServiceUUIDs=1775244d-6b43-439b-877c-060f2d9bed07");
}

static void test_no_adapter(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	fake_bluez_plug(daemon->bluez, 0, false);
	daemon_start(daemon, sets);
	daemon_exits(daemon, 16);
}

static void test_start_fails(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "adapter_wait=300ms", NULL };
	g_autofree char *text = NULL;
	int status = 0;

	fake_bluez_plug(daemon->bluez, 0, false);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("Interface", "wlan0"));
	text = daemon_call("Start", &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(text, "no Bluetooth adapter is plugged in");
	daemon_exits(daemon, 16);
}

/* rfkill blocks it: the caller is told where to look. */
static void test_start_blocked(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "adapter_wait=300ms", NULL };
	g_autofree char *text = NULL;
	int status = 0;

	daemon->bluez->adapters[0].powered = false;
	daemon->bluez->adapters[0].stuck = true;
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("Interface", "wlan0"));
	text = daemon_call("Start", &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(text, "the Bluetooth adapter cannot be switched on");
	test_assert_has(text, "rfkill list");
	daemon_exits(daemon, 16);
}

/* Whoever waits is told that somebody else has thought better of it. */
static void test_start_cancelled(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "adapter_wait=60s", NULL };
	static const char *const methods[] = { "Start", "Stop" };
	Bus *caller = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	char *names[G_N_ELEMENTS(methods)] = { NULL };

	fake_bluez_plug(daemon->bluez, 0, false);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("Interface", "wlan0"));
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		daemon_ask(caller, methods[i], &names[i]);
	TEST_WAIT(names[0] && names[1]);
	g_assert_cmpstr(names[0], ==, "io.landfall.Error.Cancelled");
	g_assert_cmpstr(names[1], ==, "");
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		g_free(names[i]);
	bus_free(caller);
}

/* A reset meanwhile is no end: the device goes on the air after it, and the caller is told then. */
static void test_start_and_reset(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "adapter_wait=60s", NULL };
	Bus *caller = bus_open(test_bus_address(daemon->bus), NULL, NULL, NULL, NULL);
	g_autofree char *name = NULL;

	fake_bluez_plug(daemon->bluez, 0, false);
	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("Interface", "wlan0"));
	daemon_ask(caller, "Start", &name);
	TEST_WAIT(daemon_mentions("Progress", "no Bluetooth adapter is plugged in"));
	g_free(daemon_call("Reset", NULL));
	g_assert_cmpstr(name, ==, NULL);
	fake_bluez_plug(daemon->bluez, 0, true);
	TEST_WAIT(name);
	g_assert_cmpstr(name, ==, "");
	g_assert_true(daemon_shows("State", "ready"));
	bus_free(caller);
}

static void test_no_wifi(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	fake_nm_device(daemon->nm, false);
	daemon_start(daemon, sets);
	daemon_exits(daemon, 17);
}

static void test_recovers(Daemon *daemon, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	daemon_start(daemon, sets);
	TEST_WAIT(daemon_shows("State", "ready"));
	/* bluetoothd ends and comes back: longer than a start would have waited is fine. */
	g_clear_pointer(&daemon->bluez, fake_bluez_free);
	TEST_WAIT(daemon_mentions("Progress", "bluetoothd is not running"));
	g_assert_true(daemon_shows("State", "idle"));
	g_assert_true(daemon_shows("Adapter", ""));
	daemon->bluez = fake_bluez_new(test_bus_address(daemon->bus));
	fake_bluez_plug(daemon->bluez, 0, true);
	TEST_WAIT(daemon_shows("State", "ready"));
	g_assert_nonnull(daemon->bluez->app_owner);
	/* The same for NetworkManager, which is not missed meanwhile. */
	g_clear_pointer(&daemon->nm, fake_nm_free);
	TEST_WAIT(daemon_shows("Interface", ""));
	g_assert_true(daemon_shows("State", "ready"));
	daemon->nm = fake_nm_new(test_bus_address(daemon->bus));
	TEST_WAIT(daemon_shows("Interface", "wlan0"));
	g_assert_true(daemon_shows("State", "ready"));
}

static void test_bus_lost(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	test_bus_kill(daemon->bus);
	daemon_exits(daemon, 15);
}

static void test_name_taken(Daemon *daemon, gconstpointer data)
{
	Daemon second = { .folder = daemon->folder };

	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	daemon_start(&second, NULL);
	daemon_exits(&second, 15);
	g_assert_true(daemon_shows("State", "ready"));
}

static void test_sigterm(Daemon *daemon, gconstpointer data)
{
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	kill(daemon->pid, SIGTERM);
	daemon_exits(daemon, 0);
	TEST_WAIT(!daemon->bluez->advert_owner && !daemon->bluez->app_owner);
	TEST_WAIT(strcmp(daemon->bluez->adapters[0].alias, "host") == 0);
	TEST_WAIT(daemon->bluez->adapters[0].pairable);
}

typedef struct ConfigCase {
	const char *path;
	const char *set;
	int status;
} ConfigCase;

static const ConfigCase config_cases[] = {
	{ "back-end", "wifi=connman", 10 },
	{ "back-end-away", "wifi=iwd", 17 },
	{ "name", "name=PROV_%m_%m_%m_%m", 10 },
	{ "interface", "interface=wlan7", 17 },
	{ "adapter", "adapter=hci7", 16 },
	{ "button-which", "advertise=button", 10 },
	{ "button-what", "button=gpio:gpiochip0", 10 },
	{ "uuid", "service_uuid=021a9004-0382-4aea-bff4-6b3f1c5adfbz", 10 },
	{ "bus", "bus=unix:path=/nonexistent/bus", 15 },
	{ "secrets", "secrets=/dev/null/secrets", 1 },
};

static bool is_built(const char *back_end)
{
	g_auto(GStrv) built = g_strsplit(g_getenv("LANDFALL_WIFI"), " ", -1);

	return g_strv_contains((const char *const *)built, back_end);
}

static void test_config(Daemon *daemon, gconstpointer data)
{
	const ConfigCase *c = data;
	const char *const sets[] = { "adapter_wait=300ms", c->set, NULL };
	bool absent = strcmp(c->set, "wifi=iwd") == 0 && !is_built("iwd");

	daemon_start(daemon, sets);
	daemon_exits(daemon, absent ? 10 : c->status);
}

/* What --check-config says of a back end depends on the build. */
static void test_back_end_checked(Daemon *daemon, gconstpointer data)
{
	static const char *const names[] = { "auto", "networkmanager", "iwd", "wpa_supplicant" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		bool offered = i == 0 || is_built(names[i]);
		g_autofree char *line =
			g_strdup_printf("\"$LANDFALL_PROVISIONER\" --config='%s/empty.conf' "
					"--set=provisioner.wifi=%s --check-config",
					daemon->folder, names[i]);
		int status = 0;
		g_autofree char *text = test_run(line, &status);

		g_assert_cmpint(status, ==, offered ? 0 : 10);
		test_assert_has(text, offered ? "the configuration is valid"
					      : "that back end is not in this build, which offers");
	}
}

static void test_introspection(Daemon *daemon, gconstpointer data)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "..", "dbus", DAEMON_SERVICE ".xml", NULL);
	g_autofree char *file = NULL;
	g_autofree char *live = NULL;
	g_autofree char *expected = NULL;
	g_autofree char *found = NULL;

	g_assert_true(g_file_get_contents(path, &file, NULL, NULL));
	daemon_start(daemon, NULL);
	TEST_WAIT(daemon_shows("State", "ready"));
	live = test_run(
		"gdbus introspect --xml --address $DBUS_SESSION_BUS_ADDRESS --dest " DAEMON_SERVICE
		" --object-path " DAEMON_OBJECT,
		NULL);
	expected = test_interface_elements(file, DAEMON_SERVICE);
	found = test_interface_elements(live, DAEMON_SERVICE);
	g_assert_cmpstr(found, ==, expected);
}

static const DaemonTest tests[] = {
	{ "/provisioner/advertises", test_advertises },
	{ "/provisioner/phone", test_phone },
	{ "/provisioner/security-1", test_security_1 },
	{ "/provisioner/provisioned", test_provisioned },
	{ "/provisioner/start-stop", test_start_stop },
	{ "/provisioner/uuid", test_uuid },
	{ "/provisioner/no-adapter", test_no_adapter },
	{ "/provisioner/start-fails", test_start_fails },
	{ "/provisioner/start-blocked", test_start_blocked },
	{ "/provisioner/start-cancelled", test_start_cancelled },
	{ "/provisioner/start-and-reset", test_start_and_reset },
	{ "/provisioner/no-wifi", test_no_wifi },
	{ "/provisioner/recovers", test_recovers },
	{ "/provisioner/bus-lost", test_bus_lost },
	{ "/provisioner/name-taken", test_name_taken },
	{ "/provisioner/sigterm", test_sigterm },
	{ "/provisioner/back-end-checked", test_back_end_checked },
	{ "/provisioner/introspection", test_introspection },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	daemon_add_tests(tests, G_N_ELEMENTS(tests));
	for (size_t i = 0; i < G_N_ELEMENTS(config_cases); i++) {
		g_autofree char *path =
			g_strconcat("/provisioner/config/", config_cases[i].path, NULL);

		g_test_add(path, Daemon, &config_cases[i], daemon_setup, test_config,
			   daemon_teardown);
	}
	return g_test_run();
}
