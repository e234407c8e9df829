/* SPDX-License-Identifier: MIT */
/*
 * fuzz_bus_bluez - a bluetoothd, a logind and a polkit that answer and say anything, in any order
 *
 *   events: kind (1), and what it takes
 *
 * The adapters are those that are shipped, put together as the App does, on a real connection; the
 * bus, the services and time are the fuzzer's. What must hold whatever they do: a write is handed
 * over within its bounds, each check of a caller ends once, and all can be freed at any moment.
 */
#include "tests/fuzz/fuzz.h"

#include "dbus/bus-authority.h"
#include "provisioner/adapter/advert.h"
#include "provisioner/adapter/bluez.h"
#include "provisioner/adapter/gatt-app.h"
#include "provisioner/adapter/sleep.h"
#include "tests/fuzz/bus-stage.h"
#include "tests/fuzz/bus-worlds.h"

#include <string.h>

#define EVENTS_MAX 200
#define NAME       "PROV_fuzz"
#define UUID       "021a9004-0382-4aea-bff4-6b3f1c5adfb4"

typedef enum Event {
	EVENT_ALL_WELL, /* see world_all_well() */
	EVENT_ANSWER,   /* see world_answer() */
	EVENT_REFUSE,   /* see world_refuse() */
	EVENT_SPEAK,    /* see world_speak() */
	EVENT_START,
	EVENT_STOP,
	EVENT_FINISH, /* the core answers the oldest write: octets (1), 0: refuses it */
	EVENT_CHECK,  /* of a caller: a person may be asked (1) */
	EVENT_LOOK,   /* is the advertisement still there? */
	EVENT_PASS,
	EVENT_COME_OR_GO,
	EVENT_HANG_UP,
	EVENT_N,
} Event;

typedef struct Run {
	Cursor cursor;
	BusSide *side;
	Bus *bus;
	Bluez *bluez;
	GattApp *gatt;
	Advert *advert;
	Sleep *sleep;
	BusAuthority *authority;
	char *adapter;        /* NULL: none is ready */
	GQueue writes;        /* GattWrite, owned */
	unsigned int begun;   /* checks */
	unsigned int decided; /* of them */
	bool over;            /* the bus is lost */
} Run;

static const BusWorld *const world = &bus_world_bluez;

/* ---- what the adapters tell ---- */

static void on_ready(const char *path, void *data)
{
	Run *run = data;

	g_free(run->adapter);
	run->adapter = g_strdup(path);
	gatt_app_register(run->gatt, path);
}

static void on_lost(void *data)
{
	Run *run = data;

	advert_unregister(run->advert, true);
	gatt_app_unregister(run->gatt, true);
	g_clear_pointer(&run->adapter, g_free);
}

static void on_disconnected(const char *device, void *data)
{
	Run *run = data;

	gatt_app_forget(run->gatt, device);
	advert_check(run->advert);
}

static void on_problem(void *data)
{
	Run *run = data;

	/* it may be told while bluez_new() still runs */
	g_assert_nonnull(run->bluez ? bluez_problem(run->bluez) : "");
}

static void on_advertising(int active, void *data)
{
	Run *run = data;

	g_assert_cmpint(active, >=, -1);
	advert_observe(run->advert, active);
}

static void on_registered(void *data)
{
	Run *run = data;

	g_assert_nonnull(run->adapter);
	advert_observe(run->advert, bluez_active_instances(run->bluez));
	advert_register(run->advert, run->adapter, NAME);
}

static void on_touched(const char *device, void *data)
{
	Run *run = data;

	g_assert_nonnull(bluez_device_address(run->bluez, device));
}

static void on_written(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
		       void *data)
{
	Run *run = data;

	g_assert_cmpint(endpoint, <, ENDPOINT_N);
	g_assert_cmpuint(g_bytes_get_size(value), <=, GATT_VALUE_MAX);
	g_assert_cmpstr(device, !=, "");
	g_queue_push_tail(&run->writes, write);
}

