/* SPDX-License-Identifier: MIT */
#include "common/count.h"

#include <glib.h>

char *count_text(uint64_t count, const char *noun)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT " %s%s", count, noun, count == 1 ? "" : "s");
}

bool count_is_step(uint64_t count)
{
	return count > 0 && (count & (count - 1)) == 0;
}
