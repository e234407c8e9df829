/* SPDX-License-Identifier: MIT */
/*
 * sensors - all sensors of the configuration, each read when it is due
 *
 * What is due at the same moment makes one sample. Without any [sensor NAME] group the machine
 * reports on itself (driver system). A sensor that fails is left out of the sample, said once,
 * and tried again every time.
 *
 * Owner: one thread with a main loop.
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stddef.h>

typedef struct Sensors Sensors;

/* SensorsReady - readings of one moment
 * @values: members of a JSON object, borrowed, 1 octet or more */
typedef void (*SensorsReady)(const char *values, size_t len, void *data);

/* sensors_new() - start reading
 * @config: borrowed, kept
 * Errors: LANDFALL_ERROR_CONFIG (driver not in this version, unusable name of a reading) */
Sensors *sensors_new(const Config *config, SensorsReady ready, void *data,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensors_read_now() - read all of them at once, beside their schedule */
void sensors_read_now(Sensors *sensors);

/* sensors_free() - stop; NULL is fine */
void sensors_free(Sensors *sensors);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sensors, sensors_free)
