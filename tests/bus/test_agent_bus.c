/* SPDX-License-Identifier: MIT */
/* io.landfall.Agent1 with foreign programs as its clients, and a bus that comes and goes. */
#include "agent/adapter/agent-bus.h"
#include "agent/adapter/agent-object.h"
#include "common/error.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROVISIONER "io.landfall.Provisioner1"
#define TARGET      AGENT_OBJECT_NAME " " AGENT_OBJECT_PATH " " AGENT_OBJECT_NAME

static const char everybody[] = "<policy context=\"default\"><allow user=\"*\"/>"
				"<allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
				"<allow own=\"*\"/></policy>";

typedef struct Fixture {
	TestBus *daemon;
	AgentBus *agent;
	AgentStatus status;
	unsigned published;
	unsigned reloads;
	unsigned identified; /* seconds */
	Bus *watcher;
	BusNameWatch *watch;
	bool named;
	unsigned signals; /* PropertiesChanged */
} Fixture;

static void get_status(AgentStatus *status, void *data)
{
	const Fixture *fixture = data;

	*status = fixture->status;
}

static bool publish_now(void *data, GError **error)
{
	Fixture *fixture = data;

	fixture->published++;
	return true;
}

static bool reload(void *data, GError **error)
{
	Fixture *fixture = data;

	if (fixture->reloads++ == 0)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "line 7 is wrong");
	return false;
}

static bool identify(unsigned seconds, void *data, GError **error)
{
	Fixture *fixture = data;

	fixture->identified = seconds;
	if (seconds <= CONTROL_IDENTIFY_MAX_S)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "too long");
	return false;
}

static const Control control = { get_status, publish_now, reload, identify };

static void on_owner(const char *owner, void *data)
{
	Fixture *fixture = data;

	fixture->named = owner != NULL;
}

static void watch(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->watcher = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->watch = bus_name_watch(fixture->watcher, AGENT_OBJECT_NAME, on_owner, fixture);
}

static void unwatch(Fixture *fixture)
{
	g_clear_pointer(&fixture->watch, bus_name_unwatch);
	g_clear_pointer(&fixture->watcher, bus_free);
	fixture->named = false;
}

static void setup(Fixture *fixture, gconstpointer data)
{
	fixture->status = (AgentStatus){
		.state = UPLINK_BACKOFF,
		.broker = "mqtts://broker.example:8883",
		.client_id = "gw-17",
		.last_error = "no route",
		.failed = STAGE_TCP,
		.last_publish_ms = 1700000000123,
		.connects = 3,
		.generation = 2,
		.common_name = "gw-17",
		.not_before = 1700000000,
		.not_after = 1800000000,
		.alarm = EXPIRY_LATE,
		.renewal_error = "no server",
		.enrolment = ENROL_WAITING,
		.enrolment_error = "no hub",
		.waiting = 18446744073709551615U,
		.bytes = 4096,
		.limit = 67108864,
		.accepted = 12,
		.delivered = 7,
		.dropped = 1,
		.spool_refusal = "disk full",
	};
	fixture->daemon = test_bus_start_with(everybody);
	fixture->agent = agent_bus_new(test_bus_address(fixture->daemon), &control, fixture);
	watch(fixture);
	TEST_WAIT(fixture->named);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	unwatch(fixture);
	agent_bus_free(fixture->agent);
	test_bus_stop(fixture->daemon);
}

/* --- what everybody may see --- */

static void test_introspection(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "..", "dbus",
						      AGENT_OBJECT_NAME ".xml", NULL);
	g_autofree char *file = NULL;
	g_autofree char *live =
		test_run("gdbus introspect --xml --session --dest " AGENT_OBJECT_NAME
			 " --object-path " AGENT_OBJECT_PATH,
			 NULL);

	g_assert_true(g_file_get_contents(path, &file, NULL, NULL));

	g_autofree char *expected = test_interface_elements(file, AGENT_OBJECT_NAME);
	g_autofree char *found = test_interface_elements(live, AGENT_OBJECT_NAME);

	g_assert_cmpstr(found, ==, expected);
}

