/* SPDX-License-Identifier: MIT */
/* spool-db: what becomes of damaged files and lost ones, of their samples and of the numbers. */
#include "tests/unit/agent/spool-fixture.h"

#include "common/error.h"
#include "tests/unit/agent/test-profile.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct DamageCase {
	const char *path;
	size_t offset; /* where zeros or noise go */
	size_t len;
	char fill;
	bool truncate; /* at offset instead */
} DamageCase;

static const DamageCase damage_cases[] = {
	{ "/agent/spool-damage/damage/header", 0, 100, 'x', false },
	{ "/agent/spool-damage/damage/all-zero", 0, 4096, 0, false },
	{ "/agent/spool-damage/damage/schema", 100, 3000, 'x', false },
	{ "/agent/spool-damage/damage/cut-short", 10, 0, 0, true },
	{ "/agent/spool-damage/damage/empty", 0, 0, 0, true },
};

static void damage(const char *path, const DamageCase *c)
{
	FILE *file = fopen(path, "r+");

	g_assert_nonnull(file);
	if (c->truncate) {
		g_assert_cmpint(ftruncate(fileno(file), (off_t)c->offset), ==, 0);
	} else {
		fseek(file, (long)c->offset, SEEK_SET);
		for (size_t i = 0; i < c->len; i++)
			fputc(c->fill, file);
	}
	fclose(file);
}

static void expect_damage(const DamageCase *c)
{
	bool emptied = c->truncate && c->offset == 0;

	g_test_expect_message(
		NULL, G_LOG_LEVEL_WARNING,
		emptied ? "spool * was removed or emptied: samples lost: 97;*"
			: "spool * is damaged: kept as *; samples known to be lost: 97");
}

/* Found at the start: put aside, the loss counted to the last sample. */
static void test_damage(SpoolFixture *f, gconstpointer data)
{
	const DamageCase *c = data;
	SpoolDb *db = open_fine(f);

	append(db, 100);
	remove_up_to(db, 3, 1);
	spool_db_close(db); /* the last connection takes the WAL along */
	damage(f->path, c);
	expect_damage(c);
	db = open_fine(f);
	g_test_assert_expected_messages();
	if (c->offset > 0 || !c->truncate)
		g_assert_true(g_file_test(f->aside, G_FILE_TEST_EXISTS));
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, >, 1000000000000u); /* above all old numbers */
	assert_stats(db, 1, spool_db_stats(db).last, 2, 98);
	spool_db_close(db);
	db = open_fine(f);
	assert_stats(db, 1, spool_db_stats(db).last, 2, 98);
	spool_db_close(db);
}

/* Not damage to SQLite, which reads on, or says that there is no such table. */
typedef struct SpotCase {
	const char *path;
	const char *text; /* that is looked for in the file; NULL: at the offset */
	size_t offset;    /* from there */
	char fill;
} SpotCase;

static const SpotCase spot_cases[] = {
	{ "/agent/spool-damage/spot/table", "TABLE sample", 8, 'x' },
	{ "/agent/spool-damage/spot/column", "synced INTEGER", 2, 'x' },
	{ "/agent/spool-damage/spot/type", "seq INTEGER", 6, 'x' },
	{ "/agent/spool-damage/spot/read-only", NULL, 18, 3 },
	{ "/agent/spool-damage/spot/free-pages", NULL, 36, (char)0x80 },
};

static void test_spot(SpoolFixture *f, gconstpointer data)
{
	const SpotCase *c = data;
	SpoolDb *db = open_fine(f);
	g_autofree char *content = NULL;
	gsize len = 0;

	append(db, 100);
	spool_db_close(db);
	g_assert_true(g_file_get_contents(f->path, &content, &len, NULL));

	char *place = c->text ? memmem(content, len, c->text, strlen(c->text)) : content;

	g_assert_nonnull(place);
	place[c->offset] = c->fill;
	g_assert_true(g_file_set_contents(f->path, content, (gssize)len, NULL));
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "*is damaged: kept as *; samples known to be lost: 100");
	db = open_fine(f);
	g_test_assert_expected_messages();
	append(db, 1);
	assert_stats(db, 1, spool_db_stats(db).last, 0, 100);
	spool_db_close(db);
}

