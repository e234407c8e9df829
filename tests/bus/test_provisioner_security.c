/* SPDX-License-Identifier: MIT */
/* Whom the daemon lets in: the scheme it is told to use, and no other. */
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-bluez.h"
#include "tests/bus/fake-nm.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SERVICE "io.landfall.Provisioner1"
#define OBJECT  "/io/landfall/Provisioner1"
#define BUSCTL  "busctl --address=$DBUS_SESSION_BUS_ADDRESS "
#define SESSION "/service0/char2" /* prov-session */
#define CONFIG  "/service0/char3" /* prov-config */
#define VERSION "/service0/char4" /* proto-ver */
#define REFUSED "org.bluez.Error.Failed"

/* Command 0 of security 0 and 1. */
#define COMMAND_0 "5203a20100"
#define COMMAND_1                                                                                  \
	"10015a25a201220a20"                                                                       \
	"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"

typedef struct Fixture {
	TestBus *bus;
	FakeBluez *bluez;
	FakeNm *nm;
	char *folder;
	GPid pid; /* 0: not running */
	int status;
} Fixture;

static void on_exit_seen(GPid pid, int status, gpointer data)
{
	Fixture *fixture = data;

	fixture->pid = 0;
	fixture->status = status;
	g_spawn_close_pid(pid);
}

/* Start the daemon with settings "key=value" of [provisioner]; its log is FOLDER/log. */
static void start(Fixture *fixture, const char *settings)
{
	g_auto(GStrv) sets = g_strsplit(settings, " ", -1);
	g_autoptr(GString) line = g_string_new("exec \"$LANDFALL_PROVISIONER\" "
					       "--set=log.level=info --set=log.format=text ");
	const char *argv[] = { "sh", "-c", NULL, NULL };
	g_autoptr(GError) error = NULL;

	g_string_append_printf(line, "--config='%s/empty.conf' ", fixture->folder);
	g_string_append_printf(line, "--set=provisioner.secrets='%s/secrets' ", fixture->folder);
	g_string_append(line, "--set=provisioner.bus=\"$DBUS_SESSION_BUS_ADDRESS\" ");
	for (size_t i = 0; sets[i]; i++)
		g_string_append_printf(line, "--set=provisioner.%s ", sets[i]);
	g_string_append_printf(line, "2>>'%s/log'", fixture->folder);
	argv[2] = line->str;
	g_spawn_async(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
		      NULL, NULL, &fixture->pid, &error);
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
	fixture->folder = g_dir_make_tmp("security-XXXXXX", &error);
	g_assert_no_error(error);
	config = g_build_filename(fixture->folder, "empty.conf", NULL);
	g_file_set_contents(config, "", 0, &error);
	g_assert_no_error(error);
}

static void stop(Fixture *fixture)
{
	kill(fixture->pid, SIGTERM);
	TEST_WAIT(!fixture->pid);
	g_assert_true(WIFEXITED(fixture->status));
	g_assert_cmpint(WEXITSTATUS(fixture->status), ==, 0);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", fixture->folder);
	g_autofree char *text = NULL;

	if (fixture->pid)
		stop(fixture);
	fake_bluez_free(fixture->bluez);
	fake_nm_free(fixture->nm);
	text = test_run(line, NULL);
	test_bus_stop(fixture->bus);
	g_free(fixture->folder);
}

/* A property as busctl prints it; "" when nobody is there. */
static char *property(const char *name)
{
	g_autofree char *line = g_strdup_printf(
		BUSCTL "get-property " SERVICE " " OBJECT " " SERVICE " %s 2>/dev/null", name);
	int status = 0;
	g_autofree char *text = test_run(line, &status);

	return g_strdup(status == 0 ? g_strstrip(text) : "");
}

static bool property_is(const char *name, const char *value)
{
	g_autofree char *now = property(name);

	return strcmp(now, value) == 0;
}

static bool log_has(const Fixture *fixture, const char *part)
{
	g_autofree char *path = g_build_filename(fixture->folder, "log", NULL);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, part);
}

static GBytes *octets_of(const char *hex)
{
	GByteArray *octets = g_byte_array_new();

	for (size_t i = 0; hex[i]; i += 2) {
		uint8_t octet = (uint8_t)(g_ascii_xdigit_value(hex[i]) * 16 +
					  g_ascii_xdigit_value(hex[i + 1]));

		g_byte_array_append(octets, &octet, 1);
	}
	return g_byte_array_free_to_bytes(octets);
}

