/* SPDX-License-Identifier: MIT */
/* sensor-filter, sensor-readings, sensor-status: what becomes of a reading. */
#include "agent/core/sensor-filter.h"

#include "agent/core/sample-line.h"
#include "agent/core/sensor-status.h"

#include <math.h>
#include <string.h>

static const SensorFilterConfig plain = { .scale = 1, .lowest = NAN, .highest = NAN };

static SensorReadings *readings_of(const char *json)
{
	SensorReadings *readings = sensor_readings_new();
	g_autoptr(GError) error = NULL;
	SampleLine line;

	g_assert_true(sample_line_parse(json, strlen(json), &line, &error));
	sensor_readings_add_members(readings, line.values, line.values_len);
	return readings;
}

/* Apply @json at @second; what is sent has to be @sent. */
static SensorFiltered expect(SensorFilter *filter, int64_t second, const char *json,
			     const char *sent)
{
	g_autoptr(SensorReadings) readings = readings_of(json);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) current = g_string_new(NULL);
	SensorFiltered result =
		sensor_filter_apply(filter, readings, second * G_USEC_PER_SEC, values, current);

	g_assert_cmpstr(values->str, ==, sent);
	result.stray_key = NULL; /* borrowed from the readings, which end here */
	return result;
}

/* Members come out as they went in: order, digits, escapes, white space gone. */
static void test_members(void)
{
	g_autoptr(SensorFilter) filter = sensor_filter_new(&plain);

	expect(filter, 0,
	       " { \"a\" : 1.50 , \"b\":\"x,\\\"y\\\\\" ,\"c\":true,\"d\" :-0.25e+1,"
	       "\"e\":12345678901234567890 } ",
	       "\"a\":1.50,\"b\":\"x,\\\"y\\\\\",\"c\":true,\"d\":-0.25e+1,"
	       "\"e\":12345678901234567890");
	expect(filter, 0, "{\"\xc3\xbc\":false}", "\"\xc3\xbc\":false");
}

static void test_numbers(void)
{
	g_autoptr(SensorFilter) filter = sensor_filter_new(&plain);
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) current = g_string_new(NULL);

	sensor_readings_add(readings, "t", 21.5);
	sensor_readings_add(readings, "nan", NAN);
	sensor_readings_add(readings, "inf", -INFINITY);
	sensor_readings_add(readings, "bytes", 123456789012.0);
	sensor_readings_add(readings, "zero", -0.0);
	sensor_filter_apply(filter, readings, 0, values, current);
	g_assert_cmpstr(values->str, ==, "\"t\":21.5,\"bytes\":123456789012,\"zero\":0");
	g_assert_cmpstr(current->str, ==, values->str);
}

static void test_scale(void)
{
	SensorFilterConfig config = plain;

	config.scale = 1.8;
	config.offset = 32;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	expect(filter, 0, "{\"a\":-5.25,\"b\":\"1\",\"c\":0}", "\"a\":22.55,\"b\":\"1\",\"c\":32");
}

static void test_limits(void)
{
	SensorFilterConfig config = plain;
	SensorFiltered result;

	config.scale = 0.5;
	config.lowest = -10;
	config.highest = 50;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	result = expect(filter, 0, "{\"a\":-20,\"b\":100,\"c\":-20.2,\"d\":170,\"e\":true}",
			"\"a\":-10,\"b\":50,\"e\":true");
	g_assert_cmpuint(result.passed, ==, 3);
	g_assert_cmpuint(result.outside, ==, 2);
	g_assert_cmpfloat(result.stray, ==, -10.1);
}

static void test_one_limit(void)
{
	SensorFilterConfig config = plain;

	config.lowest = 0;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	expect(filter, 0, "{\"a\":-1,\"b\":1e300}", "\"b\":1e300");
}

/* A scale that makes a number infinite leaves it out. */
static void test_overflow(void)
{
	SensorFilterConfig config = plain;

	config.scale = 1e9;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	g_assert_cmpuint(expect(filter, 0, "{\"a\":1e305}", "").outside, ==, 1);
}

