/* SPDX-License-Identifier: MIT */
#include "common/device-name.h"

#include "common/error.h"

#include <string.h>

char *device_name_expand(const char *pattern, const uint8_t *address)
{
	static const uint8_t nobody[DEVICE_NAME_ADDRESS_LEN] = { 0 };
	const uint8_t *tail = (address ? address : nobody) + DEVICE_NAME_ADDRESS_LEN - 3;
	GString *name = g_string_new(NULL);

	for (const char *in = pattern; *in; in++) {
		bool marked = in[0] == '%' && in[1] != '\0';

		in += marked;
		if (marked && *in == 'm')
			g_string_append_printf(name, "%02X%02X%02X", tail[0], tail[1], tail[2]);
		else
			g_string_append_c(name, *in);
	}
	return g_string_free(name, FALSE);
}

bool device_name_wants_address(const char *pattern)
{
	for (const char *in = pattern; *in; in++) {
		if (in[0] == '%' && in[1] == 'm')
			return true;
		in += in[0] == '%' && in[1] != '\0';
	}
	return false;
}

bool device_name_check(const char *pattern, GError **error)
{
	g_autofree char *name = device_name_expand(pattern, NULL);
	size_t len = strlen(name);

	if (len >= 1 && len <= DEVICE_NAME_MAX)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "with the address in place of %%m it has %zu octets, 1 to %d are allowed", len,
		    DEVICE_NAME_MAX);
	return false;
}
