/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/gatt-app.h"

#include "dbus/bus-call.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "provisioner/adapter/retry.h"

#include <string.h>

#define BLUEZ_SERVICE  "org.bluez"
#define GATT_MANAGER   "org.bluez.GattManager1"
#define SERVICE_IFACE  "org.bluez.GattService1"
#define CHRC_IFACE     "org.bluez.GattCharacteristic1"
#define DESC_IFACE     "org.bluez.GattDescriptor1"
#define SERVICE_PATH   GATT_APP_PATH "/service0"
#define DESC_UUID      "00002901-0000-1000-8000-00805f9b34fb"
#define SERVICE_HANDLE 0x0100

/* bluetoothd makes ATT codes of these: Failed carries the code itself as its text. */
#define ERROR_FAILED "org.bluez.Error.Failed"
#define ERROR_OFFSET "org.bluez.Error.InvalidOffset"
#define ERROR_LENGTH "org.bluez.Error.InvalidValueLength"
#define ERROR_DENIED "org.bluez.Error.NotPermitted"
#define ATT_REFUSED  "0x80"

/* bluetoothd gives a write five seconds and the read after it another five, then it answers the
 * phone itself, with 0x0e (ATTRIBUTE_TIMEOUT in its gatt-db). */
#define WRITE_PATIENCE_MS 4000
#define READ_PATIENCE_MS  4500

/* One characteristic with its descriptor. */
typedef struct GattSlot {
	GattApp *app;
	EndpointId endpoint;
	BusObject *chrc;
	BusObject *desc;
	GBytes *value;      /* NULL: empty */
	char *device;       /* whose value it is */
	bool refused;       /* in place of a value: the write was acknowledged before it failed */
	GattWrite *pending; /* its value is still to come; borrowed */
} GattSlot;

struct GattApp {
	Bus *bus;
	const GattAppEvents *events;
	void *data;
	char uuid[GATT_UUID_SIZE];
	BusObject *root;
	BusObject *service;
	GattSlot slots[ENDPOINT_N];
	BusNameWatch *watch;
	char *bluetoothd; /* who may speak for phones; NULL: nobody */

	char *adapter; /* NULL: not wanted on any */
	bool registered;
	BusCall *call;
	Retry *retry;
};

struct GattWrite {
	BusRequest *request; /* NULL once acknowledged */
	BusRequest *reader;  /* a read that waits for the value, or NULL */
	uint16_t offset;     /* of the read */
	guint timer;         /* end of bluetoothd's patience with the write */
	guint read_timer;    /* the same with the read */
	GattSlot *slot;
	char *device;
};

/* What bluetoothd tells beside a read or write. */
typedef struct GattOptions {
	const char *device; /* "" when it does not say */
	uint16_t offset;
} GattOptions;

static GattOptions options_read(BusReader *reader)
{
	GattOptions options = { "", 0 };
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "device") == 0 && bus_reader_has(reader, "o"))
			options.device = bus_reader_path(reader);
		else if (strcmp(key, "offset") == 0 && bus_reader_has(reader, "q"))
			options.offset = bus_reader_u16(reader);
	}
	bus_reader_leave(reader);
	return options;
}

/* Only bluetoothd knows who is at the other end of the air. Anybody else is refused: a phone it
 * made up would never hang up. */
static bool speaks_for_phones(const GattApp *app, BusRequest *request)
{
	if (g_strcmp0(bus_request_sender(request), app->bluetoothd) == 0)
		return true;
	bus_request_fail_name(request, ERROR_DENIED, "this is for bluetoothd alone");
	return false;
}

/* The octets from @offset on, as the answer to a read. */
static void answer_read(BusRequest *request, const void *data, size_t len, uint16_t offset)
{
	if (offset > len) {
		bus_request_fail_name(request, ERROR_OFFSET, "the value is shorter");
		return;
	}
	bus_writer_bytes(bus_request_writer(request), (const uint8_t *)data + offset, len - offset);
	bus_request_reply(request);
}

static void slot_answer_read(const GattSlot *slot, BusRequest *request, const char *device,
			     uint16_t offset)
{
	bool ours = g_strcmp0(slot->device, device) == 0;
	const void *data = "";
	size_t len = 0;

	if (ours && slot->refused) {
		bus_request_fail_name(request, ERROR_FAILED, ATT_REFUSED);
		return;
	}
	if (ours && slot->value)
		data = g_bytes_get_data(slot->value, &len);
	answer_read(request, data, len, offset);
}