/* What the phone reads after writing @hex; NULL: refused, as a stranger may see it. */
static GBytes *phone_asks(Fixture *fixture, const char *endpoint, const char *hex)
{
	g_autoptr(GBytes) in = octets_of(hex);
	g_autoptr(FakeCall) write =
		fake_bluez_write(fixture->bluez, endpoint, FAKE_PHONE, 0,
				 g_bytes_get_data(in, NULL), g_bytes_get_size(in));
	g_autoptr(FakeCall) read = NULL;

	TEST_WAIT(write->done);
	if (write->error_name) {
		g_assert_cmpstr(write->error_name, ==, REFUSED);
		g_assert_cmpstr(write->error_text, ==, REFUSED ": 0x80");
		return NULL;
	}
	read = fake_bluez_read(fixture->bluez, endpoint, FAKE_PHONE, 0);
	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, ==, NULL);
	return g_bytes_ref(read->value);
}

static void assert_answers(Fixture *fixture, const char *endpoint, const char *hex,
			   const char *reply_hex)
{
	g_autoptr(GBytes) reply = phone_asks(fixture, endpoint, hex);
	g_autoptr(GBytes) expected = octets_of(reply_hex);

	g_assert_nonnull(reply);
	g_assert_cmpmem(g_bytes_get_data(reply, NULL), g_bytes_get_size(reply),
			g_bytes_get_data(expected, NULL), g_bytes_get_size(expected));
}

static void assert_refuses(Fixture *fixture, const char *endpoint, const char *hex)
{
	g_autoptr(GBytes) reply = phone_asks(fixture, endpoint, hex);

	g_assert_null(reply);
}

/* ---- security 0 ---- */

/* What --check-config says of it, before anything is started. */
static void test_checked(Fixture *fixture, gconstpointer data)
{
	bool built = *(const bool *)data;
	g_autofree char *line =
		g_strdup_printf("\"$LANDFALL_PROVISIONER\" --config='%s/empty.conf' "
				"--set=provisioner.security=0 --check-config",
				fixture->folder);
	int status = 0;
	g_autofree char *text = test_run(line, &status);

	g_assert_cmpint(status, ==, built ? 0 : 10);
	test_assert_has(text, built ? "the configuration is valid"
				    : "security = 0: this build offers 1 and 2");
}

static void test_absent(Fixture *fixture, gconstpointer data)
{
	start(fixture, "security=0");
	TEST_WAIT(!fixture->pid);
	g_assert_true(WIFEXITED(fixture->status));
	g_assert_cmpint(WEXITSTATUS(fixture->status), ==, 10);
	g_assert_true(log_has(fixture, "security = 0: this build offers 1 and 2"));
}

static void test_proofless(Fixture *fixture, gconstpointer data)
{
	start(fixture, "security=0");
	TEST_WAIT(property_is("State", "s \"ready\""));
	g_assert_true(property_is("Security", "u 0"));
	g_assert_true(log_has(fixture, "ANYBODY NEAR CAN TAKE THIS DEVICE"));
	fake_bluez_connect(fixture->bluez, true);
	assert_refuses(fixture, SESSION, COMMAND_1);
	g_assert_false(log_has(fixture, "WITHOUT SECURITY was opened"));
	assert_answers(fixture, SESSION, COMMAND_0, "52050801aa0100");
	assert_answers(fixture, CONFIG, "5200", "08015a021001");
	TEST_WAIT(property_is("State", "s \"secured\""));
	g_assert_true(property_is("Progress", "s \"phone 11:22:33:44:55:66 has a session without "
					      "security; waiting for its choice of network\""));
	g_assert_true(log_has(fixture, "a session WITHOUT SECURITY was opened by "
				       "11:22:33:44:55:66, which proved nothing"));
}

/* A phone's wish changes nothing. */
static void test_other_scheme(Fixture *fixture, gconstpointer data)
{
	start(fixture, "security=2");
	TEST_WAIT(property_is("State", "s \"ready\""));
	fake_bluez_connect(fixture->bluez, true);
	assert_refuses(fixture, SESSION, COMMAND_0);
	assert_refuses(fixture, SESSION, COMMAND_1);
	assert_refuses(fixture, CONFIG, "5200");
	g_assert_true(property_is("State", "s \"peer\""));
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/security/other-scheme", test_other_scheme },
};

int main(int argc, char **argv)
{
	bool built = g_strcmp0(g_getenv("LANDFALL_SECURITY0"), "yes") == 0;

	g_test_init(&argc, &argv, NULL);
	if (!g_getenv("LANDFALL_PROVISIONER"))
		g_error("LANDFALL_PROVISIONER does not say which program to test");
	g_test_add(built ? "/security/0/proofless" : "/security/0/absent", Fixture, NULL, setup,
		   built ? test_proofless : test_absent, teardown);
	g_test_add("/security/0/checked", Fixture, &built, setup, test_checked, teardown);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
