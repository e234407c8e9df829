/* SPDX-License-Identifier: MIT */
/* sensors: readings of the trees of boards; one that fails is absent, never 0; one that hangs
 * delays nobody. */
#include "agent/adapter/sensors.h"

#include "agent/adapter/sensor.h"
#include "agent/core/command.h"
#include "agent/core/sensor-filter.h"
#include "common/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* @data: the board, or NULL for the first one */
static void unpack(Fixture *f, const char *board)
{
	g_autofree char *command = g_strdup_printf("'%s/boards/unpack' '%s/boards/%s.tree' '%s'",
						   g_getenv("LANDFALL_TEST_DATA"),
						   g_getenv("LANDFALL_TEST_DATA"), board, f->root);

	g_assert_cmpint(system(command), ==, 0);
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->root = g_dir_make_tmp("landfall-sensors-XXXXXX", NULL);
	unpack(f, data ? *(const char *const *)data : "raspberry-pi-4");
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->root);

	g_assert_cmpint(system(command), ==, 0);
	g_free(f->root);
}

/* The board has to stand first: set_up() reads it. */
typedef struct ReadCase {
	const char *board;
	const char *path;
	const char *settings; /* of [sensor s], %s is the root */
	const char *values;   /* "": the reading fails */
} ReadCase;

#define PI4     "raspberry-pi-4"
#define PI5     "raspberry-pi-5"
#define HAT     "sense-hat"
#define THERMAL "driver=thermal\nroot=%s/sys/class/thermal\n"
#define HWMON   "driver=hwmon\nroot=%s/sys/class/hwmon\n"
#define IIO     "driver=iio\nroot=%s/sys/bus/iio/devices\n"
#define W1      "driver=w1\nroot=%s/sys/bus/w1/devices\n"

