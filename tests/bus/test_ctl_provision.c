/* SPDX-License-Identifier: MIT */
/* landfallctl provision, on a bus where the provisioner comes and goes at the test's wish. */
#include "common/error.h"
#include "dbus/bus-call.h"
#include "dbus/bus-name.h"
#include "provisioner/adapter/bus-service.h"
#include "tests/bus/bus-fixture.h"

#include <cjson/cJSON.h>
#include <string.h>

#define STATUS_READY                                                                               \
	{                                                                                          \
		.state = "ready", .progress = "PROV_1 is in the air", .name = "PROV_1",            \
		.adapter = "hci0", .interface = "wlan0", .backend = "networkmanager", .peer = "",  \
		.failure = "", .ip4 = "", .security = 2, .lockout = "waiting", .wrong = 6          \
	}

typedef struct Fixture {
	TestBus *daemon;
	char *folder;
	char *output; /* file the watch writes to */
	GPid watch;   /* 0: not started */
	Bus *bus;     /* of the service; NULL: it does not run */
	BusService *service;
	BusName *name;
	bool owned;
	unsigned int starts;
	unsigned int stops;
	unsigned int resets;
	unsigned int unlocks;
	bool interactive; /* the last call let a person be asked */
	const GError *refusal;
	const GError *failure; /* of Start */
	BusServiceStatus status;
} Fixture;

/* ---- the service ---- */

static void on_authorize(BusServiceCall *call, const char *sender, bool interactive, void *data)
{
	Fixture *fixture = data;

	fixture->interactive = interactive;
	bus_service_decided(call, fixture->refusal);
}

static void on_start(void *data)
{
	Fixture *fixture = data;

	fixture->starts++;
	bus_service_started(fixture->service, fixture->failure);
}

static void on_stop(void *data)
{
	Fixture *fixture = data;

	fixture->stops++;
}

static void on_reset(void *data)
{
	Fixture *fixture = data;

	fixture->resets++;
	bus_service_reset_done(fixture->service, NULL);
}

static void on_unlock(void *data)
{
	Fixture *fixture = data;

	fixture->unlocks++;
	bus_service_unlocked(fixture->service, NULL);
}

static void on_name(BusName *name, const GError *error, void *data)
{
	Fixture *fixture = data;

	g_assert_no_error(error);
	fixture->owned = true;
}

static void service_up(Fixture *fixture)
{
	static const BusServiceEvents events = {
		.authorize = on_authorize,
		.start = on_start,
		.stop = on_stop,
		.reset = on_reset,
		.unlock = on_unlock,
	};
	g_autoptr(GError) error = NULL;

	fixture->owned = false;
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->service = bus_service_new(fixture->bus, &events, fixture, &error);
	g_assert_no_error(error);
	bus_service_update(fixture->service, &fixture->status);
	fixture->name = bus_name_request(fixture->bus, BUS_SERVICE_NAME, 0, on_name, fixture);
	TEST_WAIT(fixture->owned);
}

static void service_down(Fixture *fixture)
{
	g_clear_pointer(&fixture->name, bus_name_free);
	g_clear_pointer(&fixture->service, bus_service_free);
	g_clear_pointer(&fixture->bus, bus_free);
}

/* ---- landfallctl ---- */

static void setup(Fixture *fixture, gconstpointer data)
{
	g_autofree char *config = NULL;

	fixture->daemon = test_bus_start();
	fixture->folder = g_dir_make_tmp("ctl-XXXXXX", NULL);
	g_assert_nonnull(fixture->folder);
	config = g_build_filename(fixture->folder, "empty.conf", NULL);
	g_assert_true(g_file_set_contents(config, "", 0, NULL));
	fixture->output = g_build_filename(fixture->folder, "output", NULL);
	fixture->status = (BusServiceStatus)STATUS_READY;
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", fixture->folder);
	g_autofree char *text = NULL;

	if (fixture->watch)
		test_finish(fixture->watch);
	service_down(fixture);
	text = test_run(line, NULL);
	test_bus_stop(fixture->daemon);
	g_free(fixture->folder);
	g_free(fixture->output);
}

