/* SPDX-License-Identifier: MIT */
/*
 * landfall-status - the endpoint that tells how far the device has come on its way to the cloud
 *
 *   Wi-Fi, address          known here, from the join
 *   clock ... telemetry     known to the agent, which an adapter asks whenever the phone asks us;
 *                           what it said last is what is told, while it is fresh
 *
 * Steps are pending, done or failed; a failed one says why. What the agent says of another
 * identity than the one in force is not told: it has not taken notice of it yet.
 */
#pragma once

#include "provisioner/core/prov-config.h"
#include "provisioner/core/prov-error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define LANDFALL_STATUS_FRESH_US (10 * G_USEC_PER_SEC) /* how long the agent's word counts */
#define LANDFALL_STATUS_TEXT_MAX 160                   /* octets of a sentence */

/* What the agent knows, in its order. */
typedef enum AgentStep {
	AGENT_STEP_CLOCK,
	AGENT_STEP_DNS,
	AGENT_STEP_TCP,
	AGENT_STEP_TLS,
	AGENT_STEP_MQTT,
	AGENT_STEP_TELEMETRY,
	AGENT_STEP_N,
} AgentStep;

/* Numbers as on the wire. */
typedef enum StepState {
	STEP_PENDING,
	STEP_DONE,
	STEP_FAILED,
} StepState;

/* What the agent said of itself. Texts are borrowed. */
typedef struct AgentReport {
	const char *problem; /* it could not be asked: why, in words; NULL: all below is known */
	uint32_t generation; /* of the store, the one it uses; 0: none */
	struct {
		StepState state;
		const char *text; /* of a failed step; else NULL */
	} steps[AGENT_STEP_N];
} AgentReport;

/* What else there is to know. */
typedef struct StatusInput {
	const ProvConfig *config; /* the join of this session */
	bool online;              /* the interface has an address, whoever gave it */
	uint32_t generation;      /* the one in force; 0: none */
	int64_t now_us;
} StatusInput;

typedef struct LandfallStatus LandfallStatus;

/* landfall_status_new() - nothing is known of the agent */
LandfallStatus *landfall_status_new(void);

/* landfall_status_free() - NULL is fine */
void landfall_status_free(LandfallStatus *status);

/* landfall_status_on_agent() - the agent was asked; copied */
void landfall_status_on_agent(LandfallStatus *status, const AgentReport *report, int64_t now_us);

/* landfall_status_handle() - one request
 * @in: the clear request, borrowed
 * @out: appended to on success, untouched on failure
 * Errors: PROV_ERROR_VALUE (not decodable, no such command) */
bool landfall_status_handle(LandfallStatus *status, const Secret *in, const StatusInput *input,
			    GByteArray *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* landfall_status_told_all() - the phone was told that everything is done, the first telemetry
 * acknowledged */
bool landfall_status_told_all(const LandfallStatus *status);

/* landfall_status_clear() - another phone, another service: nothing was told, nothing is known */
void landfall_status_clear(LandfallStatus *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LandfallStatus, landfall_status_free)
