/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-settings.h"

#include <openssl/crypto.h>

#define PSK_HEX_LEN 64

/* ieee80211w: protection of management frames */
#define PMF_OPTIONAL 1
#define PMF_REQUIRED 2

static void write_text(BusWriter *writer, const char *key, const char *text)
{
	bus_writer_entry(writer, key, "s");
	bus_writer_string(writer, text);
}

static void write_number(BusWriter *writer, const char *key, int number)
{
	bus_writer_entry(writer, key, "i");
	bus_writer_i32(writer, number);
}

static void write_octets(BusWriter *writer, const char *key, const void *data, size_t len)
{
	bus_writer_entry(writer, key, "ay");
	bus_writer_bytes(writer, data, len);
}

/* A key given as hex digits. */
static void write_hex(BusWriter *writer, const char *key, const Secret *digits)
{
	const char *text = (const char *)secret_data(digits);
	size_t len = MIN(secret_len(digits), (size_t)PSK_HEX_LEN) / 2;
	uint8_t octets[PSK_HEX_LEN / 2];

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
				      g_ascii_xdigit_value(text[2 * i + 1]));
	write_octets(writer, key, octets, len);
	OPENSSL_cleanse(octets, sizeof(octets));
}

static void write_psk(BusWriter *writer, const Secret *psk)
{
	if (secret_len(psk) == PSK_HEX_LEN)
		write_hex(writer, "psk", psk);
	else
		write_text(writer, "psk", (const char *)secret_data(psk));
}

static void write_wep(BusWriter *writer, const Secret *key)
{
	write_text(writer, "key_mgmt", "NONE");
	if (secret_len(key) == 5 || secret_len(key) == 13)
		write_octets(writer, "wep_key0", secret_data(key), secret_len(key));
	else
		write_hex(writer, "wep_key0", key);
	write_number(writer, "wep_tx_keyidx", 0);
}

static void write_enterprise(BusWriter *writer, const WifiEnterprise *enterprise)
{
	write_text(writer, "key_mgmt", "WPA-EAP WPA-EAP-SHA256");
	write_number(writer, "ieee80211w", PMF_OPTIONAL);
	write_text(writer, "eap", "TLS");
	write_text(writer, "identity", enterprise->identity);
	write_text(writer, "ca_cert", enterprise->ca_path);
	write_text(writer, "client_cert", enterprise->cert_path);
	write_text(writer, "private_key", enterprise->key_path);
	if (enterprise->domain)
		write_text(writer, "domain_suffix_match", enterprise->domain);
}

static void write_key(BusWriter *writer, WpaJoinKey key, const WifiCredentials *credentials)
{
	const Secret *given = credentials->passphrase;

	switch (key) {
	case WPA_JOIN_NONE: write_text(writer, "key_mgmt", "NONE"); break;
	case WPA_JOIN_WEP: write_wep(writer, given); break;
	case WPA_JOIN_ENTERPRISE: write_enterprise(writer, credentials->enterprise); break;
	case WPA_JOIN_OWE:
		write_text(writer, "key_mgmt", "OWE");
		write_number(writer, "ieee80211w", PMF_REQUIRED);
		break;
	case WPA_JOIN_SAE:
		write_text(writer, "key_mgmt", "SAE");
		write_number(writer, "ieee80211w", PMF_REQUIRED);
		write_octets(writer, "sae_password", secret_data(given), secret_len(given));
		break;
	case WPA_JOIN_PSK:
	case WPA_JOIN_MIXED:
		/* A key in hex is no password, and WPA3 wants one. */
		write_text(writer, "key_mgmt",
			   key == WPA_JOIN_MIXED && secret_len(given) != PSK_HEX_LEN
				   ? "WPA-PSK WPA-PSK-SHA256 SAE"
				   : "WPA-PSK WPA-PSK-SHA256");
		write_number(writer, "ieee80211w", PMF_OPTIONAL);
		write_psk(writer, given);
		break;
	}
}

void wifi_wpa_settings_write(BusWriter *writer, const WpaSettings *settings)
{
	const WifiCredentials *credentials = settings->credentials;
	const uint8_t *b = credentials->bssid;
	g_autofree char *bssid = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
						 b[3], b[4], b[5]);

	bus_writer_open(writer, "a{sv}");
	write_octets(writer, "ssid", credentials->ssid, credentials->ssid_len);
	write_text(writer, "id_str", settings->mark);
	write_number(writer, "priority", settings->priority);
	if (settings->hidden)
		write_number(writer, "scan_ssid", 1);
	if (settings->pinned)
		write_text(writer, "bssid", bssid);
	write_key(writer, settings->key, credentials);
	bus_writer_close(writer);
}
