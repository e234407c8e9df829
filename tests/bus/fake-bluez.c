/* SPDX-License-Identifier: MIT */
#include "tests/bus/fake-bluez.h"

#include "common/error.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define ADAPTER    "org.bluez.Adapter1"
#define DEVICE     "org.bluez.Device1"
#define CHRC       "org.bluez.GattCharacteristic1"
#define DESC       "org.bluez.GattDescriptor1"
#define ADVERT     "org.bluez.LEAdvertisement1"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* ---- adapters ---- */

static void alias_get(BusWriter *value, void *user_data)
{
	const FakeAdapter *adapter = user_data;

	bus_writer_string(value, adapter->alias);
}

static bool alias_set(BusReader *value, void *user_data, GError **error)
{
	FakeAdapter *adapter = user_data;

	g_free(adapter->alias);
	adapter->alias = g_strdup(bus_reader_string(value));
	if (*adapter->alias == '\0') {
		g_free(adapter->alias);
		adapter->alias = g_strdup("host");
	}
	bus_object_changed(adapter->object, ADAPTER, "Alias");
	return true;
}

static void name_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "host");
}

static void powered_get(BusWriter *value, void *user_data)
{
	const FakeAdapter *adapter = user_data;

	bus_writer_bool(value, adapter->powered);
}

static bool powered_set(BusReader *value, void *user_data, GError **error)
{
	FakeAdapter *adapter = user_data;

	if (adapter->stuck) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "blocked");
		return false;
	}
	adapter->powered = bus_reader_bool(value);
	bus_object_changed(adapter->object, ADAPTER, "Powered");
	return true;
}

static void pairable_get(BusWriter *value, void *user_data)
{
	const FakeAdapter *adapter = user_data;

	bus_writer_bool(value, adapter->pairable);
}

static bool pairable_set(BusReader *value, void *user_data, GError **error)
{
	FakeAdapter *adapter = user_data;

	adapter->pairable = bus_reader_bool(value);
	bus_object_changed(adapter->object, ADAPTER, "Pairable");
	return true;
}

static void roles_get(BusWriter *value, void *user_data)
{
	static const char *const central[] = { "central", NULL };
	static const char *const both[] = { "central", "peripheral", NULL };
	const FakeAdapter *adapter = user_data;

	bus_writer_strings(value, adapter->central_only ? central : both);
}

static void instances_get(BusWriter *value, void *user_data)
{
	const FakeAdapter *adapter = user_data;

	bus_writer_u8(value, adapter->instances + adapter->others);
}

/* Takes a registration, or refuses it; the caller's words are read already. */
static bool take(BusRequest *request, const char *refuse, char **owner, char **path)
{
	if (refuse) {
		bus_request_fail_name(request, refuse, "the test says so");
		return false;
	}
	if (*owner) {
		bus_request_fail_name(request, "org.bluez.Error.AlreadyExists", "Already Exists");
		return false;
	}
	*path = g_strdup(bus_reader_path(bus_request_args(request)));
	*owner = g_strdup(bus_request_sender(request));
	bus_request_reply(request);
	return true;
}

static void let_go(BusRequest *request, char **owner, char **path)
{
	if (!*owner) {
		bus_request_fail_name(request, "org.bluez.Error.DoesNotExist", "Does Not Exist");
		return;
	}
	g_clear_pointer(owner, g_free);
	g_clear_pointer(path, g_free);
	bus_request_reply(request);
}

static void register_app(BusRequest *request, void *user_data)
{
	FakeBluez *fake = ((FakeAdapter *)user_data)->fake;

	fake->app_calls++;
	if (take(request, fake->refuse_app, &fake->app_owner, &fake->app_path))
		fake->app_adapter = user_data;
}

static void unregister_app(BusRequest *request, void *user_data)
{
	FakeBluez *fake = ((FakeAdapter *)user_data)->fake;

	let_go(request, &fake->app_owner, &fake->app_path);
}

static void note_change(BusMessage *signal, void *user_data)
{
	FakeBluez *fake = user_data;

	fake->refreshes++;
}

/* bluetoothd hands the advertisement to the adapter anew when its object changes. */
static void follow_advert(FakeBluez *fake)
{
	const BusMatchRule rule = { .sender = fake->advert_owner,
				    .path = fake->advert_path,
				    .interface = PROPERTIES,
				    .member = "PropertiesChanged" };

	bus_match_free(fake->changes);
	fake->changes = bus_match_new(fake->bus, &rule, note_change, fake);
}

