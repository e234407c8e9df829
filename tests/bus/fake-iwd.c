/* SPDX-License-Identifier: MIT */
#include "tests/bus/fake-iwd.h"

#include "tests/bus/bus-fixture.h"

#include <string.h>

#define IWD        "net.connman.iwd"
#define ADAPTER    IWD ".Adapter"
#define DEVICE     IWD ".Device"
#define STATION    IWD ".Station"
#define DIAGNOSTIC IWD ".StationDiagnostic"
#define NETWORK    IWD ".Network"
#define KNOWN      IWD ".KnownNetwork"
#define MANAGER    IWD ".AgentManager"
#define AGENT      IWD ".Agent"

static void forget_agent(FakeIwd *fake)
{
	g_clear_pointer(&fake->agent, g_free);
	g_clear_pointer(&fake->agent_path, g_free);
}

/* As iwd names its objects. */
static char *path_of(const char *parent, const char *name, const char *type)
{
	GString *path = g_string_new(parent);

	g_string_append_c(path, '/');
	for (const char *in = name; *in; in++)
		g_string_append_printf(path, "%02x", (unsigned char)*in);
	g_string_append_printf(path, "_%s", type);
	return g_string_free(path, FALSE);
}

/* ---- known networks ---- */

static void known_name_get(BusWriter *value, void *user_data)
{
	const FakeIwdKnown *known = user_data;

	bus_writer_string(value, known->name);
}

static void known_type_get(BusWriter *value, void *user_data)
{
	const FakeIwdKnown *known = user_data;

	bus_writer_string(value, known->type);
}

static void known_auto_get(BusWriter *value, void *user_data)
{
	const FakeIwdKnown *known = user_data;

	bus_writer_bool(value, known->autoconnect);
}

static void known_hidden_get(BusWriter *value, void *user_data)
{
	const FakeIwdKnown *known = user_data;

	bus_writer_bool(value, known->hidden);
}

static void known_forget(BusRequest *request, void *user_data)
{
	FakeIwdKnown *known = user_data;
	FakeIwd *fake = known->fake;

	if (fake->refuse_forget) {
		bus_request_fail_name(request, fake->refuse_forget, "not now");
		return;
	}
	fake->forgets++;
	bus_request_reply(request);
	g_clear_pointer(&known->object, bus_object_free);
	if (fake->connected && strcmp(fake->connected->name, known->name) == 0) {
		fake->thrown_off++;
		fake_iwd_lose(fake);
	}
}

