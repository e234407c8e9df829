/* SPDX-License-Identifier: MIT */
/*
 * fuzz_prov_config - one clear request of prov-config, then apply, join and status
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/prov-config.h"
#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/support.h"

static bool ask(ProvConfig *config, const void *request, size_t len)
{
	g_autoptr(Secret) in = secret_new(request, len);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	bool ok = prov_config_handle(config, in, 0, out, &error);

	g_assert_true(ok == (error == NULL));
	g_assert_true(ok == (out->len > 0));
	g_assert_cmpuint(out->len, <=, WIRE_MAX - WIRE_TAG);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t apply[] = { 0x08, 0x04 };
	static const uint8_t status[] = { 0x52, 0x00 };
	FakeWifi wifi = { .refuses = false };
	g_autoptr(ProvConfig) config = prov_config_new(&fake_wifi_port, &wifi, 0);

	if (!ask(config, data, size))
		g_assert_cmpint(prov_config_phase(config), ==, PROV_CONFIG_NONE);
	g_assert_true(ask(config, apply, sizeof(apply)));
	prov_config_expire(config, PROV_CONFIG_DELAY_US);
	if (wifi.joins > 0) {
		g_assert_cmpuint(wifi.credentials.ssid_len, >=, 1);
		g_assert_cmpuint(wifi.credentials.ssid_len, <=, WIFI_SSID_MAX);
		g_assert_true(!wifi.credentials.passphrase ||
			      (secret_len(wifi.credentials.passphrase) >= 1 &&
			       secret_len(wifi.credentials.passphrase) <= WIFI_PASSPHRASE_MAX));
		prov_config_on_failed(config, WIFI_FAILURE_AUTH);
	}
	g_assert_true(ask(config, status, sizeof(status)));
	secret_free(wifi.credentials.passphrase);
	return 0;
}
