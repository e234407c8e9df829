/* SPDX-License-Identifier: MIT */
/*
 * file-read - a whole regular file, bounded
 */
#pragma once

#include "common/secret.h"

#include <glib.h>
#include <stddef.h>

/* file_read() - the octets of a file, NUL added
 * @dir_fd: folder that a relative @path starts from, or AT_FDCWD
 * @max:    octets it may have
 * Never waits on a FIFO or a terminal: what is no regular file is refused. The content is held
 * as a Secret whatever it is, so that a key leaves no copy behind. In a folder that is not root's,
 * root reads no link to a file of somebody else than the folder's owner.
 * Returns it, or NULL without error when there is no such file
 * Errors, without the path, which the caller adds: LANDFALL_ERROR_DENIED, LANDFALL_ERROR_INVALID
 * (no regular file, too large, such a link), LANDFALL_ERROR_FAILED */
Secret *file_read(int dir_fd, const char *path, size_t max,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;
