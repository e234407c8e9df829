/* SPDX-License-Identifier: MIT */
/*
 * out-file - a file that a command was told to write; "-" is standard output
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* out_file_open() - make it, or write over what is there
 * @secret: for its owner's eyes only, whatever it was before
 * Errors: LANDFALL_ERROR_FAILED */
FILE *out_file_open(const char *path, bool secret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* out_file_close() - false with errno when not all of it could be written */
bool out_file_close(FILE *file) G_GNUC_WARN_UNUSED_RESULT;

/* out_file_write_png() - write @pixels, one octet each from black to white, as a picture
 * Errors: LANDFALL_ERROR_FAILED */
bool out_file_write_png(const char *path, bool secret, const guchar *pixels, unsigned width,
			unsigned height, GError **error) G_GNUC_WARN_UNUSED_RESULT;
