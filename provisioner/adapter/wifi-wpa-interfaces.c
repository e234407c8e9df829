/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-interfaces.h"

#include "dbus/bus-match.h"
#include "dbus/bus-peer.h"
#include "dbus/bus-properties.h"

#include <string.h>

#define INTERFACES_MAX 16
#define DRIVER_WIRED   "wired"

struct WifiWpaInterfaces {
	Bus *bus;
	BusPeer *peer; /* of the name; it mirrors nothing */
	BusMatch *signals;
	BusCall *call;
	char *name;
	const WifiWpaInterfacesEvents *events;
	void *data;
	GPtrArray *list; /* WifiWpaInterface, owned */
};

static bool is_usable(const WifiWpaInterfaces *interfaces, const WifiWpaInterface *interface)
{
	const WpaInterfaceState *state = wifi_wpa_interface_state(interface);

	return state->known && strcmp(state->driver, DRIVER_WIRED) != 0 && *state->config_file &&
	       (strcmp(interfaces->name, "auto") == 0 ||
		strcmp(interfaces->name, state->ifname) == 0);
}

WifiWpaInterface *wifi_wpa_interfaces_pick(const WifiWpaInterfaces *interfaces)
{
	WifiWpaInterface *best = NULL;

	for (guint i = 0; i < interfaces->list->len; i++) {
		WifiWpaInterface *interface = g_ptr_array_index(interfaces->list, i);

		if (is_usable(interfaces, interface) &&
		    (!best || strcmp(wifi_wpa_interface_state(interface)->ifname,
				     wifi_wpa_interface_state(best)->ifname) < 0))
			best = interface;
	}
	return best;
}

const char *wifi_wpa_interfaces_problem(const WifiWpaInterfaces *interfaces)
{
	if (!bus_peer_is_present(interfaces->peer))
		return "wpa_supplicant is not on the bus";
	if (interfaces->list->len == 0)
		return "wpa_supplicant looks after no interface";
	return "wpa_supplicant looks after no Wi-Fi interface that may be used and has a "
	       "configuration file";
}

static void on_facts(WifiWpaInterface *interface, unsigned int facts, void *data)
{
	WifiWpaInterfaces *interfaces = data;

	if (facts & WPA_FACT_READ)
		interfaces->events->changed(interfaces->data);
	if (interface == wifi_wpa_interfaces_pick(interfaces))
		interfaces->events->facts(facts, interfaces->data);
}

static WifiWpaInterface *find(const WifiWpaInterfaces *interfaces, const char *path)
{
	for (guint i = 0; i < interfaces->list->len; i++) {
		WifiWpaInterface *interface = g_ptr_array_index(interfaces->list, i);

		if (strcmp(wifi_wpa_interface_path(interface), path) == 0)
			return interface;
	}
	return NULL;
}

/* Those that are gone go, those that are new are followed. */
static void take_list(WifiWpaInterfaces *interfaces, const char *const *paths)
{
	for (guint i = interfaces->list->len; i > 0; i--) {
		const WifiWpaInterface *interface = g_ptr_array_index(interfaces->list, i - 1);

		if (!g_strv_contains(paths, wifi_wpa_interface_path(interface)))
			g_ptr_array_remove_index(interfaces->list, i - 1);
	}
	for (const char *const *path = paths; *path; path++) {
		if (!find(interfaces, *path))
			g_ptr_array_add(interfaces->list,
					wifi_wpa_interface_new(interfaces->bus, *path, on_facts,
							       interfaces));
	}
	interfaces->events->changed(interfaces->data);
}

static void on_list(BusReply *reply, void *user_data)
{
	WifiWpaInterfaces *interfaces = user_data;
	g_auto(GStrv) paths = bus_properties_paths(reply, INTERFACES_MAX);

	interfaces->call = NULL;
	if (paths)
		take_list(interfaces, (const char *const *)paths);
	else if (!wifi_wpa_is_gone(bus_reply_error(reply)))
		g_warning("cannot read the interfaces of wpa_supplicant");
}

static void read_list(WifiWpaInterfaces *interfaces)
{
	BusMessage *message = bus_properties_get(WPA_SERVICE, WPA_PATH, WPA_SERVICE, "Interfaces");

	bus_call_cancel(interfaces->call);
	interfaces->call =
		bus_call_start(interfaces->bus, message, BUS_TIMEOUT_DEFAULT, on_list, interfaces);
}

static void on_signal(BusMessage *signal, void *user_data)
{
	if (g_str_has_prefix(bus_message_member(signal), "Interface"))
		read_list(user_data);
}

static void on_appeared(BusPeer *peer, void *user_data)
{
	read_list(user_data);
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	WifiWpaInterfaces *interfaces = user_data;

	g_message("wpa_supplicant left the bus");
	bus_call_cancel(interfaces->call);
	interfaces->call = NULL;
	g_ptr_array_set_size(interfaces->list, 0);
	interfaces->events->vanished(interfaces->data);
	interfaces->events->changed(interfaces->data);
}

static void interface_free(gpointer data)
{
	wifi_wpa_interface_free(data);
}

WifiWpaInterfaces *wifi_wpa_interfaces_new(Bus *bus, const char *name,
					   const WifiWpaInterfacesEvents *events, void *data)
{
	static const char *const none[] = { NULL };
	static const BusPeerSpec spec = { WPA_SERVICE, NULL, none };
	static const BusPeerEvents peer_events = { .appeared = on_appeared,
						   .vanished = on_vanished };
	static const BusMatchRule rule = { .sender = WPA_SERVICE,
					   .path = WPA_PATH,
					   .interface = WPA_SERVICE };
	WifiWpaInterfaces *interfaces = g_new0(WifiWpaInterfaces, 1);

	interfaces->bus = bus;
	interfaces->name = g_strdup(name);
	interfaces->events = events;
	interfaces->data = data;
	interfaces->list = g_ptr_array_new_with_free_func(interface_free);
	interfaces->signals = bus_match_new(bus, &rule, on_signal, interfaces);
	interfaces->peer = bus_peer_new(bus, &spec, &peer_events, interfaces);
	return interfaces;
}

void wifi_wpa_interfaces_free(WifiWpaInterfaces *interfaces)
{
	if (!interfaces)
		return;
	bus_peer_free(interfaces->peer);
	bus_match_free(interfaces->signals);
	bus_call_cancel(interfaces->call);
	g_ptr_array_unref(interfaces->list);
	g_free(interfaces->name);
	g_free(interfaces);
}
