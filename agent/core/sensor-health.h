/* SPDX-License-Identifier: MIT */
/*
 * sensor-health - whether a sensor works, and which changes of that are worth a line in the log
 *
 * A sensor with a loose contact fails and comes back all day. So the 1st, 2nd, 4th, 8th … failure
 * is news, and the recovery from one that was; after an hour of work counting starts anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed before its first use */
typedef struct SensorHealth {
	bool failing;
	bool told;        /* the failure that lasts was news */
	uint64_t spells;  /* failures that began, since the last long calm */
	int64_t since_us; /* when the present state began */
} SensorHealth;

typedef enum SensorNews {
	SENSOR_NEWS_NONE,
	SENSOR_NEWS_FAILED,
	SENSOR_NEWS_RECOVERED,
} SensorNews;

/* sensor_health_step() - what one attempt changed
 * @now_us: monotonic */
SensorNews sensor_health_step(SensorHealth *health, bool fine, int64_t now_us);
