/* SPDX-License-Identifier: MIT */
/* What bluetoothd sees of us: adapter, GATT table, advertisement, and how each is recovered. */
#include "provisioner/adapter/advert.h"
#include "provisioner/adapter/bluez.h"
#include "provisioner/adapter/gatt-app.h"
#include "provisioner/adapter/sleep.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-bluez.h"

#include <string.h>

#define SESSION "/service0/char2" /* prov-session */
#define VERSION "/service0/char4" /* proto-ver */
#define NAME    "PROV_A1B2C3"
#define UUID    "021a9004-0382-4aea-bff4-6b3f1c5adfb4"
#define OTHER   FAKE_OTHER

typedef struct Fixture {
	TestBus *daemon;
	FakeBluez *fake;
	Bus *bus;
	Bluez *bluez;
	GattApp *gatt;
	Advert *advert;
	GString *notes; /* what happened, in order */
	char *missing;  /* why there was no adapter when that was told last */
	GattWrite *write;
	GBytes *written;
} Fixture;

static void note(Fixture *fixture, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(Fixture *fixture, const char *format, ...)
{
	va_list args;

	if (fixture->notes->len)
		g_string_append_c(fixture->notes, ' ');
	va_start(args, format);
	g_string_append_vprintf(fixture->notes, format, args);
	va_end(args);
}

/* Wait until exactly this has happened since the last time. */
static void expect(Fixture *fixture, const char *notes)
{
	TEST_WAIT(fixture->notes->len >= strlen(notes));
	g_assert_cmpstr(fixture->notes->str, ==, notes);
	g_string_truncate(fixture->notes, 0);
}

static void on_ready(const char *path, void *data)
{
	note(data, "ready:%s", strrchr(path, '/') + 1);
}

static void on_problem(void *data)
{
	Fixture *fixture = data;

	g_free(fixture->missing);
	fixture->missing = g_strdup(bluez_problem(fixture->bluez));
}

static void on_lost(void *data)
{
	note(data, "lost");
	on_problem(data);
}

static void on_disconnected(const char *device, void *data)
{
	note(data, "gone:%s", device ? strrchr(device, '/') + 1 : "all");
}

static void on_advertising(int active, void *data)
{
	Fixture *fixture = data;

	advert_observe(fixture->advert, active);
}

static void on_registered(void *data)
{
	note(data, "registered");
}

static void on_touched(const char *device, void *data)
{
	note(data, "touched");
}

static void on_written(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
		       void *data)
{
	Fixture *fixture = data;

	g_assert_true(strcmp(device, FAKE_PHONE) == 0 || strcmp(device, OTHER) == 0);
	g_assert_null(fixture->write);
	fixture->write = write;
	g_clear_pointer(&fixture->written, g_bytes_unref);
	fixture->written = g_bytes_ref(value);
	note(fixture, "written:%s:%zu", endpoint_name(endpoint), g_bytes_get_size(value));
}

static void on_air(bool on_air, void *data)
{
	note(data, on_air ? "on-air" : "off-air");
}

static void setup(Fixture *fixture, gconstpointer data)
{
	static const BluezEvents bluez_events = { on_ready, on_lost, on_disconnected, on_problem,
						  on_advertising };
	static const GattAppEvents gatt_events = { on_registered, on_touched, on_written };
	static const AdvertEvents advert_events = { on_air };
	const char *adapter = data ? data : "auto";
	g_autoptr(GError) error = NULL;

	fixture->notes = g_string_new(NULL);
	fixture->daemon = test_bus_start();
	fixture->fake = fake_bluez_new(test_bus_address(fixture->daemon));
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->bluez = bluez_new(fixture->bus, adapter, &bluez_events, fixture);
	fixture->gatt = gatt_app_new(fixture->bus, UUID, &gatt_events, fixture, &error);
	g_assert_no_error(error);
	fixture->advert = advert_new(fixture->bus, UUID, &advert_events, fixture, &error);
	g_assert_no_error(error);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	if (fixture->write)
		gatt_write_finish(fixture->write, NULL);
	advert_free(fixture->advert);
	gatt_app_free(fixture->gatt);
	bluez_free(fixture->bluez);
	bus_free(fixture->bus);
	fake_bluez_free(fixture->fake);
	test_bus_stop(fixture->daemon);
	g_clear_pointer(&fixture->written, g_bytes_unref);
	g_string_free(fixture->notes, true);
	g_free(fixture->missing);
}

static void start_with_hci0(Fixture *fixture)
{
	fake_bluez_plug(fixture->fake, 0, true);
	bluez_start(fixture->bluez, NAME);
	expect(fixture, "ready:hci0");
}

/* ---- the adapter ---- */

static void test_adapter_prepared(Fixture *fixture, gconstpointer data)
{
	FakeAdapter *adapter = &fixture->fake->adapters[0];

	adapter->powered = false;
	start_with_hci0(fixture);
	g_assert_true(adapter->powered);
	g_assert_false(adapter->pairable);
	g_assert_cmpstr(adapter->alias, ==, NAME);
	g_assert_cmpstr(bluez_adapter(fixture->bluez), ==, "hci0");

	bluez_stop(fixture->bluez);
	TEST_WAIT(adapter->pairable);
	g_assert_cmpstr(adapter->alias, ==, "host");
	g_assert_cmpstr(bluez_adapter(fixture->bluez), ==, "");
}

static void test_adapter_alias_kept(Fixture *fixture, gconstpointer data)
{
	FakeAdapter *adapter = &fixture->fake->adapters[0];

	g_free(adapter->alias);
	adapter->alias = g_strdup("Bob's gateway");
	adapter->pairable = false;
	start_with_hci0(fixture);
	g_assert_cmpstr(adapter->alias, ==, NAME);
	/* Lost and found again: what is put back is what was there first. */
	adapter->powered = false;
	fake_bluez_changed(fixture->fake, 0, "Powered");
	expect(fixture, "lost ready:hci0");
	bluez_stop(fixture->bluez);
	TEST_WAIT(strcmp(adapter->alias, "Bob's gateway") == 0);
	g_assert_false(adapter->pairable);
}

static void test_adapter_unplugged(Fixture *fixture, gconstpointer data)
{
	start_with_hci0(fixture);
	fake_bluez_plug(fixture->fake, 0, false);
	expect(fixture, "lost");
	g_assert_nonnull(strstr(bluez_problem(fixture->bluez), "plugged in"));
	fake_bluez_plug(fixture->fake, 0, true);
	expect(fixture, "ready:hci0");
}

static void test_adapter_other(Fixture *fixture, gconstpointer data)
{
	/* hci0 cannot be switched on: hci1 is taken in its place. */
	fixture->fake->adapters[0].powered = false;
	fixture->fake->adapters[0].stuck = true;
	fixture->fake->adapters[1].powered = false;
	fake_bluez_plug(fixture->fake, 0, true);
	fake_bluez_plug(fixture->fake, 1, true);
	bluez_start(fixture->bluez, NAME);
	expect(fixture, "ready:hci1");
}

static void test_adapter_powered_first(Fixture *fixture, gconstpointer data)
{
	fixture->fake->adapters[0].powered = false;
	fake_bluez_plug(fixture->fake, 0, true);
	fake_bluez_plug(fixture->fake, 1, true);
	/* Both are known before the choice is made. */
	TEST_WAIT(strstr(bluez_problem(fixture->bluez), "prepared"));
	bluez_start(fixture->bluez, NAME);
	expect(fixture, "ready:hci1");
	g_assert_false(fixture->fake->adapters[0].powered);
}

static void test_adapter_named(Fixture *fixture, gconstpointer data)
{
	fixture->fake->adapters[1].powered = false;
	fake_bluez_plug(fixture->fake, 0, true);
	fake_bluez_plug(fixture->fake, 1, true);
	bluez_start(fixture->bluez, NAME);
	expect(fixture, "ready:hci1");
}

static void test_adapter_central_only(Fixture *fixture, gconstpointer data)
{
	fixture->fake->adapters[0].central_only = true;
	fake_bluez_plug(fixture->fake, 0, true);
	bluez_start(fixture->bluez, NAME);
	TEST_WAIT(strstr(bluez_problem(fixture->bluez), "peripheral"));
	fake_bluez_plug(fixture->fake, 1, true);
	expect(fixture, "ready:hci1");
}

static void test_daemon_restart(Fixture *fixture, gconstpointer data)
{
	start_with_hci0(fixture);
	fake_bluez_connect(fixture->fake, true);
	g_clear_pointer(&fixture->fake, fake_bluez_free);
	expect(fixture, "lost gone:all");
	test_assert_has(fixture->missing, "not running");
	fixture->fake = fake_bluez_new(test_bus_address(fixture->daemon));
	fake_bluez_plug(fixture->fake, 0, true);
	expect(fixture, "ready:hci0");
}

/* It leaves while it is asked to prepare the adapter. That is what is told last, and not what its
 * silence looks like. */
static void test_daemon_leaves(Fixture *fixture, gconstpointer data)
{
	fake_bluez_plug(fixture->fake, 0, true);
	TEST_WAIT(strstr(bluez_problem(fixture->bluez), "prepared"));
	bluez_start(fixture->bluez, NAME);
	g_clear_pointer(&fixture->fake, fake_bluez_free);
	expect(fixture, "gone:all");
	test_assert_has(fixture->missing, "not running");
}

static void test_link_down(Fixture *fixture, gconstpointer data)
{
	start_with_hci0(fixture);
	fake_bluez_connect(fixture->fake, true);
	TEST_WAIT(*bluez_device_address(fixture->bluez, FAKE_PHONE) != '\0');
	g_assert_cmpstr(bluez_device_address(fixture->bluez, FAKE_PHONE), ==, "11:22:33:44:55:66");
	fake_bluez_connect(fixture->fake, false);
	expect(fixture, "gone:dev_11_22_33_44_55_66");
	fake_bluez_connect(fixture->fake, true);
	bluez_disconnect(fixture->bluez, FAKE_PHONE);
	TEST_WAIT(fixture->fake->disconnects == 1);
}

/* ---- the GATT table ---- */

static void start_gatt(Fixture *fixture)
{
	start_with_hci0(fixture);
	gatt_app_register(fixture->gatt, FAKE_HCI0);
	expect(fixture, "registered");
}

static void test_table(Fixture *fixture, gconstpointer data)
{
	static const char *const ids[] = { "ff4f", "ff50", "ff51", "ff52", "ff53", "ff54", "ff55" };
	g_autofree char *objects = NULL;
	g_autofree char *service = NULL;
	FakeBluez *fake = fixture->fake;

	start_gatt(fixture);
	objects = fake_bluez_objects(fake);
	g_assert_cmpstr(objects, ==,
			"/io/landfall/gatt/service0 "
			"/io/landfall/gatt/service0/char0 /io/landfall/gatt/service0/char0/desc0 "
			"/io/landfall/gatt/service0/char1 /io/landfall/gatt/service0/char1/desc0 "
			"/io/landfall/gatt/service0/char2 /io/landfall/gatt/service0/char2/desc0 "
			"/io/landfall/gatt/service0/char3 /io/landfall/gatt/service0/char3/desc0 "
			"/io/landfall/gatt/service0/char4 /io/landfall/gatt/service0/char4/desc0 "
			"/io/landfall/gatt/service0/char5 /io/landfall/gatt/service0/char5/desc0 "
			"/io/landfall/gatt/service0/char6 /io/landfall/gatt/service0/char6/desc0");
	service = fake_bluez_properties(fake, fake->app_owner, GATT_APP_PATH "/service0",
					"org.bluez.GattService1");
	g_assert_cmpstr(service, ==, "UUID=" UUID " Primary=true Handle=0x0100");
	for (unsigned int i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autofree char *path = g_strdup_printf(GATT_APP_PATH "/service0/char%u", i);
		g_autofree char *below = g_strconcat(path, "/desc0", NULL);
		g_autofree char *chrc = fake_bluez_properties(fake, fake->app_owner, path,
							      "org.bluez.GattCharacteristic1");
		g_autofree char *desc = fake_bluez_properties(fake, fake->app_owner, below,
							      "org.bluez.GattDescriptor1");
		g_autofree char *want_chrc = g_strdup_printf(
			"UUID=021a%s-0382-4aea-bff4-6b3f1c5adfb4 Service=" GATT_APP_PATH
			"/service0 Flags=read,write Handle=0x%04x",
			ids[i], 0x102 + 3 * i);
		g_autofree char *want_desc = g_strdup_printf(
			"UUID=00002901-0000-1000-8000-00805f9b34fb Characteristic=%s Flags=read "
			"Handle=0x%04x",
			path, 0x103 + 3 * i);

		g_assert_cmpstr(chrc, ==, want_chrc);
		g_assert_cmpstr(desc, ==, want_desc);
	}
}

static void assert_read(Fixture *fixture, const char *path, const char *device, uint16_t offset,
			const char *expected)
{
	g_autoptr(FakeCall) call = fake_bluez_read(fixture->fake, path, device, offset);
	size_t len = 0;
	const void *data = NULL;

	TEST_WAIT(call->done);
	g_assert_cmpstr(call->error_name, ==, NULL);
	data = g_bytes_get_data(call->value, &len);
	g_assert_cmpmem(data, len, expected, strlen(expected));
	expect(fixture, "touched");
}

static void test_names(Fixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "prov-ctrl",      "prov-scan", "prov-session",
					     "prov-config",    "proto-ver", "landfall-store",
					     "landfall-status" };

	start_gatt(fixture);
	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strdup_printf("/service0/char%u/desc0", i);

		assert_read(fixture, path, FAKE_PHONE, 0, names[i]);
		assert_read(fixture, path, FAKE_PHONE, 5, names[i] + 5);
	}
}

