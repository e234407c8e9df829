/* SPDX-License-Identifier: MIT */
/*
 * watchdog - tell the service manager that everything moves, and nothing when it does not
 *
 * A timer of the loop asks whatever else has to move, the spool's thread, and WATCHDOG=1 is sent
 * when its answer has come back to the loop. A loop that spins in one place, or a thread that
 * waits for a disk that never answers, therefore ends in a restart.
 *
 * Owner: main(). Freed after what it asks, whose last answers come here.
 */
#pragma once

#include "agent/adapter/notify.h"

#include <glib.h>

typedef struct Watchdog Watchdog;

/* WatchdogAnswer - to be called once, from the loop, when what was asked has moved */
typedef void (*WatchdogAnswer)(void *data);

/* WatchdogAsk - ask; @answer is called with @answer_data, later
 * @data: as given to watchdog_new() */
typedef void (*WatchdogAsk)(WatchdogAnswer answer, void *answer_data, void *data);

/* watchdog_new() - ask three times in each period of the service manager's
 * @notify: borrowed, outlives it
 * Returns NULL when the service manager wants no watchdog */
Watchdog *watchdog_new(Notify *notify, WatchdogAsk ask, void *data);

/* watchdog_free() - NULL is fine */
void watchdog_free(Watchdog *watchdog);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watchdog, watchdog_free)
