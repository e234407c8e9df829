/* SPDX-License-Identifier: MIT */
#include "common/button-spec.h"

#include "common/error.h"

#include <linux/input-event-codes.h>
#include <string.h>

#define FORMS "gpio:CHIP:LINE, gpio:CHIP:LINE:high or input:DEVICE:KEY"

typedef struct KeyName {
	const char *name;
	uint16_t code;
} KeyName;

/* The keys that gateways and their keypads have; others are written as numbers. */
static const KeyName key_names[] = {
	{ "KEY_WPS_BUTTON", KEY_WPS_BUTTON },
	{ "KEY_POWER", KEY_POWER },
	{ "KEY_RESTART", KEY_RESTART },
	{ "KEY_SETUP", KEY_SETUP },
	{ "KEY_CONFIG", KEY_CONFIG },
	{ "KEY_BLUETOOTH", KEY_BLUETOOTH },
	{ "KEY_WLAN", KEY_WLAN },
	{ "KEY_RFKILL", KEY_RFKILL },
	{ "KEY_PROG1", KEY_PROG1 },
	{ "KEY_PROG2", KEY_PROG2 },
	{ "KEY_MENU", KEY_MENU },
	{ "KEY_HOME", KEY_HOME },
	{ "KEY_ENTER", KEY_ENTER },
	{ "KEY_SPACE", KEY_SPACE },
	{ "KEY_F1", KEY_F1 },
	{ "KEY_F10", KEY_F10 },
	{ "BTN_0", BTN_0 },
	{ "BTN_1", BTN_1 },
};

void button_spec_free(ButtonSpec *spec)
{
	if (!spec)
		return;
	g_free(spec->device);
	g_free(spec->line);
	g_free(spec);
}

static bool refuse(GError **error, const char *what)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s; a button is written " FORMS,
		    what);
	return false;
}

static bool parse_gpio(ButtonSpec *spec, const char *rest, GError **error)
{
	g_auto(GStrv) words = g_strsplit(rest, ":", -1);
	unsigned int n_words = g_strv_length(words);

	if (n_words < 2 || n_words > 3 || *words[0] == '\0' || *words[1] == '\0')
		return refuse(error, "a chip and a line are needed");
	if (n_words == 3 && strcmp(words[2], "low") != 0 && strcmp(words[2], "high") != 0)
		return refuse(error, "a line is pressed while it is low or high");
	spec->kind = BUTTON_GPIO;
	spec->device = g_strdup(words[0]);
	spec->line = g_strdup(words[1]);
	spec->high = n_words == 3 && strcmp(words[2], "high") == 0;
	return true;
}

static bool parse_key(ButtonSpec *spec, const char *text)
{
	guint64 code = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(key_names); i++) {
		if (strcmp(key_names[i].name, text) == 0) {
			spec->code = key_names[i].code;
			return true;
		}
	}
	if (!g_ascii_string_to_unsigned(text, 10, 1, KEY_MAX, &code, NULL))
		return false;
	spec->code = (uint16_t)code;
	return true;
}

/* Names of devices have colons, names of keys have none. */
static bool parse_input(ButtonSpec *spec, const char *rest, GError **error)
{
	const char *colon = strrchr(rest, ':');

	if (!colon || colon == rest || colon[1] == '\0')
		return refuse(error, "a device and a key are needed");
	if (!parse_key(spec, colon + 1))
		return refuse(error, "the key is not known by that name; write its number from "
				     "linux/input-event-codes.h");
	spec->kind = BUTTON_INPUT;
	spec->device = g_strndup(rest, (gsize)(colon - rest));
	return true;
}

ButtonSpec *button_spec_parse(const char *text, GError **error)
{
	g_autoptr(ButtonSpec) spec = g_new0(ButtonSpec, 1);
	bool ok = false;

	if (g_str_has_prefix(text, "gpio:"))
		ok = parse_gpio(spec, text + strlen("gpio:"), error);
	else if (g_str_has_prefix(text, "input:"))
		ok = parse_input(spec, text + strlen("input:"), error);
	else
		refuse(error, "it begins with gpio: or input:");
	return ok ? g_steal_pointer(&spec) : NULL;
}
