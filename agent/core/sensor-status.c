/* SPDX-License-Identifier: MIT */
#include "agent/core/sensor-status.h"

#include <cjson/cJSON.h>

static const char *state_name(const SensorStatus *status)
{
	if (status->error)
		return "failing";
	return status->counts.read > 0 ? "ok" : "waiting";
}

/* The readings are JSON already, to the last octet as they would be sent. */
static void add_readings(cJSON *root, const char *readings)
{
	g_autofree char *object = g_strconcat("{", readings, "}", NULL);

	cJSON_AddRawToObject(root, "readings", object);
}

void sensor_status_encode(const SensorStatus *status, GString *text)
{
	cJSON *root = cJSON_CreateObject();
	char *encoded;

	cJSON_AddStringToObject(root, "name", status->name);
	cJSON_AddStringToObject(root, "state", state_name(status));
	if (status->error)
		cJSON_AddStringToObject(root, "error", status->error);
	if (*status->unit)
		cJSON_AddStringToObject(root, "unit", status->unit);
	add_readings(root, status->readings);
	cJSON_AddNumberToObject(root, "read", (double)status->counts.read);
	cJSON_AddNumberToObject(root, "failed", (double)status->counts.failed);
	cJSON_AddNumberToObject(root, "outside", (double)status->counts.outside);
	cJSON_AddNumberToObject(root, "held", (double)status->counts.held);
	encoded = cJSON_PrintUnformatted(root);
	g_string_append(text, encoded);
	cJSON_free(encoded);
	cJSON_Delete(root);
}
