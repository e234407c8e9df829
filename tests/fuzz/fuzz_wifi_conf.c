/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wifi_conf - one wifi.conf, as a phone may send it
 */
#include "tests/fuzz/fuzz.h"

#include "common/error.h"
#include "common/wifi-conf.h"

#include <string.h>

/* It becomes a string on the bus, and one in quotes in the supplicant's configuration. */
static void check(const char *value, size_t max)
{
	if (!value)
		return;
	g_assert_cmpuint(strlen(value), >=, 1);
	g_assert_cmpuint(strlen(value), <=, max);
	g_assert_true(g_utf8_validate(value, -1, NULL));
	g_assert_null(strpbrk(value, "\"\\\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(WifiConf) conf = wifi_conf_parse((const char *)data, size, "FILE", &error);

	g_assert_true((conf == NULL) == (error != NULL));
	if (!conf) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		return 0;
	}
	check(conf->identity, WIFI_CONF_IDENTITY_MAX);
	check(conf->domain, WIFI_CONF_DOMAIN_MAX);
	return 0;
}
