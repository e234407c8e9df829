/* SPDX-License-Identifier: MIT */
#include "tests/bus/fake-wpa.h"

#include "common/error.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define WPA       "fi.w1.wpa_supplicant1"
#define INTERFACE WPA ".Interface"
#define NETWORK   WPA ".Network"
#define BSS       WPA ".BSS"

static void emit(FakeWpa *fake, const char *signal, const char *path)
{
	BusMessage *message = bus_object_signal(fake->interface, INTERFACE, signal);

	bus_writer_path(bus_message_writer(message), path);
	bus_object_emit(fake->interface, message);
}

/* ---- BSSs ---- */

static void bss_ssid_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	bus_writer_bytes(value, bss->ssid, strlen(bss->ssid));
}

static void bss_bssid_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;
	const uint8_t bssid[] = { 2, 0, 0, 0, 0, bss->number };

	bus_writer_bytes(value, bssid, sizeof(bssid));
}

static void bss_privacy_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	bus_writer_bool(value, bss->privacy);
}

static void bss_mode_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "infrastructure");
}

static void bss_signal_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	bus_writer_i16(value, bss->signal);
}

static void bss_frequency_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	bus_writer_u16(value, bss->frequency);
}

static void bss_age_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	bus_writer_u32(value, bss->age);
}

/* An element that is not there has neither a cipher nor keys, as with wpa_supplicant. */
static void write_element(BusWriter *value, const char *words)
{
	g_auto(GStrv) keys = g_strsplit(words ? words : "", " ", -1);

	bus_writer_open(value, "a{sv}");
	bus_writer_entry(value, "KeyMgmt", "as");
	bus_writer_strings(value, (const char *const *)keys);
	bus_writer_entry(value, "Group", "s");
	bus_writer_string(value, words ? "ccmp" : "");
	bus_writer_close(value);
}

static void bss_wpa_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	write_element(value, bss->wpa);
}

static void bss_rsn_get(BusWriter *value, void *user_data)
{
	const FakeBss *bss = user_data;

	write_element(value, bss->rsn);
}

