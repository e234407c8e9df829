/* SPDX-License-Identifier: MIT */
#include "agent/core/frame.h"

#include <string.h>

void frame_clear(Frame *frame)
{
	memset(frame, 0, sizeof(*frame));
}

void frame_set(Frame *frame, unsigned x, unsigned y)
{
	if (x < FRAME_WIDTH && y < FRAME_HEIGHT)
		frame->pages[y / 8][x] |= (uint8_t)(1U << y % 8);
}

static void draw(Frame *frame, const Psf *font, gunichar code, unsigned left, unsigned top)
{
	for (unsigned y = 0; y < psf_height(font); y++)
		for (unsigned x = 0; x < psf_width(font); x++)
			if (psf_pixel(font, code, x, y))
				frame_set(frame, left + x, top + y);
}

void frame_text(Frame *frame, const Psf *font, unsigned row, const char *text)
{
	unsigned left = 0;

	for (const char *at = text; *at && left + psf_width(font) <= FRAME_WIDTH;
	     at = g_utf8_next_char(at)) {
		draw(frame, font, g_utf8_get_char(at), left, row * psf_height(font));
		left += psf_width(font);
	}
}

void frame_invert(Frame *frame)
{
	for (unsigned page = 0; page < FRAME_PAGES; page++)
		for (unsigned x = 0; x < FRAME_WIDTH; x++)
			frame->pages[page][x] ^= 0xff;
}
