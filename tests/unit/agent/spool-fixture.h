/* SPDX-License-Identifier: MIT */
/*
 * spool-fixture - a spool in a folder of its own, and the strokes that tests do with it
 *
 * All failures abort.
 */
#pragma once

#include "agent/adapter/spool-db.h"

#define LIMIT ((uint64_t)64 * 1024 * 1024)

typedef struct SpoolFixture {
	char *dir;
	char *path;  /* of the spool, in a folder of @dir that is not there yet */
	char *aside; /* what a damaged one is renamed to */
} SpoolFixture;

/* spool_set_up(), spool_tear_down() - for g_test_add() */
void spool_set_up(SpoolFixture *f, gconstpointer data);
void spool_tear_down(SpoolFixture *f, gconstpointer data);

/* open_fine() - spool_db_open() with LIMIT */
SpoolDb *open_fine(const SpoolFixture *f);

/* batch_of() - @n samples of one source */
SampleBatch *batch_of(unsigned n);

/* append() - @n samples in one transaction; how many were taken */
size_t append(SpoolDb *db, unsigned n);

/* remove_up_to(), remove_range() - in one transaction */
void remove_up_to(SpoolDb *db, uint64_t last, uint64_t dropped);
void remove_range(SpoolDb *db, uint64_t first, uint64_t last);

/* assert_stats() - and that they add up */
void assert_stats(SpoolDb *db, uint64_t depth, uint64_t last, uint64_t delivered, uint64_t dropped);

/* copy_file() - in place of what is at @to */
void copy_file(const char *from, const char *to);

/* spool_kill() - close @db and leave its files as a kill would have */
void spool_kill(const SpoolFixture *f, SpoolDb *db);
