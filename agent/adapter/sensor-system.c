/* SPDX-License-Identifier: MIT */
/*
 * sensor-system - how the machine itself is doing
 *
 *   temperature   °C       the first thermal zone, else hwmon's own; may not exist
 *   load          1        run queue, mean of one minute
 *   memory        %        in use: what is not available to programs
 *   uptime        s
 *   cpu           %        busy, of all processors, since the reading before; none at the first
 *   disk          %        in use, of what programs may use on the file system of `mount`
 *   network       octets   received, sent: since the interface came up
 *   throttled     0 or 1   undervoltage: the supply was too weak since the reading before
 *                 bits     throttled: as `vcgencmd get_throttled` has them; may not exist
 *
 * `key` of the group, when set, goes before each name with an underscore between; `root` stands
 * for "/". Source: proc(5), statvfs(3); Linux for the Raspberry Pi, drivers/firmware/raspberrypi.c
 */
#include "agent/adapter/sensor-hwmon.h"
#include "agent/adapter/sensor-thermal.h"
#include "agent/adapter/sensor-tree.h"
#include "agent/adapter/sensor.h"
#include "agent/core/sensor-text.h"
#include "common/error.h"

#include <math.h>
#include <string.h>
#include <sys/statvfs.h>

#define FIRMWARE_ROOT "sys/bus/platform/drivers/raspberrypi-firmware"

typedef struct System {
	const ConfigSensor *config;
	const char *root;
	uint32_t seen; /* bits of ConfigSystem: what does not exist is missing only once it did */
	SensorCpu cpu; /* at the reading before */
} System;

/* One word of `what` */
typedef struct Quantity {
	ConfigSystem bit;
	const char *name;
	const char *unit;
	bool optional; /* not every machine has it */
	bool (*read)(System *system, SensorReadings *readings);
} Quantity;

static void add_named(const System *system, const char *name, double value,
		      SensorReadings *readings)
{
	const char *before = system->config->key;
	g_autofree char *key = before ? g_strconcat(before, "_", name, NULL) : g_strdup(name);

	sensor_readings_add(readings, key, value);
}

static bool read_temperature(System *system, SensorReadings *readings)
{
	g_autofree char *thermal = g_build_filename(system->root, SENSOR_THERMAL_ROOT, NULL);
	g_autofree char *hwmon = g_build_filename(system->root, SENSOR_HWMON_ROOT, NULL);
	double value;

	if (!sensor_thermal_find(thermal, NULL, &value, NULL) &&
	    !sensor_hwmon_machine(hwmon, &value))
		return false;
	add_named(system, "temperature", value, readings);
	return true;
}

/* The first number of a file of /proc */
static bool read_first(System *system, const char *file, const char *name, SensorReadings *readings)
{
	g_autofree char *text = sensor_tree_read(system->root, file, NULL);
	double value;

	if (!text || !sensor_text_first(text, &value))
		return false;
	add_named(system, name, value, readings);
	return true;
}

static bool read_load(System *system, SensorReadings *readings)
{
	return read_first(system, "proc/loadavg", "load", readings);
}

static bool read_uptime(System *system, SensorReadings *readings)
{
	return read_first(system, "proc/uptime", "uptime", readings);
}

static bool read_memory(System *system, SensorReadings *readings)
{
	g_autofree char *text = sensor_tree_read(system->root, "proc/meminfo", NULL);
	double value;

	if (!text || !sensor_text_memory(text, &value))
		return false;
	add_named(system, "memory", value, readings);
	return true;
}

static bool read_cpu(System *system, SensorReadings *readings)
{
	g_autofree char *text = sensor_tree_read(system->root, "proc/stat", NULL);
	SensorCpu before = system->cpu;

	if (!text || !sensor_text_cpu(text, &system->cpu))
		return false;
	if (before.all > 0 && system->cpu.all > before.all && system->cpu.busy >= before.busy) {
		double busy = (double)(system->cpu.busy - before.busy);
		double all = (double)(system->cpu.all - before.all);

		add_named(system, "cpu", round(busy / all * 1000.0) / 10.0, readings);
	}
	return true;
}

