/* SPDX-License-Identifier: MIT */
/*
 * indicators - LEDs and the display: what a person beside the device sees
 *
 * Told what happens; core/indicator and core/screen say how that looks. Without an LED or a display
 * there is no Indicators, no timer and no look at the network. Owner: main().
 */
#pragma once

#include "agent/core/frame.h"
#include "agent/core/indicator.h"
#include "agent/core/status.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Indicators Indicators;

/* IndicatorsDraw - the page of the display, now; false: it cannot be drawn, which was logged */
typedef bool (*IndicatorsDraw)(bool inverted, Frame *frame, void *data);

/* indicators_new() - take what the configuration names and is there
 * @draw: called with @data once a second while there is a display
 * NULL when there is nothing; what was configured and is not there is logged */
Indicators *indicators_new(const Config *config, IndicatorsDraw draw, void *data);

/* indicators_free() - give everything back as it was. NULL is fine */
void indicators_free(Indicators *indicators);

/* indicators_status() - the agent's status may tell something new; NULL is fine */
void indicators_status(Indicators *indicators, const AgentStatus *status);

/* indicators_provisioning() - the State of the provisioner; NULL: it does not run */
void indicators_provisioning(Indicators *indicators, const char *state);

/* indicators_identify() - let a person find this device for @seconds, 0: stop */
void indicators_identify(Indicators *indicators, unsigned seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Indicators, indicators_free)
