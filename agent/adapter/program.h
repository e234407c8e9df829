/* SPDX-License-Identifier: MIT */
/*
 * program - one run of a program: no shell, bounded in time and output, never waited for
 *
 * It gets a process group of its own, nothing on standard input, an environment of PATH and LANG
 * unless it is to have ours, and a pipe for standard output and error. When it has ended, or its
 * time is up, what is left of the group is killed.
 *
 * Owner: one thread with a main loop. ended() is called once, unless program_free() comes first.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Program Program;

typedef struct ProgramLimits {
	int64_t timeout_ms;
	size_t output;    /* octets kept; what comes behind is read and forgotten */
	bool environment; /* that of child_environment() */
} ProgramLimits;

/* What became of it. */
typedef struct ProgramResult {
	int status;         /* exit status; 128 and the number of the signal that ended it */
	bool timed_out;     /* it was killed when its time was up */
	bool cut;           /* it said more than `output` octets */
	const char *output; /* UTF-8, what was none replaced */
} ProgramResult;

/* ProgramEnded - @program is freed after this; @result is borrowed */
typedef void (*ProgramEnded)(Program *program, const ProgramResult *result, void *data);

/* program_start() - run @argv
 * Errors: LANDFALL_ERROR_UNAVAILABLE (cannot be started, or watched) */
Program *program_start(const char *const *argv, const ProgramLimits *limits, ProgramEnded ended,
		       void *data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* program_free() - kill it, reap it, tell nobody; NULL is fine */
void program_free(Program *program);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Program, program_free)