static gboolean write_on_acknowledge(gpointer data)
{
	GattWrite *write = data;

	write->timer = 0;
	bus_request_reply(g_steal_pointer(&write->request));
	return G_SOURCE_REMOVE;
}

static gboolean write_on_read_late(gpointer data)
{
	GattWrite *write = data;

	write->read_timer = 0;
	bus_request_fail_name(g_steal_pointer(&write->reader), ERROR_FAILED, ATT_REFUSED);
	return G_SOURCE_REMOVE;
}

/* The read that wants what comes of this write. Where both sides have several channels (EATT) it
 * may well be here before the write is answered. */
static void write_hold_read(GattWrite *write, BusRequest *request, uint16_t offset)
{
	if (write->reader) {
		bus_request_fail_name(request, ERROR_FAILED, ATT_REFUSED);
		return;
	}
	write->reader = request;
	write->offset = offset;
	write->read_timer = g_timeout_add(READ_PATIENCE_MS, write_on_read_late, write);
}

static void chrc_read_handle(BusRequest *request, void *user_data)
{
	GattSlot *slot = user_data;
	GattOptions options = options_read(bus_request_args(request));
	g_autofree char *device = g_strdup(options.device);

	if (!speaks_for_phones(slot->app, request))
		return;
	if (slot->pending && strcmp(slot->pending->device, device) == 0)
		write_hold_read(slot->pending, request, options.offset);
	else
		slot_answer_read(slot, request, device, options.offset);
	slot->app->events->touched(device, slot->app->data);
}

static void desc_read_handle(BusRequest *request, void *user_data)
{
	GattSlot *slot = user_data;
	GattOptions options = options_read(bus_request_args(request));
	g_autofree char *device = g_strdup(options.device);
	const char *name = endpoint_name(slot->endpoint);

	if (!speaks_for_phones(slot->app, request))
		return;
	answer_read(request, name, strlen(name), options.offset);
	slot->app->events->touched(device, slot->app->data);
}

static void slot_clear_value(GattSlot *slot)
{
	g_clear_pointer(&slot->value, g_bytes_unref);
	g_clear_pointer(&slot->device, g_free);
	slot->refused = false;
}

static void chrc_write_handle(BusRequest *request, void *user_data)
{
	GattSlot *slot = user_data;
	size_t len = 0;
	const uint8_t *octets = bus_reader_bytes(bus_request_args(request), &len);
	GattOptions options = options_read(bus_request_args(request));
	g_autofree char *device = g_strdup(options.device); /* outlives the request */
	g_autoptr(GBytes) value = NULL;
	GattWrite *write = NULL;

	if (!speaks_for_phones(slot->app, request))
		return;
	if (len > GATT_VALUE_MAX) {
		bus_request_fail_name(request, ERROR_LENGTH, "at most 512 octets are taken");
		return;
	}
	/* bluetoothd puts long writes together itself: a part is of no use. */
	if (options.offset != 0) {
		bus_request_fail_name(request, ERROR_OFFSET, "only whole values are taken");
		return;
	}
	/* The core knows its peers by their paths. */
	if (*device == '\0') {
		bus_request_fail_name(request, ERROR_FAILED, ATT_REFUSED);
		return;
	}
	/* What another phone has to read stays, unless the core takes this write. */
	if (g_strcmp0(slot->device, device) == 0)
		slot_clear_value(slot);
	value = g_bytes_new(octets, len);
	write = g_new0(GattWrite, 1);
	write->request = request;
	write->slot = slot;
	write->device = g_strdup(device);
	write->timer = g_timeout_add(WRITE_PATIENCE_MS, write_on_acknowledge, write);
	if (!slot->pending)
		slot->pending = write;
	slot->app->events->written(device, slot->endpoint, value, write, slot->app->data);
}

void gatt_write_finish(GattWrite *write, GBytes *reply)
{
	GattSlot *slot = write->slot;
	bool taken = reply && g_bytes_get_size(reply) <= GATT_VALUE_MAX;
	bool awaited = slot->pending == write; /* its phone did not hang up */
	bool current = write->request ? taken : awaited;

	g_clear_handle_id(&write->timer, g_source_remove);
	g_clear_handle_id(&write->read_timer, g_source_remove);
	if (awaited)
		slot->pending = NULL;
	if (current) {
		slot_clear_value(slot);
		slot->value = taken ? g_bytes_ref(reply) : NULL;
		slot->refused = !taken;
		slot->device = g_strdup(write->device);
	}
	if (write->request && taken)
		bus_request_reply(write->request);
	else if (write->request)
		bus_request_fail_name(write->request, ERROR_FAILED, ATT_REFUSED);
	if (write->reader && awaited && current)
		slot_answer_read(slot, write->reader, write->device, write->offset);
	else if (write->reader)
		bus_request_fail_name(write->reader, ERROR_FAILED, ATT_REFUSED);
	g_free(write->device);
	g_free(write);
}

