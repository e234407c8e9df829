/* SPDX-License-Identifier: MIT */
/*
 * sensor-hwmon - chips that watch temperatures, voltages, fans
 *
 *   hwmonN/name, hwmonN/temp1_input                  what most drivers have
 *   hwmonN/device/name, hwmonN/device/temp1_input    the older kind, such as f71882fg
 *   hwmonN/power1_average                            of some, in place of power1_input
 *
 * Source: Linux, Documentation/hwmon/sysfs-interface.rst (units by the kind of input),
 * Documentation/hwmon/raspberrypi-hwmon.rst
 */
#include "agent/adapter/sensor-hwmon.h"

#include "agent/adapter/sensor-thermal.h"
#include "agent/adapter/sensor-tree.h"
#include "agent/adapter/sensor.h"
#include "common/error.h"

#include <string.h>

typedef struct InputKind {
	const char *prefix;
	double divisor;
	const char *unit;
} InputKind;

static const InputKind input_kinds[] = {
	{ "temp", 1000, "°C" },     /* millidegree */
	{ "in", 1000, "V" },        /* millivolt */
	{ "curr", 1000, "A" },      /* milliampere */
	{ "power", 1000000, "W" },  /* microwatt */
	{ "energy", 1000000, "J" }, /* microjoule */
	{ "humidity", 1000, "%" },  /* millipercent */
	{ "fan", 1, "rpm" },
};

/* Chips that another driver tells more of */
static const char *const others_chips[] = { "w1_slave_temp" };

static const InputKind *find_kind(const char *input)
{
	for (size_t i = 0; i < G_N_ELEMENTS(input_kinds); i++) {
		size_t len = strlen(input_kinds[i].prefix);

		if (strncmp(input, input_kinds[i].prefix, len) == 0 && g_ascii_isdigit(input[len]))
			return &input_kinds[i];
	}
	return NULL;
}

static bool is_older(const char *folder)
{
	return !sensor_tree_has(folder, "name") && sensor_tree_has(folder, "device/name");
}

/* Where the name of the chip is, seen from its folder */
static const char *name_file(const char *folder)
{
	return is_older(folder) ? "device/name" : "name";
}

/* The folder with the other files of the chip */
static char *files_of(const char *folder)
{
	return is_older(folder) ? g_build_filename(folder, "device", NULL) : g_strdup(folder);
}

/* The file that holds the value: a chip may know the mean of a power alone. */
static char *value_file(const char *files, const char *input)
{
	g_autofree char *file = g_strconcat(input, "_input", NULL);
	g_autofree char *mean = g_strconcat(input, "_average", NULL);

	if (g_str_has_prefix(input, "power") && !sensor_tree_has(files, file) &&
	    sensor_tree_has(files, mean))
		return g_steal_pointer(&mean);
	return g_steal_pointer(&file);
}

/* A value, unless the chip says that the input is broken: it shows one then all the same. */
static bool read_input(const char *files, const char *input, double *value, GError **error)
{
	g_autofree char *file = value_file(files, input);
	g_autofree char *fault_file = g_strconcat(input, "_fault", NULL);
	const InputKind *kind = find_kind(input);
	double raw;
	double fault = 0;

	if (!sensor_tree_number(files, file, &raw, error))
		return false;
	if (sensor_tree_has(files, fault_file) &&
	    !sensor_tree_number(files, fault_file, &fault, error))
		return false;
	if (fault != 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "%s/%s: says that the input is broken", files, fault_file);
		return false;
	}
	*value = raw / (kind ? kind->divisor : 1);
	return true;
}

bool sensor_hwmon_find(const char *root, const char *chip, const char *input, double *value,
		       GError **error)
{
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "hwmon");
	g_autoptr(GError) cause = NULL;

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = folders->pdata[i];
		g_autofree char *files = files_of(folder);
		g_autofree char *file = value_file(files, input);

		if (!sensor_tree_has(files, file) ||
		    !sensor_tree_is(folder, name_file(folder), chip))
			continue;
		g_clear_error(&cause);
		if (read_input(files, input, value, &cause))
			return true;
	}
	if (cause)
		g_propagate_error(error, g_steal_pointer(&cause));
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no chip %s with an input %s in %s", chip ? chip : "at all", input,
			    root);
	return false;
}

/* Whether the chip sits on a bus where people put sensors of their own */
static bool is_added(const char *folder)
{
	g_autofree char *link = g_build_filename(folder, "device", "subsystem", NULL);
	g_autofree char *bus = g_file_read_link(link, NULL);
	g_autofree char *name = bus ? g_path_get_basename(bus) : NULL;

	return g_strcmp0(name, "i2c") == 0 || g_strcmp0(name, "w1") == 0;
}

