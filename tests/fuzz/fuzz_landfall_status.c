/* SPDX-License-Identifier: MIT */
/*
 * fuzz_landfall_status - one clear request of landfall-status, after an agent has said anything
 *
 *   length (1) of the request, the request, then what the agent says
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/adapter/agent-probe.h"
#include "provisioner/core/wire.h"
#include "tests/fuzz/cursor.h"
#include "tests/unit/provisioner/support.h"

static void on_report(const AgentReport *report, void *data)
{
	landfall_status_on_agent(data, report, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FakeWifi wifi = { .refuses = false };
	g_autoptr(ProvConfig) config = prov_config_new(&fake_wifi_port, &wifi, 0);
	g_autoptr(LandfallStatus) status = landfall_status_new();
	StatusInput input = { .config = config, .online = true, .generation = 1 };
	Cursor cursor = cursor_init_data(data, size);
	size_t wanted = cursor_take_u8(&cursor);
	size_t len = MIN(wanted, cursor.len);
	const uint8_t *octets = cursor_take(&cursor, len);
	g_autoptr(Secret) in = secret_new(octets, len);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	size_t said_len = cursor.len;
	const char *said = (const char *)cursor_take(&cursor, said_len);

	agent_probe_parse(said ? said : "", said_len, on_report, status);

	bool ok = landfall_status_handle(status, in, &input, out, &error);

	g_assert_true(ok == (error == NULL));
	g_assert_cmpuint(out->len, <=, WIRE_MAX - WIRE_TAG);
	return 0;
}