/* Answer the write that is due, and wait until bluetoothd has it. */
static void finish(Fixture *fixture, const FakeCall *call, const char *reply)
{
	g_autoptr(GBytes) octets = reply ? g_bytes_new(reply, strlen(reply)) : NULL;
	GattWrite *write = g_steal_pointer(&fixture->write);

	g_assert_nonnull(write);
	g_assert_false(call->done);
	gatt_write_finish(write, octets);
	TEST_WAIT(call->done);
}

static void test_write_then_read(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) write = NULL;
	g_autoptr(FakeCall) beyond = NULL;

	start_gatt(fixture);
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
	write = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "hello", 5);
	expect(fixture, "written:prov-session:5");
	g_assert_cmpmem(g_bytes_get_data(fixture->written, NULL), 5, "hello", 5);
	finish(fixture, write, "0123456789");
	g_assert_cmpstr(write->error_name, ==, NULL);
	/* The value stays, whole or from an offset, for this characteristic and this phone. */
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "0123456789");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "0123456789");
	assert_read(fixture, SESSION, FAKE_PHONE, 4, "456789");
	assert_read(fixture, SESSION, FAKE_PHONE, 10, "");
	assert_read(fixture, VERSION, FAKE_PHONE, 0, "");
	assert_read(fixture, SESSION, OTHER, 0, "");
	beyond = fake_bluez_read(fixture->fake, SESSION, FAKE_PHONE, 11);
	TEST_WAIT(beyond->done);
	g_assert_cmpstr(beyond->error_name, ==, "org.bluez.Error.InvalidOffset");
	expect(fixture, "touched");
	gatt_app_forget(fixture->gatt, FAKE_PHONE);
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
}