bool sensor_hwmon_machine(const char *root, double *celsius)
{
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "hwmon");

	for (guint i = 0; i < folders->len; i++) {
		g_autofree char *files = files_of(folders->pdata[i]);

		if (!is_added(folders->pdata[i]) && read_input(files, "temp1", celsius, NULL))
			return true;
	}
	return false;
}

bool sensor_hwmon_undervoltage(const char *root, double *low)
{
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "hwmon");

	for (guint i = 0; i < folders->len; i++) {
		if (sensor_tree_is(folders->pdata[i], "name", "rpi_volt"))
			return sensor_tree_number(folders->pdata[i], "in0_lcrit_alarm", low, NULL);
	}
	return false;
}

static bool hwmon_read(void *sensor, const ConfigSensor *config, int64_t now_us,
		       SensorReadings *readings, GError **error)
{
	const char *root = config->root ? config->root : "/" SENSOR_HWMON_ROOT;
	double value;

	if (!sensor_hwmon_find(root, config->chip, config->input, &value, error))
		return false;
	sensor_add(config, value, readings);
	return true;
}

static const char *hwmon_unit(const ConfigSensor *config, const char *key)
{
	const InputKind *kind = find_kind(config->input);

	return kind ? kind->unit : "";
}

/* Whether a zone has the name of @chip, which has _ for each - */
static bool is_zone_name(const char *root, const char *chip)
{
	g_autofree char *class = g_build_filename(root, SENSOR_THERMAL_ROOT, NULL);
	g_autoptr(GPtrArray) zones = sensor_tree_folders(class, "thermal_zone");

	for (guint i = 0; i < zones->len; i++) {
		g_autofree char *type = sensor_tree_read(zones->pdata[i], "type", NULL);

		if (type && g_str_equal(g_strdelimit(type, "-", '_'), chip))
			return true;
	}
	return false;
}

/* The kernel shows a thermal zone as a chip once more. That chip belongs to the zone, with older
 * kernels to nothing; a battery may have the name of a zone as well and be a chip of its own. */
static bool is_zone(const char *root, const char *folder, const char *chip)
{
	g_autofree char *link = g_build_filename(folder, "device", NULL);
	g_autofree char *device = g_file_read_link(link, NULL);
	g_autofree char *name = device ? g_path_get_basename(device) : NULL;

	return name ? g_str_has_prefix(name, "thermal_zone") : is_zone_name(root, chip);
}

static bool is_others(const char *root, const char *folder)
{
	g_autofree char *chip = sensor_tree_read(folder, name_file(folder), NULL);

	for (size_t i = 0; chip && i < G_N_ELEMENTS(others_chips); i++) {
		if (g_str_equal(chip, others_chips[i]))
			return true;
	}
	return chip && is_zone(root, folder, chip);
}

static ConfigSensor *describe(const char *root, const char *files, const char *chip,
			      const char *input)
{
	g_autofree char *label_file = g_strconcat(input, "_label", NULL);
	g_autofree char *label = sensor_tree_read(files, label_file, NULL);
	g_autofree char *section = sensor_tree_section(chip, label ? label : input);
	ConfigSensor *config = config_sensor_new(section);

	g_free(config->input);
	config->driver = CONFIG_DRIVER_HWMON;
	config->root = sensor_tree_below(root, SENSOR_HWMON_ROOT);
	config->chip = g_strdup(chip);
	config->input = g_strdup(input);
	return config;
}

/* Those of @files that have the value in a file with @suffix, each input once */
static void list_inputs(const char *root, const char *files, const char *chip, const char *suffix,
			SensorFound found, void *data)
{
	g_autoptr(GPtrArray) inputs = sensor_tree_files(files, "", suffix);

	for (guint i = 0; i < inputs->len; i++) {
		const char *input = inputs->pdata[i];
		g_autofree char *file = value_file(files, input);

		if (find_kind(input) && g_str_has_suffix(file, suffix))
			found(describe(root, files, chip, input), data);
	}
}

static void hwmon_list(const char *root, SensorFound found, void *data)
{
	g_autofree char *class = g_build_filename(root, SENSOR_HWMON_ROOT, NULL);
	g_autoptr(GPtrArray) folders = sensor_tree_folders(class, "hwmon");

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = folders->pdata[i];
		g_autofree char *files = files_of(folder);
		g_autofree char *chip = sensor_tree_identity(folders, i, name_file(folder));

		if (is_others(root, folder))
			continue;
		list_inputs(root, files, chip, "_input", found, data);
		list_inputs(root, files, chip, "_average", found, data);
	}
}

const SensorDriver sensor_hwmon = {
	.name = "hwmon",
	.read = hwmon_read,
	.unit = hwmon_unit,
	.find = hwmon_list,
};
