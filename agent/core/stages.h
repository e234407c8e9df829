/* SPDX-License-Identifier: MIT */
/*
 * stages - the way of the first sample to the broker, step by step
 *
 * Somebody who stands beside the device wants to know which step is the one that fails. A step is
 * ok when it is behind us, failed when the last attempt ended there, pending otherwise. A failure
 * stays to be seen while the next attempt is on its way to the same step.
 */
#pragma once

#include "agent/core/uplink-state.h"

#include <stdbool.h>

typedef enum Stage {
	STAGE_CLOCK,     /* plausible for the certificate */
	STAGE_DNS,       /* the broker's name has an address */
	STAGE_TCP,       /* the broker's port answers */
	STAGE_TLS,       /* each side takes the other's certificate */
	STAGE_MQTT,      /* CONNACK */
	STAGE_TELEMETRY, /* the first PUBACK of this identity */
	STAGE_N,
} Stage;

typedef enum StageState {
	STAGE_PENDING,
	STAGE_OK,
	STAGE_FAILED,
} StageState;

typedef struct StagesInput {
	UplinkState state;
	Stage reached; /* while connecting: what the attempt is at */
	Stage failed;  /* where the last attempt ended; STAGE_N: there is no failure to tell */
	bool acked;    /* a sample of this identity was acknowledged */
} StagesInput;

/* stages_find() - how @stage stands */
StageState stages_find(const StagesInput *input, Stage stage);

/* stage_name() - "clock", "dns" ...; static */
const char *stage_name(Stage stage);

/* stage_state_name() - "pending", "ok", "failed"; static */
const char *stage_state_name(StageState state);
