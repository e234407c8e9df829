/* SPDX-License-Identifier: MIT */
/*
 * fuzz_prov_scan - one clear request of prov-scan
 *
 *   octet 0: bit 0 a scan is running, bit 1 a join is, bit 2 the list is full of long names
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/prov-scan.h"
#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/support.h"

static void start(ProvScan *scan)
{
	static const uint8_t request[] = { 0x52, 0x00 };
	g_autoptr(Secret) in = secret_new(request, sizeof(request));
	g_autoptr(GByteArray) out = g_byte_array_new();

	g_assert_cmpint(prov_scan_handle(scan, in, false, 0, out, NULL), ==, PROV_ANSWER_READY);
}

static void fill(ProvScan *scan, bool long_names)
{
	WifiNetwork networks[PROV_SCAN_ENTRIES];

	for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
		networks[i] = fake_network(long_names ? "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN" : "N",
					   149, -90, (uint8_t)i, WIFI_AUTH_WPA3);
		networks[i].ssid[0] = (uint8_t)('A' + i);
	}
	start(scan);
	prov_scan_on_result(scan, networks, G_N_ELEMENTS(networks), NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FakeWifi wifi = { .refuses = false };
	uint8_t flags = size > 0 ? data[0] : 0;
	g_autoptr(Secret) in = secret_new(data, size);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(ProvScan) scan = prov_scan_new(&fake_wifi_port, &wifi);
	g_autoptr(Secret) request = size > 0 ? secret_new(data + 1, size - 1) : NULL;
	ProvAnswer answer;

	fill(scan, flags & 4);
	if (flags & 1)
		start(scan);
	answer = prov_scan_handle(scan, request ? request : in, flags & 2, 0, out, &error);
	if (answer == PROV_ANSWER_DEFERRED) {
		prov_scan_on_result(scan, NULL, 0, NULL, PROV_SCAN_BOUND_US);
		answer = prov_scan_take_reply(scan, out, &error);
	}
	g_assert_cmpint(answer, !=, PROV_ANSWER_DEFERRED);
	g_assert_true((answer == PROV_ANSWER_READY) == (error == NULL));
	g_assert_true((answer == PROV_ANSWER_READY) == (out->len > 0));
	g_assert_cmpuint(out->len, <=, WIRE_MAX - WIRE_TAG);
	return 0;
}
