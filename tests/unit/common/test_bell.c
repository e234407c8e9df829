/* SPDX-License-Identifier: MIT */
/* bell: rung from a thread, answered on the loop; silent once its owner says so. */
#include "common/bell.h"

#include "common/error.h"

#include <stdbool.h>
#include <sys/resource.h>

#define RINGS 1000

typedef struct Fixture {
	Bell *bell;
	GThread *thread; /* the loop's */
	gint sent;       /* atomic */
	unsigned rung;
} Fixture;

static void on_rung(void *data)
{
	Fixture *f = data;

	g_assert_true(g_thread_self() == f->thread);
	f->rung++;
}

static gpointer ring_often(gpointer data)
{
	Fixture *f = data;

	for (unsigned i = 0; i < RINGS; i++)
		bell_ring(f->bell);
	g_atomic_int_set(&f->sent, true);
	bell_ring(f->bell);
	return NULL;
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->thread = g_thread_self();
	f->bell = bell_new(NULL, on_rung, f, NULL);
	g_assert_nonnull(f->bell);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	bell_free(f->bell);
}

static void test_thread(Fixture *f, gconstpointer data)
{
	GThread *thread = g_thread_new("ringer", ring_often, f);

	while (!g_atomic_int_get(&f->sent))
		g_main_context_iteration(NULL, TRUE);
	g_thread_join(thread);
	g_main_context_iteration(NULL, FALSE);
	g_assert_cmpuint(f->rung, >=, 1);
	g_assert_cmpuint(f->rung, <=, RINGS + 1);
	g_assert_false(g_main_context_pending(NULL));
}

/* Rings before the loop comes to look are one. */
static void test_gathered(Fixture *f, gconstpointer data)
{
	for (unsigned i = 0; i < RINGS; i++)
		bell_ring(f->bell);
	g_assert_true(g_main_context_iteration(NULL, FALSE));
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(f->rung, ==, 1);
	bell_ring(f->bell);
	g_assert_true(g_main_context_iteration(NULL, TRUE));
	g_assert_cmpuint(f->rung, ==, 2);
}

static void test_silence(Fixture *f, gconstpointer data)
{
	bell_ring(f->bell);
	bell_silence(f->bell);
	bell_ring(f->bell);
	bell_silence(f->bell);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(f->rung, ==, 0);
}

/* Whoever wants a bell is told when there is no descriptor for it. */
static void test_none_left(Fixture *f, gconstpointer data)
{
	struct rlimit old;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);

	const struct rlimit none = { .rlim_cur = 3, .rlim_max = old.rlim_max };

	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	g_assert_null(bell_new(NULL, on_rung, f, &error));
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/common/bell/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("thread", test_thread);
	ADD("gathered", test_gathered);
	ADD("silence", test_silence);
	ADD("none-left", test_none_left);
	return g_test_run();
}
