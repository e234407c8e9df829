/* SPDX-License-Identifier: MIT */
#include "common/config-lines.h"

#include "common/config.h"
#include "common/error.h"

#include <stdbool.h>
#include <string.h>

typedef struct ConfigScan {
	const char *name;    /* borrowed */
	GPtrArray *lines;    /* owned by the caller of the scan */
	GHashTable *seen;    /* "group\nkey" -> ConfigLine, borrowed from lines */
	char *group;         /* owned; NULL before the first */
	unsigned int number; /* of the line at hand */
} ConfigScan;

static void config_line_free(gpointer data)
{
	ConfigLine *line = data;

	g_free(line->group);
	g_free(line->key);
	g_free(line);
}

static void scan_add(ConfigScan *scan, const char *key)
{
	g_autofree char *path = g_strdup_printf("%s\n%s", scan->group, key ? key : "");
	ConfigLine *line = g_hash_table_lookup(scan->seen, path);

	if (line && key) {
		line->number = scan->number;
		return;
	}
	line = g_new0(ConfigLine, 1);
	line->group = g_strdup(scan->group);
	line->key = g_strdup(key);
	line->number = scan->number;
	g_ptr_array_add(scan->lines, line);
	g_hash_table_insert(scan->seen, g_steal_pointer(&path), line);
}

static bool scan_fail(const ConfigScan *scan, const char *what, GError **error)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s:%u: %s", scan->name,
		    scan->number, what);
	return false;
}

/* [group], and nothing after it but blanks */
static bool scan_group(ConfigScan *scan, const char *line, GError **error)
{
	const char *end = strchr(line, ']');

	if (!end || end[1] != '\0' || end == line + 1)
		return scan_fail(scan, "a group is written [NAME] on a line of its own", error);
	g_free(scan->group);
	scan->group = g_strndup(line + 1, (gsize)(end - line - 1));
	scan_add(scan, NULL);
	return true;
}

static bool scan_key(ConfigScan *scan, char *line, GError **error)
{
	char *equals = strchr(line, '=');

	if (!equals || equals == line)
		return scan_fail(scan, "expected key = value, [group] or # comment", error);
	if (!scan->group)
		return scan_fail(scan, "a key stands before the first [group]", error);
	*equals = '\0';
	scan_add(scan, g_strchomp(line));
	return true;
}

static bool scan_line(ConfigScan *scan, char *line, GError **error)
{
	scan->number++;
	g_strstrip(line);
	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (line[0] == '[')
		return scan_group(scan, line, error);
	return scan_key(scan, line, error);
}

/* Everything that makes the whole text unfit, found before it is cut into lines */
static bool scan_check_text(const char *text, size_t len, const char *name, GError **error)
{
	const char *end = text;
	unsigned int number = 1;

	if (len > CONFIG_FILE_SIZE_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s: larger than %zu octets", name, CONFIG_FILE_SIZE_MAX);
		return false;
	}
	if (len == 0 || g_utf8_validate(text, (gssize)len, &end))
		return true;
	for (const char *c = text; c < end; c++)
		number += *c == '\n';
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s:%u: %s", name, number,
		    *end == '\0' ? "a NUL octet has no place in a text file" : "not UTF-8");
	return false;
}

GPtrArray *config_lines_scan(const char *text, size_t len, const char *name, GError **error)
{
	if (!scan_check_text(text, len, name, error))
		return NULL;

	g_autofree char *copy = g_strndup(text, len);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(config_line_free);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	ConfigScan scan = { .name = name, .lines = lines, .seen = seen };
	bool ok = true;

	for (char *line = copy; ok && line;) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = '\0';
		ok = scan_line(&scan, line, error);
		line = next;
	}
	g_free(scan.group);
	return ok ? g_steal_pointer(&lines) : NULL;
}