/* Measured from what was sent last, so that a slow drift is seen; each name for itself. */
static void test_dead_band(void)
{
	SensorFilterConfig config = plain;

	config.dead_band = 0.5;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	expect(filter, 0, "{\"a\":20,\"b\":1}", "\"a\":20,\"b\":1");
	g_assert_cmpuint(expect(filter, 1, "{\"a\":20.4,\"b\":1}", "").held, ==, 2);
	expect(filter, 2, "{\"a\":20.4,\"b\":1.5}", "\"b\":1.5");
	expect(filter, 3, "{\"a\":20.5}", "\"a\":20.5");
	expect(filter, 4, "{\"a\":20.1}", "");
	expect(filter, 5, "{\"a\":20}", "\"a\":20");
	expect(filter, 99999, "{\"a\":20}", "");
	sensor_filter_forget(filter);
	expect(filter, 99999, "{\"a\":20}", "\"a\":20");
}

static void test_dead_band_texts(void)
{
	SensorFilterConfig config = plain;

	config.dead_band = 1;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	expect(filter, 0, "{\"door\":\"open\",\"on\":true}", "\"door\":\"open\",\"on\":true");
	expect(filter, 1, "{\"door\":\"open\",\"on\":false}", "\"on\":false");
	expect(filter, 2, "{\"door\":7}", "\"door\":7");
}

static void test_refresh(void)
{
	SensorFilterConfig config = plain;

	config.dead_band = 1;
	config.refresh_us = 60 * G_USEC_PER_SEC;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	expect(filter, 0, "{\"a\":20}", "\"a\":20");
	expect(filter, 59, "{\"a\":20.5}", "");
	expect(filter, 60, "{\"a\":20.5}", "\"a\":20.5");
	expect(filter, 119, "{\"a\":20.5}", "");
}

/* The dead band keeps back, but what is current is known. */
static void test_current(void)
{
	SensorFilterConfig config = plain;

	config.dead_band = 1;
	config.highest = 50;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	g_autoptr(SensorReadings) readings = readings_of("{\"a\":20.5,\"b\":60}");
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) current = g_string_new(NULL);

	expect(filter, 0, "{\"a\":20}", "\"a\":20");
	sensor_filter_apply(filter, readings, 1, values, current);
	g_assert_cmpstr(values->str, ==, "");
	g_assert_cmpstr(current->str, ==, "\"a\":20.5");
}

/* Names that come and go do not make it grow for ever. */
static void test_many_names(void)
{
	SensorFilterConfig config = plain;

	config.dead_band = 1;
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *json = g_strdup_printf("{\"n%d\":1}", i);
		g_autofree char *sent = g_strdup_printf("\"n%d\":1", i);

		expect(filter, 0, json, sent);
		expect(filter, 0, json, "");
	}
}

static void test_status(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	SensorStatus status = { .name = "t", .unit = "°C", .readings = "" };

	sensor_status_encode(&status, text);
	g_assert_cmpstr(text->str, ==,
			"{\"name\":\"t\",\"state\":\"waiting\",\"unit\":\"°C\",\"readings\":{},"
			"\"read\":0,\"failed\":0,\"outside\":0,\"held\":0}");
	g_string_truncate(text, 0);
	status = (SensorStatus){ .name = "t", .unit = "", .readings = "\"a\":1.50,\"b\":\"x\"" };
	status.counts = (SensorCounts){ 7, 1, 2, 3 };
	sensor_status_encode(&status, text);
	g_assert_cmpstr(text->str, ==,
			"{\"name\":\"t\",\"state\":\"ok\",\"readings\":{\"a\":1.50,\"b\":\"x\"},"
			"\"read\":7,\"failed\":1,\"outside\":2,\"held\":3}");
	g_string_truncate(text, 0);
	status.error = "no \"bus\"";
	status.readings = "";
	sensor_status_encode(&status, text);
	g_assert_nonnull(strstr(text->str, "\"state\":\"failing\",\"error\":\"no \\\"bus\\\"\","
					   "\"readings\":{}"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/sensor-readings/members", test_members);
	g_test_add_func("/agent/sensor-filter/numbers", test_numbers);
	g_test_add_func("/agent/sensor-filter/scale", test_scale);
	g_test_add_func("/agent/sensor-filter/limits", test_limits);
	g_test_add_func("/agent/sensor-filter/one-limit", test_one_limit);
	g_test_add_func("/agent/sensor-filter/overflow", test_overflow);
	g_test_add_func("/agent/sensor-filter/dead-band", test_dead_band);
	g_test_add_func("/agent/sensor-filter/dead-band-texts", test_dead_band_texts);
	g_test_add_func("/agent/sensor-filter/refresh", test_refresh);
	g_test_add_func("/agent/sensor-filter/current", test_current);
	g_test_add_func("/agent/sensor-filter/many-names", test_many_names);
	g_test_add_func("/agent/sensor-status", test_status);
	return g_test_run();
}
