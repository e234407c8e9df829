/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-profiles.h"

#include "dbus/bus-match.h"

#include <string.h>

#define FLAG_UNSAVED 1u /* NMSettingsConnectionFlags */

struct WifiNmProfiles {
	Bus *bus;
	BusPeer *peer;
	void (*changed)(void *data);
	void *data;

	BusMatch *updated;
	GPtrArray *list;    /* of WifiNmProfile, NULL before the first reading */
	GPtrArray *reading; /* the next list, NULL when none is being read */
	GPtrArray *paths;   /* still to be read, last first */
	bool again;         /* something changed while reading */
	guint soon;
	BusCall *call;
};

static void read_next(WifiNmProfiles *profiles);

static void profile_free(void *data)
{
	WifiNmProfile *profile = data;

	g_free(profile->path);
	g_free(profile->id);
	g_free(profile->interface);
	g_clear_pointer(&profile->ssid, g_bytes_unref);
	g_free(profile);
}

static void read_connection(BusReader *reader, WifiNmProfile *profile)
{
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "id") == 0 && !profile->id)
			profile->id = g_strdup(bus_reader_string(reader));
		else if (strcmp(key, "type") == 0)
			profile->wifi = strcmp(bus_reader_string(reader), "802-11-wireless") == 0;
		else if (strcmp(key, "autoconnect") == 0)
			profile->autoconnect = bus_reader_bool(reader);
		else if (strcmp(key, "interface-name") == 0 && !profile->interface)
			profile->interface = g_strdup(bus_reader_string(reader));
	}
	bus_reader_leave(reader);
}

/* true when the profile makes an access point or an ad-hoc cell */
static bool read_wireless(BusReader *reader, WifiNmProfile *profile)
{
	bool other_mode = false;
	const char *key = NULL;
	size_t len = 0;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "mode") == 0) {
			other_mode = strcmp(bus_reader_string(reader), "infrastructure") != 0;
		} else if (strcmp(key, "ssid") == 0 && !profile->ssid) {
			const uint8_t *ssid = bus_reader_bytes(reader, &len);

			profile->ssid = g_bytes_new(ssid, len);
		}
	}
	bus_reader_leave(reader);
	return other_mode;
}

static WifiNmProfile *profile_parse(BusReader *reader, const char *path)
{
	WifiNmProfile *profile = g_new0(WifiNmProfile, 1);
	bool other_mode = false;
	const char *section = NULL;

	profile->path = g_strdup(path);
	profile->autoconnect = true; /* unless it says otherwise */
	bus_reader_enter(reader, "a{sa{sv}}");
	while ((section = bus_reader_entry(reader))) {
		if (strcmp(section, "connection") == 0)
			read_connection(reader, profile);
		else if (strcmp(section, "802-11-wireless") == 0)
			other_mode = read_wireless(reader, profile);
	}
	bus_reader_leave(reader);
	profile->wifi = profile->wifi && !other_mode;
	if (bus_reader_ok(reader))
		return profile;
	profile_free(profile);
	return NULL;
}

bool wifi_nm_profiles_in_memory(const WifiNmProfiles *profiles, const char *path)
{
	const BusMirror *mirror = bus_peer_find(profiles->peer, path);
	const char *file =
		mirror ? bus_mirror_string(mirror, NM_CONNECTION_IFACE, "Filename") : NULL;

	return (file && g_str_has_prefix(file, "/run/")) ||
	       (mirror && bus_mirror_uint(mirror, NM_CONNECTION_IFACE, "Flags", 0) & FLAG_UNSAVED);
}

static void settings_on_reply(BusReply *reply, void *user_data)
{
	WifiNmProfiles *profiles = user_data;
	g_autofree char *path = g_ptr_array_steal_index(profiles->paths, profiles->paths->len - 1);
	WifiNmProfile *profile = NULL;

	profiles->call = NULL;
	/* One that was deleted meanwhile, or that we may not see, is no profile for us. */
	if (!bus_reply_error(reply))
		profile = profile_parse(bus_reply_reader(reply), path);
	if (profile)
		g_ptr_array_add(profiles->reading, profile);
	read_next(profiles);
}

