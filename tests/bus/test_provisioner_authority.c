/* SPDX-License-Identifier: MIT */
/* Whom the daemon lets change something: callers of several users, between it and a fake polkit. */
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "provisioner/adapter/bus-service.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-bluez.h"
#include "tests/bus/fake-nm.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVICE     "io.landfall.Provisioner1"
#define OBJECT      "/io/landfall/Provisioner1"
#define POLKIT      "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define DENIED      "org.freedesktop.DBus.Error.AccessDenied"
#define INTERACTIVE "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

/* Whatever else a bus forbids is test_provisioner_policy.c's matter. */
static const char everybody[] = "<policy context=\"default\"><allow user=\"*\"/>"
				"<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
				"<allow own=\"*\"/></policy>";

typedef enum Answer {
	ANSWER_ABSENT, /* no polkit on this device */
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_CHALLENGE, /* not without a password */
	ANSWER_ERROR,
	ANSWER_SILENCE, /* the person thinks */
} Answer;

typedef enum Caller {
	CALLER_ROOT,
	CALLER_MEMBER, /* of the group the daemon runs as */
	CALLER_STRANGER,
} Caller;

typedef struct Row {
	const char *name;
	Caller caller;
	Answer answer;
	const char *options; /* of gdbus */
	const char *method;
	const char *expected; /* in gdbus's output; NULL: it succeeds */
	int asked;            /* times polkit was; -1: with the flag for interaction */
} Row;

#define QUIET  ""
#define PERSON "--interactive"

static const Row rows[] = {
	{ "root", CALLER_ROOT, ANSWER_NO, QUIET, "Start", NULL, 0 },
	{ "root-no-polkit", CALLER_ROOT, ANSWER_ABSENT, QUIET, "Start", NULL, 0 },
	{ "member", CALLER_MEMBER, ANSWER_NO, QUIET, "Start", NULL, 0 },
	{ "yes", CALLER_STRANGER, ANSWER_YES, QUIET, "Start", NULL, 1 },
	{ "no", CALLER_STRANGER, ANSWER_NO, QUIET, "Start", DENIED, 1 },
	{ "no-stop", CALLER_STRANGER, ANSWER_NO, QUIET, "Stop", DENIED, 1 },
	{ "no-polkit", CALLER_STRANGER, ANSWER_ABSENT, PERSON, "Start", DENIED, 0 },
	{ "polkit-fails", CALLER_STRANGER, ANSWER_ERROR, QUIET, "Start", DENIED, 1 },
	{ "password", CALLER_STRANGER, ANSWER_CHALLENGE, QUIET, "Start", INTERACTIVE, 1 },
	{ "password-wrong", CALLER_STRANGER, ANSWER_NO, PERSON, "Start", DENIED, -1 },
	{ "password-right", CALLER_STRANGER, ANSWER_YES, PERSON, "Start", NULL, -1 },
};

typedef struct Fixture {
	TestBus *daemon;
	FakeBluez *bluez;
	FakeNm *nm;
	char *folder;
	GPid pid;
	bool named;
	Bus *bus; /* of the fake polkit */
	BusObject *polkit;
	BusName *polkit_name;
	bool polkit_up;
	Answer answer;
	BusRequest *pending; /* ANSWER_SILENCE */
	int asked;
	char *subject; /* unique name asked about */
	char *action;
	char *id;        /* of the check */
	char *cancelled; /* id that was given up */
	bool interactive;
} Fixture;

/* ---- the fake polkit ---- */

static void answer(BusRequest *request, bool authorized, bool challenge)
{
	BusWriter *writer = bus_request_writer(request);

	bus_writer_open(writer, "(bba{ss})");
	bus_writer_bool(writer, authorized);
	bus_writer_bool(writer, challenge);
	bus_writer_open(writer, "a{ss}");
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_request_reply(request);
}

static void note_question(Fixture *fixture, BusReader *reader)
{
	const char *key;

	bus_reader_enter(reader, "(sa{sv})");
	g_assert_cmpstr(bus_reader_string(reader), ==, "system-bus-name");
	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		g_assert_cmpstr(key, ==, "name");
		g_free(fixture->subject);
		fixture->subject = g_strdup(bus_reader_string(reader));
	}
	bus_reader_leave(reader);
	bus_reader_leave(reader);
	g_free(fixture->action);
	fixture->action = g_strdup(bus_reader_string(reader));
	bus_reader_skip(reader);
	fixture->interactive = bus_reader_u32(reader) & 1;
	g_free(fixture->id);
	fixture->id = g_strdup(bus_reader_string(reader));
	g_assert_true(bus_reader_ok(reader));
	fixture->asked++;
}