static const ReadCase read_cases[] = {
	{ PI4, "thermal-first", THERMAL, "\"s\":48.312" },
	{ PI4, "thermal-type", THERMAL "zone=cpu-thermal\nkey=cpu\n", "\"cpu\":48.312" },
	{ PI4, "thermal-folder", THERMAL "zone=thermal_zone0\n", "\"s\":48.312" },
	{ PI4, "thermal-unknown", THERMAL "zone=gpu\n", "" },
	{ PI4, "thermal-no-folder", "driver=thermal\nroot=%s/nowhere\n", "" },
	{ PI5, "hwmon-first", HWMON, "\"s\":51.8" },
	{ PI5, "hwmon-chip", HWMON "chip=rp1_adc\n", "\"s\":47.834" },
	{ PI5, "hwmon-device", HWMON "chip=1-0045\n", "\"s\":22.125" },
	{ PI5, "hwmon-folder", HWMON "chip=hwmon3\n", "\"s\":-5.25" },
	{ PI5, "hwmon-humidity", HWMON "chip=sht3x\ninput=humidity1\n", "\"s\":81.5" },
	{ PI5, "hwmon-volt", HWMON "input=in2\n", "\"s\":2.544" },
	{ PI5, "hwmon-fan", HWMON "input=fan1\n", "\"s\":2789" },
	{ PI5, "hwmon-other-chip", HWMON "chip=pwmfan\n", "" },
	{ PI4, "iio-dht22", IIO "device=dht11@11\n", "\"s\":21.7" },
	{ PI4, "iio-dht22-humidity", IIO "channel=in_humidityrelative\n", "\"s\":48.9" },
	{ PI5, "iio-bme280", IIO "device=bme280\nchannel=in_pressure\n", "\"s\":986.044" },
	{ PI5, "iio-bme280-device", IIO "device=1-0076\n", "\"s\":21.48" },
	{ PI5, "iio-bme280-folder", IIO "device=iio:device0\n", "\"s\":21.48" },
	{ HAT, "iio-hts221", IIO "device=hts221\n", "\"s\":22.027" },
	{ HAT, "iio-hts221-humidity", IIO "channel=in_humidityrelative\n", "\"s\":51.391" },
	{ HAT, "iio-lps22hb", IIO "channel=in_pressure\n", "\"s\":1007.997" },
	{ HAT, "iio-lps22hb-temp", IIO "device=lps22hb\n", "\"s\":22.68" },
	{ HAT, "iio-own-scale", IIO "channel=in_voltage0\n", "\"s\":3.3" },
	{ HAT, "iio-shared-scale", IIO "channel=in_voltage1\n", "\"s\":2.2" },
	{ HAT, "iio-no-channel", IIO "device=hts221\nchannel=in_pressure\n", "" },
	{ HAT, "iio-no-device", IIO "device=bme280\n", "" },
	{ PI4, "w1-first", W1, "\"s\":23.125" },
	{ PI4, "w1-name", W1 "device=28-000000000001\n", "\"s\":23.125" },
	{ PI4, "w1-other", W1 "device=28-000000000002\n", "" },
	{ PI4, "w1-master", W1 "device=w1_bus_master1\n", "" },
	{ PI5, "w1-none", W1, "" },
	{ PI4, "system", "driver=system\nroot=%s\n",
	  "\"temperature\":48.312,\"load\":0.52,\"memory\":25,\"uptime\":350735.47" },
	{ PI4, "system-what", "driver=system\nwhat=uptime,load\nkey=box\nroot=%s\n",
	  "\"box_load\":0.52,\"box_uptime\":350735.47" },
	{ PI4, "system-network", "driver=system\nwhat=network\nroot=%s\n",
	  "\"received\":123456790012,\"sent\":23458789" },
	{ PI4, "system-interface", "driver=system\nwhat=network\ninterface=wlan0\nroot=%s\n",
	  "\"received\":1000,\"sent\":2000" },
	{ PI4, "system-no-interface", "driver=system\nwhat=network\ninterface=usb0\nroot=%s\n",
	  "" },
	{ PI4, "system-throttled", "driver=system\nwhat=throttled\nroot=%s\n",
	  "\"undervoltage\":1,\"throttled\":327685" },
	{ PI4, "command", "driver=command\ncommand=echo '{\"co2\": 612,\"on\":true}'\n",
	  "\"co2\":612,\"on\":true" },
	{ PI4, "command-words", "driver=command\ncommand=printf '{\"%b\":%d}' \"a b\" 7\n",
	  "\"a b\":7" },
	{ PI4, "command-no-shell", "driver=command\ncommand=echo '{\"a\":1}' ; echo\n", "" },
	{ PI4, "command-no-json", "driver=command\ncommand=echo 21.5\n", "" },
	{ PI4, "command-two-lines", "driver=command\ncommand=printf '{\"a\":1}\\\\n{\"a\":2}'\n",
	  "" },
	{ PI4, "command-time", "driver=command\ncommand=echo '{\"ts\":1,\"values\":{\"a\":1}}'\n",
	  "" },
	{ PI4, "command-silent", "driver=command\ncommand=true\n", "" },
	{ PI4, "command-fails", "driver=command\ncommand=false\n", "" },
	{ PI4, "command-absent", "driver=command\ncommand=/nowhere/at/all\n", "" },
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

/* What @readings would be sent as */
static char *print(const SensorReadings *readings)
{
	const SensorFilterConfig config = { .scale = 1, .lowest = NAN, .highest = NAN };
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) current = g_string_new(NULL);

	sensor_filter_apply(filter, readings, 0, values, current);
	return g_string_free(g_steal_pointer(&values), FALSE);
}

/* One attempt; what it gave, NULL when it failed. */
static char *read_once(const SensorDriver *driver, void *sensor, const ConfigSensor *group)
{
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GError) error = NULL;

	if (driver->read(sensor, group, 0, readings, &error))
		return print(readings);
	g_assert_true(g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE) ||
		      g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID));
	g_assert_cmpuint(sensor_readings_count(readings), ==, 0);
	return NULL;
}

static void expect(const Fixture *f, const char *settings, const char *values)
{
	g_autoptr(Config) config = configure(f, settings);
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	const SensorDriver *driver = sensor_driver(group->driver);
	void *sensor = driver->open ? driver->open(group) : NULL;
	g_autofree char *text = read_once(driver, sensor, group);

	g_assert_cmpstr(text ? text : "", ==, values);
	if (driver->free)
		driver->free(sensor);
}

static void test_read(Fixture *f, gconstpointer data)
{
	const ReadCase *c = data;

	expect(f, c->settings, c->values);
}

