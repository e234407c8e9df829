/* SPDX-License-Identifier: MIT */
#include "agent/core/stages.h"

#include <glib.h>

static const char *const names[] = {
	[STAGE_CLOCK] = "clock", [STAGE_DNS] = "dns",   [STAGE_TCP] = "tcp",
	[STAGE_TLS] = "tls",     [STAGE_MQTT] = "mqtt", [STAGE_TELEMETRY] = "telemetry",
};

G_STATIC_ASSERT(G_N_ELEMENTS(names) == STAGE_N);

const char *stage_name(Stage stage)
{
	g_return_val_if_fail((size_t)stage < G_N_ELEMENTS(names), NULL);
	return names[stage];
}

const char *stage_state_name(StageState state)
{
	switch (state) {
	case STAGE_PENDING: return "pending";
	case STAGE_OK: return "ok";
	case STAGE_FAILED: break;
	}
	return "failed";
}

/* The first step that is not behind us. */
static Stage stage_at(const StagesInput *input)
{
	switch (input->state) {
	case UPLINK_STARTING:
	case UPLINK_IDENTITY:
	case UPLINK_CLOCK:
	case UPLINK_STOPPED: return STAGE_CLOCK;
	case UPLINK_BACKOFF: return input->failed;
	case UPLINK_CONNECTING: return input->reached;
	case UPLINK_ONLINE: break;
	}
	return STAGE_TELEMETRY;
}

StageState stages_find(const StagesInput *input, Stage stage)
{
	Stage at = stage_at(input);

	if (stage == STAGE_TELEMETRY && input->acked)
		return STAGE_OK;
	if (stage < at)
		return STAGE_OK;
	return stage == input->failed ? STAGE_FAILED : STAGE_PENDING;
}
