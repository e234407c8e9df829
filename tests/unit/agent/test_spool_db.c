/* SPDX-License-Identifier: MIT */
/* spool-db: numbers, limits, and what becomes of foreign, locked and full files. */
#include "tests/unit/agent/spool-fixture.h"

#include "common/error.h"
#include "tests/unit/agent/test-profile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_numbers(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);

	assert_stats(db, 0, 0, 0, 0);
	g_assert_cmpuint(append(db, 10), ==, 10);
	assert_stats(db, 10, 10, 0, 0);
	remove_up_to(db, 4, 0);
	remove_up_to(db, 4, 0);
	remove_up_to(db, 6, 1);
	assert_stats(db, 4, 10, 5, 1);
	spool_db_close(db);

	db = open_fine(f);
	assert_stats(db, 4, 10, 5, 1);
	remove_up_to(db, 99, 0); /* beyond the last */
	assert_stats(db, 0, 10, 9, 1);
	spool_db_close(db);

	/* nothing left that shows the numbers, and still they go on */
	db = open_fine(f);
	assert_stats(db, 0, 10, 9, 1);
	g_assert_cmpuint(append(db, 1), ==, 1);
	assert_stats(db, 1, 11, 9, 1);
	spool_db_close(db);
}

static void test_rollback(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	g_autoptr(SampleBatch) batch = batch_of(5);
	size_t taken;

	append(db, 3);
	g_assert_true(spool_db_begin(db, NULL));
	g_assert_true(spool_db_remove(db, 2, 0, NULL));
	g_assert_true(spool_db_append(db, batch, &taken, NULL));
	spool_db_rollback(db);
	assert_stats(db, 3, 3, 0, 0);
	append(db, 1);
	assert_stats(db, 4, 4, 0, 0);
	spool_db_close(db);
}

static void test_read(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	PayloadLimits limits = { 32768, 3, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);
	g_autoptr(Payload) none = payload_new(profile, limits);
	size_t len;

	append(db, 10);
	g_assert_true(spool_db_read(db, 6, payload, NULL));
	g_assert_cmpuint(payload_first(payload), ==, 7);
	g_assert_cmpuint(payload_last(payload), ==, 9);
	g_assert_true(
		g_str_has_prefix(payload_data(payload, &len),
				 "[{\"ts\":1006,\"values\":{\"a\":1,\"seq\":7}},{\"ts\":1007,"));
	g_assert_true(spool_db_read(db, 10, none, NULL));
	g_assert_cmpuint(payload_count(none), ==, 0);
	spool_db_close(db);
}

/* Counts are exact with holes, also over a new start, and the numbers go on. */
static void test_holes(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);

	append(db, 20);
	remove_range(db, 16, 20); /* the newest: no row shows the last number */
	assert_stats(db, 15, 20, 5, 0);
	remove_range(db, 8, 9);
	remove_range(db, 9, 10); /* part of it is gone already */
	assert_stats(db, 12, 20, 8, 0);
	spool_db_close(db);

	db = open_fine(f);
	assert_stats(db, 12, 20, 8, 0);
	g_assert_cmpuint(spool_db_stats(db).first, ==, 1);
	append(db, 1);
	assert_stats(db, 13, 21, 8, 0);
	remove_up_to(db, 7, 0); /* the front closes up to what is behind the hole */
	g_assert_cmpuint(spool_db_stats(db).first, ==, 11);
	assert_stats(db, 6, 21, 15, 0);
	remove_range(db, 12, 13);
	spool_db_close(db);

	db = open_fine(f);
	assert_stats(db, 4, 21, 17, 0);
	remove_range(db, 0, 21);
	assert_stats(db, 0, 21, 21, 0);
	append(db, 1);
	assert_stats(db, 1, 22, 21, 0);
	spool_db_close(db);
}

/* Rolled back, a hole has never been. */
static void test_holes_rollback(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);

	append(db, 10);
	g_assert_true(spool_db_begin(db, NULL));
	g_assert_true(spool_db_remove_range(db, 5, 10, 0, NULL));
	spool_db_rollback(db);
	assert_stats(db, 10, 10, 0, 0);
	remove_range(db, 5, 10);
	assert_stats(db, 4, 10, 6, 0);
	spool_db_close(db);
}

