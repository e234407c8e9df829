/* SPDX-License-Identifier: MIT */
#include "agent/core/sensor-readings.h"

#include <math.h>
#include <string.h>

struct SensorReadings {
	GArray *list; /* of SensorReading */
};

static void reading_clear(gpointer data)
{
	SensorReading *reading = data;

	g_free(reading->key);
	g_free(reading->text);
}

SensorReadings *sensor_readings_new(void)
{
	SensorReadings *readings = g_new0(SensorReadings, 1);

	readings->list = g_array_new(FALSE, FALSE, sizeof(SensorReading));
	g_array_set_clear_func(readings->list, reading_clear);
	return readings;
}

void sensor_readings_free(SensorReadings *readings)
{
	if (!readings)
		return;
	g_array_unref(readings->list);
	g_free(readings);
}

void sensor_readings_add(SensorReadings *readings, const char *key, double number)
{
	SensorReading reading = { .is_number = true, .number = number };

	if (!isfinite(number))
		return;
	reading.key = g_strdup(key);
	g_array_append_val(readings->list, reading);
}

/* The end of a JSON string that starts at @at with its quote */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && g_ascii_isspace(*at))
		at++;
	return at;
}

/* A number, true or false, up to what cannot be part of it */
static const char *skip_word(const char *at, const char *end)
{
	while (at < end && (g_ascii_isalnum(*at) || *at == '-' || *at == '+' || *at == '.'))
		at++;
	return at;
}

/* The members are well-formed: this only finds where each part ends. */
void sensor_readings_add_members(SensorReadings *readings, const char *members, size_t len)
{
	const char *end = members + len;
	const char *at = skip_space(members, end);

	while (at < end) {
		const char *key = at + 1;
		const char *key_end = skip_string(at) - 1;

		at = skip_space(skip_space(key_end + 1, end) + 1, end); /* the colon */

		const char *value = at;
		SensorReading reading = { .is_number = *value == '-' || g_ascii_isdigit(*value) };

		at = *value == '"' ? skip_string(value) : skip_word(value, end);
		reading.key = g_strndup(key, (gsize)(key_end - key));
		reading.text = g_strndup(value, (gsize)(at - value));
		if (reading.is_number)
			reading.number = g_ascii_strtod(reading.text, NULL);
		g_array_append_val(readings->list, reading);
		at = skip_space(at, end);
		at = skip_space(at + (at < end), end); /* the comma */
	}
}

size_t sensor_readings_count(const SensorReadings *readings)
{
	return readings->list->len;
}

const SensorReading *sensor_readings_get(const SensorReadings *readings, size_t index)
{
	g_assert(index < readings->list->len);
	return &g_array_index(readings->list, SensorReading, index);
}
