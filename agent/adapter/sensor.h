/* SPDX-License-Identifier: MIT */
/*
 * sensor - what every driver offers: readings of one [sensor NAME] group
 *
 * A driver that cannot read adds nothing: a reading that is absent is told from one that is 0.
 * Drivers are static const tables, found by their ConfigDriver.
 *
 * Owner: read() and find() may block for as long as the kernel likes and are called from a thread
 * that is not the loop's, for one sensor at a time; open(), cancel() and free() do not block.
 */
#pragma once

#include "agent/core/sensor-readings.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* SensorFound - a driver can read this
 * @config: named, with all keys that tell it from others; transferred
 * @data:   of whoever asked */
typedef void (*SensorFound)(ConfigSensor *config, void *data);

typedef struct SensorDriver {
	const char *name; /* as `driver =` has it */

	/* open() - make ready to read; what the device lacks now may come later. NULL for drivers
	 * that keep nothing between two readings
	 * @config: kept
	 * Returns the state handed to the others as @sensor; never NULL */
	void *(*open)(const ConfigSensor *config);

	/* read() - append to @readings, in the driver's unit
	 * @config: the same as open()'s
	 * @now_us: monotonic
	 * Errors: LANDFALL_ERROR_UNAVAILABLE when one is missing; the others were appended.
	 * LANDFALL_ERROR_INVALID when what came makes no sense */
	bool (*read)(void *sensor, const ConfigSensor *config, int64_t now_us,
		     SensorReadings *readings, GError **error);

	/* cancel() - make a read() that is under way end soon, or NULL; from another thread */
	void (*cancel)(void *sensor);

	/* free() - end of @sensor; NULL where open() is */
	void (*free)(void *sensor);

	/* unit() - of a reading, such as "°C"; "" when it has none
	 * @key: of the reading, for drivers with several */
	const char *(*unit)(const ConfigSensor *config, const char *key);

	/* find() - name all that the machine has, or NULL
	 * @root: stands for "/" */
	void (*find)(const char *root, SensorFound found, void *data);
} SensorDriver;

extern const SensorDriver sensor_simulated;
extern const SensorDriver sensor_hwmon;
extern const SensorDriver sensor_thermal;
extern const SensorDriver sensor_iio;
extern const SensorDriver sensor_w1;
extern const SensorDriver sensor_system;
extern const SensorDriver sensor_command;

/* sensor_driver() - the table of @driver; NULL for CONFIG_DRIVER_NONE */
const SensorDriver *sensor_driver(ConfigDriver driver);

/* sensor_key() - the name of the one reading of a sensor */
const char *sensor_key(const ConfigSensor *config);

/* sensor_unit() - what the reading @key counts: the configuration's word, else the driver's */
const char *sensor_unit(const ConfigSensor *config, const char *key);

/* sensor_find_all() - ask every driver what the machine has
 * @root: stands for "/"; with another than that the found sensors name the folders below it */
void sensor_find_all(const char *root, SensorFound found, void *data);

/* sensor_add() - the one reading of a sensor */
void sensor_add(const ConfigSensor *config, double value, SensorReadings *readings);