static void advert_counts(FakeAdapter *adapter, uint8_t instances)
{
	adapter->instances = instances;
	bus_object_changed(adapter->object, "org.bluez.LEAdvertisingManager1", "ActiveInstances");
}

static void register_advert(BusRequest *request, void *user_data)
{
	FakeAdapter *adapter = user_data;
	FakeBluez *fake = adapter->fake;
	const char *refuse = fake->refuse_advert;

	fake->advert_calls++;
	if (!refuse && adapter->instances + adapter->others >= FAKE_ADVERTS_MAX)
		refuse = "org.bluez.Error.NotPermitted";
	if (!take(request, refuse, &fake->advert_owner, &fake->advert_path))
		return;
	fake->advert_adapter = adapter;
	follow_advert(fake);
	advert_counts(adapter, adapter->uncounted ? 0 : 1);
	adapter->uncounted = false;
}

static void unregister_advert(BusRequest *request, void *user_data)
{
	FakeAdapter *adapter = user_data;

	advert_counts(adapter, 0);
	let_go(request, &adapter->fake->advert_owner, &adapter->fake->advert_path);
}

static const BusProperty adapter_properties[] = {
	{ "Alias", "s", alias_get, alias_set, NULL, 0 },
	{ "Name", "s", name_get, NULL, NULL, 0 },
	{ "Powered", "b", powered_get, powered_set, NULL, 0 },
	{ "Pairable", "b", pairable_get, pairable_set, NULL, 0 },
	{ "Roles", "as", roles_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod gatt_methods[] = {
	{ "RegisterApplication", "oa{sv}", "", register_app, NULL },
	{ "UnregisterApplication", "o", "", unregister_app, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusMethod advert_methods[] = {
	{ "RegisterAdvertisement", "oa{sv}", "", register_advert, NULL },
	{ "UnregisterAdvertisement", "o", "", unregister_advert, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty advert_properties[] = {
	{ "ActiveInstances", "y", instances_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusErrorName adapter_errors[] = {
	{ landfall_error_quark, LANDFALL_ERROR_FAILED, "org.bluez.Error.Failed" },
	{ NULL, 0, NULL },
};

static const BusInterface adapter_interface = { ADAPTER, NULL, adapter_properties, NULL,
						adapter_errors };
static const BusInterface gatt_interface = { "org.bluez.GattManager1", gatt_methods, NULL, NULL,
					     NULL };
static const BusInterface advert_interface = { "org.bluez.LEAdvertisingManager1", advert_methods,
					       advert_properties, NULL, NULL };

/* ---- the phone ---- */

static void connected_get(BusWriter *value, void *user_data)
{
	const FakePhone *phone = user_data;

	bus_writer_bool(value, phone->connected);
}

static void address_get(BusWriter *value, void *user_data)
{
	const FakePhone *phone = user_data;

	bus_writer_string(value, phone->address);
}

static void phone_connect(FakePhone *phone, bool connected);

static void disconnect_handle(BusRequest *request, void *user_data)
{
	FakePhone *phone = user_data;

	phone->fake->disconnects++;
	bus_request_reply(request);
	phone_connect(phone, false);
}

static const BusMethod phone_methods[] = {
	{ "Disconnect", "", "", disconnect_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty phone_properties[] = {
	{ "Connected", "b", connected_get, NULL, NULL, 0 },
	{ "Address", "s", address_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface phone_interface = { DEVICE, phone_methods, phone_properties, NULL, NULL };

/* ---- the daemon ---- */

void fake_bluez_plug(FakeBluez *fake, int index, bool plugged)
{
	static const BusInterface *const interfaces[] = { &adapter_interface, &gatt_interface,
							  &advert_interface, NULL };
	FakeAdapter *adapter = &fake->adapters[index];

	g_clear_pointer(&adapter->object, bus_object_free);
	adapter->instances = 0;
	if (fake->app_adapter == adapter) {
		g_clear_pointer(&fake->app_owner, g_free);
		g_clear_pointer(&fake->app_path, g_free);
	}
	if (fake->advert_adapter == adapter)
		fake_bluez_lose(fake);
	if (plugged)
		adapter->object = test_add_object(fake->bus, index == 0 ? FAKE_HCI0 : FAKE_HCI1,
						  interfaces, adapter);
}

void fake_bluez_changed(FakeBluez *fake, int index, const char *property)
{
	const char *interface = strcmp(property, "ActiveInstances") == 0
					? "org.bluez.LEAdvertisingManager1"
					: ADAPTER;

	bus_object_changed(fake->adapters[index].object, interface, property);
}

FakeBluez *fake_bluez_new(const char *address)
{
	static const BusInterface *const root_interfaces[] = { &bus_object_manager, NULL };
	FakeBluez *fake = g_new0(FakeBluez, 1);
	g_autoptr(GError) error = NULL;

	fake->bus = bus_open(address, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fake->root = test_add_object(fake->bus, "/", root_interfaces, fake);
	fake->phone =
		(FakePhone){ .fake = fake, .path = FAKE_PHONE, .address = "11:22:33:44:55:66" };
	fake->other =
		(FakePhone){ .fake = fake, .path = FAKE_OTHER, .address = "AA:BB:CC:DD:EE:FF" };
	for (int i = 0; i < 2; i++) {
		fake->adapters[i].fake = fake;
		fake->adapters[i].alias = g_strdup("host");
		fake->adapters[i].powered = true;
		fake->adapters[i].pairable = true;
	}
	fake->name = test_take_name(fake->bus, "org.bluez");
	return fake;
}

void fake_bluez_free(FakeBluez *fake)
{
	if (!fake)
		return;
	bus_match_free(fake->changes);
	bus_free(fake->bus); /* first: what follows is not announced any more */
	for (int i = 0; i < 2; i++) {
		bus_object_free(fake->adapters[i].object);
		g_free(fake->adapters[i].alias);
	}
	bus_object_free(fake->phone.object);
	bus_object_free(fake->other.object);
	bus_object_free(fake->root);
	bus_name_free(fake->name);
	g_free(fake->app_owner);
	g_free(fake->app_path);
	g_free(fake->advert_owner);
	g_free(fake->advert_path);
	g_free(fake);
}

static void phone_connect(FakePhone *phone, bool connected)
{
	static const BusInterface *const interfaces[] = { &phone_interface, NULL };

	phone->connected = connected;
	if (!phone->object)
		phone->object = test_add_object(phone->fake->bus, phone->path, interfaces, phone);
	else
		bus_object_changed(phone->object, DEVICE, "Connected");
}

void fake_bluez_connect(FakeBluez *fake, bool connected)
{
	phone_connect(&fake->phone, connected);
}

void fake_bluez_connect_other(FakeBluez *fake, bool connected)
{
	phone_connect(&fake->other, connected);
}

/* ---- calls to the application ---- */

/* The call outlives its handle when the test lets go of it early. */
typedef struct FakeCallState {
	FakeCall call;
	BusCall *handle;
} FakeCallState;

static void read_dictionary(FakeCall *call, BusReader *reader)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		g_string_append_printf(text, "%s%s=", text->len ? " " : "", key);
		if (bus_reader_has(reader, "s"))
			g_string_append(text, bus_reader_string(reader));
		else if (bus_reader_has(reader, "o"))
			g_string_append(text, bus_reader_path(reader));
		else if (bus_reader_has(reader, "b"))
			g_string_append(text, bus_reader_bool(reader) ? "true" : "false");
		else if (bus_reader_has(reader, "q"))
			g_string_append_printf(text, "0x%04x", bus_reader_u16(reader));
		else if (bus_reader_has(reader, "u"))
			g_string_append_printf(text, "%u", bus_reader_u32(reader));
		else if (bus_reader_has(reader, "as")) {
			g_auto(GStrv) strings = bus_reader_strings(reader, 16);
			g_autofree char *joined = g_strjoinv(",", strings);

			g_string_append(text, joined);
		}
	}
	bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
	call->text = g_strdup(text->str);
}

static void call_on_reply(BusReply *reply, void *user_data)
{
	FakeCallState *state = user_data;
	BusReader *reader = bus_reply_reader(reply);
	size_t len = 0;

	state->handle = NULL;
	state->call.done = true;
	if (bus_reply_error(reply)) {
		state->call.error_name = g_strdup(bus_reply_error_name(reply));
		state->call.error_text = g_strdup(bus_reply_error(reply)->message);
	} else if (bus_reader_has(reader, "ay")) {
		const uint8_t *data = bus_reader_bytes(reader, &len);

		state->call.value = g_bytes_new(data, len);
	} else if (bus_reader_has(reader, "a{sv}")) {
		read_dictionary(&state->call, reader);
	}
}

static FakeCall *call_start(FakeBluez *fake, BusMessage *message)
{
	FakeCallState *state = g_new0(FakeCallState, 1);

	state->handle = bus_call_start(fake->bus, message, BUS_TIMEOUT_NONE, call_on_reply, state);
	return &state->call;
}

void fake_call_free(FakeCall *call)
{
	FakeCallState *state = (FakeCallState *)(void *)call;

	if (!call)
		return;
	bus_call_cancel(state->handle);
	g_free(call->error_name);
	g_free(call->error_text);
	g_clear_pointer(&call->value, g_bytes_unref);
	g_free(call->text);
	g_free(state);
}

static void write_options(BusWriter *writer, const char *device, uint16_t offset)
{
	bus_writer_open(writer, "a{sv}");
	if (device) {
		bus_writer_entry(writer, "device", "o");
		bus_writer_path(writer, device);
	}
	if (offset) {
		bus_writer_entry(writer, "offset", "q");
		bus_writer_u16(writer, offset);
	}
	bus_writer_entry(writer, "link", "s");
	bus_writer_string(writer, "LE");
	bus_writer_entry(writer, "mtu", "q");
	bus_writer_u16(writer, 517);
	bus_writer_close(writer);
}

FakeCall *fake_bluez_read(FakeBluez *fake, const char *path, const char *device, uint16_t offset)
{
	g_autofree char *full = g_strconcat(fake->app_path, path, NULL);
	BusMessage *message = bus_message_new_call(
		fake->app_owner, full, strstr(path, "/desc") ? DESC : CHRC, "ReadValue");

	write_options(bus_message_writer(message), device, offset);
	return call_start(fake, message);
}

FakeCall *fake_bluez_write(FakeBluez *fake, const char *path, const char *device, uint16_t offset,
			   const void *data, size_t len)
{
	g_autofree char *full = g_strconcat(fake->app_path, path, NULL);
	BusMessage *message = bus_message_new_call(fake->app_owner, full, CHRC, "WriteValue");

	bus_writer_bytes(bus_message_writer(message), data, len);
	write_options(bus_message_writer(message), device, offset);
	return call_start(fake, message);
}

char *fake_bluez_properties(FakeBluez *fake, const char *owner, const char *path,
			    const char *interface)
{
	BusMessage *message = bus_message_new_call(owner, path, PROPERTIES, "GetAll");
	g_autoptr(FakeCall) call = NULL;

	bus_writer_string(bus_message_writer(message), interface);
	call = call_start(fake, message);
	TEST_WAIT(call->done);
	g_assert_null(call->error_name);
	return g_steal_pointer(&call->text);
}

typedef struct Objects {
	GString *text;
	bool done;
} Objects;

static void objects_on_reply(BusReply *reply, void *user_data)
{
	Objects *objects = user_data;
	BusReader *reader = bus_reply_reader(reply);
	const char *path = NULL;

	g_assert_no_error(bus_reply_error(reply));
	bus_reader_enter(reader, "a{oa{sa{sv}}}");
	while ((path = bus_reader_entry(reader)))
		g_string_append_printf(objects->text, "%s%s", objects->text->len ? " " : "", path);
	bus_reader_leave(reader);
	objects->done = true;
}

char *fake_bluez_objects(FakeBluez *fake)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Objects objects = { text, false };
	BusMessage *message =
		bus_message_new_call(fake->app_owner, fake->app_path,
				     "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
	BusCall *call =
		bus_call_start(fake->bus, message, BUS_TIMEOUT_NONE, objects_on_reply, &objects);

	g_assert_nonnull(call);
	TEST_WAIT(objects.done);
	return g_strdup(text->str);
}

void fake_bluez_release(FakeBluez *fake)
{
	g_autoptr(FakeCall) call =
		call_start(fake, bus_message_new_call(fake->advert_owner, fake->advert_path, ADVERT,
						      "Release"));

	fake_bluez_lose(fake);
	TEST_WAIT(call->done);
	g_assert_null(call->error_name);
}

void fake_bluez_lose(FakeBluez *fake)
{
	g_clear_pointer(&fake->advert_owner, g_free);
	g_clear_pointer(&fake->advert_path, g_free);
	if (fake->advert_adapter && fake->advert_adapter->object)
		advert_counts(fake->advert_adapter, 0);
}
