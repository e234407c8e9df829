/* SPDX-License-Identifier: MIT */
/* Objects of ours, used by busctl and gdbus, and by a second connection where order matters. */
#include "common/error.h"
#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define NAME   "io.landfall.Test1"
#define ROOT   "/io/landfall"
#define PATH   "/io/landfall/Test1"
#define BUSCTL "busctl --address=$DBUS_SESSION_BUS_ADDRESS "
#define PYTHON "/usr/bin/python3 -c "
#define GDBUS  "gdbus call --session --dest " NAME " --object-path " PATH " --method "

typedef struct Server {
	TestBus *daemon;
	Bus *bus;
	Bus *client;
	BusObject *root;
	BusObject *object;
	BusName *name;
	BusMatch *match; /* of the second connection */
	uint32_t level;
	bool optional;
	GPtrArray *kept;   /* requests, not answered yet */
	GPtrArray *events; /* what the second connection saw, in order */
} Server;

static void add_handle(BusRequest *request, void *user_data)
{
	BusReader *reader = bus_request_args(request);
	uint32_t sum = bus_reader_u32(reader);

	sum += bus_reader_u32(reader);
	bus_writer_u32(bus_request_writer(request), sum);
	bus_request_reply(request);
}

static gboolean answer_later(gpointer user_data)
{
	BusRequest *request = user_data;

	bus_writer_string(bus_request_writer(request), bus_request_member(request));
	bus_writer_path(bus_request_writer(request), bus_request_path(request));
	bus_request_reply(request);
	return G_SOURCE_REMOVE;
}

static void later_handle(BusRequest *request, void *user_data)
{
	g_assert_cmpint(bus_request_sender(request)[0], ==, ':');
	g_timeout_add(30, answer_later, request);
}

static void keep_handle(BusRequest *request, void *user_data)
{
	Server *server = user_data;

	g_ptr_array_add(server->kept, request);
}

static void forget_handle(BusRequest *request, void *user_data)
{
	bus_request_free(request);
}

static void refuse_handle(BusRequest *request, void *user_data)
{
	g_autoptr(GError) error = NULL;

	switch (bus_reader_u32(bus_request_args(request))) {
	case 0: g_set_error(&error, LANDFALL_ERROR, LANDFALL_ERROR_FULL, "disk full"); break;
	case 1: g_set_error(&error, BUS_ERROR, BUS_ERROR_DENIED, "not you"); break;
	default: g_set_error(&error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "caf\351"); break;
	}
	bus_request_fail(request, error);
}

static void named_handle(BusRequest *request, void *user_data)
{
	bus_request_fail_name(request, bus_reader_string(bus_request_args(request)), "by name");
}

static void wrong_handle(BusRequest *request, void *user_data)
{
	bus_writer_string(bus_request_writer(request), "not a number");
	bus_request_reply(request);
}

static void short_handle(BusRequest *request, void *user_data)
{
	bus_request_reply(request);
}

static void touch_handle(BusRequest *request, void *user_data)
{
	Server *server = user_data;

	for (int i = 0; i < 3; i++) {
		server->level++;
		bus_object_changed(server->object, NAME, "Level");
	}
	server->optional = !server->optional;
	bus_object_changed(server->object, NAME, "Optional");
	bus_object_changed(server->object, NAME, "Hint");
	bus_request_reply(request);
}

static void emit_handle(BusRequest *request, void *user_data)
{
	Server *server = user_data;
	BusMessage *signal = bus_object_signal(server->object, NAME, "Beat");

	server->level++;
	bus_object_changed(server->object, NAME, "Level");
	bus_writer_string(bus_message_writer(signal), "tick");
	bus_writer_u32(bus_message_writer(signal), 3);
	bus_object_emit(server->object, signal);
	bus_request_reply(request);
}

static const BusMethod methods[] = {
	{ "Add", "uu", "u", add_handle, "first second sum" },
	{ "Later", "", "so", later_handle, NULL },
	{ "Keep", "", "", keep_handle, NULL },
	{ "Hoard", "ay", "", keep_handle, NULL },
	{ "Forget", "", "", forget_handle, NULL },
	{ "Refuse", "u", "", refuse_handle, "how" },
	{ "Named", "s", "", named_handle, NULL },
	{ "Wrong", "", "u", wrong_handle, NULL },
	{ "Short", "", "u", short_handle, NULL },
	{ "Touch", "", "", touch_handle, NULL },
	{ "Emit", "", "", emit_handle, NULL },
	{ .name = NULL },
};

