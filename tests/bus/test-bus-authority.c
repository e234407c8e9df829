/* SPDX-License-Identifier: MIT */
/* How many callers are asked about at a time. Who they are: test_provisioner_authority.c. */
#include "dbus/bus-authority.h"
#include "dbus/bus-request.h"
#include "dbus/bus.h"
#include "tests/bus/bus-fixture.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bus/authority/flood", test_flood);
	return g_test_run();
}