/* A number that is of another kind, and is not taken for an error without words. */
static void test_foreign_version(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sqlite3 *sqlite;

	spool_db_close(open_fine(f));
	g_assert_cmpint(sqlite3_open(f->path, &sqlite), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(sqlite, data, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(sqlite);
	g_assert_null(spool_db_open(f->path, LIMIT, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_nonnull(strstr(error->message, "is not a spool of this version"));
	g_assert_false(g_file_test(f->aside, G_FILE_TEST_EXISTS));
}

/* Without the tally nobody can tell how many samples it had. */
static void test_damage_untold(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 100);
	spool_db_close(db);
	damage(f->path, &damage_cases[0]);
	if (data)
		g_assert_true(g_file_set_contents(tally, data, -1, NULL));
	else
		g_assert_cmpint(g_unlink(tally), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*samples known to be lost: 0");
	db = open_fine(f);
	g_test_assert_expected_messages();
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, >, 1000000000000u);
	assert_stats(db, 1, spool_db_stats(db).last, 0, 0);
	spool_db_close(db);
}

/* A tally that cannot be kept costs nothing but the count. */
static void test_no_tally(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	SpoolDb *db;

	g_assert_cmpint(g_mkdir_with_parents(tally, 0700), ==, 0);
	db = open_fine(f);
	append(db, 3);
	remove_up_to(db, 1, 0);
	spool_db_close(db);
	db = open_fine(f);
	assert_stats(db, 2, 3, 1, 0);
	spool_db_close(db);
}

/* One of another spool takes no sample away, and makes no count run over. */
static void test_foreign_tally(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *other = g_build_filename(f->dir, "other.db", NULL);
	g_autofree char *other_tally = g_strconcat(other, ".tally", NULL);
	g_autofree char *other_mark = g_strconcat(other, ".mark", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 100);
	remove_up_to(db, 10, 0);
	spool_db_close(db);
	g_assert_true(g_file_set_contents(other_mark, "500000\n", -1, NULL));
	db = spool_db_open(other, LIMIT, NULL);
	append(db, 5);
	spool_db_close(db);
	g_assert_cmpint(g_rename(other_tally, tally), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*has lost the end*: samples lost: 5;*");
	db = open_fine(f);
	g_test_assert_expected_messages();
	g_assert_cmpuint(spool_db_stats(db).depth, ==, 90);
	g_assert_cmpuint(spool_db_stats(db).accepted, ==, 100);
	g_assert_cmpuint(spool_db_stats(db).delivered, <=, 10);
	spool_db_close(db);
}

/* The numbers are beyond what the clock says, as they are when that is years behind. */
static void give_high_numbers(const SpoolFixture *f)
{
	SpoolDb *db = open_fine(f);
	sqlite3 *sqlite;

	spool_db_close(db);
	g_assert_cmpint(sqlite3_open(f->path, &sqlite), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(sqlite,
				     "INSERT OR REPLACE INTO meta VALUES ('next', 4000000000000)",
				     NULL, NULL, NULL),
			==, SQLITE_OK);
	sqlite3_close(sqlite);
	db = open_fine(f);
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, ==, 4000000000000u);
	spool_db_close(db);
}

static void test_no_clock(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	const DamageCase *c = data; /* NULL: the file is gone */
	SpoolDb *db;

	give_high_numbers(f);
	if (c)
		damage(f->path, c);
	else
		g_assert_cmpint(g_unlink(f->path), ==, 0);
	g_assert_cmpint(g_unlink(tally), ==, 0); /* the mark alone has to do */
	if (c && (c->offset > 0 || !c->truncate))
		g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "spool * is damaged: kept as *");
	db = open_fine(f);
	g_test_assert_expected_messages();
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, >, 4000000000000u);
	g_assert_cmpuint(spool_db_stats(db).accepted, ==, 1);
	spool_db_close(db);
}

/* The file is gone: what waited in it is counted, without a word when that was nothing. */
static void test_gone(SpoolFixture *f, gconstpointer data)
{
	bool drained = data != NULL;
	SpoolDb *db = open_fine(f);

	append(db, 100);
	remove_up_to(db, drained ? 100 : 40, 1);
	spool_db_close(db);
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	if (!drained)
		g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
				      "*was removed or emptied: samples lost: 60;*");
	db = open_fine(f);
	g_test_assert_expected_messages();
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, >, 100);
	assert_stats(db, 1, spool_db_stats(db).last, drained ? 99 : 39, drained ? 1 : 61);
	spool_db_close(db);
}

