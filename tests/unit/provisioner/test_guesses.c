/* SPDX-License-Identifier: MIT */
/* The count of wrong proofs on disk: its order, and what the end of the daemon leaves. */
#include "provisioner/adapter/guesses.h"

#include <glib/gstdio.h>

typedef struct Bed {
	char *folder;
	Guesses *guesses;
	unsigned int kept;
} Bed;

static void on_kept(const GError *error, void *data)
{
	Bed *bed = data;

	g_assert_no_error(error);
	bed->kept++;
}

static void set_up(Bed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	bed->folder = g_dir_make_tmp("guesses-XXXXXX", &error);
	g_assert_no_error(error);
	bed->guesses = guesses_new(bed->folder, on_kept, bed);
}

static void tear_down(Bed *bed, gconstpointer data)
{
	g_autofree char *path = g_build_filename(bed->folder, "guesses", NULL);

	g_unlink(path);
	g_assert_cmpint(g_rmdir(bed->folder), ==, 0);
	g_free(bed->folder);
}

static void assert_count(const Bed *bed, uint32_t wrong)
{
	g_autoptr(Guesses) reader = guesses_new(bed->folder, on_kept, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(guesses_read(reader, &error), ==, wrong);
	g_assert_no_error(error);
}

/* Each is answered, the last is what counts. */
static void test_order(Bed *bed, gconstpointer data)
{
	for (uint32_t wrong = 1; wrong <= 5; wrong++)
		guesses_keep(bed->guesses, wrong);
	while (bed->kept < 5)
		g_main_context_iteration(NULL, true);
	assert_count(bed, 5);
	guesses_free(bed->guesses);
	assert_count(bed, 5);
}

/* The daemon ends before all are written: the last of them is on disk all the same, be it the
 * unlocking. */
static void test_end(Bed *bed, gconstpointer data)
{
	for (uint32_t wrong = 1; wrong <= 5; wrong++)
		guesses_keep(bed->guesses, wrong);
	guesses_free(bed->guesses);
	assert_count(bed, 5);
	bed->guesses = guesses_new(bed->folder, on_kept, bed);
	guesses_keep(bed->guesses, 6);
	guesses_keep(bed->guesses, 0);
	guesses_free(bed->guesses);
	assert_count(bed, 0);
	g_assert_cmpuint(bed->kept, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/guesses/order", Bed, NULL, set_up, test_order, tear_down);
	g_test_add("/guesses/end", Bed, NULL, set_up, test_end, tear_down);
	return g_test_run();
}
