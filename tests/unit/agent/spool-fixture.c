/* SPDX-License-Identifier: MIT */
#include "tests/unit/agent/spool-fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>

void spool_set_up(SpoolFixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-spool-XXXXXX", NULL);
	g_assert_nonnull(f->dir);
	f->path = g_build_filename(f->dir, "sub", "spool.db", NULL);
	f->aside = g_strconcat(f->path, ".corrupt", NULL);
}

void spool_tear_down(SpoolFixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

	g_assert_cmpint(system(command), ==, 0);
	g_free(f->dir);
	g_free(f->path);
	g_free(f->aside);
}

SpoolDb *open_fine(const SpoolFixture *f)
{
	g_autoptr(GError) error = NULL;
	SpoolDb *db = spool_db_open(f->path, LIMIT, &error);

	g_assert_no_error(error);
	g_assert_nonnull(db);
	return db;
}

SampleBatch *batch_of(unsigned n)
{
	SampleBatch *batch = sample_batch_new("test");

	for (unsigned i = 0; i < n; i++)
		sample_batch_add(batch, 1000 + i, true, "\"a\":1", 5);
	return batch;
}

size_t append(SpoolDb *db, unsigned n)
{
	g_autoptr(SampleBatch) batch = batch_of(n);
	g_autoptr(GError) error = NULL;
	size_t taken = 0;

	g_assert_true(spool_db_begin(db, &error));
	g_assert_true(spool_db_append(db, batch, &taken, &error));
	g_assert_true(spool_db_commit(db, &error));
	return taken;
}

void remove_up_to(SpoolDb *db, uint64_t last, uint64_t dropped)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(spool_db_begin(db, &error));
	g_assert_true(spool_db_remove(db, last, dropped, &error));
	g_assert_true(spool_db_commit(db, &error));
}

void assert_stats(SpoolDb *db, uint64_t depth, uint64_t last, uint64_t delivered, uint64_t dropped)
{
	SpoolStats stats = spool_db_stats(db);

	g_assert_cmpuint(stats.depth, ==, depth);
	g_assert_cmpuint(stats.last, ==, last);
	g_assert_cmpuint(stats.delivered, ==, delivered);
	g_assert_cmpuint(stats.dropped, ==, dropped);
	g_assert_cmpuint(stats.accepted, ==, depth + delivered + dropped);
}

void remove_range(SpoolDb *db, uint64_t first, uint64_t last)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(spool_db_begin(db, &error));
	g_assert_true(spool_db_remove_range(db, first, last, 0, &error));
	g_assert_true(spool_db_commit(db, &error));
}

void copy_file(const char *from, const char *to)
{
	g_autofree char *data = NULL;
	gsize len = 0;

	g_assert_true(g_file_get_contents(from, &data, &len, NULL));
	g_assert_true(g_file_set_contents(to, data, (gssize)len, NULL));
}

static void file_bring(const char *path, GBytes *content)
{
	gsize len = 0;
	const char *data = content ? g_bytes_get_data(content, &len) : NULL;

	if (content)
		g_assert_true(g_file_set_contents_full(path, data, (gssize)len,
						       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	else
		g_unlink(path);
}

void spool_kill(const SpoolFixture *f, SpoolDb *db)
{
	static const char *const suffixes[] = { "", "-wal", ".tally", ".mark" };
	GBytes *contents[G_N_ELEMENTS(suffixes)] = { NULL };
	char *paths[G_N_ELEMENTS(suffixes)];

	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		char *data = NULL;
		gsize len = 0;

		paths[i] = g_strconcat(f->path, suffixes[i], NULL);
		if (g_file_get_contents(paths[i], &data, &len, NULL))
			contents[i] = g_bytes_new_take(data, len);
	}
	spool_db_close(db);
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		file_bring(paths[i], contents[i]);
		g_clear_pointer(&contents[i], g_bytes_unref);
		g_free(paths[i]);
	}
}
