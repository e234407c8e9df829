/* SPDX-License-Identifier: MIT */
/* Who may call what, by the bus policy that is installed: whoever runs this test
 * plays each part. */
#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "provisioner/adapter/bus-service.h"
#include "provisioner/adapter/gatt-app.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-wpa.h"

#include <grp.h>
#include <string.h>
#include <unistd.h>

#define GATT       "org.bluez.GattCharacteristic1"
#define CHRC       GATT_APP_PATH "/service0/char2"
#define PROPS      "org.freedesktop.DBus.Properties"
#define MANAGE     "org.freedesktop.DBus.ObjectManager"
#define INTROSPECT "org.freedesktop.DBus.Introspectable"
#define PHONE      "/org/bluez/hci0/dev_11_22_33_44_55_66"
#define WPA        "fi.w1.wpa_supplicant1"
#define IWD        "net.connman.iwd"
#define DENIED     "org.freedesktop.DBus.Error.AccessDenied"

/* What the files of wpa_supplicant and iwd say of everybody, as Debian ships them. */
static const char others_policy[] = "<policy context=\"default\">"
				    "<deny send_destination=\"" WPA "\"/>"
				    "<deny receive_sender=\"" WPA "\" receive_type=\"signal\"/>"
				    "<deny send_destination=\"" IWD "\"/>"
				    "</policy>";

typedef enum Part {
	PART_ROOT,
	PART_GROUP, /* a member of group landfall */
	PART_STRANGER,
	PART_N,
	PART_SERVICE = PART_N, /* user landfall, as which the service runs */
} Part;

typedef struct Call {
	const char *name;
	const char *path;
	const char *interface;
	const char *member;
	const char *argument; /* a string, NULL: none */
	bool allowed[PART_N];
} Call;

static const Call calls[] = {
	{ "start", BUS_SERVICE_PATH, BUS_SERVICE_NAME, "Start", NULL, { true, true, true } },
	{ "status", BUS_SERVICE_PATH, PROPS, "GetAll", BUS_SERVICE_NAME, { true, true, true } },
	{ "write", CHRC, GATT, "WriteValue", NULL, { true, false, false } },
	{ "read", CHRC, GATT, "ReadValue", NULL, { true, false, false } },
	{ "introspect", BUS_SERVICE_PATH, INTROSPECT, "Introspect", NULL, { true, true, true } },
	{ "table", CHRC, PROPS, "GetAll", GATT, { true, false, false } },
	{ "objects", GATT_APP_PATH, MANAGE, "GetManagedObjects", NULL, { true, false, false } },
};

typedef struct Row {
	const Call *call;
	Part part;
} Row;

typedef struct Fixture {
	TestBus *daemon;
	Bus *bus;
	BusService *service;
	GattApp *gatt;
	BusName *name;
	BusCall *call;
	bool owned;
	bool answered;
	bool denied;
} Fixture;

/* The installed file with our own user or group where @part is meant, and nobody elsewhere. */
static char *policy_for(Part part)
{
	const char *me = g_get_user_name();
	const struct group *mine = getgrgid(getgid());
	const TestBusPolicy who = {
		.root = part == PART_ROOT ? me : "daemon",
		.service = part == PART_SERVICE ? me : "daemon",
		.group = part == PART_GROUP ? mine->gr_name : "daemon",
	};
	g_autofree char *policy = test_bus_policy(BUS_SERVICE_NAME, &who);

	return g_strdup_printf("%s%s<policy user=\"%s\"><allow own=\"*\"/></policy>", policy,
			       others_policy, me);
}

/* Whom the service itself lets pass is test_provisioner_authority.c's matter. */
static void on_authorize(BusServiceCall *call, const char *sender, bool interactive, void *data)
{
	bus_service_decided(call, NULL);
}

static void on_start(void *data)
{
	Fixture *fixture = data;

	bus_service_started(fixture->service, NULL);
}

static void on_stop(void *data)
{
}

static void on_reset(void *data)
{
	Fixture *fixture = data;

	bus_service_reset_done(fixture->service, NULL);
}

static void on_unlock(void *data)
{
	Fixture *fixture = data;

	bus_service_unlocked(fixture->service, NULL);
}

static void on_registered(void *data)
{
}

static void on_touched(const char *device, void *data)
{
}

