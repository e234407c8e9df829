/* SPDX-License-Identifier: MIT */
/* sensor drivers on the trees of boards: what each reads, what is found, what a
 * broken file does. */
#include "tests/unit/agent/board-fixture.h"

#include <math.h>
#include <string.h>

typedef struct ReadCase {
	const char *board;
	const char *what;
	const char *settings; /* of [sensor s], %s is the root */
	const char *values;   /* "": the reading fails */
} ReadCase;

#define PI4     "raspberry-pi-4"
#define PI5     "raspberry-pi-5"
#define NANO    "jetson-nano"
#define PROBOOK "probook-440"
#define CHIPS   "chips-linux-6.1"
#define SILENT  "chips-silent-linux-6.1"
#define W1      "ds18b20-linux-6.1"
#define BATTERY "battery-linux-6.1"
#define DPS     "armada-dps920ab"
#define PAC     "artila-pac-6070"
#define AB350   "asrock-ab350"
#define BONE    "beaglebone-black"
#define MSM     "msm8939"
#define ENVIRO  "raspberry-pi-3-enviro"
#define FOUR    "raspberry-pi-ds18b20"
#define STM     "stm32mp135f-dk"
#define DELL    "dell-gw3001"
#define PLAY    "beagleplay"
#define CORA    "cora-z7"

