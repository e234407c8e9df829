/* SPDX-License-Identifier: MIT */
/*
 * window - which sequence numbers are on their way to the broker
 *
 *   spool:  … 41 42 43 | 44 … 90 | 91 … 120 | 121 …
 *           released     in flight              cursor: next to be fetched
 *
 * Messages are acknowledged in any order, but released from the front only, so that the spool
 * stays without holes and a crash repeats at most what was in flight. When the connection is
 * lost all that was not acknowledged is fetched again.
 *
 * A backlog that is to be paced can be split off: what comes after it travels ahead, in a window
 * of its own, and is released once the backlog is through.
 *
 * Or it is turned round, to be sent from its newest part down. Then each message is released by its
 * own acknowledgement, and leaves a hole in the spool. The cursor goes down:
 *
 *   spool:  … 41 42 43 | 44 … 90 | 91 … 120 | 121 …
 *           floor          cursor  in flight   mark: what comes after it goes ahead
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WINDOW_MESSAGES_MAX 1000

typedef struct Window Window;

/* Numbers that may be deleted; from 0: everything up to the last. */
typedef struct WindowRange {
	uint64_t first;
	uint64_t last;
} WindowRange;

/* window_new() - nothing in flight, everything after @released still to be sent
 * @limit: messages at a time, 1..WINDOW_MESSAGES_MAX */
Window *window_new(uint64_t released, unsigned limit);

/* window_free() - NULL is fine */
void window_free(Window *window);

/* window_cursor() - fetch what comes after this sequence number; of a window that is turned round,
 * the newest up to it */
uint64_t window_cursor(const Window *window);

/* window_in_flight() - number of messages, with those that went ahead */
unsigned window_in_flight(const Window *window);

/* window_sent() - a message with @first..@last is under way
 * @id: what its acknowledgement will name; not in flight already
 * @first: window_cursor() < @first <= @last; turned round: @first <= @last <= window_cursor() */
void window_sent(Window *window, int id, uint64_t first, uint64_t last);

/* window_acked() - the broker has @id
 * @release: out: what may be deleted; valid on true
 * Returns false when nothing can be released (yet), or @id is unknown */
bool window_acked(Window *window, int id, WindowRange *release);

/* window_pass() - the one message in flight was refused: go on behind it. It stays unreleased */
void window_pass(Window *window);

/* window_rewind() - the connection is gone: send again from the first unacknowledged message. One
 * that was turned round is as at first, with all that the spool still has before it */
void window_rewind(Window *window);

/* window_split() - what comes after @mark goes ahead of the rest
 * @mark: above window_cursor(); nothing is in flight and nothing split off */
void window_split(Window *window, uint64_t mark);

/* window_turn() - what waits up to @last goes from the newest down, what comes after it ahead
 * @last: above window_cursor(); nothing is in flight and nothing split off */
void window_turn(Window *window, uint64_t last);

/* window_turned() - so it is */
bool window_turned(const Window *window);

/* window_left() - numbers of the backlog that was split off or turned round which may still wait */
uint64_t window_left(const Window *window);

/* window_exhausted() - nothing waits up to the cursor of a window that is turned round */
void window_exhausted(Window *window);

/* window_join() - undo a split. What went ahead is sent again unless all before it is released
 * Nothing of the backlog is in flight */
void window_join(Window *window);

/* window_ahead() - the window of what goes ahead, for window_cursor() and window_sent() only;
 * NULL when nothing is split off, which window_acked() and window_skip() may bring about */
Window *window_ahead(Window *window);

/* window_mark() - where the backlog ends that was split off */
uint64_t window_mark(const Window *window);

/* window_skip() - nothing up to @released is to be sent any more, and nothing is in flight */
void window_skip(Window *window, uint64_t released);

/* window_beside() - messages in flight that are no samples
 * @told: how many the server takes in all, samples too; 0: it has not told
 * @most: how many without such a limit, 1 or more */
unsigned window_beside(unsigned told, unsigned most);

/* window_within() - messages of samples in flight, 1 or more: one that takes a single message at a
 * time gets two when something else is to be said
 * @wanted: without a limit, 1 or more; @told: as above; @beside: what window_beside() leaves to
 * others */
unsigned window_within(unsigned wanted, unsigned told, unsigned beside);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Window, window_free)
