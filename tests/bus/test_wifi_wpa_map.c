/* SPDX-License-Identifier: MIT */
/* wpa_supplicant's words, as tables. */
#include "provisioner/adapter/wifi-wpa-map.h"

#include <string.h>

typedef struct SecurityCase {
	const char *path;
	WpaSecurity security;
	bool enterprise; /* the phone gave settings for it */
	WifiAuth auth;
	WpaJoinKey key;
} SecurityCase;

#define PSK   WPA_KEYS_PSK
#define SAE   WPA_KEYS_SAE
#define EAP   WPA_KEYS_EAP
#define OWE   WPA_KEYS_OWE
#define OTHER WPA_KEYS_OTHER

static const SecurityCase security_cases[] = {
	{ "open", { false, 0, 0 }, false, WIFI_AUTH_OPEN, WPA_JOIN_NONE },
	{ "wep", { true, 0, 0 }, false, WIFI_AUTH_WEP, WPA_JOIN_WEP },
	{ "wpa", { true, PSK, 0 }, false, WIFI_AUTH_WPA, WPA_JOIN_PSK },
	{ "wpa2", { true, 0, PSK }, false, WIFI_AUTH_WPA2, WPA_JOIN_PSK },
	{ "wpa-wpa2", { true, PSK, PSK }, false, WIFI_AUTH_WPA_WPA2, WPA_JOIN_PSK },
	{ "wpa3", { true, 0, SAE }, false, WIFI_AUTH_WPA3, WPA_JOIN_SAE },
	{ "wpa2-wpa3", { true, 0, PSK | SAE }, false, WIFI_AUTH_WPA2_WPA3, WPA_JOIN_MIXED },
	{ "owe", { true, 0, OWE }, false, WIFI_AUTH_OPEN, WPA_JOIN_OWE },
	{ "eap", { true, 0, EAP }, false, WIFI_AUTH_ENTERPRISE, WPA_JOIN_ENTERPRISE },
	{ "eap-wpa", { true, EAP, 0 }, false, WIFI_AUTH_ENTERPRISE, WPA_JOIN_ENTERPRISE },
	{ "eap-and-psk", { true, 0, EAP | PSK }, false, WIFI_AUTH_ENTERPRISE, WPA_JOIN_PSK },
	{ "eap-preferred",
	  { true, 0, EAP | PSK },
	  true,
	  WIFI_AUTH_ENTERPRISE,
	  WPA_JOIN_ENTERPRISE },
	{ "unnamed", { true, 0, OTHER }, false, WIFI_AUTH_ENTERPRISE, WPA_JOIN_ENTERPRISE },
	{ "unnamed-and-sae", { true, 0, OTHER | SAE }, false, WIFI_AUTH_WPA3, WPA_JOIN_SAE },
};

static void test_security(const void *data)
{
	const SecurityCase *c = data;

	g_assert_cmpint(wifi_wpa_map_auth(&c->security), ==, c->auth);
	g_assert_cmpint(wifi_wpa_map_join_key(&c->security, c->enterprise), ==, c->key);
}