static void test_write_refused(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) first = NULL;
	g_autoptr(FakeCall) second = NULL;

	start_gatt(fixture);
	first = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "", 0);
	expect(fixture, "written:prov-session:0");
	finish(fixture, first, "reply");
	second = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "bad", 3);
	expect(fixture, "written:prov-session:3");
	finish(fixture, second, NULL);
	/* The code is the text; it is one that starts no pairing. */
	g_assert_cmpstr(second->error_name, ==, "org.bluez.Error.Failed");
	g_assert_nonnull(g_strrstr(second->error_text, "0x80"));
	/* Nothing of the reply before is left to be taken for an answer. */
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
}

/* Somebody else writes before the phone has read: its reply is neither lost nor shown. */
static void test_write_by_another(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) ours = NULL;
	g_autoptr(FakeCall) refused = NULL;
	g_autoptr(FakeCall) taken = NULL;

	start_gatt(fixture);
	ours = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "hello", 5);
	expect(fixture, "written:prov-session:5");
	finish(fixture, ours, "reply");
	refused = fake_bluez_write(fixture->fake, SESSION, OTHER, 0, "me", 2);
	expect(fixture, "written:prov-session:2");
	finish(fixture, refused, NULL);
	assert_read(fixture, SESSION, OTHER, 0, "");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "reply");
	taken = fake_bluez_write(fixture->fake, SESSION, OTHER, 0, "now", 3);
	expect(fixture, "written:prov-session:3");
	finish(fixture, taken, "yours");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
	assert_read(fixture, SESSION, OTHER, 0, "yours");
}