/* A command line; the caller frees it. */
static char *ctl_line(const Fixture *fixture, const char *words)
{
	return g_strdup_printf("%s --config=%s/empty.conf --set=provisioner.bus=%s %s",
			       g_getenv("LANDFALLCTL"), fixture->folder,
			       test_bus_address(fixture->daemon), words);
}

static char *ctl(const Fixture *fixture, const char *words, int *status)
{
	g_autofree char *line = ctl_line(fixture, words);

	return test_run(line, status);
}

static void watch_start(Fixture *fixture, const char *words)
{
	g_autofree char *line = ctl_line(fixture, words);
	g_autofree char *to_file = g_strdup_printf("sh -c 'exec %s >%s'", line, fixture->output);

	fixture->watch = test_start(to_file);
}

static bool output_has(const Fixture *fixture, const char *part)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(fixture->output, &text, NULL, NULL) && strstr(text, part);
}

static void test_watch(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;

	watch_start(fixture, "provision watch");
	TEST_WAIT(output_has(fixture, "absent    the provisioner does not run; waiting for it\n"));
	service_up(fixture);
	TEST_WAIT(output_has(fixture, "ready     PROV_1 is in the air\n"));
	fixture->status.state = "peer";
	fixture->status.progress = "a phone is connected";
	fixture->status.peer = "11:22:33:44:55:66";
	bus_service_update(fixture->service, &fixture->status);
	TEST_WAIT(output_has(fixture, "peer      a phone is connected\n"));
	fixture->status.state = "failed";
	fixture->status.progress = "not joined";
	fixture->status.failure = "auth-error";
	bus_service_update(fixture->service, &fixture->status);
	TEST_WAIT(output_has(fixture, "failed    not joined\n"
				      "                    the passphrase is wrong\n"));
	fixture->status.lockout = "locked";
	fixture->status.wrong = 7;
	bus_service_update(fixture->service, &fixture->status);
	TEST_WAIT(output_has(fixture, "failed    a proof of possession was wrong, 7 in a row; "
				      "nobody is let in before"));
	service_down(fixture);
	TEST_WAIT(output_has(fixture, "absent    the provisioner has ended; waiting for it\n"));
	fixture->status = (BusServiceStatus)STATUS_READY;
	fixture->status.progress = "back again";
	service_up(fixture);
	TEST_WAIT(output_has(fixture, "ready     back again\n"));
	/* Without a terminal there is nothing to move a cursor. */
	g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
	g_assert_null(strchr(text, '\033'));
	g_assert_null(strchr(text, '\r'));
}

