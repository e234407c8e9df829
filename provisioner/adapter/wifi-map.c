/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-map.h"

#include <glib.h>
#include <string.h>

/* Bands: first frequency of a channel, the frequency of channel 0, last frequency. */
static const struct {
	uint16_t first;
	uint16_t base;
	uint16_t last;
} bands[] = {
	{ 2412, 2407, 2472 }, /* 2.4 GHz: 1..13 */
	{ 4915, 4000, 4980 }, /* 4.9 GHz, Japan: 183..196 */
	{ 5035, 5000, 5895 }, /* 5 GHz: 7..179 */
	{ 5955, 5950, 7115 }, /* 6 GHz: 1..233 */
};

uint16_t wifi_map_channel(uint32_t frequency_mhz)
{
	if (frequency_mhz == 2484)
		return 14;
	for (size_t i = 0; i < G_N_ELEMENTS(bands); i++) {
		if (frequency_mhz >= bands[i].first && frequency_mhz <= bands[i].last)
			return (uint16_t)((frequency_mhz - bands[i].base) / 5);
	}
	return 0;
}

bool wifi_map_mac(const char *text, uint8_t out[WIFI_BSSID_LEN])
{
	uint8_t octets[WIFI_BSSID_LEN] = { 0 };

	if (!text || strlen(text) != WIFI_BSSID_LEN * 3 - 1)
		return false;
	for (size_t i = 0; i < WIFI_BSSID_LEN; i++) {
		int high = g_ascii_xdigit_value(text[i * 3]);
		int low = g_ascii_xdigit_value(text[i * 3 + 1]);

		if (high < 0 || low < 0 || (i + 1 < WIFI_BSSID_LEN && text[i * 3 + 2] != ':'))
			return false;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(out, octets, sizeof(octets));
	return true;
}

static bool is_hex(const Secret *text)
{
	for (size_t i = 0; i < secret_len(text); i++) {
		if (!g_ascii_isxdigit(secret_data(text)[i]))
			return false;
	}
	return true;
}

bool wifi_map_fits_psk(const Secret *passphrase)
{
	size_t len = passphrase ? secret_len(passphrase) : 0;

	return (len >= 8 && len <= 63) || (len == 64 && is_hex(passphrase));
}

bool wifi_map_fits_wep(const Secret *passphrase)
{
	size_t len = passphrase ? secret_len(passphrase) : 0;

	return len == 5 || len == 13 || ((len == 10 || len == 26) && is_hex(passphrase));
}