static void test_write_by_nobody(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) write = NULL;

	start_gatt(fixture);
	write = fake_bluez_write(fixture->fake, SESSION, NULL, 0, "hello", 5);
	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, "org.bluez.Error.Failed");
	g_assert_cmpstr(fixture->notes->str, ==, "");
}

/* A program that is not bluetoothd, though it may send what it likes. */
static void test_stranger(Fixture *fixture, gconstpointer data)
{
	static const char *const calls[] = {
		"char2 org.bluez.GattCharacteristic1 WriteValue aya{sv} 1 7 1 device o " FAKE_PHONE,
		"char2 org.bluez.GattCharacteristic1 ReadValue a{sv} 1 device o " FAKE_PHONE,
		"char2/desc0 org.bluez.GattDescriptor1 ReadValue a{sv} 1 device o " FAKE_PHONE,
	};

	start_gatt(fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		g_autofree char *line = g_strdup_printf(
			"busctl --address=$DBUS_SESSION_BUS_ADDRESS call %s " GATT_APP_PATH
			"/service0/%s",
			fixture->fake->app_owner, calls[i]);
		int status = 0;
		g_autofree char *text = test_run(line, &status);

		g_assert_cmpint(status, !=, 0);
		test_assert_has(text, "bluetoothd alone");
	}
	g_assert_cmpuint(fixture->notes->len, ==, 0);
}