static void test_words(void)
{
	static const struct {
		const char *word;
		WpaKeys keys;
	} cases[] = {
		{ "wpa-psk", PSK }, { "wpa-ft-psk", PSK },     { "wpa-psk-sha256", PSK },
		{ "sae", SAE },     { "ft-sae", SAE },         { "owe", OWE },
		{ "wpa-eap", EAP }, { "wpa-eap-sha256", EAP }, { "wpa-eap-suite-b-192", EAP },
		{ "dpp", OTHER },   { "sae-ext-key", OTHER },  { "", OTHER },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(wifi_wpa_map_keys(cases[i].word), ==, cases[i].keys);
	g_assert_cmpint(wifi_wpa_map_state("interface_disabled"), ==, WPA_STATE_DISABLED);
	g_assert_cmpint(wifi_wpa_map_state("4way_handshake"), ==, WPA_STATE_4WAY_HANDSHAKE);
	g_assert_cmpint(wifi_wpa_map_state("completed"), ==, WPA_STATE_COMPLETED);
	g_assert_cmpint(wifi_wpa_map_state("dancing"), ==, WPA_STATE_UNKNOWN);
	g_assert_cmpint(wifi_wpa_map_state(""), ==, WPA_STATE_UNKNOWN);
}

#define HEX64 "0123456789abcdefABCDEF01234567890123456789abcdefABCDEF0123456789"

typedef struct KeyCase {
	WpaJoinKey key;
	const char *passphrase;
	bool fits;
} KeyCase;

static const KeyCase key_cases[] = {
	{ WPA_JOIN_NONE, NULL, true },
	{ WPA_JOIN_NONE, "password", false },
	{ WPA_JOIN_OWE, NULL, true },
	{ WPA_JOIN_OWE, "password", false },
	{ WPA_JOIN_PSK, NULL, false },
	{ WPA_JOIN_PSK, "1234567", false },
	{ WPA_JOIN_PSK, "12345678", true },
	{ WPA_JOIN_PSK, "say \"quote\"", true },
	{ WPA_JOIN_PSK, "p\xc3\xa4sswort", true },
	{ WPA_JOIN_PSK, "p\xe4sswort", false },
	{ WPA_JOIN_PSK, "pass\nword", false },
	{ WPA_JOIN_PSK, HEX64, true },
	{ WPA_JOIN_MIXED, "1234567", false },
	{ WPA_JOIN_MIXED, "12345678", true },
	{ WPA_JOIN_MIXED, HEX64, true },
	{ WPA_JOIN_SAE, NULL, false },
	{ WPA_JOIN_SAE, "x", true },
	{ WPA_JOIN_SAE, "\xff\n", true },
	{ WPA_JOIN_WEP, NULL, false },
	{ WPA_JOIN_WEP, "12345", true },
	{ WPA_JOIN_WEP, "123456", false },
	{ WPA_JOIN_WEP, "1234567890123", true },
	{ WPA_JOIN_WEP, "0123456789", true },
	{ WPA_JOIN_WEP, "0123456789abcdef0123456789", true },
	{ WPA_JOIN_WEP, "xyz3456789", false },
	{ WPA_JOIN_ENTERPRISE, NULL, false },
	{ WPA_JOIN_ENTERPRISE, "password", false },
};

static void test_keys(void)
{
	g_autoptr(Secret) with_nul = secret_new("pass\0word", 9);
	WifiEnterprise enterprise = { 0 };
	WifiCredentials credentials = { .passphrase = with_nul };

	g_assert_false(wifi_wpa_map_key_fits(WPA_JOIN_PSK, &credentials));
	g_assert_false(wifi_wpa_map_key_fits(WPA_JOIN_SAE, &credentials));
	for (size_t i = 0; i < G_N_ELEMENTS(key_cases); i++) {
		const KeyCase *c = &key_cases[i];
		g_autoptr(Secret) passphrase =
			c->passphrase ? secret_new(c->passphrase, strlen(c->passphrase)) : NULL;

		credentials.passphrase = passphrase;
		g_assert_cmpint(wifi_wpa_map_key_fits(c->key, &credentials), ==, c->fits);
	}
	/* Settings for 802.1X go to such a network and to no other. */
	credentials = (WifiCredentials){ .enterprise = &enterprise };
	g_assert_true(wifi_wpa_map_key_fits(WPA_JOIN_ENTERPRISE, &credentials));
	g_assert_false(wifi_wpa_map_key_fits(WPA_JOIN_NONE, &credentials));
}

static void test_rssi(void)
{
	g_assert_cmpint(wifi_wpa_map_rssi(-60), ==, -60);
	g_assert_cmpint(wifi_wpa_map_rssi(-1000), ==, -128);
	g_assert_cmpint(wifi_wpa_map_rssi(INT16_MAX), ==, 127);
}

static void test_octets(void)
{
	static const struct {
		const char *text;
		const char *octets; /* NULL: none */
	} cases[] = {
		{ "\"Lab\"", "Lab" }, { "\"a \"b\"\"", "a \"b\"" },
		{ "4c6162", "Lab" },  { "\"\"", "" },
		{ "", "" },           { "4C61fF", "La\xff" },
		{ "\"Lab", NULL },    { "\"", NULL },
		{ "4c616", NULL },    { "4c61xx", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GBytes) octets = wifi_wpa_map_octets(cases[i].text);

		g_assert_cmpint(octets != NULL, ==, cases[i].octets != NULL);
		if (octets)
			g_assert_cmpmem(g_bytes_get_data(octets, NULL), g_bytes_get_size(octets),
					cases[i].octets, strlen(cases[i].octets));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(security_cases); i++) {
		g_autofree char *path =
			g_strconcat("/wifi-wpa-map/security/", security_cases[i].path, NULL);

		g_test_add_data_func(path, &security_cases[i], test_security);
	}
	g_test_add_func("/wifi-wpa-map/words", test_words);
	g_test_add_func("/wifi-wpa-map/keys", test_keys);
	g_test_add_func("/wifi-wpa-map/rssi", test_rssi);
	g_test_add_func("/wifi-wpa-map/octets", test_octets);
	return g_test_run();
}
