/* SPDX-License-Identifier: MIT */
/*
 * status - how the agent is doing, as one JSON object (docs/agent.md lists its members)
 */
#pragma once

#include "agent/core/advice.h"
#include "agent/core/enrol.h"
#include "agent/core/renewal.h"
#include "agent/core/stages.h"
#include "agent/core/uplink-state.h"
#include "common/expiry.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed; NULL stands for "not known". */
typedef struct AgentStatus {
	UplinkState state;
	const char *broker; /* URI */
	const char *client_id;
	const char *last_error; /* "" when the last attempt succeeded */
	int64_t retry_ms;
	uint64_t last_ack;
	int64_t last_publish_ms; /* wall clock, of the last sample acknowledged; 0: none yet */
	uint64_t connects;
	unsigned connect_ms;
	Stage reached; /* as stages_find() wants them */
	Stage failed;
	AdviceCause cause; /* of last_error */
	bool acked;

	uint32_t generation; /* of the store; 0: none */
	const char *common_name;
	int64_t not_before; /* Unix seconds */
	int64_t not_after;
	RenewalState renewal;
	ExpiryAlarm alarm;
	int64_t renewal_wait; /* Unix seconds: the server wants to be left alone so long; or 0 */
	const char *renewal_error; /* "" when the last one succeeded */
	EnrolState enrolment;
	int64_t enrolment_retry_ms;
	const char *enrolment_error; /* NULL: no cloud enrols this device */

	uint64_t waiting;
	uint64_t bytes;
	uint64_t limit;
	uint64_t last;
	uint64_t accepted;
	uint64_t delivered;
	uint64_t dropped;
	const char *spool_refusal; /* why samples are refused, "" while they are taken */

	const char *sensors; /* JSON array, one object a sensor */
} AgentStatus;

/* status_advice() - what can be done about the last error, "" when there is none; static */
const char *status_advice(const AgentStatus *status);

/* status_encode() - append @status to @text */
void status_encode(const AgentStatus *status, GString *text);

/* status_sentence() - @status in one line for the service manager; the caller frees it */
char *status_sentence(const AgentStatus *status);