static void find_newest(SpoolDb *db, uint64_t upto, PayloadLimits limits, uint64_t first,
			uint64_t last)
{
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	uint64_t after;

	g_assert_true(spool_db_find_newest(db, upto, profile, &limits, &after, NULL));

	g_autoptr(Payload) payload = payload_new(profile, limits);

	g_assert_true(spool_db_read(db, after, payload, NULL));
	g_assert_cmpuint(payload_first(payload), ==, first);
	g_assert_cmpuint(payload_last(payload), ==, last);
}

/* The newest that fit, in order, and nothing above the bound. */
static void test_newest(SpoolFixture *f, gconstpointer data)
{
	PayloadLimits three = { 32768, 3, 0 };
	PayloadLimits tight = { 90, 100, 0 }; /* octets: two samples */
	SpoolDb *db = open_fine(f);

	append(db, 10);
	find_newest(db, 10, three, 8, 10);
	find_newest(db, 7, three, 5, 7);
	find_newest(db, 2, three, 1, 2);
	find_newest(db, 0, three, 0, 0);
	find_newest(db, G_MAXUINT64, three, 8, 10);
	find_newest(db, 9, tight, 8, 9);
	remove_range(db, 4, 9);
	find_newest(db, 10, three, 2, 10);
	find_newest(db, 9, three, 1, 3);
	spool_db_close(db);
}

static void test_limit(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	SpoolDb *db = spool_db_open(f->path, 256 * 1024, &error);
	g_autoptr(SampleBatch) batch = batch_of(20000);
	size_t taken = 0;

	g_assert_true(spool_db_begin(db, &error));
	g_assert_true(spool_db_append(db, batch, &taken, &error));
	g_assert_cmpuint(taken, >, 1000);
	g_assert_cmpuint(taken, <, 20000);
	g_assert_true(spool_db_commit(db, &error));
	assert_stats(db, taken, taken, 0, 0);
	g_assert_cmpuint(spool_db_stats(db).bytes, <=, 2 * 256 * 1024);
	/* what was delivered makes room again */
	remove_up_to(db, taken - 100, 0);
	g_assert_cmpuint(append(db, 500), ==, 500);
	spool_db_close(db);
}

/* @n samples one transaction each, all of them taken. */
static void append_all(SpoolDb *db, unsigned n)
{
	for (unsigned i = 0; i < n; i += 500)
		g_assert_cmpuint(append(db, 500), ==, 500);
}

static uint64_t first_waiting(SpoolDb *db)
{
	PayloadLimits limits = { 1000000, 1, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);

	g_assert_true(spool_db_read(db, 0, payload, NULL));
	return payload_first(payload);
}

/* Every sample is taken, the newest stay, and what went is counted for good. */
static void test_drop_oldest(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = spool_db_open(f->path, 256 * 1024, NULL);
	SpoolStats stats;

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_OLDEST);
	append_all(db, 20000);
	stats = spool_db_stats(db);
	g_assert_cmpuint(stats.bytes, <=, 256 * 1024 + 64 * 1024);
	g_assert_cmpuint(stats.depth, >, 1000);
	g_assert_cmpuint(stats.dropped, >, 5000);
	assert_stats(db, stats.depth, 20000, 0, 20000 - stats.depth);
	g_assert_cmpuint(first_waiting(db), ==, 20000 - stats.depth + 1);
	spool_db_close(db);

	db = spool_db_open(f->path, 256 * 1024, NULL);
	assert_stats(db, stats.depth, 20000, 0, stats.dropped);
	remove_up_to(db, 20000, 0);
	assert_stats(db, 0, 20000, stats.depth, stats.dropped);
	spool_db_close(db);
}

/* The samples of one transaction that is larger than the spool: the last of them stay. */
/* Over holes the oldest are dropped and counted one by one. */
static void test_drop_oldest_holes(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = spool_db_open(f->path, 256 * 1024, NULL);
	PayloadLimits all = { 100000000, 100000, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, all);
	SpoolStats stats;

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_OLDEST);
	append_all(db, 3000);
	remove_range(db, 101, 1000);
	append_all(db, 20000);
	stats = spool_db_stats(db);
	g_assert_cmpuint(first_waiting(db), >, 1000);
	g_assert_cmpuint(stats.delivered, ==, 900);
	g_assert_true(spool_db_read(db, 0, payload, NULL));
	g_assert_cmpuint(stats.depth, ==, payload_count(payload));
	assert_stats(db, stats.depth, 23000, 900, 23000 - 900 - stats.depth);
	spool_db_close(db);
}