/* Killed after a new file was begun and before it could say what the damaged one had. */
static void test_begun_anew(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *saved = g_build_filename(f->dir, "saved", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 100);
	remove_up_to(db, 40, 0);
	spool_db_close(db);
	g_assert_cmpint(g_rename(tally, saved), ==, 0);
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	spool_db_close(open_fine(f)); /* its first number is the mark */
	g_assert_cmpint(g_rename(saved, tally), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "*was removed or emptied: samples lost: 60;*");
	db = open_fine(f);
	g_test_assert_expected_messages();
	append(db, 1);
	assert_stats(db, 1, spool_db_stats(db).last, 40, 60);
	spool_db_close(db);
}

/* A mark that makes no sense is none. */
static void test_bad_mark(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *mark = g_strconcat(f->path, ".mark", NULL);
	SpoolDb *db = open_fine(f);

	spool_db_close(db);
	g_assert_cmpint(g_unlink(f->path), ==, 0);
	g_assert_true(g_file_set_contents(mark, data, -1, NULL));
	db = open_fine(f);
	append(db, 1);
	assert_stats(db, 1, 1, 0, 0);
	spool_db_close(db);
}

/* Damage that is met while running: the file is put aside, the loss counted to the last sample. */
static void test_damage_later(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	PayloadLimits limits = { 1000000, 1000, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);
	g_autoptr(GError) error = NULL;
	const DamageCase rows = { .offset = 20 * 4096, .len = 40 * 4096, .fill = 'x' };

	append(db, 20000);
	remove_up_to(db, 8, 3);
	remove_range(db, 15, 16);
	spool_db_close(db);
	damage(f->path, &rows);
	db = open_fine(f);
	assert_stats(db, 19990, 20000, 7, 3);

	g_assert_false(spool_db_read(db, 5000, payload, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_true(spool_db_corrupt(db));
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*samples known to be lost: 19990");
	g_clear_error(&error);
	g_assert_true(spool_db_renew(db, &error));
	g_test_assert_expected_messages();
	g_assert_cmpuint(spool_db_stats(db).dropped, ==, 19993);
	g_assert_cmpuint(spool_db_stats(db).depth, ==, 0);
	append(db, 2);
	g_assert_cmpuint(spool_db_stats(db).depth, ==, 2);
	g_assert_cmpuint(spool_db_stats(db).last, >, 20000);
	spool_db_close(db);
}

static void swap_pages(const char *path, size_t one, size_t other)
{
	g_autofree char *content = NULL;
	char page[4096];
	gsize len = 0;

	g_assert_true(g_file_get_contents(path, &content, &len, NULL));
	g_assert_cmpuint(len, >, MAX(one, other) * sizeof(page));
	memcpy(page, content + one * sizeof(page), sizeof(page));
	memmove(content + one * sizeof(page), content + other * sizeof(page), sizeof(page));
	memcpy(content + other * sizeof(page), page, sizeof(page));
	g_assert_true(g_file_set_contents(path, content, (gssize)len, NULL));
}

/* Rows that come in another order than their numbers are damage, which SQLite itself does not see.
 */
static void test_disorder(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	PayloadLimits limits = { 10000000, 20000, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);
	g_autoptr(GError) error = NULL;
	uint64_t after;

	append(db, 20000);
	spool_db_close(db);
	swap_pages(f->path, 20, 30);
	db = open_fine(f);
	g_assert_false(data ? spool_db_find_newest(db, 20000, profile, &limits, &after, &error)
			    : spool_db_read(db, 0, payload, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_true(spool_db_corrupt(db));
	spool_db_close(db);
}

/* The files of a process that was killed, its log cut or damaged; the next one finds it so. The
 * tally is the one at @tally, or as it was left. */
static SpoolDb *reopen_with_log(const SpoolFixture *f, SpoolDb *db, const DamageCase *c,
				const char *tally)
{
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	g_autofree char *in_use = g_strconcat(f->path, ".tally", NULL);

	spool_kill(f, db);
	damage(wal, c);
	if (tally)
		copy_file(tally, in_use);
	return open_fine(f);
}

/* Damage in the middle of the log: said, counted, and no number is given twice. */
static void test_damaged_log(SpoolFixture *f, gconstpointer data)
{
	const DamageCase middle = { .offset = 40000, .len = 100, .fill = 'x' };
	SpoolDb *db = open_fine(f);

	for (int i = 0; i < 20; i++)
		append(db, 50);
	remove_up_to(db, 10, 2);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "spool * has lost the end of its *log:*");
	db = reopen_with_log(f, db, &middle, NULL);
	g_test_assert_expected_messages();

	uint64_t depth = spool_db_stats(db).depth;
	uint64_t lost = 1000 - depth; /* the ten that were removed are there again */

	g_assert_cmpuint(depth, >, 0);
	g_assert_cmpuint(depth, <, 990);
	g_assert_cmpuint(append(db, 5), ==, 5);
	g_assert_cmpuint(spool_db_stats(db).last, >, 1000000000000u);
	assert_stats(db, depth + 5, spool_db_stats(db).last, 0, lost);
	spool_kill(f, db);
	db = open_fine(f); /* and says nothing, though the log is read again */
	assert_stats(db, depth + 5, spool_db_stats(db).last, 0, lost);
	remove_up_to(db, depth, 1);
	assert_stats(db, 5, spool_db_stats(db).last, depth - 1, lost + 1);
	spool_db_close(db);
	db = open_fine(f); /* once is enough */
	assert_stats(db, 5, spool_db_stats(db).last, depth - 1, lost + 1);
	spool_db_close(db);
}

/* With the tally of before, as a power cut may leave it, how many they were is not known. */
static void test_damaged_log_old_tally(SpoolFixture *f, gconstpointer data)
{
	const DamageCase middle = { .offset = 40000, .len = 100, .fill = 'x' };
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *old = g_strconcat(f->dir, "/old", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 50);
	copy_file(tally, old);
	for (int i = 0; i < 19; i++)
		append(db, 50);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "*damaged write-ahead log: samples lost: nobody knows how many;*");
	db = reopen_with_log(f, db, &middle, old);
	g_test_assert_expected_messages();
	g_assert_cmpuint(spool_db_stats(db).dropped, ==, 0);
	append(db, 1);
	g_assert_cmpuint(spool_db_stats(db).last, >, 1000000000000u);
	spool_db_close(db);
}

/* All of the log is gone, and with it the first tables of a spool that never wrote elsewhere. */
static void test_lost_log(SpoolFixture *f, gconstpointer data)
{
	const DamageCase emptied = { .truncate = true };
	SpoolDb *db = open_fine(f);

	if (data) {
		append(db, 20);
		spool_db_close(db); /* takes the log along */
		db = open_fine(f);
	}
	append(db, 50);
	remove_up_to(db, 4, 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      data ? "*has lost the end*: 50;*" : "*removed or emptied*: 46;*");
	db = reopen_with_log(f, db, &emptied, NULL);
	g_test_assert_expected_messages();
	/* The four that had gone are there again in the one case. */
	assert_stats(db, data ? 20 : 0, spool_db_stats(db).last, data ? 0 : 3, data ? 50 : 47);
	spool_db_close(db);
}

static off_t size_of_log(const SpoolFixture *f)
{
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	struct stat status;

	g_assert_cmpint(stat(wal, &status), ==, 0);
	return status.st_size;
}

/* What was written and perhaps not synced, as the tally does not know it, is committed before the
 * tally tells of it; else the next power cut would look like a loss. */
static void test_unsynced(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *old = g_build_filename(f->dir, "old", NULL);
	SpoolDb *db = open_fine(f);
	off_t size;

	append(db, 50);
	copy_file(tally, old);
	append(db, 7);
	size = size_of_log(f);
	spool_kill(f, db);
	db = open_fine(f);
	g_assert_cmpint(size_of_log(f), ==, size); /* the tally knows it */
	spool_kill(f, db);
	copy_file(old, tally);
	db = open_fine(f);
	g_assert_cmpint(size_of_log(f), >, size);
	assert_stats(db, 57, 57, 0, 0);
	spool_db_close(db);
}

/* The last transaction alone is cut off, or spoiled: the samples of it are counted, no more. */
static void test_lost_last(SpoolFixture *f, gconstpointer data)
{
	DamageCase end = { .truncate = data == NULL, .len = 64, .fill = 'x' };
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	SpoolDb *db = open_fine(f);
	struct stat status;

	append(db, 50);
	remove_up_to(db, 20, 0);
	g_assert_cmpint(stat(wal, &status), ==, 0);
	append(db, 7);
	end.offset = (size_t)status.st_size + 64;
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*has lost the end*: samples lost: 7;*");
	db = reopen_with_log(f, db, &end, NULL);
	g_test_assert_expected_messages();
	g_assert_cmpuint(spool_db_stats(db).last, >=, 57);
	assert_stats(db, 30, spool_db_stats(db).last, 20, 7);
	spool_db_close(db);
}

/* So is what the policy dropped, which has no number. */
static void test_lost_unkept(SpoolFixture *f, gconstpointer data)
{
	DamageCase end = { .truncate = true };
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	g_autoptr(GError) error = NULL;
	SpoolDb *db = spool_db_open(f->path, 64 * 1024, &error);
	struct stat status;
	SpoolStats before;

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_NEWEST);
	while (spool_db_stats(db).dropped == 0)
		append(db, 100);
	g_assert_cmpint(stat(wal, &status), ==, 0);
	append(db, 9);
	before = spool_db_stats(db);
	end.offset = (size_t)status.st_size;
	db = reopen_with_log(f, db, &end, NULL);
	assert_stats(db, before.depth, spool_db_stats(db).last, 0, before.dropped);
	spool_db_close(db);
}

/* What was dropped to make room for them is there again, and not dropped any more. */
static void test_lost_replacement(SpoolFixture *f, gconstpointer data)
{
	DamageCase end = { .truncate = true };
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	SpoolDb *db = spool_db_open(f->path, 64 * 1024, NULL);
	struct stat status;
	SpoolStats before;

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_OLDEST);
	while (spool_db_stats(db).dropped == 0)
		append(db, 100);
	before = spool_db_stats(db);
	g_assert_cmpint(stat(wal, &status), ==, 0);
	end.offset = (size_t)status.st_size;
	append(db, 400);
	g_assert_cmpuint(spool_db_stats(db).dropped, >, before.dropped);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*has lost the end*: samples lost: 400;*");
	db = reopen_with_log(f, db, &end, NULL);
	g_test_assert_expected_messages();
	assert_stats(db, before.depth, spool_db_stats(db).last, 0, before.dropped + 400);
	spool_db_close(db);
}