static const ReadCase read_cases[] = {
	{ PI4, "thermal-first", BOARD_THERMAL, "\"s\":53.069" },
	{ PI4, "thermal-type", BOARD_THERMAL "zone=cpu-thermal\nkey=cpu\n", "\"cpu\":53.069" },
	{ PI4, "thermal-folder", BOARD_THERMAL "zone=thermal_zone0\n", "\"s\":53.069" },
	{ PI4, "thermal-unknown", BOARD_THERMAL "zone=gpu\n", "" },
	{ PI4, "thermal-no-folder", "driver=thermal\nroot=%s/nowhere\n", "" },
	{ PI5, "hwmon-first", BOARD_HWMON, "\"s\":46.3" },
	{ PI5, "hwmon-chip", BOARD_HWMON "chip=rp1_adc\n", "\"s\":53.729" },
	{ PI5, "hwmon-device", BOARD_HWMON "chip=1-0045\n", "\"s\":22.125" },
	{ PI5, "hwmon-folder", BOARD_HWMON "chip=hwmon4\n", "\"s\":-5.25" },
	{ PI5, "hwmon-humidity", BOARD_HWMON "chip=sht3x\ninput=humidity1\n", "\"s\":81.5" },
	{ PI5, "hwmon-volt", BOARD_HWMON "input=in2\n", "\"s\":2.544" },
	{ PI5, "hwmon-fan", BOARD_HWMON "input=fan1\n", "\"s\":1468" },
	{ PI5, "hwmon-other-chip", BOARD_HWMON "chip=pwmfan\n", "" },
	{ PI4, "iio-dht22", BOARD_IIO "device=humidity-sensor\n", "\"s\":21.7" },
	{ PI4, "iio-dht22-humidity", BOARD_IIO "channel=in_humidityrelative\n", "\"s\":48.9" },
	{ PI5, "iio-bme280", BOARD_IIO "device=bme280\nchannel=in_pressure\n", "\"s\":1021.29" },
	{ PI5, "iio-bme280-device", BOARD_IIO "device=1-0077\n", "\"s\":24.38" },
	{ PI5, "iio-bme280-folder", BOARD_IIO "device=iio:device0\n", "\"s\":24.38" },
	{ CHIPS, "bmp280", BOARD_IIO "device=bmp280\n", "\"s\":25.08" },
	{ CHIPS, "bmp280-pressure", BOARD_IIO "device=bmp280\nchannel=in_pressure\n",
	  "\"s\":1006.533" },
	{ CHIPS, "bme280-humidity", BOARD_IIO "device=bme280\nchannel=in_humidityrelative\n",
	  "\"s\":48.238" },
	{ CHIPS, "hts221", BOARD_IIO "device=hts221\n", "\"s\":15" },
	{ CHIPS, "hts221-humidity", BOARD_IIO "device=hts221\nchannel=in_humidityrelative\n",
	  "\"s\":44.971" },
	{ CHIPS, "lps22hb", BOARD_IIO "device=lps22hb\n", "\"s\":42.5" },
	{ CHIPS, "lps22hb-pressure", BOARD_IIO "device=0-005c\nchannel=in_pressure\n",
	  "\"s\":1023.344" },
	{ CHIPS, "mpl3115", BOARD_IIO "device=mpl3115\n", "\"s\":25.5" },
	{ CHIPS, "mpl3115-pressure", BOARD_IIO "device=mpl3115\nchannel=in_pressure\n",
	  "\"s\":1013.25" },
	{ CHIPS, "ads1015", BOARD_IIO "device=ads1015\nchannel=in_voltage3\n", "\"s\":1.1" },
	{ CHIPS, "max1363", BOARD_IIO "device=max1363\nchannel=in_voltage2\n", "\"s\":0.5" },
	{ CHIPS, "max1363-differential", BOARD_IIO "device=max1363\nchannel=in_voltage3-voltage2\n",
	  "\"s\":0.5" },
	{ CHIPS, "added-temperature", "driver=system\nwhat=temperature,load\nroot=%s\n",
	  "\"load\":0.51" },
	{ CHIPS, "iio-no-channel", BOARD_IIO "device=hts221\nchannel=in_pressure\n", "" },
	{ CHIPS, "iio-no-device", BOARD_IIO "device=dht11\n", "" },
	{ CHIPS, "lm75", BOARD_HWMON "chip=lm75\n", "\"s\":-25" },
	{ CHIPS, "sht3x", BOARD_HWMON "chip=0-0044\n", "\"s\":21.297" },
	{ CHIPS, "sht3x-humidity", BOARD_HWMON "chip=0-0045\ninput=humidity1\n", "\"s\":81.498" },
	{ CHIPS, "tmp421", BOARD_HWMON "chip=tmp421\n", "\"s\":25" },
	{ CHIPS, "tmp421-diode-off", BOARD_HWMON "chip=tmp421\ninput=temp2\n", "" },
	{ SILENT, "silent-bmp280", BOARD_IIO "device=bmp280\n", "" },
	{ SILENT, "silent-hts221", BOARD_IIO "device=hts221\nchannel=in_humidityrelative\n", "" },
	{ SILENT, "silent-lm75", BOARD_HWMON "chip=lm75\n", "" },
	{ SILENT, "silent-temperature", "driver=system\nwhat=temperature,uptime\nroot=%s\n",
	  "\"uptime\":115.29" },
	{ W1, "ds18b20", BOARD_W1, "\"s\":25.062" },
	{ W1, "ds18b20-frost", BOARD_W1 "device=28-000000000002\n", "\"s\":-10.125" },
	{ W1, "ds18b20-fresh", BOARD_W1 "device=28-000000000003\n", "" },
	{ BATTERY, "battery", BOARD_HWMON "chip=test_battery\ninput=curr1\n", "\"s\":-0.002" },
	{ BATTERY, "battery-zone", BOARD_THERMAL "zone=test_battery\n", "\"s\":2.6" },
	{ NANO, "nano-cpu", BOARD_THERMAL "zone=CPU-therm\n", "\"s\":24.5" },
	{ NANO, "nano-system", "driver=system\nwhat=temperature\nroot=%s\n", "\"temperature\":31" },
	{ PROBOOK, "probook-first", BOARD_THERMAL, "\"s\":45" },
	{ PROBOOK, "probook-zero", BOARD_THERMAL "zone=LNXTHERM:01\n", "\"s\":0" },
	{ PROBOOK, "probook-wifi-off", BOARD_THERMAL "zone=iwlwifi\n", "" },
	{ PROBOOK, "probook-core", BOARD_HWMON "chip=coretemp\ninput=temp2\n", "\"s\":43" },
	{ DPS, "dps920ab-in", BOARD_HWMON "chip=dps920ab\ninput=in1\n", "\"s\":245.25" },
	{ DPS, "dps920ab-current", BOARD_HWMON "input=curr1\n", "\"s\":0.195" },
	{ DPS, "dps920ab-power", BOARD_HWMON "input=power2\n", "\"s\":17.75" },
	{ DPS, "dps920ab-fan", BOARD_HWMON "input=fan1\n", "\"s\":10000" },
	{ DPS, "dps920ab-no-fan", BOARD_HWMON "input=fan2\n", "" },
	{ PAC, "ad4111-5-volt", BOARD_IIO "channel=in_voltage0-voltage1\n", "\"s\":4.998294" },
	{ PAC, "ad4111-open", BOARD_IIO "channel=in_voltage4-voltage5\n", "\"s\":0.154937" },
	{ PAC, "ad4111-current", BOARD_IIO "channel=in_current1\n", "\"s\":0" },
	{ AB350, "amdgpu", BOARD_HWMON "chip=amdgpu\n", "\"s\":28" },
	{ AB350, "amdgpu-no-fan", BOARD_HWMON "input=fan1\n", "" },
	{ AB350, "amdgpu-no-power", BOARD_HWMON "input=power1\n", "" },
	{ BONE, "am335x", BOARD_IIO "device=TI-am335x-adc.0.auto\nchannel=in_voltage0\n",
	  "\"s\":1.063916" },
	{ BONE, "am335x-last", BOARD_IIO "channel=in_voltage7\n", "\"s\":1.691895" },
	{ MSM, "msm8939", BOARD_THERMAL "zone=cpu4567-thermal\n", "\"s\":84" },
	{ MSM, "msm8939-system", "driver=system\nwhat=temperature\nroot=%s\n",
	  "\"temperature\":82" },
	{ ENVIRO, "real-bmp280", BOARD_IIO "device=bmp280\n", "\"s\":31.43" },
	{ ENVIRO, "real-bmp280-pressure", BOARD_IIO "channel=in_pressure\n", "\"s\":1001.202" },
	{ ENVIRO, "older-chip", BOARD_HWMON "chip=ads1015\ninput=in4\n", "\"s\":0.274" },
	{ ENVIRO, "older-folder", BOARD_HWMON "chip=hwmon0\ninput=in0\n", "\"s\":0" },
	{ ENVIRO, "older-other-chip", BOARD_HWMON "chip=hwmon1\ninput=in0\n", "" },
	{ FOUR, "four-first", BOARD_W1, "\"s\":15.25" },
	{ FOUR, "four-third", BOARD_W1 "device=28-000000000003\n", "\"s\":15.375" },
	{ STM, "real-bme280", BOARD_IIO "device=1-0076\n", "\"s\":24.38" },
	{ STM, "real-bme280-pressure", BOARD_IIO "channel=in_pressure\n", "\"s\":1021.29" },
	{ STM, "real-bme280-humidity", BOARD_IIO "channel=in_humidityrelative\n", "\"s\":39.396" },
	{ DELL, "real-hts221", BOARD_IIO "device=hts221\n", "\"s\":49.257" },
	{ DELL, "real-hts221-humidity", BOARD_IIO "device=hts221\nchannel=in_humidityrelative\n",
	  "\"s\":28.682" },
	{ DELL, "real-lps22hb", BOARD_IIO "device=lps22hb\n", "\"s\":50.36" },
	{ DELL, "real-lps22hb-pressure", BOARD_IIO "channel=in_pressure\n", "\"s\":1008.53" },
	{ DELL, "no-name", BOARD_IIO "device=iio:device1\n", "\"s\":54.258" },
	{ DELL, "weight", BOARD_IIO "channel=in_accel_z\n", "\"s\":9.790912" },
	{ PLAY, "bme680", BOARD_IIO, "\"s\":25.02" },
	{ PLAY, "bme680-pressure", BOARD_IIO "channel=in_pressure\n", "\"s\":1014.37" },
	{ PLAY, "bme680-humidity", BOARD_IIO "channel=in_humidityrelative\n", "\"s\":42.81" },
	{ CORA, "xadc", BOARD_IIO "device=xadc\nchannel=in_temp0\n", "\"s\":47.617" },
	{ CORA, "xadc-supply", BOARD_IIO "channel=in_voltage1_vccaux\n", "\"s\":1.799561" },
	{ CORA, "xadc-no-name", BOARD_IIO "channel=in_voltage1\n", "" },
	{ PI4, "w1-first", BOARD_W1, "\"s\":15.25" },
	{ PI4, "w1-name", BOARD_W1 "device=28-000000000001\n", "\"s\":15.25" },
	{ PI4, "w1-other", BOARD_W1 "device=28-000000000002\n", "" },
	{ PI4, "w1-master", BOARD_W1 "device=w1_bus_master1\n", "" },
	{ PI5, "w1-none", BOARD_W1, "" },
	{ PI4, "system", "driver=system\nroot=%s\n",
	  "\"temperature\":53.069,\"load\":0.52,\"memory\":25,\"uptime\":350735.47" },
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

/* All of one board, which is unpacked once */
static void test_read(Board *board, gconstpointer data)
{
	const char *name = *(const char *const *)data;

	for (size_t i = 0; i < G_N_ELEMENTS(read_cases); i++) {
		if (!g_str_equal(read_cases[i].board, name))
			continue;
		g_test_message("%s", read_cases[i].what);
		board_expect(board, read_cases[i].settings, read_cases[i].values);
	}
}

/* What a file may say when something is wrong is no reading. */
static void test_broken_files(Board *board, gconstpointer data)
{
	static const char slave[] = "sys/bus/w1/devices/28-000000000001/w1_slave";
	static const char dht[] = "sys/bus/iio/devices/iio:device0/in_temp_input";

	board_write(board, slave,
		    "ff ff ff ff ff ff ff ff ff : crc=c9 NO\n"
		    "f4 00 4b 46 7f ff 0c 10 fa t=15250\n");
	board_expect(board, BOARD_W1, "");
	board_write(board, slave, "");
	board_expect(board, BOARD_W1, "");
	board_remove(board, slave); /* a kernel that has `temperature` alone */
	board_expect(board, BOARD_W1, "\"s\":15.25");
	board_write(board, dht, "");
	board_expect(board, BOARD_IIO, "");
	board_write(board, dht, "hot\n");
	board_expect(board, BOARD_IIO, "");
	board_remove(board, dht);
	board_expect(board, BOARD_IIO, "");
}

/* An offset or a scale that cannot be read is not taken for 0 or 1. */
static void test_broken_scale(Board *board, gconstpointer data)
{
	static const char scale[] = "sys/bus/iio/devices/iio:device2/in_temp_scale";

	board_write(board, scale, "?\n");
	board_expect(board, BOARD_IIO "device=hts221\n", "");
	board_write(board, scale, "0.05\n");
	board_expect(board, BOARD_IIO "device=hts221\n", "\"s\":15");
	board_write(board, "sys/bus/iio/devices/iio:device2/in_temp_offset", "\n");
	board_expect(board, BOARD_IIO "device=hts221\n", "");
}

/* A scale of its own goes before that of all channels. */
static void test_own_scale(Board *board, gconstpointer data)
{
	board_write(board, "sys/bus/iio/devices/iio:device6/in_voltage1_scale", "2\n");
	board_expect(board, BOARD_IIO "device=max1363\nchannel=in_voltage1\n", "\"s\":2");
	board_expect(board, BOARD_IIO "device=max1363\nchannel=in_voltage0\n", "\"s\":0.5");
}

/* Should the kernel's driver of the HTS221 have thousandths one day, as it is asked to. */
static void test_mended_unit(Board *board, gconstpointer data)
{
	board_write(board, "sys/bus/iio/devices/iio:device2/in_temp_scale", "50\n");
	board_expect(board, BOARD_IIO "device=hts221\n", "\"s\":15");
}

/* Since 2024 the kernel's driver of the BME680 has the kilopascal that are asked for. */
static void test_mended_pressure(Board *board, gconstpointer data)
{
	static const char pressure[] = "sys/bus/iio/devices/iio:device0/in_pressure_input";

	board_write(board, pressure, "101.437000000\n");
	board_expect(board, BOARD_IIO "channel=in_pressure\n", "\"s\":1014.37");
	board_write(board, pressure, "110.000000000\n"); /* the most that it measures */
	board_expect(board, BOARD_IIO "channel=in_pressure\n", "\"s\":1100");
	board_write(board, pressure, "300.000000000\n"); /* the least, in hPa */
	board_expect(board, BOARD_IIO "channel=in_pressure\n", "\"s\":300");
}

/* Linux has a driver for the AD4111 too; its offset is what the scale takes. */
static void test_own_offset(Board *board, gconstpointer data)
{
	board_write(board, "sys/bus/iio/devices/iio:device0/in_voltage0-voltage1_offset",
		    "-8388608\n");
	board_expect(board, BOARD_IIO "channel=in_voltage0-voltage1\n", "\"s\":4.997882");
}

/* A chip may have the mean of a power alone; what it measures now goes before it. */
static void test_average(Board *board, gconstpointer data)
{
	board_write(board, "sys/class/hwmon/hwmon0/power2_average", "17500000\n");
	board_expect(board, BOARD_HWMON "input=power2\n", "\"s\":17.75");
	board_remove(board, "sys/class/hwmon/hwmon0/power2_input");
	board_expect(board, BOARD_HWMON "input=power2\n", "\"s\":17.5");
	board_write(board, "sys/class/hwmon/hwmon0/temp4_average", "1\n");
	board_expect(board, BOARD_HWMON "input=temp4\n", "");
}

/* A chip of the older kind is one like others: it may be broken, and belong to the machine. */
static void test_older_chip(Board *board, gconstpointer data)
{
	board_write(board, "sys/class/hwmon/hwmon0/device/temp1_input", "41000\n");
	board_expect(board, BOARD_HWMON, "\"s\":41");
	board_expect(board, "driver=system\nroot=%s\nwhat=temperature\n", "\"temperature\":41");
	board_write(board, "sys/class/hwmon/hwmon0/device/temp1_fault", "1\n");
	board_expect(board, BOARD_HWMON, "");
	board_write(board, "sys/class/hwmon/hwmon0/name", "other\n");
	board_expect(board, BOARD_HWMON "input=in4\n", "");
}

/* The machine without any temperature says so by not saying anything; the one that had it fails. */
static void test_system_without_temperature(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, "driver=system\nroot=%s\nwhat=temperature,load\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(sensor_system.read(sensor, group, 0, readings, &error));
	board_remove(board, "sys/class/thermal/thermal_zone0/temp");
	board_expect(board, "driver=system\nroot=%s\nwhat=temperature\n", "\"temperature\":53.069");
	board_remove(board, "sys/class/hwmon/hwmon0/temp1_input"); /* the DS18B20's is elsewhere */
	g_assert_false(sensor_system.read(sensor, group, 0, readings, &error));
	sensor_system.free(sensor);

	sensor = sensor_system.open(group);
	g_autofree char *text = board_read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(text, ==, "\"load\":0.52");
	sensor_system.free(sensor);
}

/* The share of the time between two readings; the first has none. */
static void test_system_cpu(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(board, "driver=system\nroot=%s\nwhat=cpu\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);

	g_autofree char *first = board_read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(first, ==, "");
	board_write(board, "proc/stat",
		    "cpu  10132183 290696 3084719 46828543 16693 0 25195 0 0 0\n");
	g_autofree char *second = board_read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(second, ==, "\"cpu\":30");
	g_autofree char *same = board_read_once(&sensor_system, sensor, group);
	g_assert_cmpstr(same, ==, "");
	sensor_system.free(sensor);
}

/* As df counts it, which rounds up. */
static void test_system_disk(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, "driver=system\nroot=%s\nwhat=disk\nmount=/sys\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	void *sensor = sensor_system.open(group);
	g_autofree char *text = board_read_once(&sensor_system, sensor, group);
	const char *argv[] = { "df", "--output=pcent", board->root, NULL };
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

static void test_simulated(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, "driver=simulated\nminimum=10\nmaximum=30\nperiod=4s\nkey=t\n");
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	static const char *const quarters[] = { "\"t\":10", "\"t\":20", "\"t\":30", "\"t\":20" };

	for (int64_t i = 0; i < 8; i++) {
		g_autoptr(SensorReadings) readings = sensor_readings_new();
		g_autoptr(GError) error = NULL;

		g_assert_true(
			sensor_simulated.read(NULL, group, i * G_USEC_PER_SEC, readings, &error));

		g_autofree char *values = board_print(readings);

		g_assert_cmpstr(values, ==, quarters[i % 4]);
	}
}

static void on_found(ConfigSensor *sensor, void *data)
{
	g_autofree char *section = config_sensor_section(sensor);

	g_string_append(data, section);
	config_sensor_free(sensor);
}

/* The board has to stand first: board_set_up() reads it. */
typedef struct FindCase {
	const char *board;
	const char *sections; /* without root */
} FindCase;

static const FindCase find_cases[] = {
	{ PI4, "[sensor system]\ndriver = system\nwhat = temperature,load,memory,uptime,cpu,disk,"
	       "network,throttled\n"
	       "[sensor cpu_thermal]\ndriver = thermal\nzone = cpu-thermal\n"
	       "[sensor humidity_sensor_humidityrelative]\ndriver = iio\ndevice = humidity-sensor\n"
	       "channel = in_humidityrelative\n"
	       "[sensor humidity_sensor_temp]\ndriver = iio\ndevice = humidity-sensor\n"
	       "[sensor w1_28_000000000001]\ndriver = w1\ndevice = 28-000000000001\n" },
	{ PI5, "[sensor system]\ndriver = system\nwhat = temperature,load,memory,uptime,cpu,disk,"
	       "network,throttled\n"
	       "[sensor cpu_thermal]\ndriver = thermal\nzone = cpu-thermal\n"
	       "[sensor rp1_adc_in1]\ndriver = hwmon\nchip = rp1_adc\ninput = in1\n"
	       "[sensor rp1_adc_in2]\ndriver = hwmon\nchip = rp1_adc\ninput = in2\n"
	       "[sensor rp1_adc_in3]\ndriver = hwmon\nchip = rp1_adc\ninput = in3\n"
	       "[sensor rp1_adc_in4]\ndriver = hwmon\nchip = rp1_adc\ninput = in4\n"
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
	{ NANO, "[sensor system]\ndriver = system\nwhat = temperature,disk\n"
		"[sensor AO_therm]\ndriver = thermal\nzone = AO-therm\n"
		"[sensor CPU_therm]\ndriver = thermal\nzone = CPU-therm\n"
		"[sensor GPU_therm]\ndriver = thermal\nzone = GPU-therm\n"
		"[sensor PLL_therm]\ndriver = thermal\nzone = PLL-therm\n"
		"[sensor PMIC_Die]\ndriver = thermal\nzone = PMIC-Die\n"
		"[sensor thermal_fan_est]\ndriver = thermal\nzone = thermal-fan-est\n" },
	{ PROBOOK, "[sensor system]\ndriver = system\nwhat = temperature,load,memory,uptime,disk\n"
		   "[sensor LNXTHERM_00]\ndriver = thermal\nzone = LNXTHERM:00\n"
		   "[sensor LNXTHERM_01]\ndriver = thermal\nzone = LNXTHERM:01\n"
		   "[sensor LNXTHERM_02]\ndriver = thermal\nzone = LNXTHERM:02\n"
		   "[sensor LNXTHERM_03]\ndriver = thermal\nzone = LNXTHERM:03\n"
		   "[sensor LNXTHERM_04]\ndriver = thermal\nzone = LNXTHERM:04\n"
		   "[sensor LNXTHERM_05]\ndriver = thermal\nzone = LNXTHERM:05\n"
		   "[sensor pch_skylake]\ndriver = thermal\nzone = pch_skylake\n"
		   "[sensor iwlwifi]\ndriver = thermal\nzone = iwlwifi\n"
		   "[sensor coretemp_Package_id_0]\ndriver = hwmon\nchip = coretemp\n"
		   "[sensor coretemp_Core_0]\ndriver = hwmon\nchip = coretemp\ninput = temp2\n"
		   "[sensor coretemp_Core_1]\ndriver = hwmon\nchip = coretemp\ninput = temp3\n" },
	{ BATTERY, "[sensor system]\ndriver = system\n"
		   "what = temperature,load,memory,uptime,cpu,disk,network\n"
		   "[sensor test_battery]\ndriver = thermal\nzone = test_battery\n"
		   "[sensor test_battery_curr1]\ndriver = hwmon\nchip = test_battery\n"
		   "input = curr1\n"
		   "[sensor test_battery_in0]\ndriver = hwmon\nchip = test_battery\ninput = in0\n"
		   "[sensor test_battery_temp]\ndriver = hwmon\nchip = test_battery\n" },
	{ W1, "[sensor system]\ndriver = system\nwhat = load,memory,uptime,cpu,disk,network\n"
	      "[sensor w1_28_000000000001]\ndriver = w1\ndevice = 28-000000000001\n"
	      "[sensor w1_28_000000000002]\ndriver = w1\ndevice = 28-000000000002\n"
	      "[sensor w1_28_000000000003]\ndriver = w1\ndevice = 28-000000000003\n" },
	{ DPS, "[sensor system]\ndriver = system\nwhat = temperature,disk\n"
	       "[sensor dps920ab_iin]\ndriver = hwmon\nchip = dps920ab\ninput = curr1\n"
	       "[sensor dps920ab_iout1]\ndriver = hwmon\nchip = dps920ab\ninput = curr2\n"
	       "[sensor dps920ab_fan1]\ndriver = hwmon\nchip = dps920ab\ninput = fan1\n"
	       "[sensor dps920ab_fan2]\ndriver = hwmon\nchip = dps920ab\ninput = fan2\n"
	       "[sensor dps920ab_fan3]\ndriver = hwmon\nchip = dps920ab\ninput = fan3\n"
	       "[sensor dps920ab_vin]\ndriver = hwmon\nchip = dps920ab\ninput = in1\n"
	       "[sensor dps920ab_vcap]\ndriver = hwmon\nchip = dps920ab\ninput = in2\n"
	       "[sensor dps920ab_vout1]\ndriver = hwmon\nchip = dps920ab\ninput = in3\n"
	       "[sensor dps920ab_pin]\ndriver = hwmon\nchip = dps920ab\ninput = power1\n"
	       "[sensor dps920ab_pout1]\ndriver = hwmon\nchip = dps920ab\ninput = power2\n"
	       "[sensor dps920ab_temp1]\ndriver = hwmon\nchip = dps920ab\n"
	       "[sensor dps920ab_temp2]\ndriver = hwmon\nchip = dps920ab\ninput = temp2\n"
	       "[sensor dps920ab_temp3]\ndriver = hwmon\nchip = dps920ab\ninput = temp3\n" },
	{ PAC, "[sensor system]\ndriver = system\nwhat = disk\n"
	       "[sensor ad4111_current0]\ndriver = iio\ndevice = ad4111\nchannel = in_current0\n"
	       "[sensor ad4111_current1]\ndriver = iio\ndevice = ad4111\nchannel = in_current1\n"
	       "[sensor ad4111_voltage0_voltage1]\ndriver = iio\ndevice = ad4111\n"
	       "channel = in_voltage0-voltage1\n"
	       "[sensor ad4111_voltage2_voltage3]\ndriver = iio\ndevice = ad4111\n"
	       "channel = in_voltage2-voltage3\n"
	       "[sensor ad4111_voltage4_voltage5]\ndriver = iio\ndevice = ad4111\n"
	       "channel = in_voltage4-voltage5\n" },
	{ AB350, "[sensor system]\ndriver = system\nwhat = temperature,disk\n"
		 "[sensor amdgpu_fan1]\ndriver = hwmon\nchip = amdgpu\ninput = fan1\n"
		 "[sensor amdgpu_vddgfx]\ndriver = hwmon\nchip = amdgpu\ninput = in0\n"
		 "[sensor amdgpu_vddnb]\ndriver = hwmon\nchip = amdgpu\ninput = in1\n"
		 "[sensor amdgpu_temp1]\ndriver = hwmon\nchip = amdgpu\n"
		 "[sensor amdgpu_power1]\ndriver = hwmon\nchip = amdgpu\ninput = power1\n" },
	{ MSM, "[sensor system]\ndriver = system\nwhat = temperature,disk\n"
	       "[sensor cpu0_thermal]\ndriver = thermal\nzone = cpu0-thermal\n"
	       "[sensor cpu1_thermal]\ndriver = thermal\nzone = cpu1-thermal\n"
	       "[sensor cpu2_thermal]\ndriver = thermal\nzone = cpu2-thermal\n"
	       "[sensor cpu3_thermal]\ndriver = thermal\nzone = cpu3-thermal\n"
	       "[sensor cpu4567_thermal]\ndriver = thermal\nzone = cpu4567-thermal\n" },
	{ ENVIRO, "[sensor system]\ndriver = system\nwhat = disk\n"
		  "[sensor ads1015_in0]\ndriver = hwmon\nchip = ads1015\ninput = in0\n"
		  "[sensor ads1015_in4]\ndriver = hwmon\nchip = ads1015\ninput = in4\n"
		  "[sensor bmp280_pressure]\ndriver = iio\ndevice = bmp280\n"
		  "channel = in_pressure\n"
		  "[sensor bmp280_temp]\ndriver = iio\ndevice = bmp280\n" },
	{ FOUR, "[sensor system]\ndriver = system\nwhat = disk\n"
		"[sensor w1_28_000000000001]\ndriver = w1\ndevice = 28-000000000001\n"
		"[sensor w1_28_000000000002]\ndriver = w1\ndevice = 28-000000000002\n"
		"[sensor w1_28_000000000003]\ndriver = w1\ndevice = 28-000000000003\n"
		"[sensor w1_28_000000000004]\ndriver = w1\ndevice = 28-000000000004\n" },
	{ STM, "[sensor system]\ndriver = system\nwhat = disk\n"
	       "[sensor 1_0076_humidityrelative]\ndriver = iio\ndevice = 1-0076\n"
	       "channel = in_humidityrelative\n"
	       "[sensor 1_0076_pressure]\ndriver = iio\ndevice = 1-0076\n"
	       "channel = in_pressure\n"
	       "[sensor 1_0076_temp]\ndriver = iio\ndevice = 1-0076\n" },
	{ DELL, "[sensor system]\ndriver = system\nwhat = disk\n"
		"[sensor lps22hb_pressure]\ndriver = iio\ndevice = lps22hb\n"
		"channel = in_pressure\n"
		"[sensor lps22hb_temp]\ndriver = iio\ndevice = lps22hb\n"
		"[sensor iio_device1_temp]\ndriver = iio\ndevice = iio:device1\n"
		"[sensor hts221_humidityrelative]\ndriver = iio\ndevice = hts221\n"
		"channel = in_humidityrelative\n"
		"[sensor hts221_temp]\ndriver = iio\ndevice = hts221\n"
		"[sensor lng2dm_accel_x]\ndriver = iio\ndevice = lng2dm\nchannel = in_accel_x\n"
		"[sensor lng2dm_accel_y]\ndriver = iio\ndevice = lng2dm\nchannel = in_accel_y\n"
		"[sensor lng2dm_accel_z]\ndriver = iio\ndevice = lng2dm\nchannel = in_accel_z\n" },
	{ PLAY, "[sensor system]\ndriver = system\nwhat = disk\n"
		"[sensor bme680_humidityrelative]\ndriver = iio\ndevice = bme680\n"
		"channel = in_humidityrelative\n"
		"[sensor bme680_pressure]\ndriver = iio\ndevice = bme680\n"
		"channel = in_pressure\n"
		"[sensor bme680_resistance]\ndriver = iio\ndevice = bme680\n"
		"channel = in_resistance\n"
		"[sensor bme680_temp]\ndriver = iio\ndevice = bme680\n" },
	{ CORA, "[sensor system]\ndriver = system\nwhat = disk\n"
		"[sensor xadc_temp0]\ndriver = iio\ndevice = xadc\nchannel = in_temp0\n"
		"[sensor xadc_voltage0_vccint]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage0_vccint\n"
		"[sensor xadc_voltage1_vccaux]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage1_vccaux\n"
		"[sensor xadc_voltage2_vccbram]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage2_vccbram\n"
		"[sensor xadc_voltage3_vccpint]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage3_vccpint\n"
		"[sensor xadc_voltage4_vccpaux]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage4_vccpaux\n"
		"[sensor xadc_voltage5_vccoddr]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage5_vccoddr\n"
		"[sensor xadc_voltage6_vrefp]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage6_vrefp\n"
		"[sensor xadc_voltage7_vrefn]\ndriver = iio\ndevice = xadc\n"
		"channel = in_voltage7_vrefn\n" },
	{ BONE, "[sensor system]\ndriver = system\nwhat = disk\n"
		"[sensor TI_am335x_adc_0_auto_voltage0]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage0\n"
		"[sensor TI_am335x_adc_0_auto_voltage1]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage1\n"
		"[sensor TI_am335x_adc_0_auto_voltage2]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage2\n"
		"[sensor TI_am335x_adc_0_auto_voltage3]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage3\n"
		"[sensor TI_am335x_adc_0_auto_voltage4]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage4\n"
		"[sensor TI_am335x_adc_0_auto_voltage5]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage5\n"
		"[sensor TI_am335x_adc_0_auto_voltage6]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage6\n"
		"[sensor TI_am335x_adc_0_auto_voltage7]\ndriver = iio\n"
		"device = TI-am335x-adc.0.auto\nchannel = in_voltage7\n" },
};

/* All there is, once, each told from the others; and the sections are a configuration. */
static void test_find(Board *board, gconstpointer data)
{
	const FindCase *c = data;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) bare = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;

	sensor_find_all(board->root, on_found, text);
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

/* What is found is a configuration whatever the chips call themselves. */
static void test_odd_names(Board *board, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	board_write(board, "sys/class/hwmon/hwmon7/name", "lines\n[store]\npath=/tmp\n");
	board_write(board, "sys/class/hwmon/hwmon7/temp1_input", "1000\n");
	board_write(board, "sys/class/hwmon/hwmon8/name", "\xff\xfe\n");
	board_write(board, "sys/class/hwmon/hwmon8/temp1_input", "2000\n");
	sensor_find_all(board->root, on_found, text);

	g_autoptr(Config) config = config_parse(text->str, text->len, "found", &error);

	g_assert_no_error(error);
	g_assert_nonnull(config);
	g_assert_nonnull(strstr(text->str, "chip = hwmon7\n"));
	g_assert_nonnull(strstr(text->str, "chip = hwmon8\n"));
}

static void add_cases(void)
{
	static const char *const boards[] = { PI4,     PI5, NANO, PROBOOK, CHIPS, SILENT, W1,
					      BATTERY, DPS, PAC,  AB350,   BONE,  MSM,    ENVIRO,
					      FOUR,    STM, DELL, PLAY,    CORA };

	for (size_t i = 0; i < G_N_ELEMENTS(boards); i++) {
		g_autofree char *path = g_strconcat("/agent/sensor-boards/read/", boards[i], NULL);

		g_test_add(path, Board, &boards[i], board_set_up, test_read, board_tear_down);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(find_cases); i++) {
		g_autofree char *path =
			g_strconcat("/agent/sensor-boards/find/", find_cases[i].board, NULL);

		g_test_add(path, Board, &find_cases[i], board_set_up, test_find, board_tear_down);
	}
}

int main(int argc, char **argv)
{
	static const char *const chips[] = { CHIPS };
	static const char *const dps[] = { DPS };
	static const char *const enviro[] = { ENVIRO };
	static const char *const pac[] = { PAC };
	static const char *const play[] = { PLAY };

	g_test_init(&argc, &argv, NULL);
	add_cases();
#define ADD(name, board, function)                                                                 \
	g_test_add("/agent/sensor-boards/" name, Board, board, board_set_up, function,             \
		   board_tear_down)
	ADD("broken-files", NULL, test_broken_files);
	ADD("broken-scale", chips, test_broken_scale);
	ADD("own-scale", chips, test_own_scale);
	ADD("mended-unit", chips, test_mended_unit);
	ADD("mended-pressure", play, test_mended_pressure);
	ADD("own-offset", pac, test_own_offset);
	ADD("average", dps, test_average);
	ADD("odd-names", NULL, test_odd_names);
	ADD("older-chip", enviro, test_older_chip);
	ADD("no-temperature", NULL, test_system_without_temperature);
	ADD("cpu", NULL, test_system_cpu);
	ADD("disk", NULL, test_system_disk);
	ADD("simulated", NULL, test_simulated);
	return g_test_run();
}
