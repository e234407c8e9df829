/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-db-private.h"
#include "agent/adapter/spool-mark.h"
#include "common/error.h"

#include <string.h>
#include <sys/stat.h>

#define ROW_OVERHEAD 24   /* octets of a row beside its texts, about */
#define DROP_STEP    64   /* of the oldest make room together, about a page */
#define MARK_RETRY   1000 /* samples until a mark that could not be written is tried again */

static bool code_is_corrupt(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

bool spool_db_fail(SpoolDb *db, const char *doing, GError **error)
{
	int code = sqlite3_extended_errcode(db->sqlite);
	int system_errno = sqlite3_system_errno(db->sqlite);

	db->corrupt = db->corrupt || code_is_corrupt(code);
	db->busy = (code & 0xff) == SQLITE_BUSY;
	if (db->busy)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
			    "spool %s is in use by another process", db->path);
	else
		g_set_error(error, LANDFALL_ERROR,
			    (code & 0xff) == SQLITE_FULL ? LANDFALL_ERROR_FULL
							 : LANDFALL_ERROR_SPOOL,
			    "spool %s: %s: %s%s%s", db->path, doing, sqlite3_errmsg(db->sqlite),
			    system_errno ? ": " : "", system_errno ? g_strerror(system_errno) : "");
	return false;
}

bool spool_db_exec(SpoolDb *db, const char *sql, const char *doing, GError **error)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		return spool_db_fail(db, doing, error);
	return true;
}

bool spool_db_run(SpoolDb *db, SpoolStatement which, const char *doing, GError **error)
{
	sqlite3_stmt *statement = db->statements[which];
	bool done = sqlite3_step(statement) == SQLITE_DONE || spool_db_fail(db, doing, error);

	sqlite3_reset(statement);
	return done;
}

bool spool_db_damaged(SpoolDb *db, GError **error)
{
	db->corrupt = true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL, "spool %s is damaged", db->path);
	return false;
}

int64_t spool_db_number(SpoolDb *db, sqlite3_stmt *statement, GError **error)
{
	int64_t value = -1;

	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		value = sqlite3_column_int64(statement, 0);
		if (value < 0)
			spool_db_damaged(db, error);
		break;
	case SQLITE_DONE: value = 0; break;
	default: spool_db_fail(db, "cannot be read", error);
	}
	sqlite3_reset(statement);
	return value;
}

