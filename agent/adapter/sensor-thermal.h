/* SPDX-License-Identifier: MIT */
/*
 * sensor-thermal - thermal zones, for their own driver and for the machine's temperature
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define SENSOR_THERMAL_ROOT "sys/class/thermal"

/* sensor_thermal_find() - temperature of a thermal zone below @root
 * @zone: folder or content of `type`; NULL: the first one that can be read
 * Errors: LANDFALL_ERROR_UNAVAILABLE; @celsius is untouched then */
bool sensor_thermal_find(const char *root, const char *zone, double *celsius,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;
