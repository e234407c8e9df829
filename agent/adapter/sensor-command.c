/* SPDX-License-Identifier: MIT */
/*
 * sensor-command - a program that prints its readings as one JSON object
 *
 *   {"co2":612,"voc":17}
 *
 * The line is held to the rules of the ingest socket. A time of its own (`ts`) is refused: what a
 * command prints is measured now. Numbers go through scaling, limits and dead band one by one.
 */
#include "agent/adapter/sensor-program.h"
#include "agent/adapter/sensor.h"
#include "agent/core/sample-line.h"
#include "agent/core/sample.h"
#include "common/error.h"

#include <string.h>

/* The configuration has made sure that the words can be told apart. */
static void *command_open(const ConfigSensor *config)
{
	g_auto(GStrv) words = NULL;

	if (!g_shell_parse_argv(config->command, NULL, &words, NULL))
		g_assert_not_reached();
	return sensor_program_new((const char *const *)words);
}

static bool take_line(GString *text, SensorReadings *readings, GError **error)
{
	g_autoptr(GError) cause = NULL;
	SampleLine line;

	while (text->len > 0 && g_ascii_isspace(text->str[text->len - 1]))
		g_string_truncate(text, text->len - 1);
	if (!sample_line_parse(text->str, text->len, &line, &cause)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "its output: %s",
			    cause->message);
		return false;
	}
	if (line.has_ts) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "its output: a command cannot set ts");
		return false;
	}
	sensor_readings_add_members(readings, line.values, line.values_len);
	return true;
}

static bool command_read(void *sensor, const ConfigSensor *config, int64_t now_us,
			 SensorReadings *readings, GError **error)
{
	GString *text = sensor_program_run(sensor, config->timeout_ms, SAMPLE_VALUES_MAX, error);
	bool fine = text && take_line(text, readings, error);

	if (text)
		g_string_free(text, TRUE);
	return fine;
}

static void command_cancel(void *sensor)
{
	sensor_program_cancel(sensor);
}

static void command_free(void *sensor)
{
	sensor_program_free(sensor);
}

static const char *command_unit(const ConfigSensor *config, const char *key)
{
	return "";
}

const SensorDriver sensor_command = {
	.name = "command",
	.open = command_open,
	.read = command_read,
	.cancel = command_cancel,
	.free = command_free,
	.unit = command_unit,
};
