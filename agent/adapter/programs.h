/* SPDX-License-Identifier: MIT */
/*
 * programs - runs of the operator's programs, a few at a time, each by a token
 *
 * The result of a run is {"status":N,"output":TEXT,"cut":BOOL}; a program that was killed when its
 * time was up is an error (COMMAND_ERROR_TIMEOUT). Nobody waits for a run without a token
 * (PROGRAMS_NO_TOKEN): when it fails, the log says so.
 *
 * Owner: one thread with a main loop.
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PROGRAMS_MAX      4 /* at once */
#define PROGRAMS_NO_TOKEN 0

typedef struct Programs Programs;

/* ProgramsEnded - the run @token has ended; borrowed: @result, or @error in its place */
typedef void (*ProgramsEnded)(uint64_t token, const char *result, const GError *error, void *data);

/* programs_new() - none runs */
Programs *programs_new(ProgramsEnded ended, void *data);

/* programs_free() - kills those that run and tells nobody; NULL is fine */
void programs_free(Programs *programs);

/* programs_run() - start @program with @arguments behind its own words
 * @arguments: up to a NULL, borrowed
 * Errors: COMMAND_ERROR_BUSY, COMMAND_ERROR_FAILED (cannot be started) */
bool programs_run(Programs *programs, uint64_t token, const ConfigCommand *program,
		  const char *const *arguments, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* programs_room() - how many more can be started now */
unsigned programs_room(const Programs *programs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Programs, programs_free)
