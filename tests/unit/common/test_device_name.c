/* SPDX-License-Identifier: MIT */
/* device-name: what becomes of a pattern, and which patterns may give a name that is too long. */
#include "common/device-name.h"

#include "common/error.h"

typedef struct Case {
	const char *pattern;
	const char *name;
	bool wants;
	bool fits;
} Case;

static const Case cases[] = {
	{ "PROV_%m", "PROV_A1B2C3", true, true },
	{ "gateway", "gateway", false, true },
	{ "%m-%m", "A1B2C3-A1B2C3", true, true },
	{ "100%%", "100%", false, true },
	{ "100%", "100%", false, true },
	{ "%%m", "%m", false, true },
	{ "%%%m", "%A1B2C3", true, true },
	{ "%a", "a", false, true },
	{ "abcdefghijklmnopqrstuvw%m", "abcdefghijklmnopqrstuvwA1B2C3", true, true },
	{ "abcdefghijklmnopqrstuvwx%m", "abcdefghijklmnopqrstuvwxA1B2C3", true, false },
	{ "abcdefghijklmnopqrs%m%m", "abcdefghijklmnopqrsA1B2C3A1B2C3", true, false },
	{ "", "", false, false },
};

static void test_case(gconstpointer data)
{
	static const uint8_t address[DEVICE_NAME_ADDRESS_LEN] = { 2, 0, 0, 0xa1, 0xb2, 0xc3 };
	const Case *c = data;
	g_autofree char *name = device_name_expand(c->pattern, address);
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(name, ==, c->name);
	g_assert_true(device_name_wants_address(c->pattern) == c->wants);
	g_assert_true(device_name_check(c->pattern, &error) == c->fits);
	if (c->fits)
		g_assert_no_error(error);
	else
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/common/device-name/%zu", i);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