/* What a file may say when something is wrong is no reading. */
static void test_broken_files(Fixture *f, gconstpointer data)
{
	static const char slave[] = "sys/bus/w1/devices/28-000000000001/w1_slave";
	static const char dht[] = "sys/bus/iio/devices/iio:device0/in_temp_input";

	write_file(f, slave,
		   "ff ff ff ff ff ff ff ff ff : crc=c9 NO\n"
		   "72 01 4b 46 7f ff 0e 10 57 t=23125\n");
	expect(f, W1, "");
	write_file(f, slave, "");
	expect(f, W1, "");
	remove_file(f, slave); /* a kernel that has `temperature` alone */
	expect(f, W1, "\"s\":23.125");
	write_file(f, dht, "");
	expect(f, IIO, "");
	write_file(f, dht, "hot\n");
	expect(f, IIO, "");
	remove_file(f, dht);
	expect(f, IIO, "");
}

/* An offset or a scale that cannot be read is not taken for 0 or 1. */
static void test_broken_scale(Fixture *f, gconstpointer data)
{
	write_file(f, "sys/bus/iio/devices/iio:device0/in_temp_scale", "?\n");
	expect(f, IIO "device=hts221\n", "");
	write_file(f, "sys/bus/iio/devices/iio:device0/in_temp_scale", "10\n");
	write_file(f, "sys/bus/iio/devices/iio:device0/in_temp_offset", "\n");
	expect(f, IIO "device=hts221\n", "");
}

/* The machine without any temperature says so by not saying anything; the one that had it fails. */
static void test_system_without_temperature(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=system\nroot=%s\nwhat=temperature,load\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(sensor_system.read(sensor, group, 0, readings, &error));
	remove_file(f, "sys/class/thermal/thermal_zone0/temp");
	remove_file(f, "sys/class/hwmon/hwmon0/temp1_input");
	remove_file(f, "sys/class/hwmon/hwmon2/temp1_input");
	g_assert_false(sensor_system.read(sensor, group, 0, readings, &error));
	sensor_system.free(sensor);

	sensor = sensor_system.open(group);
	g_autofree char *text = read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(text, ==, "\"load\":0.52");
	sensor_system.free(sensor);
}

/* The share of the time between two readings; the first has none. */
static void test_system_cpu(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=system\nroot=%s\nwhat=cpu\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);

	g_autofree char *first = read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(first, ==, "");
	write_file(f, "proc/stat", "cpu  10132183 290696 3084719 46828543 16693 0 25195 0 0 0\n");
	g_autofree char *second = read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(second, ==, "\"cpu\":30");
	g_autofree char *same = read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(same, ==, "");
	sensor_system.free(sensor);
}

/* As df counts it, which rounds up. */
static void test_system_disk(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=system\nroot=%s\nwhat=disk\nmount=/sys\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);
	g_autofree char *text = read_once(&sensor_system, sensor, group);
	const char *argv[] = { "df", "--output=pcent", f->root, NULL };
	g_autofree char *told = NULL;
	g_autoptr(GError) error = NULL;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &told, NULL, NULL,
		     &error);
	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(text, "\"disk\":"));

	double used = g_ascii_strtod(text + strlen("\"disk\":"), NULL);

	g_assert_cmpfloat_with_epsilon(used, g_ascii_strtod(strchr(told, '\n') + 1, NULL), 2);
	sensor_system.free(sensor);
}

static void test_simulated(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, "driver=simulated\nminimum=10\nmaximum=30\nperiod=4s\nkey=t\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	static const char *const quarters[] = { "\"t\":10", "\"t\":20", "\"t\":30", "\"t\":20" };

	for (int64_t i = 0; i < 8; i++) {
		g_autoptr(SensorReadings) readings = sensor_readings_new();
		g_autoptr(GError) error = NULL;

		g_assert_true(
			sensor_simulated.read(NULL, group, i * G_USEC_PER_SEC, readings, &error));

		g_autofree char *values = print(readings);

		g_assert_cmpstr(values, ==, quarters[i % 4]);
	}
}

static void on_ready(const char *values, size_t len, void *data)
{
	g_string_append_len(g_string_append_c(data, '{'), values, (gssize)len);
	g_string_append_c(data, '}');
}

/* Wait until @part was sent. */
static void await(GString *text, const char *part)
{
	while (!strstr(text->str, part))
		g_main_context_iteration(NULL, TRUE);
}

static Sensors *start(const Config *config, GString *text)
{
	g_autoptr(GError) error = NULL;
	Sensors *sensors = sensors_new(config, on_ready, text, &error);

	g_assert_no_error(error);
	return sensors;
}

