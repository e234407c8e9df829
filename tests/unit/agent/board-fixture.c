/* SPDX-License-Identifier: MIT */
#include "tests/unit/agent/board-fixture.h"

#include "agent/core/sensor-filter.h"
#include "common/error.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>

void board_write(const Board *board, const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(board->root, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

void board_remove(const Board *board, const char *path)
{
	g_autofree char *full = g_build_filename(board->root, path, NULL);

	g_assert_cmpint(g_unlink(full), ==, 0);
}

static void unpack(const Board *board, const char *name)
{
	g_autofree char *command = g_strdup_printf(
		"'%s/boards/unpack' '%s/boards/%s.tree' '%s'", g_getenv("LANDFALL_TEST_DATA"),
		g_getenv("LANDFALL_TEST_DATA"), name, board->root);

	g_assert_cmpint(system(command), ==, 0);
}

void board_set_up(Board *board, gconstpointer data)
{
	board->root = g_dir_make_tmp("landfall-sensors-XXXXXX", NULL);
	unpack(board, data ? *(const char *const *)data : "raspberry-pi-4");
}

void board_tear_down(Board *board, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", board->root);

	g_assert_cmpint(system(command), ==, 0);
	g_free(board->root);
}

Config *board_configure(const Board *board, const char *settings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new("[sensor s]\n");

	g_string_append(text, settings);
	g_string_replace(text, "%s", board->root, 0);
	Config *config = config_parse(text->str, text->len, "test", &error);
	g_assert_no_error(error);
	return config;
}

char *board_print(const SensorReadings *readings)
{
	const SensorFilterConfig config = { .scale = 1, .lowest = NAN, .highest = NAN };
	g_autoptr(SensorFilter) filter = sensor_filter_new(&config);
	g_autoptr(GString) values = g_string_new(NULL);
	g_autoptr(GString) current = g_string_new(NULL);

	sensor_filter_apply(filter, readings, 0, values, current);
	return g_string_free(g_steal_pointer(&values), FALSE);
}

char *board_read_once(const SensorDriver *driver, void *sensor, const ConfigSensor *group)
{
	g_autoptr(SensorReadings) readings = sensor_readings_new();
	g_autoptr(GError) error = NULL;

	if (driver->read(sensor, group, 0, readings, &error))
		return board_print(readings);
	g_assert_true(g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE) ||
		      g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID));
	g_assert_cmpuint(sensor_readings_count(readings), ==, 0);
	return NULL;
}

void board_expect(const Board *board, const char *settings, const char *values)
{
	g_autoptr(Config) config = board_configure(board, settings);
	const ConfigSensor *group = g_ptr_array_index(config->sensors, 0);
	const SensorDriver *driver = sensor_driver(group->driver);
	void *sensor = driver->open ? driver->open(group) : NULL;
	g_autofree char *text = board_read_once(driver, sensor, group);

	g_assert_cmpstr(text ? text : "", ==, values);
	if (driver->free)
		driver->free(sensor);
}
