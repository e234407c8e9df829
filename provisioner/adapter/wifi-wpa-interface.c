/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-interface.h"

#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-properties.h"

#include <string.h>

struct WifiWpaInterface {
	Bus *bus;
	char *path;
	WifiWpaInterfaceFunc func;
	void *data;
	BusMatch *properties;
	BusMatch *signals;
	BusMatch *networks; /* PropertiesChanged of what lies below the path */
	BusCall *call;
	WpaInterfaceState state;
};

static unsigned int set_text(char **text, BusReader *reader)
{
	g_free(*text);
	*text = g_strdup(bus_reader_string(reader));
	return 0;
}

static unsigned int set_path(char **text, BusReader *reader)
{
	g_free(*text);
	*text = g_strdup(bus_reader_path(reader));
	return 0;
}

/* Returns the facts that follow; a property that is none of ours is left unread. */
static unsigned int take_property(WpaInterfaceState *state, const char *key, BusReader *reader)
{
	if (strcmp(key, "State") == 0) {
		state->state = wifi_wpa_map_state(bus_reader_string(reader));
		return WPA_FACT_STATE;
	}
	if (strcmp(key, "DisconnectReason") == 0) {
		state->disconnect_reason = bus_reader_i32(reader);
		return WPA_FACT_DISCONNECT;
	}
	if (strcmp(key, "AuthStatusCode") == 0) {
		state->auth_status = bus_reader_i32(reader);
		return WPA_FACT_AUTH;
	}
	if (strcmp(key, "UpdateConfig") == 0)
		state->may_save = strcmp(bus_reader_string(reader), "1") == 0;
	else if (strcmp(key, "Ifname") == 0)
		return set_text(&state->ifname, reader);
	else if (strcmp(key, "Driver") == 0)
		return set_text(&state->driver, reader);
	else if (strcmp(key, "ConfigFile") == 0)
		return set_text(&state->config_file, reader);
	else if (strcmp(key, "CurrentBSS") == 0)
		return set_path(&state->bss, reader);
	return 0;
}

static unsigned int take_properties(WifiWpaInterface *interface, BusReader *reader)
{
	unsigned int facts = 0;
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader)))
		facts |= take_property(&interface->state, key, reader);
	bus_reader_leave(reader);
	return facts;
}

bool wifi_wpa_is_gone(const GError *error)
{
	return g_error_matches(error, BUS_ERROR, BUS_ERROR_VANISHED) ||
	       g_error_matches(error, BUS_ERROR, BUS_ERROR_NO_SERVICE) ||
	       g_error_matches(error, BUS_ERROR, BUS_ERROR_DISCONNECTED);
}

/* Removed meanwhile, too: that is told by InterfaceRemoved. */
static bool is_removed(const GError *error)
{
	return wifi_wpa_is_gone(error) || g_error_matches(error, BUS_ERROR, BUS_ERROR_NO_METHOD);
}

static void on_read(BusReply *reply, void *user_data)
{
	WifiWpaInterface *interface = user_data;
	g_autoptr(GError) error = NULL;

	interface->call = NULL;
	if (!bus_reply_expect(reply, "a{sv}", &error)) {
		if (!is_removed(error))
			g_warning("cannot read an interface of wpa_supplicant: %s", error->message);
		return;
	}
	take_properties(interface, bus_reply_reader(reply));
	interface->state.known = true;
	interface->func(interface, WPA_FACT_READ, interface->data);
}

static void interface_read(WifiWpaInterface *interface)
{
	interface->call = bus_call_start(
		interface->bus,
		bus_properties_get_all(WPA_SERVICE, interface->path, WPA_INTERFACE_IFACE),
		BUS_TIMEOUT_DEFAULT, on_read, interface);
}