static char *describe(const Sensors *sensors)
{
	g_autoptr(GString) text = g_string_new(NULL);

	sensors_describe(sensors, text);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Wait until what is said of the sensors has @word. */
static void await_said(const Sensors *sensors, const char *word)
{
	for (bool said = false; !said;) {
		g_autofree char *text = describe(sensors);

		said = strstr(text, word) != NULL;
		if (!said)
			g_main_context_iteration(NULL, TRUE);
	}
}

#define TOGETHER                                                                                   \
	HWMON "chip=rp1_adc\ninput=in1\n[agent]\ninterval=10ms\n"                                  \
	      "[sensor cpu]\n" THERMAL "[sensor off]\ndriver=simulated\nenabled=false\n"

/* Two sensors, one sample; a broken one is left out, said once, and comes back. */
static void test_together(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, TOGETHER);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":1.477,\"cpu\":51.8}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *left out until it works");
	remove_file(f, "sys/class/hwmon/hwmon1/in1_input");
	await(text, "{\"cpu\":51.8}{\"cpu\":51.8}");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "\"s\":0"));

	g_autofree char *failing = describe(sensors);

	g_assert_nonnull(
		strstr(failing, "{\"name\":\"s\",\"state\":\"failing\",\"error\":\"no chip"));
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	write_file(f, "sys/class/hwmon/hwmon1/in1_input", "1000\n");
	await(text, "{\"s\":1,\"cpu\":51.8}");
	g_test_assert_expected_messages();

	g_autofree char *fine = describe(sensors);

	g_assert_nonnull(strstr(fine, "{\"name\":\"s\",\"state\":\"ok\",\"unit\":\"V\","
				      "\"readings\":{\"s\":1}"));
}

/* A FIFO stands for a read that does not return. The others go on without it at once; it is said to
 * fail; when it returns, what it brings is late and thrown away, and the next reading is taken. */
static void test_hangs(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, TOGETHER "[sensor s]\ntimeout=100ms\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *fifo = g_build_filename(f->root, "sys/class/hwmon/hwmon1/in1_input", NULL);
	g_autoptr(Sensors) sensors = NULL;

	remove_file(f, "sys/class/hwmon/hwmon1/in1_input");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "sensor s: no answer within 100 ms; left out until it works");
	sensors = start(config, text);
	await(text, "{\"cpu\":51.8}{\"cpu\":51.8}");
	await_said(sensors, "no answer");
	g_test_assert_expected_messages();

	int fd = open(fifo, O_WRONLY); /* returns when the reader is there */

	g_assert_cmpint(write(fd, "66600\n", 6), ==, 6);
	g_string_truncate(text, 0);
	remove_file(f, "sys/class/hwmon/hwmon1/in1_input");
	write_file(f, "sys/class/hwmon/hwmon1/in1_input", "2000\n");
	close(fd);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	await(text, "\"s\":2");
	await(text, "{\"s\":2,\"cpu\":51.8}"); /* quick again, and waited for */
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "66.6"));
}

/* Eight hang and are not given up within the time of any test: the one that does not hang is read
 * and sent all the same. */
static void test_many_hang(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) settings = g_string_new("driver=system\nwhat=load\nroot=%s\n"
						   "[agent]\ninterval=1d\n");
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < 8; i++) {
		g_autofree char *path = g_strdup_printf("%s/hang%d/hwmon0/temp1_input", f->root, i);
		g_autofree char *folder = g_path_get_dirname(path);

		g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
		g_assert_cmpint(mkfifo(path, 0600), ==, 0);
		g_string_append_printf(settings,
				       "[sensor h%d]\ndriver=hwmon\ntimeout=1h\nroot=%s/hang%d\n",
				       i, f->root, i);
	}

	g_autoptr(Config) config = configure(f, settings->str);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"load\":0.52}");
	sensors_read_now(sensors);
	await(text, "{\"load\":0.52}{\"load\":0.52}");
}

