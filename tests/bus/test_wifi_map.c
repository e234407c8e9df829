/* SPDX-License-Identifier: MIT */
/* Frequencies and addresses, as every manager of Wi-Fi writes them. */
#include "provisioner/adapter/wifi-map.h"

#include <glib.h>
#include <string.h>

static void test_channels(void)
{
	static const struct {
		uint32_t frequency_mhz;
		uint16_t channel;
	} cases[] = {
		{ 2412, 1 },   { 2437, 6 },  { 2472, 13 },  { 2484, 14 },  { 2489, 0 },
		{ 4920, 184 }, { 5180, 36 }, { 5825, 165 }, { 5885, 177 }, { 5955, 1 },
		{ 7115, 233 }, { 7120, 0 },  { 0, 0 },      { 900, 0 },    { UINT32_MAX, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpuint(wifi_map_channel(cases[i].frequency_mhz), ==, cases[i].channel);
}

static void test_mac(void)
{
	static const char *const bad[] = { NULL,
					   "",
					   "00:11:22:33:44",
					   "00:11:22:33:44:5",
					   "00:11:22:33:44:55:66",
					   "00-11-22-33-44-55",
					   "0g:11:22:33:44:55",
					   "00:11:22:33:44:5 " };
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x00, 0x1a, 0xB2, 0xff, 0x09, 0x80 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	g_assert_true(wifi_map_mac("00:1a:B2:fF:09:80", mac));
	g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(wifi_map_mac(bad[i], mac));
		g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wifi-map/channels", test_channels);
	g_test_add_func("/wifi-map/mac", test_mac);
	return g_test_run();
}
