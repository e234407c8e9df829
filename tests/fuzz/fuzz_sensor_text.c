/* SPDX-License-Identifier: MIT */
/* sensor-text: whatever a file of /sys or /proc holds. What is accepted is a number. And what
 * sample-line accepts of a program comes out of sensor-readings member by member, unchanged. */
#include "tests/fuzz/fuzz.h"

#include "agent/core/sample-line.h"
#include "agent/core/sensor-filter.h"
#include "agent/core/sensor-text.h"

#include <math.h>
#include <string.h>

static void check_files(const char *text)
{
	g_autoptr(GError) error = NULL;
	SensorTraffic traffic;
	SensorCpu cpu;
	uint32_t bits;
	double value = 0;

	g_assert_true(!sensor_text_number(text, &value) || isfinite(value));
	g_assert_true(!sensor_text_first(text, &value) || isfinite(value));
	g_assert_true(!sensor_text_memory(text, &value) || isfinite(value));
	g_assert_true(sensor_text_w1(text, &value, &error) == !error);
	g_assert_true(isfinite(value));
	if (sensor_text_hex(text, &bits))
		g_assert_cmpuint(strlen(text), >, 0);
	if (sensor_text_cpu(text, &cpu))
		g_assert_true(g_str_has_prefix(text, "cpu "));
	if (sensor_text_traffic(text, NULL, &traffic))
		g_assert_nonnull(strchr(text, ':'));
}

/* Parsed once more, the printed members are a line of as many readings. */
static void check_members(const SampleLine *line)
{
	SensorFilterConfig config = { .scale = 1, .lowest = NAN, .highest = NAN };
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GString) values = g_string_new("");
	g_autoptr(GString) current = g_string_new("");
	g_autoptr(GString) again = g_string_new("{");
	g_autoptr(GError) error = NULL;
	SampleLine reread;

	sensor_readings_add_members(readings, line->values, line->values_len);
	g_assert_cmpuint(sensor_readings_count(readings), >, 0);

	SensorFiltered result = sensor_filter_apply(filter, readings, 0, values, current);

	g_assert_cmpuint(result.passed + result.outside, ==, sensor_readings_count(readings));
	if (result.passed == 0)
		return;
	g_string_append(again, values->str);
	g_string_append_c(again, '}');
	g_assert_true(sample_line_parse(again->str, again->len, &reread, &error));
	g_assert_cmpuint(reread.values_len, <=, line->values_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	SampleLine line;

	check_files(text);
	if (sample_line_parse((const char *)data, size, &line, NULL))
		check_members(&line);
	return 0;
}