static void check_handle(BusRequest *request, void *data)
{
	Fixture *fixture = data;

	note_question(fixture, bus_request_args(request));
	switch (fixture->answer) {
	case ANSWER_YES: answer(request, true, false); break;
	case ANSWER_NO: answer(request, false, false); break;
	case ANSWER_CHALLENGE: answer(request, false, true); break;
	case ANSWER_SILENCE: fixture->pending = request; break;
	case ANSWER_ABSENT:
	case ANSWER_ERROR: bus_request_fail_name(request, POLKIT ".Error.Failed", "no"); break;
	}
}

static void cancel_handle(BusRequest *request, void *data)
{
	Fixture *fixture = data;

	g_free(fixture->cancelled);
	fixture->cancelled = g_strdup(bus_reader_string(bus_request_args(request)));
	bus_request_reply(request);
}

static const BusMethod polkit_methods[] = {
	{ "CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", check_handle, NULL },
	{ "CancelCheckAuthorization", "s", "", cancel_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusInterface polkit_interface = { POLKIT ".Authority", polkit_methods, NULL, NULL,
					       NULL };

static void on_polkit_name(BusName *name, const GError *error, void *data)
{
	Fixture *fixture = data;

	g_assert_no_error(error);
	fixture->polkit_up = true;
}

static void polkit_start(Fixture *fixture, Answer answer_then)
{
	static const BusInterface *const interfaces[] = { &polkit_interface, NULL };
	g_autoptr(GError) error = NULL;

	fixture->answer = answer_then;
	if (answer_then == ANSWER_ABSENT)
		return;
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->polkit =
		bus_object_register(fixture->bus, POLKIT_PATH, interfaces, fixture, &error);
	g_assert_no_error(error);
	fixture->polkit_name = bus_name_request(fixture->bus, POLKIT, 0, on_polkit_name, fixture);
	TEST_WAIT(fixture->polkit_up);
}

/* ---- the daemon ---- */

static void on_owner(const char *owner, void *data)
{
	Fixture *fixture = data;

	fixture->named = owner != NULL;
}

/* Started on demand, it has nothing to do but to be told. */
static void provisioner_start(Fixture *fixture)
{
	g_autofree char *line = g_strdup_printf(
		"%s --config=%s/empty.conf --set=provisioner.secrets=%s/secrets "
		"--set=provisioner.bus=%s --set=provisioner.advertise=on-demand 2>/dev/null",
		g_getenv("LANDFALL_PROVISIONER"), fixture->folder, fixture->folder,
		test_bus_address(fixture->daemon));
	BusNameWatch *watch = NULL;
	g_autoptr(Bus) bus = NULL;
	g_autoptr(GError) error = NULL;

	fixture->pid = test_start(line);
	bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	watch = bus_name_watch(bus, SERVICE, on_owner, fixture);
	TEST_WAIT(fixture->named);
	bus_name_unwatch(watch);
}

static void setup(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *config = NULL;
	g_autofree char *socket = NULL;
	g_autofree char *bus_folder = NULL;

	fixture->daemon = test_bus_start_with(everybody);
	socket = g_strdup(strchr(test_bus_address(fixture->daemon), '/'));
	bus_folder = g_path_get_dirname(socket);
	g_assert_cmpint(chmod(bus_folder, 0711), ==, 0);
	g_assert_cmpint(chmod(socket, 0666), ==, 0);
	fixture->bluez = fake_bluez_new(test_bus_address(fixture->daemon));
	fake_bluez_plug(fixture->bluez, 0, true);
	fixture->nm = fake_nm_new(test_bus_address(fixture->daemon));
	fixture->folder = g_dir_make_tmp("authority-XXXXXX", &error);
	g_assert_no_error(error);
	config = g_build_filename(fixture->folder, "empty.conf", NULL);
	g_file_set_contents(config, "", 0, &error);
	g_assert_no_error(error);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", fixture->folder);
	g_autofree char *text = NULL;

	if (fixture->pid)
		test_finish(fixture->pid);
	if (fixture->pending)
		answer(fixture->pending, false, false);
	bus_name_free(fixture->polkit_name);
	bus_object_free(fixture->polkit);
	bus_free(fixture->bus);
	fake_bluez_free(fixture->bluez);
	fake_nm_free(fixture->nm);
	text = test_run(line, NULL);
	test_bus_stop(fixture->daemon);
	g_free(fixture->folder);
	g_free(fixture->subject);
	g_free(fixture->action);
	g_free(fixture->id);
	g_free(fixture->cancelled);
}

/* The command line of a call as somebody; the caller frees it. */
static char *call_line(const Fixture *fixture, Caller caller, const char *options,
		       const char *method)
{
	g_autofree char *who = NULL;

	if (caller == CALLER_MEMBER)
		who = g_strdup_printf("setpriv --reuid=65534 --regid=65534 --groups=%u ",
				      (unsigned int)getegid());
	else if (caller == CALLER_STRANGER)
		who = g_strdup("setpriv --reuid=65534 --regid=65534 --clear-groups ");
	return g_strdup_printf("%sgdbus call --address=%s --dest=" SERVICE " --object-path=" OBJECT
			       " %s --method=" SERVICE ".%s",
			       who ? who : "", test_bus_address(fixture->daemon), options, method);
}

static bool others_can_be_played(void)
{
	if (geteuid() == 0)
		return true;
	g_test_skip("only root can call as somebody else");
	return false;
}

static void test_row(Fixture *fixture, gconstpointer data)
{
	const Row *row = data;
	g_autofree char *line = call_line(fixture, row->caller, row->options, row->method);
	g_autofree char *text = NULL;
	int status = 0;

	if (!others_can_be_played())
		return;
	polkit_start(fixture, row->answer);
	provisioner_start(fixture);
	text = test_run(line, &status);
	if (row->expected)
		test_assert_has(text, row->expected);
	g_assert_cmpint(status == 0, ==, !row->expected);
	g_assert_cmpint(fixture->asked, ==, ABS(row->asked));
	g_assert_cmpint(fixture->interactive, ==, row->asked < 0);
	/* What was refused was not done either. */
	g_assert_cmpint(fixture->bluez->advert_owner != NULL, ==, !row->expected);
	if (!fixture->asked)
		return;
	g_assert_cmpstr(fixture->action, ==, BUS_SERVICE_ACTION);
	g_assert_true(g_str_has_prefix(fixture->subject, ":1."));
}

/* What is in a file by now, in place of what @text was; anything at all? */
static bool has_text(const char *file, char **text)
{
	g_clear_pointer(text, g_free);
	return g_file_get_contents(file, text, NULL, NULL) && **text;
}

/* The daemon ends while a person is being asked: nobody waits on, at polkit neither. */
static void test_end(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = call_line(fixture, CALLER_STRANGER, PERSON, "Start");
	g_autofree char *file = g_build_filename(fixture->folder, "answer", NULL);
	g_autofree char *logged = g_strdup_printf("%s >%s 2>&1", line, file);
	g_autofree char *waiting = g_strdup_printf("sh -c \"%s\"", logged);
	g_autofree char *text = NULL;
	GPid caller = 0;

	if (!others_can_be_played())
		return;
	polkit_start(fixture, ANSWER_SILENCE);
	provisioner_start(fixture);
	caller = test_start(waiting);
	TEST_WAIT(fixture->pending);
	g_assert_cmpint(kill(fixture->pid, SIGTERM), ==, 0);
	TEST_WAIT(fixture->cancelled);
	g_assert_cmpstr(fixture->cancelled, ==, fixture->id);
	TEST_WAIT(has_text(file, &text));
	test_assert_has(text, DENIED);
	test_finish(caller);
}

/* The daemon stays as long as somebody is being asked, though it has nothing else to do. */
static void test_patience(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = call_line(fixture, CALLER_STRANGER, PERSON, "Start");
	gint64 lingered_us = 0;
	GPid caller = 0;

	if (!others_can_be_played())
		return;
	polkit_start(fixture, ANSWER_SILENCE);
	provisioner_start(fixture);
	caller = test_start(line);
	TEST_WAIT(fixture->pending);
	/* Longer than it lingers otherwise. */
	lingered_us = g_get_monotonic_time() + 7 * G_USEC_PER_SEC;
	TEST_WAIT(g_get_monotonic_time() > lingered_us);
	answer(g_steal_pointer(&fixture->pending), true, false);
	TEST_WAIT(fixture->bluez->advert_owner);
	test_finish(caller);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/authority/", rows[i].name, NULL);

		g_test_add(path, Fixture, &rows[i], setup, test_row, teardown);
	}
	g_test_add("/authority/end", Fixture, NULL, setup, test_end, teardown);
	g_test_add("/authority/patience", Fixture, NULL, setup, test_patience, teardown);
	return g_test_run();
}
