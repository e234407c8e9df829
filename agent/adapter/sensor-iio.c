/* SPDX-License-Identifier: MIT */
/*
 * sensor-iio - one value at a time from industrial I/O: DHT11/DHT22, HTS221, LPS22HB, BME280 …
 *
 * A channel in_X has either in_X_input, in the unit of its kind, or in_X_raw, of which
 * (raw + offset) * scale is. Scale and offset may stand for several channels:
 *
 *   in_voltage0_raw            in_voltage0_scale, else in_voltage_scale
 *   in_voltage0-voltage1_raw   in_voltage0-voltage1_scale, else in_voltage-voltage_scale
 *   in_accel_x_raw             in_accel_x_scale, else in_accel_scale
 *
 * Nothing is written: no buffer, no trigger, no rate is touched.
 *
 * Source: Linux, Documentation/ABI/testing/sysfs-bus-iio
 */
#include "agent/adapter/sensor-tree.h"
#include "agent/adapter/sensor.h"
#include "common/error.h"

#include <math.h>
#include <string.h>

#define IIO_ROOT "sys/bus/iio/devices"

typedef struct ChannelKind {
	const char *name; /* behind in_ */
	double factor;    /* from the kernel's unit to ours */
	int decimals;     /* that mean anything; what is finer comes from the conversion alone */
	const char *unit;
} ChannelKind;

static const ChannelKind channel_kinds[] = {
	{ "temp", 0.001, 3, "°C" },     { "humidityrelative", 0.001, 3, "%" },
	{ "pressure", 10, 3, "hPa" }, /* from kilopascal */
	{ "voltage", 0.001, 6, "V" },   { "current", 0.001, 6, "A" },
	{ "power", 0.001, 6, "W" },     { "energy", 1, 3, "J" },
	{ "resistance", 1, 3, "Ω" },    { "illuminance", 1, 3, "lx" },
	{ "concentration", 1, 6, "%" }, { "massconcentration", 1, 3, "µg/m³" },
	{ "distance", 1, 6, "m" },      { "accel", 1, 6, "m/s²" },
	{ "anglvel", 1, 6, "rad/s" },   { "magn", 1, 6, "G" },
	{ "incli", 1, 3, "°" },         { "ph", 1, 3, "" },
};

typedef struct PlainUnit {
	const char *device; /* what `name` says */
	const char *kind;
	double lowest;  /* of the numbers that are in our unit; */
	double highest; /* one beyond is of a driver that was mended */
} PlainUnit;

/* Drivers of Linux 6.1 that have °C, % and hPa where thousandths and kilopascal are asked for */
static const PlainUnit plain_units[] = {
	{ "hts221", "temp", -200, 200 },  { "hts221", "humidityrelative", -200, 200 },
	{ "mpl3115", "temp", -200, 200 }, { "bme680", "humidityrelative", -200, 200 },
	{ "hp206c", "temp", -200, 200 },  { "bme680", "pressure", 200, 2000 },
};

typedef struct LateOffset {
	const char *device; /* what `name` says */
	double middle;      /* of the converter, which the offset takes off */
} LateOffset;

/* Drivers outside of Linux whose offset has been through the scale already: that of the AD4111 on
 * Artila's PAC-6070. The one of Linux for the same chip has -8388608 there. */
static const LateOffset late_offsets[] = {
	{ "ad4111", 8388608 },
};

/* in_temp, in_temp1, in_temp_ambient, but not in_temperature */
static const ChannelKind *find_kind(const char *channel)
{
	for (size_t i = 0; g_str_has_prefix(channel, "in_") && i < G_N_ELEMENTS(channel_kinds);
	     i++) {
		const char *name = channel + strlen("in_");
		size_t len = strlen(channel_kinds[i].name);

		if (strncmp(name, channel_kinds[i].name, len) == 0 && !g_ascii_isalpha(name[len]))
			return &channel_kinds[i];
	}
	return NULL;
}

/* Takes from @stem, which begins with in_, what tells it from others of its kind: the number at its
 * end, the one before a -, or a modifier. False when nothing is left. */
static bool generalise(char *stem)
{
	size_t len = strlen(stem);
	char *dash = strchr(stem, '-');
	char *modifier = strrchr(stem + strlen("in_"), '_');

	if (g_ascii_isdigit(stem[len - 1]))
		stem[len - 1] = '\0';
	else if (dash && g_ascii_isdigit(dash[-1]))
		memmove(dash - 1, dash, strlen(dash) + 1);
	else if (modifier)
		*modifier = '\0';
	else
		return false;
	return true;
}

/* The file of @channel that ends with @suffix: its own, else that of all channels of its modifier
 * or number, else that of all of its kind. NULL when there is none. */
static char *find_shared(const char *folder, const char *channel, const char *suffix)
{
	g_autofree char *stem = g_strdup(channel);

	do {
		g_autofree char *file = g_strconcat(stem, suffix, NULL);

		if (sensor_tree_has(folder, file))
			return g_steal_pointer(&file);
	} while (g_str_has_prefix(stem, "in_") && generalise(stem));
	return NULL;
}

/* @value stays as it is when there is no such file. */
static bool read_shared(const char *folder, const char *channel, const char *suffix, double *value,
			GError **error)
{
	g_autofree char *file = find_shared(folder, channel, suffix);

	return !file || sensor_tree_number(folder, file, value, error);
}

