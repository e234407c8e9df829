/* SPDX-License-Identifier: MIT */
/*
 * sensor-readings - what one reading of a sensor gave: names and values, in their order
 *
 * Owner: whoever made it; names and texts are copies.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct SensorReading {
	char *key;
	bool is_number;
	double number; /* with is_number */
	char *text;    /* JSON as it came, or NULL: a number to be printed */
} SensorReading;

typedef struct SensorReadings SensorReadings;

/* sensor_readings_new() - none yet */
SensorReadings *sensor_readings_new(void);

/* sensor_readings_free() - NULL is fine */
void sensor_readings_free(SensorReadings *readings);

/* sensor_readings_add() - a number; nothing when it is not finite
 * @key: sample_key_valid() */
void sensor_readings_add(SensorReadings *readings, const char *key, double number);

/* sensor_readings_add_members() - all members of a checked JSON object
 * @members: of @len octets as sample_line_parse() gave them */
void sensor_readings_add_members(SensorReadings *readings, const char *members, size_t len);

/* sensor_readings_count() - how many were added */
size_t sensor_readings_count(const SensorReadings *readings);

/* sensor_readings_get() - the one at @index, borrowed until the next _add */
const SensorReading *sensor_readings_get(const SensorReadings *readings, size_t index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SensorReadings, sensor_readings_free)
