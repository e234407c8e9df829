/* SPDX-License-Identifier: MIT */
/* sensors: readings of recorded folders; one that fails is absent, never 0. */
#include "agent/adapter/sensors.h"

#include "agent/adapter/sensor.h"
#include "common/error.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Fixture {
	char *root;
} Fixture;

static void write_file(const Fixture *f, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(f->root, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void remove_file(const Fixture *f, const char *path)
{
	g_autofree char *full = g_build_filename(f->root, path, NULL);

	g_assert_cmpint(g_unlink(full), ==, 0);
}

/* As on a small board: one zone that cannot be read, one that can, a chip with several inputs. */
static void set_up(Fixture *f, gconstpointer data)
{
	f->root = g_dir_make_tmp("landfall-sensors-XXXXXX", NULL);
	write_file(f, "sys/class/thermal/thermal_zone0/type", "broken\n");
	write_file(f, "sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
	write_file(f, "sys/class/thermal/thermal_zone1/temp", "48312\n");
	write_file(f, "sys/class/hwmon/hwmon0/name", "rpi_volt\n");
	write_file(f, "sys/class/hwmon/hwmon1/name", "sht3x\n");
	write_file(f, "sys/class/hwmon/hwmon1/temp1_input", "-5250\n");
	write_file(f, "sys/class/hwmon/hwmon1/humidity1_input", "41500\n");
	write_file(f, "sys/class/hwmon/hwmon1/in1_input", "3301\n");
	write_file(f, "sys/class/hwmon/hwmon1/fan1_input", "1200\n");
	write_file(f, "proc/loadavg", "0.52 0.58 0.59 1/389 12345\n");
	write_file(f, "proc/uptime", "350735.47 234388.90\n");
	write_file(
		f, "proc/meminfo",
		"MemTotal:        1000000 kB\nMemFree:   100000 kB\nMemAvailable:     750000 kB\n");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->root);

	g_assert_cmpint(system(command), ==, 0);
	g_free(f->root);
}

typedef struct ReadCase {
	const char *path;
	const char *settings; /* of [sensor s], %s is the root */
	const char *values;   /* NULL: the reading fails */
} ReadCase;

static const ReadCase read_cases[] = {
	{ "/agent/sensors/thermal-first", "driver=thermal\nroot=%s/sys/class/thermal\n",
	  "\"s\":48.312" },
	{ "/agent/sensors/thermal-type",
	  "driver=thermal\nzone=cpu-thermal\nkey=cpu\nroot=%s/sys/class/thermal\n",
	  "\"cpu\":48.312" },
	{ "/agent/sensors/thermal-folder",
	  "driver=thermal\nzone=thermal_zone1\nroot=%s/sys/class/thermal\n", "\"s\":48.312" },
	{ "/agent/sensors/thermal-unknown", "driver=thermal\nzone=gpu\nroot=%s/sys/class/thermal\n",
	  NULL },
	{ "/agent/sensors/thermal-unreadable",
	  "driver=thermal\nzone=broken\nroot=%s/sys/class/thermal\n", NULL },
	{ "/agent/sensors/thermal-no-folder", "driver=thermal\nroot=%s/nowhere\n", NULL },
	{ "/agent/sensors/hwmon-first", "driver=hwmon\nroot=%s/sys/class/hwmon\n", "\"s\":-5.25" },
	{ "/agent/sensors/hwmon-humidity",
	  "driver=hwmon\nchip=sht3x\ninput=humidity1\nroot=%s/sys/class/hwmon\n", "\"s\":41.5" },
	{ "/agent/sensors/hwmon-volt", "driver=hwmon\ninput=in1\nroot=%s/sys/class/hwmon\n",
	  "\"s\":3.301" },
	{ "/agent/sensors/hwmon-fan", "driver=hwmon\ninput=fan1\nroot=%s/sys/class/hwmon\n",
	  "\"s\":1200" },
	{ "/agent/sensors/hwmon-other-chip",
	  "driver=hwmon\nchip=rpi_volt\nroot=%s/sys/class/hwmon\n", NULL },
	{ "/agent/sensors/scale",
	  "driver=hwmon\nscale=1.8\noffset=32\nkey=fahrenheit\nroot=%s/sys/class/hwmon\n",
	  "\"fahrenheit\":22.55" },
	{ "/agent/sensors/system", "driver=system\nroot=%s\n",
	  "\"temperature\":48.312,\"load\":0.52,\"memory\":25,\"uptime\":350735.47" },
	{ "/agent/sensors/system-what", "driver=system\nwhat=uptime,load\nkey=box\nroot=%s\n",
	  "\"box_load\":0.52,\"box_uptime\":350735.47" },
};

static Config *configure(const Fixture *f, const char *settings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new("[sensor s]\n");

	g_string_append(text, settings);
	g_string_replace(text, "%s", f->root, 0);
	Config *config = config_parse(text->str, text->len, "test", &error);
	g_assert_no_error(error);
	return config;
}

static void test_read(Fixture *f, gconstpointer data)
{
	const ReadCase *c = data;
	g_autoptr(Config) config = configure(f, c->settings);
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	const SensorDriver *driver = sensor_driver(group->driver);
	void *sensor = driver->open(group);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(driver->read(sensor, 0, values, &error) == (c->values != NULL));
	g_assert_cmpstr(values->str, ==, c->values ? c->values : "");
	if (!c->values)
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	driver->free(sensor);
}

/* The machine without any temperature says so by not saying anything. */
static void test_system_without_temperature(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=system\nroot=%s\nwhat=temperature,load\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	remove_file(f, "sys/class/thermal/thermal_zone1/temp");
	remove_file(f, "sys/class/hwmon/hwmon1/temp1_input");
	g_assert_true(sensor_system.read(sensor, 0, values, &error));
	g_assert_cmpstr(values->str, ==, "\"load\":0.52");
	sensor_system.free(sensor);
}

static void test_simulated(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, "driver=simulated\nminimum=10\nmaximum=30\nperiod=4s\nkey=t\n");
	void *sensor = sensor_simulated.open(g_ptr_array_index(config->sensors, 0));
	static const char *const quarters[] = { "\"t\":10", "\"t\":20", "\"t\":30", "\"t\":20" };

	for (int64_t i = 0; i < 8; i++) {
		g_autoptr(GString) values = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		g_assert_true(sensor_simulated.read(sensor, i * G_USEC_PER_SEC, values, &error));
		g_assert_cmpstr(values->str, ==, quarters[i % 4]);
	}
	sensor_simulated.free(sensor);
}

static void on_ready(const char *values, size_t len, void *data)
{
	g_string_append_len(g_string_append_c(data, '{'), values, (gssize)len);
	g_string_append_c(data, '}');
}

/* Two sensors, one sample; a broken one is left out, said once, and comes back. */
static void test_together(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=hwmon\nroot=%s/sys/class/hwmon\n"
						"[agent]\ninterval=10ms\n"
						"[sensor cpu]\ndriver=thermal\n"
						"root=%s/sys/class/thermal\n"
						"[sensor off]\ndriver=simulated\nenabled=false\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	Sensors *sensors = sensors_new(config, on_ready, text, &error);

	g_assert_no_error(error);
	while (!strstr(text->str, "{\"s\":-5.25,\"cpu\":48.312}"))
		g_main_context_iteration(NULL, TRUE);
	remove_file(f, "sys/class/hwmon/hwmon1/temp1_input");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *left out until it works");
	g_string_truncate(text, 0);
	while (!strstr(text->str, "{\"cpu\":48.312}{\"cpu\":48.312}"))
		g_main_context_iteration(NULL, TRUE);
	g_test_assert_expected_messages();
	write_file(f, "sys/class/hwmon/hwmon1/temp1_input", "1000\n");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	while (!strstr(text->str, "{\"s\":1,\"cpu\":48.312}"))
		g_main_context_iteration(NULL, TRUE);
	g_test_assert_expected_messages();
	sensors_free(sensors);
}

static void test_unbuilt_driver(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=iio\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(sensors_new(config, on_ready, text, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

static void test_default(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	Sensors *sensors = sensors_new(config, on_ready, text, &error);

	g_assert_no_error(error);
	while (text->len == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_nonnull(strstr(text->str, "\"uptime\":"));
	g_assert_nonnull(strstr(text->str, "\"memory\":"));
	sensors_free(sensors);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	for (size_t i = 0; i < G_N_ELEMENTS(read_cases); i++)
		g_test_add(read_cases[i].path, Fixture, &read_cases[i], set_up, test_read,
			   tear_down);
	ADD("/agent/sensors/no-temperature", test_system_without_temperature);
	ADD("/agent/sensors/simulated", test_simulated);
	ADD("/agent/sensors/together", test_together);
	ADD("/agent/sensors/unbuilt-driver", test_unbuilt_driver);
	ADD("/agent/sensors/default", test_default);
	return g_test_run();
}
