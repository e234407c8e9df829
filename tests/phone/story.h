/* SPDX-License-Identifier: MIT */
/*
 * story - one run of the phone, from the first advertisement to the outcome
 */
#pragma once

#include "tests/phone/options.h"

/* story_run() - do what the options ask for
 * Errors: any PHONE_ERROR; that of the last thing tried */
bool story_run(const Options *options, Report *report, GError **error) G_GNUC_WARN_UNUSED_RESULT;
