/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-networks.h"

#include "dbus/bus-call.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/retry.h"

#include <stdlib.h>
#include <string.h>

struct WifiWpaNetworks {
	Bus *bus;
	char *path;
	void (*changed)(void *data);
	void *data;
	GPtrArray *list; /* of the last reading, NULL: none yet */
	BusCall *call;
	Retry *retry;    /* of a reading that failed */
	GStrv paths;     /* of the reading under way */
	guint at;        /* the one being asked for */
	GPtrArray *next; /* what was read of them */
};

static void configured_free(gpointer data)
{
	WpaConfigured *network = data;

	g_free(network->path);
	g_clear_pointer(&network->before, g_array_unref);
	g_clear_pointer(&network->ssid, g_bytes_unref);
	g_free(network);
}

guint wifi_wpa_networks_number(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (guint)strtoul(slash + 1, NULL, 10) : 0;
}

/* What follows the mark: numbers, parted by blanks. NULL when it is something else, and so not ours
 * to touch. */
static GArray *parse_before(const char *text)
{
	g_autoptr(GArray) before = g_array_new(false, false, sizeof(guint));
	g_auto(GStrv) words = g_strsplit(text, " ", WPA_NETWORKS_MAX + 1);

	if (text[strspn(text, " 0123456789")] != '\0' || (*text && *text != ' '))
		return NULL;
	for (char **word = words; *word; word++) {
		guint number = (guint)strtoul(*word, NULL, 10);

		if (**word)
			g_array_append_val(before, number);
	}
	return g_steal_pointer(&before);
}

static void take_mark(WpaConfigured *network, const char *text)
{
	g_autoptr(GBytes) octets = wifi_wpa_map_octets(text);
	g_autofree char *mark =
		octets ? g_strndup(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets)) : NULL;

	g_clear_pointer(&network->before, g_array_unref);
	if (mark && g_str_has_prefix(mark, WPA_MARK))
		network->before = parse_before(mark + strlen(WPA_MARK));
	network->ours = network->before != NULL;
}

static void take_setting(WpaConfigured *network, const char *key, const char *text)
{
	if (strcmp(key, "id_str") == 0) {
		take_mark(network, text);
	} else if (strcmp(key, "ssid") == 0) {
		g_clear_pointer(&network->ssid, g_bytes_unref);
		network->ssid = wifi_wpa_map_octets(text);
	} else if (strcmp(key, "scan_ssid") == 0) {
		network->hidden = strcmp(text, "0") != 0;
	} else if (strcmp(key, "mode") == 0) {
		network->infrastructure = strcmp(text, "0") == 0;
	} else if (strcmp(key, "priority") == 0) {
		network->priority = (int)CLAMP(strtol(text, NULL, 10), INT_MIN, INT_MAX);
	}
}

static void take_settings(WpaConfigured *network, BusReader *reader)
{
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (bus_reader_has(reader, "s"))
			take_setting(network, key, bus_reader_string(reader));
	}
	bus_reader_leave(reader);
}

static void ask_next(WifiWpaNetworks *networks);

/* One that has gone meanwhile does not count: its removal is announced, and read, too. */
static void on_network(BusReply *reply, void *user_data)
{
	WifiWpaNetworks *networks = user_data;
	BusReader *reader = bus_reply_reader(reply);
	WpaConfigured *network = NULL;
	const char *key = NULL;

	networks->call = NULL;
	if (bus_reply_expect(reply, "a{sv}", NULL)) {
		network = g_new0(WpaConfigured, 1);
		network->path = g_strdup(networks->paths[networks->at]);
		network->infrastructure = true;
		bus_reader_enter(reader, "a{sv}");
		while ((key = bus_reader_entry(reader))) {
			if (strcmp(key, "Enabled") == 0)
				network->enabled = bus_reader_bool(reader);
			else if (strcmp(key, "Properties") == 0)
				take_settings(network, reader);
		}
		bus_reader_leave(reader);
		network->trial = network->ours && network->priority == WPA_PRIORITY_TRIAL;
		g_ptr_array_add(networks->next, network);
	}
	networks->at++;
	ask_next(networks);
}

static void reading_clear(WifiWpaNetworks *networks)
{
	bus_call_cancel(networks->call);
	networks->call = NULL;
	g_clear_pointer(&networks->paths, g_strfreev);
	g_clear_pointer(&networks->next, g_ptr_array_unref);
}

static void ask_next(WifiWpaNetworks *networks)
{
	BusMessage *message = NULL;

	if (!networks->paths[networks->at]) {
		g_clear_pointer(&networks->list, g_ptr_array_unref);
		networks->list = g_steal_pointer(&networks->next);
		reading_clear(networks);
		networks->changed(networks->data);
		return;
	}
	message = bus_properties_get_all(WPA_SERVICE, networks->paths[networks->at],
					 WPA_NETWORK_IFACE);
	networks->call =
		bus_call_start(networks->bus, message, BUS_TIMEOUT_DEFAULT, on_network, networks);
}

static void on_paths(BusReply *reply, void *user_data)
{
	WifiWpaNetworks *networks = user_data;
	g_auto(GStrv) paths = bus_properties_paths(reply, WPA_NETWORKS_MAX);

	networks->call = NULL;
	if (!paths) {
		if (!wifi_wpa_is_gone(bus_reply_error(reply)) && retry_later(networks->retry))
			g_warning("cannot read the networks of wpa_supplicant");
		return;
	}
	retry_reset(networks->retry);
	networks->paths = g_steal_pointer(&paths);
	networks->at = 0;
	networks->next = g_ptr_array_new_with_free_func(configured_free);
	ask_next(networks);
}

void wifi_wpa_networks_read(WifiWpaNetworks *networks)
{
	BusMessage *message =
		bus_properties_get(WPA_SERVICE, networks->path, WPA_INTERFACE_IFACE, "Networks");

	reading_clear(networks);
	networks->call =
		bus_call_start(networks->bus, message, BUS_TIMEOUT_DEFAULT, on_paths, networks);
}

static void read_again(void *data)
{
	wifi_wpa_networks_read(data);
}

WifiWpaNetworks *wifi_wpa_networks_new(Bus *bus, const char *path, void (*changed)(void *data),
				       void *data)
{
	WifiWpaNetworks *networks = g_new0(WifiWpaNetworks, 1);

	networks->bus = bus;
	networks->path = g_strdup(path);
	networks->changed = changed;
	networks->data = data;
	networks->retry = retry_new(read_again, networks);
	wifi_wpa_networks_read(networks);
	return networks;
}

void wifi_wpa_networks_free(WifiWpaNetworks *networks)
{
	if (!networks)
		return;
	reading_clear(networks);
	retry_free(networks->retry);
	g_clear_pointer(&networks->list, g_ptr_array_unref);
	g_free(networks->path);
	g_free(networks);
}

const GPtrArray *wifi_wpa_networks_list(const WifiWpaNetworks *networks)
{
	return networks->list;
}