static void test_write_bounds(Fixture *fixture, gconstpointer data)
{
	g_autofree char *octets = g_strnfill(513, 'x');
	g_autoptr(FakeCall) most = NULL;
	g_autoptr(FakeCall) more = NULL;
	g_autoptr(FakeCall) part = NULL;

	start_gatt(fixture);
	more = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, octets, 513);
	TEST_WAIT(more->done);
	g_assert_cmpstr(more->error_name, ==, "org.bluez.Error.InvalidValueLength");
	part = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 7, octets, 10);
	TEST_WAIT(part->done);
	g_assert_cmpstr(part->error_name, ==, "org.bluez.Error.InvalidOffset");
	most = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, octets, 512);
	expect(fixture, "written:prov-session:512");
	finish(fixture, most, octets + 1);
	assert_read(fixture, SESSION, FAKE_PHONE, 512, "");
}

/* A reply that takes longer than bluetoothd waits: the write is acknowledged, the read is held. */
static FakeCall *hold_read(Fixture *fixture)
{
	g_autoptr(FakeCall) write = NULL;
	FakeCall *read = NULL;

	start_gatt(fixture);
	write = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "slow", 4);
	expect(fixture, "written:prov-session:4");
	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, NULL);
	read = fake_bluez_read(fixture->fake, SESSION, FAKE_PHONE, 0);
	expect(fixture, "touched");
	/* Another phone is not kept waiting, and gets nothing of it. */
	assert_read(fixture, SESSION, OTHER, 0, "");
	g_assert_false(read->done);
	return read;
}

static void finish_late(Fixture *fixture, const char *reply)
{
	g_autoptr(GBytes) value = reply ? g_bytes_new(reply, strlen(reply)) : NULL;

	gatt_write_finish(g_steal_pointer(&fixture->write), value);
}

static void test_read_held(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) read = hold_read(fixture);

	finish_late(fixture, "at last");
	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, ==, NULL);
	g_assert_cmpmem(g_bytes_get_data(read->value, NULL), g_bytes_get_size(read->value),
			"at last", 7);
	assert_read(fixture, SESSION, FAKE_PHONE, 3, "last");
}

static void test_read_held_refused(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) read = hold_read(fixture);
	g_autoptr(FakeCall) again = NULL;

	finish_late(fixture, NULL);
	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, ==, "org.bluez.Error.Failed");
	/* It was acknowledged, so every read has to say that it failed after all. */
	again = fake_bluez_read(fixture->fake, SESSION, FAKE_PHONE, 0);
	TEST_WAIT(again->done);
	g_assert_cmpstr(again->error_name, ==, "org.bluez.Error.Failed");
}

static void test_read_held_too_long(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) read = hold_read(fixture);

	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, ==, "org.bluez.Error.Failed");
	finish_late(fixture, "nobody waits");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "nobody waits");
}

/* The phone hangs up while its read is held: when it is back, nothing of that is left. */
static void test_read_held_hung_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) read = hold_read(fixture);

	gatt_app_forget(fixture->gatt, FAKE_PHONE);
	finish_late(fixture, NULL);
	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, !=, NULL);
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
}