/* A program that hangs is killed, and killed when the agent ends. */
static void test_command_hangs(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(
		f, "driver=command\ncommand=sleep 1000\ntimeout=100ms\n[agent]\ninterval=10ms\n"
		   "[sensor cpu]\n" THERMAL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: killed: it has not ended*");
	sensors = start(config, text);
	await_said(sensors, "killed");
	await(text, "{\"cpu\":48.312}{\"cpu\":48.312}");
	g_test_assert_expected_messages();
}

/* Left out, said, counted; and back. */
static void test_limits(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "highest=60\n[agent]\ninterval=10ms\n"
				     "[sensor b]\ndriver=system\nwhat=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":48.312,\"load\":0.52}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "sensor s: s = 60.001 is outside of its limits; left out");
	write_file(f, "sys/class/thermal/thermal_zone0/temp", "60001\n");
	await(text, "{\"load\":0.52}{\"load\":0.52}");
	g_test_assert_expected_messages();

	g_autofree char *said = describe(sensors);

	g_assert_nonnull(strstr(said, "\"state\":\"ok\",\"unit\":\"°C\",\"readings\":{},"));
	g_assert_null(strstr(said, "\"outside\":0,\"held\":0},{\"name\":\"b\""));
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: within its limits again");
	write_file(f, "sys/class/thermal/thermal_zone0/temp", "60000\n");
	await(text, "{\"s\":60,\"load\":0.52}");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "60.001"));
}

/* Sent when it has changed, and once more after it was away. */
static void test_dead_band(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "dead_band=1\n[agent]\ninterval=10ms\n"
				     "[sensor b]\ndriver=system\nwhat=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":48.312,\"load\":0.52}{\"load\":0.52}{\"load\":0.52}");
	write_file(f, "sys/class/thermal/thermal_zone0/temp", "49312\n");
	await(text, "{\"s\":49.312,\"load\":0.52}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *");
	g_string_truncate(text, 0);
	write_file(f, "sys/class/thermal/thermal_zone0/temp", "");
	await_said(sensors, "failing");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	write_file(f, "sys/class/thermal/thermal_zone0/temp", "49312\n");
	await(text, "{\"s\":49.312,\"load\":0.52}");
	g_test_assert_expected_messages();
}

/* What a group says of its sensor is obeyed: each has a clock of its own, a unit, a scale. */
static void test_settings(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "interval=10ms\nscale=1.8\noffset=32\nunit=°F\n"
				     "[agent]\ninterval=1d\n[sensor w]\n" W1);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":118.9616,\"w\":23.125}{\"s\":118.9616}{\"s\":118.9616}");

	g_autofree char *said = describe(sensors);

	g_assert_nonnull(strstr(said, "\"unit\":\"°F\",\"readings\":{\"s\":118.9616}"));
}

/* What the dead band keeps back comes now and then all the same. */
static void test_refresh(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "dead_band=100\nrefresh=20ms\n[agent]\ninterval=10ms\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	g_assert_nonnull(sensors);
	await(text, "{\"s\":48.312}{\"s\":48.312}");
}

/* Two sensors with one name: each sample has it once. */
static void test_same_key(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "key=t\n[agent]\ninterval=10ms\n"
				     "[sensor b]\nkey=t\n" W1 "[sensor c]\ndriver=system\n"
				     "what=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	g_assert_nonnull(sensors);
	await(text, "{\"t\":48.312}{\"t\":23.125,\"load\":0.52}");
}

/* Out of its turn, and whatever the dead band says. */
static void test_read_now(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, THERMAL "dead_band=100\n[agent]\ninterval=1d\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":48.312}");
	sensors_read_now(sensors);
	await(text, "{\"s\":48.312}{\"s\":48.312}");
}

/* Answers of sensors_read(), one line each */
static void on_answered(uint64_t token, const char *readings, const GError *error, void *data)
{
	g_string_append_printf(data, "<%u %s>", (unsigned)token,
			       readings ? readings : error->message);
}

/* One alone, out of its turn; its answer comes once, and the reading is a sample as well. */
static void test_read_one(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config =
		configure(f, THERMAL "[agent]\ninterval=1d\n[sensor w]\n" W1 "highest=20\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor w: *outside of its limits*");
	sensors = start(config, text);
	await(text, "{\"s\":48.312}");
	g_string_truncate(text, 0);
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	g_assert_true(sensors_read(sensors, "s", on_answered, 8, &error));
	await(text, "<7 {\"s\":48.312}><8 {\"s\":48.312}>");
	await(text, ">{\"s\":48.312}");
	g_string_truncate(text, 0);
	g_assert_true(sensors_read(sensors, "w", on_answered, 9, &error));
	await(text, "<9 what it reads is outside of its limits>");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *");
	remove_file(f, "sys/class/thermal/thermal_zone0/temp");
	g_assert_true(sensors_read(sensors, "s", on_answered, 10, &error));
	await(text, "temp: No such file or directory>");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "<7"));
	g_assert_false(sensors_read(sensors, "x", on_answered, 11, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN);
}

