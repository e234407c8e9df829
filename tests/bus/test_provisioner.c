/* SPDX-License-Identifier: MIT */
/* The daemon itself, as systemd starts it, between a fake bluetoothd and a fake NetworkManager. */
#include "dbus/bus-match.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-bluez.h"
#include "tests/bus/fake-nm.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SERVICE "io.landfall.Provisioner1"
#define OBJECT  "/io/landfall/Provisioner1"
#define BUSCTL  "busctl --address=$DBUS_SESSION_BUS_ADDRESS "
#define VERSION "/service0/char4" /* proto-ver */
#define NAME    "PROV_A1B2C3"

typedef struct Fixture {
	TestBus *bus;
	FakeBluez *bluez;
	FakeNm *nm;
	char *folder;
	GPid pid; /* 0: not running */
	int status;
} Fixture;

static const char *program(void)
{
	return g_getenv("LANDFALL_PROVISIONER");
}

static void on_exit_seen(GPid pid, int status, gpointer data)
{
	Fixture *fixture = data;

	fixture->pid = 0;
	fixture->status = status;
	g_spawn_close_pid(pid);
}

/* Start the daemon; @sets are settings "key=value" of [provisioner], ended by NULL. */
static void start(Fixture *fixture, const char *const *sets)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(argv, g_strdup(program()));
	g_ptr_array_add(argv, g_strdup_printf("--config=%s/empty.conf", fixture->folder));
	g_ptr_array_add(argv, g_strdup("--set=log.level=debug"));
	g_ptr_array_add(argv,
			g_strdup_printf("--set=provisioner.secrets=%s/secrets", fixture->folder));
	g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.bus=%s",
					      g_getenv("DBUS_SESSION_BUS_ADDRESS")));
	for (; sets && *sets; sets++)
		g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.%s", *sets));
	g_ptr_array_add(argv, NULL);
	g_spawn_async(NULL, (char **)argv->pdata, NULL,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
		      &fixture->pid, &error);
	g_assert_no_error(error);
	g_child_watch_add(fixture->pid, on_exit_seen, fixture);
}

static void setup(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *config = NULL;

	fixture->bus = test_bus_start();
	fixture->bluez = fake_bluez_new(test_bus_address(fixture->bus));
	fake_bluez_plug(fixture->bluez, 0, true);
	fixture->nm = fake_nm_new(test_bus_address(fixture->bus));
	fixture->folder = g_dir_make_tmp("provisioner-XXXXXX", &error);
	g_assert_no_error(error);
	config = g_build_filename(fixture->folder, "empty.conf", NULL);
	g_file_set_contents(config, "", 0, &error);
	g_assert_no_error(error);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", fixture->folder);
	g_autofree char *text = NULL;

	if (fixture->pid) {
		kill(fixture->pid, SIGTERM);
		TEST_WAIT(!fixture->pid);
		g_assert_true(WIFEXITED(fixture->status));
		g_assert_cmpint(WEXITSTATUS(fixture->status), ==, 0);
	}
	fake_bluez_free(fixture->bluez);
	fake_nm_free(fixture->nm);
	text = test_run(line, NULL);
	test_bus_stop(fixture->bus);
	g_free(fixture->folder);
}

/* A property as busctl prints it, without type and quotes; "" when nobody is there. */
static char *property(const char *name)
{
	g_autofree char *line = g_strdup_printf(
		BUSCTL "get-property " SERVICE " " OBJECT " " SERVICE " %s 2>/dev/null", name);
	int status = 0;
	g_autofree char *text = test_run(line, &status);
	char *start = strchr(text, ' ');

	if (status != 0 || !start)
		return g_strdup("");
	g_strstrip(start);
	g_strdelimit(start, "\"", ' ');
	return g_strdup(g_strstrip(start));
}

static bool property_is(const char *name, const char *value)
{
	g_autofree char *now = property(name);

	return strcmp(now, value) == 0;
}

static bool property_has(const char *name, const char *part)
{
	g_autofree char *now = property(name);

	return strstr(now, part) != NULL;
}