static const BusProperty bss_properties[] = {
	{ "SSID", "ay", bss_ssid_get, NULL, NULL, 0 },
	{ "BSSID", "ay", bss_bssid_get, NULL, NULL, 0 },
	{ "Privacy", "b", bss_privacy_get, NULL, NULL, 0 },
	{ "Mode", "s", bss_mode_get, NULL, NULL, 0 },
	{ "Signal", "n", bss_signal_get, NULL, NULL, 0 },
	{ "Frequency", "q", bss_frequency_get, NULL, NULL, 0 },
	{ "Age", "u", bss_age_get, NULL, NULL, 0 },
	{ "WPA", "a{sv}", bss_wpa_get, NULL, NULL, 0 },
	{ "RSN", "a{sv}", bss_rsn_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface bss_interface = { BSS, NULL, bss_properties, NULL, NULL };

void fake_wpa_bss(FakeWpa *fake, int index, const FakeBss *bss)
{
	static const BusInterface *const interfaces[] = { &bss_interface, NULL };
	g_autofree char *path = g_strdup_printf(FAKE_WPA_INTERFACE "/BSSs/%d", index);

	bus_object_free(fake->bss[index].object);
	fake->bss[index] = *bss;
	fake->bss[index].object = test_add_object(fake->bus, path, interfaces, &fake->bss[index]);
}

/* ---- networks ---- */

static void network_enabled_get(BusWriter *value, void *user_data)
{
	const FakeNetwork *network = user_data;

	bus_writer_bool(value, network->enabled);
}

static void network_enable(FakeNetwork *network, bool enabled)
{
	if (!network->object || network->enabled == enabled)
		return;
	network->enabled = enabled;
	bus_object_changed(network->object, NETWORK, "Enabled");
}

static bool network_enabled_set(BusReader *value, void *user_data, GError **error)
{
	network_enable(user_data, bus_reader_bool(value));
	return true;
}

static void network_properties_get(BusWriter *value, void *user_data)
{
	const FakeNetwork *network = user_data;
	GHashTableIter iter;
	gpointer name;
	gpointer text;

	bus_writer_open(value, "a{sv}");
	g_hash_table_iter_init(&iter, network->settings);
	while (g_hash_table_iter_next(&iter, &name, &text)) {
		bus_writer_entry(value, name, "s");
		bus_writer_string(value, text);
	}
	bus_writer_close(value);
}

/* What wpa_supplicant makes of a value: octets become hex, most texts are put in quotes. */
static char *read_setting(BusReader *reader, const char *name)
{
	static const char *const plain[] = { "key_mgmt", "eap", "bssid", NULL };

	if (bus_reader_has(reader, "ay")) {
		size_t len = 0;
		const uint8_t *octets = bus_reader_bytes(reader, &len);
		GString *hex = g_string_new(NULL);

		for (size_t i = 0; i < len; i++)
			g_string_append_printf(hex, "%02x", octets[i]);
		return g_string_free(hex, FALSE);
	}
	if (bus_reader_has(reader, "i"))
		return g_strdup_printf("%d", bus_reader_i32(reader));
	return g_strdup_printf(g_strv_contains(plain, name) ? "%s" : "\"%s\"",
			       bus_reader_string(reader));
}

/* With most of them the keys go. */
static void read_settings(FakeNetwork *network, BusReader *reader)
{
	static const char *const harmless[] = { "priority", "bssid", NULL };
	FakeWpa *fake = network->fake;
	bool current = fake->current >= 0 && network == &fake->networks[fake->current];
	const char *name = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((name = bus_reader_entry(reader))) {
		fake->drops += current && !g_strv_contains(harmless, name);
		g_hash_table_insert(network->settings, g_strdup(name), read_setting(reader, name));
	}
	bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
}

static bool network_properties_set(BusReader *value, void *user_data, GError **error)
{
	read_settings(user_data, value);
	return true;
}

static const BusProperty network_properties[] = {
	{ "Enabled", "b", network_enabled_get, network_enabled_set, NULL, 0 },
	{ "Properties", "a{sv}", network_properties_get, network_properties_set, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface network_interface = { NETWORK, NULL, network_properties, NULL, NULL };

static FakeNetwork *network_new(FakeWpa *fake)
{
	static const BusInterface *const interfaces[] = { &network_interface, NULL };
	FakeNetwork *network = &fake->networks[fake->n_networks];
	g_autofree char *path =
		g_strdup_printf(FAKE_WPA_INTERFACE "/Networks/%u", fake->n_networks);

	g_assert_cmpuint(fake->n_networks, <, FAKE_WPA_SLOTS);
	fake->n_networks++;
	network->fake = fake;
	network->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	network->object = test_add_object(fake->bus, path, interfaces, network);
	return network;
}

void fake_wpa_set(FakeWpa *fake, int index, const char *name, const char *text)
{
	g_hash_table_insert(fake->networks[index].settings, g_strdup(name), g_strdup(text));
}

int fake_wpa_network(FakeWpa *fake, const char *ssid, const char *mark, bool enabled)
{
	FakeNetwork *network = network_new(fake);

	g_hash_table_insert(network->settings, g_strdup("ssid"), g_strdup_printf("\"%s\"", ssid));
	if (mark)
		g_hash_table_insert(network->settings, g_strdup("id_str"),
				    g_strdup_printf("\"%s\"", mark));
	network->enabled = enabled;
	network->saved = true;
	network->saved_enabled = enabled;
	return (int)fake->n_networks - 1;
}

const char *fake_wpa_setting(const FakeWpa *fake, int index, const char *name)
{
	return g_hash_table_lookup(fake->networks[index].settings, name);
}

/* ---- the interface ---- */

static FakeNetwork *network_at(FakeWpa *fake, const char *path)
{
	for (unsigned int i = 0; i < fake->n_networks; i++) {
		FakeNetwork *network = &fake->networks[i];

		if (network->object && strcmp(bus_object_path(network->object), path) == 0)
			return network;
	}
	return NULL;
}

static void scan_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;
	BusReader *reader = bus_request_args(request);
	const char *key = NULL;

	fake->scans++;
	g_clear_pointer(&fake->scan_ssid, g_free);
	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		size_t len = 0;
		const uint8_t *ssid = NULL;

		if (strcmp(key, "Type") == 0) {
			g_assert_cmpstr(bus_reader_string(reader), ==, "active");
			continue;
		}
		g_assert_cmpstr(key, ==, "SSIDs");
		bus_reader_enter(reader, "aay");
		ssid = bus_reader_bytes(reader, &len);
		fake->scan_ssid = g_strndup((const char *)ssid, len);
		bus_reader_leave(reader);
	}
	bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
	if (fake->refuse_scan)
		bus_request_fail_name(request, fake->refuse_scan, "Scan request rejected");
	else
		bus_request_reply(request);
}

/* A network is disabled until it is enabled or selected. */
static void add_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;
	FakeNetwork *network = NULL;
	BusMessage *signal = NULL;

	fake->adds++;
	if (fake->refuse_add) {
		bus_request_fail_name(request, fake->refuse_add, "invalid message format");
		return;
	}
	network = network_new(fake);
	read_settings(network, bus_request_args(request));
	signal = bus_object_signal(fake->interface, INTERFACE, "NetworkAdded");
	bus_writer_path(bus_message_writer(signal), bus_object_path(network->object));
	bus_writer_open(bus_message_writer(signal), "a{sv}");
	bus_writer_close(bus_message_writer(signal));
	bus_object_emit(fake->interface, signal);
	bus_writer_path(bus_request_writer(request), bus_object_path(network->object));
	bus_request_reply(request);
}

static void remove_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;
	FakeNetwork *network = network_at(fake, bus_reader_path(bus_request_args(request)));
	g_autofree char *path = NULL;

	fake->removes++;
	if (fake->refuse_remove) {
		bus_request_fail_name(request, fake->refuse_remove, "the test says so");
		return;
	}
	if (!network) {
		bus_request_fail_name(request, INTERFACE ".NetworkUnknown", "no such network");
		return;
	}
	path = g_strdup(bus_object_path(network->object));
	g_clear_pointer(&network->object, bus_object_free);
	emit(fake, "NetworkRemoved", path);
	bus_request_reply(request);
	if (fake->current >= 0 && network == &fake->networks[fake->current]) {
		fake->current = -1;
		fake_wpa_state(fake, "disconnected");
	}
}

