/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wifi_record - the file that says which networks Landfall added
 */
#include "tests/fuzz/fuzz.h"

#include "common/error.h"
#include "provisioner/adapter/wifi-record.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree WifiRecord *record = g_new0(WifiRecord, 1);
	g_autofree WifiRecord *again = g_new0(WifiRecord, 1);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	if (!wifi_record_parse(record, (const char *)data, size, &error)) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		return 0;
	}
	/* What is taken is written so that it means the same. */
	text = wifi_record_encode(record);
	g_assert_true(wifi_record_parse(again, text, strlen(text), &error));
	g_assert_no_error(error);
	g_assert_cmpmem(record, sizeof(*record), again, sizeof(*again));
	return 0;
}