static char *method(const char *name, int *status)
{
	g_autofree char *line =
		g_strdup_printf(BUSCTL "call " SERVICE " " OBJECT " " SERVICE " %s 2>&1", name);

	return test_run(line, status);
}

static void assert_exits(Fixture *fixture, int status)
{
	TEST_WAIT(!fixture->pid);
	g_assert_true(WIFEXITED(fixture->status));
	g_assert_cmpint(WEXITSTATUS(fixture->status), ==, status);
}

static void test_advertises(Fixture *fixture, gconstpointer data)
{
	start(fixture, NULL);
	TEST_WAIT(fixture->bluez->advert_owner);
	TEST_WAIT(property_is("State", "ready"));
	g_assert_true(property_is("Name", NAME));
	g_assert_true(property_is("Adapter", "hci0"));
	g_assert_true(property_is("Interface", "wlan0"));
	g_assert_true(property_is("Backend", "networkmanager"));
	g_assert_true(property_is("Security", "2"));
	g_assert_true(property_is("Peer", ""));
	g_assert_true(property_is("Failure", ""));
	g_assert_true(property_is("Ssid", "0"));
	g_assert_true(property_has("Progress", NAME " is in the air on hci0"));
	g_assert_cmpstr(fixture->bluez->adapters[0].alias, ==, NAME);
}

static void phone_writes(Fixture *fixture, const char *expected)
{
	g_autoptr(FakeCall) write =
		fake_bluez_write(fixture->bluez, VERSION, FAKE_PHONE, 0, "ESP", 3);
	g_autoptr(FakeCall) read = NULL;
	g_autofree char *text = NULL;
	size_t len = 0;
	const char *octets = NULL;

	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, NULL);
	read = fake_bluez_read(fixture->bluez, VERSION, FAKE_PHONE, 0);
	TEST_WAIT(read->done);
	octets = g_bytes_get_data(read->value, &len);
	text = g_strndup(octets, len);
	test_assert_has(text, expected);
}

static void test_phone(Fixture *fixture, gconstpointer data)
{
	start(fixture, NULL);
	TEST_WAIT(property_is("State", "ready"));
	fake_bluez_connect(fixture->bluez, true);
	phone_writes(fixture, "\"sec_ver\":2");
	TEST_WAIT(property_is("State", "peer"));
	TEST_WAIT(property_is("Peer", "11:22:33:44:55:66"));
	/* Scanning ahead began with the connection. */
	TEST_WAIT(fixture->nm->scans == 1);
	fake_bluez_connect(fixture->bluez, false);
	TEST_WAIT(property_is("State", "ready"));
	g_assert_true(property_is("Peer", ""));
	/* What bluetoothd dropped with the link is put back. */
	g_assert_cmpuint(fixture->bluez->advert_calls, ==, 1);
	fake_bluez_connect(fixture->bluez, true);
	phone_writes(fixture, "\"sec_ver\":2");
	TEST_WAIT(property_is("State", "peer"));
	fixture->bluez->adapters[0].instances = 0;
	fake_bluez_changed(fixture->bluez, 0, "ActiveInstances");
	fake_bluez_connect(fixture->bluez, false);
	TEST_WAIT(fixture->bluez->advert_calls > 1);
	TEST_WAIT(property_is("State", "ready"));
}

static void test_security_1(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "security=1", NULL };

	start(fixture, sets);
	TEST_WAIT(property_is("State", "ready"));
	g_assert_true(property_is("Security", "1"));
	fake_bluez_connect(fixture->bluez, true);
	phone_writes(fixture, "\"sec_ver\":1");
}

static void test_provisioned(Fixture *fixture, gconstpointer data)
{
	fake_nm_profile(fixture->nm, "home", "802-11-wireless", true, true);
	start(fixture, NULL);
	TEST_WAIT(property_has("Progress", "a Wi-Fi network is configured"));
	g_assert_true(property_is("State", "idle"));
	assert_exits(fixture, 0);
	g_assert_cmpuint(fixture->bluez->app_calls, ==, 0);
	g_assert_cmpstr(fixture->bluez->adapters[0].alias, ==, "host");
}

