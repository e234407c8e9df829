/* SPDX-License-Identifier: MIT */
/*
 * sensor-status - how one sensor is doing, as a JSON object (docs/agent.md lists its members)
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct SensorCounts {
	uint64_t read;    /* attempts that have ended */
	uint64_t failed;  /* of these, with something missing */
	uint64_t outside; /* readings left out because of the limits */
	uint64_t held;    /* readings kept back by the dead band */
} SensorCounts;

/* Texts are borrowed. */
typedef struct SensorStatus {
	const char *name;
	const char *unit;     /* "": it has none */
	const char *error;    /* NULL: the last attempt was fine, or none has ended */
	const char *readings; /* members of a JSON object, checked */
	SensorCounts counts;
} SensorStatus;

/* sensor_status_encode() - append @status to @text */
void sensor_status_encode(const SensorStatus *status, GString *text);
