/* SPDX-License-Identifier: MIT */
/*
 * sensor-reader - reads sensors in threads, so that one that hangs delays nobody
 *
 * Whatever is asked for waits in a queue; one thread reads one sensor after another. When a
 * reading has taken 100 ms and others wait, another thread goes on with them. A sensor that was
 * slow stands behind those that were quick from then on. Threads that are not needed end, but
 * one. There are at most SENSOR_THREADS_MAX.
 *
 * Each question has one answer, also when the kernel never gives one: after the sensor's timeout
 * it is an error. The sensor stays busy until its thread returns, and what that brings is thrown
 * away.
 *
 * Owner: one thread with a main loop. Freeing never waits: a thread that hangs keeps what it
 * needs alive by itself.
 */
#pragma once

#include "agent/core/sensor-readings.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SENSOR_THREADS_MAX 16     /* below TasksMax= of the unit, with room for programs */
#define SENSOR_QUICK_US    100000 /* a reading that takes longer is slow */

typedef struct SensorReader SensorReader;

/* SensorRead - the answer for sensor @index; may ask again
 * @readings: what could be read, maybe none; borrowed
 * @error:    why something is missing, or NULL; borrowed */
typedef void (*SensorRead)(size_t index, const SensorReadings *readings, const GError *error,
			   void *data);

/* sensor_reader_new() - no sensors yet
 * @read: called from the default main context of this thread, never from inside a function here
 * Errors: those of bell_new() */
SensorReader *sensor_reader_new(SensorRead read, void *data,
				GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_reader_free() - no more answers; programs that run are killed; NULL is fine */
void sensor_reader_free(SensorReader *reader);

/* sensor_reader_add() - one more sensor; its index counts from 0
 * @config: copied */
void sensor_reader_add(SensorReader *reader, const ConfigSensor *config);

/* sensor_reader_ask() - read sensor @index
 * Returns false when it is still busy with a reading before: no answer will come */
bool sensor_reader_ask(SensorReader *reader, size_t index);

/* sensor_reader_is_slow() - whether the last reading of @index took more than SENSOR_QUICK_US, or
 * one takes it right now */
bool sensor_reader_is_slow(const SensorReader *reader, size_t index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SensorReader, sensor_reader_free)
