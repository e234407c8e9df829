/* SPDX-License-Identifier: MIT */
/*
 * button - a button of the device, wherever it is wired to
 *
 *   ButtonSpec ─▶ button-gpio.c   one line of a GPIO chip ─┐
 *              ─▶ button-input.c  one key of an evdev      ─┴▶ a descriptor that tells its changes
 *
 * A button that is not there, or no longer, is looked for again for ever, ever more slowly; the
 * log says what to do about it, once. How long it is held is for core/button-hold. Owner: the App.
 */
#pragma once

#include "common/button-spec.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Button Button;

/* All run from the loop. */
typedef struct ButtonEvents {
	/* it is down, or not; first thing once it was found */
	void (*level)(bool pressed, void *data);
	/* it cannot be seen any more */
	void (*gone)(void *data);
} ButtonEvents;

/* Where buttons are: one const table a file. */
typedef struct ButtonSource {
	/* open() - find it and ask for its changes
	 * @pressed: how it stands now
	 * Returns a descriptor that does not block, -1 with @error: LANDFALL_ERROR_FAILED, or
	 * LANDFALL_ERROR_DENIED, with what to do about it */
	int (*open)(const ButtonSpec *spec, bool *pressed, GError **error);

	/* read() - take what the descriptor has
	 * @pressed: becomes how it stands afterwards
	 * Errors: LANDFALL_ERROR_FAILED (the device is gone) */
	bool (*read)(int fd, const ButtonSpec *spec, bool *pressed, GError **error);
} ButtonSource;

extern const ButtonSource button_gpio;
extern const ButtonSource button_input;

/* button_new() - look for it from the next turn of the loop on
 * @spec:   copied
 * @events: static */
Button *button_new(const ButtonSpec *spec, const ButtonEvents *events, void *data);

/* button_free() - NULL is fine */
void button_free(Button *button);

/* button_problem() - why it cannot be seen, a clause for people; NULL when it can. Borrowed */
const char *button_problem(const Button *button);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Button, button_free)
