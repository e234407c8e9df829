/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-settings.h"

#include "common/printable.h"
#include "provisioner/adapter/wifi-backend.h"

#include <string.h>

#define SECRET_NOT_REQUIRED 4 /* NMSettingSecretFlags */

static void write_section(BusWriter *writer, const char *name)
{
	bus_writer_open(writer, "{sa{sv}}");
	bus_writer_string(writer, name);
	bus_writer_open(writer, "a{sv}");
}

static void end_section(BusWriter *writer)
{
	bus_writer_close(writer);
	bus_writer_close(writer);
}

static void write_text(BusWriter *writer, const char *key, const char *text)
{
	bus_writer_entry(writer, key, "s");
	bus_writer_string(writer, text);
}

static void write_bool(BusWriter *writer, const char *key, bool value)
{
	bus_writer_entry(writer, key, "b");
	bus_writer_bool(writer, value);
}

char *wifi_nm_settings_id(const void *ssid, size_t ssid_len)
{
	g_autofree char *name = printable_text(ssid, ssid_len);

	return g_strconcat(WIFI_ID_PREFIX, name, NULL);
}

static void write_connection(BusWriter *writer, const WifiNmSettings *settings)
{
	const WifiCredentials *wanted = settings->wanted;
	g_autofree char *id = wifi_nm_settings_id(wanted->ssid, wanted->ssid_len);

	write_section(writer, "connection");
	write_text(writer, "id", id);
	write_text(writer, "uuid", settings->uuid);
	write_text(writer, "type", "802-11-wireless");
	write_bool(writer, "autoconnect", true);
	/* An access point that is down for a day must not need a second visit: 0 is for ever. */
	bus_writer_entry(writer, "autoconnect-retries", "i");
	bus_writer_i32(writer, 0);
	end_section(writer);
}

static void write_wireless(BusWriter *writer, const WifiNmSettings *settings)
{
	const WifiCredentials *wanted = settings->wanted;

	write_section(writer, "802-11-wireless");
	bus_writer_entry(writer, "ssid", "ay");
	bus_writer_bytes(writer, wanted->ssid, wanted->ssid_len);
	write_bool(writer, "hidden", settings->hidden);
	if (settings->locked) {
		bus_writer_entry(writer, "bssid", "ay");
		bus_writer_bytes(writer, wanted->bssid, WIFI_BSSID_LEN);
	}
	end_section(writer);
}

static void write_security(BusWriter *writer, const WifiNmSettings *settings)
{
	static const char *const names[] = {
		[NM_KEY_OWE] = "owe", [NM_KEY_WEP] = "none",           [NM_KEY_PSK] = "wpa-psk",
		[NM_KEY_SAE] = "sae", [NM_KEY_ENTERPRISE] = "wpa-eap",
	};
	const Secret *passphrase = settings->wanted->passphrase;
	const char *text = passphrase ? (const char *)secret_data(passphrase) : NULL;

	write_section(writer, "802-11-wireless-security");
	write_text(writer, "key-mgmt", names[settings->key]);
	if (settings->key == NM_KEY_WEP)
		write_text(writer, "wep-key0", text);
	else if (settings->key == NM_KEY_PSK || settings->key == NM_KEY_SAE)
		write_text(writer, "psk", text);
	end_section(writer);
}

/* Certificates and keys stay where they are: "file://" and the path, with the NUL at its end. */
static void write_file(BusWriter *writer, const char *key, const char *path)
{
	g_autofree char *uri = g_strconcat("file://", path, NULL);

	bus_writer_entry(writer, key, "ay");
	bus_writer_bytes(writer, uri, strlen(uri) + 1);
}

static void write_enterprise(BusWriter *writer, const WifiEnterprise *enterprise)
{
	static const char *const methods[] = { "tls", NULL };

	write_section(writer, "802-1x");
	bus_writer_entry(writer, "eap", "as");
	bus_writer_strings(writer, methods);
	write_text(writer, "identity", enterprise->identity);
	write_file(writer, "ca-cert", enterprise->ca_path);
	write_file(writer, "client-cert", enterprise->cert_path);
	write_file(writer, "private-key", enterprise->key_path);
	bus_writer_entry(writer, "private-key-password-flags", "u");
	bus_writer_u32(writer, SECRET_NOT_REQUIRED);
	if (enterprise->domain)
		write_text(writer, "domain-suffix-match", enterprise->domain);
	end_section(writer);
}

void wifi_nm_settings_write(BusWriter *writer, const WifiNmSettings *settings)
{
	bus_writer_open(writer, "a{sa{sv}}");
	write_connection(writer, settings);
	write_wireless(writer, settings);
	if (settings->key != NM_KEY_NONE)
		write_security(writer, settings);
	if (settings->key == NM_KEY_ENTERPRISE)
		write_enterprise(writer, settings->wanted->enterprise);
	bus_writer_close(writer);
}