/* One that hangs is not asked a second time; whoever asks again is told so at once. */
static void test_read_hanging(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, THERMAL "timeout=100ms\n[agent]\ninterval=1d\n");
	g_autofree char *fifo =
		g_build_filename(f->root, "sys/class/thermal/thermal_zone0/temp", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":48.312}");
	remove_file(f, "sys/class/thermal/thermal_zone0/temp");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: no answer *");
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	await(text, "<7 no answer within 100 ms>");
	g_test_assert_expected_messages();
	g_assert_false(sensors_read(sensors, "s", on_answered, 8, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_BUSY);
}

/* Whoever waits when the sensors end is told so. */
static void test_read_cancelled(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, THERMAL "timeout=10s\n[agent]\ninterval=1d\n");
	g_autofree char *fifo =
		g_build_filename(f->root, "sys/class/thermal/thermal_zone0/temp", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	Sensors *sensors = start(config, text);

	await(text, "{\"s\":48.312}");
	remove_file(f, "sys/class/thermal/thermal_zone0/temp");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	sensors_free(sensors);
	g_assert_cmpstr(text->str, ==, "{\"s\":48.312}<7 the sensors are not read any more>");
}

/* All that have no interval of their own, or one by name. */
static void test_set_interval(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, THERMAL "interval=1d\n[agent]\ninterval=1d\n"
							"[sensor w]\n" W1);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":48.312,\"w\":23.125}");
	g_assert_cmpint(sensors_interval_ms(sensors), ==, 86400000);
	g_assert_true(sensors_set_interval(sensors, NULL, 10, &error));
	g_assert_cmpint(sensors_interval_ms(sensors), ==, 10);
	await(text, "{\"w\":23.125}{\"w\":23.125}");
	g_assert_true(sensors_set_interval(sensors, "s", 10, &error));
	await(text, "{\"s\":48.312,\"w\":23.125}{\"s\":48.312,\"w\":23.125}");
	g_assert_false(sensors_set_interval(sensors, "x", 10, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN);
}