static void service_uuid_get(BusWriter *value, void *user_data)
{
	const GattApp *app = user_data;

	bus_writer_string(value, app->uuid);
}

static void service_primary_get(BusWriter *value, void *user_data)
{
	bus_writer_bool(value, true);
}

static void service_handle_get(BusWriter *value, void *user_data)
{
	bus_writer_u16(value, SERVICE_HANDLE);
}

static uint16_t chrc_handle(const GattSlot *slot)
{
	return (uint16_t)(SERVICE_HANDLE + 2 + 3 * slot->endpoint);
}

static void chrc_uuid_get(BusWriter *value, void *user_data)
{
	const GattSlot *slot = user_data;
	char uuid[GATT_UUID_SIZE];
	char digits[5] = { 0 };

	memcpy(uuid, slot->app->uuid, sizeof(uuid));
	g_snprintf(digits, sizeof(digits), "%04x", endpoint_uuid16(slot->endpoint));
	memcpy(uuid + 4, digits, 4);
	bus_writer_string(value, uuid);
}

static void chrc_service_get(BusWriter *value, void *user_data)
{
	bus_writer_path(value, SERVICE_PATH);
}

static void chrc_flags_get(BusWriter *value, void *user_data)
{
	static const char *const flags[] = { "read", "write", NULL };

	bus_writer_strings(value, flags);
}

static void chrc_handle_get(BusWriter *value, void *user_data)
{
	bus_writer_u16(value, chrc_handle(user_data));
}

static void desc_uuid_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, DESC_UUID);
}

static void desc_chrc_get(BusWriter *value, void *user_data)
{
	const GattSlot *slot = user_data;

	bus_writer_path(value, bus_object_path(slot->chrc));
}

static void desc_flags_get(BusWriter *value, void *user_data)
{
	static const char *const flags[] = { "read", NULL };

	bus_writer_strings(value, flags);
}

static void desc_handle_get(BusWriter *value, void *user_data)
{
	bus_writer_u16(value, (uint16_t)(chrc_handle(user_data) + 1));
}

