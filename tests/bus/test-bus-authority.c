/* SPDX-License-Identifier: MIT */
/* How many callers are asked about at a time. Who they are: test_provisioner_authority.c. */
#include "dbus/bus-authority.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "dbus/bus-request.h"
#include "dbus/bus.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLKIT      "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"

typedef struct Count {
	unsigned int allowed;
	unsigned int limited;
	unsigned int other;
} Count;

static void on_decided(const GError *error, void *data)
{
	Count *count = data;

	if (!error)
		count->allowed++;
	else if (g_error_matches(error, BUS_ERROR, BUS_ERROR_LIMIT))
		count->limited++;
	else
		count->other++;
}

/* Whoever calls without end leaves room for bluetoothd, which is not asked about. */
static void test_flood(void)
{
	TestBus *daemon = test_bus_start();
	g_autoptr(GError) error = NULL;
	Bus *bus = bus_open(test_bus_address(daemon), NULL, NULL, NULL, &error);
	BusAuthority *authority = bus_authority_new(bus, "io.landfall.test");
	const unsigned int room = BUS_REQUESTS_MAX - BUS_REQUESTS_SENDER_MAX;
	Count count = { 0 };

	g_assert_no_error(error);
	TEST_WAIT(bus_unique_name(bus));
	for (unsigned int i = 0; i < BUS_REQUESTS_MAX; i++)
		bus_authority_check(authority, bus_unique_name(bus), false, on_decided, &count);
	g_assert_cmpuint(count.limited, ==, BUS_REQUESTS_SENDER_MAX);
	TEST_WAIT(!bus_authority_is_busy(authority));
	g_assert_cmpuint(count.allowed, ==, room);
	g_assert_cmpuint(count.limited, ==, BUS_REQUESTS_SENDER_MAX);
	g_assert_cmpuint(count.other, ==, 0);
	/* And the next ones are asked about again. */
	bus_authority_check(authority, bus_unique_name(bus), false, on_decided, &count);
	TEST_WAIT(count.allowed == room + 1);
	bus_authority_free(authority);
	bus_free(bus);
	test_bus_stop(daemon);
}

/* A polkit whose person thinks, and a stranger who waits there. */
typedef struct Polkit {
	Bus *bus;
	BusObject *object;
	BusName *name;
	bool up;
	GPtrArray *held; /* of BusRequest */
	char *stranger;  /* unique name */
} Polkit;

static void on_question(BusRequest *request, void *data)
{
	Polkit *polkit = data;

	g_ptr_array_add(polkit->held, request);
}

static void on_stranger(BusRequest *request, void *data)
{
	Polkit *polkit = data;

	polkit->stranger = g_strdup(bus_request_sender(request));
	g_ptr_array_add(polkit->held, request);
}

static void on_polkit_name(BusName *name, const GError *error, void *data)
{
	Polkit *polkit = data;

	g_assert_no_error(error);
	polkit->up = true;
}

static void polkit_start(Polkit *polkit, TestBus *daemon)
{
	static const BusMethod methods[] = {
		{ "CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", on_question, NULL },
		{ "EnumerateActions", "s", "", on_stranger, NULL },
		{ NULL, NULL, NULL, NULL, NULL },
	};
	static const BusInterface interface = { POLKIT ".Authority", methods, NULL, NULL, NULL };
	static const BusInterface *const interfaces[] = { &interface, NULL };
	g_autoptr(GError) error = NULL;

	polkit->held = g_ptr_array_new();
	polkit->bus = bus_open(test_bus_address(daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	polkit->object = bus_object_register(polkit->bus, POLKIT_PATH, interfaces, polkit, &error);
	g_assert_no_error(error);
	polkit->name = bus_name_request(polkit->bus, POLKIT, 0, on_polkit_name, polkit);
	TEST_WAIT(polkit->up);
}

static void polkit_end(Polkit *polkit)
{
	for (guint i = 0; i < polkit->held->len; i++)
		bus_request_fail_name(polkit->held->pdata[i], POLKIT ".Error.Cancelled", "no");
	g_ptr_array_unref(polkit->held);
	bus_name_free(polkit->name);
	bus_object_free(polkit->object);
	bus_free(polkit->bus);
	g_free(polkit->stranger);
}

/* Somebody else's connection, which stays. */
static GPid stranger_start(const Polkit *polkit, TestBus *daemon)
{
	const char *address = test_bus_address(daemon);
	const char *socket = strchr(address, '/');
	g_autofree char *folder = g_path_get_dirname(socket);
	g_autofree char *line =
		g_strdup_printf("setpriv --reuid=65534 --regid=65534 --clear-groups gdbus call "
				"--address=%s --dest=" POLKIT " --object-path=" POLKIT_PATH
				" --method=" POLKIT ".Authority.EnumerateActions en",
				address);
	GPid pid = 0;

	g_assert_cmpint(chmod(folder, 0711), ==, 0);
	g_assert_cmpint(chmod(socket, 0666), ==, 0);
	pid = test_start(line);
	TEST_WAIT(polkit->stranger);
	return pid;
}

/* A stranger with a person who never types the password shuts out nobody who needs none. */
static void test_strangers_wait(void)
{
	static const char everybody[] = "<policy context=\"default\"><allow user=\"*\"/>"
					"<allow send_destination=\"*\"/><allow own=\"*\"/>"
					"<allow receive_sender=\"*\"/></policy>";
	TestBus *daemon = NULL;
	g_autoptr(GError) error = NULL;
	Bus *bus = NULL;
	BusAuthority *authority = NULL;
	Polkit polkit = { 0 };
	Count flood = { 0 };
	Count ours = { 0 };
	GPid stranger = 0;

	if (geteuid() != 0) {
		g_test_skip("only root can call as somebody else");
		return;
	}
	daemon = test_bus_start_with(everybody);
	bus = bus_open(test_bus_address(daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	authority = bus_authority_new(bus, "io.landfall.test");
	TEST_WAIT(bus_unique_name(bus));
	polkit_start(&polkit, daemon);
	stranger = stranger_start(&polkit, daemon);
	for (unsigned int i = 0; i < BUS_REQUESTS_MAX; i++)
		bus_authority_check(authority, polkit.stranger, true, on_decided, &flood);
	/* The first that is held is the stranger's own. */
	TEST_WAIT(flood.limited + polkit.held->len == BUS_REQUESTS_MAX + 1);
	bus_authority_check(authority, bus_unique_name(bus), false, on_decided, &ours);
	TEST_WAIT(ours.allowed + ours.limited + ours.other > 0);
	g_assert_cmpuint(ours.allowed, ==, 1);
	g_assert_cmpuint(flood.limited, ==, BUS_REQUESTS_MAX - BUS_REQUESTS_SENDER_MAX);
	bus_authority_free(authority);
	g_assert_cmpuint(flood.other, ==, BUS_REQUESTS_SENDER_MAX);
	polkit_end(&polkit);
	test_finish(stranger);
	bus_free(bus);
	test_bus_stop(daemon);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bus/authority/flood", test_flood);
	g_test_add_func("/bus/authority/strangers-wait", test_strangers_wait);
	return g_test_run();
}
