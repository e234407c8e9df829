/* SPDX-License-Identifier: MIT */
/*
 * sensor - what every driver offers: readings of one [sensor NAME] group
 *
 * A driver that cannot read adds nothing: a reading that is absent is told from one that is 0.
 * Drivers are static const tables, found by their ConfigDriver.
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct SensorDriver {
	/* open() - make ready to read; what the device lacks now may come later
	 * @config: kept
	 * Returns the state handed to the others; never NULL */
	void *(*open)(const ConfigSensor *config);

	/* read() - append readings to @values
	 * @now_us: monotonic
	 * Errors: LANDFALL_ERROR_UNAVAILABLE when one is missing; the others were appended */
	bool (*read)(void *sensor, int64_t now_us, GString *values, GError **error);

	/* free() - end of @sensor */
	void (*free)(void *sensor);
} SensorDriver;

extern const SensorDriver sensor_simulated;
extern const SensorDriver sensor_hwmon;
extern const SensorDriver sensor_thermal;
extern const SensorDriver sensor_system;

/* sensor_driver() - NULL when this version has none for @driver */
const SensorDriver *sensor_driver(ConfigDriver driver);

/* sensor_read_file() - the text of a small file of /sys or /proc, without white space at its end
 * Returns NULL when it cannot be read; the caller frees it */
char *sensor_read_file(const char *path);

/* sensor_read_number() - the number that a file holds
 * Returns false when it holds none or cannot be read; @value is untouched then */
bool sensor_read_number(const char *path, double *value);

/* sensor_find_thermal() - temperature of a thermal zone below @root
 * @zone: folder or content of `type`; NULL: the first one that can be read
 * Returns false when there is none; @celsius is untouched then */
bool sensor_find_thermal(const char *root, const char *zone, double *celsius);

/* sensor_find_hwmon() - value of an input below @root, in the unit of its kind (°C, V, A, W, rpm, %)
 * @chip: content of `name`; NULL: the first one with that input
 * @input: such as temp1 */
bool sensor_find_hwmon(const char *root, const char *chip, const char *input, double *value);