static void on_air(bool is_on_air, void *data)
{
	Run *run = data;

	g_assert_true(is_on_air == advert_is_on_air(run->advert));
}

static void on_sleep(bool asleep, void *data)
{
	Run *run = data;

	if (!asleep && advert_is_on_air(run->advert))
		advert_register(run->advert, run->adapter, NAME);
}

static void on_checked(const GError *error, void *data)
{
	Run *run = data;

	run->decided++;
}

/* ---- events ---- */

static void finish(Run *run, size_t len)
{
	GattWrite *write = g_queue_pop_head(&run->writes);
	g_autofree char *data = g_strnfill(len, 'a');
	g_autoptr(GBytes) reply = len > 0 ? g_bytes_new(data, len) : NULL;

	if (write)
		gatt_write_finish(write, reply);
}

static void check(Run *run, bool interactive)
{
	run->begun++;
	bus_authority_check(run->authority, SIDE_STRANGER, interactive, on_checked, run);
}

static void stop(Run *run)
{
	advert_unregister(run->advert, false);
	gatt_app_unregister(run->gatt, false);
	bluez_stop(run->bluez);
	g_clear_pointer(&run->adapter, g_free);
}

static void on_event(Run *run, Event event)
{
	switch (event) {
	case EVENT_ALL_WELL: world_all_well(world, run->side); break;
	case EVENT_ANSWER: world_answer(world, run->side, &run->cursor); break;
	case EVENT_REFUSE: world_refuse(world, run->side, &run->cursor); break;
	case EVENT_SPEAK: world_speak(world, run->side, &run->cursor); break;
	case EVENT_START: bluez_start(run->bluez, NAME); break;
	case EVENT_STOP: stop(run); break;
	case EVENT_FINISH: finish(run, cursor_take_u8(&run->cursor) * 3u); break;
	case EVENT_CHECK: check(run, cursor_take_u8(&run->cursor) & 1); break;
	case EVENT_LOOK: advert_check(run->advert); break;
	case EVENT_PASS: stage_pass(); break;
	case EVENT_COME_OR_GO: side_own(run->side, !side_is_there(run->side)); break;
	case EVENT_HANG_UP:
		side_hang_up(run->side);
		run->over = true;
		break;
	case EVENT_N: break;
	}
	side_settle(run->side);
}

static void open_adapters(Run *run)
{
	static const BluezEvents bluez_events = { on_ready, on_lost, on_disconnected, on_problem,
						  on_advertising };
	static const GattAppEvents gatt_events = { on_registered, on_touched, on_written };
	static const AdvertEvents advert_events = { on_air };
	g_autoptr(GError) error = NULL;

	stage_reset();
	run->side = side_new(world->service);
	run->bus = bus_open(side_address(run->side), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	run->gatt = gatt_app_new(run->bus, UUID, &gatt_events, run, &error);
	g_assert_no_error(error);
	run->advert = advert_new(run->bus, gatt_app_uuid(run->gatt), &advert_events, run, &error);
	g_assert_no_error(error);
	run->bluez = bluez_new(run->bus, "auto", &bluez_events, run);
	run->sleep = sleep_new(run->bus, on_sleep, run);
	run->authority = bus_authority_new(run->bus, "io.landfall.fuzz");
	bluez_start(run->bluez, NAME);
	side_settle(run->side);
}

static void close_adapters(Run *run)
{
	while (!g_queue_is_empty(&run->writes))
		finish(run, 0);
	sleep_free(run->sleep);
	advert_free(run->advert);
	gatt_app_free(run->gatt);
	bluez_free(run->bluez);
	bus_authority_free(run->authority);
	g_assert_cmpuint(run->decided, ==, run->begun);
	bus_free(run->bus);
	side_free(run->side);
	g_free(run->adapter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Run run = { .cursor = cursor_init_data(data, size) };

	open_adapters(&run);
	for (unsigned int i = 0; i < EVENTS_MAX && run.cursor.len > 0 && !run.over; i++)
		on_event(&run, cursor_take_u8(&run.cursor) % EVENT_N);
	close_adapters(&run);
	return 0;
}
