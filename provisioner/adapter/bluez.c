/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/bluez.h"

#include "dbus/bus-peer.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/retry.h"

#include <string.h>

#define ADAPTER_IFACE "org.bluez.Adapter1"
#define GATT_IFACE    "org.bluez.GattManager1"
#define ADVERT_IFACE  "org.bluez.LEAdvertisingManager1"
#define DEVICE_IFACE  "org.bluez.Device1"
#define ROLES_MAX     16

typedef enum BluezStep {
	STEP_NONE, /* stopped, or no adapter */
	STEP_POWER,
	STEP_PAIRABLE,
	STEP_ALIAS,
	STEP_READY,
} BluezStep;

struct Bluez {
	Bus *bus;
	BusPeer *peer;
	char *wanted; /* "auto" or hciN */
	const BluezEvents *events;
	void *data;

	bool started;
	char *alias;
	BluezStep step;
	char *path;    /* of the adapter in use, NULL unless step says more than NONE */
	char *refused; /* path of one that would not be prepared, passed over if possible */
	BusCall *call; /* of the present step */
	Retry *retry;
	guint later; /* what is left is looked at once something is gone */

	char *found_path;  /* adapter the next two belong to, NULL: none was changed */
	char *found_alias; /* as it was before us */
	bool found_pairable;
};

static void bluez_consider(Bluez *bluez);
static void bluez_advance(Bluez *bluez);

static const char *path_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : "";
}

/* Can a phone connect to it? Adapters of bluetoothd before 5.51 do not tell their roles. */
static bool is_peripheral(const BusMirror *mirror)
{
	BusReader *reader = bus_mirror_reader(mirror, ADAPTER_IFACE, "Roles");
	g_auto(GStrv) roles = NULL;

	if (!reader)
		return true;
	roles = bus_reader_strings(reader, ROLES_MAX);
	for (char **role = roles; role && *role; role++) {
		if (strstr(*role, "peripheral"))
			return true;
	}
	return false;
}

static bool is_usable(const Bluez *bluez, const BusMirror *mirror)
{
	if (strcmp(bluez->wanted, "auto") != 0 &&
	    strcmp(bluez->wanted, path_name(bus_mirror_path(mirror))) != 0)
		return false;
	return bus_mirror_has(mirror, GATT_IFACE, NULL) &&
	       bus_mirror_has(mirror, ADVERT_IFACE, NULL) && is_peripheral(mirror);
}

static bool is_powered(const BusMirror *mirror)
{
	return bus_mirror_bool(mirror, ADAPTER_IFACE, "Powered", false);
}

/* The best adapter: one that did not refuse before one that did, powered before not, first by
 * name. */
static BusMirror *pick(const Bluez *bluez)
{
	g_autoptr(GPtrArray) mirrors = NULL;
	BusMirror *best = NULL;
	int best_rank = -1;

	if (!bus_peer_is_present(bluez->peer))
		return NULL;
	mirrors = bus_peer_list(bluez->peer, ADAPTER_IFACE);
	for (guint i = 0; i < mirrors->len; i++) {
		BusMirror *mirror = g_ptr_array_index(mirrors, i);
		int rank = is_powered(mirror) ? 1 : 0;

		if (!is_usable(bluez, mirror))
			continue;
		if (g_strcmp0(bluez->refused, bus_mirror_path(mirror)) != 0)
			rank += 2;
		if (rank > best_rank) {
			best = mirror;
			best_rank = rank;
		}
	}
	return best;
}

static BusMirror *adapter_mirror(const Bluez *bluez)
{
	return bluez->path ? bus_peer_find(bluez->peer, bluez->path) : NULL;
}

/* Let go of the adapter; tell if somebody was told that it is ready. */
static void bluez_drop(Bluez *bluez)
{
	bool was_ready = bluez->step == STEP_READY;

	bus_call_cancel(bluez->call);
	bluez->call = NULL;
	bluez->step = STEP_NONE;
	g_clear_pointer(&bluez->path, g_free);
	if (was_ready && bluez->started)
		bluez->events->lost(bluez->data);
}

static void step_refused(Bluez *bluez, const GError *error)
{
	unsigned int wait_ms = 0;

	g_free(bluez->refused);
	bluez->refused = g_strdup(bluez->path);
	bluez_drop(bluez);
	wait_ms = retry_later(bluez->retry);
	g_message("Bluetooth adapter %s cannot be prepared: %s; next attempt in %u ms",
		  path_name(bluez->refused), error->message, wait_ms);
	bluez->events->problem(bluez->data);
}

static void step_on_reply(BusReply *reply, void *user_data)
{
	Bluez *bluez = user_data;

	bluez->call = NULL;
	if (bus_reply_error(reply)) {
		step_refused(bluez, bus_reply_error(reply));
		return;
	}
	bluez->step++;
	bluez_advance(bluez);
}

static BusMessage *set_bool(const char *path, const char *property, bool value)
{
	return bus_properties_set_bool(BLUEZ_SERVICE, path, ADAPTER_IFACE, property, value);
}