/* A phone with several channels reads before its write is answered. */
static FakeCall *overtake(Fixture *fixture, FakeCall **write)
{
	FakeCall *read = NULL;

	start_gatt(fixture);
	*write = fake_bluez_write(fixture->fake, SESSION, FAKE_PHONE, 0, "slow", 4);
	expect(fixture, "written:prov-session:4");
	read = fake_bluez_read(fixture->fake, SESSION, FAKE_PHONE, 0);
	expect(fixture, "touched");
	g_assert_false((*write)->done);
	g_assert_false(read->done);
	return read;
}

static void test_read_overtakes(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) write = NULL;
	g_autoptr(FakeCall) read = overtake(fixture, &write);

	finish_late(fixture, "in order");
	TEST_WAIT(write->done && read->done);
	g_assert_cmpstr(write->error_name, ==, NULL);
	g_assert_cmpstr(read->error_name, ==, NULL);
	g_assert_cmpmem(g_bytes_get_data(read->value, NULL), g_bytes_get_size(read->value),
			"in order", 8);
}

static void test_read_overtakes_refused(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) write = NULL;
	g_autoptr(FakeCall) read = overtake(fixture, &write);

	finish_late(fixture, NULL);
	TEST_WAIT(write->done && read->done);
	g_assert_cmpstr(write->error_name, ==, "org.bluez.Error.Failed");
	g_assert_cmpstr(read->error_name, ==, "org.bluez.Error.Failed");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "");
}

/* Each has its own patience: the write is acknowledged in time although a read is held. */
static void test_read_overtakes_slow(Fixture *fixture, gconstpointer data)
{
	g_autoptr(FakeCall) write = NULL;
	g_autoptr(FakeCall) read = overtake(fixture, &write);

	TEST_WAIT(write->done);
	g_assert_cmpstr(write->error_name, ==, NULL);
	g_assert_false(read->done);
	TEST_WAIT(read->done);
	g_assert_cmpstr(read->error_name, ==, "org.bluez.Error.Failed");
	finish_late(fixture, "in the end");
	assert_read(fixture, SESSION, FAKE_PHONE, 0, "in the end");
}

static void test_register_retried(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_app = "org.bluez.Error.Failed";
	start_with_hci0(fixture);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*refuses the provisioning*");
	gatt_app_register(fixture->gatt, FAKE_HCI0);
	TEST_WAIT(fixture->fake->app_calls == 1);
	fixture->fake->refuse_app = NULL;
	expect(fixture, "registered");
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->fake->app_calls, ==, 2);
	gatt_app_unregister(fixture->gatt, false);
	TEST_WAIT(!fixture->fake->app_owner);
}

static void test_register_twice(Fixture *fixture, gconstpointer data)
{
	/* After a power loss bluetoothd still has the table: that is as good. */
	start_gatt(fixture);
	gatt_app_register(fixture->gatt, FAKE_HCI0);
	expect(fixture, "registered");
	g_assert_cmpuint(fixture->fake->app_calls, ==, 2);
}

/* ---- the advertisement ---- */

static void start_advert(Fixture *fixture)
{
	start_with_hci0(fixture);
	advert_register(fixture->advert, FAKE_HCI0, NAME);
	expect(fixture, "on-air");
}

static char *advert_properties(Fixture *fixture)
{
	return fake_bluez_properties(fixture->fake, fixture->fake->advert_owner,
				     fixture->fake->advert_path, "org.bluez.LEAdvertisement1");
}

static void test_advert(Fixture *fixture, gconstpointer data)
{
	g_autofree char *properties = NULL;

	start_advert(fixture);
	g_assert_true(advert_is_on_air(fixture->advert));
	properties = advert_properties(fixture);
	g_assert_cmpstr(properties, ==,
			"Type=peripheral ServiceUUIDs=" UUID " LocalName=" NAME
			" Discoverable=true MinInterval=100 MaxInterval=160");
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 1);
	advert_unregister(fixture->advert, false);
	TEST_WAIT(!fixture->fake->advert_owner);
	g_assert_false(advert_is_on_air(fixture->advert));
}

static void test_advert_released(Fixture *fixture, gconstpointer data)
{
	start_advert(fixture);
	fake_bluez_release(fixture->fake);
	expect(fixture, "off-air on-air");
}

