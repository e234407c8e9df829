/* SPDX-License-Identifier: MIT */
/*
 * advice - what somebody can do about a failure of the way to the broker
 */
#pragma once

#include "agent/core/stages.h"

/* ADVICE_IDENTITY - while there is nobody to connect as */
#define ADVICE_IDENTITY                                                                            \
	"give the device an identity: with the phone, or with 'landfallctl store import FOLDER'"

/* advice_find() - a sentence for the stage at which it fails; static */
const char *advice_find(Stage failed);
