/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-db-private.h"
#include "agent/adapter/spool-mark.h"
#include "agent/adapter/spool-wal.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID "0x4c464c53" /* "LFLS" */
#define SCHEMA_VERSION "1"
#define OPEN_TRIES     10 /* at a file that another process is about to open, too */
#define OPEN_PAUSE_MS  50 /* at most, between two of them */

#define SELECT_ROWS "SELECT seq, ts, synced, source, data FROM sample"

static const char *const statements[] = {
	[SPOOL_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SPOOL_SQL_COMMIT] = "COMMIT",
	[SPOOL_SQL_INSERT] =
		"INSERT INTO sample (seq, ts, synced, source, data) VALUES (?, ?, ?, ?, ?)",
	[SPOOL_SQL_DELETE] = "DELETE FROM sample WHERE seq >= ? AND seq <= ?",
	[SPOOL_SQL_SELECT] = SELECT_ROWS " WHERE seq > ? ORDER BY seq",
	[SPOOL_SQL_SELECT_DOWN] = SELECT_ROWS " WHERE seq <= ? ORDER BY seq DESC",
	[SPOOL_SQL_EXTENT] = "SELECT (SELECT min(seq) FROM sample), (SELECT max(seq) FROM sample)",
	[SPOOL_SQL_META_GET] = "SELECT value FROM meta WHERE key = ?",
	[SPOOL_SQL_META_SET] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
	[SPOOL_SQL_PAGES] = "PRAGMA page_count",
	[SPOOL_SQL_FREE_PAGES] = "PRAGMA freelist_count",
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

/* --- the file --- */

bool spool_db_settle(SpoolDb *db, const char *doing, GError **error)
{
	return spool_db_exec(db, settings, doing, error);
}

static int64_t db_query_number(SpoolDb *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) == SQLITE_OK)
		value = spool_db_number(db, statement, error);
	else
		spool_db_fail(db, "cannot be read", error);
	sqlite3_finalize(statement);
	return value;
}

static void db_disconnect(SpoolDb *db)
{
	for (size_t i = 0; i < SPOOL_SQL_N; i++) {
		sqlite3_finalize(db->statements[i]);
		db->statements[i] = NULL;
	}
	sqlite3_close(db->sqlite);
	db->sqlite = NULL;
}

static int64_t db_get_meta(SpoolDb *db, const char *key, GError **error)
{
	sqlite3_bind_text(db->statements[SPOOL_SQL_META_GET], 1, key, -1, SQLITE_STATIC);
	return spool_db_number(db, db->statements[SPOOL_SQL_META_GET], error);
}

static bool db_prepare(SpoolDb *db, GError **error)
{
	for (size_t i = 0; i < SPOOL_SQL_N; i++) {
		if (sqlite3_prepare_v3(db->sqlite, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &db->statements[i], NULL) != SQLITE_OK)
			return spool_db_fail(db, "cannot be read", error);
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

	return spool_db_exec(db, sql, "cannot be created", error);
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
	return (whole && sqlite3_db_readonly(db->sqlite, "main") == 0) ||
	       spool_db_damaged(db, error);
}

/* Where the numbers stand. */
static bool db_load_extent(SpoolDb *db, GError **error)
{
	sqlite3_stmt *extent = db->statements[SPOOL_SQL_EXTENT];
	int64_t base = db_get_meta(db, "base", error);
	int64_t next = base < 0 ? -1 : db_get_meta(db, "next", error);
	int64_t dropped = next < 0 ? -1 : db_get_meta(db, "dropped", error);
	int64_t unkept = dropped < 0 ? -1 : db_get_meta(db, "unkept", error);
	int64_t holes = unkept < 0 ? -1 : db_get_meta(db, "holes", error);

	if (holes < 0)
		return false;
	if (sqlite3_step(extent) != SQLITE_ROW) {
		spool_db_fail(db, "cannot be read", error);
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
	if (!spool_db_measure(db, error))
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
		return spool_db_fail(db, "cannot be opened", error);
	if (!spool_db_settle(db, "cannot be opened", error) || !db_check_schema(db, error) ||
	    !db_prepare(db, error) || !db_load_extent(db, error))
		return false;
	db->log = spool_db_find_log(db);
	return true;
}

/* --- what was lost --- */

/* Count on from @last, with @lost more that will not be delivered, and at @next, which none of the
 * lost samples can have had. */
static bool db_go_on(SpoolDb *db, const SpoolTally *last, uint64_t lost, uint64_t next,
		     GError **error)
{
	SpoolTally found = spool_db_tally(db);
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
	return spool_db_set_meta(db, "base", db->base, error) &&
	       spool_db_set_meta(db, "holes", db->now.holes, error) && spool_db_commit(db, error);
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
	return fits || spool_db_damaged(db, error);
}

/* SQLite has read its log, and nothing has been written to it: is what it found all there was? */
static bool db_check_loss(SpoolDb *db, GError **error)
{
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	SpoolTally found = spool_db_tally(db);
	SpoolTally last;
	bool told = spool_tally_read(db->tally, &last) && spool_tally_is_behind(&found, &last);
	uint64_t there;

	if (!told && !spool_wal_damaged(wal))
		return true;
	if (!db_check_rest(db, told ? last.first : found.first, &there, error))
		return false;
	found = spool_db_tally(db);
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

/* What a killed process had not synced is read as well, and a power cut may still take it: only a
 * commit of ours makes it last, and the tally goes with that. */
static void db_keep_found(SpoolDb *db)
{
	SpoolTally found = spool_db_tally(db);
	SpoolTally kept;
	g_autoptr(GError) error = NULL;

	if (db->tally < 0 ||
	    (spool_tally_read(db->tally, &kept) && memcmp(&kept, &found, sizeof(kept)) == 0))
		return;
	if (!spool_db_begin(db, &error) || !spool_db_set_meta(db, "base", db->base, &error) ||
	    !spool_db_commit(db, &error)) {
		spool_db_rollback(db);
		g_info("what the spool holds is not noted: %s", error->message);
	}
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
		spool_db_keep_mark(db);
		db_keep_found(db);
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
	spool_db_keep_mark(db);
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

bool spool_db_renew(SpoolDb *db, GError **error)
{
	SpoolTally last = spool_db_tally(db);

	return db_start_anew(db, &last, error);
}
