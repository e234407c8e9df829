/* SPDX-License-Identifier: MIT */
#include "provisioner/core/button-hold.h"

void button_hold_init(ButtonHold *hold, int64_t hold_us)
{
	*hold = (ButtonHold){ .hold_us = hold_us, .deadline_us = INT64_MAX };
}

void button_hold_on_level(ButtonHold *hold, bool pressed, int64_t now_us)
{
	if (hold->known && pressed == hold->pressed)
		return;
	hold->from_start = pressed && !hold->known;
	hold->known = true;
	hold->pressed = pressed;
	hold->deadline_us = pressed ? now_us + hold->hold_us : INT64_MAX;
}

void button_hold_on_gone(ButtonHold *hold)
{
	hold->known = true;
	hold->pressed = false;
	hold->from_start = false;
	hold->deadline_us = INT64_MAX;
}

int64_t button_hold_deadline_us(const ButtonHold *hold)
{
	return hold->deadline_us;
}

ButtonHeld button_hold_expire(ButtonHold *hold, int64_t now_us)
{
	if (now_us < hold->deadline_us)
		return BUTTON_HELD_NO;
	hold->deadline_us = INT64_MAX;
	return hold->from_start ? BUTTON_HELD_FROM_START : BUTTON_HELD_YES;
}
