/* SPDX-License-Identifier: MIT */
/*
 * screen-answer - a frame as JSON, for those who are not at the display
 *
 *   {"width":128,"height":64,"pages":"BASE64"}     the 1024 octets of Frame
 *   {"error":"…"}                                  why there is none
 */
#pragma once

#include "agent/core/frame.h"

#include <glib.h>

/* screen_answer_encode() - append to @text
 * @frame: NULL: @error says why */
void screen_answer_encode(const Frame *frame, const GError *error, GString *text);