/* All others are disabled, as in wpa_supplicant. */
static void select_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;
	FakeNetwork *network = network_at(fake, bus_reader_path(bus_request_args(request)));

	fake->selects++;
	g_assert_nonnull(network);
	for (unsigned int i = 0; i < fake->n_networks; i++) {
		network_enable(&fake->networks[i], &fake->networks[i] == network);
		if (&fake->networks[i] == network)
			fake->current = (int)i;
	}
	bus_request_reply(request);
	fake_wpa_state(fake, "scanning");
}

static void reassociate_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;

	fake->reassociates++;
	bus_request_reply(request);
}

static void flush_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;

	g_assert_cmpuint(bus_reader_u32(bus_request_args(request)), ==, 0);
	for (int i = 0; i < FAKE_WPA_SLOTS; i++)
		g_assert_false(fake->networks[i].object && fake->networks[i].enabled);
	fake->flushes++;
	bus_request_reply(request);
}

static void save_handle(BusRequest *request, void *user_data)
{
	FakeWpa *fake = user_data;

	fake->saves++;
	if (fake->refuse_save) {
		bus_request_fail_name(request, WPA ".UnknownError",
				      "Failed to update configuration");
		return;
	}
	for (unsigned int i = 0; i < fake->n_networks; i++) {
		fake->networks[i].saved = fake->networks[i].object != NULL;
		fake->networks[i].saved_enabled = fake->networks[i].enabled;
	}
	if (fake->hold_save) {
		fake->hold_save = false;
		fake->held = request;
		return;
	}
	if (fake->held)
		bus_request_reply(g_steal_pointer(&fake->held));
	bus_request_reply(request);
}

