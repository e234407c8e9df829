/* SPDX-License-Identifier: MIT */
/*
 * sensor-filter - from what a sensor gave to what is sent: scaling, limits, dead band
 *
 * In this order, for every number: value * scale + offset; left out when outside of the limits;
 * kept back when nearer than the dead band to the value last sent under this name, unless that
 * was `refresh` ago. Texts and truth values pass, with a dead band only when they have changed.
 *
 * Owner: one per sensor; it remembers at most SAMPLE_MEMBERS_MAX names.
 */
#pragma once

#include "agent/core/sensor-readings.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits that are not set are NaN. */
typedef struct SensorFilterConfig {
	double scale;
	double offset;
	double lowest;
	double highest;
	double dead_band;   /* 0: none */
	int64_t refresh_us; /* 0: never because of the time */
} SensorFilterConfig;

typedef struct SensorFilter SensorFilter;

/* sensor_filter_new() - @config is copied */
SensorFilter *sensor_filter_new(const SensorFilterConfig *config);

/* sensor_filter_free() - NULL is fine */
void sensor_filter_free(SensorFilter *filter);

/* What became of the readings of one moment */
typedef struct SensorFiltered {
	size_t passed;
	size_t held;           /* by the dead band */
	size_t outside;        /* of the limits */
	double stray;          /* the first of those outside, scaled */
	const char *stray_key; /* its name, borrowed from the readings */
} SensorFiltered;

/* sensor_filter_apply() - scale, judge and print the readings of one moment
 * @now_us:  monotonic
 * @values:  what is to be sent is appended, as sample.h wants it
 * @current: the same and what the dead band keeps back */
SensorFiltered sensor_filter_apply(SensorFilter *filter, const SensorReadings *readings,
				   int64_t now_us, GString *values, GString *current);

/* sensor_filter_forget() - the next reading is sent whatever it is: the sensor was away */
void sensor_filter_forget(SensorFilter *filter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SensorFilter, sensor_filter_free)
