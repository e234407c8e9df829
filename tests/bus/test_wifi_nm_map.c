/* SPDX-License-Identifier: MIT */
/* NetworkManager's numbers, as tables. */
#include "provisioner/adapter/wifi-nm-map.h"

#include <string.h>

#define PRIVACY 0x1u
#define PSK     0x100u
#define EAP     0x200u
#define SAE     0x400u
#define OWE     0x800u
#define OWE_TM  0x1000u
#define SUITE_B 0x2000u
#define CCMP    0x88u

typedef struct SecurityCase {
	const char *path;
	NmSecurity security;
	WifiAuth auth;
	NmKeyMgmt key;
} SecurityCase;

static const SecurityCase security_cases[] = {
	{ "open", { 0, 0, 0 }, WIFI_AUTH_OPEN, NM_KEY_NONE },
	{ "wep", { PRIVACY, 0, 0 }, WIFI_AUTH_WEP, NM_KEY_WEP },
	{ "wpa", { PRIVACY, PSK | 0x44, 0 }, WIFI_AUTH_WPA, NM_KEY_PSK },
	{ "wpa2", { PRIVACY, 0, PSK | CCMP }, WIFI_AUTH_WPA2, NM_KEY_PSK },
	{ "wpa-wpa2", { PRIVACY, PSK, PSK | CCMP }, WIFI_AUTH_WPA_WPA2, NM_KEY_PSK },
	{ "wpa3", { PRIVACY, 0, SAE | CCMP }, WIFI_AUTH_WPA3, NM_KEY_SAE },
	{ "wpa2-wpa3", { PRIVACY, 0, PSK | SAE | CCMP }, WIFI_AUTH_WPA2_WPA3, NM_KEY_PSK },
	{ "enterprise", { PRIVACY, 0, EAP | CCMP }, WIFI_AUTH_ENTERPRISE, NM_KEY_ENTERPRISE },
	{ "enterprise-wpa", { PRIVACY, EAP, 0 }, WIFI_AUTH_ENTERPRISE, NM_KEY_ENTERPRISE },
	{ "suite-b", { PRIVACY, 0, SUITE_B }, WIFI_AUTH_ENTERPRISE, NM_KEY_ENTERPRISE },
	{ "enterprise-and-psk", { PRIVACY, 0, EAP | PSK }, WIFI_AUTH_ENTERPRISE, NM_KEY_PSK },
	{ "owe", { PRIVACY, 0, OWE | CCMP }, WIFI_AUTH_OPEN, NM_KEY_OWE },
	{ "owe-transition", { 0, 0, OWE_TM }, WIFI_AUTH_OPEN, NM_KEY_NONE },
};

static void test_security(const void *data)
{
	const SecurityCase *c = data;

	g_assert_cmpint(wifi_nm_map_auth(&c->security), ==, c->auth);
	g_assert_cmpint(wifi_nm_map_key_mgmt(&c->security), ==, c->key);
}

typedef struct KeyCase {
	NmKeyMgmt key;
	const char *passphrase;
	bool fits;
} KeyCase;

static const KeyCase key_cases[] = {
	{ NM_KEY_NONE, NULL, true },
	{ NM_KEY_NONE, "password", false },
	{ NM_KEY_OWE, NULL, true },
	{ NM_KEY_OWE, "password", false },
	{ NM_KEY_PSK, NULL, false },
	{ NM_KEY_PSK, "1234567", false },
	{ NM_KEY_PSK, "12345678", true },
	{ NM_KEY_PSK, "p\xc3\xa4sswort", true },
	{ NM_KEY_PSK, "p\xe4sswort", false },
	{ NM_KEY_PSK, "123456789012345678901234567890123456789012345678901234567890123", true },
	{ NM_KEY_PSK, "123456789012345678901234567890123456789012345678901234567890123x", false },
	{ NM_KEY_PSK, "0123456789abcdefABCDEF01234567890123456789abcdefABCDEF0123456789", true },
	{ NM_KEY_SAE, NULL, false },
	{ NM_KEY_SAE, "x", true },
	{ NM_KEY_SAE, "\xff", false },
	{ NM_KEY_WEP, NULL, false },
	{ NM_KEY_WEP, "12345", true },
	{ NM_KEY_WEP, "123456", false },
	{ NM_KEY_WEP, "1234567890123", true },
	{ NM_KEY_WEP, "0123456789", true },
	{ NM_KEY_WEP, "0123456789abcdef0123456789", true },
	{ NM_KEY_WEP, "xyz3456789", false },
	{ NM_KEY_ENTERPRISE, NULL, false },
	{ NM_KEY_ENTERPRISE, "password", false },
};

static void test_keys(void)
{
	g_autoptr(Secret) with_nul = secret_new("pass\0word", 9);

	for (size_t i = 0; i < G_N_ELEMENTS(key_cases); i++) {
		const KeyCase *c = &key_cases[i];
		g_autoptr(Secret) passphrase =
			c->passphrase ? secret_new(c->passphrase, strlen(c->passphrase)) : NULL;

		g_assert_cmpint(wifi_nm_map_key_fits(c->key, passphrase), ==, c->fits);
	}
	g_assert_false(wifi_nm_map_key_fits(NM_KEY_PSK, with_nul));
}

static void test_rssi(void)
{
	g_assert_cmpint(wifi_nm_map_rssi(0), ==, -100);
	g_assert_cmpint(wifi_nm_map_rssi(50), ==, -70);
	g_assert_cmpint(wifi_nm_map_rssi(100), ==, -40);
	g_assert_cmpint(wifi_nm_map_rssi(255), ==, -40);
}

static void test_failures(void)
{
	static const struct {
		uint32_t reason;
		uint32_t reached;
		bool asked_key;
		WifiFailure failure;
	} cases[] = {
		{ 7, 60, false, WIFI_FAILURE_AUTH },       /* no-secrets */
		{ 8, 50, true, WIFI_FAILURE_AUTH },        /* supplicant-disconnect */
		{ 8, 50, false, WIFI_FAILURE_OTHER },      /* the same before the handshake */
		{ 11, 50, false, WIFI_FAILURE_OTHER },     /* supplicant-timeout */
		{ 53, 50, false, WIFI_FAILURE_NOT_FOUND }, /* ssid-not-found */
		{ 5, 70, false, WIFI_FAILURE_ADDRESS },    /* ip-config-unavailable */
		{ 17, 70, false, WIFI_FAILURE_ADDRESS },   /* dhcp-failed */
		{ 36, 50, false, WIFI_FAILURE_OTHER },     /* removed */
		{ 0, 70, false, WIFI_FAILURE_ADDRESS },    /* out of time waiting for DHCP */
		{ 0, 50, false, WIFI_FAILURE_OTHER },      /* out of time before that */
		{ 0, 60, true, WIFI_FAILURE_AUTH },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
			wifi_nm_map_failure(cases[i].reason, cases[i].reached, cases[i].asked_key),
			==, cases[i].failure);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(security_cases); i++) {
		g_autofree char *path =
			g_strconcat("/wifi-nm-map/security/", security_cases[i].path, NULL);

		g_test_add_data_func(path, &security_cases[i], test_security);
	}
	g_test_add_func("/wifi-nm-map/keys", test_keys);
	g_test_add_func("/wifi-nm-map/rssi", test_rssi);
	g_test_add_func("/wifi-nm-map/failures", test_failures);
	return g_test_run();
}
