/* SPDX-License-Identifier: MIT */
/*
 * config-lines - on which line of a key file each key stands; private to config
 *
 * GKeyFile knows values and escapes but no line numbers. This walks the same text by the same
 * rules (comment, [group], key = value, blanks around each) and keeps only where things are;
 * values stay GKeyFile's business. Where the format is broken it says so, with the line.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct ConfigLine {
	char *group;
	char *key; /* NULL: the group's own line */
	unsigned int number;
} ConfigLine;

/* config_lines_scan() - all groups and keys, in order of lines
 * @text, @len: borrowed, need not end in NUL; at most CONFIG_FILE_SIZE_MAX octets
 * @name:       stands for the file in messages
 * A key that comes twice in a group counts where it stands last, as its value does.
 * Returns an array of ConfigLine, freed with g_ptr_array_unref()
 * Errors: LANDFALL_ERROR_CONFIG with @name and line: too large, not UTF-8, NUL, a line that is
 * nothing of the above, a key before the first group */
GPtrArray *config_lines_scan(const char *text, size_t len, const char *name,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;