static void test_start_stop(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", NULL };
	g_autofree char *started = NULL;
	g_autofree char *again = NULL;
	g_autofree char *stopped = NULL;

	fake_nm_profile(fixture->nm, "home", "802-11-wireless", true, true);
	start(fixture, sets);
	TEST_WAIT(property_is("State", "idle"));
	started = method("Start", NULL);
	/* Answered means that a phone can connect. */
	g_assert_nonnull(fixture->bluez->advert_owner);
	g_assert_true(property_is("State", "ready"));
	again = method("Start", NULL);
	stopped = method("Stop", NULL);
	TEST_WAIT(!fixture->bluez->advert_owner && !fixture->bluez->app_owner);
	TEST_WAIT(strcmp(fixture->bluez->adapters[0].alias, "host") == 0);
	g_assert_true(property_is("State", "idle"));
	assert_exits(fixture, 0);
}

static void test_no_adapter(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	fake_bluez_plug(fixture->bluez, 0, false);
	start(fixture, sets);
	assert_exits(fixture, 16);
}

static void test_start_fails(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "advertise=on-demand", "adapter_wait=300ms", NULL };
	g_autofree char *text = NULL;
	int status = 0;

	fake_bluez_plug(fixture->bluez, 0, false);
	start(fixture, sets);
	TEST_WAIT(property_is("Interface", "wlan0"));
	text = method("Start", &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(text, "no Bluetooth adapter is plugged in");
	assert_exits(fixture, 16);
}

static void test_no_wifi(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	fake_nm_device(fixture->nm, false);
	start(fixture, sets);
	assert_exits(fixture, 17);
}

static void test_recovers(Fixture *fixture, gconstpointer data)
{
	static const char *const sets[] = { "adapter_wait=300ms", NULL };

	start(fixture, sets);
	TEST_WAIT(property_is("State", "ready"));
	/* bluetoothd ends and comes back: longer than a start would have waited is fine. */
	g_clear_pointer(&fixture->bluez, fake_bluez_free);
	TEST_WAIT(property_has("Progress", "bluetoothd is not running"));
	g_assert_true(property_is("State", "idle"));
	g_assert_true(property_is("Adapter", ""));
	fixture->bluez = fake_bluez_new(test_bus_address(fixture->bus));
	fake_bluez_plug(fixture->bluez, 0, true);
	TEST_WAIT(property_is("State", "ready"));
	g_assert_nonnull(fixture->bluez->app_owner);
	/* The same for NetworkManager, which is not missed meanwhile. */
	g_clear_pointer(&fixture->nm, fake_nm_free);
	TEST_WAIT(property_is("Interface", ""));
	g_assert_true(property_is("State", "ready"));
	fixture->nm = fake_nm_new(test_bus_address(fixture->bus));
	TEST_WAIT(property_is("Interface", "wlan0"));
	g_assert_true(property_is("State", "ready"));
}

static void test_bus_lost(Fixture *fixture, gconstpointer data)
{
	start(fixture, NULL);
	TEST_WAIT(property_is("State", "ready"));
	test_bus_kill(fixture->bus);
	assert_exits(fixture, 15);
}

static void test_name_taken(Fixture *fixture, gconstpointer data)
{
	Fixture second = { .folder = fixture->folder };

	start(fixture, NULL);
	TEST_WAIT(property_is("State", "ready"));
	start(&second, NULL);
	assert_exits(&second, 15);
	g_assert_true(property_is("State", "ready"));
}

static void test_sigterm(Fixture *fixture, gconstpointer data)
{
	start(fixture, NULL);
	TEST_WAIT(property_is("State", "ready"));
	kill(fixture->pid, SIGTERM);
	assert_exits(fixture, 0);
	TEST_WAIT(!fixture->bluez->advert_owner && !fixture->bluez->app_owner);
	TEST_WAIT(strcmp(fixture->bluez->adapters[0].alias, "host") == 0);
	TEST_WAIT(fixture->bluez->adapters[0].pairable);
}

