/* SPDX-License-Identifier: MIT */
/*
 * pacer - when the next message may go, by what a cloud takes in a time
 *
 * Each limit "so many in so many seconds" is a bucket that fills evenly and holds that many. A
 * tenth of it is left alone: messages that were sent with a pause between may arrive together.
 * What is larger than a bucket goes when that is full.
 *
 * Source: the generic cell rate algorithm; a bucket is one number, the time at which it is full.
 */
#pragma once

#include "agent/core/profile.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Pacer Pacer;

/* What is about to be sent. */
typedef struct PacerMessage {
	bool telemetry;
	unsigned points; /* values in it; 0 when it is no telemetry */
	size_t octets;
} PacerMessage;

/* pacer_new() - without any limit */
Pacer *pacer_new(void);

/* pacer_free() - NULL is fine */
void pacer_free(Pacer *pacer);

/* pacer_limit() - from now on obey @limits. One that held before keeps its bucket; what was sent
 * since the last call counts against the others
 * @limits: copied
 * @now_us: monotonic clock, as everywhere here */
void pacer_limit(Pacer *pacer, const ProfileLimits *limits, int64_t now_us);

/* pacer_take() - @message is to be sent now
 * Returns 0: it may, and is counted; else microseconds to wait before asking again, and nothing is
 * counted */
int64_t pacer_take(Pacer *pacer, const PacerMessage *message, int64_t now_us);

/* pacer_room() - messages of telemetry that may go now as far as their number is limited; 1 or
 * more, since one that may not is told to wait */
unsigned pacer_room(const Pacer *pacer, int64_t now_us);

/* pacer_points() - values that one message of telemetry should have at most; 0: any number */
unsigned pacer_points(const Pacer *pacer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pacer, pacer_free)
