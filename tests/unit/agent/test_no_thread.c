/* SPDX-License-Identifier: MIT */
/* A machine that has no thread left (TasksMax=, ulimit -u): an error or a wait, never the end of
 * the process. */
#include "agent/adapter/command-store.h"
#include "agent/adapter/good-mark.h"
#include "agent/adapter/spool.h"
#include "agent/adapter/uplink-load.h"
#include "common/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool exhausted;

/* In GLib's place. */
GThread *g_thread_try_new(const gchar *name, GThreadFunc run, gpointer data, GError **error)
{
	if (!exhausted)
		return g_thread_new(name, run, data);
	g_set_error(error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "Error creating thread: %s",
		    g_strerror(EAGAIN));
	return NULL;
}

typedef struct Fixture {
	char *dir;
	char *path; /* of a file that is not there */
	GString *told;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-threads-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "file", NULL);
	f->told = g_string_new(NULL);
	exhausted = true;
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

	g_assert_cmpint(system(command), ==, 0);
	g_string_free(f->told, TRUE);
	g_free(f->path);
	g_free(f->dir);
}

static void await(const Fixture *f, const char *told)
{
	while (f->told->len < strlen(told))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(f->told->str, ==, told);
}

static void on_failed(const GError *error, void *data)
{
	g_assert_no_error(error);
}

/* The agent ends with that, and is started anew by whoever looks after it. */
static void test_spool(Fixture *f, gconstpointer data)
{
	const SpoolConfig config = { .path = f->path, .limit = 1024 * 1024, .failed = on_failed };
	g_autoptr(GError) error = NULL;

	g_assert_null(spool_open(&config, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL);
	g_assert_nonnull(strstr(error->message, "no thread is left"));
	g_clear_error(&error);
	exhausted = false;

	Spool *spool = spool_open(&config, &error); /* the attempt before has left nothing open */

	g_assert_no_error(error);
	spool_close(spool);
}

static void on_stored(uint64_t token, const GError *error, void *data)
{
	g_string_append_printf(data, "%d%c", (int)token, error ? '-' : '+');
}

/* Each write has its end, told from the loop and in order; the next one has a try of its own. */
static void test_commands(Fixture *f, gconstpointer data)
{
	g_autoptr(CommandStore) store = command_store_new(f->path, on_stored, f->told);

	command_store_write(store, 1, "a", 1);
	command_store_write(store, 2, "b", 1);
	g_assert_cmpstr(f->told->str, ==, "");
	exhausted = false;
	await(f, "1-2+");

	g_autoptr(GBytes) stored = command_store_read(store, NULL);

	g_assert_cmpmem(g_bytes_get_data(stored, NULL), g_bytes_get_size(stored), "b", 1);
	exhausted = true;
	command_store_write(store, 3, "c", 1); /* freed before its end is told */
}

static void test_mark(Fixture *f, gconstpointer data)
{
	GoodMark *mark = good_mark_start(f->path, 7);

	g_assert_true(good_mark_failed(mark, 7));
	good_mark_unref(mark);
}

static void on_loaded(UplinkTarget *target, const GError *error, void *data)
{
	g_assert_null(target);
	g_string_append(data, error->code == LANDFALL_ERROR_STORE_ABSENT ? "absent" : "?");
}

/* The identity is read as soon as there is a thread. */
static void test_load(Fixture *f, gconstpointer data)
{
	g_autofree char *text = g_strdup_printf("[store]\npath = %s\n", f->path);
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", NULL);

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*no thread is left*");

	UplinkLoad *load = uplink_load_start(config, 0, NULL, on_loaded, f->told);

	g_test_assert_expected_messages();
	exhausted = false;
	await(f, "absent");
	uplink_load_free(load);
}

static void test_load_freed(Fixture *f, gconstpointer data)
{
	g_autoptr(Config) config = config_parse("", 0, "T", NULL);

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*no thread is left*");
	uplink_load_free(uplink_load_start(config, 0, NULL, on_loaded, f->told));
	g_test_assert_expected_messages();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/agent/no-thread/spool", test_spool);
	ADD("/agent/no-thread/commands", test_commands);
	ADD("/agent/no-thread/mark", test_mark);
	ADD("/agent/no-thread/load", test_load);
	ADD("/agent/no-thread/load-freed", test_load_freed);
	return g_test_run();
}
