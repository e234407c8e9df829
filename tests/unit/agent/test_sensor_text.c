/* SPDX-License-Identifier: MIT */
/* sensor-text: what files of /sys and /proc say, and what they must not say. */
#include "agent/core/sensor-text.h"

#include "common/error.h"

#include <math.h>

typedef struct NumberCase {
	const char *text;
	double value; /* NaN: refused */
} NumberCase;

static const NumberCase numbers[] = {
	{ "48312", 48312 },
	{ " -5250\n", -5250 },
	{ "0.000024414\n", 0.000024414 },
	{ "98.604378906", 98.604378906 },
	{ "1e3", 1000 },
	{ "+7", 7 },
	{ "", NAN },
	{ " \n", NAN },
	{ "-", NAN },
	{ "nan", NAN },
	{ "inf", NAN },
	{ "-inf", NAN },
	{ "0x10", NAN },
	{ "1e999", NAN },
	{ "12 34", NAN },
	{ "12 dB", NAN },
	{ "12abc", NAN },
	{ "No data available", NAN },
};

static void test_numbers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		double value = -1;

		g_assert_true(sensor_text_number(numbers[i].text, &value) ==
			      !isnan(numbers[i].value));
		g_assert_cmpfloat(value, ==, isnan(numbers[i].value) ? -1 : numbers[i].value);
	}
}

static void test_first(void)
{
	double value = -1;

	g_assert_true(sensor_text_first("0.52 0.58 0.59 1/389 12345", &value));
	g_assert_cmpfloat(value, ==, 0.52);
	g_assert_false(sensor_text_first("0.52abc", &value));
	g_assert_false(sensor_text_first("load 1", &value));
	g_assert_cmpfloat(value, ==, 0.52);
}

static void test_hex(void)
{
	uint32_t value = 1;

	g_assert_true(sensor_text_hex("50005\n", &value));
	g_assert_cmpuint(value, ==, 0x50005);
	g_assert_true(sensor_text_hex("ffffffff", &value));
	g_assert_cmpuint(value, ==, 0xffffffff);
	g_assert_false(sensor_text_hex("1ffffffff", &value));
	g_assert_false(sensor_text_hex("0x1", &value));
	g_assert_false(sensor_text_hex("", &value));
	g_assert_cmpuint(value, ==, 0xffffffff);
}

typedef struct WireCase {
	const char *text;
	double celsius;
	const char *fault; /* part of what is said; NULL: fine */
} WireCase;

static const WireCase wire_cases[] = {
	{ "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125", 23.125,
	  NULL },
	{ "5e ff 4b 46 7f ff 02 10 a5 : crc=a5 YES\n5e ff 4b 46 7f ff 02 10 a5 t=-10125", -10.125,
	  NULL },
	{ "00 00 4b 46 7f ff 10 10 a4 : crc=a4 YES\n00 00 4b 46 7f ff 10 10 a4 t=0", 0, NULL },
	/* 85 °C measured, and 85 °C of a chip that has just been switched on */
	{ "50 05 4b 46 7f ff 10 10 8f : crc=8f YES\n50 05 4b 46 7f ff 10 10 8f t=85000", 85, NULL },
	{ "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000", 0,
	  "switched on" },
	{ "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0", 0,
	  "short circuit" },
	{ "ff ff ff ff ff ff ff ff ff : crc=c9 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125", 0, "CRC" },
	{ "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES", 0, "should" },
	{ "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n", 0, "temperature" },
	{ "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 t=hot", 0, "temperature" },
	{ "72 01 4b 46 7f ff 0e 10 57 :\ncrc=57 YES t=23125", 0, "should" },
	{ "72 01", 0, "should" },
	{ "", 0, "should" },
	{ "zz 01 4b 46 7f ff 0e 10 57 : crc=57 YES\nt=1", 0, "should" },
};

static void test_w1(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wire_cases); i++) {
		const WireCase *c = &wire_cases[i];
		g_autoptr(GError) error = NULL;
		double celsius = -1;

		g_assert_true(sensor_text_w1(c->text, &celsius, &error) == !c->fault);
		g_assert_cmpfloat(celsius, ==, c->fault ? -1 : c->celsius);
		if (!c->fault)
			continue;
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_assert_nonnull(g_strstr_len(error->message, -1, c->fault));
	}
}

static void test_memory(void)
{
	double percent = -1;

	g_assert_true(sensor_text_memory(
		"MemTotal:  1000000 kB\nMemFree: 1 kB\nMemAvailable: 750000 kB\n", &percent));
	g_assert_cmpfloat(percent, ==, 25);
	g_assert_false(sensor_text_memory("MemTotal: 10 kB\n", &percent));
	g_assert_false(sensor_text_memory("MemTotal: 0 kB\nMemAvailable: 0 kB\n", &percent));
	g_assert_false(sensor_text_memory("XMemTotal: 9 kB\nMemAvailable: 1 kB\n", &percent));
	g_assert_cmpfloat(percent, ==, 25);
}

static void test_cpu(void)
{
	SensorCpu cpu = { 0, 0 };

	g_assert_true(sensor_text_cpu("cpu  10 20 30 400 50 6 7 8 9 1\ncpu0 1 2 3 4\n", &cpu));
	g_assert_cmpuint(cpu.busy, ==, 10 + 20 + 30 + 6 + 7 + 8);
	g_assert_cmpuint(cpu.all, ==, 10 + 20 + 30 + 400 + 50 + 6 + 7 + 8);
	g_assert_false(sensor_text_cpu("cpu0 10 20 30 400\n", &cpu));
	g_assert_false(sensor_text_cpu("cpu  10 20 30\ncpu0 1", &cpu));
	g_assert_false(sensor_text_cpu("", &cpu));
}

static void test_traffic(void)
{
	static const char text[] = "Inter-|   Receive\n face |bytes packets\n"
				   "    lo: 5 5 0 0 0 0 0 0 5 5 0 0 0 0 0 0\n"
				   "  eth0: 123456789012 9 0 0 0 0 0 1 23456789 4 0 0 0 0 0 0\n"
				   "   eth:7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\n"
				   "  cut0: 1 2 3\n";
	SensorTraffic traffic = { 1, 1 };

	g_assert_true(sensor_text_traffic(text, NULL, &traffic));
	g_assert_cmpuint(traffic.received, ==, UINT64_C(123456789019));
	g_assert_cmpuint(traffic.sent, ==, 23456797);
	g_assert_true(sensor_text_traffic(text, "eth", &traffic));
	g_assert_cmpuint(traffic.received, ==, 7);
	g_assert_cmpuint(traffic.sent, ==, 8);
	g_assert_true(sensor_text_traffic(text, "lo", &traffic));
	g_assert_false(sensor_text_traffic(text, "cut0", &traffic));
	g_assert_false(sensor_text_traffic(text, "wlan0", &traffic));
	g_assert_false(sensor_text_traffic("", NULL, &traffic));
	g_assert_cmpuint(traffic.sent, ==, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/sensor-text/numbers", test_numbers);
	g_test_add_func("/agent/sensor-text/first", test_first);
	g_test_add_func("/agent/sensor-text/hex", test_hex);
	g_test_add_func("/agent/sensor-text/w1", test_w1);
	g_test_add_func("/agent/sensor-text/memory", test_memory);
	g_test_add_func("/agent/sensor-text/cpu", test_cpu);
	g_test_add_func("/agent/sensor-text/traffic", test_traffic);
	return g_test_run();
}
