/* SPDX-License-Identifier: MIT */
/*
 * apart - one piece of work in a process of its own
 *
 * For what a service does once, at its start, and what needs much memory to do: libcrypto sets up
 * all algorithms and error texts at the first hash. All of it, and whatever secrets were handled,
 * goes with the process. What is left are the files that were written.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The work. Sets @error when it returns false */
typedef bool (*ApartFunc)(gpointer data, GError **error);

/* apart_run() - call @run in a child, and wait for its end
 * Only while the process has one thread: the child has no other. It starts with what the parent
 * has, and nothing it changes in memory comes back. Where no process can be made, @run is called
 * here: it is done in any case, the memory is merely not given back.
 * Errors: LANDFALL_ERROR, as @run set it (of another domain: LANDFALL_ERROR_FAILED with its text,
 * cut at 1000 octets); LANDFALL_ERROR_FAILED when the child ended without a word */
bool apart_run(ApartFunc run, gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
