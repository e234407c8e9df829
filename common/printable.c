/* SPDX-License-Identifier: MIT */
#include "common/printable.h"

#include <glib.h>

char *printable_text(const void *data, size_t len)
{
	g_autofree char *valid = g_utf8_make_valid(len > 0 ? data : "", (gssize)len);
	GString *line = g_string_sized_new(len + 1);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(line, g_unichar_isprint(c) ? c : '?');
	}
	return g_string_free(line, FALSE);
}
