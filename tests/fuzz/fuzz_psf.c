/* SPDX-License-Identifier: MIT */
/*
 * fuzz_psf - a console font, whatever the file holds
 */
#include "tests/fuzz/fuzz.h"

#include "agent/core/frame.h"
#include "agent/core/psf.h"
#include "common/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Psf) font = psf_parse(data, size, &error);
	Frame frame;

	if (!font) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		return 0;
	}
	g_assert_cmpuint(psf_width(font), >, 0);
	g_assert_cmpuint(psf_height(font), >, 0);
	frame_clear(&frame);
	for (unsigned row = 0; row * psf_height(font) < FRAME_HEIGHT; row++)
		frame_text(&frame, font, row, "?Az\xc3\xa9\xe2\x96\x88\xf0\x9f\x9a\x80");
	return 0;
}