bool spool_db_set_meta(SpoolDb *db, const char *key, uint64_t value, GError **error)
{
	sqlite3_bind_text(db->statements[SPOOL_SQL_META_SET], 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(db->statements[SPOOL_SQL_META_SET], 2, (sqlite3_int64)value);
	return spool_db_run(db, SPOOL_SQL_META_SET, "cannot keep its counters", error);
}

bool spool_db_measure(SpoolDb *db, GError **error)
{
	int64_t pages = spool_db_number(db, db->statements[SPOOL_SQL_PAGES], error);
	int64_t spare =
		pages < 0 ? -1 : spool_db_number(db, db->statements[SPOOL_SQL_FREE_PAGES], error);

	if (spare < 0)
		return false;
	db->now.bytes = (uint64_t)(pages - spare) * SPOOL_PAGE_SIZE;
	db->now.spare = (uint64_t)spare * SPOOL_PAGE_SIZE;
	return true;
}

void spool_db_keep_mark(SpoolDb *db)
{
	g_autoptr(GError) error = NULL;
	uint64_t mark = db->now.next + SPOOL_MARK_STEP;

	if (db->now.next <= db->mark)
		return;
	if (spool_mark_write(db->path, mark, &error)) {
		db->mark = mark;
	} else {
		db->mark = db->now.next + MARK_RETRY;
		g_info("how high the numbers of samples are is not noted: %s", error->message);
	}
}

ino_t spool_db_find_log(const SpoolDb *db)
{
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	struct stat status;

	return stat(wal, &status) == 0 ? status.st_ino : 0;
}

static uint64_t extent_depth(const SpoolExtent *extent)
{
	return extent->next - extent->first - extent->holes;
}

SpoolTally spool_db_tally(const SpoolDb *db)
{
	const SpoolExtent *extent = &db->committed;

	return (SpoolTally){
		.base = db->base,
		.next = extent->next,
		.first = extent->first,
		.holes = extent->holes,
		.dropped = extent->dropped,
		.unkept = extent->unkept,
	};
}

void spool_db_keep_tally(const SpoolDb *db)
{
	SpoolTally tally = spool_db_tally(db);

	spool_tally_write(db->tally, &tally);
}

static bool db_was_moved(SpoolDb *db)
{
	int moved = 0;

	sqlite3_file_control(db->sqlite, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved;
}

/* Whoever does it once may do it every second. */
static void db_tell_lost_log(SpoolDb *db)
{
	int64_t now_us = g_get_monotonic_time();

	if (fault_log_step(&db->lost, false, now_us) == FAULT_NEWS_FAILED)
		g_warning("the write-ahead log of spool %s was removed or renamed while it was in "
			  "use: what it held was written into the spool",
			  db->path);
	fault_log_step(&db->lost, true, now_us);
}

/* What is in a log that has lost its name is gone with the process: then the file takes all of it,
 * and another log begins. */
static bool db_keep_log(SpoolDb *db, GError **error)
{
	if (db->log == 0 || spool_db_find_log(db) == db->log || db_was_moved(db))
		return true;
	if (sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
	    SQLITE_OK)
		return spool_db_fail(db, "cannot be written", error);
	if (!spool_db_exec(db, "PRAGMA journal_mode = DELETE;", "cannot be written", error) ||
	    !spool_db_settle(db, "cannot be written", error) ||
	    !spool_db_exec(db, "SELECT count(*) FROM meta;", "cannot be read",
			   error)) /* opens the log */
		return false;
	db_tell_lost_log(db);
	db->log = spool_db_find_log(db);
	return true;
}

bool spool_db_begin(SpoolDb *db, GError **error)
{
	db->now = db->committed;
	db->disk = spool_file_room(db->path);
	return db_keep_log(db, error) &&
	       spool_db_run(db, SPOOL_SQL_BEGIN, "cannot be written", error);
}

static bool db_insert(SpoolDb *db, const Sample *sample, GError **error)
{
	sqlite3_stmt *insert = db->statements[SPOOL_SQL_INSERT];

	sqlite3_bind_int64(insert, 1, (sqlite3_int64)db->now.next);
	sqlite3_bind_int64(insert, 2, sample->ts_ms);
	sqlite3_bind_int(insert, 3, sample->synced);
	sqlite3_bind_text(insert, 4, sample->source, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 5, sample->values, (int)sample->values_len, SQLITE_STATIC);
	if (!spool_db_run(db, SPOOL_SQL_INSERT, "cannot be written", error))
		return false;
	db->now.next++;
	db->now.shown = true;
	db->now.bytes += sample->values_len + ROW_OVERHEAD;
	return true;
}

/* Whether there is room for @len octets of readings; else `refusal` says why not. */
static bool db_has_room(SpoolDb *db, size_t len)
{
	if (db->disk == SPOOL_ROOM_NONE ||
	    (db->disk == SPOOL_ROOM_TIGHT && db->now.spare < SPOOL_DB_SPARE))
		db->refusal = "the disk is almost full";
	else if (db->now.bytes + len + ROW_OVERHEAD > db->limit)
		db->refusal = "the spool has reached its limit";
	else
		return true;
	return false;
}

/* Drop the oldest until there is room, or nothing is left to drop. */
static bool db_make_room(SpoolDb *db, size_t len, GError **error)
{
	while (db->disk != SPOOL_ROOM_NONE && db->now.first < db->now.next &&
	       !db_has_room(db, len)) {
		uint64_t last = MIN(db->now.first + DROP_STEP, db->now.next) - 1;
		uint64_t before = extent_depth(&db->now);

		if (!spool_db_remove(db, last, 0, error) || !spool_db_measure(db, error))
			return false;
		db->now.dropped += before - extent_depth(&db->now);
	}
	return true;
}

/* What is written to a file that has lost its name is gone with the process. */
static bool db_has_name(SpoolDb *db, GError **error)
{
	if (!db_was_moved(db))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
		    "spool %s was removed or renamed while it was in use: put it back, or "
		    "restart the agent",
		    db->path);
	return false;
}

bool spool_db_append(SpoolDb *db, const SampleBatch *batch, size_t *taken, GError **error)
{
	size_t count = sample_batch_count(batch);

	if (!db_has_name(db, error))
		return false;
	for (*taken = 0; *taken < count; ++*taken) {
		Sample sample = sample_batch_get(batch, *taken);
		bool room = db_has_room(db, sample.values_len);

		if (!room && db->policy == CONFIG_SPOOL_DROP_NEWEST) {
			db->now.unkept++;
			db->now.dropped++;
			continue;
		}
		if (!room && db->policy == CONFIG_SPOOL_DROP_OLDEST) {
			if (!db_make_room(db, sample.values_len, error))
				return false;
			room = db_has_room(db, sample.values_len);
		}
		if (!room)
			break;
		if (!db_insert(db, &sample, error))
			return false;
	}
	return true;
}

void spool_db_set_policy(SpoolDb *db, ConfigSpoolPolicy policy)
{
	db->policy = policy;
}

const char *spool_db_refusal(const SpoolDb *db)
{
	return db->refusal;
}

/* The front has gone: what is behind it begins where there is a row again. */
static bool db_close_up(SpoolDb *db, GError **error)
{
	sqlite3_stmt *extent = db->statements[SPOOL_SQL_EXTENT];
	uint64_t first = db->now.next;

	if (sqlite3_step(extent) != SQLITE_ROW) {
		spool_db_fail(db, "cannot be read", error);
		sqlite3_reset(extent);
		return false;
	}
	if (sqlite3_column_type(extent, 0) != SQLITE_NULL)
		first = (uint64_t)sqlite3_column_int64(extent, 0);
	sqlite3_reset(extent);
	db->now.holes -= MIN(db->now.holes, first - db->now.first);
	db->now.first = first;
	return true;
}

bool spool_db_remove_range(SpoolDb *db, uint64_t first, uint64_t last, uint64_t dropped,
			   GError **error)
{
	bool front = first <= db->now.first;
	bool whole = front && db->now.holes == 0; /* no number of these is gone already */

	if (last < db->now.first || first >= db->now.next)
		return true;
	last = MIN(last, db->now.next - 1);
	sqlite3_bind_int64(db->statements[SPOOL_SQL_DELETE], 1, (sqlite3_int64)first);
	sqlite3_bind_int64(db->statements[SPOOL_SQL_DELETE], 2, (sqlite3_int64)last);
	if (!spool_db_run(db, SPOOL_SQL_DELETE, "cannot be written", error))
		return false;
	db->now.dropped += dropped;
	db->now.shown = db->now.shown && last + 1 < db->now.next;
	if (whole) {
		db->now.first = last + 1;
		return true;
	}
	db->now.holes += (uint64_t)sqlite3_changes(db->sqlite);
	return !front || db_close_up(db, error);
}

bool spool_db_remove(SpoolDb *db, uint64_t last, uint64_t dropped, GError **error)
{
	return spool_db_remove_range(db, 0, last, dropped, error);
}

/* Counters are written with what they count. */
static bool db_set_changed(SpoolDb *db, const char *key, uint64_t before, uint64_t now,
			   GError **error)
{
	return before == now || spool_db_set_meta(db, key, now, error);
}

bool spool_db_commit(SpoolDb *db, GError **error)
{
	spool_db_keep_mark(db);
	/* With no row left to show it, the next number has to be written down. */
	if (!db->now.shown && (db->committed.shown || db->committed.next != db->now.next) &&
	    !spool_db_set_meta(db, "next", db->now.next, error))
		return false;
	if (!db_set_changed(db, "dropped", db->committed.dropped, db->now.dropped, error) ||
	    !db_set_changed(db, "unkept", db->committed.unkept, db->now.unkept, error) ||
	    !db_set_changed(db, "holes", db->committed.holes, db->now.holes, error))
		return false;
	if (!spool_db_measure(db, error) ||
	    !spool_db_run(db, SPOOL_SQL_COMMIT, "cannot be written", error))
		return false;
	db->committed = db->now;
	spool_db_keep_tally(db);
	return true;
}

void spool_db_rollback(SpoolDb *db)
{
	if (db->sqlite && !sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	db->now = db->committed;
}

static Sample row_to_sample(sqlite3_stmt *select)
{
	return (Sample){
		.seq = (uint64_t)sqlite3_column_int64(select, 0),
		.ts_ms = sqlite3_column_int64(select, 1),
		.synced = sqlite3_column_int(select, 2) != 0,
		.source = (const char *)sqlite3_column_text(select, 3),
		.values = (const char *)sqlite3_column_text(select, 4),
		.values_len = (size_t)sqlite3_column_bytes(select, 4),
	};
}

/* Pages of an older state, that a damaged log has brought back, can give rows in any order; who
 * goes on behind the last of them would never come to an end. */
static bool db_out_of_order(SpoolDb *db, sqlite3_stmt *select, GError **error)
{
	sqlite3_reset(select);
	return spool_db_damaged(db, error);
}

bool spool_db_read(SpoolDb *db, uint64_t after, Payload *payload, GError **error)
{
	sqlite3_stmt *select = db->statements[SPOOL_SQL_SELECT];
	int code = SQLITE_DONE;
	bool room = true;

	sqlite3_bind_int64(select, 1, (sqlite3_int64)after);
	while (room && (code = sqlite3_step(select)) == SQLITE_ROW) {
		Sample sample = row_to_sample(select);

		if (sample.seq <= after)
			return db_out_of_order(db, select, error);
		after = sample.seq;
		room = payload_add(payload, &sample);
	}
	bool done = !room || code == SQLITE_DONE || spool_db_fail(db, "cannot be read", error);
	sqlite3_reset(select);
	return done;
}

bool spool_db_find_newest(SpoolDb *db, uint64_t upto, const Profile *profile, PayloadLimits *limits,
			  uint64_t *after, GError **error)
{
	sqlite3_stmt *select = db->statements[SPOOL_SQL_SELECT_DOWN];
	g_autoptr(Payload) trial = payload_new(profile, *limits); /* as large the other way round */
	uint64_t below = MIN(upto, G_MAXINT64 - 1) + 1;
	int code = SQLITE_DONE;
	bool room = true;

	sqlite3_bind_int64(select, 1, (sqlite3_int64)(below - 1));
	while (room && (code = sqlite3_step(select)) == SQLITE_ROW) {
		Sample sample = row_to_sample(select);

		if (sample.seq >= below)
			return db_out_of_order(db, select, error);
		below = sample.seq;
		room = payload_add(trial, &sample);
	}
	bool done = !room || code == SQLITE_DONE || spool_db_fail(db, "cannot be read", error);
	sqlite3_reset(select);
	*after = payload_count(trial) > 0 ? payload_last(trial) - 1 : upto;
	limits->samples = payload_count(trial);
	return done;
}

void spool_db_checkpoint(SpoolDb *db)
{
	if (db->sqlite)
		sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

bool spool_db_corrupt(const SpoolDb *db)
{
	return db->corrupt;
}

SpoolStats spool_db_stats(const SpoolDb *db)
{
	const SpoolExtent *extent = &db->committed;
	SpoolTally tally = spool_db_tally(db);

	return (SpoolStats){
		.depth = spool_tally_depth(&tally),
		.bytes = extent->bytes,
		.limit = db->limit,
		.first = extent->first,
		.last = extent->next > db->base ? extent->next - 1 : 0,
		.accepted = spool_tally_given(&tally) + tally.unkept,
		.delivered = spool_tally_delivered(&tally),
		.dropped = extent->dropped,
	};
}