static void test_advert_left_over(Fixture *fixture, gconstpointer data)
{
	start_advert(fixture);
	advert_register(fixture->advert, FAKE_HCI0, "PROV_FFFFFF");
	expect(fixture, "on-air");
	g_assert_cmpuint(fixture->fake->advert_calls, ==, 3);
}

static void test_advert_without_interval(Fixture *fixture, gconstpointer data)
{
	g_autofree char *properties = NULL;

	fixture->fake->refuse_advert = "org.bluez.Error.InvalidArguments";
	start_with_hci0(fixture);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*refuses the advertisement*");
	advert_register(fixture->advert, FAKE_HCI0, NAME);
	TEST_WAIT(fixture->fake->advert_calls == 1);
	fixture->fake->refuse_advert = NULL;
	expect(fixture, "on-air");
	g_test_assert_expected_messages();
	properties = advert_properties(fixture);
	g_assert_null(strstr(properties, "Interval"));
}

/* Taken is not enough: the adapter has to count it. */
static void test_advert_uncounted(Fixture *fixture, gconstpointer data)
{
	fixture->fake->adapters[0].uncounted = true;
	start_with_hci0(fixture);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*the adapter has none*");
	advert_observe(fixture->advert, bluez_active_instances(fixture->bluez));
	advert_register(fixture->advert, FAKE_HCI0, NAME);
	TEST_WAIT(fixture->fake->advert_owner);
	g_assert_false(advert_is_on_air(fixture->advert));
	expect(fixture, "on-air");
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->fake->advert_calls, ==, 2);
}

/* bluetoothd no longer has it and says nothing but that there are fewer. */
static void test_advert_lost(Fixture *fixture, gconstpointer data)
{
	start_advert(fixture);
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 1);
	fake_bluez_lose(fixture->fake);
	TEST_WAIT(fixture->fake->advert_owner);
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 1);
	g_assert_true(advert_is_on_air(fixture->advert));
}

/* Somebody else's ends: ours is looked after, and there are not two of it. */
static void test_advert_others(Fixture *fixture, gconstpointer data)
{
	FakeAdapter *adapter = &fixture->fake->adapters[0];

	adapter->others = 2;
	start_advert(fixture);
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 3);
	adapter->others = 1;
	fake_bluez_changed(fixture->fake, 0, "ActiveInstances");
	TEST_WAIT(fixture->fake->advert_calls == 2);
	g_assert_cmpint(adapter->instances, ==, 1);
	g_assert_cmpstr(fixture->notes->str, ==, "");
}

/* Others have eaten all the places; it goes on the air as soon as one is free. */
static void test_advert_no_place(Fixture *fixture, gconstpointer data)
{
	FakeAdapter *adapter = &fixture->fake->adapters[0];
	unsigned int calls = 0;

	adapter->others = FAKE_ADVERTS_MAX;
	start_with_hci0(fixture);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*refuses the advertisement*");
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*refuses the advertisement*");
	advert_observe(fixture->advert, bluez_active_instances(fixture->bluez));
	advert_register(fixture->advert, FAKE_HCI0, NAME);
	TEST_WAIT(fixture->fake->advert_calls == 2);
	calls = fixture->fake->advert_calls;
	adapter->others--;
	fake_bluez_changed(fixture->fake, 0, "ActiveInstances");
	expect(fixture, "on-air");
	g_assert_cmpuint(fixture->fake->advert_calls, ==, calls + 1);
	g_test_assert_expected_messages();
}

static void test_advert_check(Fixture *fixture, gconstpointer data)
{
	start_advert(fixture);
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 1);
	advert_check(fixture->advert);
	TEST_WAIT(fixture->fake->advert_calls == 2);
	g_assert_true(advert_is_on_air(fixture->advert));
	/* Nothing to look after when it is not wanted. */
	advert_unregister(fixture->advert, false);
	TEST_WAIT(!fixture->fake->advert_owner);
	advert_check(fixture->advert);
	TEST_WAIT(bluez_active_instances(fixture->bluez) == 0);
	g_assert_cmpuint(fixture->fake->advert_calls, ==, 2);
	/* Its object never changes: bluetoothd 5.66 would hand it to the adapter anew, and crashes
	 * when it is unregistered then. */
	g_assert_cmpuint(fixture->fake->refreshes, ==, 0);
}

/* ---- sleep ---- */

