/* SPDX-License-Identifier: MIT */
/*
 * sensors - all sensors of the configuration, each read when it is due
 *
 * What is due at the same moment makes one sample, which waits 100 ms for the slowest. What comes
 * later makes a sample of its own, and is not waited for until it is quick again: docs/sensors.md.
 * Without any [sensor NAME] group the machine reports on itself (driver system). A sensor that
 * fails is left out, said in the log with a limit, and tried again every time.
 *
 * Owner: one thread with a main loop. Reading happens in others.
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Sensors Sensors;

/* SensorsReady - readings of one moment; must not free the Sensors
 * @values: members of a JSON object, no name twice, borrowed, 1 to SAMPLE_VALUES_MAX octets */
typedef void (*SensorsReady)(const char *values, size_t len, void *data);

/* sensors_check() - whether sensors_new() takes the sensors of @config
 * Errors: LANDFALL_ERROR_CONFIG (a key that cannot name a reading) */
bool sensors_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_new() - start reading
 * @config: borrowed for the call
 * Errors: LANDFALL_ERROR_CONFIG (unusable name of a reading), those of sensor_reader_new() */
Sensors *sensors_new(const Config *config, SensorsReady ready, void *data,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_read_now() - read all of them at once, beside their schedule; what comes is sent whatever
 * the dead band says */
void sensors_read_now(Sensors *sensors);

/* SensorsAnswered - one reading on request has ended
 * @readings: a JSON object, borrowed; NULL with an @error */
typedef void (*SensorsAnswered)(uint64_t token, const char *readings, const GError *error,
				void *data);

/* sensors_read() - read the sensor @name beside its schedule
 * @answered: called once with @token and sensors_new()'s data; with LANDFALL_ERROR_CANCELLED by
 *   sensors_free()
 * What is read makes a sample as well.
 * Errors: COMMAND_ERROR_UNKNOWN (no such sensor), COMMAND_ERROR_BUSY (hangs in a reading before) */
bool sensors_read(Sensors *sensors, const char *name, SensorsAnswered answered, uint64_t token,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_set_interval() - until the end of the program
 * @name: of a sensor; NULL: all that have no interval of their own in the configuration
 * @interval_ms: 1 or more
 * Errors: COMMAND_ERROR_UNKNOWN */
bool sensors_set_interval(Sensors *sensors, const char *name, int64_t interval_ms,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_interval_ms() - of those that have none of their own */
int64_t sensors_interval_ms(const Sensors *sensors);

/* sensors_free() - stop; never waits; NULL is fine */
void sensors_free(Sensors *sensors);

/* sensors_describe() - append to @text how each sensor is doing, as the JSON array that
 * docs/agent.md lists under `sensors` */
void sensors_describe(const Sensors *sensors, GString *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sensors, sensors_free)
