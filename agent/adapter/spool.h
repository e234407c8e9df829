/* SPDX-License-Identifier: MIT */
/*
 * spool - the samples on disk, behind a thread of its own
 *
 *   owner's loop                       spool thread
 *   spool_append()  ──┐                one transaction for all that waits (group commit),
 *   spool_release() ──┼─▶ queue ─────▶ fsync, then reads;
 *   spool_fetch()   ──┘                answers ─▶ a bell on the owner's context
 *
 * Owner: one thread, whose default main context at spool_open() gets the answers. Every append and
 * fetch is answered exactly once, also by spool_close(). What releases delete is gathered for up
 * to a second so that an idle device writes once per sample, not twice, and does not wake the
 * thread for it; a crash in between means that those samples are delivered again, never that any is
 * lost.
 */
#pragma once

#include "agent/adapter/spool-db.h"
#include "agent/core/payload.h"
#include "agent/core/sample.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SPOOL_QUEUE_MAX ((size_t)8 * 1024 * 1024) /* octets of readings waiting for the thread */

typedef struct Spool Spool;

/* Borrowed; path and data outlive the spool. */
typedef struct SpoolConfig {
	const char *path;
	uint64_t limit; /* octets */
	ConfigSpoolPolicy policy;

	/* changed() - spool_stats() tells something new */
	void (*changed)(void *data);

	/* failed() - the spool is gone for good: the program should end with @error */
	void (*failed)(const GError *error, void *data);

	void *data; /* for both */
} SpoolConfig;

/* SpoolAppended - the answer to spool_append()
 * @taken: so many from the first on are on disk; the others were refused
 * @error: why, borrowed: LANDFALL_ERROR_FULL (limit or disk), LANDFALL_ERROR_SPOOL (disk); NULL
 * when all were taken */
typedef void (*SpoolAppended)(size_t taken, const GError *error, void *data);

/* What spool_fetch() is to bring. */
typedef struct SpoolWish {
	uint64_t after; /* sequence number */
	bool newest;    /* not what comes after it, but the newest up to it; payloads go down */
	PayloadLimits limits; /* of each payload */
	Profile *profile;
	unsigned payloads_max; /* 1 or more */
} SpoolWish;

/* SpoolFetched - the answer to spool_fetch()
 * @payloads: of Payload, each with samples in order, transferred (g_ptr_array_unref()); empty
 * when nothing waits; NULL when the disk failed */
typedef void (*SpoolFetched)(GPtrArray *payloads, void *data);

/* SpoolPinged - the answer to spool_ping() */
typedef void (*SpoolPinged)(void *data);

/* spool_open() - open the file, start the thread
 * Waits for the disk, unlike the rest: for the start of a program.
 * Errors: as spool_db_open(), bell_new() */
Spool *spool_open(const SpoolConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_close() - finish everything asked for, give all answers, end the thread. Waits for the
 * disk. NULL is fine */
void spool_close(Spool *spool);

/* spool_append() - put samples on disk
 * @batch: 1 sample or more, transferred
 * @done: called once, later, when they are durable or refused */
void spool_append(Spool *spool, SampleBatch *batch, SpoolAppended done, void *data);

/* spool_fetch() - the next samples as payloads
 * @wish: copied; a reference to its profile is taken
 * @done: called once, later */
void spool_fetch(Spool *spool, const SpoolWish *wish, SpoolFetched done, void *data);

/* spool_ping() - see whether the thread moves
 * @done: called once, later, when it has done what was asked for before */
void spool_ping(Spool *spool, SpoolPinged done, void *data);

/* spool_release() - @first to @last were delivered and may be deleted. What was released is never
 * fetched again, unless the disk takes no deletions */
void spool_release(Spool *spool, uint64_t first, uint64_t last);

/* spool_drop() - the same for everything up to @last, of which @dropped were given up: counted */
void spool_drop(Spool *spool, uint64_t last, uint64_t dropped);

/* spool_stats() - as of the last change told */
const SpoolStats *spool_stats(const Spool *spool);

/* spool_refusal() - why what was last given to spool_append() was not all taken, "" when it was;
 * valid until the next answer */
const char *spool_refusal(const Spool *spool);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_close)
