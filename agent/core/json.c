/* SPDX-License-Identifier: MIT */
#include "agent/core/json.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53: above it a double skips whole numbers */

/* cJSON hands texts out as strings, which an escaped NUL would end before their end. */
static bool holds_nul(const char *text, size_t len)
{
	static const char nul[] = "\\u0000";

	for (size_t i = 0; i + strlen(nul) <= len; i++) {
		if (text[i] != '\\')
			continue;
		if (memcmp(text + i, nul, strlen(nul)) == 0)
			return true;
		i++; /* what is escaped may be a backslash */
	}
	return false;
}

cJSON *json_parse(const void *text, size_t len)
{
	const char *end = NULL;
	cJSON *json;

	if (len == 0 || !g_utf8_validate_len(text, len, NULL) || holds_nul(text, len))
		return NULL;
	json = cJSON_ParseWithLengthOpts(text, len, &end, false);
	while (json && end < (const char *)text + len && strchr(" \t\r\n", *end))
		end++;
	if (json && end == (const char *)text + len)
		return json;
	cJSON_Delete(json);
	return NULL;
}

char *json_print(const cJSON *json)
{
	char *printed = cJSON_PrintUnformatted(json);
	char *text = g_strdup(printed);

	cJSON_free(printed);
	return text;
}

const char *json_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

bool json_integer(const cJSON *object, const char *name, int64_t *value)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(item) || fabs(item->valuedouble) > EXACT_MAX ||
	    floor(item->valuedouble) < item->valuedouble)
		return false;
	*value = (int64_t)item->valuedouble;
	return true;
}

void json_append_text(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append_c(out, '\\');
		if (*c < 0x20)
			g_string_append_printf(out, "\\u%04x", *c);
		else
			g_string_append_c(out, (char)*c);
	}
	g_string_append_c(out, '"');
}
