/* SPDX-License-Identifier: MIT */
/* board-fixture - a board of tests/data/boards as folders, and sensors that read it */
#pragma once

#include "agent/adapter/sensor.h"
#include "common/config.h"

#include <glib.h>

/* Settings of [sensor s]; %s becomes the folder of the board. */
#define BOARD_THERMAL "driver=thermal\nroot=%s/sys/class/thermal\n"
#define BOARD_HWMON   "driver=hwmon\nroot=%s/sys/class/hwmon\n"
#define BOARD_IIO     "driver=iio\nroot=%s/sys/bus/iio/devices\n"
#define BOARD_W1      "driver=w1\nroot=%s/sys/bus/w1/devices\n"

typedef struct Board {
	char *root;
} Board;

/* board_set_up() - unpacks the tree; for g_test_add()
 * @data: something that begins with the name of the board, or NULL: a Raspberry Pi 4 */
void board_set_up(Board *board, gconstpointer data);

/* board_tear_down() - removes it; for g_test_add() */
void board_tear_down(Board *board, gconstpointer data);

/* board_write() - gives the file at @path below the root this text; made when it is not there */
void board_write(const Board *board, const char *path, const char *text);

/* board_remove() - the file at @path is there and goes */
void board_remove(const Board *board, const char *path);

/* board_configure() - a configuration that begins with [sensor s] and @settings */
Config *board_configure(const Board *board, const char *settings);

/* board_print() - what @readings would be sent as; free with g_free() */
char *board_print(const SensorReadings *readings);

/* board_read_once() - what one attempt gave, NULL when it failed as a reading may; g_free() */
char *board_read_once(const SensorDriver *driver, void *sensor, const ConfigSensor *group);

/* board_expect() - a sensor with @settings reads @values; "": it fails */
void board_expect(const Board *board, const char *settings, const char *values);
