/* SPDX-License-Identifier: MIT */
#include "ctl/out-file.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <sys/stat.h>

/* What the file was before may have been for everybody. A file system without modes, such as that
 * of a USB stick, refuses: there the mount decides. */
static void make_private(int fd)
{
	struct stat status;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && fchmod(fd, 0600) != 0)
		g_debug("the mode of the file stays: %s", g_strerror(errno));
}

FILE *out_file_open(const char *path, bool secret, GError **error)
{
	if (g_str_equal(path, "-"))
		return stdout;

	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, secret ? 0600 : 0666);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;

	if (!file)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "cannot write %s: %s",
			    path, g_strerror(errno));
	else if (secret)
		make_private(fd);
	return file;
}

bool out_file_close(FILE *file)
{
	return (file == stdout ? fflush(file) : fclose(file)) == 0;
}

/* libpng by itself would remove whatever it could not write to, a device too. */
bool out_file_write_png(const char *path, bool secret, const guchar *pixels, unsigned width,
			unsigned height, GError **error)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = width,
		.height = height,
		.format = PNG_FORMAT_GRAY,
	};
	FILE *file = out_file_open(path, secret, error);

	if (!file)
		return false;

	bool written = png_image_write_to_stdio(&image, file, 0, pixels, (int)width, NULL);

	written = out_file_close(file) && written;
	if (!written)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "cannot write %s: %s",
			    path, image.message[0] ? image.message : g_strerror(errno));
	png_image_free(&image);
	return written;
}