static void test_properties(Fixture *fixture, gconstpointer data)
{
	static const char *const rows[][2] = {
		{ "State", "s \"waiting\"\n" },
		{ "LastError", "s \"no route\"\n" },
		{ "Broker", "s \"mqtts://broker.example:8883\"\n" },
		{ "ClientId", "s \"gw-17\"\n" },
		{ "Generation", "u 2\n" },
		{ "CommonName", "s \"gw-17\"\n" },
		{ "CertificateNotBefore", "x 1700000000\n" },
		{ "CertificateNotAfter", "x 1800000000\n" },
		{ "CertificateAlarm", "s \"late\"\n" },
		{ "RenewalError", "s \"no server\"\n" },
		{ "Enrolment", "s \"waiting\"\n" },
		{ "EnrolmentError", "s \"no hub\"\n" },
		{ "LastPublish", "x 1700000000123\n" },
		{ "Connects", "t 3\n" },
		{ "SpoolWaiting", "t 18446744073709551615\n" },
		{ "SpoolBytes", "t 4096\n" },
		{ "SpoolLimit", "t 67108864\n" },
		{ "SpoolAccepted", "t 12\n" },
		{ "SpoolDelivered", "t 7\n" },
		{ "SpoolDropped", "t 1\n" },
		{ "SpoolRefusal", "s \"disk full\"\n" },
	};
	g_autoptr(GString) line =
		g_string_new("busctl --address=$DBUS_SESSION_BUS_ADDRESS get-property " TARGET);
	g_autoptr(GString) expected = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_string_append_printf(line, " %s", rows[i][0]);
		g_string_append(expected, rows[i][1]);
	}

	g_autofree char *found = test_run(line->str, NULL);
	g_autofree char *advice = test_run(
		"busctl --address=$DBUS_SESSION_BUS_ADDRESS get-property " TARGET " Advice", NULL);

	g_assert_cmpstr(found, ==, expected->str);
	test_assert_has(advice, "firewall");
}

static void on_changed(BusMessage *signal, void *data)
{
	Fixture *fixture = data;

	fixture->signals++;
}

static void test_changes(Fixture *fixture, gconstpointer data)
{
	const BusMatchRule rule = { .sender = AGENT_OBJECT_NAME,
				    .interface = "org.freedesktop.DBus.Properties",
				    .member = "PropertiesChanged" };
	BusMatch *match = bus_match_new(fixture->watcher, &rule, on_changed, fixture);
	/* the bus handles what is asked in turn: after this it knows the match */
	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS get-property " TARGET " State",
			NULL));
	fixture->status.state = UPLINK_ONLINE;
	fixture->status.waiting = 5;
	agent_bus_changed(fixture->agent, true);
	TEST_WAIT(fixture->signals == 1);
	fixture->status.waiting = 4;
	agent_bus_changed(fixture->agent, false);
	fixture->status.last_error = ""; /* after a second it takes the count along */
	agent_bus_changed(fixture->agent, true);
	TEST_WAIT(fixture->signals == 2);
	fixture->status.alarm = EXPIRY_URGENT;
	agent_bus_changed(fixture->agent, true);
	TEST_WAIT(fixture->signals == 3);
	bus_match_free(match);
}

/* --- methods --- */

static void test_methods(Fixture *fixture, gconstpointer data)
{
	int status;

	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " PublishNow",
			NULL));
	g_assert_cmpuint(fixture->published, ==, 1);
	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " Reload", NULL));
	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " Identify u 30",
			NULL));
	g_assert_cmpuint(fixture->identified, ==, 30);

	g_autofree char *config = test_run("gdbus call --session --dest " AGENT_OBJECT_NAME
					   " --object-path " AGENT_OBJECT_PATH
					   " --method " AGENT_OBJECT_NAME ".Reload",
					   &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(config, "io.landfall.Error.Configuration");
	test_assert_has(config, "line 7 is wrong");

	g_autofree char *invalid = test_run("gdbus call --session --dest " AGENT_OBJECT_NAME
					    " --object-path " AGENT_OBJECT_PATH
					    " --method " AGENT_OBJECT_NAME ".Identify 601",
					    &status);
	g_assert_cmpint(status, !=, 0);
	test_assert_has(invalid, "io.landfall.Error.Invalid");
}

/* The folder of the bus is the test's own otherwise. */
static void let_strangers_in(const Fixture *fixture)
{
	const char *socket = strchr(test_bus_address(fixture->daemon), '/');
	g_autofree char *folder = g_path_get_dirname(socket);

	g_assert_cmpint(chmod(folder, 0711), ==, 0);
	g_assert_cmpint(chmod(socket, 0666), ==, 0);
}

