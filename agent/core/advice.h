/* SPDX-License-Identifier: MIT */
/*
 * advice - what somebody can do about a failure of the way to the broker
 *
 * docs/agent.md has the table of stages and causes.
 */
#pragma once

#include "agent/core/stages.h"

#include <glib.h>

/* ADVICE_IDENTITY - while there is nobody to connect as */
#define ADVICE_IDENTITY                                                                            \
	"give the device an identity: with the phone, or with 'landfallctl store import FOLDER'"

/* Who ended an attempt or a connection, and how */
typedef enum AdviceCause {
	ADVICE_CAUSE_LOST,    /* the network, or nobody answered */
	ADVICE_CAUSE_HUNG_UP, /* the broker ended a connection that stood */
	ADVICE_CAUSE_DENIED,  /* the broker: not for this device */
	ADVICE_CAUSE_INVALID, /* one side does not take what the other says */
	ADVICE_CAUSE_FULL,    /* the broker: not so much */
	ADVICE_CAUSE_RIVAL,   /* another client, or so it seems */
	ADVICE_CAUSE_OTHER,   /* the identity, a setting, or the broker for no reason */
	ADVICE_CAUSE_N,
} AdviceCause;

/* advice_cause() - of an attempt or connection that ended with @error
 * @hung_up: the connection stood, and the broker ended it */
AdviceCause advice_cause(const GError *error, bool hung_up);

/* advice_find() - a sentence for the stage at which it fails; static, "" for STAGE_N */
const char *advice_find(Stage failed, AdviceCause cause);
