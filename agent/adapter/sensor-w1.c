/* SPDX-License-Identifier: MIT */
/*
 * sensor-w1 - thermometers on a 1-Wire bus: DS18B20 and its relatives
 *
 * Reading starts a conversion and waits for it, 750 ms at 12 bits, longer while others on the bus
 * have their turn. w1_slave shows what the chip sent, `temperature` the result alone: the first is
 * preferred, because it tells a chip that lost its supply (85 °C) and a bus in short circuit (0 °C)
 * from a measurement.
 *
 * Source: Linux, Documentation/w1/slaves/w1_therm.rst
 */
#include "agent/adapter/sensor-tree.h"
#include "agent/adapter/sensor.h"
#include "agent/core/sensor-text.h"
#include "common/error.h"

#include <string.h>

#define W1_ROOT "sys/bus/w1/devices"

/* Family codes: DS18S20, DS1822, DS18B20, DS1825, DS28EA00 */
static const char *const families[] = { "10-", "22-", "28-", "3b-", "42-" };

/* A chip is found by its number alone: all of a bus belong to the same master.
 * @wanted: NULL wants any */
static bool is_thermometer(const char *folder, const char *wanted)
{
	g_autofree char *name = g_path_get_basename(folder);

	if (wanted && !g_str_equal(name, wanted))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		if (g_str_has_prefix(name, families[i]))
			return true;
	}
	return false;
}

static bool read_folder(const char *folder, double *celsius, GError **error)
{
	g_autofree char *text = NULL;

	if (!sensor_tree_has(folder, "w1_slave")) {
		if (!sensor_tree_number(folder, "temperature", celsius, error))
			return false;
		*celsius /= 1000.0;
		return true;
	}
	text = sensor_tree_read(folder, "w1_slave", error);
	return text && sensor_text_w1(text, celsius, error);
}

/* Without a name the first thermometer; never a second one when the first fails. */
static bool w1_read(void *sensor, const ConfigSensor *config, int64_t now_us,
		    SensorReadings *readings, GError **error)
{
	const char *root = config->root ? config->root : "/" W1_ROOT;
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "");

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = folders->pdata[i];
		double celsius;

		if (!is_thermometer(folder, config->device))
			continue;
		if (!read_folder(folder, &celsius, error))
			return false;
		sensor_add(config, celsius, readings);
		return true;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "no thermometer %s in %s",
		    config->device ? config->device : "at all", root);
	return false;
}

static const char *w1_unit(const ConfigSensor *config, const char *key)
{
	return "°C";
}

static void w1_list(const char *root, SensorFound found, void *data)
{
	g_autofree char *bus = g_build_filename(root, W1_ROOT, NULL);
	g_autoptr(GPtrArray) folders = sensor_tree_folders(bus, "");

	for (guint i = 0; i < folders->len; i++) {
		g_autofree char *device = g_path_get_basename(folders->pdata[i]);
		g_autofree char *section = sensor_tree_section("w1", device);
		ConfigSensor *config;

		if (!is_thermometer(folders->pdata[i], NULL))
			continue;
		config = config_sensor_new(section);
		config->driver = CONFIG_DRIVER_W1;
		config->root = sensor_tree_below(root, W1_ROOT);
		config->device = g_steal_pointer(&device);
		found(config, data);
	}
}

const SensorDriver sensor_w1 = {
	.name = "w1",
	.read = w1_read,
	.unit = w1_unit,
	.find = w1_list,
};
