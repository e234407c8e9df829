/* SPDX-License-Identifier: MIT */
/* iwd's words, as tables. */
#include "provisioner/adapter/wifi-iwd-map.h"

#include <string.h>

static const struct {
	const char *type;
	WifiIwdKind kind;
	WifiAuth auth;
} kind_cases[] = {
	{ "open", WIFI_IWD_OPEN, WIFI_AUTH_OPEN },
	{ "psk", WIFI_IWD_PSK, WIFI_AUTH_WPA2 },
	{ "wep", WIFI_IWD_WEP, WIFI_AUTH_WEP },
	{ "8021x", WIFI_IWD_ENTERPRISE, WIFI_AUTH_ENTERPRISE },
	{ "hotspot", WIFI_IWD_ENTERPRISE, WIFI_AUTH_ENTERPRISE },
	{ "", WIFI_IWD_OTHER, WIFI_AUTH_WPA2 },
	{ NULL, WIFI_IWD_OTHER, WIFI_AUTH_WPA2 },
};

static void test_kinds(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kind_cases); i++) {
		g_assert_cmpint(wifi_iwd_kind(kind_cases[i].type), ==, kind_cases[i].kind);
		g_assert_cmpint(wifi_iwd_map_auth(kind_cases[i].kind), ==, kind_cases[i].auth);
	}
}

static const struct {
	const char *security;
	WifiAuth auth;
} security_cases[] = {
	{ "Open", WIFI_AUTH_OPEN },
	{ "OWE", WIFI_AUTH_OPEN },
	{ "WPA1-Personal", WIFI_AUTH_WPA },
	{ "WPA2-Personal", WIFI_AUTH_WPA2 },
	{ "WPA2-Personal + FT", WIFI_AUTH_WPA2 },
	{ "WPA3-Personal", WIFI_AUTH_WPA3 },
	{ "WPA3-Personal + FT", WIFI_AUTH_WPA3 },
	{ "WPA2-Enterprise", WIFI_AUTH_ENTERPRISE },
	{ "FILS + FT", WIFI_AUTH_ENTERPRISE },
	{ "Unknown", WIFI_AUTH_WEP }, /* the fallback */
	{ NULL, WIFI_AUTH_WEP },
};

static void test_security(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(security_cases); i++)
		g_assert_cmpint(wifi_iwd_map_security(security_cases[i].security, WIFI_AUTH_WEP),
				==, security_cases[i].auth);
}

static void test_rssi(void)
{
	g_assert_cmpint(wifi_iwd_map_rssi(-5249), ==, -52);
	g_assert_cmpint(wifi_iwd_map_rssi(0), ==, 0);
	g_assert_cmpint(wifi_iwd_map_rssi(900), ==, 0);
	g_assert_cmpint(wifi_iwd_map_rssi(-32768), ==, -128);
}

static const struct {
	WifiIwdKind kind;
	const char *passphrase;
	bool fits;
} fit_cases[] = {
	{ WIFI_IWD_OPEN, NULL, true },
	{ WIFI_IWD_OPEN, "12345678", false },
	{ WIFI_IWD_PSK, NULL, false },
	{ WIFI_IWD_PSK, "1234567", false },
	{ WIFI_IWD_PSK, "12345678", true },
	{ WIFI_IWD_PSK, "caf\303\251 au lait", false },
	{ WIFI_IWD_PSK, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", true },
	{ WIFI_IWD_PSK, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false },
	{ WIFI_IWD_WEP, "12345", false },
	{ WIFI_IWD_ENTERPRISE, "12345678", false },
	{ WIFI_IWD_OTHER, NULL, false },
};

static void test_fits(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fit_cases); i++) {
		const char *text = fit_cases[i].passphrase;
		g_autoptr(Secret) passphrase = text ? secret_new(text, strlen(text)) : NULL;

		g_assert_cmpint(wifi_iwd_map_key_fits(fit_cases[i].kind, passphrase), ==,
				fit_cases[i].fits);
	}
}

static const struct {
	WifiIwdEnd end;
	WifiFailure failure;
} end_cases[] = {
	{ { IWD_ERROR_FAILED, WIFI_IWD_PSK, true, true }, WIFI_FAILURE_AUTH },
	{ { IWD_ERROR_FAILED, WIFI_IWD_PSK, true, false }, WIFI_FAILURE_NOT_FOUND },
	{ { IWD_ERROR_FAILED, WIFI_IWD_PSK, false, true }, WIFI_FAILURE_OTHER },
	{ { IWD_ERROR_FAILED, WIFI_IWD_OPEN, false, true }, WIFI_FAILURE_OTHER },
	{ { IWD_ERROR_FAILED, WIFI_IWD_OPEN, false, false }, WIFI_FAILURE_NOT_FOUND },
	{ { IWD_ERROR_NOT_FOUND, WIFI_IWD_PSK, false, true }, WIFI_FAILURE_NOT_FOUND },
	{ { IWD_ERROR_PROVISIONED, WIFI_IWD_PSK, false, true }, WIFI_FAILURE_NOT_FOUND },
	{ { IWD_ERROR_INVALID_FORMAT, WIFI_IWD_PSK, true, true }, WIFI_FAILURE_AUTH },
	{ { IWD_ERROR_IN_PROGRESS, WIFI_IWD_PSK, true, true }, WIFI_FAILURE_OTHER },
	{ { NULL, WIFI_IWD_PSK, true, true }, WIFI_FAILURE_OTHER },
};

static void test_ends(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(end_cases); i++)
		g_assert_cmpint(wifi_iwd_map_failure(&end_cases[i].end), ==, end_cases[i].failure);
}

static const struct {
	WifiIwdSight sight;
	WifiIwdVerdict verdict;
} sight_cases[] = {
	{ { true, true, 0, 0 }, WIFI_IWD_THERE },
	{ { true, false, 2, 60 }, WIFI_IWD_THERE },
	{ { false, true, 0, 5 }, WIFI_IWD_UNSURE },
	{ { false, false, 1, 5 }, WIFI_IWD_UNSURE },
	{ { false, false, 2, 5 }, WIFI_IWD_GONE },
	/* It may have been heard last when it was asked for. */
	{ { false, true, 2, 31 }, WIFI_IWD_UNSURE },
	{ { false, true, 2, 32 }, WIFI_IWD_THERE },
	{ { false, true, 1, 60 }, WIFI_IWD_UNSURE },
};

static void test_sight(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sight_cases); i++) {
		WifiIwdSight sight = sight_cases[i].sight;

		sight.since_us *= G_USEC_PER_SEC;
		g_assert_cmpint(wifi_iwd_map_sight(&sight), ==, sight_cases[i].verdict);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wifi-iwd-map/kinds", test_kinds);
	g_test_add_func("/wifi-iwd-map/security", test_security);
	g_test_add_func("/wifi-iwd-map/rssi", test_rssi);
	g_test_add_func("/wifi-iwd-map/fits", test_fits);
	g_test_add_func("/wifi-iwd-map/ends", test_ends);
	g_test_add_func("/wifi-iwd-map/sight", test_sight);
	return g_test_run();
}
