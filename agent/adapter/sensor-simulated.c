/* SPDX-License-Identifier: MIT */
/*
 * sensor-simulated - a wave between two values, for trials without hardware
 */
#include "agent/adapter/sensor.h"

#include <math.h>

/* Two decimals, as a real sensor would give. */
static bool simulated_read(void *sensor, const ConfigSensor *config, int64_t now_us,
			   SensorReadings *readings, GError **error)
{
	int64_t period_us = config->period_ms * 1000;
	double phase = (double)(now_us % period_us) / (double)period_us;
	double share = (1.0 - cos(2.0 * G_PI * phase)) / 2.0;
	double value = config->minimum + (config->maximum - config->minimum) * share;

	sensor_add(config, round(value * 100.0) / 100.0, readings);
	return true;
}

static const char *simulated_unit(const ConfigSensor *config, const char *key)
{
	return "";
}

const SensorDriver sensor_simulated = {
	.name = "simulated",
	.read = simulated_read,
	.unit = simulated_unit,
};