static void on_sleep(bool asleep, void *data)
{
	note(data, asleep ? "asleep" : "awake");
}

static void on_login(BusName *name, const GError *error, void *user_data)
{
	g_assert_no_error(error);
}

static void say_sleep(BusObject *object, bool asleep)
{
	BusMessage *signal =
		bus_object_signal(object, "org.freedesktop.login1.Manager", "PrepareForSleep");

	bus_writer_bool(bus_message_writer(signal), asleep);
	bus_object_emit(object, signal);
}

static void test_sleep(Fixture *fixture, gconstpointer data)
{
	static const BusSignal signals[] = { { "PrepareForSleep", "b", NULL },
					     { NULL, NULL, NULL } };
	static const BusInterface manager = { "org.freedesktop.login1.Manager", NULL, NULL, signals,
					      NULL };
	static const BusInterface *const interfaces[] = { &manager, NULL };
	Bus *login = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, NULL);
	BusObject *object =
		bus_object_register(login, "/org/freedesktop/login1", interfaces, NULL, NULL);
	Sleep *sleep = sleep_new(fixture->bus, on_sleep, fixture);
	BusName *name = NULL;

	/* Somebody who is not logind says so. */
	say_sleep(object, true);
	name = bus_name_request(login, "org.freedesktop.login1", 0, on_login, NULL);
	TEST_WAIT(bus_name_owned(name));
	TEST_WAIT((say_sleep(object, true), fixture->notes->len > 0));
	say_sleep(object, false);
	TEST_WAIT(strstr(fixture->notes->str, "awake"));
	sleep_free(sleep);
	bus_name_free(name);
	bus_object_free(object);
	bus_free(login);
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
	const char *adapter; /* configured; NULL: auto */
} Test;

static const Test tests[] = {
	{ "/bluez/prepared", test_adapter_prepared, NULL },
	{ "/bluez/alias-kept", test_adapter_alias_kept, NULL },
	{ "/bluez/unplugged", test_adapter_unplugged, NULL },
	{ "/bluez/other", test_adapter_other, NULL },
	{ "/bluez/powered-first", test_adapter_powered_first, NULL },
	{ "/bluez/named", test_adapter_named, "hci1" },
	{ "/bluez/central-only", test_adapter_central_only, NULL },
	{ "/bluez/daemon-restart", test_daemon_restart, NULL },
	{ "/bluez/daemon-leaves", test_daemon_leaves, NULL },
	{ "/bluez/link-down", test_link_down, NULL },
	{ "/gatt/table", test_table, NULL },
	{ "/gatt/names", test_names, NULL },
	{ "/gatt/write-then-read", test_write_then_read, NULL },
	{ "/gatt/write-refused", test_write_refused, NULL },
	{ "/gatt/write-by-another", test_write_by_another, NULL },
	{ "/gatt/write-by-nobody", test_write_by_nobody, NULL },
	{ "/gatt/stranger", test_stranger, NULL },
	{ "/gatt/write-bounds", test_write_bounds, NULL },
	{ "/gatt/read-held", test_read_held, NULL },
	{ "/gatt/read-held-refused", test_read_held_refused, NULL },
	{ "/gatt/read-held-too-long", test_read_held_too_long, NULL },
	{ "/gatt/read-held-hung-up", test_read_held_hung_up, NULL },
	{ "/gatt/read-overtakes", test_read_overtakes, NULL },
	{ "/gatt/read-overtakes-refused", test_read_overtakes_refused, NULL },
	{ "/gatt/read-overtakes-slow", test_read_overtakes_slow, NULL },
	{ "/gatt/register-retried", test_register_retried, NULL },
	{ "/gatt/register-twice", test_register_twice, NULL },
	{ "/advert/properties", test_advert, NULL },
	{ "/advert/released", test_advert_released, NULL },
	{ "/advert/left-over", test_advert_left_over, NULL },
	{ "/advert/without-interval", test_advert_without_interval, NULL },
	{ "/advert/uncounted", test_advert_uncounted, NULL },
	{ "/advert/lost", test_advert_lost, NULL },
	{ "/advert/others", test_advert_others, NULL },
	{ "/advert/no-place", test_advert_no_place, NULL },
	{ "/advert/check", test_advert_check, NULL },
	{ "/sleep", test_sleep, NULL },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, tests[i].adapter, setup, tests[i].test,
			   teardown);
	return g_test_run();
}
