/* SPDX-License-Identifier: MIT */
/*
 * sensor-system - how the machine itself is doing
 *
 *   temperature  °C       the first thermal zone, else the first hwmon temp1; may not exist
 *   load         1        run queue, mean of one minute
 *   memory       %        in use: what is not available to programs
 *   uptime       seconds
 *
 * `key` of the group, when set, goes before each name with an underscore between; `root` stands
 * for "/". Source: proc(5)
 */
#include "agent/adapter/sensor.h"

#include "agent/core/sample.h"
#include "common/error.h"

#include <math.h>
#include <string.h>

typedef struct System {
	const ConfigSensor *config;
	bool seen_temperature; /* it is missing only when it was there */
} System;

typedef struct Quantity {
	ConfigSystem bit;
	const char *name;
	bool (*read)(const char *root, double *value);
} Quantity;

static bool read_below(const char *root, const char *path, double *value)
{
	g_autofree char *full = g_build_filename(root, path, NULL);

	return sensor_read_number(full, value);
}

static bool read_temperature(const char *root, double *value)
{
	g_autofree char *thermal = g_build_filename(root, "sys/class/thermal", NULL);
	g_autofree char *hwmon = g_build_filename(root, "sys/class/hwmon", NULL);

	return sensor_find_thermal(thermal, NULL, value) ||
	       sensor_find_hwmon(hwmon, NULL, "temp1", value);
}

static bool read_load(const char *root, double *value)
{
	return read_below(root, "proc/loadavg", value);
}

static bool read_uptime(const char *root, double *value)
{
	return read_below(root, "proc/uptime", value);
}

/* The number behind @label. */
static bool find_field(const char *text, const char *label, double *value)
{
	const char *at = strstr(text, label);

	if (!at)
		return false;
	*value = g_ascii_strtod(at + strlen(label), NULL);
	return true;
}

static bool read_memory(const char *root, double *value)
{
	g_autofree char *path = g_build_filename(root, "proc/meminfo", NULL);
	g_autofree char *text = sensor_read_file(path);
	double total;
	double available;

	if (!text || !find_field(text, "MemTotal:", &total) ||
	    !find_field(text, "MemAvailable:", &available) || total <= 0)
		return false;
	*value = round((1.0 - available / total) * 1000.0) / 10.0;
	return true;
}

static const Quantity quantities[] = {
	{ CONFIG_SYSTEM_TEMPERATURE, "temperature", read_temperature },
	{ CONFIG_SYSTEM_LOAD, "load", read_load },
	{ CONFIG_SYSTEM_MEMORY, "memory", read_memory },
	{ CONFIG_SYSTEM_UPTIME, "uptime", read_uptime },
};

static void *system_open(const ConfigSensor *config)
{
	System *system = g_new0(System, 1);

	system->config = config;
	return system;
}

static void add_named(const ConfigSensor *config, const char *name, double value, GString *values)
{
	g_autofree char *key =
		config->key ? g_strconcat(config->key, "_", name, NULL) : g_strdup(name);

	sample_values_add_number(values, key, value);
}

static bool system_read(void *sensor, int64_t now_us, GString *values, GError **error)
{
	System *system = sensor;
	const char *root = system->config->root ? system->config->root : "/";
	const char *missing = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		const Quantity *quantity = &quantities[i];
		bool temperature = quantity->bit == CONFIG_SYSTEM_TEMPERATURE;
		double value;

		if (!(system->config->what & quantity->bit))
			continue;
		if (quantity->read(root, &value)) {
			add_named(system->config, quantity->name, value, values);
			system->seen_temperature = system->seen_temperature || temperature;
		} else if (!temperature || system->seen_temperature) {
			missing = quantity->name;
		}
	}
	if (missing)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "%s cannot be read below %s", missing, root);
	return !missing;
}

const SensorDriver sensor_system = { system_open, system_read, g_free };