/* A change of several properties at once is one line, one object. */
static void test_watch_json(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	cJSON *last = NULL;

	watch_start(fixture, "--json provision watch");
	TEST_WAIT(output_has(fixture, "\"absent\""));
	service_up(fixture);
	TEST_WAIT(output_has(fixture, "\"ready\""));
	fixture->status.state = "joined";
	fixture->status.progress = "joined";
	fixture->status.ip4 = "192.0.2.7";
	memcpy(fixture->status.ssid, "a\xff", 2);
	fixture->status.ssid_len = 2;
	bus_service_update(fixture->service, &fixture->status);
	TEST_WAIT(output_has(fixture, "192.0.2.7"));
	g_assert_true(g_file_get_contents(fixture->output, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 4);
	last = cJSON_Parse(lines[2]);
	g_assert_cmpstr(cJSON_GetObjectItem(last, "State")->valuestring, ==, "joined");
	g_assert_cmpstr(cJSON_GetObjectItem(last, "Ssid")->valuestring, ==, "a\\xff");
	g_assert_cmpstr(cJSON_GetObjectItem(last, "Name")->valuestring, ==, "PROV_1");
	g_assert_cmpint(cJSON_GetObjectItem(last, "Security")->valueint, ==, 2);
	g_assert_nonnull(strstr(cJSON_GetObjectItem(last, "time")->valuestring, "Z"));
	cJSON_Delete(last);
}

/* Each property is told when it changes, be it the only one. */
static void test_signals(Fixture *fixture, gconstpointer data)
{
	BusServiceStatus *status = &fixture->status;
	const struct {
		const char **text;
		const char *shown;
	} rows[] = {
		{ &status->state, "\"State\":\"1\"" },
		{ &status->progress, "\"Progress\":\"1\"" },
		{ &status->name, "\"Name\":\"1\"" },
		{ &status->adapter, "\"Adapter\":\"1\"" },
		{ &status->interface, "\"Interface\":\"1\"" },
		{ &status->backend, "\"Backend\":\"1\"" },
		{ &status->peer, "\"Peer\":\"1\"" },
		{ &status->failure, "\"Failure\":\"1\"" },
		{ &status->ip4, "\"Ip4Address\":\"1\"" },
		{ &status->lockout, "\"Lockout\":[\"1\",6,0]" },
	};

	service_up(fixture);
	watch_start(fixture, "--json provision watch");
	TEST_WAIT(output_has(fixture, "\"ready\""));
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_false(output_has(fixture, rows[i].shown));
		*rows[i].text = "1";
		bus_service_update(fixture->service, status);
		TEST_WAIT(output_has(fixture, rows[i].shown));
	}
	status->wrong = 7;
	bus_service_update(fixture->service, status);
	TEST_WAIT(output_has(fixture, "\"Lockout\":[\"1\",7,0]"));
	status->security = 1;
	bus_service_update(fixture->service, status);
	TEST_WAIT(output_has(fixture, "\"Security\":1"));
	status->ssid[status->ssid_len++] = '1';
	bus_service_update(fixture->service, status);
	TEST_WAIT(output_has(fixture, "\"Ssid\":\"1\""));
}

/* On a terminal the present state is the last line, drawn anew and never longer than the line. */
static void test_watch_terminal(Fixture *fixture, gconstpointer data)
{
	g_autofree char *line = ctl_line(fixture, "provision watch --until=done");
	g_autofree char *script = g_strdup_printf(
		"sh -c 'exec script -qefc \"stty cols 40; %s\" %s </dev/null >/dev/null'", line,
		fixture->output);

	g_setenv("TERM", "vt100", TRUE);
	fixture->watch = test_start(script);
	TEST_WAIT(output_has(fixture, "\r\033[K> absent for 0 s"));
	service_up(fixture);
	TEST_WAIT(output_has(fixture, "\r\033[K> ready for 0 s, PROV_1, hci0, wlan0, n"));
	g_assert_false(output_has(fixture, "wlan0, ne"));
	TEST_WAIT(output_has(fixture, "\r\033[K> ready for 1 s"));
	fixture->status.state = "done";
	fixture->status.progress = "over";
	bus_service_update(fixture->service, &fixture->status);
	TEST_WAIT(output_has(fixture, "done      over"));
	TEST_WAIT(output_has(fixture, "COMMAND_EXIT_CODE=\"0\""));
}

static void test_watch_until(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;
	int status = 0;

	service_up(fixture);
	text = ctl(fixture, "provision watch --until=ready", NULL);
	test_assert_has(text, "PROV_1 is in the air");
	g_free(text);
	text = ctl(fixture, "provision watch --until=moon", &status);
	g_assert_cmpint(status, ==, 2);
	test_assert_has(text, "there is no state 'moon', only absent, idle,");
}

static void test_status(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = ctl(fixture, "provision status", NULL);

	/* Nothing is known of adapter, network and security, so nothing is said. */
	g_assert_cmpstr(text, ==,
			"State        absent\n"
			"Progress     the provisioner does not run; 'provision start' starts it\n");
	g_free(text);
	service_up(fixture);
	text = ctl(fixture, "provision status", NULL);
	test_assert_has(text, "State        ready\n");
	test_assert_has(text, "Managed by   networkmanager\n");
	test_assert_has(text, "Phone        none\n");
	test_assert_has(text, "Security     2\n");
	test_assert_has(text, "Lockout      waiting, 6 wrong proofs of possession in a row\n");
	g_free(text);
	text = ctl(fixture, "provision status --json", NULL);
	test_assert_has(text, "\"Progress\":\"PROV_1 is in the air\"");
	test_assert_has(text, "\"Lockout\":[\"waiting\",6,0]");
}

