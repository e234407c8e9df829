/* SPDX-License-Identifier: MIT */
/*
 * store-watch - learn that another identity became current
 *
 * inotify on the store folder, or on the folder above it while there is no store yet. The
 * callback runs from the default main context, once per burst of changes; whether the identity
 * really is another one is for the callback to find out (store_current_generation()).
 */
#pragma once

#include <glib.h>

typedef struct StoreWatch StoreWatch;

typedef void (*StoreWatchFunc)(gpointer user_data);

/* store_watch_new() - start watching
 * @path:     store folder; it may be absent, the folder above may not
 * @changed:  called after `current` was swapped, removed or created; may free the watch
 * Returns a watch to be freed with store_watch_free()
 * Errors: LANDFALL_ERROR_STORE_ABSENT (not even the folder above exists), LANDFALL_ERROR_FAILED
 * (out of inotify watches, with the sysctl to raise) */
StoreWatch *store_watch_new(const char *path, StoreWatchFunc changed, gpointer user_data,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_watch_free() - stop; the callback never runs again. NULL is fine. */
void store_watch_free(StoreWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreWatch, store_watch_free)
