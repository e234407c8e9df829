/* SPDX-License-Identifier: MIT */
/*
 * button-spec - which button of the device is meant, as the configuration writes it
 *
 *   gpio:CHIP:LINE[:low|:high]   line LINE (a number or its name) of gpiochip0, or of the chip with
 *                                that label; pressed while it is low (the default) or high
 *   input:DEVICE:KEY             key KEY_POWER, KEY_WPS_BUTTON, or any by its number, of the input
 *                                device with that name, or of the one at that absolute path
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BUTTON_SPEC_MAX 256 /* octets of the text */

typedef enum ButtonKind {
	BUTTON_GPIO,
	BUTTON_INPUT,
} ButtonKind;

typedef struct ButtonSpec {
	ButtonKind kind;
	char *device;  /* chip, or input device */
	char *line;    /* GPIO: number or name */
	bool high;     /* GPIO: pressed while the line is high */
	uint16_t code; /* INPUT: of the key */
} ButtonSpec;

/* button_spec_parse() - free the result with button_spec_free()
 * Errors: LANDFALL_ERROR_CONFIG, what would have been right */
ButtonSpec *button_spec_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* button_spec_free() - NULL is fine */
void button_spec_free(ButtonSpec *spec);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ButtonSpec, button_spec_free)