/* What a crash leaves behind the end is no damage: it was never acknowledged. */
static void test_torn_log(SpoolFixture *f, gconstpointer data)
{
	const DamageCase cut = { .offset = 40000, .truncate = true };
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *old = g_strconcat(f->dir, "/old", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 50);
	copy_file(tally, old);
	for (int i = 0; i < 19; i++)
		append(db, 50);
	db = reopen_with_log(f, db, &cut, old);
	g_assert_cmpuint(spool_db_stats(db).last, <, 1000);
	spool_db_close(db);
}

/* An older log, put back beside a file that has gone on since, makes pages of it old again. */
static void test_replaced_log(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	g_autofree char *old = g_strconcat(f->dir, "/old", NULL);
	SpoolDb *db = open_fine(f);

	append(db, 200);
	spool_db_close(db);
	db = open_fine(f);
	append(db, 210);
	copy_file(wal, old);
	spool_db_checkpoint(db);
	append(db, 100);
	remove_up_to(db, 300, 0);
	append(db, 290);
	spool_db_checkpoint(db);
	spool_kill(f, db);
	copy_file(old, wal);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "*is damaged: kept as *; samples known to be lost: 500");
	db = open_fine(f);
	g_test_assert_expected_messages();
	assert_stats(db, 0, spool_db_stats(db).last, 300, 500);
	spool_db_close(db);
}

