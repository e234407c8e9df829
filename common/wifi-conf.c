/* SPDX-License-Identifier: MIT */
#include "common/wifi-conf.h"

#include "common/config-lines.h"
#include "common/error.h"

#include <stdbool.h>
#include <string.h>

#define GROUP "wifi"

typedef struct WifiRow {
	const char *key;
	size_t offset; /* of a char * in WifiConf */
	size_t max;
} WifiRow;

static const WifiRow rows[] = {
	{ "identity", offsetof(WifiConf, identity), WIFI_CONF_IDENTITY_MAX },
	{ "domain", offsetof(WifiConf, domain), WIFI_CONF_DOMAIN_MAX },
};

static const WifiRow *row_find(const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

static bool value_holds(const char *value, size_t max)
{
	bool holds = *value && strnlen(value, max + 1) <= max;

	for (const char *c = value; holds && *c; c++)
		holds = !g_ascii_iscntrl(*c) && *c != '"' && *c != '\\';
	return holds;
}

static bool line_read(WifiConf *conf, GKeyFile *file, const ConfigLine *line, const char *name,
		      GError **error)
{
	const WifiRow *row = line->key ? row_find(line->key) : NULL;

	if (strcmp(line->group, GROUP) != 0 || (line->key && !row)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s:%u: only identity and domain in [" GROUP "] are known here", name,
			    line->number);
		return false;
	}
	if (!row)
		return true;

	char **place = G_STRUCT_MEMBER_P(conf, row->offset);

	g_free(*place);
	*place = g_key_file_get_string(file, GROUP, row->key, NULL);
	if (*place && value_holds(*place, row->max))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "%s:%u: %s has 1 to %zu octets, no quotes, backslashes or control characters",
		    name, line->number, row->key, row->max);
	return false;
}

WifiConf *wifi_conf_parse(const char *text, size_t len, const char *name, GError **error)
{
	if (len > WIFI_CONF_SIZE_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s: larger than %d octets", name, WIFI_CONF_SIZE_MAX);
		return NULL;
	}

	g_autoptr(GPtrArray) lines = config_lines_scan(text, len, name, error);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(WifiConf) conf = g_new0(WifiConf, 1);
	g_autoptr(GError) cause = NULL;

	if (!lines)
		return NULL;
	if (len > 0 && !g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s: %s", name,
			    cause->message);
		return NULL;
	}
	for (unsigned int i = 0; i < lines->len; i++)
		if (!line_read(conf, file, lines->pdata[i], name, error))
			return NULL;
	return g_steal_pointer(&conf);
}

void wifi_conf_free(WifiConf *conf)
{
	if (!conf)
		return;
	g_free(conf->identity);
	g_free(conf->domain);
	g_free(conf);
}
