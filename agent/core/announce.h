/* SPDX-License-Identifier: MIT */
/*
 * announce - which parts of the status are worth a signal now
 *
 * Words (state, error, identity) are told at once, but at most once a second; counts at most every
 * ten seconds, so that an agent with a thousand samples a second wakes nobody for each. When
 * something is told, all that changed is.
 */
#pragma once

#include "agent/core/status.h"

#define ANNOUNCE_WORDS_US  (1 * G_USEC_PER_SEC)
#define ANNOUNCE_COUNTS_US (10 * G_USEC_PER_SEC)

typedef struct Announce Announce;

/* AnnounceFunc - the property named has another value than when it was told last */
typedef void (*AnnounceFunc)(const char *property, void *data);

/* announce_new() - @status is what everybody knows at the start; copied */
Announce *announce_new(const AgentStatus *status);

/* announce_free() - NULL is fine */
void announce_free(Announce *announce);

/* announce_step() - look at @status, borrowed, and tell what changed if its time has come
 * @now_us: monotonic clock
 * Returns when to look again, by the same clock; G_MAXINT64: when something changes */
int64_t announce_step(Announce *announce, const AgentStatus *status, int64_t now_us,
		      AnnounceFunc func, void *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Announce, announce_free)
