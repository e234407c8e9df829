/* SPDX-License-Identifier: MIT */
/*
 * frame - 128×64 pixels as the SSD1306 has them
 *
 * Eight pages of 128 octets from top to bottom; an octet is a column of eight pixels, its lowest
 * bit the upper one. Plain value type. Source: SSD1306 data sheet, 8.7 and 10.1.3
 */
#pragma once

#include "agent/core/psf.h"

#include <stdbool.h>
#include <stdint.h>

#define FRAME_WIDTH  128
#define FRAME_HEIGHT 64
#define FRAME_PAGES  (FRAME_HEIGHT / 8)

typedef struct Frame {
	uint8_t pages[FRAME_PAGES][FRAME_WIDTH];
} Frame;

/* frame_clear() - all dark */
void frame_clear(Frame *frame);

/* frame_set() - light one pixel; outside is nowhere */
void frame_set(Frame *frame, unsigned x, unsigned y);

/* frame_get() - whether a pixel is lit; outside none is. Here, since landfallctl is not linked
 * with the agent */
static inline bool frame_get(const Frame *frame, unsigned x, unsigned y)
{
	return x < FRAME_WIDTH && y < FRAME_HEIGHT && frame->pages[y / 8][x] & 1U << y % 8;
}

/* frame_text() - write @text from the left, what does not fit is cut
 * @row: line of text, the font's height each */
void frame_text(Frame *frame, const Psf *font, unsigned row, const char *text);

/* frame_invert() - light what is dark and the other way round */
void frame_invert(Frame *frame);
