/* SPDX-License-Identifier: MIT */
#include "tests/bus/bus-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct TestBus {
	char *dir;
	char *socket;
	char *config;
	char *address;
	GPid pid;
};

static const char config_format[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig>\n"
	"  <type>session</type>\n"
	"  <listen>unix:path=%s</listen>\n"
	"  <auth>EXTERNAL</auth>\n"
	"%s"
	"</busconfig>\n";

/* What the system bus says of everybody, before any service's own file. */
static const char system_policy[] =
	"<policy context=\"default\">"
	"<allow user=\"*\"/><deny own=\"*\"/>"
	"<deny send_type=\"method_call\"/>"
	"<allow send_type=\"signal\"/>"
	"<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
	"<allow send_requested_reply=\"true\" send_type=\"error\"/>"
	"<allow receive_type=\"method_call\"/>"
	"<allow receive_type=\"method_return\"/>"
	"<allow receive_type=\"error\"/>"
	"<allow receive_type=\"signal\"/>"
	"<allow send_destination=\"org.freedesktop.DBus\"/>"
	"</policy>";

static const char open_policy[] = "  <policy context=\"default\">\n"
				  "    <allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
				  "    <allow eavesdrop=\"true\"/>\n"
				  "    <allow own=\"*\"/>\n"
				  "    <deny own=\"io.landfall.Forbidden\"/>\n"
				  "  </policy>\n";

/* Whatever ends the test ends its children. */
static void child_setup(gpointer user_data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GPid spawn(const char *const *argv, int *out, int *err)
{
	GPid pid = 0;
	g_autoptr(GError) error = NULL;

	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, child_setup, NULL,
				 &pid, NULL, out, err, &error);
	g_assert_no_error(error);
	return pid;
}

void test_bus_restart(TestBus *bus)
{
	const char *const argv[] = { "dbus-daemon", "--config-file",     bus->config, "--nofork",
				     "--nopidfile", "--print-address=1", NULL };
	char line[256];
	int out = -1;

	g_unlink(bus->socket);
	bus->pid = spawn(argv, &out, NULL);

	/* It prints its address once it listens. */
	g_assert_cmpint(read(out, line, sizeof(line)), >, 0);
	close(out);
}

static void replace(GString *text, const char *from, const char *kind, const char *name)
{
	g_autofree char *to = g_strdup_printf("%s=\"%s\"", kind, name);

	g_string_replace(text, from, to, 0);
}

char *test_bus_policy(const char *name, const TestBusPolicy *who)
{
	g_autofree char *file_name = g_strconcat(name, ".conf", NULL);
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "..", "data", file_name, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	char *start;

	g_file_get_contents(path, &file, NULL, &error);
	g_assert_no_error(error);
	start = strstr(file, "<busconfig>") + strlen("<busconfig>");
	*strstr(start, "</busconfig>") = '\0';

	GString *text = g_string_new(start);

	/* names of parts first: what replaces them may be called the same */
	replace(text, "user=\"root\"", "user", "@root@");
	replace(text, "user=\"landfall\"", "user", "@service@");
	replace(text, "group=\"landfall\"", "group", who->group);
	g_string_replace(text, "@root@", who->root, 0);
	g_string_replace(text, "@service@", who->service, 0);
	g_string_prepend(text, system_policy);
	return g_string_free(text, FALSE);
}

TestBus *test_bus_start(void)
{
	return test_bus_start_with(open_policy);
}

TestBus *test_bus_start_with(const char *policy)
{
	TestBus *bus = g_new0(TestBus, 1);
	g_autoptr(GError) error = NULL;

	bus->dir = g_dir_make_tmp("landfall-bus-XXXXXX", &error);
	g_assert_no_error(error);
	bus->socket = g_build_filename(bus->dir, "bus", NULL);
	bus->config = g_build_filename(bus->dir, "bus.conf", NULL);
	bus->address = g_strdup_printf("unix:path=%s", bus->socket);

	g_autofree char *config = g_strdup_printf(config_format, bus->socket, policy);

	g_file_set_contents(bus->config, config, -1, &error);
	g_assert_no_error(error);
	test_bus_restart(bus);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", bus->address, TRUE);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", bus->address, TRUE);
	return bus;
}

