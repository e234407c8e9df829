/* SPDX-License-Identifier: MIT */
/*
 * sensor-sysfs - thermal zones and hwmon chips
 *
 * Source: Linux, Documentation/driver-api/thermal/sysfs-api.rst (temp in millidegrees) and
 * Documentation/hwmon/sysfs-interface.rst (units by the kind of input)
 */
#include "agent/adapter/sensor.h"

#include "agent/core/sample.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THERMAL_ROOT "/sys/class/thermal"
#define HWMON_ROOT   "/sys/class/hwmon"
#define FOLDERS_MAX  256 /* looked at in one root */

typedef struct InputKind {
	const char *prefix;
	double divisor;
} InputKind;

static const InputKind input_kinds[] = {
	{ "temp", 1000 },     /* millidegree Celsius */
	{ "in", 1000 },       /* millivolt */
	{ "curr", 1000 },     /* milliampere */
	{ "power", 1000000 }, /* microwatt */
	{ "humidity", 1000 }, /* millipercent */
	{ "fan", 1 },         /* rpm */
};

typedef struct Sysfs {
	const ConfigSensor *config;
} Sysfs;

char *sensor_read_file(const char *path)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;

	ssize_t n = read(fd, buffer, sizeof(buffer) - 1);

	close(fd);
	if (n <= 0)
		return NULL;
	buffer[n] = '\0';
	return g_strdup(g_strchomp(buffer));
}

bool sensor_read_number(const char *path, double *value)
{
	g_autofree char *text = sensor_read_file(path);
	char *end = NULL;

	if (!text)
		return false;

	double number = g_ascii_strtod(text, &end);

	if (end == text || !isfinite(number))
		return false;
	*value = number;
	return true;
}

/* The folders @prefix0, @prefix1 … of @root by number, at most FOLDERS_MAX. */
static GPtrArray *find_folders(const char *root, const char *prefix)
{
	g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; dir && i < FOLDERS_MAX; i++) {
		g_autofree char *path = g_strdup_printf("%s/%s%u", root, prefix, i);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			g_ptr_array_add(found, g_steal_pointer(&path));
	}
	return found;
}

/* Whether the file @name in @folder says @wanted; NULL wants nothing. */
static bool folder_says(const char *folder, const char *name, const char *wanted)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = wanted ? sensor_read_file(path) : NULL;

	return !wanted || g_strcmp0(text, wanted) == 0;
}

bool sensor_find_thermal(const char *root, const char *zone, double *celsius)
{
	g_autoptr(GPtrArray) folders = find_folders(root, "thermal_zone");

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = g_ptr_array_index(folders, i);
		g_autofree char *path = g_build_filename(folder, "temp", NULL);
		double raw;

		if (zone && !g_str_has_suffix(folder, zone) && !folder_says(folder, "type", zone))
			continue;
		if (!sensor_read_number(path, &raw))
			continue;
		*celsius = raw / 1000.0;
		return true;
	}
	return false;
}

static double input_divisor(const char *input)
{
	for (size_t i = 0; i < G_N_ELEMENTS(input_kinds); i++) {
		if (g_str_has_prefix(input, input_kinds[i].prefix))
			return input_kinds[i].divisor;
	}
	return 1;
}

bool sensor_find_hwmon(const char *root, const char *chip, const char *input, double *value)
{
	g_autoptr(GPtrArray) folders = find_folders(root, "hwmon");
	g_autofree char *file = g_strconcat(input, "_input", NULL);

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = g_ptr_array_index(folders, i);
		g_autofree char *path = g_build_filename(folder, file, NULL);
		double raw;

		if (!folder_says(folder, "name", chip) || !sensor_read_number(path, &raw))
			continue;
		*value = raw / input_divisor(input);
		return true;
	}
	return false;
}

static void *sysfs_open(const ConfigSensor *config)
{
	Sysfs *sysfs = g_new0(Sysfs, 1);

	sysfs->config = config;
	return sysfs;
}

static void add_scaled(const ConfigSensor *config, double value, GString *values)
{
	sample_values_add_number(values, config->key ? config->key : config->name,
				 value * config->scale + config->offset);
}

static bool thermal_read(void *sensor, int64_t now_us, GString *values, GError **error)
{
	const ConfigSensor *config = ((Sysfs *)sensor)->config;
	const char *root = config->root ? config->root : THERMAL_ROOT;
	double value;

	if (!sensor_find_thermal(root, config->zone, &value)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no thermal zone %s in %s that can be read",
			    config->zone ? config->zone : "at all", root);
		return false;
	}
	add_scaled(config, value, values);
	return true;
}

static bool hwmon_read(void *sensor, int64_t now_us, GString *values, GError **error)
{
	const ConfigSensor *config = ((Sysfs *)sensor)->config;
	const char *root = config->root ? config->root : HWMON_ROOT;
	double value;

	if (!sensor_find_hwmon(root, config->chip, config->input, &value)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no chip %s with an input %s in %s that can be read",
			    config->chip ? config->chip : "at all", config->input, root);
		return false;
	}
	add_scaled(config, value, values);
	return true;
}

const SensorDriver sensor_thermal = { sysfs_open, thermal_read, g_free };
const SensorDriver sensor_hwmon = { sysfs_open, hwmon_read, g_free };
