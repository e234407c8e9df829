/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wifi_air - what the kernel heard: a datagram, and bare elements from the air
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/adapter/wifi-air-parse.h"

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	WifiAirReader reader = { data, size };
	WifiAirMessage message;
	WifiNetwork network = { 0 };

	while (wifi_air_next(&reader, &message)) {
		g_assert_cmpuint(message.network.ssid_len, <=, WIFI_SSID_MAX);
		g_assert_cmpuint(reader.len, <, size);
	}
	wifi_air_elements(data, size, false, &network);
	g_assert_cmpuint(network.ssid_len, <=, WIFI_SSID_MAX);
	return 0;
}
