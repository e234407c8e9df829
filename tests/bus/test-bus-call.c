/* SPDX-License-Identifier: MIT */
/* Connections, outgoing calls, names and matches, and all the ways they can end. */
#include "common/error.h"
#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "tests/bus/bus-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME   "io.landfall.Test1"
#define PATH   "/io/landfall/Test1"
#define DRIVER "org.freedesktop.DBus"
#define BUSCTL "busctl --address=$DBUS_SESSION_BUS_ADDRESS "

typedef struct Fixture {
	TestBus *daemon;
	Bus *bus;    /* calls */
	Bus *server; /* answers */
	BusObject *object;
	BusName *name;
	GPtrArray *kept; /* requests */
	BusCall *call;
	int replies;
	int error; /* code of the last one, -1 for none */
	char *error_name;
	char *text; /* of the last error, or the string answered */
	int disconnects;
	int signals;
} Fixture;

static void echo_handle(BusRequest *request, void *user_data)
{
	bus_writer_string(bus_request_writer(request),
			  bus_reader_string(bus_request_args(request)));
	bus_request_reply(request);
}

static void keep_handle(BusRequest *request, void *user_data)
{
	Fixture *fixture = user_data;

	g_ptr_array_add(fixture->kept, request);
}

static void fail_handle(BusRequest *request, void *user_data)
{
	bus_request_fail_name(request, bus_reader_string(bus_request_args(request)), "bad\nluck");
}

static const BusMethod methods[] = {
	{ "Echo", "s", "s", echo_handle, NULL },
	{ "Keep", "", "", keep_handle, NULL },
	{ "Fail", "s", "", fail_handle, NULL },
	{ .name = NULL },
};

static const BusInterface interface = { .name = NAME, .methods = methods };
static const BusInterface *const interfaces[] = { &interface, NULL };

static void on_disconnected(Bus *bus, const GError *error, void *user_data)
{
	Fixture *fixture = user_data;

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS);
	g_assert_false(bus_is_connected(bus));
	fixture->disconnects++;
}

static void on_name(BusName *name, const GError *error, void *user_data)
{
	g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->daemon = test_bus_start();
	fixture->kept = g_ptr_array_new_with_free_func((GDestroyNotify)bus_request_reply);
	fixture->error = -1;
	fixture->bus = bus_open(BUS_ADDRESS_SYSTEM, NULL, on_disconnected, fixture, &error);
	g_assert_no_error(error);
	fixture->server = bus_open(BUS_ADDRESS_SESSION, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->object = bus_object_register(fixture->server, PATH, interfaces, fixture, &error);
	g_assert_no_error(error);
	fixture->name = bus_name_request(fixture->server, NAME, 0, on_name, NULL);
	TEST_WAIT(bus_name_owned(fixture->name) && bus_unique_name(fixture->bus));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	g_ptr_array_unref(fixture->kept);
	bus_name_free(fixture->name);
	bus_object_free(fixture->object);
	bus_free(fixture->server);
	bus_free(fixture->bus);
	g_free(fixture->error_name);
	g_free(fixture->text);
	test_bus_stop(fixture->daemon);
}

static void on_reply(BusReply *reply, void *user_data)
{
	Fixture *fixture = user_data;
	const GError *error = bus_reply_error(reply);
	BusReader *reader = bus_reply_reader(reply);

	fixture->call = NULL;
	fixture->replies++;
	fixture->error = error ? error->code : -1;
	g_free(fixture->error_name);
	fixture->error_name = g_strdup(bus_reply_error_name(reply));
	g_free(fixture->text);
	fixture->text = g_strdup(error ? error->message : "");
	if (bus_reader_has(reader, "s")) {
		g_free(fixture->text);
		fixture->text = g_strdup(bus_reader_string(reader));
	}
}

static void start(Fixture *fixture, const char *name, const char *member, const char *argument,
		  int timeout_ms)
{
	BusMessage *message = bus_message_new_call(name, PATH, NAME, member);

	if (argument)
		bus_writer_string(bus_message_writer(message), argument);
	fixture->call = bus_call_start(fixture->bus, message, timeout_ms, on_reply, fixture);
	g_assert_cmpint(fixture->replies, ==, 0); /* never from inside */
}

typedef struct CallCase {
	const char *path;
	const char *name;
	const char *member;
	const char *argument;
	int timeout_ms;
	int error;
	const char *error_name;
	const char *text;
} CallCase;

#define ERROR_NAME(name) "org.freedesktop.DBus.Error." name

static const CallCase call_cases[] = {
	{ "echo", NAME, "Echo", "hello", BUS_TIMEOUT_DEFAULT, -1, NULL, "hello" },
	{ "endless", NAME, "Echo", "hello", BUS_TIMEOUT_NONE, -1, NULL, "hello" },
	{ "remote", NAME, "Fail", "org.bluez.Error.Failed", BUS_TIMEOUT_DEFAULT, BUS_ERROR_REMOTE,
	  "org.bluez.Error.Failed", "org.bluez.Error.Failed: bad?luck" },
	{ "denied", NAME, "Fail", ERROR_NAME("AuthFailed"), BUS_TIMEOUT_DEFAULT, BUS_ERROR_DENIED,
	  ERROR_NAME("AuthFailed"), "bad?luck" },
	{ "timeout", NAME, "Keep", NULL, 50, BUS_ERROR_TIMEOUT, ERROR_NAME("NoReply"), "NoReply" },
	{ "no-service", "io.landfall.None", "Do", NULL, BUS_TIMEOUT_DEFAULT, BUS_ERROR_NO_SERVICE,
	  ERROR_NAME("NameHasNoOwner"), "io.landfall.None" },
	{ "no-method", NAME, "None", NULL, BUS_TIMEOUT_DEFAULT, BUS_ERROR_NO_METHOD,
	  ERROR_NAME("UnknownMethod"), "no such method" },
	{ "invalid", NAME, "Echo", NULL, BUS_TIMEOUT_DEFAULT, BUS_ERROR_INVALID,
	  ERROR_NAME("InvalidArgs"), "Echo takes" },
};

static void test_call(Fixture *fixture, gconstpointer data)
{
	const CallCase *expected = data;

	start(fixture, expected->name, expected->member, expected->argument, expected->timeout_ms);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->error, ==, expected->error);
	g_assert_cmpstr(fixture->error_name, ==, expected->error_name);
	test_assert_has(fixture->text, expected->text);
}

