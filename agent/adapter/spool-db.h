/* SPDX-License-Identifier: MIT */
/*
 * spool-db - the samples on disk: one SQLite file, one connection, one thread at a time
 *
 *   sample  seq INTEGER PRIMARY KEY   never given twice, also after all rows are gone
 *           ts, synced, source        as in Sample
 *           data                      the readings, as they go into payloads
 *   meta    base       the first sequence number ever given in this file
 *           next       lower bound of the next one; kept only when no row shows it
 *           dropped    samples that were accepted and will never be delivered
 *           unkept     of these never got a number: the policy was to drop the newest
 *           holes      numbers between the lowest row and the next number that have no row
 *
 * WAL with synchronous=EXTRA: after spool_db_commit() a power cut loses nothing. All counts are
 * differences; where the newest are delivered first, less the holes that this leaves. The
 * lock is exclusive: a second process is refused. A file that is no intact database is renamed to
 * PATH.corrupt (replacing an older one) and a new one begun whose numbers are higher than any
 * given before: when the old file cannot tell (neither can one of no length), from what spool-mark
 * has noted or the wall clock in milliseconds, whichever is more.
 *
 * Everything here may wait for the disk.
 */
#pragma once

#include "agent/core/payload.h"
#include "agent/core/sample.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Samples are refused when less is left on the disk. As much as the WAL can hold: it must always
 * be possible to move that into the file, or what was delivered could not be deleted any more and
 * a full disk would stay full. */
#define SPOOL_DB_RESERVE ((uint64_t)8 * 1024 * 1024)

/* Or where so much of the spool's own file is free, more than one transaction takes. */
#define SPOOL_DB_SPARE ((uint64_t)2 * 1024 * 1024)

typedef struct SpoolDb SpoolDb;

typedef struct SpoolStats {
	uint64_t depth;     /* samples waiting */
	uint64_t bytes;     /* of the file in use */
	uint64_t limit;     /* bytes never go much above it */
	uint64_t first;     /* lowest sequence number that waits; above `last` when none does */
	uint64_t last;      /* highest sequence number on disk or ever given; 0: none */
	uint64_t accepted;  /* since the spool was created */
	uint64_t delivered; /* acknowledged by the broker */
	uint64_t dropped;   /* accepted, never to be delivered */
} SpoolStats;

/* spool_db_open() - open or create the spool
 * @path: its folder is created (0700) when missing
 * @limit: octets of the file from which samples are refused
 * Errors: LANDFALL_ERROR_SPOOL (in use by another process, unwritable, not ours), _FULL */
SpoolDb *spool_db_open(const char *path, uint64_t limit, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_close() - give the file back; NULL is fine */
void spool_db_close(SpoolDb *db);

/* spool_db_set_policy() - what becomes of samples for which there is no room; refused until told */
void spool_db_set_policy(SpoolDb *db, ConfigSpoolPolicy policy);

/* spool_db_begin() - start a transaction
 * Errors: as spool_db_commit() */
bool spool_db_begin(SpoolDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_append() - add the samples of @batch in order, inside a transaction
 * @taken: out: how many were, from the first on; fewer than all when a limit is reached, which
 * is no error, leaves the transaction usable and is told by spool_db_refusal(). Under another
 * policy than to refuse it drops and counts what the policy says and takes all; on a disk without
 * any room the oldest make none, and it refuses all the same
 * Errors: as spool_db_commit(); roll back */
bool spool_db_append(SpoolDb *db, const SampleBatch *batch, size_t *taken,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_refusal() - why the last spool_db_append() took fewer than all; borrowed */
const char *spool_db_refusal(const SpoolDb *db);

/* spool_db_remove() - delete everything up to @last, inside a transaction
 * @dropped: how many of these were not delivered but given up
 * Errors: as spool_db_commit() */
bool spool_db_remove(SpoolDb *db, uint64_t last, uint64_t dropped,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_remove_range() - the same with @first to @last alone */
bool spool_db_remove_range(SpoolDb *db, uint64_t first, uint64_t last, uint64_t dropped,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_commit() - make the transaction durable; on failure it never happened
 * Errors: LANDFALL_ERROR_FULL (no room on disk), LANDFALL_ERROR_SPOOL (anything else) */
bool spool_db_commit(SpoolDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_rollback() - undo the transaction; fine outside of one */
void spool_db_rollback(SpoolDb *db);

/* spool_db_read() - fill @payload with samples after @after; outside of a transaction
 * Errors: LANDFALL_ERROR_SPOOL */
bool spool_db_read(SpoolDb *db, uint64_t after, Payload *payload,
		   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_find_newest() - what of the newest samples up to @upto goes into one payload
 * @limits: in: of that payload; out: so that it takes just those samples, none when nothing waits
 * @after: out: for spool_db_read()
 * Errors: as spool_db_read() */
bool spool_db_find_newest(SpoolDb *db, uint64_t upto, const Profile *profile, PayloadLimits *limits,
			  uint64_t *after, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_checkpoint() - move what the WAL holds into the file, so that its room is used again */
void spool_db_checkpoint(SpoolDb *db);

/* spool_db_corrupt() - the last error was a damaged file: spool_db_renew() is due */
bool spool_db_corrupt(const SpoolDb *db);

/* spool_db_renew() - put the damaged file aside and start anew; what waited in it counts as
 * dropped. @db is closed on failure: only spool_db_close() may follow.
 * Errors: as spool_db_open() */
bool spool_db_renew(SpoolDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* spool_db_stats() - as of the last commit */
SpoolStats spool_db_stats(const SpoolDb *db);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpoolDb, spool_db_close)