static void state_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_string(value, fake->state);
}

static void reason_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_i32(value, fake->reason);
}

static void auth_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_i32(value, fake->auth_status);
}

static void ifname_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_string(value, fake->ifname);
}

static void driver_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "nl80211");
}

static void config_file_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_string(value, fake->config_file);
}

static void update_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_string(value, fake->update_config ? "1" : "0");
}

static void current_network_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;
	const BusObject *object = fake->current < 0 ? NULL : fake->networks[fake->current].object;

	bus_writer_path(value, object ? bus_object_path(object) : "/");
}

static void current_bss_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;
	const BusObject *object =
		fake->current_bss < 0 ? NULL : fake->bss[fake->current_bss].object;

	bus_writer_path(value, object ? bus_object_path(object) : "/");
}

static void bsss_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_open(value, "ao");
	for (int i = 0; i < FAKE_WPA_SLOTS; i++) {
		if (fake->bss[i].object)
			bus_writer_path(value, bus_object_path(fake->bss[i].object));
	}
	bus_writer_close(value);
}

static void networks_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_open(value, "ao");
	for (int i = 0; i < FAKE_WPA_SLOTS; i++) {
		if (fake->networks[i].object)
			bus_writer_path(value, bus_object_path(fake->networks[i].object));
	}
	bus_writer_close(value);
}

static bool networks_exist(void *user_data)
{
	FakeWpa *fake = user_data;

	fake->withheld += fake->withhold_networks;
	return !fake->withhold_networks;
}