static void level_get(BusWriter *value, void *user_data)
{
	Server *server = user_data;

	bus_writer_u32(value, server->level);
}

static bool level_set(BusReader *value, void *user_data, GError **error)
{
	Server *server = user_data;
	uint32_t level = bus_reader_u32(value);

	if (level > 1000) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL, "at most 1000");
		return false;
	}
	server->level = level;
	bus_object_changed(server->object, NAME, "Level");
	return true;
}

static void label_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "test");
}

static bool secret_set(BusReader *value, void *user_data, GError **error)
{
	return true;
}

static bool optional_exists(void *user_data)
{
	Server *server = user_data;

	return server->optional;
}

static void broken_get(BusWriter *value, void *user_data)
{
	bus_writer_u32(value, 1);
}

static const BusProperty properties[] = {
	{ .name = "Level", .type = "u", .get = level_get, .set = level_set },
	{ .name = "Label", .type = "s", .get = label_get, .flags = BUS_PROPERTY_CONST },
	{ .name = "Secret", .type = "s", .set = secret_set },
	{ .name = "Optional", .type = "s", .get = label_get, .exists = optional_exists },
	{ .name = "Hint", .type = "s", .get = label_get, .flags = BUS_PROPERTY_INVALIDATES },
	{ .name = NULL },
};

static const BusSignal signals[] = { { "Beat", "su", "text count" }, { .name = NULL } };

static const BusErrorName errors[] = {
	{ landfall_error_quark, LANDFALL_ERROR_FULL, "io.landfall.Error.Full" },
	{ .name = NULL },
};

static const BusInterface interface = { NAME, methods, properties, signals, errors };
static const BusInterface *const interfaces[] = { &interface, NULL };
static const BusInterface *const root_interfaces[] = { &bus_object_manager, NULL };

static const BusProperty broken_properties[] = {
	{ .name = "Broken", .type = "s", .get = broken_get },
	{ .name = NULL },
};

static const BusInterface broken = { .name = "io.landfall.Broken1",
				     .properties = broken_properties };
static const BusInterface *const broken_interfaces[] = { &broken, NULL };

static void on_name(BusName *name, const GError *error, void *user_data)
{
	g_assert_no_error(error);
}

/* Notes what the second connection is told: "changed Level=3 -Optional", "Beat". */
static void client_on_signal(BusMessage *signal, void *user_data)
{
	Server *server = user_data;
	BusReader *reader = bus_message_reader(signal);
	GString *note = g_string_new(bus_message_member(signal));
	const char *key;

	if (g_str_equal(note->str, "PropertiesChanged")) {
		bus_reader_string(reader);
		bus_reader_enter(reader, "a{sv}");
		while ((key = bus_reader_entry(reader))) {
			g_string_append_printf(note, " %s", key);
			if (bus_reader_has(reader, "u"))
				g_string_append_printf(note, "=%u", bus_reader_u32(reader));
		}
		bus_reader_leave(reader);

		g_auto(GStrv) gone = bus_reader_strings(reader, 10);

		for (char **name = gone; *name; name++)
			g_string_append_printf(note, " -%s", *name);
	} else if (bus_reader_type(reader) == 'o') {
		g_string_append_printf(note, " %s", bus_reader_path(reader));
	}
	g_assert_true(bus_reader_ok(reader));
	g_ptr_array_add(server->events, g_string_free(note, FALSE));
}

static void client_on_reply(BusReply *reply, void *user_data)
{
	Server *server = user_data;
	const char *name = bus_reply_error_name(reply);

	g_ptr_array_add(server->events, g_strdup(name ? name : "reply"));
}

/* Calls from the second connection; what it sees until the reply is in the events. */
static void client_call(Server *server, const char *member)
{
	guint before = server->events->len;
	BusCall *call =
		bus_call_start(server->client, bus_message_new_call(NAME, PATH, NAME, member),
			       BUS_TIMEOUT_DEFAULT, client_on_reply, server);

	g_assert_nonnull(call);
	TEST_WAIT(server->events->len > before &&
		  !g_str_has_prefix(server->events->pdata[server->events->len - 1], "Prop") &&
		  !g_str_equal(server->events->pdata[server->events->len - 1], "Beat"));
}

/* Joins the events and forgets them. */
static char *client_events(Server *server)
{
	g_ptr_array_add(server->events, NULL);

	char *joined = g_strjoinv(" | ", (char **)server->events->pdata);

	g_ptr_array_set_size(server->events, 0);
	return joined;
}

