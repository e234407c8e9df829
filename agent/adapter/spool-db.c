/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-db.h"

#include "agent/adapter/spool-file.h"
#include "agent/adapter/spool-mark.h"
#include "agent/adapter/spool-tally.h"
#include "agent/adapter/spool-wal.h"
#include "agent/core/fault-log.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID "0x4c464c53" /* "LFLS" */
#define SCHEMA_VERSION "1"
#define PAGE_SIZE      4096
#define ROW_OVERHEAD   24   /* octets of a row beside its texts, about */
#define DROP_STEP      64   /* of the oldest make room together, about a page */
#define MARK_RETRY     1000 /* samples until a mark that could not be written is tried again */
#define OPEN_TRIES     10   /* at a file that another process is about to open, too */
#define OPEN_PAUSE_MS  50   /* at most, between two of them */

typedef enum Statement {
	BEGIN,
	COMMIT,
	INSERT,
	DELETE,
	SELECT,
	SELECT_DOWN,
	EXTENT,
	META_GET,
	META_SET,
	PAGES,
	FREE_PAGES,
	STATEMENTS_N,
} Statement;

#define SELECT_ROWS "SELECT seq, ts, synced, source, data FROM sample"

static const char *const statements[] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[INSERT] = "INSERT INTO sample (seq, ts, synced, source, data) VALUES (?, ?, ?, ?, ?)",
	[DELETE] = "DELETE FROM sample WHERE seq >= ? AND seq <= ?",
	[SELECT] = SELECT_ROWS " WHERE seq > ? ORDER BY seq",
	[SELECT_DOWN] = SELECT_ROWS " WHERE seq <= ? ORDER BY seq DESC",
	[EXTENT] = "SELECT (SELECT min(seq) FROM sample), (SELECT max(seq) FROM sample)",
	[META_GET] = "SELECT value FROM meta WHERE key = ?",
	[META_SET] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
	[PAGES] = "PRAGMA page_count",
	[FREE_PAGES] = "PRAGMA freelist_count",
};

/* Settings first, one of them (journal_mode) answers with a row. EXTRA stands before it: so SQLite
 * syncs the folder after it has removed the rollback journal of the step to WAL. A journal that
 * came back with a power cut would undo that step and everything after it. */
static const char settings[] = "PRAGMA page_size = 4096;"
			       "PRAGMA locking_mode = EXCLUSIVE;"
			       "PRAGMA synchronous = EXTRA;"
			       "PRAGMA journal_mode = WAL;"
			       "PRAGMA wal_autocheckpoint = 1000;"
			       "PRAGMA journal_size_limit = 4194304;"
			       "PRAGMA cache_size = -512;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA secure_delete = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA trusted_schema = OFF;";

#define SAMPLE_TABLE                                                                               \
	"CREATE TABLE sample (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL,"                       \
	" synced INTEGER NOT NULL, source TEXT NOT NULL, data TEXT NOT NULL)"
#define META_TABLE "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"

static const char schema[] =
	"PRAGMA application_id = " APPLICATION_ID ";"
	"PRAGMA user_version = " SCHEMA_VERSION ";" SAMPLE_TABLE ";" META_TABLE ";";

/* What a file of ours says of itself, and what it has in it. */
static const char is_ours[] =
	"SELECT (SELECT application_id FROM pragma_application_id) = " APPLICATION_ID
	" AND (SELECT user_version FROM pragma_user_version) = " SCHEMA_VERSION;
static const char is_whole[] = "SELECT count(*) = 2 FROM sqlite_schema"
			       " WHERE sql IN ('" SAMPLE_TABLE "', '" META_TABLE "')";

/* What a transaction changes; the copy in `committed` is what spool_db_stats() tells. */
typedef struct Extent {
	uint64_t first; /* lowest number still there; equals next when empty */
	uint64_t next;  /* the next number to be given */
	uint64_t holes; /* numbers between the two that are gone */
	bool shown;     /* the row before `next` is there */
	uint64_t dropped;
	uint64_t unkept; /* dropped without a number */
	uint64_t bytes;
	uint64_t spare; /* octets of the file that hold nothing */
} Extent;