static const BusProperty service_properties[] = {
	{ "UUID", "s", service_uuid_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Primary", "b", service_primary_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Handle", "q", service_handle_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod chrc_methods[] = {
	{ "ReadValue", "a{sv}", "ay", chrc_read_handle, "options value" },
	{ "WriteValue", "aya{sv}", "", chrc_write_handle, "value options" },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty chrc_properties[] = {
	{ "UUID", "s", chrc_uuid_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Service", "o", chrc_service_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Flags", "as", chrc_flags_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Handle", "q", chrc_handle_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod desc_methods[] = {
	{ "ReadValue", "a{sv}", "ay", desc_read_handle, "options value" },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty desc_properties[] = {
	{ "UUID", "s", desc_uuid_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Characteristic", "o", desc_chrc_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Flags", "as", desc_flags_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "Handle", "q", desc_handle_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface service_interface = { SERVICE_IFACE, NULL, service_properties, NULL,
						NULL };
static const BusInterface chrc_interface = { CHRC_IFACE, chrc_methods, chrc_properties, NULL,
					     NULL };
static const BusInterface desc_interface = { DESC_IFACE, desc_methods, desc_properties, NULL,
					     NULL };

static bool slot_init(GattApp *app, EndpointId endpoint, GError **error)
{
	static const BusInterface *const chrc_interfaces[] = { &chrc_interface, NULL };
	static const BusInterface *const desc_interfaces[] = { &desc_interface, NULL };
	GattSlot *slot = &app->slots[endpoint];
	g_autofree char *chrc = g_strdup_printf(SERVICE_PATH "/char%d", (int)endpoint);
	g_autofree char *desc = g_strconcat(chrc, "/desc0", NULL);

	slot->app = app;
	slot->endpoint = endpoint;
	slot->chrc = bus_object_register(app->bus, chrc, chrc_interfaces, slot, error);
	if (!slot->chrc)
		return false;
	slot->desc = bus_object_register(app->bus, desc, desc_interfaces, slot, error);
	return slot->desc != NULL;
}

static void gatt_app_start(void *data);

static void on_bluetoothd(const char *owner, void *user_data)
{
	GattApp *app = user_data;

	g_free(app->bluetoothd);
	app->bluetoothd = g_strdup(owner);
}

GattApp *gatt_app_new(Bus *bus, const char *uuid, const GattAppEvents *events, void *data,
		      GError **error)
{
	static const BusInterface *const root_interfaces[] = { &bus_object_manager, NULL };
	static const BusInterface *const service_interfaces[] = { &service_interface, NULL };
	g_autoptr(GattApp) app = g_new0(GattApp, 1);

	app->bus = bus;
	app->events = events;
	app->data = data;
	for (size_t i = 0; uuid[i] && i + 1 < sizeof(app->uuid); i++)
		app->uuid[i] = g_ascii_tolower(uuid[i]);
	app->retry = retry_new(gatt_app_start, app);
	app->root = bus_object_register(bus, GATT_APP_PATH, root_interfaces, app, error);
	if (!app->root)
		return NULL;
	app->service = bus_object_register(bus, SERVICE_PATH, service_interfaces, app, error);
	if (!app->service)
		return NULL;
	for (int i = 0; i < ENDPOINT_N; i++) {
		if (!slot_init(app, (EndpointId)i, error))
			return NULL;
	}
	app->watch = bus_name_watch(bus, BLUEZ_SERVICE, on_bluetoothd, app);
	return g_steal_pointer(&app);
}

const char *gatt_app_uuid(const GattApp *app)
{
	return app->uuid;
}

void gatt_app_free(GattApp *app)
{
	if (!app)
		return;
	gatt_app_unregister(app, false);
	for (int i = 0; i < ENDPOINT_N; i++) {
		slot_clear_value(&app->slots[i]);
		bus_object_free(app->slots[i].desc);
		bus_object_free(app->slots[i].chrc);
	}
	bus_object_free(app->service);
	bus_object_free(app->root);
	retry_free(app->retry);
	bus_name_unwatch(app->watch);
	g_free(app->bluetoothd);
	g_free(app);
}

static void register_on_reply(BusReply *reply, void *user_data)
{
	GattApp *app = user_data;
	const char *name = bus_reply_error_name(reply);

	app->call = NULL;
	if (name && strcmp(name, "org.bluez.Error.AlreadyExists") != 0) {
		unsigned int wait_ms = retry_later(app->retry);

		g_warning("bluetoothd refuses the provisioning service: %s; next attempt in %u ms",
			  bus_reply_error(reply)->message, wait_ms);
		return;
	}
	retry_reset(app->retry);
	app->registered = true;
	app->events->registered(app->data);
}

static BusMessage *manager_call(const GattApp *app, const char *member)
{
	BusMessage *message =
		bus_message_new_call(BLUEZ_SERVICE, app->adapter, GATT_MANAGER, member);

	bus_writer_path(bus_message_writer(message), GATT_APP_PATH);
	return message;
}

static void gatt_app_start(void *data)
{
	GattApp *app = data;
	BusMessage *message = manager_call(app, "RegisterApplication");

	bus_writer_open(bus_message_writer(message), "a{sv}");
	bus_writer_close(bus_message_writer(message));
	app->call = bus_call_start(app->bus, message, BUS_TIMEOUT_DEFAULT, register_on_reply, app);
}

void gatt_app_register(GattApp *app, const char *adapter)
{
	gatt_app_unregister(app, true);
	app->adapter = g_strdup(adapter);
	gatt_app_start(app);
}

void gatt_app_unregister(GattApp *app, bool adapter_lost)
{
	if (!app->adapter)
		return;
	if (!adapter_lost && (app->registered || app->call))
		bus_message_send(app->bus, manager_call(app, "UnregisterApplication"));
	bus_call_cancel(app->call);
	app->call = NULL;
	app->registered = false;
	retry_reset(app->retry);
	g_clear_pointer(&app->adapter, g_free);
}

void gatt_app_forget(GattApp *app, const char *device)
{
	for (int i = 0; i < ENDPOINT_N; i++) {
		GattSlot *slot = &app->slots[i];

		if (!device || g_strcmp0(slot->device, device) == 0)
			slot_clear_value(slot);
		/* What comes of it nobody will read. */
		if (slot->pending && (!device || strcmp(slot->pending->device, device) == 0))
			slot->pending = NULL;
	}
}
