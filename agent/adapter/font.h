/* SPDX-License-Identifier: MIT */
/*
 * font - a console font from a file, packed with gzip or not
 */
#pragma once

#include "agent/core/psf.h"

#include <glib.h>

/* font_load() - read and unpack @path
 * Waits for the disk, for one small file.
 * Errors: LANDFALL_ERROR_CONFIG (no such file), LANDFALL_ERROR_INVALID (no font, or too large) */
Psf *font_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
