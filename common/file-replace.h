/* SPDX-License-Identifier: MIT */
/*
 * file-replace - small files that are there whole or not at all, also after a power cut
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* file_replace() - make @name in @folder hold these octets, mode 0600
 * Written beside it as NAME.new, synchronised, then renamed. On failure the old file stays. What
 * root writes belongs to whoever has the folder
 * Errors: LANDFALL_ERROR_DENIED, LANDFALL_ERROR_FAILED */
bool file_replace(const char *folder, const char *name, const void *data, size_t len,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* file_remove() - no such file any more, for good; none there is fine
 * Errors: LANDFALL_ERROR_DENIED, LANDFALL_ERROR_FAILED */
bool file_remove(const char *folder, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
