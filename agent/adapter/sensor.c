/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensor.h"

static const SensorDriver *const drivers[] = {
	[CONFIG_DRIVER_SYSTEM] = &sensor_system,
	[CONFIG_DRIVER_THERMAL] = &sensor_thermal,
	[CONFIG_DRIVER_HWMON] = &sensor_hwmon,
	[CONFIG_DRIVER_IIO] = &sensor_iio,
	[CONFIG_DRIVER_W1] = &sensor_w1,
	[CONFIG_DRIVER_COMMAND] = &sensor_command,
	[CONFIG_DRIVER_SIMULATED] = &sensor_simulated,
};

/* Those that can tell what there is, in the order of a page about the device */
static const SensorDriver *const finders[] = { &sensor_system, &sensor_thermal, &sensor_hwmon,
					       &sensor_iio, &sensor_w1 };

const SensorDriver *sensor_driver(ConfigDriver driver)
{
	return (size_t)driver < G_N_ELEMENTS(drivers) ? drivers[driver] : NULL;
}

const char *sensor_key(const ConfigSensor *config)
{
	return config->key ? config->key : config->name;
}

const char *sensor_unit(const ConfigSensor *config, const char *key)
{
	return config->unit ? config->unit : sensor_driver(config->driver)->unit(config, key);
}

void sensor_find_all(const char *root, SensorFound found, void *data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(finders); i++)
		finders[i]->find(root, found, data);
}

void sensor_add(const ConfigSensor *config, double value, SensorReadings *readings)
{
	sensor_readings_add(readings, sensor_key(config), value);
}