static void read_done(WifiNmProfiles *profiles)
{
	g_clear_pointer(&profiles->list, g_ptr_array_unref);
	profiles->list = g_steal_pointer(&profiles->reading);
	if (profiles->again)
		wifi_nm_profiles_read(profiles);
	else
		profiles->changed(profiles->data);
}

static void read_next(WifiNmProfiles *profiles)
{
	const char *path = NULL;

	if (profiles->paths->len == 0) {
		read_done(profiles);
		return;
	}
	path = g_ptr_array_index(profiles->paths, profiles->paths->len - 1);
	profiles->call = bus_call_start(
		profiles->bus,
		bus_message_new_call(NM_SERVICE, path, NM_CONNECTION_IFACE, "GetSettings"),
		BUS_TIMEOUT_DEFAULT, settings_on_reply, profiles);
}

static gboolean read_start(gpointer data)
{
	WifiNmProfiles *profiles = data;
	g_autoptr(GPtrArray) mirrors = bus_peer_list(profiles->peer, NM_CONNECTION_IFACE);

	profiles->soon = 0;
	profiles->again = false;
	profiles->reading = g_ptr_array_new_with_free_func(profile_free);
	g_ptr_array_set_size(profiles->paths, 0);
	for (guint i = 0; i < mirrors->len && i < WIFI_NM_PROFILES_MAX; i++) {
		const BusMirror *mirror = g_ptr_array_index(mirrors, i);

		g_ptr_array_add(profiles->paths, g_strdup(bus_mirror_path(mirror)));
	}
	read_next(profiles);
	return G_SOURCE_REMOVE;
}

/* Somebody has edited one. */
static void on_updated(BusMessage *signal, void *user_data)
{
	WifiNmProfiles *profiles = user_data;

	if (profiles->list || profiles->reading)
		wifi_nm_profiles_read(profiles);
}

WifiNmProfiles *wifi_nm_profiles_new(Bus *bus, BusPeer *peer, void (*changed)(void *data),
				     void *data)
{
	const BusMatchRule updated = { .sender = NM_SERVICE,
				       .interface = NM_CONNECTION_IFACE,
				       .member = "Updated" };
	WifiNmProfiles *profiles = g_new0(WifiNmProfiles, 1);

	profiles->bus = bus;
	profiles->peer = peer;
	profiles->changed = changed;
	profiles->data = data;
	profiles->paths = g_ptr_array_new_with_free_func(g_free);
	profiles->updated = bus_match_new(bus, &updated, on_updated, profiles);
	return profiles;
}

void wifi_nm_profiles_free(WifiNmProfiles *profiles)
{
	if (!profiles)
		return;
	bus_match_free(profiles->updated);
	wifi_nm_profiles_forget(profiles);
	g_ptr_array_unref(profiles->paths);
	g_free(profiles);
}

void wifi_nm_profiles_read(WifiNmProfiles *profiles)
{
	if (profiles->reading)
		profiles->again = true;
	else if (!profiles->soon)
		profiles->soon = g_idle_add(read_start, profiles);
}

void wifi_nm_profiles_forget(WifiNmProfiles *profiles)
{
	g_clear_handle_id(&profiles->soon, g_source_remove);
	bus_call_cancel(profiles->call);
	profiles->call = NULL;
	profiles->again = false;
	g_clear_pointer(&profiles->reading, g_ptr_array_unref);
	g_clear_pointer(&profiles->list, g_ptr_array_unref);
	g_ptr_array_set_size(profiles->paths, 0);
}

const GPtrArray *wifi_nm_profiles_list(const WifiNmProfiles *profiles)
{
	return profiles->list;
}