static void test_drop_oldest_at_once(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = spool_db_open(f->path, 256 * 1024, NULL);

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_OLDEST);
	g_assert_cmpuint(append(db, 20000), ==, 20000);
	uint64_t depth = spool_db_stats(db).depth;
	assert_stats(db, depth, 20000, 0, 20000 - depth);
	g_assert_cmpuint(depth, >, 1000);
	g_assert_cmpuint(first_waiting(db), ==, 20000 - depth + 1);
	spool_db_close(db);
}

/* Every sample is taken, the oldest stay; what got no number is counted for good. */
static void test_drop_newest(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = spool_db_open(f->path, 256 * 1024, NULL);
	SpoolStats stats;

	spool_db_set_policy(db, CONFIG_SPOOL_DROP_NEWEST);
	append_all(db, 20000);
	stats = spool_db_stats(db);
	g_assert_cmpuint(stats.depth, >, 1000);
	g_assert_cmpuint(stats.depth, <, 19000);
	assert_stats(db, stats.depth, stats.depth, 0, 20000 - stats.depth);
	g_assert_cmpuint(first_waiting(db), ==, 1);
	spool_db_close(db);

	db = spool_db_open(f->path, 256 * 1024, NULL);
	assert_stats(db, stats.depth, stats.depth, 0, 20000 - stats.depth);
	remove_up_to(db, stats.depth, 0);
	g_assert_cmpuint(append(db, 500), ==, 500);
	assert_stats(db, 500, stats.depth + 500, stats.depth, 20000 - stats.depth);
	spool_db_close(db);
}