typedef struct ConfigCase {
	const char *path;
	const char *set;
	int status;
} ConfigCase;

static const ConfigCase config_cases[] = {
	{ "no-security", "security=0", 10 },
	{ "back-end", "wifi=iwd", 10 },
	{ "name", "name=PROV_%m_%m_%m_%m", 10 },
	{ "interface", "interface=wlan7", 17 },
	{ "adapter", "adapter=hci7", 16 },
	{ "bus", "bus=unix:path=/nonexistent/bus", 15 },
	{ "secrets", "secrets=/dev/null/secrets", 1 },
};

static void test_config(Fixture *fixture, gconstpointer data)
{
	const ConfigCase *c = data;
	const char *const sets[] = { "adapter_wait=300ms", c->set, NULL };

	start(fixture, sets);
	assert_exits(fixture, c->status);
}

/* What the interface's file promises is what the daemon has: elements with name, type and access. */
static void note_element(GMarkupParseContext *context, const char *element, const char **names,
			 const char **values, gpointer data, GError **error)
{
	GPtrArray *notes = data;
	const char *name = NULL;
	const char *type = "";
	const char *access = "";

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], "name") == 0)
			name = values[i];
		else if (strcmp(names[i], "type") == 0)
			type = values[i];
		else if (strcmp(names[i], "access") == 0)
			access = values[i];
	}
	if (strcmp(element, "method") == 0 || strcmp(element, "property") == 0 ||
	    strcmp(element, "signal") == 0)
		g_ptr_array_add(notes, g_strdup_printf("%s %s %s %s", element, name, type, access));
}

static char *elements_of(const char *xml, const char *interface)
{
	static const GMarkupParser parser = { .start_element = note_element };
	g_autofree char *opening = g_strdup_printf("<interface name=\"%s\">", interface);
	const char *from = strstr(xml, opening);
	const char *to = from ? strstr(from, "</interface>") : NULL;
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, 0, notes, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(to);
	g_assert_true(g_markup_parse_context_parse(
		context, from, to - from + (gssize)strlen("</interface>"), &error));
	g_assert_no_error(error);
	g_ptr_array_add(notes, NULL);
	return g_strjoinv("\n", (char **)notes->pdata);
}

static void test_introspection(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "..", "dbus", SERVICE ".xml", NULL);
	g_autofree char *file = NULL;
	g_autofree char *live = NULL;
	g_autofree char *expected = NULL;
	g_autofree char *found = NULL;

	g_assert_true(g_file_get_contents(path, &file, NULL, NULL));
	start(fixture, NULL);
	TEST_WAIT(property_is("State", "ready"));
	live = test_run("gdbus introspect --xml --address $DBUS_SESSION_BUS_ADDRESS --dest " SERVICE
			" --object-path " OBJECT,
			NULL);
	expected = elements_of(file, SERVICE);
	found = elements_of(live, SERVICE);
	g_assert_cmpstr(found, ==, expected);
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/provisioner/advertises", test_advertises },
	{ "/provisioner/phone", test_phone },
	{ "/provisioner/security-1", test_security_1 },
	{ "/provisioner/provisioned", test_provisioned },
	{ "/provisioner/start-stop", test_start_stop },
	{ "/provisioner/no-adapter", test_no_adapter },
	{ "/provisioner/start-fails", test_start_fails },
	{ "/provisioner/no-wifi", test_no_wifi },
	{ "/provisioner/recovers", test_recovers },
	{ "/provisioner/bus-lost", test_bus_lost },
	{ "/provisioner/name-taken", test_name_taken },
	{ "/provisioner/sigterm", test_sigterm },
	{ "/provisioner/introspection", test_introspection },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!program())
		g_error("LANDFALL_PROVISIONER does not say which program to test");
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	for (size_t i = 0; i < G_N_ELEMENTS(config_cases); i++) {
		g_autofree char *path =
			g_strconcat("/provisioner/config/", config_cases[i].path, NULL);

		g_test_add(path, Fixture, &config_cases[i], setup, test_config, teardown);
	}
	return g_test_run();
}
