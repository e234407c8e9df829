/* SPDX-License-Identifier: MIT */
#include "tests/bus/fake-nm.h"

#include "common/error.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define NM         "org.freedesktop.NetworkManager"
#define DEVICE     NM ".Device"
#define WIRELESS   NM ".Device.Wireless"
#define AP         NM ".AccessPoint"
#define ACTIVE     NM ".Connection.Active"
#define IP4        NM ".IP4Config"
#define CONNECTION NM ".Settings.Connection"

/* ---- access points ---- */

static void ap_ssid_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_bytes(value, ap->ssid, strlen(ap->ssid));
}

static void ap_bssid_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_string(value, ap->bssid);
}

static void ap_flags_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_u32(value, ap->flags);
}

static void ap_wpa_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_u32(value, ap->wpa);
}

static void ap_rsn_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_u32(value, ap->rsn);
}

static void ap_frequency_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_u32(value, ap->frequency);
}

static void ap_strength_get(BusWriter *value, void *user_data)
{
	const FakeAp *ap = user_data;

	bus_writer_u8(value, ap->strength);
}

static void ap_mode_get(BusWriter *value, void *user_data)
{
	bus_writer_u32(value, 2);
}

static const BusProperty ap_properties[] = {
	{ "Ssid", "ay", ap_ssid_get, NULL, NULL, 0 },
	{ "HwAddress", "s", ap_bssid_get, NULL, NULL, 0 },
	{ "Flags", "u", ap_flags_get, NULL, NULL, 0 },
	{ "WpaFlags", "u", ap_wpa_get, NULL, NULL, 0 },
	{ "RsnFlags", "u", ap_rsn_get, NULL, NULL, 0 },
	{ "Frequency", "u", ap_frequency_get, NULL, NULL, 0 },
	{ "Strength", "y", ap_strength_get, NULL, NULL, 0 },
	{ "Mode", "u", ap_mode_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface ap_interface = { AP, NULL, ap_properties, NULL, NULL };

void fake_nm_ap(FakeNm *fake, int index, const FakeAp *ap)
{
	static const BusInterface *const interfaces[] = { &ap_interface, NULL };
	g_autofree char *path = g_strdup_printf(FAKE_NM_PATH "/AccessPoint/%d", index);

	bus_object_free(fake->aps[index].object);
	fake->aps[index] = *ap;
	fake->aps[index].object = test_add_object(fake->bus, path, interfaces, &fake->aps[index]);
	if (fake->device)
		bus_object_changed(fake->device, WIRELESS, "AccessPoints");
}

/* ---- profiles ---- */

static void profile_file_get(BusWriter *value, void *user_data)
{
	const FakeProfile *profile = user_data;

	bus_writer_string(value, profile->saved
					 ? "/etc/NetworkManager/system-connections/x.nmconnection"
					 : "/run/NetworkManager/system-connections/x.nmconnection");
}

static void profile_flags_get(BusWriter *value, void *user_data)
{
	const FakeProfile *profile = user_data;

	bus_writer_u32(value, profile->saved ? 0 : 1);
}

static void write_text(BusWriter *writer, const char *key, const char *text)
{
	bus_writer_entry(writer, key, "s");
	bus_writer_string(writer, text);
}

static void get_settings(BusRequest *request, void *user_data)
{
	FakeProfile *profile = user_data;
	BusWriter *writer = bus_request_writer(request);

	profile->reads++;
	bus_writer_open(writer, "a{sa{sv}}");
	bus_writer_open(writer, "{sa{sv}}");
	bus_writer_string(writer, "connection");
	bus_writer_open(writer, "a{sv}");
	write_text(writer, "id", profile->id);
	write_text(writer, "type", profile->type);
	if (profile->no_autoconnect) {
		bus_writer_entry(writer, "autoconnect", "b");
		bus_writer_bool(writer, false);
	}
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_writer_open(writer, "{sa{sv}}");
	bus_writer_string(writer, "802-11-wireless");
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "ssid", "ay");
	bus_writer_bytes(writer, profile->ssid, strlen(profile->ssid));
	if (profile->mode)
		write_text(writer, "mode", profile->mode);
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_request_reply(request);
}

/* Delete that is under way. */
typedef struct Deletion {
	FakeProfile *profile;
	BusRequest *request;
} Deletion;

static void delete_now(FakeProfile *profile, BusRequest *request)
{
	bus_request_reply(request);
	g_clear_pointer(&profile->object, bus_object_free);
}

static gboolean on_deleted(gpointer data)
{
	g_autofree Deletion *deletion = data;

	delete_now(deletion->profile, deletion->request);
	return G_SOURCE_REMOVE;
}

static void delete_handle(BusRequest *request, void *user_data)
{
	FakeProfile *profile = user_data;

	if (profile->fake->refuse_delete) {
		bus_request_fail_name(request, profile->fake->refuse_delete, "not now");
	} else if (profile->fake->delete_ms) {
		Deletion *deletion = g_new(Deletion, 1);

		*deletion = (Deletion){ profile, request };
		g_timeout_add(profile->fake->delete_ms, on_deleted, deletion);
	} else {
		delete_now(profile, request);
	}
}

/* false: refused */
static bool save(FakeProfile *profile, BusRequest *request)
{
	profile->saves++;
	if (profile->fake->refuse_save) {
		bus_request_fail_name(request, NM ".Settings.Failed", "disk full");
		return false;
	}
	profile->saved = true;
	bus_object_changed(profile->object, CONNECTION, "Filename");
	bus_object_changed(profile->object, CONNECTION, "Flags");
	return true;
}

static void save_handle(BusRequest *request, void *user_data)
{
	if (save(user_data, request))
		bus_request_reply(request);
}

/* Which text goes where; NULL: none of those that matter. */
static char **text_of(FakeProfile *profile, const char *key)
{
	const struct {
		const char *key;
		char **text;
	} texts[] = {
		{ "id", &profile->id },
		{ "uuid", &profile->uuid },
		{ "type", &profile->type },
		{ "key-mgmt", &profile->key_mgmt },
		{ "psk", &profile->psk },
		{ "wep-key0", &profile->psk },
		{ "identity", &profile->identity },
		{ "domain-suffix-match", &profile->domain },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strcmp(key, texts[i].key) == 0)
			return texts[i].text;
	return NULL;
}

/* The same of octets; a file's URI comes with its NUL. */
static char **octets_of(FakeProfile *profile, const char *key)
{
	return strcmp(key, "ssid") == 0          ? &profile->ssid
	       : strcmp(key, "ca-cert") == 0     ? &profile->ca_cert
	       : strcmp(key, "client-cert") == 0 ? &profile->client_cert
	       : strcmp(key, "private-key") == 0 ? &profile->private_key
						 : NULL;
}

static bool is_tls(BusReader *reader)
{
	bool tls = false;
	unsigned int methods = 0;

	bus_reader_enter(reader, "as");
	for (; bus_reader_more(reader); methods++)
		tls = strcmp(bus_reader_string(reader), "tls") == 0;
	bus_reader_leave(reader);
	return tls && methods == 1;
}

static void read_setting(FakeProfile *profile, BusReader *reader, const char *key)
{
	char **text = text_of(profile, key);
	char **octets = octets_of(profile, key);
	size_t len = 0;

	if (text) {
		g_free(*text);
		*text = g_strdup(bus_reader_string(reader));
	} else if (octets) {
		const uint8_t *data = bus_reader_bytes(reader, &len);

		g_free(*octets);
		*octets = g_strndup((const char *)data, len);
		if (octets != &profile->ssid)
			g_assert_cmpuint(len, ==, strlen(*octets) + 1);
	} else if (strcmp(key, "hidden") == 0) {
		profile->hidden = bus_reader_bool(reader);
	} else if (strcmp(key, "bssid") == 0) {
		profile->bssid = true;
	} else if (strcmp(key, "eap") == 0) {
		profile->tls = is_tls(reader);
	} else if (strcmp(key, "private-key-password-flags") == 0) {
		profile->key_password_flags = bus_reader_u32(reader);
	}
}

static void read_settings(FakeProfile *profile, BusReader *reader)
{
	const char *key = NULL;

	bus_reader_enter(reader, "a{sa{sv}}");
	while (bus_reader_entry(reader)) {
		bus_reader_enter(reader, "a{sv}");
		while ((key = bus_reader_entry(reader)))
			read_setting(profile, reader, key);
		bus_reader_leave(reader);
	}
	bus_reader_leave(reader);
}

/* As the real one does, it wants the same UUID. */
static void update_handle(BusRequest *request, void *user_data)
{
	FakeProfile *profile = user_data;
	g_autofree char *uuid = g_strdup(profile->uuid);

	profile->bssid = false;
	read_settings(profile, bus_request_args(request));
	g_assert_cmpstr(profile->uuid, ==, uuid);
	g_assert_cmpuint(bus_reader_u32(bus_request_args(request)), ==, 1);
	profile->updated = true;
	if (!save(profile, request))
		return;
	bus_writer_open(bus_request_writer(request), "a{sv}");
	bus_writer_close(bus_request_writer(request));
	bus_request_reply(request);
}

static const BusMethod profile_methods[] = {
	{ "GetSettings", "", "a{sa{sv}}", get_settings, NULL },
	{ "Delete", "", "", delete_handle, NULL },
	{ "Save", "", "", save_handle, NULL },
	{ "Update2", "a{sa{sv}}ua{sv}", "a{sv}", update_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty profile_properties[] = {
	{ "Filename", "s", profile_file_get, NULL, NULL, 0 },
	{ "Flags", "u", profile_flags_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusSignal profile_signals[] = {
	{ "Updated", "", NULL },
	{ NULL, NULL, NULL },
};

static const BusInterface profile_interface = { CONNECTION, profile_methods, profile_properties,
						profile_signals, NULL };

static void profile_clear(FakeProfile *profile)
{
	bus_object_free(profile->object);
	g_free(profile->id);
	g_free(profile->ssid);
	g_free(profile->type);
	g_free(profile->mode);
	g_free(profile->key_mgmt);
	g_free(profile->psk);
	g_free(profile->uuid);
	g_free(profile->identity);
	g_free(profile->ca_cert);
	g_free(profile->client_cert);
	g_free(profile->private_key);
	g_free(profile->domain);
	*profile = (FakeProfile){ 0 };
}

/* A slot nobody used yet, then one whose profile is deleted; cleared. */
static int profile_slot(FakeNm *fake)
{
	int slot = (int)fake->n_profiles;

	if (slot >= FAKE_NM_SLOTS) {
		for (slot = 0; slot < FAKE_NM_SLOTS && fake->profiles[slot].object;)
			slot++;
		g_assert_cmpint(slot, <, FAKE_NM_SLOTS);
		profile_clear(&fake->profiles[slot]);
	}
	return slot;
}

static FakeProfile *profile_add(FakeNm *fake, int slot)
{
	static const BusInterface *const interfaces[] = { &profile_interface, NULL };
	FakeProfile *profile = &fake->profiles[slot];
	g_autofree char *path = g_strdup_printf(FAKE_NM_PATH "/Settings/%u", fake->n_profiles);

	fake->n_profiles++;
	profile->fake = fake;
	profile->object = test_add_object(fake->bus, path, interfaces, profile);
	return profile;
}

int fake_nm_profile(FakeNm *fake, const char *id, const char *type, bool autoconnect, bool saved)
{
	int slot = profile_slot(fake);
	FakeProfile *profile = &fake->profiles[slot];

	profile->id = g_strdup(id);
	profile->ssid = g_strdup(g_str_has_prefix(id, "landfall ") ? id + 9 : id);
	profile->type = g_strdup(type);
	profile->no_autoconnect = !autoconnect;
	profile->saved = saved;
	profile_add(fake, slot);
	return slot;
}

void fake_nm_edit(FakeNm *fake, int index, bool autoconnect)
{
	FakeProfile *profile = &fake->profiles[index];

	profile->no_autoconnect = !autoconnect;
	bus_object_emit(profile->object, bus_object_signal(profile->object, CONNECTION, "Updated"));
}

unsigned int fake_nm_count(const FakeNm *fake)
{
	unsigned int count = 0;

	for (int i = 0; i < FAKE_NM_SLOTS; i++)
		count += fake->profiles[i].object != NULL;
	return count;
}

/* ---- activations ---- */

static void active_state_get(BusWriter *value, void *user_data)
{
	const FakeActive *active = user_data;

	bus_writer_u32(value, active->state);
}

static void active_connection_get(BusWriter *value, void *user_data)
{
	const FakeActive *active = user_data;

	bus_writer_path(value,
			active->profile->object ? bus_object_path(active->profile->object) : "/");
}

static void active_config_get(BusWriter *value, void *user_data)
{
	const FakeActive *active = user_data;

	bus_writer_path(value, active->config ? active->config : "/");
}

static const BusProperty active_properties[] = {
	{ "State", "u", active_state_get, NULL, NULL, 0 },
	{ "Connection", "o", active_connection_get, NULL, NULL, 0 },
	{ "Ip4Config", "o", active_config_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface active_interface = { ACTIVE, NULL, active_properties, NULL, NULL };

static FakeActive *active_add(FakeNm *fake, const FakeProfile *profile)
{
	static const BusInterface *const interfaces[] = { &active_interface, NULL };
	int slot = (int)(fake->n_actives % FAKE_NM_SLOTS);
	FakeActive *active = &fake->actives[slot];
	g_autofree char *path =
		g_strdup_printf(FAKE_NM_PATH "/ActiveConnection/%u", fake->n_actives);

	bus_object_free(active->object);
	g_clear_pointer(&active->config, g_free);
	active->profile = profile;
	active->state = 1;
	active->object = test_add_object(fake->bus, path, interfaces, active);
	fake->n_actives++;
	fake->active = slot;
	bus_object_changed(fake->device, DEVICE, "ActiveConnection");
	return active;
}

void fake_nm_use(FakeNm *fake, int index)
{
	active_add(fake, &fake->profiles[index])->state = 2;
	fake_nm_state(fake, 100, 0);
}

void fake_nm_active(FakeNm *fake, int index, uint32_t state)
{
	fake->actives[index].state = state;
	bus_object_changed(fake->actives[index].object, ACTIVE, "State");
}

static void address_data_get(BusWriter *value, void *user_data)
{
	bus_writer_open(value, "aa{sv}");
	bus_writer_open(value, "a{sv}");
	bus_writer_entry(value, "prefix", "u");
	bus_writer_u32(value, 24);
	write_text(value, "address", user_data);
	bus_writer_close(value);
	bus_writer_close(value);
}

static const BusProperty config_properties[] = {
	{ "AddressData", "aa{sv}", address_data_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface config_interface = { IP4, NULL, config_properties, NULL, NULL };

void fake_nm_address(FakeNm *fake, int index, const char *address)
{
	static const BusInterface *const interfaces[] = { &config_interface, NULL };

	bus_object_free(fake->config);
	fake->config = test_add_object(fake->bus, FAKE_NM_PATH "/IP4Config/1", interfaces,
				       (void *)(uintptr_t)address);
	g_free(fake->actives[index].config);
	fake->actives[index].config = g_strdup(FAKE_NM_PATH "/IP4Config/1");
	bus_object_changed(fake->actives[index].object, ACTIVE, "Ip4Config");
}

/* ---- the device ---- */

static void device_type_get(BusWriter *value, void *user_data)
{
	bus_writer_u32(value, 2);
}

static void device_interface_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "wlan0");
}

static void second_interface_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "wlan1");
}

static void device_mac_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, "02:00:00:A1:b2:C3");
}

static void device_state_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_u32(value, fake->state);
}

static void device_reason_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_open(value, "(uu)");
	bus_writer_u32(value, fake->state);
	bus_writer_u32(value, fake->reason);
	bus_writer_close(value);
}

static void device_active_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_path(value, fake->active < 0
				       ? "/"
				       : bus_object_path(fake->actives[fake->active].object));
}

