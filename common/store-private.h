/* SPDX-License-Identifier: MIT */
/*
 * store-private - what the files of the store share and nobody else sees
 */
#pragma once

#include "common/store-tree.h"
#include "common/store.h"

/* store_lock() - become the writer of @store, waiting as long as store_set_lock_wait() said
 * @create: make the folders where they are missing
 * Returns a tree; store_tree_free() gives the lock up
 * Errors: as store_tree_lock() */
StoreTree *store_lock(Store *store, bool create, GError **error) G_GNUC_WARN_UNUSED_RESULT;