/* The bus says which: whether it looked for a service to be started. */
static void test_allow_start(Fixture *fixture, gconstpointer data)
{
	BusMessage *message = bus_message_new_call("io.landfall.None", PATH, NAME, "Do");

	bus_message_allow_start(message);
	fixture->call = bus_call_start(fixture->bus, message, -1, on_reply, fixture);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpstr(fixture->error_name, ==, ERROR_NAME("ServiceUnknown"));
}

static void on_expect(BusReply *reply, void *user_data)
{
	Fixture *fixture = user_data;
	g_autoptr(GError) error = NULL;

	fixture->call = NULL;
	fixture->replies++;
	g_assert_true(bus_reply_expect(reply, "s", NULL));
	g_assert_false(bus_reply_expect(reply, "u", &error));
	g_assert_error(error, BUS_ERROR, BUS_ERROR_INVALID);
	g_assert_cmpstr(error->message, ==, "reply of \"s\" where \"u\" was expected");
}

static void test_expect(Fixture *fixture, gconstpointer data)
{
	BusMessage *message = bus_message_new_call(NAME, PATH, NAME, "Echo");

	bus_writer_string(bus_message_writer(message), "x");
	fixture->call = bus_call_start(fixture->bus, message, -1, on_expect, fixture);
	TEST_WAIT(fixture->replies == 1);
}

/* Cancelled calls stay silent, though their answers arrive; so does one cancelled by its own
 * callback. */
static void on_reply_cancel(BusReply *reply, void *user_data)
{
	Fixture *fixture = user_data;

	bus_call_cancel(fixture->call);
	fixture->call = NULL;
	fixture->replies++;
}

static void test_cancel(Fixture *fixture, gconstpointer data)
{
	start(fixture, NAME, "Echo", "x", -1);
	bus_call_cancel(fixture->call);
	start(fixture, NAME, "Keep", NULL, 20);
	TEST_WAIT(fixture->kept->len == 1);
	bus_call_cancel(fixture->call);
	g_ptr_array_set_size(fixture->kept, 0); /* answers it */
	bus_call_cancel(NULL);
	fixture->call = bus_call_start(fixture->bus, bus_message_new_call(NAME, PATH, NAME, "Nope"),
				       -1, on_reply_cancel, fixture);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->replies, ==, 1);
}