/* Whether @offset is the middle of the converter in the unit of the scaled value, to the whole */
static bool is_late(const char *folder, double offset, double scale)
{
	g_autofree char *device = sensor_tree_read(folder, "name", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(late_offsets); i++) {
		if (g_strcmp0(device, late_offsets[i].device) == 0)
			return fabs(offset + late_offsets[i].middle * scale) <= 1;
	}
	return false;
}

static bool read_raw(const char *folder, const char *channel, const char *file, double *value,
		     GError **error)
{
	double raw;
	double offset = 0;
	double scale = 1;

	if (!sensor_tree_number(folder, file, &raw, error) ||
	    !read_shared(folder, channel, "_offset", &offset, error) ||
	    !read_shared(folder, channel, "_scale", &scale, error))
		return false;
	*value = is_late(folder, offset, scale) ? raw * scale + offset : (raw + offset) * scale;
	return true;
}

static bool is_plain(const char *folder, const ChannelKind *kind, double number)
{
	g_autofree char *device = sensor_tree_read(folder, "name", NULL);

	for (size_t i = 0; device && i < G_N_ELEMENTS(plain_units); i++) {
		const PlainUnit *unit = &plain_units[i];

		if (g_str_equal(device, unit->device) && g_str_equal(kind->name, unit->kind))
			return number >= unit->lowest && number <= unit->highest;
	}
	return false;
}

static bool read_channel(const char *folder, const char *channel, double *value, GError **error)
{
	g_autofree char *input = g_strconcat(channel, "_input", NULL);
	g_autofree char *raw = g_strconcat(channel, "_raw", NULL);
	const ChannelKind *kind = find_kind(channel);
	double number;

	if (!(sensor_tree_has(folder, input) ? sensor_tree_number(folder, input, &number, error)
					     : read_raw(folder, channel, raw, &number, error)))
		return false;
	if (kind) {
		double factor = is_plain(folder, kind, number) ? 1 : kind->factor;
		double unit = pow(10, kind->decimals);

		number = round(number * factor * unit) / unit;
	}
	*value = number;
	return true;
}

static bool has_channel(const char *folder, const char *channel)
{
	g_autofree char *input = g_strconcat(channel, "_input", NULL);
	g_autofree char *raw = g_strconcat(channel, "_raw", NULL);

	return sensor_tree_has(folder, input) || sensor_tree_has(folder, raw);
}

/* One device alone is read: a second attempt at another could be another place. */
static bool iio_read(void *sensor, const ConfigSensor *config, int64_t now_us,
		     SensorReadings *readings, GError **error)
{
	const char *root = config->root ? config->root : "/" IIO_ROOT;
	g_autoptr(GPtrArray) folders = sensor_tree_folders(root, "iio:device");

	for (guint i = 0; i < folders->len; i++) {
		const char *folder = folders->pdata[i];
		double value;

		if (!has_channel(folder, config->channel) ||
		    !sensor_tree_is(folder, "name", config->device))
			continue;
		if (!read_channel(folder, config->channel, &value, error))
			return false;
		sensor_add(config, value, readings);
		return true;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
		    "no device %s with a channel %s in %s",
		    config->device ? config->device : "at all", config->channel, root);
	return false;
}

static const char *iio_unit(const ConfigSensor *config, const char *key)
{
	const ChannelKind *kind = find_kind(config->channel);

	return kind ? kind->unit : "";
}

static void list_channels(const char *root, const char *folder, const char *device,
			  const char *suffix, SensorFound found, void *data)
{
	g_autoptr(GPtrArray) channels = sensor_tree_files(folder, "in_", suffix);

	for (guint i = 0; i < channels->len; i++) {
		const char *name = channels->pdata[i];
		g_autofree char *channel = g_strconcat("in_", name, NULL);
		g_autofree char *input = g_strconcat(channel, "_input", NULL);
		g_autofree char *section = sensor_tree_section(device, name);
		bool doubled = g_str_equal(suffix, "_raw") && sensor_tree_has(folder, input);
		ConfigSensor *config;

		if (!find_kind(channel) || doubled || g_str_has_suffix(channel, "_mean") ||
		    g_str_has_suffix(channel, "_peak"))
			continue;
		config = config_sensor_new(section);
		g_free(config->channel);
		config->driver = CONFIG_DRIVER_IIO;
		config->root = sensor_tree_below(root, IIO_ROOT);
		config->device = g_strdup(device);
		config->channel = g_steal_pointer(&channel);
		found(config, data);
	}
}

static void iio_list(const char *root, SensorFound found, void *data)
{
	g_autofree char *bus = g_build_filename(root, IIO_ROOT, NULL);
	g_autoptr(GPtrArray) folders = sensor_tree_folders(bus, "iio:device");

	for (guint i = 0; i < folders->len; i++) {
		g_autofree char *device = sensor_tree_identity(folders, i, "name");

		list_channels(root, folders->pdata[i], device, "_input", found, data);
		list_channels(root, folders->pdata[i], device, "_raw", found, data);
	}
}

const SensorDriver sensor_iio = {
	.name = "iio",
	.read = iio_read,
	.unit = iio_unit,
	.find = iio_list,
};