struct SpoolDb {
	char *path;
	uint64_t limit;
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENTS_N];
	uint64_t base;
	uint64_t mark; /* of spool-mark: numbers are below it */
	int tally;     /* of spool-tally; -1: none is kept */
	ino_t log;     /* the write-ahead log; 0: there is none */
	FaultLog lost; /* its name, to somebody who removed or renamed it */
	Extent now;
	Extent committed;
	bool corrupt;
	bool busy; /* another process had it */
	ConfigSpoolPolicy policy;
	SpoolRoom disk; /* at the beginning of the transaction */
	const char *refusal;
};

static bool code_is_corrupt(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/* The last failure of SQLite as a GError. Always false. */
static bool db_fail(SpoolDb *db, const char *doing, GError **error)
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

static bool db_exec(SpoolDb *db, const char *sql, const char *doing, GError **error)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, doing, error);
	return true;
}

/* Run a prepared statement that gives no rows. */
static bool db_run(SpoolDb *db, Statement which, const char *doing, GError **error)
{
	sqlite3_stmt *statement = db->statements[which];
	bool done = sqlite3_step(statement) == SQLITE_DONE || db_fail(db, doing, error);

	sqlite3_reset(statement);
	return done;
}

/* What SQLite does not call so. Always false. */
static bool db_damaged(SpoolDb *db, GError **error)
{
	db->corrupt = true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL, "spool %s is damaged", db->path);
	return false;
}

/* The one number that @statement answers, 0 without a row; -1 with an error. None of ours is
 * below 0. */
static int64_t db_number(SpoolDb *db, sqlite3_stmt *statement, GError **error)
{
	int64_t value = -1;

	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		value = sqlite3_column_int64(statement, 0);
		if (value < 0)
			db_damaged(db, error);
		break;
	case SQLITE_DONE: value = 0; break;
	default: db_fail(db, "cannot be read", error);
	}
	sqlite3_reset(statement);
	return value;
}

static int64_t db_query_number(SpoolDb *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) == SQLITE_OK)
		value = db_number(db, statement, error);
	else
		db_fail(db, "cannot be read", error);
	sqlite3_finalize(statement);
	return value;
}

static void db_disconnect(SpoolDb *db)
{
	for (size_t i = 0; i < STATEMENTS_N; i++) {
		sqlite3_finalize(db->statements[i]);
		db->statements[i] = NULL;
	}
	sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

static int64_t db_get_meta(SpoolDb *db, const char *key, GError **error)
{
	sqlite3_bind_text(db->statements[META_GET], 1, key, -1, SQLITE_STATIC);
	return db_number(db, db->statements[META_GET], error);
}

static bool db_set_meta(SpoolDb *db, const char *key, uint64_t value, GError **error)
{
	sqlite3_bind_text(db->statements[META_SET], 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(db->statements[META_SET], 2, (sqlite3_int64)value);
	return db_run(db, META_SET, "cannot keep its counters", error);
}

static bool db_prepare(SpoolDb *db, GError **error)
{
	for (size_t i = 0; i < STATEMENTS_N; i++) {
		if (sqlite3_prepare_v3(db->sqlite, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &db->statements[i], NULL) != SQLITE_OK)
			return db_fail(db, "cannot be read", error);
	}
	return true;
}

static void set_foreign(const SpoolDb *db, GError **error)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
		    "%s is not a spool of this version of Landfall: remove it or set another path",
		    db->path);
}

static bool db_create_tables(SpoolDb *db, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"BEGIN IMMEDIATE; %sINSERT INTO meta VALUES ('base', %" G_GUINT64_FORMAT
		"); COMMIT;",
		schema, db->base);

	return db_exec(db, sql, "cannot be created", error);
}

/* An empty file gets our tables, anything else must have them: to the letter, and so that they can
 * be written. SQLite itself would not call it damage. */
