/* SPDX-License-Identifier: MIT */
/* button-spec: which texts name a button, and which one. */
#include "common/button-spec.h"

#include "common/error.h"

#include <linux/input-event-codes.h>

typedef struct Case {
	const char *name;
	const char *text;
	const char *device; /* NULL: refused */
	const char *line;
	bool high;
	uint16_t code;
} Case;

static const Case cases[] = {
	{ "gpio", "gpio:gpiochip0:17", "gpiochip0", "17", false, 0 },
	{ "gpio-low", "gpio:gpiochip0:17:low", "gpiochip0", "17", false, 0 },
	{ "gpio-high", "gpio:pinctrl-rp1:GPIO17:high", "pinctrl-rp1", "GPIO17", true, 0 },
	{ "gpio-no-line", "gpio:gpiochip0", NULL, NULL, false, 0 },
	{ "gpio-empty-line", "gpio:gpiochip0:", NULL, NULL, false, 0 },
	{ "gpio-empty-chip", "gpio::17", NULL, NULL, false, 0 },
	{ "gpio-level", "gpio:gpiochip0:17:up", NULL, NULL, false, 0 },
	{ "gpio-too-much", "gpio:gpiochip0:17:low:1", NULL, NULL, false, 0 },
	{ "input", "input:gpio-keys:KEY_WPS_BUTTON", "gpio-keys", NULL, false, KEY_WPS_BUTTON },
	{ "input-number", "input:gpio-keys:116", "gpio-keys", NULL, false, KEY_POWER },
	{ "input-colons", "input:ACME: pad:KEY_POWER", "ACME: pad", NULL, false, KEY_POWER },
	{ "input-path", "input:/dev/input/by-path/platform-keys-event:KEY_F1",
	  "/dev/input/by-path/platform-keys-event", NULL, false, KEY_F1 },
	{ "input-no-key", "input:gpio-keys", NULL, NULL, false, 0 },
	{ "input-empty-key", "input:gpio-keys:", NULL, NULL, false, 0 },
	{ "input-no-device", "input::KEY_POWER", NULL, NULL, false, 0 },
	{ "input-key", "input:gpio-keys:KEY_NONE", NULL, NULL, false, 0 },
	{ "input-zero", "input:gpio-keys:0", NULL, NULL, false, 0 },
	{ "input-beyond", "input:gpio-keys:768", NULL, NULL, false, 0 },
	{ "neither", "gpiochip0:17", NULL, NULL, false, 0 },
	{ "empty", "", NULL, NULL, false, 0 },
};

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(ButtonSpec) spec = button_spec_parse(c->text, &error);

	if (!c->device) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, "gpio:CHIP:LINE"));
		g_assert_null(spec);
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpint(spec->kind, ==, c->line ? BUTTON_GPIO : BUTTON_INPUT);
	g_assert_cmpstr(spec->device, ==, c->device);
	g_assert_cmpstr(spec->line, ==, c->line);
	g_assert_true(spec->high == c->high);
	g_assert_cmpuint(spec->code, ==, c->code);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/common/button-spec/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