/* Nobody who is neither root nor of our user or group passes without polkit, which is not here. */
static void test_stranger(Fixture *fixture, gconstpointer data)
{
	int status;

	if (geteuid() != 0) {
		g_test_skip("only root can call as somebody else");
		return;
	}
	let_strangers_in(fixture);

	g_autofree char *refused = test_run(
		"setpriv --reuid 65534 --regid 65534 --clear-groups gdbus call --address "
		"$DBUS_SESSION_BUS_ADDRESS --dest " AGENT_OBJECT_NAME
		" --object-path " AGENT_OBJECT_PATH " --method " AGENT_OBJECT_NAME ".PublishNow",
		&status);

	g_assert_cmpint(status, !=, 0);
	test_assert_has(refused, "org.freedesktop.DBus.Error.AccessDenied");
	g_assert_cmpuint(fixture->published, ==, 0);
}

/* --- a bus that comes and goes --- */

static void test_bus_lost(Fixture *fixture, gconstpointer data)
{
	test_bus_kill(fixture->daemon);
	unwatch(fixture);
	agent_bus_changed(fixture->agent, true);
	test_bus_restart(fixture->daemon);
	watch(fixture);
	TEST_WAIT(fixture->named);
	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " PublishNow",
			NULL));
	g_assert_cmpuint(fixture->published, ==, 1);
}

static void test_no_bus(void)
{
	Fixture fixture = { .status = { .last_error = "" } };
	AgentBus *agent = agent_bus_new("unix:path=/nonexistent/bus", &control, &fixture);

	agent_bus_changed(agent, true);
	test_turn();
	agent_bus_free(agent);
}

/* A second agent gets the name when the first one leaves. */
static void test_name_taken(Fixture *fixture, gconstpointer data)
{
	Fixture other = { .status = { .last_error = "" } };
	AgentBus *second = agent_bus_new(test_bus_address(fixture->daemon), &control, &other);

	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " PublishNow",
			NULL));
	g_assert_cmpuint(fixture->published, ==, 1);
	g_clear_pointer(&fixture->agent, agent_bus_free);
	TEST_WAIT(!fixture->named);
	TEST_WAIT(fixture->named);
	g_free(test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " TARGET " PublishNow",
			NULL));
	g_assert_cmpuint(other.published, ==, 1);
	agent_bus_free(second);
}

/* --- the provisioner, as the agent sees it --- */

static void provisioner_state(BusWriter *value, void *data)
{
	bus_writer_string(value, *(const char **)data);
}

static void on_provisioning(const char *state, void *data)
{
	char **shown = data;

	g_free(*shown);
	*shown = g_strdup(state ? state : "absent");
}

static void on_provisioner_name(BusName *name, const GError *error, void *data)
{
	g_assert_no_error(error);
}

static void test_provisioner(Fixture *fixture, gconstpointer data)
{
	static const BusProperty properties[] = {
		{ "State", "s", provisioner_state, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	static const BusInterface interface = { PROVISIONER, NULL, properties, NULL, NULL };
	static const BusInterface *const interfaces[] = { &interface, NULL };
	const char *state = "ready";
	g_autofree char *shown = g_strdup("nothing");
	g_autoptr(GError) error = NULL;

	agent_bus_follow_provisioner(fixture->agent, on_provisioning, &shown);

	g_autoptr(BusObject) object = bus_object_register(
		fixture->watcher, "/io/landfall/Provisioner1", interfaces, &state, &error);
	g_assert_no_error(error);

	BusName *name =
		bus_name_request(fixture->watcher, PROVISIONER, 0, on_provisioner_name, NULL);

	TEST_WAIT(strcmp(shown, "ready") == 0);
	state = "peer";
	bus_object_changed(object, PROVISIONER, "State");
	TEST_WAIT(strcmp(shown, "peer") == 0);
	bus_name_free(name);
	TEST_WAIT(strcmp(shown, "absent") == 0);
}

#define TEST(path, test) g_test_add(path, Fixture, NULL, setup, test, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("/agent/bus/introspection", test_introspection);
	TEST("/agent/bus/properties", test_properties);
	TEST("/agent/bus/changes", test_changes);
	TEST("/agent/bus/methods", test_methods);
	TEST("/agent/bus/stranger", test_stranger);
	TEST("/agent/bus/provisioner", test_provisioner);
	TEST("/agent/bus/lost", test_bus_lost);
	TEST("/agent/bus/name-taken", test_name_taken);
	g_test_add_func("/agent/bus/none", test_no_bus);
	return g_test_run();
}