/* A message that cannot be sent fails through the callback. */
static void test_malformed(Fixture *fixture, gconstpointer data)
{
	BusMessage *message = bus_message_new_call(NAME, PATH, NAME, "Echo");

	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*path \"x\" where*");
	bus_writer_path(bus_message_writer(message), "x");
	fixture->call = bus_call_start(fixture->bus, message, -1, on_reply, fixture);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_INVALID);

	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "call not possible*");
	fixture->call = bus_call_start(fixture->bus, bus_message_new_call("x", PATH, NAME, "Echo"),
				       -1, on_reply, fixture);
	bus_call_cancel(fixture->call);
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "call not possible*");
	bus_message_send(fixture->bus, bus_message_new_call("x", PATH, NAME, "Echo"));
	g_test_assert_expected_messages();
}

/* Many calls at once: all are answered, each once. */
static void test_many(Fixture *fixture, gconstpointer data)
{
	const int count = 100; /* a bus allows 128 */

	for (int i = 0; i < count; i++) {
		BusMessage *message = bus_message_new_call(NAME, PATH, NAME, "Echo");

		bus_writer_string(bus_message_writer(message), "x");
		fixture->call = bus_call_start(fixture->bus, message, -1, on_reply, fixture);
	}
	TEST_WAIT(fixture->replies == count);
	g_assert_cmpint(fixture->error, ==, -1);
}

/* The callee leaves the bus: no need to wait for the time-out. */
static void test_callee_leaves(Fixture *fixture, gconstpointer data)
{
	start(fixture, NAME, "Keep", NULL, BUS_TIMEOUT_NONE);
	TEST_WAIT(fixture->kept->len == 1);
	g_clear_pointer(&fixture->name, bus_name_free);
	g_clear_pointer(&fixture->object, bus_object_free);
	g_clear_pointer(&fixture->server, bus_free);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_VANISHED);
}

static void test_daemon_killed(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	start(fixture, NAME, "Keep", NULL, BUS_TIMEOUT_NONE);
	TEST_WAIT(fixture->kept->len == 1);
	test_bus_kill(fixture->daemon);
	TEST_WAIT(fixture->disconnects == 1);
	g_assert_cmpint(fixture->replies, ==, 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_DISCONNECTED);
	g_assert_cmpstr(fixture->error_name, ==, ERROR_NAME("Disconnected"));
	TEST_WAIT(!bus_is_connected(fixture->server));
	g_assert_null(bus_unique_name(fixture->bus));
	g_assert_false(bus_name_owned(fixture->name));

	/* Inert, but still to be talked to. */
	fixture->replies = 0;
	start(fixture, NAME, "Echo", "x", -1);
	bus_message_send(fixture->bus, bus_message_new_call(NAME, PATH, NAME, "Keep"));
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_DISCONNECTED);
	g_assert_cmpint(fixture->disconnects, ==, 1);

	/* Reconnecting is: free, open, register again. */
	bus_free(fixture->bus);
	fixture->bus = bus_open(BUS_ADDRESS_SYSTEM, NULL, on_disconnected, fixture, &error);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS);
	test_bus_restart(fixture->daemon);
	g_clear_error(&error);
	fixture->bus = bus_open(BUS_ADDRESS_SYSTEM, NULL, on_disconnected, fixture, &error);
	g_assert_no_error(error);
	TEST_WAIT(bus_unique_name(fixture->bus));
}

static void test_free_fails_calls(Fixture *fixture, gconstpointer data)
{
	start(fixture, NAME, "Keep", NULL, BUS_TIMEOUT_NONE);
	bus_free(fixture->bus);
	fixture->bus = NULL;
	g_assert_cmpint(fixture->replies, ==, 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_DISCONNECTED);
	g_assert_cmpint(fixture->disconnects, ==, 0);
}

static void on_reply_free_bus(BusReply *reply, void *user_data)
{
	on_reply(reply, user_data);
	g_clear_pointer(&((Fixture *)user_data)->bus, bus_free);
}

static void test_free_in_reply(Fixture *fixture, gconstpointer data)
{
	fixture->call = bus_call_start(fixture->bus, bus_message_new_call(NAME, PATH, NAME, "None"),
				       -1, on_reply_free_bus, fixture);
	TEST_WAIT(fixture->replies == 1);
	g_assert_cmpint(fixture->error, ==, BUS_ERROR_NO_METHOD);
	test_turn();
}

static void on_disconnected_free(Bus *bus, const GError *error, void *user_data)
{
	on_disconnected(bus, error, user_data);
	bus_free(bus);
}

