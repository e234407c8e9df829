/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/advert.h"

#include "dbus/bus-call.h"
#include "dbus/bus-object.h"
#include "provisioner/adapter/retry.h"

#include <string.h>

#define BLUEZ_SERVICE   "org.bluez"
#define ADVERT_MANAGER  "org.bluez.LEAdvertisingManager1"
#define ADVERT_IFACE    "org.bluez.LEAdvertisement1"
#define MIN_INTERVAL_MS 100
#define MAX_INTERVAL_MS 160
#define COUNTED_MS      3000 /* for the adapter to count an advertisement that was taken */

struct Advert {
	Bus *bus;
	const char *uuid;
	const AdvertEvents *events;
	void *data;
	BusObject *object;

	char *adapter; /* NULL: not wanted on any */
	char *name;
	bool on_air;
	int active;    /* advertisements of the adapter, anybody's; -1: it does not say */
	bool plain;    /* bluetoothd refused it with intervals */
	bool replaced; /* one left over from before was just taken down */
	BusCall *call; /* RegisterAdvertisement */
	guint counted; /* taken, but not counted yet */
	Retry *retry;
};

static void advert_start(void *data);
static void advert_lost(Advert *advert);

static void advert_set_on_air(Advert *advert, bool on_air)
{
	if (advert->on_air == on_air)
		return;
	advert->on_air = on_air;
	advert->events->changed(on_air, advert->data);
}

static void release_handle(BusRequest *request, void *user_data)
{
	Advert *advert = user_data;

	bus_request_reply(request);
	if (advert->adapter)
		advert_lost(advert);
}

static void type_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "peripheral");
}

static void uuids_get(BusWriter *value, void *user_data)
{
	const Advert *advert = user_data;
	const char *const uuids[] = { advert->uuid, NULL };

	bus_writer_strings(value, uuids);
}

static void name_get(BusWriter *value, void *user_data)
{
	const Advert *advert = user_data;

	bus_writer_string(value, advert->name);
}

static void discoverable_get(BusWriter *value, void *user_data)
{
	bus_writer_bool(value, true);
}

static void min_interval_get(BusWriter *value, void *user_data)
{
	bus_writer_u32(value, MIN_INTERVAL_MS);
}

static void max_interval_get(BusWriter *value, void *user_data)
{
	bus_writer_u32(value, MAX_INTERVAL_MS);
}

static bool interval_exists(void *user_data)
{
	const Advert *advert = user_data;

	return !advert->plain;
}

