/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-bss.h"

#include "common/error.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/wifi-map.h"

#include <string.h>

#define BSS_MAX   1024 /* more are not looked at */
#define ASKED_MAX 16   /* at one time */

/* One BSS of the list. */
typedef struct Slot {
	WifiWpaBssList *list;
	BusCall *call;
} Slot;

struct WifiWpaBssList {
	Bus *bus;
	WifiWpaBssFunc done;
	void *data;
	BusCall *call; /* for the paths */
	GStrv paths;
	guint at; /* the next one to be asked for */
	unsigned int open;
	Slot slots[ASKED_MAX];
	GArray *found;
};

/* The WPA or RSN element: which keys it takes; 0 when there is none. */
static unsigned int parse_element(BusReader *reader)
{
	unsigned int keys = 0;
	bool there = false;
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "KeyMgmt") == 0 && bus_reader_has(reader, "as")) {
			bus_reader_enter(reader, "as");
			while (bus_reader_more(reader))
				keys |= wifi_wpa_map_keys(bus_reader_string(reader));
			bus_reader_leave(reader);
		} else if (strcmp(key, "Group") == 0 && bus_reader_has(reader, "s")) {
			there = *bus_reader_string(reader) != '\0';
		}
	}
	bus_reader_leave(reader);
	return keys || !there ? keys : WPA_KEYS_OTHER;
}

static void take_ssid(WpaBss *bss, BusReader *reader)
{
	size_t len = 0;
	const uint8_t *ssid = bus_reader_bytes(reader, &len);

	bss->nameless = len == 0 || ssid[0] == '\0';
	if (len > WIFI_SSID_MAX)
		return;
	memcpy(bss->network.ssid, ssid, len);
	bss->network.ssid_len = (uint8_t)len;
}

/* Returns false for what is no BSS to join. */
static bool take_property(WpaBss *bss, const char *key, BusReader *reader)
{
	size_t len = 0;
	const uint8_t *bssid = NULL;

	if (strcmp(key, "SSID") == 0) {
		take_ssid(bss, reader);
	} else if (strcmp(key, "BSSID") == 0) {
		bssid = bus_reader_bytes(reader, &len);
		if (len != WIFI_BSSID_LEN)
			return false;
		memcpy(bss->network.bssid, bssid, len);
	} else if (strcmp(key, "Privacy") == 0) {
		bss->security.privacy = bus_reader_bool(reader);
	} else if (strcmp(key, "Mode") == 0) {
		return strcmp(bus_reader_string(reader), "infrastructure") == 0;
	} else if (strcmp(key, "Signal") == 0) {
		bss->network.rssi_dbm = wifi_wpa_map_rssi(bus_reader_i16(reader));
	} else if (strcmp(key, "Frequency") == 0) {
		bss->network.channel = wifi_map_channel(bus_reader_u16(reader));
	} else if (strcmp(key, "Age") == 0) {
		bss->age_s = bus_reader_u32(reader);
	} else if (strcmp(key, "WPA") == 0) {
		bss->security.wpa = parse_element(reader);
	} else if (strcmp(key, "RSN") == 0) {
		bss->security.rsn = parse_element(reader);
	}
	return true;
}

bool wifi_wpa_bss_parse(BusReader *reader, WpaBss *bss)
{
	const char *key = NULL;
	bool joinable = true;

	*bss = (WpaBss){ .nameless = true };
	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader)))
		joinable = take_property(bss, key, reader) && joinable;
	bus_reader_leave(reader);
	bss->network.auth = wifi_wpa_map_auth(&bss->security);
	return bus_reader_ok(reader) && joinable && (bss->nameless || bss->network.ssid_len > 0);
}

BusCall *wifi_wpa_bss_ask(Bus *bus, const char *path, BusReplyFunc func, void *data)
{
	return bus_call_start(bus, bus_properties_get_all(WPA_SERVICE, path, WPA_BSS_IFACE),
			      BUS_TIMEOUT_DEFAULT, func, data);
}

static void ask_next(Slot *slot);

static void on_bss(BusReply *reply, void *user_data)
{
	Slot *slot = user_data;
	WifiWpaBssList *list = slot->list;
	WpaBss bss;

	slot->call = NULL;
	list->open--;
	if (bus_reply_expect(reply, "a{sv}", NULL) &&
	    wifi_wpa_bss_parse(bus_reply_reader(reply), &bss))
		g_array_append_val(list->found, bss);
	ask_next(slot);
	if (list->open == 0)
		list->done(list->found, NULL, list->data);
}

static void ask_next(Slot *slot)
{
	WifiWpaBssList *list = slot->list;

	if (!list->paths[list->at])
		return;
	list->open++;
	slot->call = wifi_wpa_bss_ask(list->bus, list->paths[list->at++], on_bss, slot);
}

static void on_paths(BusReply *reply, void *user_data)
{
	WifiWpaBssList *list = user_data;
	g_autoptr(GError) error = NULL;

	list->call = NULL;
	if (!bus_reply_expect(reply, "v", &error)) {
		list->done(NULL, error, list->data);
		return;
	}
	list->paths = bus_properties_paths(reply, BSS_MAX);
	if (!list->paths) {
		g_set_error_literal(&error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "wpa_supplicant's list of networks is none");
		list->done(NULL, error, list->data);
		return;
	}
	for (size_t i = 0; i < ASKED_MAX; i++)
		ask_next(&list->slots[i]);
	if (list->open == 0)
		list->done(list->found, NULL, list->data);
}

WifiWpaBssList *wifi_wpa_bss_list_new(Bus *bus, const char *path, WifiWpaBssFunc done, void *data)
{
	WifiWpaBssList *list = g_new0(WifiWpaBssList, 1);

	list->bus = bus;
	list->done = done;
	list->data = data;
	list->found = g_array_new(false, false, sizeof(WpaBss));
	for (size_t i = 0; i < ASKED_MAX; i++)
		list->slots[i].list = list;
	list->call = bus_call_start(
		bus, bus_properties_get(WPA_SERVICE, path, WPA_INTERFACE_IFACE, "BSSs"),
		BUS_TIMEOUT_DEFAULT, on_paths, list);
	return list;
}

const GArray *wifi_wpa_bss_list_found(const WifiWpaBssList *list)
{
	return list->found;
}

void wifi_wpa_bss_list_free(WifiWpaBssList *list)
{
	if (!list)
		return;
	bus_call_cancel(list->call);
	for (size_t i = 0; i < ASKED_MAX; i++)
		bus_call_cancel(list->slots[i].call);
	g_strfreev(list->paths);
	g_array_unref(list->found);
	g_free(list);
}
