/* SPDX-License-Identifier: MIT */
/*
 * good-mark - remember in the store that a generation has proved itself
 *
 * The store syncs its marker to the disk, and another writer may hold its lock for a while: a
 * thread waits for both.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct GoodMark GoodMark;

/* good_mark_start() - store_mark_good() in a thread
 * @path: of the store, copied
 * Returns what is known of it, to be given to good_mark_unref(); the thread goes on after that */
GoodMark *good_mark_start(const char *path, uint32_t generation);

/* good_mark_failed() - the marker of @generation could not be written: try again later
 * @mark: NULL: it was not tried */
bool good_mark_failed(const GoodMark *mark, uint32_t generation);

/* good_mark_unref() - NULL is fine */
void good_mark_unref(GoodMark *mark);