static const BusMethod methods[] = {
	{ "Release", "", "", release_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* No DiscoverableTimeout: bluetoothd up to 5.72 takes 0 for "now", not for "never", and takes the
 * flags out of the advertisement at once. Without the property there is no limit. */
static const BusProperty properties[] = {
	{ "Type", "s", type_get, NULL, NULL, 0 },
	{ "ServiceUUIDs", "as", uuids_get, NULL, NULL, 0 },
	{ "LocalName", "s", name_get, NULL, NULL, 0 },
	{ "Discoverable", "b", discoverable_get, NULL, NULL, 0 },
	{ "MinInterval", "u", min_interval_get, NULL, interval_exists, 0 },
	{ "MaxInterval", "u", max_interval_get, NULL, interval_exists, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface advert_interface = { ADVERT_IFACE, methods, properties, NULL, NULL };

Advert *advert_new(Bus *bus, const char *uuid, const AdvertEvents *events, void *data,
		   GError **error)
{
	static const BusInterface *const interfaces[] = { &advert_interface, NULL };
	g_autoptr(Advert) advert = g_new0(Advert, 1);

	advert->bus = bus;
	advert->uuid = uuid;
	advert->events = events;
	advert->data = data;
	advert->active = -1;
	advert->retry = retry_new(advert_start, advert);
	advert->object = bus_object_register(bus, ADVERT_PATH, interfaces, advert, error);
	if (!advert->object)
		return NULL;
	return g_steal_pointer(&advert);
}

void advert_free(Advert *advert)
{
	if (!advert)
		return;
	advert_unregister(advert, false);
	bus_object_free(advert->object);
	retry_free(advert->retry);
	g_free(advert->name);
	g_free(advert);
}

static BusMessage *manager_call(const Advert *advert, const char *member)
{
	BusMessage *message =
		bus_message_new_call(BLUEZ_SERVICE, advert->adapter, ADVERT_MANAGER, member);

	bus_writer_path(bus_message_writer(message), ADVERT_PATH);
	return message;
}

/* Off the air without our doing: try again. */
static void advert_lost(Advert *advert)
{
	g_clear_handle_id(&advert->counted, g_source_remove);
	retry_later(advert->retry);
	advert_set_on_air(advert, false);
}

static void register_failed(Advert *advert, const BusReply *reply)
{
	const char *name = bus_reply_error_name(reply);
	unsigned int wait_ms = 0;

	/* One of ours is left over from before a power loss: put the new one in its place. */
	if (strcmp(name, "org.bluez.Error.AlreadyExists") == 0 && !advert->replaced) {
		advert->replaced = true;
		bus_message_send(advert->bus, manager_call(advert, "UnregisterAdvertisement"));
		advert_start(advert);
		return;
	}
	if (strcmp(name, "org.bluez.Error.InvalidArguments") == 0)
		advert->plain = true;
	wait_ms = retry_later(advert->retry);
	g_warning("bluetoothd refuses the advertisement: %s; next attempt in %u ms",
		  bus_reply_error(reply)->message, wait_ms);
	advert_set_on_air(advert, false);
}

static void advert_confirmed(Advert *advert)
{
	g_clear_handle_id(&advert->counted, g_source_remove);
	retry_reset(advert->retry);
	advert_set_on_air(advert, true);
}

static gboolean on_not_counted(gpointer data)
{
	Advert *advert = data;

	advert->counted = 0;
	g_warning("bluetoothd has taken the advertisement, but the adapter has none");
	bus_message_send(advert->bus, manager_call(advert, "UnregisterAdvertisement"));
	advert_lost(advert);
	return G_SOURCE_REMOVE;
}

static void register_on_reply(BusReply *reply, void *user_data)
{
	Advert *advert = user_data;

	advert->call = NULL;
	if (bus_reply_error(reply)) {
		register_failed(advert, reply);
		return;
	}
	advert->replaced = false;
	if (advert->active == 0)
		advert->counted = g_timeout_add(COUNTED_MS, on_not_counted, advert);
	else
		advert_confirmed(advert);
}

static BusMessage *register_message(const Advert *advert)
{
	BusMessage *message = manager_call(advert, "RegisterAdvertisement");

	bus_writer_open(bus_message_writer(message), "a{sv}");
	bus_writer_close(bus_message_writer(message));
	return message;
}

static void advert_start(void *data)
{
	Advert *advert = data;

	g_clear_handle_id(&advert->counted, g_source_remove); /* of a registration before */
	bus_call_cancel(advert->call); /* a check, when bluetoothd let go meanwhile */
	advert->call = bus_call_start(advert->bus, register_message(advert), BUS_TIMEOUT_DEFAULT,
				      register_on_reply, advert);
}

void advert_register(Advert *advert, const char *adapter, const char *name)
{
	advert_unregister(advert, true);
	g_free(advert->name);
	advert->name = g_strdup(name);
	advert->adapter = g_strdup(adapter);
	advert_start(advert);
}

void advert_unregister(Advert *advert, bool adapter_lost)
{
	if (!advert->adapter)
		return;
	if (!adapter_lost && (advert->on_air || advert->call || advert->counted))
		bus_message_send(advert->bus, manager_call(advert, "UnregisterAdvertisement"));
	bus_call_cancel(advert->call);
	advert->call = NULL;
	g_clear_handle_id(&advert->counted, g_source_remove);
	advert->on_air = false;
	retry_reset(advert->retry);
	g_clear_pointer(&advert->adapter, g_free);
}

bool advert_is_on_air(const Advert *advert)
{
	return advert->on_air;
}

static void check_on_reply(BusReply *reply, void *user_data)
{
	Advert *advert = user_data;
	const char *name = bus_reply_error_name(reply);

	advert->call = NULL;
	if (!name) {
		g_message("bluetoothd had lost the advertisement; it has it again");
		return;
	}
	if (strcmp(name, "org.bluez.Error.AlreadyExists") != 0)
		register_failed(advert, reply);
}

void advert_check(Advert *advert)
{
	if (!advert->on_air || advert->call)
		return;
	advert->call = bus_call_start(advert->bus, register_message(advert), BUS_TIMEOUT_DEFAULT,
				      check_on_reply, advert);
}

void advert_observe(Advert *advert, int active)
{
	bool fewer = active < advert->active;

	advert->active = active;
	if (advert->counted && active != 0) {
		advert_confirmed(advert);
	} else if (advert->on_air && fewer) {
		advert_check(advert);
	} else if (fewer && advert->adapter && !advert->call && !advert->counted) {
		/* Somebody has made room. */
		retry_reset(advert->retry);
		advert_start(advert);
	}
}
