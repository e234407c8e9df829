/* SPDX-License-Identifier: MIT */
/*
 * backoff - how long to wait before the next attempt
 *
 * Exponential with full jitter: the wait is drawn evenly from floor_ms..ceiling, where the ceiling
 * starts at base_ms and doubles with every failure up to max_ms. A fleet that lost its broker in
 * the same second therefore comes back spread out. Pure: no clock, no random source, no timer.
 * Plain value type; whoever holds it owns it, nothing to free.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

/* BackoffRandom - where the jitter comes from
 * @bound: 1 and up
 * Returns an evenly drawn number in 0..bound-1 */
typedef uint32_t (*BackoffRandom)(uint32_t bound, gpointer data);

typedef struct Backoff {
	uint32_t floor_ms; /* no wait is shorter; at most base_ms */
	uint32_t base_ms;  /* ceiling of the first wait; at least 1 */
	uint32_t max_ms;   /* ceiling of every wait */
	uint32_t failures; /* since the last success; stops counting at UINT32_MAX */
} Backoff;

/* backoff_init() - start without a failure
 * @floor_ms, @base_ms, @max_ms: as above; put in order when they are not (floor <= base <= max,
 * base >= 1), so that configured values need no second check */
void backoff_init(Backoff *backoff, uint32_t floor_ms, uint32_t base_ms, uint32_t max_ms);

/* backoff_reset() - success: the next wait starts from base_ms again */
void backoff_reset(Backoff *backoff);

/* backoff_ceiling_ms() - the longest wait the next backoff_next_ms() can give */
uint32_t backoff_ceiling_ms(const Backoff *backoff);

/* backoff_next_ms() - count a failure and draw the wait before the next attempt, in milliseconds
 * @random: called once at most; an answer outside its bound counts as the bound */
uint32_t backoff_next_ms(Backoff *backoff, BackoffRandom random, gpointer data);
