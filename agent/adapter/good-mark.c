/* SPDX-License-Identifier: MIT */
#include "agent/adapter/good-mark.h"

#include "common/store.h"

#include <glib.h>

#define LOCK_WAIT_MS 5000

struct GoodMark {
	char *path;
	uint32_t generation;
	gint failed; /* atomic */
};

static void mark_clear(gpointer data)
{
	GoodMark *mark = data;

	g_free(mark->path);
}

static void mark_fail(GoodMark *mark, const GError *error)
{
	g_info("generation %u is marked as good at the next connection: %s", mark->generation,
	       error->message);
	g_atomic_int_set(&mark->failed, 1);
}

static gpointer mark_run(gpointer data)
{
	GoodMark *mark = data;
	g_autoptr(Store) store = store_open(mark->path);
	g_autoptr(GError) error = NULL;

	store_set_lock_wait(store, LOCK_WAIT_MS);
	if (!store_mark_good(store, mark->generation, &error))
		mark_fail(mark, error);
	good_mark_unref(mark);
	return NULL;
}

GoodMark *good_mark_start(const char *path, uint32_t generation)
{
	GoodMark *mark = g_atomic_rc_box_new0(GoodMark);
	g_autoptr(GError) error = NULL;

	mark->path = g_strdup(path);
	mark->generation = generation;

	GThread *thread =
		g_thread_try_new("mark-good", mark_run, g_atomic_rc_box_acquire(mark), &error);

	if (thread) {
		g_thread_unref(thread);
	} else {
		mark_fail(mark, error);
		good_mark_unref(mark); /* the thread's */
	}
	return mark;
}

bool good_mark_failed(const GoodMark *mark, uint32_t generation)
{
	return mark && mark->generation == generation && g_atomic_int_get(&mark->failed);
}

void good_mark_unref(GoodMark *mark)
{
	if (mark)
		g_atomic_rc_box_release_full(mark, mark_clear);
}
