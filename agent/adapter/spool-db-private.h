/* SPDX-License-Identifier: MIT */
/*
 * spool-db-private - what the two files of spool-db share
 *
 * spool-db-open has the file: its tables, and what becomes of one that is damaged. spool-db has the
 * transactions. Errors are those of spool_db_commit() where nothing else is said.
 */
#pragma once

#include "agent/adapter/spool-db.h"
#include "agent/adapter/spool-file.h"
#include "agent/adapter/spool-tally.h"
#include "agent/core/fault-log.h"

#include <sqlite3.h>
#include <sys/types.h>

typedef enum SpoolStatement {
	SPOOL_SQL_BEGIN,
	SPOOL_SQL_COMMIT,
	SPOOL_SQL_INSERT,
	SPOOL_SQL_DELETE,
	SPOOL_SQL_SELECT,
	SPOOL_SQL_SELECT_DOWN,
	SPOOL_SQL_EXTENT,
	SPOOL_SQL_META_GET,
	SPOOL_SQL_META_SET,
	SPOOL_SQL_PAGES,
	SPOOL_SQL_FREE_PAGES,
	SPOOL_SQL_N,
} SpoolStatement;

/* What a transaction changes; the copy in `committed` is what spool_db_stats() tells. */
typedef struct SpoolExtent {
	uint64_t first; /* lowest number still there; equals next when empty */
	uint64_t next;  /* the next number to be given */
	uint64_t holes; /* numbers between the two that are gone */
	bool shown;     /* the row before `next` is there */
	uint64_t dropped;
	uint64_t unkept; /* dropped without a number */
	uint64_t bytes;
	uint64_t spare; /* octets of the file that hold nothing */
} SpoolExtent;

struct SpoolDb {
	char *path;
	uint64_t limit;
	sqlite3 *sqlite;
	sqlite3_stmt *statements[SPOOL_SQL_N];
	uint64_t base;
	uint64_t mark; /* of spool-mark: numbers are below it */
	int tally;     /* of spool-tally; -1: none is kept */
	ino_t log;     /* the write-ahead log; 0: there is none */
	FaultLog lost; /* its name, to somebody who removed or renamed it */
	SpoolExtent now;
	SpoolExtent committed;
	bool corrupt;
	bool busy; /* another process had it */
	ConfigSpoolPolicy policy;
	SpoolRoom disk; /* at the beginning of the transaction */
	const char *refusal;
};

/* spool_db_fail() - the last failure of SQLite as a GError. Always false. */
bool spool_db_fail(SpoolDb *db, const char *doing, GError **error);

/* spool_db_damaged() - damage that SQLite does not call so. Always false. */
bool spool_db_damaged(SpoolDb *db, GError **error);

/* spool_db_exec() - run SQL whose rows nobody wants */
bool spool_db_exec(SpoolDb *db, const char *sql, const char *doing, GError **error);

/* spool_db_settle() - how the file is written: WAL, EXTRA and the rest */
bool spool_db_settle(SpoolDb *db, const char *doing, GError **error);

/* spool_db_run() - run a prepared statement that gives no rows */
bool spool_db_run(SpoolDb *db, SpoolStatement which, const char *doing, GError **error);

/* spool_db_number() - the one number that @statement answers, 0 without a row; -1 with an error.
 * None of ours is below 0. */
int64_t spool_db_number(SpoolDb *db, sqlite3_stmt *statement, GError **error);

/* spool_db_set_meta() - write a counter down, inside a transaction */
bool spool_db_set_meta(SpoolDb *db, const char *key, uint64_t value, GError **error);

/* spool_db_measure() - how large the file is, into db->now */
bool spool_db_measure(SpoolDb *db, GError **error);

/* spool_db_tally() - what spool-tally keeps of the last commit */
SpoolTally spool_db_tally(const SpoolDb *db);

/* spool_db_keep_tally(), spool_db_keep_mark() - write the files beside the spool; the mark goes
 * ahead of the numbers, and without it there is still the clock */
void spool_db_keep_tally(const SpoolDb *db);
void spool_db_keep_mark(SpoolDb *db);

/* spool_db_find_log() - which file has the name of the write-ahead log; 0: none */
ino_t spool_db_find_log(const SpoolDb *db);