static void wireless_last_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_i64(value, fake->last_scan);
}

static void wireless_aps_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_open(value, "ao");
	for (int i = 0; i < FAKE_NM_SLOTS; i++) {
		if (fake->aps[i].object)
			bus_writer_path(value, bus_object_path(fake->aps[i].object));
	}
	bus_writer_close(value);
}

static void request_scan(BusRequest *request, void *user_data)
{
	FakeNm *fake = user_data;
	BusReader *reader = bus_request_args(request);
	const char *key = NULL;

	fake->scans++;
	g_clear_pointer(&fake->scan_ssid, g_free);
	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		size_t len = 0;
		const uint8_t *ssid = NULL;

		g_assert_cmpstr(key, ==, "ssids");
		bus_reader_enter(reader, "aay");
		ssid = bus_reader_bytes(reader, &len);
		fake->scan_ssid = g_strndup((const char *)ssid, len);
		bus_reader_leave(reader);
	}
	bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
	if (fake->refuse_scan)
		bus_request_fail_name(request, fake->refuse_scan, "the test says so");
	else
		bus_request_reply(request);
}

static const BusProperty device_properties[] = {
	{ "DeviceType", "u", device_type_get, NULL, NULL, 0 },
	{ "Interface", "s", device_interface_get, NULL, NULL, 0 },
	{ "HwAddress", "s", device_mac_get, NULL, NULL, 0 },
	{ "State", "u", device_state_get, NULL, NULL, 0 },
	{ "StateReason", "(uu)", device_reason_get, NULL, NULL, 0 },
	{ "ActiveConnection", "o", device_active_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusProperty second_properties[] = {
	{ "DeviceType", "u", device_type_get, NULL, NULL, 0 },
	{ "Interface", "s", second_interface_get, NULL, NULL, 0 },
	{ "State", "u", device_state_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod wireless_methods[] = {
	{ "RequestScan", "a{sv}", "", request_scan, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty wireless_properties[] = {
	{ "PermHwAddress", "s", device_mac_get, NULL, NULL, 0 },
	{ "LastScan", "x", wireless_last_get, NULL, NULL, 0 },
	{ "AccessPoints", "ao", wireless_aps_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface device_interface = { DEVICE, NULL, device_properties, NULL, NULL };
static const BusInterface second_interface = { DEVICE, NULL, second_properties, NULL, NULL };
static const BusInterface wireless_interface = { WIRELESS, wireless_methods, wireless_properties,
						 NULL, NULL };

void fake_nm_device(FakeNm *fake, bool there)
{
	static const BusInterface *const interfaces[] = { &device_interface, &wireless_interface,
							  NULL };

	g_clear_pointer(&fake->device, bus_object_free);
	if (there)
		fake->device = test_add_object(fake->bus, FAKE_NM_DEVICE, interfaces, fake);
}

void fake_nm_second(FakeNm *fake)
{
	static const BusInterface *const interfaces[] = { &second_interface, &wireless_interface,
							  NULL };

	fake->second = test_add_object(fake->bus, FAKE_NM_PATH "/Devices/2", interfaces, fake);
}

void fake_nm_state(FakeNm *fake, uint32_t state, uint32_t reason)
{
	fake->state = state;
	fake->reason = reason;
	bus_object_changed(fake->device, DEVICE, "State");
	bus_object_changed(fake->device, DEVICE, "StateReason");
}

void fake_nm_scanned(FakeNm *fake)
{
	fake->last_scan++;
	bus_object_changed(fake->device, WIRELESS, "LastScan");
}

/* ---- the manager ---- */

static void wifi_enabled_get(BusWriter *value, void *user_data)
{
	const FakeNm *fake = user_data;

	bus_writer_bool(value, !fake->wifi_off);
}

static bool wifi_enabled_set(BusReader *value, void *user_data, GError **error)
{
	FakeNm *fake = user_data;

	fake->wifi_off = !bus_reader_bool(value);
	bus_object_changed(fake->manager, NM, "WirelessEnabled");
	return true;
}

static void add_and_activate(BusRequest *request, void *user_data)
{
	FakeNm *fake = user_data;
	BusReader *reader = bus_request_args(request);
	BusWriter *writer = bus_request_writer(request);
	FakeProfile *profile = NULL;
	const FakeActive *active = NULL;

	fake->adds++;
	if (fake->refuse_add) {
		bus_request_fail_name(request, fake->refuse_add, "the test says so");
		return;
	}
	profile = profile_add(fake, profile_slot(fake));
	read_settings(profile, reader);
	g_assert_cmpstr(bus_reader_path(reader), ==, FAKE_NM_DEVICE);
	g_free(fake->specific);
	fake->specific = g_strdup(bus_reader_path(reader));
	bus_reader_enter(reader, "a{sv}");
	g_assert_cmpstr(bus_reader_entry(reader), ==, "persist");
	g_free(fake->persist);
	fake->persist = g_strdup(bus_reader_string(reader));
	bus_reader_leave(reader);
	g_assert_true(bus_reader_ok(reader));
	active = active_add(fake, profile);
	bus_writer_path(writer, bus_object_path(profile->object));
	bus_writer_path(writer, bus_object_path(active->object));
	bus_writer_open(writer, "a{sv}");
	bus_writer_close(writer);
	bus_request_reply(request);
}

static void activate(BusRequest *request, void *user_data)
{
	FakeNm *fake = user_data;

	g_free(fake->reactivated);
	fake->reactivated = g_strdup(bus_reader_path(bus_request_args(request)));
	fake_nm_state(fake, 30, 0);
	bus_writer_path(bus_request_writer(request), FAKE_NM_PATH "/ActiveConnection/0");
	bus_request_reply(request);
}

static const BusMethod manager_methods[] = {
	{ "AddAndActivateConnection2", "a{sa{sv}}ooa{sv}", "ooa{sv}", add_and_activate, NULL },
	{ "ActivateConnection", "ooo", "o", activate, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty manager_properties[] = {
	{ "WirelessEnabled", "b", wifi_enabled_get, wifi_enabled_set, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusInterface manager_interface = { NM, manager_methods, manager_properties, NULL,
						NULL };

FakeNm *fake_nm_new(const char *address)
{
	static const BusInterface *const root_interfaces[] = { &bus_object_manager, NULL };
	static const BusInterface *const manager_interfaces[] = { &manager_interface, NULL };
	FakeNm *fake = g_new0(FakeNm, 1);
	g_autoptr(GError) error = NULL;

	fake->active = -1;
	fake->state = 30;
	fake->last_scan = -1;
	fake->bus = bus_open(address, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fake->root = test_add_object(fake->bus, FAKE_NM_ROOT, root_interfaces, fake);
	fake->manager = test_add_object(fake->bus, FAKE_NM_PATH, manager_interfaces, fake);
	fake_nm_device(fake, true);
	fake->name = test_take_name(fake->bus, NM);
	return fake;
}

static void slots_free(FakeNm *fake)
{
	for (int i = 0; i < FAKE_NM_SLOTS; i++) {
		bus_object_free(fake->aps[i].object);
		profile_clear(&fake->profiles[i]);
		bus_object_free(fake->actives[i].object);
		g_free(fake->actives[i].config);
	}
}

void fake_nm_free(FakeNm *fake)
{
	if (!fake)
		return;
	bus_free(fake->bus); /* first: what follows is not announced any more */
	slots_free(fake);
	bus_object_free(fake->config);
	bus_object_free(fake->device);
	bus_object_free(fake->second);
	bus_object_free(fake->manager);
	bus_object_free(fake->root);
	bus_name_free(fake->name);
	g_free(fake->scan_ssid);
	g_free(fake->specific);
	g_free(fake->persist);
	g_free(fake->reactivated);
	g_free(fake);
}
