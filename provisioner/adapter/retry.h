/* SPDX-License-Identifier: MIT */
/*
 * retry - try something again later, waiting longer each time
 *
 * For adapters whose other side comes back by itself: half a second to half a minute, for ever.
 * Owner: the adapter; nothing is called after retry_free().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Retry Retry;

/* retry_new() - nothing is scheduled yet
 * @func: runs from the loop, may schedule the next attempt */
Retry *retry_new(void (*func)(void *data), void *data);

/* retry_free() - NULL is fine */
void retry_free(Retry *retry);

/* retry_later() - count a failure and schedule @func; nothing when it is scheduled already
 * Returns the wait in milliseconds, 0 when nothing was scheduled anew */
unsigned int retry_later(Retry *retry);

/* retry_cancel() - nothing scheduled: it is tried now; the next wait is no shorter for that */
void retry_cancel(Retry *retry);

/* retry_reset() - it worked: nothing scheduled, the next wait is short again */
void retry_reset(Retry *retry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Retry, retry_free)
