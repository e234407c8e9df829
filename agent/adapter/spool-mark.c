/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-mark.h"

#include "common/file-read.h"
#include "common/file-replace.h"

#include <fcntl.h>
#include <string.h>

#define SUFFIX   ".mark"
#define TEXT_MAX 32
#define MARK_MAX (UINT64_C(1) << 53) /* a number in JSON is exact up to here */

uint64_t spool_mark_read(const char *path)
{
	g_autofree char *name = g_strconcat(path, SUFFIX, NULL);
	g_autoptr(Secret) content = file_read(AT_FDCWD, name, TEXT_MAX, NULL);
	g_autofree char *text =
		content ? g_strndup((const char *)secret_data(content), secret_len(content)) : NULL;
	guint64 mark = 0;

	return text && g_ascii_string_to_unsigned(g_strchomp(text), 10, 0, MARK_MAX, &mark, NULL)
		       ? mark
		       : 0;
}

bool spool_mark_write(const char *path, uint64_t mark, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *name = g_strconcat(base, SUFFIX, NULL);
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT "\n", mark);

	return file_replace(folder, name, text, strlen(text), error);
}