static void test_modes(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	g_autofree char *wal = g_strconcat(f->path, "-wal", NULL);
	struct stat status;

	append(db, 1);
	g_assert_cmpint(stat(f->path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	g_assert_cmpint(stat(wal, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	spool_db_close(db);
}

/* In a child, because locks of one process do not see each other. */
static void test_second_process(SpoolFixture *f, gconstpointer data)
{
	SpoolDb *db = open_fine(f);
	pid_t pid = fork();
	int status;

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		g_autoptr(GError) error = NULL;
		SpoolDb *second = spool_db_open(f->path, LIMIT, &error);

		_exit(!second && g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL) &&
				      strstr(error->message, "in use by another process")
			      ? 0
			      : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	append(db, 1);
	assert_stats(db, 1, 1, 0, 0);
	spool_db_close(db);
}

static void test_foreign(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_path_get_dirname(f->path);
	sqlite3 *other;

	g_mkdir_with_parents(folder, 0700);
	g_assert_cmpint(sqlite3_open(f->path, &other), ==, SQLITE_OK);
	sqlite3_exec(other, "CREATE TABLE precious (x)", NULL, NULL, NULL);
	sqlite3_close(other);
	g_assert_null(spool_db_open(f->path, LIMIT, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_nonnull(strstr(error->message, "is not a spool"));
	g_assert_false(g_file_test(f->aside, G_FILE_TEST_EXISTS));
}

/* A wrong path in the configuration must not move somebody's file away. */
static void test_foreign_text(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_path_get_dirname(f->path);
	g_autofree char *kept = NULL;
	g_autoptr(GString) text = g_string_new("root:x:0:0:root:/root:/bin/bash\n");

	for (int i = 0; i < 100; i++)
		g_string_append(text, "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n");
	g_mkdir_with_parents(folder, 0700);
	g_assert_true(g_file_set_contents(f->path, text->str, -1, NULL));
	g_assert_null(spool_db_open(f->path, LIMIT, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_nonnull(strstr(error->message, "is not a spool"));
	g_assert_false(g_file_test(f->aside, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_get_contents(f->path, &kept, NULL, NULL));
	g_assert_cmpstr(kept, ==, text->str);
}

static void test_unwritable(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(spool_db_open("/proc/none/spool.db", LIMIT, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
}

/* A file system of its own, so small that it fills up. */
static bool mount_small(const char *dir, const char *size)
{
	g_autofree char *option = g_strdup_printf("size=%s", size);

	if (mount("landfall-test", dir, "tmpfs", 0, option) == 0)
		return true;
	g_autofree char *why = g_strdup_printf("no tmpfs can be mounted: %s", g_strerror(errno));
	g_test_skip(why);
	return false;
}

/* Append until it refuses; how many samples were taken. */
static size_t fill(SpoolDb *db, GError **error)
{
	g_autoptr(SampleBatch) batch = batch_of(1000);
	size_t total = 0;
	size_t taken = 1000;

	while (taken == 1000) {
		if (!spool_db_begin(db, error) || !spool_db_append(db, batch, &taken, error) ||
		    !spool_db_commit(db, error)) {
			spool_db_rollback(db);
			return total;
		}
		total += taken;
	}
	return total;
}

/* A disk that fills up, by us and by others: what was taken stays, and can be delivered away. */
static void test_disk_full(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(f->dir, "spool.db", NULL);

	if (!mount_small(f->dir, "16m"))
		return;

	SpoolDb *db = spool_db_open(path, LIMIT, &error);
	g_assert_no_error(error);
	size_t total = fill(db, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(spool_db_refusal(db), ==, "the disk is almost full");
	g_assert_cmpuint(total, >=, 10000);
	assert_stats(db, total, total, 0, 0);

	/* what is delivered is deleted although nothing is left on the disk */
	g_autofree char *others = g_build_filename(f->dir, "others", NULL);
	g_autofree char *ballast = g_malloc0(16 * 1024 * 1024);
	FILE *file = fopen(others, "w");
	fwrite(ballast, 1, 16 * 1024 * 1024, file);
	fclose(file);
	for (uint64_t last = 1000; last <= total - 1000; last += 1000)
		remove_up_to(db, last, 0);
	g_assert_cmpuint(append(db, 1), ==, 0);

	/* and once the others are gone there is room again, also for the next process */
	uint64_t depth = spool_db_stats(db).depth;
	g_assert_cmpuint(depth, >=, 1000);
	spool_db_close(db);
	g_assert_cmpint(g_unlink(others), ==, 0);
	db = spool_db_open(path, LIMIT, &error);
	g_assert_no_error(error);
	assert_stats(db, depth, total, total - depth, 0);
	g_assert_cmpuint(append(db, 1000), ==, 1000);
	spool_db_close(db);
	g_assert_cmpint(umount(f->dir), ==, 0);
}

/* Writes that fail in the middle: the transaction never happened, the rest stays. */
static void test_write_fails(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	SpoolDb *db = open_fine(f);
	struct rlimit before;

	append(db, 100);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	struct rlimit small = { 512 * 1024, before.rlim_max };
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	size_t more = fill(db, &error);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	signal(SIGXFSZ, handler);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	assert_stats(db, 100 + more, 100 + more, 0, 0);
	g_assert_cmpuint(append(db, 5), ==, 5);
	assert_stats(db, 105 + more, 105 + more, 0, 0);
	spool_db_close(db);
	db = open_fine(f);
	assert_stats(db, 105 + more, 105 + more, 0, 0);
	spool_db_close(db);
}

static void test_read_only(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(f->dir, "spool.db", NULL);

	if (!mount_small(f->dir, "32m"))
		return;
	SpoolDb *db = spool_db_open(path, LIMIT, &error);
	append(db, 7);
	spool_db_close(db);
	g_assert_cmpint(mount("none", f->dir, "none", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
	g_assert_null(spool_db_open(path, LIMIT, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_cmpint(umount(f->dir), ==, 0);
}

/* A disk that the spool itself has filled takes samples again once all was delivered. */
static void test_disk_full_drained(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "spool.db", NULL);
	g_autoptr(GError) error = NULL;

	if (!mount_small(f->dir, "16m"))
		return;

	SpoolDb *db = spool_db_open(path, LIMIT, &error);
	g_assert_no_error(error);
	uint64_t last = 0;

	for (int round = 0; round < 5; round++) {
		size_t total = fill(db, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(spool_db_refusal(db), ==, "the disk is almost full");
		g_assert_cmpuint(total, >=, 10000);
		last += total;
		remove_up_to(db, last, 0);
		g_assert_cmpuint(spool_db_stats(db).depth, ==, 0);
	}
	spool_db_close(db);
	g_assert_cmpint(umount(f->dir), ==, 0);
}

/* Removed under our feet: nothing is taken that would be gone with the process. */
static void test_removed(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(SpoolDb) db = open_fine(f);
	g_autoptr(SampleBatch) batch = batch_of(1);
	g_autofree char *elsewhere = g_strconcat(f->path, ".elsewhere", NULL);
	g_autoptr(GError) error = NULL;
	size_t taken = 0;

	g_assert_cmpuint(append(db, 2), ==, 2);
	g_assert_cmpint(g_rename(f->path, elsewhere), ==, 0);
	g_assert_true(spool_db_begin(db, &error));
	g_assert_false(spool_db_append(db, batch, &taken, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	spool_db_rollback(db);
	remove_up_to(db, 1, 0); /* what was taken goes on */
	g_assert_cmpuint(spool_db_stats(db).depth, ==, 1);
	g_assert_cmpint(g_rename(elsewhere, f->path), ==, 0);
	g_assert_cmpuint(append(db, 1), ==, 1);
}

/* A file as the death of the process would leave it: what has no name is not there. */
static void test_removed_log(SpoolFixture *f, gconstpointer data)
{
	g_autoptr(SpoolDb) db = open_fine(f);
	g_autofree char *log = g_strconcat(f->path, "-wal", NULL);
	g_autofree char *copy = g_strconcat(f->path, ".copy", NULL);
	g_autofree char *copy_log = g_strconcat(copy, "-wal", NULL);

	g_assert_cmpuint(append(db, 2), ==, 2);
	for (int i = 1; i <= 4; i++) {
		g_assert_cmpint(g_unlink(log), ==, 0);
		if (i != 3) /* else untold */
			g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
					      "*log*removed or renamed*");
		g_assert_cmpuint(append(db, 1), ==, 1);
		g_test_assert_expected_messages();
	}
	copy_file(f->path, copy);
	copy_file(log, copy_log);

	g_autoptr(SpoolDb) left = spool_db_open(copy, LIMIT, NULL);

	g_assert_nonnull(left);
	g_assert_cmpuint(spool_db_stats(left).depth, ==, 6);
	g_assert_cmpuint(append(db, 1), ==, 1); /* without another word */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                        \
	g_test_add(path, SpoolFixture, NULL, spool_set_up, function, spool_tear_down)
	ADD("/agent/spool-db/numbers", test_numbers);
	ADD("/agent/spool-db/rollback", test_rollback);
	ADD("/agent/spool-db/read", test_read);
	ADD("/agent/spool-db/holes", test_holes);
	ADD("/agent/spool-db/holes-rollback", test_holes_rollback);
	ADD("/agent/spool-db/newest", test_newest);
	ADD("/agent/spool-db/drop-oldest-holes", test_drop_oldest_holes);
	ADD("/agent/spool-db/limit", test_limit);
	ADD("/agent/spool-db/drop-oldest", test_drop_oldest);
	ADD("/agent/spool-db/drop-oldest-at-once", test_drop_oldest_at_once);
	ADD("/agent/spool-db/drop-newest", test_drop_newest);
	ADD("/agent/spool-db/modes", test_modes);
	ADD("/agent/spool-db/second-process", test_second_process);
	ADD("/agent/spool-db/disk-full-drained", test_disk_full_drained);
	ADD("/agent/spool-db/foreign", test_foreign);
	ADD("/agent/spool-db/foreign-text", test_foreign_text);
	ADD("/agent/spool-db/unwritable", test_unwritable);
	ADD("/agent/spool-db/disk-full", test_disk_full);
	ADD("/agent/spool-db/write-fails", test_write_fails);
	ADD("/agent/spool-db/read-only", test_read_only);
	ADD("/agent/spool-db/removed", test_removed);
	ADD("/agent/spool-db/removed-log", test_removed_log);
	return g_test_run();
}
