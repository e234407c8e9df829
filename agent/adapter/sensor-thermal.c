/* SPDX-License-Identifier: MIT */
/*
 * sensor-thermal - thermal zones
 *
 * Source: Linux, Documentation/driver-api/thermal/sysfs-api.rst (temp in millidegrees)
 */
#include "agent/adapter/sensor-thermal.h"

#include "agent/adapter/sensor-tree.h"
#include "agent/adapter/sensor.h"
#include "common/error.h"

bool sensor_thermal_find(const char *root, const char *zone, double *celsius, GError **error)
{
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "thermal_zone");
	g_autoptr(GError) cause = NULL;

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = folders->pdata[i];
		double raw;

		if (!sensor_tree_is(folder, "type", zone))
			continue;
		g_clear_error(&cause);
		if (!sensor_tree_number(folder, "temp", &raw, &cause))
			continue;
		*celsius = raw / 1000.0;
		return true;
	}
	if (cause)
		g_propagate_error(error, g_steal_pointer(&cause));
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no thermal zone %s in %s", zone ? zone : "at all", root);
	return false;
}

static bool thermal_read(void *sensor, const ConfigSensor *config, int64_t now_us,
			 SensorReadings *readings, GError **error)
{
	const char *root = config->root ? config->root : "/" SENSOR_THERMAL_ROOT;
	double celsius;

	if (!sensor_thermal_find(root, config->zone, &celsius, error))
		return false;
	sensor_add(config, celsius, readings);
	return true;
}

static const char *thermal_unit(const ConfigSensor *config, const char *key)
{
	return "°C";
}

static void thermal_list(const char *root, SensorFound found, void *data)
{
	g_autofree char *class = g_build_filename(root, SENSOR_THERMAL_ROOT, NULL);
	g_autoptr(GPtrArray) folders = sensor_tree_folders(class, "thermal_zone");

	for (guint i = 0; i < folders->len; i++) {
		g_autofree char *zone = sensor_tree_identity(folders, i, "type");
		g_autofree char *section = sensor_tree_section(zone, NULL);
		ConfigSensor *config = config_sensor_new(section);

		config->driver = CONFIG_DRIVER_THERMAL;
		config->root = sensor_tree_below(root, SENSOR_THERMAL_ROOT);
		config->zone = g_steal_pointer(&zone);
		found(config, data);
	}
}

const SensorDriver sensor_thermal = {
	.name = "thermal",
	.read = thermal_read,
	.unit = thermal_unit,
	.find = thermal_list,
};
