/* SPDX-License-Identifier: MIT */
/*
 * sensor-program - run a program to its end and wait for it, bounded in time and output
 *
 * No shell. The program has no input, a process group of its own, default signals, our
 * environment without what the service manager meant for us, and none of our descriptors. When
 * it has ended, or its time has, everything that is left of its group is killed.
 *
 * Owner: whoever calls sensor_program_run(), in a thread that may wait; sensor_program_cancel()
 * comes from another one.
 */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SensorProgram SensorProgram;

/* sensor_program_new() - nothing runs yet
 * @words: the program, looked for in PATH, and its arguments; NULL at the end; copied */
SensorProgram *sensor_program_new(const char *const *words);

/* sensor_program_free() - not during sensor_program_run(); NULL is fine */
void sensor_program_free(SensorProgram *program);

/* sensor_program_run() - start it and wait for its end
 * @timeout_ms: 1 or more
 * @output_max: octets it may write to standard output
 * Returns its output, NUL added, which is not part of the string's length; the caller frees it
 * Errors: LANDFALL_ERROR_UNAVAILABLE (cannot be started, exit status other than 0 with the first
 * line of its standard error, killed by a signal, time over), LANDFALL_ERROR_INVALID (more output
 * than it may), LANDFALL_ERROR_CANCELLED */
GString *sensor_program_run(SensorProgram *program, int64_t timeout_ms, size_t output_max,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_program_cancel() - kill it when it runs, and start it no more */
void sensor_program_cancel(SensorProgram *program);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SensorProgram, sensor_program_free)
