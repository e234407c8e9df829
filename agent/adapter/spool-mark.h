/* SPDX-License-Identifier: MIT */
/*
 * spool-mark - how high the numbers of samples have gone, in a small file beside the spool
 *
 *   PATH.mark   one decimal number and a line feed: no sample was given a number this high
 *
 * It goes ahead of the numbers in large steps, and is read only where the spool itself cannot tell
 * any more: it is damaged, empty or gone, and the clock, which stands in for it, may be wrong.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How far it goes ahead: 11 days of a sample a second */
#define SPOOL_MARK_STEP UINT64_C(1000000)

/* spool_mark_read() - what the file beside the spool @path says; 0: there is none
 * that makes sense */
uint64_t spool_mark_read(const char *path);

/* spool_mark_write() - make it say @mark, on disk
 * Errors: those of file_replace() */
bool spool_mark_write(const char *path, uint64_t mark, GError **error) G_GNUC_WARN_UNUSED_RESULT;
