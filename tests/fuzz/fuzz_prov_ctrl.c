/* SPDX-License-Identifier: MIT */
/*
 * fuzz_prov_ctrl - one clear request of prov-ctrl
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/prov-ctrl.h"
#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FakeWifi wifi = { .refuses = false };
	g_autoptr(ProvConfig) config = prov_config_new(&fake_wifi_port, &wifi, 0);
	g_autoptr(Secret) in = secret_new(data, size);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	bool ok = prov_ctrl_handle(config, in, out, &error);

	g_assert_true(ok == (error == NULL));
	g_assert_true(ok == (out->len > 0));
	g_assert_cmpint(prov_config_phase(config), ==, PROV_CONFIG_NONE);
	g_assert_cmpuint(wifi.forgets, ==, 0);
	return 0;
}
