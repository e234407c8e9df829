/* SPDX-License-Identifier: MIT */
/*
 * control - what the agent does on request, whoever asks
 *
 * A port: main() fills it, the bus object and the commands of a cloud call it. Whether the caller
 * may is decided before.
 */
#pragma once

#include "agent/core/status.h"

#include <glib.h>
#include <stdbool.h>

#define CONTROL_IDENTIFY_MAX_S 600

typedef struct Control {
	/* status() - how the agent is doing; texts live until the loop turns */
	void (*status)(AgentStatus *status, void *data);

	/* publish_now() - read every sensor, and connect without waiting for the next attempt
	 * Errors: LANDFALL_ERROR_CANCELLED (the agent stops) */
	bool (*publish_now)(void *data, GError **error);

	/* reload() - read configuration and store again, as on SIGHUP
	 * Errors: LANDFALL_ERROR_CONFIG (the old settings stay), LANDFALL_ERROR_CANCELLED */
	bool (*reload)(void *data, GError **error);

	/* identify() - show a person which device this is, for @seconds, 0: stop
	 * Errors: LANDFALL_ERROR_INVALID (more than CONTROL_IDENTIFY_MAX_S),
	 * LANDFALL_ERROR_UNAVAILABLE (no indicator), LANDFALL_ERROR_CANCELLED */
	bool (*identify)(unsigned seconds, void *data, GError **error);
} Control;