static const BusMethod known_methods[] = {
	{ "Forget", "", "", known_forget, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty known_properties[] = {
	{ "Name", "s", known_name_get, NULL, NULL, 0 },
	{ "Type", "s", known_type_get, NULL, NULL, 0 },
	{ "AutoConnect", "b", known_auto_get, NULL, NULL, 0 },
	{ "Hidden", "b", known_hidden_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface known_interface = { KNOWN, known_methods, known_properties, NULL, NULL };

static void known_show(FakeIwdKnown *known)
{
	static const BusInterface *const interfaces[] = { &known_interface, NULL };
	g_autofree char *path = path_of(FAKE_IWD_PATH, known->name, known->type);

	known->object = test_add_object(known->fake->bus, path, interfaces, known);
}

int fake_iwd_know(FakeIwd *fake, const char *name, const char *type, const char *passphrase,
		  bool autoconnect)
{
	FakeIwdKnown *known = &fake->knowns[fake->n_knowns];

	g_assert_cmpuint(fake->n_knowns, <, FAKE_IWD_SLOTS);
	known->fake = fake;
	known->name = g_strdup(name);
	known->type = g_strdup(type);
	known->passphrase = g_strdup(passphrase);
	known->autoconnect = autoconnect;
	known_show(known);
	return (int)fake->n_knowns++;
}

FakeIwdKnown *fake_iwd_find(FakeIwd *fake, const char *name)
{
	for (unsigned int i = 0; i < fake->n_knowns; i++) {
		if (fake->knowns[i].object && strcmp(fake->knowns[i].name, name) == 0)
			return &fake->knowns[i];
	}
	return NULL;
}

/* iwd has a file for each name and type. */
static FakeIwdKnown *find_known(FakeIwd *fake, const char *name, const char *type)
{
	for (unsigned int i = 0; i < fake->n_knowns; i++) {
		FakeIwdKnown *known = &fake->knowns[i];

		if (known->object && strcmp(known->name, name) == 0 &&
		    strcmp(known->type, type) == 0)
			return known;
	}
	return NULL;
}

/* ---- connecting ---- */

static void station_set(FakeIwd *fake, FakeIwdNetwork *network, const char *state)
{
	fake->connected = network;
	bus_object_changed(fake->device, STATION, "ConnectedNetwork");
	fake_iwd_state(fake, state);
}

static void connect_end(FakeIwd *fake, const char *error)
{
	BusRequest *request = g_steal_pointer(&fake->connect);

	if (!request)
		return;
	if (error)
		bus_request_fail_name(request, error, "the test says so");
	else
		bus_request_reply(request);
}

static void connect_save(FakeIwd *fake, const FakeIwdNetwork *network, const char *passphrase)
{
	FakeIwdKnown *known = find_known(fake, network->name, network->type);

	if (!known)
		known = &fake->knowns[fake_iwd_know(fake, network->name, network->type, NULL,
						    true)];
	known->hidden = fake->hiding;
	g_free(known->passphrase);
	known->passphrase = g_strdup(passphrase);
}

static void connect_decide(FakeIwd *fake)
{
	FakeIwdNetwork *network = fake->target;

	if (fake->verdict) {
		connect_save(fake, network, fake->given);
		connect_end(fake, NULL);
		fake_iwd_state(fake, "connected");
		return;
	}
	network->ask = !network->sae;
	fake_iwd_lose(fake);
	connect_end(fake, IWD ".Failed");
}

static void connect_try(FakeIwd *fake, const char *passphrase)
{
	fake->verdict = g_strcmp0(passphrase, fake->target->passphrase) == 0;
	station_set(fake, fake->target, "connecting");
	if (!fake->hold)
		connect_decide(fake);
}

void fake_iwd_go_on(FakeIwd *fake)
{
	fake->hold = false;
	connect_decide(fake);
}

static void on_passphrase(BusReply *reply, void *user_data)
{
	FakeIwd *fake = user_data;

	fake->ask = NULL;
	g_clear_pointer(&fake->given, g_free);
	g_clear_pointer(&fake->refusal, g_free);
	if (bus_reply_error(reply)) {
		fake->refusal = g_strdup(bus_reply_error_name(reply));
		if (!fake->foreign)
			connect_end(fake, IWD ".Aborted");
		return;
	}
	fake->given = g_strdup(bus_reader_string(bus_reply_reader(reply)));
	if (!fake->foreign)
		connect_try(fake, fake->given);
}

static void ask_agent(FakeIwd *fake, const char *method, const char *path)
{
	BusMessage *message = NULL;

	g_assert_nonnull(fake->agent);
	message = bus_message_new_call(fake->agent, fake->agent_path, AGENT, method);
	bus_writer_path(bus_message_writer(message), path);
	fake->asks++;
	fake->ask = bus_call_start(fake->bus, message, BUS_TIMEOUT_DEFAULT, on_passphrase, fake);
}

void fake_iwd_ask(FakeIwd *fake, const char *method, const char *path)
{
	fake->foreign = true;
	ask_agent(fake, method, path);
}

static void connect_begin(FakeIwd *fake, FakeIwdNetwork *network, BusRequest *request)
{
	FakeIwdKnown *known = find_known(fake, network->name, network->type);
	bool ask = strcmp(network->type, "psk") == 0 && (!known || network->ask);

	fake->connects++;
	if (fake->refuse_connect) {
		bus_request_fail_name(request, fake->refuse_connect, "the test says so");
		if (fake->refusals > 0 && --fake->refusals == 0)
			fake->refuse_connect = NULL;
		return;
	}
	if (fake->connected == network) {
		bus_request_reply(request);
		return;
	}
	connect_end(fake, IWD ".Aborted");
	fake->connect = request;
	fake->target = network;
	network->ask = false;
	if (!ask) {
		g_free(fake->given);
		fake->given = known ? g_strdup(known->passphrase) : NULL;
		connect_try(fake, fake->given);
	} else if (fake->agent) {
		fake->foreign = false;
		ask_agent(fake, "RequestPassphrase", bus_object_path(network->object));
	} else {
		connect_end(fake, IWD ".NoAgent");
	}
}

/* ---- networks in the air ---- */

static void network_name_get(BusWriter *value, void *user_data)
{
	const FakeIwdNetwork *network = user_data;

	bus_writer_string(value, network->name);
}

static void network_type_get(BusWriter *value, void *user_data)
{
	const FakeIwdNetwork *network = user_data;

	bus_writer_string(value, network->type);
}

static void network_device_get(BusWriter *value, void *user_data)
{
	bus_writer_path(value, FAKE_IWD_DEVICE);
}

static void network_connect(BusRequest *request, void *user_data)
{
	FakeIwdNetwork *network = user_data;

	network->fake->hiding = false;
	connect_begin(network->fake, network, request);
}

static const BusMethod network_methods[] = {
	{ "Connect", "", "", network_connect, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty network_properties[] = {
	{ "Name", "s", network_name_get, NULL, NULL, 0 },
	{ "Type", "s", network_type_get, NULL, NULL, 0 },
	{ "Device", "o", network_device_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface network_interface = { NETWORK, network_methods, network_properties, NULL,
						NULL };

FakeIwdNetwork *fake_iwd_network(FakeIwd *fake, int index, const FakeIwdNetwork *network)
{
	static const BusInterface *const interfaces[] = { &network_interface, NULL };
	FakeIwdNetwork *slot = &fake->networks[index];
	g_autofree char *path = path_of(FAKE_IWD_DEVICE, network->name, network->type);

	fake_iwd_fade(fake, index);
	*slot = *network;
	slot->fake = fake;
	slot->object = test_add_object(fake->bus, path, interfaces, slot);
	return slot;
}

void fake_iwd_fade(FakeIwd *fake, int index)
{
	g_clear_pointer(&fake->networks[index].object, bus_object_free);
}

/* ---- the device ---- */

static void device_name_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "wlan0");
}

static void device_address_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "02:00:00:a1:b2:c3");
}

static void device_mode_get(BusWriter *value, void *user_data)
{
	const FakeIwd *fake = user_data;

	bus_writer_string(value, fake->mode);
}

static void device_adapter_get(BusWriter *value, void *user_data)
{
	bus_writer_path(value, FAKE_IWD_PATH "/0");
}

static void device_powered_get(BusWriter *value, void *user_data)
{
	const FakeIwd *fake = user_data;

	bus_writer_bool(value, !fake->powered_off);
}

static bool device_powered_set(BusReader *value, void *user_data, GError **error)
{
	FakeIwd *fake = user_data;

	fake->powered_off = !bus_reader_bool(value);
	bus_object_changed(fake->device, DEVICE, "Powered");
	bus_object_changed(fake->adapter, ADAPTER, "Powered");
	return true;
}

static const BusProperty adapter_properties[] = {
	{ "Powered", "b", device_powered_get, device_powered_set, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusProperty device_properties[] = {
	{ "Name", "s", device_name_get, NULL, NULL, 0 },
	{ "Address", "s", device_address_get, NULL, NULL, 0 },
	{ "Mode", "s", device_mode_get, NULL, NULL, 0 },
	{ "Adapter", "o", device_adapter_get, NULL, NULL, 0 },
	{ "Powered", "b", device_powered_get, device_powered_set, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static void station_state_get(BusWriter *value, void *user_data)
{
	const FakeIwd *fake = user_data;

	bus_writer_string(value, fake->state);
}

static void station_scanning_get(BusWriter *value, void *user_data)
{
	const FakeIwd *fake = user_data;

	bus_writer_bool(value, fake->scanning);
}

static void station_connected_get(BusWriter *value, void *user_data)
{
	const FakeIwd *fake = user_data;

	bus_writer_path(value, bus_object_path(fake->connected->object));
}

static bool station_connected_exists(void *user_data)
{
	const FakeIwd *fake = user_data;

	return fake->connected && fake->connected->object;
}

static void station_scan(BusRequest *request, void *user_data)
{
	FakeIwd *fake = user_data;

	fake->scans++;
	if (fake->refuse_scan) {
		bus_request_fail_name(request, fake->refuse_scan, "the test says so");
		return;
	}
	bus_request_reply(request);
	fake_iwd_scanning(fake, true);
}

static void station_list(BusRequest *request, void *user_data)
{
	FakeIwd *fake = user_data;
	BusWriter *writer = bus_request_writer(request);

	fake->lists++;
	bus_writer_open(writer, "a(on)");
	for (int i = 0; i < FAKE_IWD_SLOTS; i++) {
		if (!fake->networks[i].object)
			continue;
		bus_writer_open(writer, "(on)");
		bus_writer_path(writer, bus_object_path(fake->networks[i].object));
		bus_writer_i16(writer, fake->networks[i].signal);
		bus_writer_close(writer);
	}
	bus_writer_close(writer);
	bus_request_reply(request);
}

static bool is_visible(const FakeIwd *fake, const char *name)
{
	for (int i = 0; i < FAKE_IWD_SLOTS; i++) {
		if (fake->networks[i].object && strcmp(fake->networks[i].name, name) == 0)
			return true;
	}
	return false;
}

static void station_connect_hidden(BusRequest *request, void *user_data)
{
	FakeIwd *fake = user_data;
	const char *name = bus_reader_string(bus_request_args(request));

	if (find_known(fake, name, "psk") || find_known(fake, name, "open")) {
		bus_request_fail_name(request, IWD ".AlreadyProvisioned", "it is known");
		return;
	}
	if (fake->deaf > 0) {
		fake->deaf--;
		bus_request_fail_name(request, IWD ".NotFound", "it did not hear the question");
		return;
	}
	if (!fake->hidden || strcmp(fake->hidden->name, name) != 0) {
		bus_request_fail_name(request,
				      is_visible(fake, name) ? IWD ".NotHidden" : IWD ".NotFound",
				      "nobody answers to that");
		return;
	}
	fake->hiding = true;
	connect_begin(fake, fake_iwd_network(fake, FAKE_IWD_SLOTS - 1, fake->hidden), request);
}

static void get_diagnostics(BusRequest *request, void *user_data)
{
	BusWriter *writer = bus_request_writer(request);

	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "ConnectedBss", "s");
	bus_writer_string(writer, "02:00:00:00:00:01");
	bus_writer_entry(writer, "Frequency", "u");
	bus_writer_u32(writer, 5180);
	bus_writer_entry(writer, "Security", "s");
	bus_writer_string(writer, "WPA3-Personal");
	bus_writer_entry(writer, "RSSI", "n");
	bus_writer_i16(writer, -57);
	bus_writer_close(writer);
	bus_request_reply(request);
}

static const BusMethod station_methods[] = {
	{ "Scan", "", "", station_scan, NULL },
	{ "GetOrderedNetworks", "", "a(on)", station_list, NULL },
	{ "ConnectHiddenNetwork", "s", "", station_connect_hidden, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty station_properties[] = {
	{ "State", "s", station_state_get, NULL, NULL, 0 },
	{ "Scanning", "b", station_scanning_get, NULL, NULL, 0 },
	{ "ConnectedNetwork", "o", station_connected_get, NULL, station_connected_exists, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod diagnostic_methods[] = {
	{ "GetDiagnostics", "", "a{sv}", get_diagnostics, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusInterface adapter_interface = { ADAPTER, NULL, adapter_properties, NULL, NULL };
static const BusInterface device_interface = { DEVICE, NULL, device_properties, NULL, NULL };
static const BusInterface station_interface = { STATION, station_methods, station_properties, NULL,
						NULL };
static const BusInterface diagnostic_interface = { DIAGNOSTIC, diagnostic_methods, NULL, NULL,
						   NULL };

void fake_iwd_device(FakeIwd *fake, bool there)
{
	static const BusInterface *const interfaces[] = { &device_interface, &station_interface,
							  &diagnostic_interface, NULL };

	g_clear_pointer(&fake->device, bus_object_free);
	if (there)
		fake->device = test_add_object(fake->bus, FAKE_IWD_DEVICE, interfaces, fake);
}

void fake_iwd_mode(FakeIwd *fake, const char *mode)
{
	fake->mode = mode;
	bus_object_changed(fake->device, DEVICE, "Mode");
}

void fake_iwd_state(FakeIwd *fake, const char *state)
{
	fake->state = state;
	bus_object_changed(fake->device, STATION, "State");
}

void fake_iwd_scanning(FakeIwd *fake, bool scanning)
{
	fake->scanning = scanning;
	bus_object_changed(fake->device, STATION, "Scanning");
}

void fake_iwd_work(FakeIwd *fake, int index)
{
	station_set(fake, &fake->networks[index], "connecting");
}

void fake_iwd_lose(FakeIwd *fake)
{
	station_set(fake, NULL, "disconnected");
}

void fake_iwd_use(FakeIwd *fake, int index)
{
	station_set(fake, &fake->networks[index], "connected");
}

bool fake_iwd_is_on(const FakeIwd *fake, int index)
{
	return fake->connected == &fake->networks[index] && strcmp(fake->state, "connected") == 0;
}

/* ---- the agent manager ---- */

static void register_agent(BusRequest *request, void *user_data)
{
	FakeIwd *fake = user_data;

	if (fake->refuse_agent) {
		bus_request_fail_name(request, fake->refuse_agent, "the test says so");
		return;
	}
	g_assert_null(fake->agent);
	fake->agent = g_strdup(bus_request_sender(request));
	fake->agent_path = g_strdup(bus_reader_path(bus_request_args(request)));
	bus_request_reply(request);
}

static void unregister_agent(BusRequest *request, void *user_data)
{
	forget_agent(user_data);
	bus_request_reply(request);
}

static const BusMethod manager_methods[] = {
	{ "RegisterAgent", "o", "", register_agent, NULL },
	{ "UnregisterAgent", "o", "", unregister_agent, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusInterface manager_interface = { MANAGER, manager_methods, NULL, NULL, NULL };

FakeIwd *fake_iwd_new(const char *address)
{
	static const BusInterface *const root_interfaces[] = { &bus_object_manager, NULL };
	static const BusInterface *const manager_interfaces[] = { &manager_interface, NULL };
	static const BusInterface *const adapter_interfaces[] = { &adapter_interface, NULL };
	FakeIwd *fake = g_new0(FakeIwd, 1);
	g_autoptr(GError) error = NULL;

	fake->mode = "station";
	fake->state = "disconnected";
	fake->bus = bus_open(address, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fake->root = test_add_object(fake->bus, "/", root_interfaces, fake);
	fake->manager = test_add_object(fake->bus, FAKE_IWD_PATH, manager_interfaces, fake);
	fake->adapter = test_add_object(fake->bus, FAKE_IWD_PATH "/0", adapter_interfaces, fake);
	fake_iwd_device(fake, true);
	fake->name = test_take_name(fake->bus, IWD);
	return fake;
}

void fake_iwd_free(FakeIwd *fake)
{
	if (!fake)
		return;
	bus_call_cancel(fake->ask);
	bus_free(fake->bus); /* first: what follows is not announced any more */
	connect_end(fake, IWD ".Aborted");
	for (int i = 0; i < FAKE_IWD_SLOTS; i++) {
		bus_object_free(fake->networks[i].object);
		bus_object_free(fake->knowns[i].object);
		g_free(fake->knowns[i].name);
		g_free(fake->knowns[i].type);
		g_free(fake->knowns[i].passphrase);
	}
	bus_object_free(fake->device);
	bus_object_free(fake->adapter);
	bus_object_free(fake->manager);
	bus_object_free(fake->root);
	bus_name_free(fake->name);
	forget_agent(fake);
	g_free(fake->given);
	g_free(fake->refusal);
	g_free(fake);
}
