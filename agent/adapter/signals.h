/* SPDX-License-Identifier: MIT */
/*
 * signals - who wants the agent to end, or to look again
 *
 *   SIGTERM, SIGINT   end
 *   SIGHUP            look again
 *
 * They are blocked in all threads and told by a descriptor that the loop watches. (GLib's way would
 * be one more thread.)
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Signals Signals;

/* Called from the loop */
typedef struct SignalsOwner {
	void (*end)(void *data);
	void (*look)(void *data);
	void *data; /* for both */
} SignalsOwner;

/* signals_new() - before the first thread is started; nobody is told yet
 * @owner: copied
 * Errors: LANDFALL_ERROR_FAILED (no descriptor is left) */
Signals *signals_new(const SignalsOwner *owner, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* signals_free() - they stay blocked; NULL is fine */
void signals_free(Signals *signals);

/* signals_watch() - from now on tell the owner, from the default main loop */
void signals_watch(Signals *signals);

/* signals_release() - @released: SIGTERM and SIGINT end the process at once, for as long as this
 * thread does what may never return and could not be told; false: no longer */
void signals_release(bool released);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signals, signals_free)