static void test_unusable_key(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = configure(f, "driver=system\nkey=synced\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(sensors_new(config, on_ready, text, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

static void on_found(ConfigSensor *sensor, void *data)
{
	g_autofree char *section = config_sensor_section(sensor);

	g_string_append(data, section);
	config_sensor_free(sensor);
}

typedef struct FindCase {
	const char *board;
	const char *sections; /* without root */
} FindCase;

static const FindCase find_cases[] = {
	{ PI4, "[sensor system]\ndriver = system\nwhat = temperature,load,memory,uptime,cpu,disk,"
	       "network,throttled\n"
	       "[sensor cpu_thermal]\ndriver = thermal\nzone = cpu-thermal\n"
	       "[sensor dht11_11_humidityrelative]\ndriver = iio\ndevice = dht11@11\n"
	       "channel = in_humidityrelative\n"
	       "[sensor dht11_11_temp]\ndriver = iio\ndevice = dht11@11\n"
	       "[sensor w1_28_000000000001]\ndriver = w1\ndevice = 28-000000000001\n" },
	{ PI5, "[sensor system]\ndriver = system\nwhat = temperature,load,memory,uptime,cpu,disk,"
	       "network,throttled\n"
	       "[sensor cpu_thermal]\ndriver = thermal\nzone = cpu-thermal\n"
	       "[sensor rp1_adc_in1]\ndriver = hwmon\nchip = rp1_adc\ninput = in1\n"
	       "[sensor rp1_adc_in2]\ndriver = hwmon\nchip = rp1_adc\ninput = in2\n"
	       "[sensor rp1_adc_temp1]\ndriver = hwmon\nchip = rp1_adc\n"
	       "[sensor pwmfan_fan1]\ndriver = hwmon\nchip = pwmfan\ninput = fan1\n"
	       "[sensor 1_0044_humidity1]\ndriver = hwmon\nchip = 1-0044\ninput = humidity1\n"
	       "[sensor 1_0044_temp1]\ndriver = hwmon\nchip = 1-0044\n"
	       "[sensor 1_0045_humidity1]\ndriver = hwmon\nchip = 1-0045\ninput = humidity1\n"
	       "[sensor 1_0045_temp1]\ndriver = hwmon\nchip = 1-0045\n"
	       "[sensor bme280_humidityrelative]\ndriver = iio\ndevice = bme280\n"
	       "channel = in_humidityrelative\n"
	       "[sensor bme280_pressure]\ndriver = iio\ndevice = bme280\nchannel = in_pressure\n"
	       "[sensor bme280_temp]\ndriver = iio\ndevice = bme280\n" },
	{ HAT, "[sensor system]\ndriver = system\nwhat = load,memory,uptime,disk\n"
	       "[sensor hts221_humidityrelative]\ndriver = iio\ndevice = hts221\n"
	       "channel = in_humidityrelative\n"
	       "[sensor hts221_temp]\ndriver = iio\ndevice = hts221\n"
	       "[sensor lps22hb_pressure]\ndriver = iio\ndevice = lps22hb\nchannel = in_pressure\n"
	       "[sensor lps22hb_temp]\ndriver = iio\ndevice = lps22hb\n"
	       "[sensor ads1015_voltage0]\ndriver = iio\ndevice = ads1015\n"
	       "channel = in_voltage0\n"
	       "[sensor ads1015_voltage1]\ndriver = iio\ndevice = ads1015\n"
	       "channel = in_voltage1\n" },
};

/* All there is, once, each told from the others; and the sections are a configuration. */
static void test_find(Fixture *f, gconstpointer data)
{
	const FindCase *c = data;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) bare = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;

	sensor_find_all(f->root, on_found, text);
	g_autoptr(Config) config = config_parse(text->str, text->len, "found", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(config->sensors->len, >, 3);
	lines = g_strsplit(text->str, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (**line && !g_str_has_prefix(*line, "root = "))
			g_string_append_printf(bare, "%s\n", *line);
	}
	g_assert_cmpstr(bare->str, ==, c->sections);
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

static void add_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(read_cases); i++) {
		g_autofree char *path = g_strconcat("/agent/sensors/", read_cases[i].path, NULL);

		g_test_add(path, Fixture, &read_cases[i], set_up, test_read, tear_down);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(find_cases); i++) {
		g_autofree char *path =
			g_strconcat("/agent/sensors/find/", find_cases[i].board, NULL);

		g_test_add(path, Fixture, &find_cases[i], set_up, test_find, tear_down);
	}
}

int main(int argc, char **argv)
{
	static const char *const pi5[] = { PI5 };
	static const char *const hat[] = { HAT };

	g_test_init(&argc, &argv, NULL);
	add_cases();
#define ADD(path, board, function) g_test_add(path, Fixture, board, set_up, function, tear_down)
	ADD("/agent/sensors/broken-files", NULL, test_broken_files);
	ADD("/agent/sensors/broken-scale", hat, test_broken_scale);
	ADD("/agent/sensors/no-temperature", NULL, test_system_without_temperature);
	ADD("/agent/sensors/cpu", NULL, test_system_cpu);
	ADD("/agent/sensors/disk", NULL, test_system_disk);
	ADD("/agent/sensors/simulated", NULL, test_simulated);
	ADD("/agent/sensors/together", pi5, test_together);
	ADD("/agent/sensors/hangs", pi5, test_hangs);
	ADD("/agent/sensors/many-hang", NULL, test_many_hang);
	ADD("/agent/sensors/command-hangs", NULL, test_command_hangs);
	ADD("/agent/sensors/limits", NULL, test_limits);
	ADD("/agent/sensors/dead-band", NULL, test_dead_band);
	ADD("/agent/sensors/settings", NULL, test_settings);
	ADD("/agent/sensors/refresh", NULL, test_refresh);
	ADD("/agent/sensors/same-key", NULL, test_same_key);
	ADD("/agent/sensors/read-now", NULL, test_read_now);
	ADD("/agent/sensors/read-one", NULL, test_read_one);
	ADD("/agent/sensors/read-hanging", NULL, test_read_hanging);
	ADD("/agent/sensors/read-cancelled", NULL, test_read_cancelled);
	ADD("/agent/sensors/set-interval", NULL, test_set_interval);
	ADD("/agent/sensors/unusable-key", NULL, test_unusable_key);
	ADD("/agent/sensors/default", NULL, test_default);
	return g_test_run();
}