/* Nor is what several of them leave: the power goes twice before the log begins anew. */
static void test_torn_twice(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	g_autofree char *tally = g_strconcat(f->path, ".tally", NULL);
	g_autofree char *old = g_strconcat(f->dir, "/old", NULL);
	DamageCase torn = { .len = 64, .fill = 'x' };
	SpoolDb *db = open_fine(f);
	struct stat status;

	append(db, 10);
	copy_file(tally, old);
	g_assert_cmpint(stat(wal, &status), ==, 0);
	torn.offset = (size_t)status.st_size + 64; /* of the first frame of what follows */
	append(db, 900);
	db = reopen_with_log(f, db, &torn, old);
	append(db, 300);
	db = reopen_with_log(f, db, &torn, old);
	assert_stats(db, 10, 10, 0, 0);
	spool_db_close(db);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                        \
	g_test_add(path, SpoolFixture, NULL, spool_set_up, function, spool_tear_down)
	ADD("/agent/spool-damage/damage-later", test_damage_later);
	ADD("/agent/spool-damage/disorder/oldest", test_disorder);
	ADD("/agent/spool-damage/damaged-log", test_damaged_log);
	ADD("/agent/spool-damage/damaged-log-old-tally", test_damaged_log_old_tally);
	ADD("/agent/spool-damage/torn-log", test_torn_log);
	ADD("/agent/spool-damage/torn-log/twice", test_torn_twice);
	ADD("/agent/spool-damage/replaced-log", test_replaced_log);
	ADD("/agent/spool-damage/lost-last/cut", test_lost_last);
	ADD("/agent/spool-damage/lost-last/replacement", test_lost_replacement);
	ADD("/agent/spool-damage/begun-anew", test_begun_anew);
	ADD("/agent/spool-damage/lost-log/first", test_lost_log);
	ADD("/agent/spool-damage/unsynced", test_unsynced);
	ADD("/agent/spool-damage/lost-unkept", test_lost_unkept);
	ADD("/agent/spool-damage/gone/waiting", test_gone);
	ADD("/agent/spool-damage/tally/none", test_no_tally);
	ADD("/agent/spool-damage/tally/foreign", test_foreign_tally);
	ADD("/agent/spool-damage/damage/untold", test_damage_untold);
	g_test_add("/agent/spool-damage/no-clock/gone", SpoolFixture, NULL, spool_set_up,
		   test_no_clock, spool_tear_down);
	g_test_add("/agent/spool-damage/no-clock/header", SpoolFixture, &damage_cases[0],
		   spool_set_up, test_no_clock, spool_tear_down);
	g_test_add("/agent/spool-damage/no-clock/empty", SpoolFixture,
		   &damage_cases[G_N_ELEMENTS(damage_cases) - 1], spool_set_up, test_no_clock,
		   spool_tear_down);
	g_test_add("/agent/spool-damage/bad-mark/text", SpoolFixture, "many\n", spool_set_up,
		   test_bad_mark, spool_tear_down);
	g_test_add("/agent/spool-damage/bad-mark/huge", SpoolFixture, "9223372036854775807\n",
		   spool_set_up, test_bad_mark, spool_tear_down);
	g_test_add("/agent/spool-damage/lost-last/spoiled", SpoolFixture, "spoiled", spool_set_up,
		   test_lost_last, spool_tear_down);
	g_test_add("/agent/spool-damage/disorder/newest", SpoolFixture, "newest", spool_set_up,
		   test_disorder, spool_tear_down);
	g_test_add("/agent/spool-damage/lost-log/later", SpoolFixture, "later", spool_set_up,
		   test_lost_log, spool_tear_down);
	g_test_add("/agent/spool-damage/gone/drained", SpoolFixture, "drained", spool_set_up,
		   test_gone, spool_tear_down);
	g_test_add("/agent/spool-damage/damage/bad-tally", SpoolFixture, "1 101 1 0 0 0\n",
		   spool_set_up, test_damage_untold, spool_tear_down);
	g_test_add("/agent/spool-damage/foreign/id", SpoolFixture,
		   "PRAGMA application_id = -1279675475", spool_set_up, test_foreign_version,
		   spool_tear_down);
	g_test_add("/agent/spool-damage/foreign/version", SpoolFixture, "PRAGMA user_version = -1",
		   spool_set_up, test_foreign_version, spool_tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(spot_cases); i++)
		g_test_add(spot_cases[i].path, SpoolFixture, &spot_cases[i], spool_set_up,
			   test_spot, spool_tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(damage_cases); i++)
		g_test_add(damage_cases[i].path, SpoolFixture, &damage_cases[i], spool_set_up,
			   test_damage, spool_tear_down);
	return g_test_run();
}
