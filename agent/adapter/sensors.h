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
#include <stddef.h>

typedef struct Sensors Sensors;

/* SensorsReady - readings of one moment; must not free the Sensors
 * @values: members of a JSON object, no name twice, borrowed, 1 to SAMPLE_VALUES_MAX octets */
typedef void (*SensorsReady)(const char *values, size_t len, void *data);

/* sensors_new() - start reading
 * @config: borrowed for the call
 * Errors: LANDFALL_ERROR_CONFIG (unusable name of a reading) */
Sensors *sensors_new(const Config *config, SensorsReady ready, void *data,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_read_now() - read all of them at once, beside their schedule; what comes is sent whatever
 * the dead band says */
void sensors_read_now(Sensors *sensors);

/* sensors_free() - stop; never waits; NULL is fine */
void sensors_free(Sensors *sensors);

/* sensors_describe() - append to @text how each sensor is doing, as the JSON array that
 * docs/agent.md lists under `sensors` */
void sensors_describe(const Sensors *sensors, GString *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sensors, sensors_free)
