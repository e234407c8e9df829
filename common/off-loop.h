/* SPDX-License-Identifier: MIT */
/*
 * off-loop - one call that may take seconds, made in a thread of its own
 *
 * The owner watches a descriptor and takes the result when it becomes readable, or gives the call
 * up: it cannot be interrupted then, but ends by itself and clears up behind it. What the call
 * works on belongs to the thread until it was taken.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct OffLoop OffLoop;

/* The call, in the thread */
typedef void (*OffLoopFunc)(gpointer data);

/* off_loop_start() - call @run in a new thread
 * @run:  gets @data
 * @drop: gets @data in the thread, after @run, when the call was given up
 * Returns a call to be ended with off_loop_take() or off_loop_give_up(); NULL when no thread or
 * descriptor is left */
OffLoop *off_loop_start(OffLoopFunc run, OffLoopFunc drop, gpointer data) G_GNUC_WARN_UNUSED_RESULT;

/* off_loop_fd() - becomes readable when the call is over */
int off_loop_fd(const OffLoop *call);

/* off_loop_take() - the call is over: forget it; waits when it is not */
void off_loop_take(OffLoop *call);

/* off_loop_give_up() - never waits; @drop is called sooner or later
 * Returns false when the call is over already: then as off_loop_take(), and no @drop */
bool off_loop_give_up(OffLoop *call) G_GNUC_WARN_UNUSED_RESULT;