static bool db_check_schema(SpoolDb *db, GError **error)
{
	int64_t tables = db_query_number(db, "SELECT count(*) FROM sqlite_schema", error);
	int64_t ours = tables < 0 ? -1 : db_query_number(db, is_ours, error);
	int64_t whole = ours < 0 ? -1 : db_query_number(db, is_whole, error);

	if (whole < 0)
		return false;
	if (tables == 0)
		return db_create_tables(db, error);
	if (!ours) {
		set_foreign(db, error);
		return false;
	}
	return (whole && sqlite3_db_readonly(db->sqlite, "main") == 0) || db_damaged(db, error);
}

static bool db_measure(SpoolDb *db, GError **error)
{
	int64_t pages = db_number(db, db->statements[PAGES], error);
	int64_t spare = pages < 0 ? -1 : db_number(db, db->statements[FREE_PAGES], error);

	if (spare < 0)
		return false;
	db->now.bytes = (uint64_t)(pages - spare) * PAGE_SIZE;
	db->now.spare = (uint64_t)spare * PAGE_SIZE;
	return true;
}

/* Where the numbers stand. */
static bool db_load_extent(SpoolDb *db, GError **error)
{
	sqlite3_stmt *extent = db->statements[EXTENT];
	int64_t base = db_get_meta(db, "base", error);
	int64_t next = base < 0 ? -1 : db_get_meta(db, "next", error);
	int64_t dropped = next < 0 ? -1 : db_get_meta(db, "dropped", error);
	int64_t unkept = dropped < 0 ? -1 : db_get_meta(db, "unkept", error);
	int64_t holes = unkept < 0 ? -1 : db_get_meta(db, "holes", error);

	if (holes < 0)
		return false;
	if (sqlite3_step(extent) != SQLITE_ROW) {
		db_fail(db, "cannot be read", error);
		sqlite3_reset(extent);
		return false;
	}
	db->base = MAX((uint64_t)base, 1);
	db->now.next = MAX((uint64_t)next, db->base);
	db->now.first = db->now.next;
	db->now.dropped = (uint64_t)dropped;
	db->now.unkept = (uint64_t)unkept;
	db->now.shown = false;
	if (sqlite3_column_type(extent, 1) != SQLITE_NULL) {
		uint64_t above = (uint64_t)sqlite3_column_int64(extent, 1) + 1;

		db->now.first = (uint64_t)sqlite3_column_int64(extent, 0);
		db->now.shown = above >= db->now.next;
		db->now.next = MAX(db->now.next, above);
	}
	db->now.holes = MIN((uint64_t)holes, db->now.next - db->now.first);
	sqlite3_reset(extent);
	if (!db_measure(db, error))
		return false;
	db->committed = db->now;
	return true;
}

/* A first number that is higher than any given before: where there is no mark, as far as the clock
 * can be trusted. */
static uint64_t fresh_base(const SpoolDb *db)
{
	return MAX((uint64_t)MAX(g_get_real_time() / 1000, 1), spool_mark_read(db->path));
}

/* The mark goes ahead of the numbers. Without it there is still the clock. */
static void db_keep_mark(SpoolDb *db)
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

/* The file exists with mode 0600 before SQLite sees it; the WAL takes over that mode. */
static bool db_create_file(SpoolDb *db, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(db->path);
	struct stat status = { 0 };
	int fd = -1;

	db->base = MAX(spool_mark_read(db->path), 1);
	if (g_mkdir_with_parents(folder, 0700) == 0) {
		if (stat(db->path, &status) == 0 && status.st_size == 0)
			db->base = fresh_base(db);
		fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	}
	if (fd >= 0) {
		close(fd);
		return true;
	}
	int code = errno;
	g_set_error(error, LANDFALL_ERROR,
		    code == ENOSPC ? LANDFALL_ERROR_FULL : LANDFALL_ERROR_SPOOL,
		    "spool %s cannot be created or written: %s", db->path, g_strerror(code));
	return false;
}