static bool read_disk(System *system, SensorReadings *readings)
{
	g_autofree char *path = g_build_filename(system->root, system->config->mount, NULL);
	struct statvfs disk;

	if (statvfs(path, &disk) < 0 || disk.f_blocks == 0)
		return false;

	double used = (double)(disk.f_blocks - disk.f_bfree);

	add_named(system, "disk", round(used / (used + (double)disk.f_bavail) * 1000.0) / 10.0,
		  readings);
	return true;
}

static bool read_network(System *system, SensorReadings *readings)
{
	g_autofree char *text = sensor_tree_read(system->root, "proc/net/dev", NULL);
	SensorTraffic traffic;

	if (!text || !sensor_text_traffic(text, system->config->interface, &traffic))
		return false;
	add_named(system, "received", (double)traffic.received, readings);
	add_named(system, "sent", (double)traffic.sent, readings);
	return true;
}

/* Older kernels for the Raspberry Pi have the word of the firmware beside the chip. */
static bool read_throttled(System *system, SensorReadings *readings)
{
	g_autofree char *hwmon = g_build_filename(system->root, SENSOR_HWMON_ROOT, NULL);
	g_autofree char *driver = g_build_filename(system->root, FIRMWARE_ROOT, NULL);
	g_autoptr(GPtrArray) devices = sensor_tree_folders(driver, "soc");
	g_autofree char *text = devices->len > 0
					? sensor_tree_read(devices->pdata[0], "get_throttled", NULL)
					: NULL;
	uint32_t bits;
	double low;
	bool found = false;

	if (sensor_hwmon_undervoltage(hwmon, &low)) {
		add_named(system, "undervoltage", low, readings);
		found = true;
	}
	if (text && sensor_text_hex(text, &bits)) {
		add_named(system, "throttled", bits, readings);
		found = true;
	}
	return found;
}

static const Quantity quantities[] = {
	{ CONFIG_SYSTEM_TEMPERATURE, "temperature", "°C", true, read_temperature },
	{ CONFIG_SYSTEM_LOAD, "load", "", false, read_load },
	{ CONFIG_SYSTEM_MEMORY, "memory", "%", false, read_memory },
	{ CONFIG_SYSTEM_UPTIME, "uptime", "s", false, read_uptime },
	{ CONFIG_SYSTEM_CPU, "cpu", "%", false, read_cpu },
	{ CONFIG_SYSTEM_DISK, "disk", "%", false, read_disk },
	{ CONFIG_SYSTEM_NETWORK, "network", "B", false, read_network },
	{ CONFIG_SYSTEM_THROTTLED, "throttled", "", true, read_throttled },
};

static void *system_open(const ConfigSensor *config)
{
	System *system = g_new0(System, 1);

	system->config = config;
	system->root = config->root ? config->root : "/";
	return system;
}

static bool system_read(void *sensor, const ConfigSensor *config, int64_t now_us,
			SensorReadings *readings, GError **error)
{
	System *system = sensor;
	const char *missing = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		const Quantity *quantity = &quantities[i];

		if (!(system->config->what & quantity->bit))
			continue;
		if (quantity->read(system, readings))
			system->seen |= quantity->bit;
		else if (!quantity->optional || system->seen & quantity->bit)
			missing = quantity->name;
	}
	if (missing)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "%s cannot be read below %s", missing, system->root);
	return !missing;
}

static const char *system_unit(const ConfigSensor *config, const char *key)
{
	const char *name = key;

	if (config->key && g_str_has_prefix(key, config->key))
		name += strlen(config->key) + 1;
	if (g_str_equal(name, "received") || g_str_equal(name, "sent"))
		name = "network";
	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		if (g_str_equal(name, quantities[i].name))
			return quantities[i].unit;
	}
	return "";
}

/* All that the machine has, as one sensor */
static void system_list(const char *root, SensorFound found, void *data)
{
	ConfigSensor *config = config_sensor_new("system");
	System system = { .config = config, .root = root };

	config->driver = CONFIG_DRIVER_SYSTEM;
	config->root = sensor_tree_below(root, "");
	config->what = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
		g_autoptr(SensorReadings) readings = sensor_readings_new();

		if (quantities[i].read(&system, readings))
			config->what |= quantities[i].bit;
	}
	if (config->what)
		found(config, data);
	else
		config_sensor_free(config);
}

const SensorDriver sensor_system = {
	.name = "system",
	.open = system_open,
	.read = system_read,
	.free = g_free,
	.unit = system_unit,
	.find = system_list,
};