static void on_properties(BusMessage *signal, void *user_data)
{
	WifiWpaInterface *interface = user_data;
	BusReader *reader = bus_message_reader(signal);
	unsigned int facts = 0;

	if (strcmp(bus_message_signature(signal), "sa{sv}as") != 0)
		return;
	bus_reader_string(reader);
	facts = take_properties(interface, reader);
	if (facts && interface->state.known)
		interface->func(interface, facts, interface->data);
}

static unsigned int fact_of(BusMessage *signal)
{
	const char *member = bus_message_member(signal);
	const char *signature = bus_message_signature(signal);
	BusReader *reader = bus_message_reader(signal);

	if (strcmp(member, "ScanDone") == 0 && strcmp(signature, "b") == 0)
		return bus_reader_bool(reader) ? WPA_FACT_SCAN_DONE : WPA_FACT_SCAN_FAILED;
	if (strcmp(member, "EAP") == 0 && strcmp(signature, "ss") == 0)
		return strcmp(bus_reader_string(reader), "completion") == 0 &&
				       strcmp(bus_reader_string(reader), "failure") == 0
			       ? WPA_FACT_EAP_FAILED
			       : 0;
	return strcmp(member, "NetworkAdded") == 0 || strcmp(member, "NetworkRemoved") == 0
		       ? WPA_FACT_NETWORKS
		       : 0;
}

static void on_signal(BusMessage *signal, void *user_data)
{
	WifiWpaInterface *interface = user_data;
	unsigned int fact = fact_of(signal);

	if (fact && interface->state.known)
		interface->func(interface, fact, interface->data);
}

/* Properties of a configured network: it was enabled, disabled, or changed. */
static void on_network(BusMessage *signal, void *user_data)
{
	WifiWpaInterface *interface = user_data;

	if (interface->state.known)
		interface->func(interface, WPA_FACT_NETWORKS, interface->data);
}

WifiWpaInterface *wifi_wpa_interface_new(Bus *bus, const char *path, WifiWpaInterfaceFunc func,
					 void *data)
{
	WifiWpaInterface *interface = g_new0(WifiWpaInterface, 1);
	const BusMatchRule properties = { .sender = WPA_SERVICE,
					  .path = path,
					  .interface = BUS_PROPERTIES_IFACE,
					  .member = "PropertiesChanged",
					  .arg0 = WPA_INTERFACE_IFACE };
	const BusMatchRule signals = { .sender = WPA_SERVICE,
				       .path = path,
				       .interface = WPA_INTERFACE_IFACE };
	const BusMatchRule networks = { .sender = WPA_SERVICE,
					.path_namespace = path,
					.interface = BUS_PROPERTIES_IFACE,
					.member = "PropertiesChanged",
					.arg0 = WPA_NETWORK_IFACE };

	interface->bus = bus;
	interface->path = g_strdup(path);
	interface->func = func;
	interface->data = data;
	interface->state = (WpaInterfaceState){
		.ifname = g_strdup(""),
		.driver = g_strdup(""),
		.config_file = g_strdup(""),
		.bss = g_strdup(WPA_NO_PATH),
	};
	interface->properties = bus_match_new(bus, &properties, on_properties, interface);
	interface->signals = bus_match_new(bus, &signals, on_signal, interface);
	interface->networks = bus_match_new(bus, &networks, on_network, interface);
	interface_read(interface);
	return interface;
}

void wifi_wpa_interface_free(WifiWpaInterface *interface)
{
	if (!interface)
		return;
	bus_call_cancel(interface->call);
	bus_match_free(interface->properties);
	bus_match_free(interface->signals);
	bus_match_free(interface->networks);
	g_free(interface->state.ifname);
	g_free(interface->state.driver);
	g_free(interface->state.config_file);
	g_free(interface->state.bss);
	g_free(interface->path);
	g_free(interface);
}

const char *wifi_wpa_interface_path(const WifiWpaInterface *interface)
{
	return interface->path;
}

const WpaInterfaceState *wifi_wpa_interface_state(const WifiWpaInterface *interface)
{
	return &interface->state;
}