/* Which file has the name of the write-ahead log. */
static ino_t db_find_log(const SpoolDb *db)
{
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	struct stat status;

	return stat(wal, &status) == 0 ? status.st_ino : 0;
}

static bool db_connect(SpoolDb *db, GError **error)
{
	db->corrupt = false;
	db->busy = false;
	/* Pages one by one as they are needed: by itself SQLite takes, and writes to, twenty at
	 * once. The second time it is refused, and in force. */
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	if (!db_create_file(db, error))
		return false;
	if (sqlite3_open_v2(db->path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return db_fail(db, "cannot be opened", error);
	if (!db_exec(db, settings, "cannot be opened", error) || !db_check_schema(db, error) ||
	    !db_prepare(db, error) || !db_load_extent(db, error))
		return false;
	db->log = db_find_log(db);
	return true;
}

static uint64_t extent_depth(const Extent *extent)
{
	return extent->next - extent->first - extent->holes;
}

static SpoolTally db_tally(const SpoolDb *db)
{
	const Extent *extent = &db->committed;

	return (SpoolTally){
		.base = db->base,
		.next = extent->next,
		.first = extent->first,
		.holes = extent->holes,
		.dropped = extent->dropped,
		.unkept = extent->unkept,
	};
}

static void db_keep_tally(const SpoolDb *db)
{
	SpoolTally tally = db_tally(db);

	spool_tally_write(db->tally, &tally);
}

/* Count on from @last, with @lost more that will not be delivered, and at @next, which none of the
 * lost samples can have had. */
static bool db_go_on(SpoolDb *db, const SpoolTally *last, uint64_t lost, uint64_t next,
		     GError **error)
{
	SpoolTally found = db_tally(db);
	SpoolTally on = spool_tally_go_on(&found, last, lost, next);

	if (!spool_db_begin(db, error))
		return false;
	db->base = on.base;
	db->now.next = on.next;
	db->now.first = on.first;
	db->now.holes = on.holes;
	db->now.dropped = on.dropped;
	db->now.unkept = on.unkept;
	db->now.shown = false;
	return db_set_meta(db, "base", db->base, error) &&
	       db_set_meta(db, "holes", db->now.holes, error) && spool_db_commit(db, error);
}

/* Begin a new file in place of the damaged one, of which @last is known. */
static bool db_start_anew(SpoolDb *db, const SpoolTally *last, GError **error)
{
	g_autofree char *aside = g_strconcat(db->path, ".corrupt", NULL);
	g_autofree char *aside_wal = g_strconcat(aside, "-wal", NULL);
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	uint64_t next = MAX(fresh_base(db), last->next);
	uint64_t lost = spool_tally_depth(last);

	db_disconnect(db);
	if (g_rename(db->path, aside) < 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
			    "damaged spool %s cannot be renamed: %s", db->path, g_strerror(errno));
		return false;
	}
	g_unlink(aside_wal);
	g_rename(wal, aside_wal); /* there may be none */
	g_warning("spool %s is damaged: kept as %s, starting anew at sequence number "
		  "%" G_GUINT64_FORMAT "; samples known to be lost: %" G_GUINT64_FORMAT,
		  db->path, aside, next, lost);
	return db_connect(db, error) && db_go_on(db, last, lost, next, error);
}

static void db_tell_loss(const SpoolDb *db, bool told, uint64_t lost, uint64_t next)
{
	bool begun = db->committed.next > db->base;
	g_autofree char *count = told ? g_strdup_printf("%" G_GUINT64_FORMAT, lost)
				      : g_strdup("nobody knows how many");

	if (told && lost == 0)
		return;
	g_warning("spool %s %s: samples lost: %s; it goes on at sequence number %" G_GUINT64_FORMAT,
		  db->path,
		  !told   ? "has a damaged write-ahead log"
		  : begun ? "has lost the end of its write-ahead log"
			  : "was removed or emptied",
		  count, next);
}

/* What was in the log may have been moved into the file already, and pages of it are now as old as
 * what is left of the log. Those that do not fit are damage; others hide samples in the middle.
 * @there: out: how many rows there are from number @from on */
static bool db_check_rest(SpoolDb *db, uint64_t from, uint64_t *there, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"SELECT count(*) FROM sample WHERE seq >= %" G_GUINT64_FORMAT, from);
	int64_t fits =
		db_query_number(db, "SELECT quick_check = 'ok' FROM pragma_quick_check(1)", error);
	int64_t rows = fits < 0 ? -1 : db_query_number(db, "SELECT count(*) FROM sample", error);
	int64_t behind = rows < 0 ? -1 : db_query_number(db, sql, error);

	if (behind < 0)
		return false;
	*there = (uint64_t)behind;
	db->committed.holes = db->committed.next - db->committed.first - (uint64_t)rows;
	return fits || db_damaged(db, error);
}