static BusMessage *set_alias(const char *path, const char *alias)
{
	BusMessage *message = bus_properties_set(BLUEZ_SERVICE, path, ADAPTER_IFACE, "Alias");
	BusWriter *writer = bus_message_writer(message);

	bus_writer_open_variant(writer, "s");
	bus_writer_string(writer, alias);
	bus_writer_close(writer);
	return message;
}

static void forget_found(Bluez *bluez)
{
	g_clear_pointer(&bluez->found_path, g_free);
	g_clear_pointer(&bluez->found_alias, g_free);
}

/* Remember what is about to be changed, once for each adapter taken. */
static void note_found(Bluez *bluez, const BusMirror *mirror)
{
	const char *alias = bus_mirror_string(mirror, ADAPTER_IFACE, "Alias");
	const char *name = bus_mirror_string(mirror, ADAPTER_IFACE, "Name");

	if (g_strcmp0(bluez->found_path, bluez->path) == 0)
		return;
	/* The system's name, and our own left behind by a crash, are restored by "". */
	if (!alias || g_strcmp0(alias, name) == 0 || strcmp(alias, bluez->alias) == 0)
		alias = "";
	forget_found(bluez);
	bluez->found_path = g_strdup(bluez->path);
	bluez->found_alias = g_strdup(alias);
	bluez->found_pairable = bus_mirror_bool(mirror, ADAPTER_IFACE, "Pairable", false);
}

static void bluez_call(Bluez *bluez, BusMessage *message)
{
	bluez->call =
		bus_call_start(bluez->bus, message, BUS_TIMEOUT_DEFAULT, step_on_reply, bluez);
}

/* Start the call of the present step, passing over steps that have nothing to do. */
static void bluez_advance(Bluez *bluez)
{
	BusMirror *mirror = adapter_mirror(bluez);

	if (!mirror) {
		bluez_drop(bluez);
		return;
	}
	if (bluez->step == STEP_POWER && is_powered(mirror))
		bluez->step++;
	if (bluez->step == STEP_PAIRABLE) {
		note_found(bluez, mirror);
		if (!bus_mirror_bool(mirror, ADAPTER_IFACE, "Pairable", true))
			bluez->step++;
	}
	if (bluez->step == STEP_ALIAS &&
	    g_strcmp0(bus_mirror_string(mirror, ADAPTER_IFACE, "Alias"), bluez->alias) == 0)
		bluez->step++;
	switch (bluez->step) {
	case STEP_NONE: break;
	case STEP_POWER: bluez_call(bluez, set_bool(bluez->path, "Powered", true)); break;
	case STEP_PAIRABLE: bluez_call(bluez, set_bool(bluez->path, "Pairable", false)); break;
	case STEP_ALIAS: bluez_call(bluez, set_alias(bluez->path, bluez->alias)); break;
	case STEP_READY:
		retry_reset(bluez->retry);
		g_clear_pointer(&bluez->refused, g_free);
		bluez->events->ready(bluez->path, bluez->data);
		break;
	}
}

static void restore_found(Bluez *bluez)
{
	const char *path = bluez->found_path;

	if (path && bus_peer_find(bluez->peer, path)) {
		bus_message_send(bluez->bus, set_alias(path, bluez->found_alias));
		bus_message_send(bluez->bus, set_bool(path, "Pairable", bluez->found_pairable));
	}
	forget_found(bluez);
}

/* Something changed: is there an adapter, is it still the one in use? */
static void bluez_consider(Bluez *bluez)
{
	BusMirror *mirror = adapter_mirror(bluez);

	if (!bluez->started)
		return;
	if (mirror && is_usable(bluez, mirror)) {
		if (bluez->step == STEP_READY && !is_powered(mirror)) {
			g_message("Bluetooth adapter %s was powered off", path_name(bluez->path));
			bluez_drop(bluez);
			retry_later(bluez->retry);
		}
		return;
	}
	if (bluez->step != STEP_NONE)
		bluez_drop(bluez);
	mirror = pick(bluez);
	if (!mirror) {
		bluez->events->problem(bluez->data);
		return;
	}
	retry_cancel(bluez->retry);
	bluez->path = g_strdup(bus_mirror_path(mirror));
	bluez->step = STEP_POWER;
	bluez_advance(bluez);
}

static void retry_due(void *data)
{
	bluez_consider(data);
}

static void on_appeared(BusPeer *peer, void *user_data)
{
	bluez_consider(user_data);
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	Bluez *bluez = user_data;

	g_message("bluetoothd left the bus");
	bluez_drop(bluez);
	g_clear_pointer(&bluez->refused, g_free);
	forget_found(bluez);
	bluez->events->disconnected(NULL, bluez->data);
	bluez->events->problem(bluez->data);
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	if (strcmp(interface, DEVICE_IFACE) != 0)
		bluez_consider(user_data);
}

static gboolean on_later(gpointer data)
{
	Bluez *bluez = data;

	bluez->later = 0;
	bluez_consider(bluez);
	return G_SOURCE_REMOVE;
}