static void test_start_verb(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) denied =
		g_error_new_literal(BUS_ERROR, BUS_ERROR_DENIED, "polkit refuses");
	g_autofree char *text = NULL;
	int status = 0;

	service_up(fixture);
	text = ctl(fixture, "provision start", NULL);
	g_assert_cmpuint(fixture->starts, ==, 1);
	g_assert_true(fixture->interactive);
	g_free(text);
	fixture->refusal = denied;
	text = ctl(fixture, "provision start", &status);
	g_assert_cmpint(status, ==, 21);
	test_assert_has(text, "polkit refuses; run as root or as a member of group landfall");
	g_assert_cmpuint(fixture->starts, ==, 1);
}

static void test_other_verbs(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;

	service_up(fixture);
	text = ctl(fixture, "provision reset", NULL);
	g_assert_cmpuint(fixture->resets, ==, 1);
	g_assert_cmpuint(fixture->unlocks, ==, 0);
	g_free(text);
	text = ctl(fixture, "provision unlock", NULL);
	g_assert_cmpuint(fixture->resets, ==, 1);
	g_assert_cmpuint(fixture->unlocks, ==, 1);
	g_assert_cmpuint(fixture->stops, ==, 0);
	g_free(text);
	text = ctl(fixture, "provision stop", NULL);
	g_assert_cmpuint(fixture->stops, ==, 1);
	g_assert_cmpuint(fixture->starts, ==, 0);
}

/* What each failure is called on the bus, as its description says, and to the shell. */
static const struct {
	LandfallError code;
	const char *name;
	int status;
} failures[] = {
	{ LANDFALL_ERROR_ADAPTER, "io.landfall.Error.AdapterMissing", 16 },
	{ LANDFALL_ERROR_WIFI, "io.landfall.Error.WifiMissing", 17 },
	{ LANDFALL_ERROR_CANCELLED, "io.landfall.Error.Cancelled", 24 },
	{ LANDFALL_ERROR_FAILED, "io.landfall.Error.Failed", 1 },
	{ LANDFALL_ERROR_DENIED, "org.freedesktop.DBus.Error.Failed", 1 },
};

static void on_failure(BusReply *reply, void *data)
{
	char **name = data;

	*name = g_strdup(bus_reply_error_name(reply));
}

static void test_failures(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	Bus *caller = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	service_up(fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autoptr(GError) failure =
			g_error_new_literal(LANDFALL_ERROR, (int)failures[i].code, "that is why");
		BusMessage *message = bus_message_new_call(BUS_SERVICE_NAME, BUS_SERVICE_PATH,
							   BUS_SERVICE_NAME, "Start");
		g_autofree char *name = NULL;
		g_autofree char *text = NULL;
		int status = 0;

		fixture->failure = failure;
		g_assert_nonnull(
			bus_call_start(caller, message, BUS_TIMEOUT_DEFAULT, on_failure, &name));
		TEST_WAIT(name);
		g_assert_cmpstr(name, ==, failures[i].name);
		text = ctl(fixture, "provision start", &status);
		g_assert_cmpint(status, ==, failures[i].status);
		test_assert_has(text, "that is why");
	}
	bus_free(caller);
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/ctl/provision/watch", test_watch },
	{ "/ctl/provision/watch-json", test_watch_json },
	{ "/ctl/provision/signals", test_signals },
	{ "/ctl/provision/watch-terminal", test_watch_terminal },
	{ "/ctl/provision/watch-until", test_watch_until },
	{ "/ctl/provision/status", test_status },
	{ "/ctl/provision/start", test_start_verb },
	{ "/ctl/provision/other-verbs", test_other_verbs },
	{ "/ctl/provision/failures", test_failures },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
