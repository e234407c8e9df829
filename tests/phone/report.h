/* SPDX-License-Identifier: MIT */
/*
 * report - what the phone tells whoever started it: words for people, or one JSON object a line
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Report Report;

/* report_new() - @out is borrowed; @json: objects instead of words */
Report *report_new(FILE *out, bool json);

void report_free(Report *report);

/* report_step() - say that something has happened; NULL says nothing
 * @step: one word for it, the "step" of the JSON object
 * @details: the other members of that object, consumed; NULL for none */
void report_step(Report *report, const char *step, cJSON *details, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/* report_more() - a further line of words under the last step; nothing in JSON */
void report_more(Report *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)