/* SQLite has read its log, and nothing has been written to it: is what it found all there was? */
static bool db_check_loss(SpoolDb *db, GError **error)
{
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	SpoolTally found = db_tally(db);
	SpoolTally last;
	bool told = spool_tally_read(db->tally, &last) && spool_tally_is_behind(&found, &last);
	uint64_t there;

	if (!told && !spool_wal_damaged(wal))
		return true;
	if (!db_check_rest(db, told ? last.first : found.first, &there, error))
		return false;
	found = db_tally(db);
	if (!told)
		last = found;

	uint64_t lost = spool_tally_lost(&found, &last, there);
	uint64_t next = MAX(fresh_base(db), MAX(last.next, found.next));

	db_tell_loss(db, told, lost, next);
	if (!db_go_on(db, &last, lost, next, error))
		return false;
	/* What is behind the damage would be found again by the next start. */
	sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return true;
}

/* Two that come at one moment see each other and both give up. So each comes again after a pause of
 * its own; the one that is there for good is told from that by its staying. */
static bool db_occupy(SpoolDb *db, GError **error)
{
	g_autoptr(GError) failure = NULL;

	for (unsigned tries = 1; !db_connect(db, &failure); tries++) {
		if (!db->busy || tries == OPEN_TRIES) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		db_disconnect(db);
		g_clear_error(&failure);
		g_usleep((gulong)g_random_int_range(1, OPEN_PAUSE_MS * 1000));
	}
	return true;
}

SpoolDb *spool_db_open(const char *path, uint64_t limit, GError **error)
{
	g_autoptr(SpoolDb) db = g_new0(SpoolDb, 1);
	g_autoptr(GError) failure = NULL;
	SpoolTally last;

	db->path = g_strdup(path);
	db->limit = limit;
	db->mark = spool_mark_read(path);
	db->tally = -1;

	bool open = db_occupy(db, &failure);

	if (open || db->corrupt)
		db->tally = spool_tally_open(path);
	if (open && db_check_loss(db, &failure)) {
		db_keep_mark(db);
		db_keep_tally(db);
		return g_steal_pointer(&db);
	}
	if (!db->corrupt) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	if (!spool_file_was_ours(path)) {
		set_foreign(db, error);
		return NULL;
	}
	if (!spool_tally_read(db->tally, &last))
		last = (SpoolTally){ 0 };
	if (!db_start_anew(db, &last, error))
		return NULL;
	db_keep_mark(db);
	return g_steal_pointer(&db);
}

void spool_db_close(SpoolDb *db)
{
	if (!db)
		return;
	db_disconnect(db);
	if (db->tally >= 0)
		close(db->tally);
	g_free(db->path);
	g_free(db);
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
	if (db->log == 0 || db_find_log(db) == db->log || db_was_moved(db))
		return true;
	if (sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
	    SQLITE_OK)
		return db_fail(db, "cannot be written", error);
	if (!db_exec(db, "PRAGMA journal_mode = DELETE;", "cannot be written", error) ||
	    !db_exec(db, settings, "cannot be written", error) ||
	    !db_exec(db, "SELECT count(*) FROM meta;", "cannot be read", error)) /* opens the log */
		return false;
	db_tell_lost_log(db);
	db->log = db_find_log(db);
	return true;
}

