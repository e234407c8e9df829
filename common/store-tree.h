/* SPDX-License-Identifier: MIT */
/*
 * store-tree - the folders and files of the store; private to store
 *
 * Knows the layout and in which order things reach the disk, nothing about what they mean.
 *
 * Reading needs no lock. Writing needs a StoreTree, which holds the lock while it exists; taking
 * one sweeps what a writer killed half way left behind (.new, .old, current.new, put.new).
 */
#pragma once

#include "common/store-ops.h"
#include "common/store.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_TREE_GOOD       "good"
#define STORE_TREE_FAILED     "failed"
#define STORE_TREE_NUMBER_MAX 999999999

typedef struct StoreTree StoreTree;

/* One file of a generation about to be written, all borrowed; data NULL: not there */
typedef struct StoreTreeFile {
	const char *name;
	const void *data;
	size_t len;
} StoreTreeFile;

/* store_tree_read_current() - the number `current` of the store at @path points to
 * Errors: LANDFALL_ERROR_STORE_ABSENT, STORE_INVALID, DENIED, FAILED */
bool store_tree_read_current(const char *path, uint32_t *number,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_list() - numbers of all generations, ascending; array of uint32_t
 * Errors: LANDFALL_ERROR_STORE_ABSENT, DENIED, FAILED */
GArray *store_tree_list(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_open_generation() - a descriptor on the folder of @number, to be closed; -1 with
 * Errors: LANDFALL_ERROR_STORE_ABSENT, DENIED, FAILED */
int store_tree_open_generation(const char *path, uint32_t number,
			       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_lock() - become the writer
 * @create:  make the folders where they are missing
 * @wait_ms: how long to wait for another writer
 * @ops, @ops_data: borrowed while the tree exists
 * Returns a tree; store_tree_free() gives the lock up
 * Errors: LANDFALL_ERROR_STORE_ABSENT, UNAVAILABLE, DENIED, FULL, FAILED */
StoreTree *store_tree_lock(const char *path, bool create, int64_t wait_ms, const StoreOps *ops,
			   gpointer ops_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_free() - NULL is fine */
void store_tree_free(StoreTree *tree);

/* store_tree_write() - put a whole generation on disk, under its number only once all of it is
 * @files, @count: what it consists of
 * Errors: LANDFALL_ERROR_FULL, DENIED, FAILED; nothing is left behind then */
bool store_tree_write(StoreTree *tree, uint32_t number, const StoreTreeFile *files, size_t count,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_put() - a file beside the generations, whole or not at all; replaces one of that name
 * Errors: as store_tree_write(); what was there before is still there then */
bool store_tree_put(StoreTree *tree, const StoreTreeFile *file,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_drop() - remove such a file; it need not exist
 * Errors: LANDFALL_ERROR_DENIED, FAILED */
bool store_tree_drop(StoreTree *tree, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_switch() - let `current` point to @number
 * Errors: as store_tree_write(); `current` is then as before, unless the very last fsync failed */
bool store_tree_switch(StoreTree *tree, uint32_t number, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_remove() - remove generation @number; a kill half way leaves no half generation
 * Errors: LANDFALL_ERROR_DENIED, FAILED */
bool store_tree_remove(StoreTree *tree, uint32_t number, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_tree_mark() - set marker @name of generation @number to @text, or lift it for NULL
 * Errors: LANDFALL_ERROR_STORE_ABSENT (no such generation), FULL, DENIED, FAILED */
bool store_tree_mark(StoreTree *tree, uint32_t number, const char *name, const char *text,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreTree, store_tree_free)