const char *test_bus_address(const TestBus *bus)
{
	return bus->address;
}

void test_bus_kill(TestBus *bus)
{
	if (bus->pid)
		test_finish(bus->pid);
	bus->pid = 0;
}

void test_bus_stop(TestBus *bus)
{
	test_bus_kill(bus);
	g_unlink(bus->socket);
	g_unlink(bus->config);
	g_rmdir(bus->dir);
	g_free(bus->dir);
	g_free(bus->socket);
	g_free(bus->config);
	g_free(bus->address);
	g_free(bus);
}

static gboolean nothing(gpointer user_data)
{
	return G_SOURCE_CONTINUE;
}

static void on_owner(const char *owner, void *user_data)
{
	bool *unowned = user_data;

	*unowned = !owner;
}

void test_await_unowned(Bus *bus, const char *name)
{
	bool unowned = false;
	BusNameWatch *watch = bus_name_watch(bus, name, on_owner, &unowned);

	TEST_WAIT(unowned);
	bus_name_unwatch(watch);
}

static void on_name(BusName *name, const GError *error, void *user_data)
{
	g_assert_no_error(error);
}

BusName *test_take_name(Bus *bus, const char *name)
{
	BusName *own = NULL;

	test_await_unowned(bus, name);
	own = bus_name_request(bus, name, 0, on_name, NULL);
	TEST_WAIT(bus_name_owned(own));
	return own;
}

BusObject *test_add_object(Bus *bus, const char *path, const BusInterface *const *interfaces,
			   void *data)
{
	g_autoptr(GError) error = NULL;
	BusObject *object = bus_object_register(bus, path, interfaces, data, &error);

	g_assert_no_error(error);
	return object;
}

void test_turn(void)
{
	guint alarm = g_timeout_add(20, nothing, NULL);

	g_main_context_iteration(NULL, TRUE);
	g_source_remove(alarm);
}

GPid test_start(const char *line)
{
	g_autofree char *exec = g_strdup_printf("exec %s >&2", line);
	const char *const argv[] = { "sh", "-c", exec, NULL };

	return spawn(argv, NULL, NULL);
}

void test_finish(GPid pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	g_spawn_close_pid(pid);
}

void test_wrap(GPtrArray *argv)
{
	const char *line = g_getenv("LANDFALL_WRAP");
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) error = NULL;

	if (!line)
		return;
	g_shell_parse_argv(line, NULL, &words, &error);
	g_assert_no_error(error);
	for (int i = 0; words[i]; i++)
		g_ptr_array_add(argv, g_strdup(words[i]));
}

typedef struct Output {
	GString *text;
	bool end;
	int status;
	bool exited;
} Output;

static gboolean output_on_data(GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
	Output *output = user_data;
	char chunk[4096];
	gssize len = read(g_io_channel_unix_get_fd(channel), chunk, sizeof(chunk));

	if (len > 0)
		g_string_append_len(output->text, chunk, len);
	else
		output->end = true;
	return len > 0;
}

static void output_on_exit(GPid pid, gint status, gpointer user_data)
{
	Output *output = user_data;

	output->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	output->exited = true;
}

char *test_run(const char *line, int *status)
{
	g_autofree char *both = g_strdup_printf("exec 2>&1; %s", line);
	const char *const argv[] = { "sh", "-c", both, NULL };
	Output output = { .text = g_string_new(NULL) };
	int out = -1;
	GPid pid = spawn(argv, &out, NULL);
	GIOChannel *channel = g_io_channel_unix_new(out);

	g_io_add_watch(channel, G_IO_IN | G_IO_HUP, output_on_data, &output);
	g_child_watch_add(pid, output_on_exit, &output);
	TEST_WAIT(output.end && output.exited);
	g_io_channel_unref(channel);
	close(out);
	if (status)
		*status = output.status;
	else if (output.status != 0)
		g_error("%s: status %d\n%s", line, output.status, output.text->str);
	return g_string_free(output.text, FALSE);
}

/* What the interface's file promises is what the daemon has: elements with name,
 * type and access. */
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

char *test_interface_elements(const char *xml, const char *interface)
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
