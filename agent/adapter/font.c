/* SPDX-License-Identifier: MIT */
#include "agent/adapter/font.h"

#include "common/error.h"

#include <errno.h>
#include <zlib.h>

/* zlib takes a file that is not packed as it is. */
static GByteArray *read_unpacked(const char *path, GError **error)
{
	gzFile file = gzopen(path, "rbe");

	if (!file) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "font %s: %s", path,
			    g_strerror(errno));
		return NULL;
	}

	GByteArray *data = g_byte_array_new();

	g_byte_array_set_size(data, PSF_SIZE_MAX + 1);

	int n = gzread(file, data->data, PSF_SIZE_MAX + 1);

	gzclose_r(file);
	g_byte_array_set_size(data, (guint)MAX(n, 0));
	return data;
}

Psf *font_load(const char *path, GError **error)
{
	g_autoptr(GByteArray) data = read_unpacked(path, error);
	Psf *psf = data ? psf_parse(data->data, data->len, error) : NULL;

	if (!psf && data)
		g_prefix_error(error, "%s: ", path);
	return psf;
}
