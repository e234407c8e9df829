/* SPDX-License-Identifier: MIT */
/* store-watch: told of another identity, and of nothing else. */
#include "common/store-watch.h"

#include "common/error.h"
#include "tests/unit/common/store-support.h"

#include <glib/gstdio.h>

typedef struct Watched {
	unsigned int count;
	StoreWatch *watch; /* freed by the callback when set */
} Watched;

static void on_changed(gpointer user_data)
{
	Watched *watched = user_data;

	watched->count++;
	g_clear_pointer(&watched->watch, store_watch_free);
}

/* The kernel queues an event before the call that caused it returns: nothing to wait for. */
static unsigned int settle(Watched *watched)
{
	unsigned int before = watched->count;

	while (g_main_context_iteration(NULL, FALSE))
		;
	return watched->count - before;
}

static void test_import(StoreFixture *fixture, gconstpointer data)
{
	Watched watched = { 0 };
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");

	g_autoptr(StoreWatch) watch = store_watch_new(fixture->path, on_changed, &watched, &error);

	g_assert_no_error(error);
	g_assert_nonnull(watch);
	g_assert_cmpuint(settle(&watched), ==, 0);
	support_write(fixture, "unrelated", "x");
	g_assert_true(store_mark_good(fixture->store, 1, &error));
	g_assert_cmpuint(settle(&watched), ==, 0);
	support_import(fixture, "two");
	g_assert_cmpuint(settle(&watched), ==, 1);

	g_autoptr(StoreIdentity) back = store_rollback(fixture->store, NULL, &error);

	g_assert_no_error(error);
	g_assert_nonnull(back);
	g_assert_cmpuint(settle(&watched), ==, 1);
}

static void test_absent_at_first(StoreFixture *fixture, gconstpointer data)
{
	Watched watched = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreWatch) watch = store_watch_new(fixture->path, on_changed, &watched, &error);
	g_autofree char *other = g_build_filename(fixture->root, "other", NULL);

	g_assert_no_error(error);
	g_assert_nonnull(watch);
	g_assert_true(g_file_set_contents(other, "", -1, NULL));
	g_assert_cmpuint(settle(&watched), ==, 0);
	support_import(fixture, "one");
	g_assert_cmpuint(settle(&watched), >=, 1);
	support_import(fixture, "two");
	g_assert_cmpuint(settle(&watched), ==, 1);
}

/* Removed, moved away, created anew: the watch stays with the path. */
static void test_replaced(StoreFixture *fixture, gconstpointer data)
{
	Watched watched = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *away = g_build_filename(fixture->root, "away", NULL);

	support_import(fixture, "one");

	g_autoptr(StoreWatch) watch = store_watch_new(fixture->path, on_changed, &watched, &error);

	g_assert_no_error(error);
	g_assert_nonnull(watch);
	support_remove(fixture->path);
	g_assert_cmpuint(settle(&watched), >=, 1);
	support_import(fixture, "one");
	g_assert_cmpuint(settle(&watched), >=, 1);
	g_assert_cmpint(g_rename(fixture->path, away), ==, 0);
	g_assert_cmpuint(settle(&watched), >=, 1);

	g_autofree char *link = g_build_filename(away, "current", NULL);

	g_remove(link); /* what happens over there no longer matters */
	g_assert_cmpuint(settle(&watched), ==, 0);
	support_import(fixture, "two");
	g_assert_cmpuint(settle(&watched), >=, 1);
	support_import(fixture, "one");
	g_assert_cmpuint(settle(&watched), ==, 1);
}

static void test_free_inside(StoreFixture *fixture, gconstpointer data)
{
	Watched watched = { 0 };
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	watched.watch = store_watch_new(fixture->path, on_changed, &watched, &error);
	g_assert_no_error(error);
	support_import(fixture, "two");
	g_assert_cmpuint(settle(&watched), ==, 1);
	g_assert_null(watched.watch);
	support_import(fixture, "one");
	g_assert_cmpuint(settle(&watched), ==, 0);
}

static void test_nowhere(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->root, "no", "store", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreWatch) watch = store_watch_new(path, on_changed, NULL, &error);

	g_assert_null(watch);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store-watch/" name, StoreFixture, NULL, support_set_up, func,                 \
		   support_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("import", test_import);
	ADD("absent-at-first", test_absent_at_first);
	ADD("replaced", test_replaced);
	ADD("free-inside", test_free_inside);
	ADD("nowhere", test_nowhere);
	return g_test_run();
}
