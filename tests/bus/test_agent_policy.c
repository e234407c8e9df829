/* SPDX-License-Identifier: MIT */
/* Who may call what of the agent, and take its name, by the bus policy that is installed: whoever
 * runs this test plays each part. Whom the agent itself lets pass is test_agent_bus.c's matter. */
#include "agent/adapter/agent-object.h"
#include "dbus/bus-call.h"
#include "dbus/bus-name.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define PROPS      "org.freedesktop.DBus.Properties"
#define MANAGE     "org.freedesktop.DBus.ObjectManager"
#define INTROSPECT "org.freedesktop.DBus.Introspectable"
#define PEER       "org.freedesktop.DBus.Peer"
#define DENIED     "org.freedesktop.DBus.Error.AccessDenied"

/* So that the agent can have its name whatever part is played. */
#define OWN "<policy user=\"%s\"><allow own=\"" AGENT_OBJECT_NAME "\"/></policy>"

typedef enum Part {
	PART_ROOT,
	PART_STRANGER,
	PART_SERVICE, /* user landfall, as which the agent runs */
	PART_N,
} Part;

static const char *const parts[PART_N] = { "root", "stranger", "service" };

typedef struct Call {
	const char *name;
	const char *path;
	const char *interface;
	const char *member;
	bool allowed[PART_N]; /* by the bus */
} Call;

static const Call calls[] = {
	{ "publish", AGENT_OBJECT_PATH, AGENT_OBJECT_NAME, "PublishNow", { true, true, true } },
	{ "properties", AGENT_OBJECT_PATH, PROPS, "GetAll", { true, true, true } },
	{ "introspect", AGENT_OBJECT_PATH, INTROSPECT, "Introspect", { true, true, true } },
	{ "ping", AGENT_OBJECT_PATH, PEER, "Ping", { true, true, true } },
	{ "objects", "/", MANAGE, "GetManagedObjects", { true, false, false } },
	{ "elsewhere", "/elsewhere", AGENT_OBJECT_NAME, "PublishNow", { true, false, false } },
	{ "foreign",
	  AGENT_OBJECT_PATH,
	  "org.bluez.Adapter1",
	  "StartDiscovery",
	  { true, false, false } },
};

static const bool owns[PART_N] = { true, false, true };

typedef struct Row {
	const Call *call;
	Part part;
} Row;

typedef struct Fixture {
	TestBus *daemon;
	Bus *agent;
	BusName *name;
	bool answered;
	bool denied;
	bool owned;
} Fixture;

static char *policy_for(Part part)
{
	const char *me = g_get_user_name();
	const TestBusPolicy who = {
		.root = part == PART_ROOT ? me : "daemon",
		.service = part == PART_SERVICE ? me : "daemon",
		.group = "daemon",
	};

	return test_bus_policy(AGENT_OBJECT_NAME, &who);
}

static Bus *open_bus(const Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	Bus *bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	return bus;
}

static void on_name(BusName *name, const GError *error, void *data)
{
	Fixture *fixture = data;

	fixture->answered = true;
	fixture->owned = !error;
}

static void on_reply(BusReply *reply, void *data)
{
	Fixture *fixture = data;

	fixture->answered = true;
	fixture->denied = g_strcmp0(bus_reply_error_name(reply), DENIED) == 0;
}

static void take_name(Fixture *fixture)
{
	fixture->answered = false;
	fixture->agent = open_bus(fixture);
	fixture->name = bus_name_request(fixture->agent, AGENT_OBJECT_NAME, 0, on_name, fixture);
	TEST_WAIT(fixture->answered);
}

static void tear_down(Fixture *fixture)
{
	bus_name_free(fixture->name);
	bus_free(fixture->agent);
	test_bus_stop(fixture->daemon);
}

/* From a connection of its own; an answer of any kind is one that the bus let through. */
static void test_call(gconstpointer data)
{
	const Row *row = data;
	const Call *call = row->call;
	g_autofree char *policy = policy_for(row->part);
	g_autofree char *all = g_strdup_printf("%s" OWN, policy, g_get_user_name());
	Fixture fixture = { .daemon = test_bus_start_with(all) };

	take_name(&fixture);
	g_assert_true(fixture.owned);
	fixture.answered = false;

	Bus *caller = open_bus(&fixture);
	BusMessage *message = bus_message_new_call(bus_unique_name(fixture.agent), call->path,
						   call->interface, call->member);

	if (strcmp(call->member, "GetAll") == 0)
		bus_writer_string(bus_message_writer(message), AGENT_OBJECT_NAME);
	g_assert_nonnull(bus_call_start(caller, message, BUS_TIMEOUT_DEFAULT, on_reply, &fixture));
	TEST_WAIT(fixture.answered);
	g_assert_cmpint(!fixture.denied, ==, call->allowed[row->part]);
	bus_free(caller);
	tear_down(&fixture);
}

static void test_own(gconstpointer data)
{
	Part part = (Part)GPOINTER_TO_INT(data);
	g_autofree char *policy = policy_for(part);
	Fixture fixture = { .daemon = test_bus_start_with(policy) };

	take_name(&fixture);
	g_assert_cmpint(fixture.owned, ==, owns[part]);
	tear_down(&fixture);
}

int main(int argc, char **argv)
{
	static Row rows[G_N_ELEMENTS(calls) * PART_N];
	size_t n = 0;

	g_test_init(&argc, &argv, NULL);
	for (int part = 0; part < PART_N; part++) {
		g_autofree char *own = g_strdup_printf("/agent-policy/%s/own", parts[part]);

		g_test_add_data_func(own, GINT_TO_POINTER(part), test_own);
		for (size_t i = 0; i < G_N_ELEMENTS(calls); i++, n++) {
			g_autofree char *path =
				g_strdup_printf("/agent-policy/%s/%s", parts[part], calls[i].name);

			rows[n] = (Row){ &calls[i], (Part)part };
			g_test_add_data_func(path, &rows[n], test_call);
		}
	}
	return g_test_run();
}
