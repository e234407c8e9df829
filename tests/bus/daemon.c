/* SPDX-License-Identifier: MIT */
#include "tests/bus/daemon.h"

#include "dbus/bus-call.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define BUSCTL  "busctl --address=$DBUS_SESSION_BUS_ADDRESS "
#define VERSION "/service0/char4" /* proto-ver */

const char *daemon_program(void)
{
	return g_getenv("LANDFALL_PROVISIONER");
}

static void on_exit_seen(GPid pid, int status, gpointer data)
{
	Daemon *daemon = data;

	daemon->pid = 0;
	daemon->status = status;
	g_spawn_close_pid(pid);
}

void daemon_start(Daemon *daemon, const char *const *sets)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	test_wrap(argv);
	g_ptr_array_add(argv, g_strdup(daemon_program()));
	g_ptr_array_add(argv, g_strdup_printf("--config=%s/empty.conf", daemon->folder));
	g_ptr_array_add(argv, g_strdup("--set=log.level=debug"));
	g_ptr_array_add(argv,
			g_strdup_printf("--set=provisioner.secrets=%s/secrets", daemon->folder));
	g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.bus=%s",
					      g_getenv("DBUS_SESSION_BUS_ADDRESS")));
	for (; sets && *sets; sets++)
		g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.%s", *sets));
	g_ptr_array_add(argv, NULL);
	g_spawn_async(NULL, (char **)argv->pdata, daemon->env,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		      NULL, NULL, &daemon->pid, &error);
	g_assert_no_error(error);
	g_child_watch_add(daemon->pid, on_exit_seen, daemon);
}

void daemon_setup(Daemon *daemon, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *config = NULL;

	daemon->bus = test_bus_start();
	daemon->bluez = fake_bluez_new(test_bus_address(daemon->bus));
	fake_bluez_plug(daemon->bluez, 0, true);
	daemon->nm = fake_nm_new(test_bus_address(daemon->bus));
	daemon->folder = g_dir_make_tmp("provisioner-XXXXXX", &error);
	g_assert_no_error(error);
	config = g_build_filename(daemon->folder, "empty.conf", NULL);
	g_file_set_contents(config, "", 0, &error);
	g_assert_no_error(error);
}

void daemon_teardown(Daemon *daemon, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", daemon->folder);
	g_autofree char *text = NULL;

	if (daemon->pid) {
		kill(daemon->pid, SIGTERM);
		TEST_WAIT(!daemon->pid);
		g_assert_true(WIFEXITED(daemon->status));
		g_assert_cmpint(WEXITSTATUS(daemon->status), ==, 0);
	}
	fake_bluez_free(daemon->bluez);
	fake_nm_free(daemon->nm);
	text = test_run(line, NULL);
	test_bus_stop(daemon->bus);
	g_free(daemon->folder);
}

void daemon_add_tests(const DaemonTest *tests, size_t n)
{
	if (!daemon_program())
		g_error("LANDFALL_PROVISIONER does not say which program to test");
	for (size_t i = 0; i < n; i++)
		g_test_add(tests[i].path, Daemon, NULL, daemon_setup, tests[i].test,
			   daemon_teardown);
}

char *daemon_property(const char *name)
{
	g_autofree char *line =
		g_strdup_printf(BUSCTL "get-property " DAEMON_SERVICE " " DAEMON_OBJECT
				       " " DAEMON_SERVICE " %s 2>/dev/null",
				name);
	int status = 0;
	g_autofree char *text = test_run(line, &status);
	char *start = strchr(text, ' ');

	if (status != 0 || !start)
		return g_strdup("");
	g_strstrip(start);
	g_strdelimit(start, "\"", ' ');
	return g_strdup(g_strstrip(start));
}

bool daemon_shows(const char *name, const char *value)
{
	g_autofree char *now = daemon_property(name);

	return strcmp(now, value) == 0;
}

bool daemon_mentions(const char *name, const char *part)
{
	g_autofree char *now = daemon_property(name);

	return strstr(now, part) != NULL;
}

char *daemon_call(const char *name, int *status)
{
	g_autofree char *line = g_strdup_printf(BUSCTL "call " DAEMON_SERVICE " " DAEMON_OBJECT
						       " " DAEMON_SERVICE " %s 2>&1",
						name);

	return test_run(line, status);
}

static void on_answer(BusReply *reply, void *user_data)
{
	char **error = user_data;

	*error = g_strdup(bus_reply_error(reply) ? bus_reply_error_name(reply) : "");
}

void daemon_ask(Bus *caller, const char *name, char **error)
{
	BusMessage *call =
		bus_message_new_call(DAEMON_SERVICE, DAEMON_OBJECT, DAEMON_SERVICE, name);

	g_assert_nonnull(bus_call_start(caller, call, BUS_TIMEOUT_DEFAULT, on_answer, error));
}

void daemon_exits(Daemon *daemon, int status)
{
	TEST_WAIT(!daemon->pid);
	g_assert_true(WIFEXITED(daemon->status));
	g_assert_cmpint(WEXITSTATUS(daemon->status), ==, status);
}

void daemon_phone_writes(Daemon *daemon, const char *expected)
{
	g_autoptr(FakeCall) write =
		fake_bluez_write(daemon->bluez, VERSION, FAKE_PHONE, 0, "ESP", 3);
	g_autoptr(FakeCall) read = NULL;
	g_autofree char *text = NULL;
	size_t len = 0;
	const char *octets = NULL;

	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, NULL);
	read = fake_bluez_read(daemon->bluez, VERSION, FAKE_PHONE, 0);
	TEST_WAIT(read->done);
	octets = g_bytes_get_data(read->value, &len);
	text = g_strndup(octets, len);
	test_assert_has(text, expected);
}
