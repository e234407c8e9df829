/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-map.h"

#include "provisioner/adapter/wifi-map.h"

#include <string.h>

WpaState wifi_wpa_map_state(const char *word)
{
	static const char *const words[] = {
		[WPA_STATE_DISABLED] = "interface_disabled",
		[WPA_STATE_DISCONNECTED] = "disconnected",
		[WPA_STATE_INACTIVE] = "inactive",
		[WPA_STATE_SCANNING] = "scanning",
		[WPA_STATE_AUTHENTICATING] = "authenticating",
		[WPA_STATE_ASSOCIATING] = "associating",
		[WPA_STATE_ASSOCIATED] = "associated",
		[WPA_STATE_4WAY_HANDSHAKE] = "4way_handshake",
		[WPA_STATE_GROUP_HANDSHAKE] = "group_handshake",
		[WPA_STATE_COMPLETED] = "completed",
	};

	for (size_t i = WPA_STATE_DISABLED; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(word, words[i]) == 0)
			return (WpaState)i;
	}
	return WPA_STATE_UNKNOWN;
}

WpaKeys wifi_wpa_map_keys(const char *word)
{
	static const struct {
		const char *word;
		WpaKeys keys;
	} rows[] = {
		{ "wpa-psk", WPA_KEYS_PSK },
		{ "wpa-ft-psk", WPA_KEYS_PSK },
		{ "wpa-psk-sha256", WPA_KEYS_PSK },
		{ "sae", WPA_KEYS_SAE },
		{ "ft-sae", WPA_KEYS_SAE },
		{ "owe", WPA_KEYS_OWE },
		{ "wpa-eap", WPA_KEYS_EAP },
		{ "wpa-ft-eap", WPA_KEYS_EAP },
		{ "wpa-eap-sha256", WPA_KEYS_EAP },
		{ "wpa-eap-suite-b", WPA_KEYS_EAP },
		{ "wpa-eap-suite-b-192", WPA_KEYS_EAP },
		{ "wpa-fils-sha256", WPA_KEYS_EAP },
		{ "wpa-fils-sha384", WPA_KEYS_EAP },
		{ "wpa-ft-fils-sha256", WPA_KEYS_EAP },
		{ "wpa-ft-fils-sha384", WPA_KEYS_EAP },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(word, rows[i].word) == 0)
			return rows[i].keys;
	}
	return WPA_KEYS_OTHER;
}

WifiAuth wifi_wpa_map_auth(const WpaSecurity *security)
{
	unsigned int any = security->wpa | security->rsn;

	if (any & WPA_KEYS_EAP)
		return WIFI_AUTH_ENTERPRISE;
	if (security->rsn & WPA_KEYS_SAE)
		return security->rsn & WPA_KEYS_PSK ? WIFI_AUTH_WPA2_WPA3 : WIFI_AUTH_WPA3;
	if (security->rsn & WPA_KEYS_PSK)
		return security->wpa & WPA_KEYS_PSK ? WIFI_AUTH_WPA_WPA2 : WIFI_AUTH_WPA2;
	if (security->wpa & WPA_KEYS_PSK)
		return WIFI_AUTH_WPA;
	if (any & WPA_KEYS_OWE)
		return WIFI_AUTH_OPEN;
	/* A kind this version cannot name is at least no network for a passphrase. */
	if (any & WPA_KEYS_OTHER)
		return WIFI_AUTH_ENTERPRISE;
	return security->privacy ? WIFI_AUTH_WEP : WIFI_AUTH_OPEN;
}

WpaJoinKey wifi_wpa_map_join_key(const WpaSecurity *security, bool enterprise)
{
	unsigned int any = security->wpa | security->rsn;

	if ((any & WPA_KEYS_EAP) && (enterprise || !(any & (WPA_KEYS_PSK | WPA_KEYS_SAE))))
		return WPA_JOIN_ENTERPRISE;
	if (any & WPA_KEYS_PSK)
		return any & WPA_KEYS_SAE ? WPA_JOIN_MIXED : WPA_JOIN_PSK;
	if (any & WPA_KEYS_SAE)
		return WPA_JOIN_SAE;
	if (any & WPA_KEYS_OWE)
		return WPA_JOIN_OWE;
	if (any & WPA_KEYS_OTHER)
		return WPA_JOIN_ENTERPRISE;
	return security->privacy ? WPA_JOIN_WEP : WPA_JOIN_NONE;
}

/* What D-Bus and the configuration file accept as text. */
static bool is_text(const Secret *text)
{
	for (size_t i = 0; i < secret_len(text); i++) {
		if (g_ascii_iscntrl(secret_data(text)[i]))
			return false;
	}
	return g_utf8_validate_len((const char *)secret_data(text), secret_len(text), NULL);
}

bool wifi_wpa_map_key_fits(WpaJoinKey key, const WifiCredentials *credentials)
{
	const Secret *given = credentials->passphrase;
	size_t len = given ? secret_len(given) : 0;

	if ((key == WPA_JOIN_ENTERPRISE) != (credentials->enterprise != NULL))
		return false;
	switch (key) {
	case WPA_JOIN_NONE:
	case WPA_JOIN_OWE: return len == 0;
	case WPA_JOIN_WEP: return wifi_map_fits_wep(given);
	case WPA_JOIN_PSK:
	case WPA_JOIN_MIXED: return wifi_map_fits_psk(given) && is_text(given);
	case WPA_JOIN_SAE: return len > 0 && !memchr(secret_data(given), 0, len);
	case WPA_JOIN_ENTERPRISE: break;
	}
	return true;
}

int8_t wifi_wpa_map_rssi(int16_t signal)
{
	return (int8_t)CLAMP(signal, INT8_MIN, INT8_MAX);
}

GBytes *wifi_wpa_map_octets(const char *text)
{
	size_t len = strlen(text);
	g_autofree uint8_t *octets = NULL;

	if (text[0] == '"')
		return len >= 2 && text[len - 1] == '"' ? g_bytes_new(text + 1, len - 2) : NULL;
	if (len % 2 != 0)
		return NULL;
	octets = g_malloc(len / 2 + 1);
	for (size_t i = 0; i < len; i += 2) {
		int high = g_ascii_xdigit_value(text[i]);
		int low = g_ascii_xdigit_value(text[i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		octets[i / 2] = (uint8_t)(high << 4 | low);
	}
	return g_bytes_new(octets, len / 2);
}