static void on_written(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
		       void *data)
{
	gatt_write_finish(write, NULL);
}

static void on_name(BusName *name, const GError *error, void *data)
{
	Fixture *fixture = data;

	g_assert_no_error(error);
	fixture->owned = true;
}

static void setup(Fixture *fixture, gconstpointer data)
{
	static const BusServiceEvents service_events = {
		.authorize = on_authorize,
		.start = on_start,
		.stop = on_stop,
		.reset = on_reset,
		.unlock = on_unlock,
	};
	static const GattAppEvents gatt_events = { on_registered, on_touched, on_written };
	const Row *row = data;
	g_autofree char *policy = policy_for(row->part);
	g_autoptr(GError) error = NULL;

	fixture->daemon = test_bus_start_with(policy);
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->service = bus_service_new(fixture->bus, &service_events, fixture, &error);
	g_assert_no_error(error);
	fixture->gatt = gatt_app_new(fixture->bus, "021a9004-0382-4aea-bff4-6b3f1c5adfb4",
				     &gatt_events, fixture, &error);
	g_assert_no_error(error);
	fixture->name = bus_name_request(fixture->bus, BUS_SERVICE_NAME, 0, on_name, fixture);
	TEST_WAIT(fixture->owned);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	bus_name_free(fixture->name);
	gatt_app_free(fixture->gatt);
	bus_service_free(fixture->service);
	bus_free(fixture->bus);
	test_bus_stop(fixture->daemon);
}

static void on_reply(BusReply *reply, void *data)
{
	Fixture *fixture = data;

	fixture->answered = true;
	fixture->denied = g_strcmp0(bus_reply_error_name(reply), DENIED) == 0;
	/* Let through, it meets the service itself, which asks whether this is bluetoothd. */
	if (!fixture->denied && bus_reply_error(reply))
		g_assert_cmpstr(bus_reply_error_name(reply), ==, "org.bluez.Error.NotPermitted");
}

static void write_arguments(BusWriter *writer, const Call *call)
{
	if (call->argument)
		bus_writer_string(writer, call->argument);
	if (strcmp(call->member, "WriteValue") == 0)
		bus_writer_bytes(writer, "x", 1);
	if (!g_str_has_suffix(call->member, "Value"))
		return;
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "device", "o");
	bus_writer_path(writer, PHONE);
	bus_writer_close(writer);
}

/* The call of @fixture was let through, or not. */
static void call_and_see(Fixture *fixture, BusMessage *message, BusReplyFunc answer, bool allowed)
{
	g_autoptr(GError) error = NULL;
	Bus *bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);

	g_assert_no_error(error);
	fixture->call = bus_call_start(bus, message, BUS_TIMEOUT_DEFAULT, answer, fixture);
	TEST_WAIT(fixture->answered);
	g_assert_cmpint(!fixture->denied, ==, allowed);
	bus_free(bus);
}

/* From a connection of its own, to the unique name: a caller need not know the other one. */
static void test_call(Fixture *fixture, gconstpointer data)
{
	const Row *row = data;
	const Call *call = row->call;
	BusMessage *message = bus_message_new_call(bus_unique_name(fixture->bus), call->path,
						   call->interface, call->member);

	write_arguments(bus_message_writer(message), call);
	call_and_see(fixture, message, on_reply, call->allowed[row->part]);
}

/* ---- what the service itself may call ---- */

/* Calls to the managers of Wi-Fi, who owe an answer to root and netdev alone. */
typedef struct Errand {
	const char *name;
	const char *service;
	const char *path;
	const char *interface;
	const char *member;
	bool allowed;
} Errand;

#define WPA_IF WPA, "/fi/w1/wpa_supplicant1/Interfaces/0"

