/* SPDX-License-Identifier: MIT */
/*
 * button-hold - when a button was held long enough
 *
 * Fires once for each time the button is held for `hold_us`, while it is still down. A button that
 * is down at the first look, as at boot, counts from then. Knows no loop and no clock. Owner: the
 * App.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct ButtonHold {
	int64_t hold_us;
	bool known; /* looked at before */
	bool pressed;
	bool from_start;     /* down since the first look */
	int64_t deadline_us; /* INT64_MAX: nothing to wait for */
} ButtonHold;

typedef enum ButtonHeld {
	BUTTON_HELD_NO,
	BUTTON_HELD_YES,
	BUTTON_HELD_FROM_START, /* held, and not let go since the first look */
} ButtonHeld;

/* button_hold_init() - nothing is known of the button yet */
void button_hold_init(ButtonHold *hold, int64_t hold_us);

/* button_hold_on_level() - it is down, or not */
void button_hold_on_level(ButtonHold *hold, bool pressed, int64_t now_us);

/* button_hold_on_gone() - the button cannot be seen any more: whatever was begun is forgotten; a
 * button that comes back does not count as held from the start */
void button_hold_on_gone(ButtonHold *hold);

/* button_hold_deadline_us() - when button_hold_expire() wants to be called; INT64_MAX: never */
int64_t button_hold_deadline_us(const ButtonHold *hold);

/* button_hold_expire() - was it held long enough, as of now? Says so once each time */
ButtonHeld button_hold_expire(ButtonHold *hold, int64_t now_us) G_GNUC_WARN_UNUSED_RESULT;