static void on_removed(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	Bluez *bluez = user_data;

	if (strcmp(interface, DEVICE_IFACE) == 0) {
		bluez->events->disconnected(bus_mirror_path(mirror), bluez->data);
		return;
	}
	if (g_strcmp0(bluez->path, bus_mirror_path(mirror)) == 0) {
		g_message("Bluetooth adapter %s is gone", path_name(bluez->path));
		forget_found(bluez);
		bluez_drop(bluez);
	}
	/* Until we return the mirror has what is gone. */
	if (!bluez->later)
		bluez->later = g_idle_add(on_later, bluez);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *user_data)
{
	Bluez *bluez = user_data;

	if (strcmp(interface, DEVICE_IFACE) == 0) {
		if (strcmp(property, "Connected") == 0 &&
		    !bus_mirror_bool(mirror, DEVICE_IFACE, "Connected", false))
			bluez->events->disconnected(bus_mirror_path(mirror), bluez->data);
	} else if (strcmp(property, "Powered") == 0) {
		bluez_consider(bluez);
	} else if (strcmp(property, "ActiveInstances") == 0 && bluez->step == STEP_READY &&
		   g_strcmp0(bluez->path, bus_mirror_path(mirror)) == 0) {
		bluez->events->advertising(bluez_active_instances(bluez), bluez->data);
	}
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	g_warning("cannot read the objects of bluetoothd: %s", error->message);
}

Bluez *bluez_new(Bus *bus, const char *adapter, const BluezEvents *events, void *data)
{
	static const char *const interfaces[] = { ADAPTER_IFACE, GATT_IFACE, ADVERT_IFACE,
						  DEVICE_IFACE, NULL };
	static const BusPeerSpec spec = { BLUEZ_SERVICE, "/", interfaces };
	static const BusPeerEvents peer_events = { on_appeared, on_vanished, on_added,
						   on_removed,  on_changed,  on_failed };
	Bluez *bluez = g_new0(Bluez, 1);

	bluez->bus = bus;
	bluez->wanted = g_strdup(adapter);
	bluez->events = events;
	bluez->data = data;
	bluez->retry = retry_new(retry_due, bluez);
	bluez->peer = bus_peer_new(bus, &spec, &peer_events, bluez);
	return bluez;
}

void bluez_free(Bluez *bluez)
{
	if (!bluez)
		return;
	bluez_stop(bluez);
	g_clear_handle_id(&bluez->later, g_source_remove);
	bus_peer_free(bluez->peer);
	retry_free(bluez->retry);
	g_free(bluez->wanted);
	g_free(bluez->alias);
	g_free(bluez->refused);
	g_free(bluez);
}

void bluez_start(Bluez *bluez, const char *alias)
{
	if (bluez->started)
		return;
	bluez->started = true;
	g_free(bluez->alias);
	bluez->alias = g_strdup(alias);
	bluez_consider(bluez);
}

void bluez_stop(Bluez *bluez)
{
	if (!bluez->started)
		return;
	bluez->started = false;
	restore_found(bluez);
	bluez_drop(bluez);
	retry_reset(bluez->retry);
}

const char *bluez_adapter(const Bluez *bluez)
{
	return bluez->step == STEP_READY ? path_name(bluez->path) : "";
}

const char *bluez_problem(const Bluez *bluez)
{
	g_autoptr(GPtrArray) mirrors = NULL;

	if (!bus_peer_is_present(bluez->peer))
		return "bluetoothd is not running; see 'systemctl status bluetooth'";
	mirrors = bus_peer_list(bluez->peer, ADAPTER_IFACE);
	if (mirrors->len == 0)
		return "no Bluetooth adapter is plugged in";
	if (!pick(bluez))
		return strcmp(bluez->wanted, "auto") == 0
			       ? "no Bluetooth adapter can be a Low Energy peripheral"
			       : "the configured Bluetooth adapter is absent or no Low Energy "
				 "peripheral";
	return bluez->refused ? "the Bluetooth adapter cannot be switched on; is it blocked? see "
				"'rfkill list'"
			      : "the Bluetooth adapter is being prepared";
}

const char *bluez_device_address(const Bluez *bluez, const char *device)
{
	BusMirror *mirror = bus_peer_find(bluez->peer, device);
	const char *address = mirror ? bus_mirror_string(mirror, DEVICE_IFACE, "Address") : NULL;

	return address ? address : "";
}

void bluez_disconnect(Bluez *bluez, const char *device)
{
	if (bus_peer_find(bluez->peer, device))
		bus_message_send(bluez->bus, bus_message_new_call(BLUEZ_SERVICE, device,
								  DEVICE_IFACE, "Disconnect"));
}

int bluez_active_instances(const Bluez *bluez)
{
	BusMirror *mirror = adapter_mirror(bluez);

	if (!mirror || !bus_mirror_has(mirror, ADVERT_IFACE, "ActiveInstances"))
		return -1;
	return (int)bus_mirror_uint(mirror, ADVERT_IFACE, "ActiveInstances", 0);
}