static const Errand errands[] = {
	{ "wpa/look", WPA, "/fi/w1/wpa_supplicant1", PROPS, "Get", true },
	{ "wpa/set", WPA_IF, PROPS, "Set", true },
	{ "wpa/scan", WPA_IF, WPA ".Interface", "Scan", true },
	{ "wpa/add", WPA_IF, WPA ".Interface", "AddNetwork", true },
	{ "wpa/remove", WPA_IF, WPA ".Interface", "RemoveNetwork", true },
	{ "wpa/select", WPA_IF, WPA ".Interface", "SelectNetwork", true },
	{ "wpa/reassociate", WPA_IF, WPA ".Interface", "Reassociate", true },
	{ "wpa/save", WPA_IF, WPA ".Interface", "SaveConfig", true },
	{ "wpa/create", WPA, "/fi/w1/wpa_supplicant1", WPA, "CreateInterface", false },
	{ "wpa/library", WPA_IF, WPA ".Interface", "SetPKCS11EngineAndModulePath", false },
	{ "wpa/blob", WPA_IF, WPA ".Interface", "AddBlob", false },
	{ "iwd/objects", IWD, "/", MANAGE, "GetManagedObjects", true },
	{ "iwd/connect", IWD, "/net/connman/iwd/0/3/x_psk", IWD ".Network", "Connect", true },
	{ "iwd/forget", IWD, "/x_psk", IWD ".KnownNetwork", "Forget", true },
	{ "iwd/agent", IWD, "/net/connman/iwd", IWD ".AgentManager", "RegisterAgent", true },
	{ "iwd/access-point", IWD, "/net/connman/iwd/0/3", IWD ".AccessPoint", "Start", false },
	{ "iwd/button", IWD, "/net/connman/iwd/0/3", IWD ".SimpleConfiguration", "PushButton",
	  false },
};

/* Whoever is called: who has the name is all that matters. */
static void errand_setup(Fixture *fixture, gconstpointer data)
{
	const Errand *errand = data;
	g_autofree char *policy = policy_for(PART_SERVICE);
	g_autoptr(GError) error = NULL;

	fixture->daemon = test_bus_start_with(policy);
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->name = bus_name_request(fixture->bus, errand->service, 0, on_name, fixture);
	TEST_WAIT(fixture->owned);
}

static void errand_teardown(Fixture *fixture, gconstpointer data)
{
	bus_name_free(fixture->name);
	bus_free(fixture->bus);
	test_bus_stop(fixture->daemon);
}

static void on_errand(BusReply *reply, void *data)
{
	Fixture *fixture = data;

	fixture->answered = true;
	fixture->denied = g_strcmp0(bus_reply_error_name(reply), DENIED) == 0;
}

static void test_errand(Fixture *fixture, gconstpointer data)
{
	const Errand *errand = data;

	call_and_see(fixture,
		     bus_message_new_call(errand->service, errand->path, errand->interface,
					  errand->member),
		     on_errand, errand->allowed);
}

static void on_news(BusMessage *signal, void *data)
{
	bool *heard = data;

	*heard = true;
}

/* wpa_supplicant's own file keeps its signals from everybody, too. */
static void test_news(void)
{
	static const BusMatchRule rule = { .sender = WPA, .member = "PropertiesChanged" };
	g_autofree char *policy = policy_for(PART_SERVICE);
	TestBus *daemon = test_bus_start_with(policy);
	FakeWpa *wpa = fake_wpa_new(test_bus_address(daemon), "wlan0");
	g_autoptr(GError) error = NULL;
	Bus *bus = bus_open(test_bus_address(daemon), NULL, NULL, NULL, &error);
	BusMatch *match = NULL;
	bool heard = false;

	g_assert_no_error(error);
	match = bus_match_new(bus, &rule, on_news, &heard);
	/* Told again and again: the first may be told before the match is in place. */
	TEST_WAIT((fake_wpa_state(wpa, "inactive"), fake_wpa_state(wpa, "scanning"), heard));
	bus_match_free(match);
	bus_free(bus);
	fake_wpa_free(wpa);
	test_bus_stop(daemon);
}

int main(int argc, char **argv)
{
	static const char *const parts[] = { "root", "group", "stranger" };
	static Row rows[G_N_ELEMENTS(calls) * PART_N];
	size_t n = 0;

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		for (int part = 0; part < PART_N; part++) {
			g_autofree char *path =
				g_strdup_printf("/policy/%s/%s", parts[part], calls[i].name);

			rows[n] = (Row){ &calls[i], (Part)part };
			g_test_add(path, Fixture, &rows[n], setup, test_call, teardown);
			n++;
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(errands); i++) {
		g_autofree char *path = g_strconcat("/policy/service/", errands[i].name, NULL);

		g_test_add(path, Fixture, &errands[i], errand_setup, test_errand, errand_teardown);
	}
	g_test_add_func("/policy/service/wpa/news", test_news);
	return g_test_run();
}