/* Somebody listens who is no message bus. */
static void test_no_bus_there(Fixture *fixture, gconstpointer data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_autofree char *where = g_strdup_printf("%s.other", test_bus_address(fixture->daemon));
	g_autoptr(GError) error = NULL;
	Bus *bus;
	int peer;

	g_strlcpy(address.sun_path, where + strlen("unix:path="), sizeof(address.sun_path));
	g_assert_cmpint(bind(server, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(server, 1), ==, 0);
	bus = bus_open(where, NULL, on_disconnected_free, fixture, &error);
	g_assert_no_error(error);
	g_assert_nonnull(bus);
	peer = accept(server, NULL, NULL);
	g_assert_cmpint(write(peer, "who are you\r\n", 13), ==, 13);
	close(peer);
	TEST_WAIT(fixture->disconnects == 1);
	close(server);
	g_unlink(address.sun_path);
}

typedef struct OpenCase {
	const char *address;
	const char *text;
} OpenCase;

static const OpenCase open_cases[] = {
	{ "unix:path=/nowhere/at/all", "message bus \"unix:path=/nowhere/at/all\": " },
	{ "tcp:host=localhost,port=1", "only unix: addresses are supported" },
	{ "unix:path=/x;unixexec:path=/bin/true", "only unix: addresses are supported" },
	{ "garbage", "message bus \"garbage\": " },
	{ "", "its address is not known" },
	{ BUS_ADDRESS_SESSION, "its address is not known" },
};

static void test_open(void)
{
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	for (size_t i = 0; i < G_N_ELEMENTS(open_cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(bus_open(open_cases[i].address, NULL, NULL, NULL, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS);
		test_assert_has(error->message, open_cases[i].text);
	}
	bus_free(NULL);
}

/* A loop of one's own. */
static void test_context(Fixture *fixture, gconstpointer data)
{
	GMainContext *context = g_main_context_new();
	gint64 until_us = g_get_monotonic_time() + TEST_DEADLINE_US;
	g_autoptr(GError) error = NULL;
	Bus *bus = bus_open(test_bus_address(fixture->daemon), context, NULL, NULL, &error);

	g_assert_no_error(error);
	while (!bus_unique_name(bus) && g_get_monotonic_time() < until_us)
		g_main_context_iteration(context, TRUE);
	g_assert_nonnull(bus_unique_name(bus));
	bus_free(bus);
	g_main_context_unref(context);
}

typedef struct NameCase {
	const char *path;
	const char *name;
	const char *text; /* of the error; NULL: it becomes ours */
} NameCase;

static const NameCase name_cases[] = {
	{ "free", "io.landfall.Other1", NULL },
	{ "taken", NAME, "bus name " NAME ": another process has it" },
	{ "forbidden", "io.landfall.Forbidden", "AccessDenied" },
	{ "invalid", "nodots", "InvalidArgs" },
};

static void note_name(BusName *name, const GError *error, void *user_data)
{
	Fixture *fixture = user_data;

	fixture->replies++;
	g_free(fixture->text);
	fixture->text = error ? g_strdup(error->message) : NULL;
	if (error)
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS);
	g_assert_cmpint(bus_name_owned(name), ==, !error);
}

static void test_name(Fixture *fixture, gconstpointer data)
{
	const NameCase *expected = data;
	BusName *name = bus_name_request(fixture->bus, expected->name, 0, note_name, fixture);

	TEST_WAIT(fixture->replies == 1);
	if (expected->text)
		test_assert_has(fixture->text, expected->text);
	else
		g_assert_null(fixture->text);
	bus_name_free(name);

	g_autofree char *list = test_run(BUSCTL "list --acquired", NULL);

	g_assert_null(strstr(list, "io.landfall.Other1"));
}

static void test_name_lost(Fixture *fixture, gconstpointer data)
{
	BusName *first = bus_name_request(fixture->bus, "io.landfall.Other1", BUS_NAME_REPLACEABLE,
					  note_name, fixture);
	BusName *second;

	TEST_WAIT(fixture->replies == 1);
	g_assert_true(bus_name_owned(first));
	second = bus_name_request(fixture->server, "io.landfall.Other1", BUS_NAME_REPLACE, on_name,
				  NULL);
	TEST_WAIT(fixture->replies == 2);
	test_assert_has(fixture->text, "another process took it");
	TEST_WAIT(bus_name_owned(second));
	bus_name_free(first);
	bus_name_free(second);
	bus_name_free(NULL);
}

/* Freed before the answer: given back, and no callback. */
static void test_name_dropped(Fixture *fixture, gconstpointer data)
{
	BusName *name = bus_name_request(fixture->bus, "io.landfall.Other1", 0, note_name, fixture);

	bus_name_free(name);
	name = bus_name_request(fixture->server, "io.landfall.Other1", 0, on_name, NULL);
	TEST_WAIT(bus_name_owned(name));
	g_assert_cmpint(fixture->replies, ==, 0);
	bus_name_free(name);
}

/* Everything a watch was told, in one line. */
static void note_owner(const char *owner, void *user_data)
{
	g_string_append_c(user_data, owner ? '+' : '-');
}

static void test_watch(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GString) notes = g_string_new(NULL);
	g_autoptr(GString) others = g_string_new(NULL);
	BusNameWatch *watch = bus_name_watch(fixture->bus, "io.landfall.Other1", note_owner, notes);
	BusNameWatch *other = bus_name_watch(fixture->bus, NAME, note_owner, others);
	BusName *first;
	BusName *second;

	TEST_WAIT(notes->len == 1 && others->len == 1);
	g_assert_cmpstr(others->str, ==, "+");
	first = bus_name_request(fixture->bus, "io.landfall.Other1", BUS_NAME_REPLACEABLE,
				 note_name, fixture);
	TEST_WAIT(notes->len == 2);
	second = bus_name_request(fixture->server, "io.landfall.Other1", BUS_NAME_REPLACE, on_name,
				  NULL);
	TEST_WAIT(notes->len == 4);
	bus_name_free(second);
	TEST_WAIT(notes->len == 5);
	g_assert_cmpstr(notes->str, ==, "-+-+-");
	bus_name_free(first);
	bus_name_unwatch(watch);
	bus_name_unwatch(other);
	bus_name_unwatch(NULL);
}

typedef struct SelfFree {
	BusNameWatch *watch;
	int calls;
} SelfFree;

static void unwatch_in_callback(const char *owner, void *user_data)
{
	SelfFree *self = user_data;

	self->calls++;
	if (!owner && self->calls > 1)
		g_clear_pointer(&self->watch, bus_name_unwatch);
}

/* A change of hands is two notes; the first may end the watch. */
static void test_unwatch_inside(Fixture *fixture, gconstpointer data)
{
	SelfFree self = { 0 };
	BusName *first = bus_name_request(fixture->server, "io.landfall.Other1",
					  BUS_NAME_REPLACEABLE, note_name, fixture);
	BusName *second;

	TEST_WAIT(bus_name_owned(first));
	self.watch = bus_name_watch(fixture->bus, "io.landfall.Other1", unwatch_in_callback, &self);
	TEST_WAIT(self.calls == 1);
	second = bus_name_request(fixture->bus, "io.landfall.Other1", BUS_NAME_REPLACE, on_name,
				  NULL);
	TEST_WAIT(!self.watch);
	TEST_WAIT(bus_name_owned(second));
	g_assert_cmpint(self.calls, ==, 2);
	bus_name_free(first);
	bus_name_free(second);
}

static void on_signal(BusMessage *signal, void *user_data)
{
	Fixture *fixture = user_data;

	fixture->signals++;
	g_free(fixture->text);
	fixture->text = g_strdup(bus_reader_string(bus_message_reader(signal)));
}

typedef struct MatchCase {
	const char *path;
	BusMatchRule rule;
	bool fits;
} MatchCase;

/* Against a signal io.landfall.Test1.Beat("it's", ...) of /io/landfall/Test1 from a passer-by. */
static const MatchCase match_cases[] = {
	{ "all", { .member = "Beat" }, true },
	{ "path", { .path = PATH, .interface = NAME, .member = "Beat" }, true },
	{ "path-other", { .path = "/io/landfall", .member = "Beat" }, false },
	{ "namespace", { .path_namespace = "/io/landfall", .member = "Beat" }, true },
	{ "namespace-self", { .path_namespace = PATH, .member = "Beat" }, true },
	{ "namespace-root", { .path_namespace = "/", .member = "Beat" }, true },
	{ "namespace-part", { .path_namespace = "/io/land", .member = "Beat" }, false },
	{ "interface-other", { .interface = "io.landfall.None", .member = "Beat" }, false },
	{ "member-other", { .interface = NAME, .member = "Bea" }, false },
	{ "arg0", { .member = "Beat", .arg0 = "it's" }, true },
	{ "arg0-other", { .member = "Beat", .arg0 = "it" }, false },
	{ "sender-other", { .sender = NAME, .member = "Beat" }, false },
	{ "sender-unique-other", { .sender = ":1.99999", .member = "Beat" }, false },
	{ "sender-driver", { .sender = DRIVER, .member = "Beat" }, false },
	{ "sender-absent", { .sender = "io.landfall.None", .member = "Beat" }, false },
};

static void test_match(Fixture *fixture, gconstpointer data)
{
	const MatchCase *expected = data;
	BusMatchRule all = { .path = "/end" };
	BusMatch *match = bus_match_new(fixture->bus, &expected->rule, on_signal, fixture);
	BusMatch *end = bus_match_new(fixture->bus, &all, on_signal, fixture);
	g_autofree char *line = g_strdup_printf("gdbus emit --session --object-path " PATH
						" --signal " NAME ".Beat \\\"it\\\'s\\\" && "
						"gdbus emit --session --object-path " PATH
						" --dest %s --signal " NAME
						".Beat \\\"it\\\'s\\\" && gdbus emit --session "
						"--object-path /end --signal a.b.End end",
						bus_unique_name(fixture->bus));

	g_free(test_run(line, NULL));
	TEST_WAIT(g_strcmp0(fixture->text, "end") == 0);
	g_assert_cmpint(fixture->signals, ==, expected->fits ? 3 : 1);
	bus_match_free(match);
	bus_match_free(end);
	bus_match_free(NULL);
}

typedef struct TwoMatches {
	Fixture *fixture;
	BusMatch *first;
	BusMatch *second;
	int signals;
} TwoMatches;

static void free_both(BusMessage *signal, void *user_data)
{
	TwoMatches *two = user_data;

	two->signals++;
	g_clear_pointer(&two->first, bus_match_free);
	g_clear_pointer(&two->second, bus_match_free);
	g_clear_pointer(&two->fixture->bus, bus_free);
}

/* The first callback ends everything, itself included. */
static void test_match_free_inside(Fixture *fixture, gconstpointer data)
{
	const BusMatchRule rule = { .member = "Beat" };
	TwoMatches two = { .fixture = fixture };

	two.first = bus_match_new(fixture->bus, &rule, free_both, &two);
	two.second = bus_match_new(fixture->bus, &rule, free_both, &two);
	start(fixture, NAME, "Echo", "in place", -1);
	TEST_WAIT(fixture->replies == 1);
	g_free(test_run("gdbus emit --session --object-path " PATH " --signal " NAME ".Beat",
			NULL));
	TEST_WAIT(!fixture->bus);
	g_assert_cmpint(two.signals, ==, 1);
}

typedef struct TestCase {
	const char *path;
	void (*run)(Fixture *fixture, gconstpointer data);
} TestCase;

static const TestCase cases[] = {
	{ "/bus/call/allow-start", test_allow_start },
	{ "/bus/call/expect", test_expect },
	{ "/bus/call/cancel", test_cancel },
	{ "/bus/call/malformed", test_malformed },
	{ "/bus/call/many", test_many },
	{ "/bus/call/callee-leaves", test_callee_leaves },
	{ "/bus/connection/daemon-killed", test_daemon_killed },
	{ "/bus/connection/free-fails-calls", test_free_fails_calls },
	{ "/bus/connection/free-in-reply", test_free_in_reply },
	{ "/bus/connection/no-bus-there", test_no_bus_there },
	{ "/bus/connection/context", test_context },
	{ "/bus/name/lost", test_name_lost },
	{ "/bus/name/dropped", test_name_dropped },
	{ "/bus/watch/follow", test_watch },
	{ "/bus/watch/free-inside", test_unwatch_inside },
	{ "/bus/match/free-inside", test_match_free_inside },
};

static void add(const char *group, const char *path, gconstpointer data,
		void (*run)(Fixture *fixture, gconstpointer data))
{
	g_autofree char *full = g_strdup_printf("/bus/%s/%s", group, path);

	g_test_add(full, Fixture, data, set_up, run, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(call_cases); i++)
		add("call", call_cases[i].path, &call_cases[i], test_call);
	for (size_t i = 0; i < G_N_ELEMENTS(name_cases); i++)
		add("name", name_cases[i].path, &name_cases[i], test_name);
	for (size_t i = 0; i < G_N_ELEMENTS(match_cases); i++)
		add("match", match_cases[i].path, &match_cases[i], test_match);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, Fixture, NULL, set_up, cases[i].run, tear_down);
	g_test_add_func("/bus/connection/open", test_open);
	return g_test_run();
}