bool spool_db_begin(SpoolDb *db, GError **error)
{
	db->now = db->committed;
	db->disk = spool_file_room(db->path);
	return db_keep_log(db, error) && db_run(db, BEGIN, "cannot be written", error);
}

static bool db_insert(SpoolDb *db, const Sample *sample, GError **error)
{
	sqlite3_stmt *insert = db->statements[INSERT];

	sqlite3_bind_int64(insert, 1, (sqlite3_int64)db->now.next);
	sqlite3_bind_int64(insert, 2, sample->ts_ms);
	sqlite3_bind_int(insert, 3, sample->synced);
	sqlite3_bind_text(insert, 4, sample->source, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 5, sample->values, (int)sample->values_len, SQLITE_STATIC);
	if (!db_run(db, INSERT, "cannot be written", error))
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

		if (!spool_db_remove(db, last, 0, error) || !db_measure(db, error))
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
	sqlite3_stmt *extent = db->statements[EXTENT];
	uint64_t first = db->now.next;

	if (sqlite3_step(extent) != SQLITE_ROW) {
		db_fail(db, "cannot be read", error);
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
	sqlite3_bind_int64(db->statements[DELETE], 1, (sqlite3_int64)first);
	sqlite3_bind_int64(db->statements[DELETE], 2, (sqlite3_int64)last);
	if (!db_run(db, DELETE, "cannot be written", error))
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
	return before == now || db_set_meta(db, key, now, error);
}

bool spool_db_commit(SpoolDb *db, GError **error)
{
	db_keep_mark(db);
	/* With no row left to show it, the next number has to be written down. */
	if (!db->now.shown && (db->committed.shown || db->committed.next != db->now.next) &&
	    !db_set_meta(db, "next", db->now.next, error))
		return false;
	if (!db_set_changed(db, "dropped", db->committed.dropped, db->now.dropped, error) ||
	    !db_set_changed(db, "unkept", db->committed.unkept, db->now.unkept, error) ||
	    !db_set_changed(db, "holes", db->committed.holes, db->now.holes, error))
		return false;
	if (!db_measure(db, error) || !db_run(db, COMMIT, "cannot be written", error))
		return false;
	db->committed = db->now;
	db_keep_tally(db);
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

bool spool_db_read(SpoolDb *db, uint64_t after, Payload *payload, GError **error)
{
	sqlite3_stmt *select = db->statements[SELECT];
	int code = SQLITE_DONE;
	bool room = true;

	sqlite3_bind_int64(select, 1, (sqlite3_int64)after);
	while (room && (code = sqlite3_step(select)) == SQLITE_ROW) {
		Sample sample = row_to_sample(select);

		room = payload_add(payload, &sample);
	}
	bool done = !room || code == SQLITE_DONE || db_fail(db, "cannot be read", error);
	sqlite3_reset(select);
	return done;
}

bool spool_db_find_newest(SpoolDb *db, uint64_t upto, const Profile *profile, PayloadLimits *limits,
			  uint64_t *after, GError **error)
{
	sqlite3_stmt *select = db->statements[SELECT_DOWN];
	g_autoptr(Payload) trial = payload_new(profile, *limits); /* as large the other way round */
	int code = SQLITE_DONE;
	bool room = true;

	sqlite3_bind_int64(select, 1, (sqlite3_int64)MIN(upto, G_MAXINT64));
	while (room && (code = sqlite3_step(select)) == SQLITE_ROW) {
		Sample sample = row_to_sample(select);

		room = payload_add(trial, &sample);
	}
	bool done = !room || code == SQLITE_DONE || db_fail(db, "cannot be read", error);
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

bool spool_db_renew(SpoolDb *db, GError **error)
{
	SpoolTally last = db_tally(db);

	return db_start_anew(db, &last, error);
}

SpoolStats spool_db_stats(const SpoolDb *db)
{
	const Extent *extent = &db->committed;
	SpoolTally tally = db_tally(db);

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
