/* SPDX-License-Identifier: MIT */
/*
 * sensor-hwmon - inputs of hwmon chips, for their own driver and for the machine itself
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SENSOR_HWMON_ROOT "sys/class/hwmon"

/* sensor_hwmon_find() - value of an input below @root, in the unit of its kind (°C, V, A, W, J,
 * rpm, %)
 * @chip:  content of `name`, folder, or its device such as 1-0044; NULL: the first with that input
 * @input: such as temp1
 * Errors: LANDFALL_ERROR_UNAVAILABLE, LANDFALL_ERROR_INVALID; @value is untouched then */
bool sensor_hwmon_find(const char *root, const char *chip, const char *input, double *value,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_hwmon_machine() - the first temp1 below @root of a chip that belongs to the machine: not
 * on an I2C or 1-Wire bus, where a thermometer may be somewhere else
 * Returns false when there is none that can be read; @celsius is untouched then */
bool sensor_hwmon_machine(const char *root, double *celsius) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_hwmon_undervoltage() - whether a Raspberry Pi's supply was too weak since it was last
 * asked
 * Returns false when the machine is none; @low is untouched then */
bool sensor_hwmon_undervoltage(const char *root, double *low) G_GNUC_WARN_UNUSED_RESULT;