static void set_up(Server *server, gconstpointer data)
{
	const BusMatchRule rule = { .sender = NAME, .path_namespace = "/" };
	g_autoptr(GError) error = NULL;

	server->daemon = test_bus_start();
	server->kept = g_ptr_array_new();
	server->events = g_ptr_array_new_with_free_func(g_free);
	server->bus = bus_open(test_bus_address(server->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	server->client = bus_open(BUS_ADDRESS_SESSION, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	server->root = bus_object_register(server->bus, ROOT, root_interfaces, server, &error);
	g_assert_no_error(error);
	server->object = bus_object_register(server->bus, PATH, interfaces, server, &error);
	g_assert_no_error(error);
	server->name = bus_name_request(server->bus, NAME, 0, on_name, server);
	TEST_WAIT(bus_name_owned(server->name));
	server->match = bus_match_new(server->client, &rule, client_on_signal, server);
	client_call(server, "Later");
	g_free(client_events(server));
}

static void tear_down(Server *server, gconstpointer data)
{
	bus_match_free(server->match);
	bus_name_free(server->name);
	bus_object_free(server->object);
	bus_object_free(server->root);
	bus_free(server->bus);
	bus_free(server->client);
	g_ptr_array_unref(server->kept);
	g_ptr_array_unref(server->events);
	test_bus_stop(server->daemon);
}

/* A command line and what it has to print and exit with. */
typedef struct CommandCase {
	const char *path;
	const char *line;
	int status;
	const char *output;
	const char *critical; /* what we log, NULL for nothing */
} CommandCase;

static const CommandCase command_cases[] = {
	{ "call", GDBUS NAME ".Add 2 3", 0, "(uint32 5,)", NULL },
	{ "later", GDBUS NAME ".Later", 0, "('Later', objectpath '" PATH "')", NULL },
	{ "forget", GDBUS NAME ".Forget", 1, "DBus.Error.Failed: the call was not answered",
	  "*Forget was never answered" },
	{ "refuse/table", GDBUS NAME ".Refuse 0", 1, "io.landfall.Error.Full: disk full", NULL },
	{ "refuse/standard", GDBUS NAME ".Refuse 1", 1, "DBus.Error.AccessDenied: not you", NULL },
	{ "refuse/other", GDBUS NAME ".Refuse 2", 1, "DBus.Error.Failed: caf\357\277\275", NULL },
	{ "named", GDBUS NAME ".Named io.landfall.Error.Mine", 1, "io.landfall.Error.Mine: by name",
	  NULL },
	{ "named/bad", GDBUS NAME ".Named nodots", 1, "DBus.Error.Failed: by name",
	  "*is no error name" },
	{ "wrong", GDBUS NAME ".Wrong", 1, "DBus.Error.Failed: internal error",
	  "*type \"s\" where \"u\" belongs*" },
	{ "short", GDBUS NAME ".Short", 1, "DBus.Error.Failed: internal error",
	  "Short not sent: its values end before \"u\"" },
	{ "signature", BUSCTL "call " NAME " " PATH " " NAME " Add us 1 x", 1,
	  "Add takes \"uu\", not \"us\"", NULL },
	{ "no-interface-given",
	  PYTHON "\"import dbus; print(dbus.SessionBus().call_blocking('" NAME "', '" PATH
		 "', None, 'Add', 'uu', (1, 2)) == 3)\"",
	  0, "True", NULL },
	{ "dbus-send",
	  "dbus-send --session --print-reply --dest=" NAME " " PATH " " NAME ".Add "
	  "uint32:1 uint32:2",
	  0, "uint32 3", NULL },
	{ "unknown/method", GDBUS NAME ".Nothing", 1, "DBus.Error.UnknownMethod", NULL },
	{ "unknown/interface", GDBUS "io.landfall.None.Do", 1, "DBus.Error.UnknownInterface",
	  NULL },
	{ "unknown/object", BUSCTL "call " NAME " /none " NAME " Later", 1, "no such object",
	  NULL },
	{ "ping", GDBUS "org.freedesktop.DBus.Peer.Ping", 0, "()", NULL },
	{ "get", BUSCTL "get-property " NAME " " PATH " " NAME " Level Label", 0, "u 7\ns \"test\"",
	  NULL },
	{ "get/any-interface", GDBUS "org.freedesktop.DBus.Properties.Get '' Level", 0,
	  "(<uint32 7>,)", NULL },
	{ "get/unknown", BUSCTL "get-property " NAME " " PATH " " NAME " None", 1,
	  "no such property", NULL },
	{ "get/unknown-interface", BUSCTL "get-property " NAME " " PATH " io.landfall.None Level",
	  1, "no such interface", NULL },
	{ "get/write-only", BUSCTL "get-property " NAME " " PATH " " NAME " Secret", 1,
	  "Access denied", NULL },
	{ "get/absent", BUSCTL "get-property " NAME " " PATH " " NAME " Optional", 1,
	  "no such property", NULL },
	{ "set/type", BUSCTL "set-property " NAME " " PATH " " NAME " Level s x", 1,
	  "Level is of type \"u\"", NULL },
	{ "set/refused", GDBUS "org.freedesktop.DBus.Properties.Set " NAME " Level '<uint32 1001>'",
	  1, "io.landfall.Error.Full: at most 1000", NULL },
	{ "set/read-only", BUSCTL "set-property " NAME " " PATH " " NAME " Label s x", 1,
	  "read-only", NULL },
	{ "set/unknown", BUSCTL "set-property " NAME " " PATH " " NAME " None s x", 1,
	  "no such property", NULL },
	{ "set/write-only", BUSCTL "set-property " NAME " " PATH " " NAME " Secret s x", 0, "",
	  NULL },
	{ "get-all", GDBUS "org.freedesktop.DBus.Properties.GetAll " NAME, 0,
	  "({'Level': <uint32 7>, 'Label': <'test'>, 'Hint': <'test'>},)", NULL },
	{ "get-all/standard",
	  GDBUS "org.freedesktop.DBus.Properties.GetAll org.freedesktop.DBus.Peer", 0,
	  "(@a{sv} {},)", NULL },
	{ "ancestor/get", BUSCTL "get-property " NAME " /io " NAME " Level", 1, "no such interface",
	  NULL },
	{ "managed",
	  BUSCTL "call " NAME " " ROOT " org.freedesktop.DBus.ObjectManager "
		 "GetManagedObjects",
	  0,
	  "a{oa{sa{sv}}} 1 \"" PATH "\" 1 \"" NAME "\" 3 \"Level\" u 7 \"Label\" s \"test\" "
	  "\"Hint\" s \"test\"",
	  NULL },
	{ "tree", BUSCTL "tree --list " NAME, 0, "/\n/io\n/io/landfall\n/io/landfall/Test1\n",
	  NULL },
};

static void test_command(Server *server, gconstpointer data)
{
	const CommandCase *command = data;
	int status = -1;

	server->level = 7;
	if (command->critical)
		g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, command->critical);

	g_autofree char *output = test_run(command->line, &status);

	g_test_assert_expected_messages();
	test_assert_has(output, command->output);
	g_assert_cmpint(status, ==, command->status);
}

/* gdbus parses the XML and prints it anew: what it understood is what the tables say. */
static void test_introspect(Server *server, gconstpointer data)
{
	static const char *const parts[] = {
		"interface " NAME " {",
		"Add(in  u first,\n          in  u second,\n          out u sum);",
		"Later(out s arg_0,\n            out o arg_1);",
		"Keep();",
		"Beat(s text,\n           u count);",
		"readwrite u Level = 7;",
		"EmitsChangedSignal(\"const\")\n      readonly s Label = 'test';",
		"EmitsChangedSignal(\"invalidates\")\n      readonly s Hint = 'test';",
		"writeonly s Secret;",
		"interface org.freedesktop.DBus.Properties {",
		"interface org.freedesktop.DBus.Introspectable {",
		"interface org.freedesktop.DBus.Peer {",
	};

	server->level = 7;

	g_autofree char *object =
		test_run("gdbus introspect --session --dest " NAME " --object-path " PATH, NULL);
	g_autofree char *root = test_run(
		"gdbus introspect --session --dest " NAME " --object-path / --recurse", NULL);
	g_autofree char *busctl = test_run(BUSCTL "introspect " NAME " " PATH, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		test_assert_has(object, parts[i]);
	test_assert_has(root, "interface org.freedesktop.DBus.ObjectManager {");
	test_assert_has(root, "interface " NAME " {");
	test_assert_has(busctl, ".Level");
	g_assert_null(strstr(object, "ObjectManager"));
}

/* What a test compares with an interface's file is what is on the bus. */
static void test_xml(Server *server, gconstpointer data)
{
	g_autoptr(GString) xml = g_string_new(NULL);
	g_autofree char *raw = test_run(
		"gdbus introspect --xml --session --dest " NAME " --object-path " PATH, NULL);

	bus_interface_xml(&interface, xml);
	test_assert_has(raw, xml->str);
}

/* Changes of one turn are one signal, and go out before what follows them. */
static void test_gathering(Server *server, gconstpointer data)
{
	server->level = 0;
	client_call(server, "Touch");

	g_autofree char *touched = client_events(server);

	g_assert_cmpstr(touched, ==, "PropertiesChanged Level=3 Optional -Hint | reply");
	client_call(server, "Touch");

	g_autofree char *again = client_events(server);

	g_assert_cmpstr(again, ==, "PropertiesChanged Level=6 -Optional -Hint | reply");
	client_call(server, "Emit");

	g_autofree char *emitted = client_events(server);

	g_assert_cmpstr(emitted, ==, "PropertiesChanged Level=7 | Beat | reply");

	/* Without any message they go out by themselves. */
	server->level = 40;
	bus_object_changed(server->object, NAME, "Level");
	server->level = 41;
	bus_object_changed(server->object, NAME, "Level");
	TEST_WAIT(server->events->len > 0);

	g_autofree char *alone = client_events(server);

	g_assert_cmpstr(alone, ==, "PropertiesChanged Level=41");
}

static void test_set(Server *server, gconstpointer data)
{
	g_free(test_run(BUSCTL "set-property " NAME " " PATH " " NAME " Level u 99", NULL));
	g_assert_cmpuint(server->level, ==, 99);
	TEST_WAIT(server->events->len > 0);

	g_autofree char *events = client_events(server);

	g_assert_cmpstr(events, ==, "PropertiesChanged Level=99");
}

static void test_manager(Server *server, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	BusObject *object =
		bus_object_register(server->bus, PATH "/sub", interfaces, server, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(bus_object_path(object), ==, PATH "/sub");
	TEST_WAIT(server->events->len == 1);
	bus_object_changed(object, NAME, "Level"); /* lost with the object */
	bus_object_free(object);
	TEST_WAIT(server->events->len == 2);

	g_autofree char *events = client_events(server);

	g_assert_cmpstr(events, ==,
			"InterfacesAdded " PATH "/sub | InterfacesRemoved " PATH "/sub");
}

static void test_register(Server *server, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(bus_object_register(server->bus, PATH, interfaces, server, &error));
	g_assert_error(error, BUS_ERROR, BUS_ERROR_EXISTS);
	g_clear_error(&error);
	g_assert_null(bus_object_register(server->bus, "no/path", interfaces, server, &error));
	g_assert_error(error, BUS_ERROR, BUS_ERROR_INVALID);
	g_clear_error(&error);
	test_bus_kill(server->daemon);
	TEST_WAIT(!bus_is_connected(server->bus));
	g_assert_null(bus_object_register(server->bus, "/x", interfaces, server, &error));
	g_assert_error(error, BUS_ERROR, BUS_ERROR_DISCONNECTED);
}

/* Our own bugs are critical lines and never half a message. */
static void test_mistakes(Server *server, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	BusObject *object =
		bus_object_register(server->bus, "/broken", broken_interfaces, server, &error);

	g_assert_no_error(error);
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*has no property " NAME ".None");
	bus_object_changed(server->object, NAME, "None");
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL,
			      "*has no property io.landfall.None.Level");
	bus_object_changed(server->object, "io.landfall.None", "Level");
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*has no signal " NAME ".None");
	bus_object_emit(server->object, bus_object_signal(server->object, NAME, "None"));
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*has no signal io.landfall.None.Beat");
	bus_object_emit(server->object,
			bus_object_signal(server->object, "io.landfall.None", "Beat"));
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "Beat not sent: its values*");
	bus_object_emit(server->object, bus_object_signal(server->object, NAME, "Beat"));
	g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*type \"u\" where \"s\" belongs*");
	bus_object_changed(object, "io.landfall.Broken1", "Broken");
	client_call(server, "Later");
	g_test_assert_expected_messages();

	g_autofree char *events = client_events(server);

	g_assert_cmpstr(events, ==, "reply");
	bus_object_free(object);
}

/* One sender may not fill the table of waiting calls; answering makes room again. */
static void test_limit(Server *server, gconstpointer data)
{
	g_autoptr(GPtrArray) calls = g_ptr_array_new();

	for (int i = 0; i < BUS_REQUESTS_SENDER_MAX; i++)
		g_ptr_array_add(calls,
				bus_call_start(server->client,
					       bus_message_new_call(NAME, PATH, NAME, "Keep"),
					       BUS_TIMEOUT_NONE, client_on_reply, server));
	client_call(server, "Later");
	g_assert_cmpuint(server->kept->len, ==, BUS_REQUESTS_SENDER_MAX);

	g_autofree char *refused = client_events(server);

	g_assert_cmpstr(refused, ==, "org.freedesktop.DBus.Error.LimitsExceeded");
	g_free(test_run(GDBUS NAME ".Later", NULL)); /* others are still served */
	for (guint i = 0; i < server->kept->len; i++)
		bus_request_reply(server->kept->pdata[i]);
	TEST_WAIT(server->events->len == BUS_REQUESTS_SENDER_MAX);
	client_call(server, "Later");
	g_assert_cmpstr(server->events->pdata[BUS_REQUESTS_SENDER_MAX], ==, "reply");
}

/* What is kept is not read beyond a bound, and read on when some of it was freed. */
static void test_received(Server *server, gconstpointer data)
{
	static const uint8_t octets[1024 * 1024];
	const guint sent = 4;

	for (guint i = 0; i < sent; i++) {
		BusMessage *call = bus_message_new_call(NAME, PATH, NAME, "Hoard");

		bus_writer_bytes(bus_message_writer(call), octets, sizeof(octets));
		g_assert_nonnull(bus_call_start(server->client, call, BUS_TIMEOUT_NONE,
						client_on_reply, server));
	}
	for (guint i = 0; i < sent; i++) {
		TEST_WAIT(server->kept->len == i + 1);
		/* Turns enough for all that is left. */
		for (size_t k = 0; k < 2 * sent * sizeof(octets) / 1024; k++)
			g_main_context_iteration(NULL, FALSE);
		g_assert_cmpuint(server->kept->len, ==, i + 1);
		bus_request_reply(server->kept->pdata[i]);
	}
	TEST_WAIT(server->events->len == sent);
}

/* A request may outlive its object, its connection and its caller. */
static void test_late_answer(Server *server, gconstpointer data)
{
	BusCall *call =
		bus_call_start(server->client, bus_message_new_call(NAME, PATH, NAME, "Keep"),
			       BUS_TIMEOUT_DEFAULT, client_on_reply, server);
	GPid pid = test_start(GDBUS NAME ".Keep >/dev/null 2>&1");

	TEST_WAIT(server->kept->len == 2);
	test_finish(pid);
	bus_call_cancel(call);
	g_clear_pointer(&server->object, bus_object_free);
	bus_request_reply(server->kept->pdata[0]);
	g_clear_pointer(&server->name, bus_name_free);
	g_clear_pointer(&server->root, bus_object_free);
	g_clear_pointer(&server->bus, bus_free);
	bus_request_reply(server->kept->pdata[1]);
}

static void test_no_reply(Server *server, gconstpointer data)
{
	bus_message_send(server->client, bus_message_new_call(NAME, PATH, NAME, "Keep"));
	bus_message_send(server->client, bus_message_new_call(NAME, PATH, NAME, "Nothing"));
	TEST_WAIT(server->kept->len == 1);
	bus_request_reply(server->kept->pdata[0]);
	client_call(server, "Later");

	g_autofree char *events = client_events(server);

	g_assert_cmpstr(events, ==, "reply");
}

typedef struct TestCase {
	const char *path;
	void (*run)(Server *server, gconstpointer data);
} TestCase;

static const TestCase cases[] = {
	{ "/bus/object/introspect", test_introspect },
	{ "/bus/object/xml", test_xml },
	{ "/bus/object/gathering", test_gathering },
	{ "/bus/object/set", test_set },
	{ "/bus/object/manager", test_manager },
	{ "/bus/object/register", test_register },
	{ "/bus/object/mistakes", test_mistakes },
	{ "/bus/object/no-reply", test_no_reply },
	{ "/bus/request/limit", test_limit },
	{ "/bus/request/received", test_received },
	{ "/bus/request/late-answer", test_late_answer },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(command_cases); i++) {
		g_autofree char *path = g_strdup_printf("/bus/command/%s", command_cases[i].path);

		g_test_add(path, Server, &command_cases[i], set_up, test_command, tear_down);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, Server, NULL, set_up, cases[i].run, tear_down);
	return g_test_run();
}
