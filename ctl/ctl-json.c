/* SPDX-License-Identifier: MIT */
#include "ctl/ctl-json.h"

const char *ctl_json_text(const cJSON *object, const char *name, const char *fallback)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

	return text ? text : fallback;
}

double ctl_json_number(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(number) ? number->valuedouble : 0;
}
