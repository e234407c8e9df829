/* SPDX-License-Identifier: MIT */
/*
 * bell - a thread rings, a loop comes to see
 *
 * A source attached from another thread is attached under the lock of the loop's context, which
 * the loop then wakes up to and has to wait for: it goes to sleep twice for each answer. A bell is
 * an eventfd: who rings holds no lock.
 */
#pragma once

#include <glib.h>

typedef struct Bell Bell;

/* bell_new() - @rung is called from the loop of @context, once for any number of rings before it
 * @context: NULL: the default one
 * Errors: LANDFALL_ERROR_FAILED (no descriptor is left) */
Bell *bell_new(GMainContext *context, void (*rung)(void *data), void *data,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* bell_ring() - any thread; best after the lock is given back that the loop will want */
void bell_ring(Bell *bell);

/* bell_silence() - call rung() no more, whoever rings. From the loop's thread; twice is fine */
void bell_silence(Bell *bell);

/* bell_free() - any thread, once nobody rings any more; NULL is fine */
void bell_free(Bell *bell);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bell, bell_free)
