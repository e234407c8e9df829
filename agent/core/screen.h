/* SPDX-License-Identifier: MIT */
/*
 * screen - what the display says: state, address, readings, and errors in words
 */
#pragma once

#include "agent/core/frame.h"
#include "agent/core/indicator.h"
#include "agent/core/status.h"

/* All borrowed. */
typedef struct ScreenInput {
	const AgentStatus *status;
	const char *address;  /* NULL: the device has no network */
	const char *readings; /* members of a JSON object, of the last sample; NULL: none yet */
	IndicatorProvisioning provisioning;
	bool inverted; /* identify, half of the time */
} ScreenInput;

/* screen_lines() - the lines of the page, top first
 * @columns, @rows: what the font leaves room for, 1 or more
 * Returns at most @rows lines of at most @columns characters, to be freed with g_strfreev() */
char **screen_lines(const ScreenInput *input, unsigned columns, unsigned rows);

/* screen_draw() - the page into @frame */
void screen_draw(const ScreenInput *input, const Psf *font, Frame *frame);