static const BusMethod interface_methods[] = {
	{ "Scan", "a{sv}", "", scan_handle, NULL },
	{ "AddNetwork", "a{sv}", "o", add_handle, NULL },
	{ "RemoveNetwork", "o", "", remove_handle, NULL },
	{ "SelectNetwork", "o", "", select_handle, NULL },
	{ "FlushBSS", "u", "", flush_handle, NULL },
	{ "Reassociate", "", "", reassociate_handle, NULL },
	{ "SaveConfig", "", "", save_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty interface_properties[] = {
	{ "State", "s", state_get, NULL, NULL, 0 },
	{ "DisconnectReason", "i", reason_get, NULL, NULL, 0 },
	{ "AuthStatusCode", "i", auth_get, NULL, NULL, 0 },
	{ "Ifname", "s", ifname_get, NULL, NULL, 0 },
	{ "Driver", "s", driver_get, NULL, NULL, 0 },
	{ "ConfigFile", "s", config_file_get, NULL, NULL, 0 },
	{ "UpdateConfig", "s", update_get, NULL, NULL, 0 },
	{ "CurrentNetwork", "o", current_network_get, NULL, NULL, 0 },
	{ "CurrentBSS", "o", current_bss_get, NULL, NULL, 0 },
	{ "BSSs", "ao", bsss_get, NULL, NULL, 0 },
	{ "Networks", "ao", networks_get, NULL, networks_exist, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusSignal interface_signals[] = {
	{ "ScanDone", "b", NULL },
	{ "NetworkAdded", "oa{sv}", NULL },
	{ "NetworkRemoved", "o", NULL },
	{ "EAP", "ss", NULL },
	{ NULL, NULL, NULL },
};

static const BusInterface interface_interface = { INTERFACE, interface_methods,
						  interface_properties, interface_signals, NULL };

static void announce(FakeWpa *fake, bool there)
{
	BusMessage *signal = bus_object_signal(fake->manager, WPA,
					       there ? "InterfaceAdded" : "InterfaceRemoved");
	BusWriter *writer = bus_message_writer(signal);

	bus_writer_path(writer, FAKE_WPA_INTERFACE);
	if (there) {
		bus_writer_open(writer, "a{sv}");
		bus_writer_close(writer);
	}
	bus_object_emit(fake->manager, signal);
}

void fake_wpa_interface(FakeWpa *fake, bool there)
{
	static const BusInterface *const interfaces[] = { &interface_interface, NULL };

	g_clear_pointer(&fake->interface, bus_object_free);
	if (there)
		fake->interface = test_add_object(fake->bus, FAKE_WPA_INTERFACE, interfaces, fake);
	announce(fake, there);
}

void fake_wpa_state(FakeWpa *fake, const char *state)
{
	fake->state = state;
	bus_object_changed(fake->interface, INTERFACE, "State");
	bus_object_changed(fake->interface, INTERFACE, "CurrentBSS");
}

void fake_wpa_auth(FakeWpa *fake, int32_t status)
{
	fake->auth_status = status;
	bus_object_changed(fake->interface, INTERFACE, "AuthStatusCode");
}

void fake_wpa_eap(FakeWpa *fake, const char *status, const char *parameter)
{
	BusMessage *message = bus_object_signal(fake->interface, INTERFACE, "EAP");

	bus_writer_string(bus_message_writer(message), status);
	bus_writer_string(bus_message_writer(message), parameter);
	bus_object_emit(fake->interface, message);
}

void fake_wpa_scanned(FakeWpa *fake, bool success)
{
	BusMessage *message = bus_object_signal(fake->interface, INTERFACE, "ScanDone");

	bus_writer_bool(bus_message_writer(message), success);
	bus_object_emit(fake->interface, message);
}

/* ---- the manager ---- */

static void interfaces_get(BusWriter *value, void *user_data)
{
	const FakeWpa *fake = user_data;

	bus_writer_open(value, "ao");
	if (fake->interface)
		bus_writer_path(value, FAKE_WPA_INTERFACE);
	bus_writer_close(value);
}

static const BusProperty manager_properties[] = {
	{ "Interfaces", "ao", interfaces_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusSignal manager_signals[] = {
	{ "InterfaceAdded", "oa{sv}", NULL },
	{ "InterfaceRemoved", "o", NULL },
	{ NULL, NULL, NULL },
};

static const BusInterface manager_interface = { WPA, NULL, manager_properties, manager_signals,
						NULL };

FakeWpa *fake_wpa_new(const char *address, const char *ifname)
{
	static const BusInterface *const interfaces[] = { &manager_interface, NULL };
	FakeWpa *fake = g_new0(FakeWpa, 1);
	g_autoptr(GError) error = NULL;

	fake->ifname = ifname;
	fake->config_file = "/etc/wpa_supplicant/wpa_supplicant.conf";
	fake->update_config = true;
	fake->state = "inactive";
	fake->current = -1;
	fake->current_bss = -1;
	fake->bus = bus_open(address, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fake->manager = test_add_object(fake->bus, FAKE_WPA_PATH, interfaces, fake);
	fake_wpa_interface(fake, true);
	fake->name = test_take_name(fake->bus, WPA);
	return fake;
}

void fake_wpa_free(FakeWpa *fake)
{
	if (!fake)
		return;
	bus_free(fake->bus); /* first: what follows is not announced any more */
	for (int i = 0; i < FAKE_WPA_SLOTS; i++) {
		bus_object_free(fake->bss[i].object);
		bus_object_free(fake->networks[i].object);
		g_clear_pointer(&fake->networks[i].settings, g_hash_table_unref);
	}
	bus_object_free(fake->interface);
	bus_object_free(fake->manager);
	bus_name_free(fake->name);
	g_free(fake->scan_ssid);
	g_free(fake);
}
