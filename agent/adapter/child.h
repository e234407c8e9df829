/* SPDX-License-Identifier: MIT */
/*
 * child - a program in a process group of its own, at the other end of pipes
 *
 * No shell. It has nothing on standard input, default signals and none of our descriptors. What
 * waits for it, and how long, is another matter: program does so on the loop, sensor-program in a
 * thread.
 *
 * Plain value type; a Child is not copied while it runs.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Child {
	pid_t pid;      /* 0: not started, or reaped */
	int output;     /* reading end, does not block; -1: closed, at its end */
	int complaints; /* the same for standard error; -1 also when that goes to `output` */
	int ended;      /* readable at its end; -1: none, before Linux 5.3 or under valgrind */
} Child;

#define CHILD_INIT ((Child){ .output = -1, .complaints = -1, .ended = -1 })

typedef struct ChildSetup {
	const char *const *words;       /* looked for in our PATH, and its arguments; NULL-ended */
	const char *const *environment; /* NULL-ended */
	const char *folder;             /* it works there; NULL: where we do */
	bool complaints;                /* standard error has a pipe of its own */
} ChildSetup;

/* child_environment() - ours, without what the service manager meant for us; g_strfreev() it */
char **child_environment(void);

/* child_start() - @child is CHILD_INIT before, and after a failure
 * Errors: LANDFALL_ERROR_UNAVAILABLE (cannot be started) */
bool child_start(Child *child, const ChildSetup *setup, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* child_kill() - it and all of its group, at once. Not after child_reap() */
void child_kill(const Child *child);

/* child_has_ended() - whether child_reap() would not wait */
bool child_has_ended(const Child *child);

/* child_reap() - wait for its end, after killing what is left of its group
 * Returns its status as waitpid() has it */
int child_reap(Child *child);

/* child_read() - take what one read() gives
 * @fd: `output` or `complaints` of a child, closed at its end
 * @into: appended to, up to @max octets in all; @cut: set when there was more
 * Returns whether there may be more at once */
bool child_read(int *fd, GString *into, size_t max, bool *cut);

/* child_clear() - close everything, kill and reap it when it runs; twice is fine */
void child_clear(Child *child);
