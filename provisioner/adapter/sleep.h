/* SPDX-License-Identifier: MIT */
/*
 * sleep - when the system goes to sleep and wakes up, as systemd-logind tells
 *
 * A system without logind never sleeps, as far as we hear. Owner: the App.
 */
#pragma once

#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Sleep Sleep;

/* SleepFunc - from the loop: it is about to sleep, or awake again */
typedef void (*SleepFunc)(bool asleep, void *data);

/* sleep_new() - listen from now on
 * @bus: borrowed, outlives it */
Sleep *sleep_new(Bus *bus, SleepFunc func, void *data);

/* sleep_free() - NULL is fine */
void sleep_free(Sleep *sleep);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sleep, sleep_free)
