/* SPDX-License-Identifier: MIT */
/*
 * psf - a console font: glyphs as bitmaps, found by code point
 *
 *   PSF1   36 04, mode, height         256 or 512 (mode & 1) glyphs 8 wide, then, with mode & 2,
 *                                      for each glyph: u16 code points, FFFE sequences, FFFF
 *   PSF2   72 b5 4a 86, u32: version, header size, flags, glyphs, octets of one, height, width;
 *                                      glyphs, then, with flags & 1, for each glyph: UTF-8, FE
 *                                      sequences, FF
 *
 * Everything is little-endian. Sequences (combined characters) are skipped.
 * Source: psf(5) and the headers of the kbd project
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSF_SIZE_MAX   ((size_t)512 * 1024) /* octets of a font file, unpacked */
#define PSF_GLYPHS_MAX 4096
#define PSF_WIDTH_MAX  32
#define PSF_HEIGHT_MAX 64

typedef struct Psf Psf;

/* psf_parse() - @data copied
 * Errors: LANDFALL_ERROR_INVALID (no such font, cut short, larger than the bounds above) */
Psf *psf_parse(const uint8_t *data, size_t len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* psf_free() - NULL is fine */
void psf_free(Psf *psf);

/* psf_width(), psf_height() - of each glyph, in pixels, 1 or more */
unsigned psf_width(const Psf *psf);
unsigned psf_height(const Psf *psf);

/* psf_pixel() - one pixel of the glyph for @code, of that for '?' when the font has none
 * @x, @y: below width and height */
bool psf_pixel(const Psf *psf, gunichar code, unsigned x, unsigned y);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Psf, psf_free)
