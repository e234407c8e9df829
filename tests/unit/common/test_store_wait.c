/* SPDX-License-Identifier: MIT */
/* store-wait: what is noted comes back, for whom it was noted and for nobody else; whatever else
 * the file holds, or is, is nothing. */
#include "common/store-wait.h"

#include "common/error.h"
#include "common/store-ops.h"
#include "tests/unit/common/store-support.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1800000000)

static const StoreWaitSubject subject = { "https://est.example/", NOW - 100, NOW + 100 };
static const RenewalWait wait_60 = { NOW, NOW + 60, 0 };

static char *wait_path(StoreFixture *f)
{
	return g_build_filename(f->path, "renewal.wait", NULL);
}

static void note(StoreFixture *f, const RenewalWait *wait)
{
	g_autoptr(GError) error = NULL;
	bool noted = store_wait_write(f->store, STORE_WAIT_SERVER, &subject, wait, &error);

	g_assert_no_error(error);
	g_assert_true(noted);
}

static bool is_noted(StoreFixture *f, const StoreWaitSubject *whose)
{
	RenewalWait wait = store_wait_read(f->store, STORE_WAIT_SERVER, whose);

	return wait.until_s == wait_60.until_s && wait.from_s == wait_60.from_s;
}

static bool is_nothing(StoreFixture *f)
{
	RenewalWait wait = store_wait_read(f->store, STORE_WAIT_SERVER, &subject);

	return wait.until_s == 0 && wait.from_s == 0;
}

static void test_kept(StoreFixture *f, gconstpointer data)
{
	static const RenewalWait none = { 0 };
	g_autofree char *path = NULL;
	struct stat file;

	support_import(f, "one");
	path = wait_path(f);
	g_assert_true(is_nothing(f));
	note(f, &none); /* nothing to forget */
	note(f, &wait_60);
	g_assert_true(is_noted(f, &subject));
	g_assert_cmpint(stat(path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 07777, ==, 0600);
	/* the other one is another file */
	g_assert_cmpint(store_wait_read(f->store, STORE_WAIT_NEXT, &subject).until_s, ==, 0);
	support_import(f, "two");
	g_assert_true(is_noted(f, &subject)); /* no import takes it away */
	note(f, &none);
	g_assert_true(is_nothing(f));
	g_assert_false(support_exists(f, "renewal.wait"));
}

static void test_of_another(StoreFixture *f, gconstpointer data)
{
	static const StoreWaitSubject others[] = {
		{ "https://est.example", NOW - 100, NOW + 100 },
		{ "", NOW - 100, NOW + 100 },
		{ "https://est.example/", NOW - 101, NOW + 100 },
		{ "https://est.example/", NOW - 100, NOW + 101 },
		{ NULL, NOW - 100, NOW + 100 },
	};

	support_import(f, "one");
	note(f, &wait_60);
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(is_noted(f, &others[i]));
	g_assert_true(is_noted(f, &subject));
}

#define HASH "6bd5ab02c0a50d6b0d8cb6ae2ef5e5a5bbf6e29f77d94c1b8f4d90b1b4b1b7ab"

/* What is in the file is %s where the line that we wrote is to be. */
static const char *const contents[] = {
	"",
	"\n",
	"%s%s",
	" %s",
	"%s\n",
	"nothing of the kind\n",
	"1800000000 1800000060 0 1799999900 1800000100 " HASH "\n",
	"1800000000 1800000060 0 1799999900\n",
	"1800000000 1800000000 0 1799999900 1800000100 x\n",
	"-1 60 0 1799999900 1800000100 x\n",
	"9223372036854775807 9223372036854775808 0 1 2 x\n",
	"\377\376\033[31m\n",
};

static void test_contents(StoreFixture *f, gconstpointer data)
{
	g_autofree char *path = NULL;
	g_autofree char *line = NULL;

	support_import(f, "one");
	path = wait_path(f);
	note(f, &wait_60);
	g_assert_true(g_file_get_contents(path, &line, NULL, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
		g_auto(GStrv) pieces = g_strsplit(contents[i], "%s", -1);
		g_autofree char *text = g_strjoinv(line, pieces);

		support_write(f, "renewal.wait", text);
		g_assert_true(is_nothing(f));
	}
	g_assert_true(g_file_set_contents(path, line, (gssize)strlen(line) + 1, NULL));
	g_assert_true(is_nothing(f)); /* with an octet 0 behind */
	g_assert_true(g_file_set_contents(path, line, (gssize)strlen(line) - 2, NULL));
	g_assert_true(is_nothing(f));
	note(f, &wait_60);
	g_assert_true(is_noted(f, &subject));
}

/* Absurdly long, of no length, and from before any clock of ours could have been right. */
static void test_moments(StoreFixture *f, gconstpointer data)
{
	static const RenewalWait waits[] = {
		{ NOW, NOW + RENEWAL_WAIT_MAX_S + 1, 0 },
		{ NOW, INT64_C(253402300799), 0 },
		{ STORE_CLOCK_FLOOR - 1, STORE_CLOCK_FLOOR + 60, 0 },
	};

	support_import(f, "one");
	for (size_t i = 0; i < G_N_ELEMENTS(waits); i++) {
		note(f, &waits[i]);
		g_assert_true(support_exists(f, "renewal.wait"));
		g_assert_true(is_nothing(f));
	}
}

/* How often it failed, which is bounded, is kept with the moment; in a file of its own. */
static void test_failures(StoreFixture *f, gconstpointer data)
{
	static const struct {
		StoreWaitKind kind;
		const char *name;
	} files[] = {
		{ STORE_WAIT_NEXT, "renewal.next" },
		{ STORE_WAIT_ENROLMENT, "enrolment.next" },
		{ STORE_WAIT_TRIAL, "enrolment.trial" },
	};
	static const uint32_t counts[][2] = { { 0, 0 }, { 7, 7 }, { G_MAXUINT32, 1000 } };
	g_autoptr(GError) error = NULL;

	support_import(f, "one");
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(counts); j++) {
			const RenewalWait wait = { NOW, NOW + 60, counts[j][0] };
			bool noted =
				store_wait_write(f->store, files[i].kind, &subject, &wait, &error);

			g_assert_no_error(error);
			g_assert_true(noted);
			g_assert_cmpuint(
				store_wait_read(f->store, files[i].kind, &subject).failures, ==,
				counts[j][1]);
		}
		g_assert_true(support_exists(f, files[i].name));
	}
}

/* The line that would be written of it, but for a count that never is. */
static void test_failures_absurd(StoreFixture *f, gconstpointer data)
{
	static const char *const counts[] = { "-1", "1001", "4294967296", "00", "" };
	g_autofree char *path = NULL;
	g_autofree char *line = NULL;

	support_import(f, "one");
	path = wait_path(f);
	note(f, &wait_60);
	g_assert_true(g_file_get_contents(path, &line, NULL, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_auto(GStrv) fields = g_strsplit(line, " ", -1);
		g_autofree char *text = NULL;

		g_free(fields[2]);
		fields[2] = g_strdup(counts[i]);
		text = g_strjoinv(" ", fields);
		support_write(f, "renewal.wait", text);
		g_assert_true(is_nothing(f));
	}
}

static void make_fifo(const char *path)
{
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void make_link(const char *path)
{
	g_assert_cmpint(symlink("/dev/zero", path), ==, 0);
}

static void make_astray(const char *path)
{
	g_assert_cmpint(symlink("renewal.wait", path), ==, 0);
}

static void make_huge(const char *path)
{
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(truncate(path, INT64_C(1) << 30), ==, 0);
}

static void make_shut(const char *path)
{
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(chmod(path, 0), ==, 0);
}

/* None of it is waited for or read on and on, and all of it is replaced. */
static void test_no_file(StoreFixture *f, gconstpointer data)
{
	static void (*const makers[])(const char *path) = { make_fifo, make_link, make_astray,
							    make_huge, make_shut };
	g_autofree char *path = NULL;

	support_import(f, "one");
	path = wait_path(f);
	for (size_t i = 0; i < G_N_ELEMENTS(makers); i++) {
		g_unlink(path);
		makers[i](path);
		g_assert_true(is_nothing(f));
		note(f, &wait_60);
		g_assert_true(is_noted(f, &subject));
		g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
		g_assert_false(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
	}
	g_unlink(path);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_assert_true(is_nothing(f));

	g_autoptr(GError) error = NULL;

	g_assert_false(store_wait_write(f->store, STORE_WAIT_SERVER, &subject, &wait_60, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	g_assert_false(support_exists(f, "put.new"));
}

static void test_no_store(StoreFixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(is_nothing(f));
	g_assert_false(store_wait_write(f->store, STORE_WAIT_SERVER, &subject, &wait_60, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

static ssize_t full_write(gpointer data, int fd, const void *octets, size_t len)
{
	errno = ENOSPC;
	return -1;
}

/* A full disk: what was noted before stays. */
static void test_full(StoreFixture *f, gconstpointer data)
{
	static const RenewalWait later = { NOW + 1, NOW + 90, 0 };
	StoreOps ops = *store_ops_system();
	g_autoptr(GError) error = NULL;

	support_import(f, "one");
	note(f, &wait_60);
	ops.write = full_write;
	store_set_ops(f->store, &ops, NULL);
	g_assert_false(store_wait_write(f->store, STORE_WAIT_SERVER, &subject, &later, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);
	g_assert_true(is_noted(f, &subject));
	store_set_ops(f->store, store_ops_system(), NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(StoreFixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/store-wait/kept", test_kept },
		{ "/store-wait/of-another", test_of_another },
		{ "/store-wait/contents", test_contents },
		{ "/store-wait/moments", test_moments },
		{ "/store-wait/failures", test_failures },
		{ "/store-wait/failures/absurd", test_failures_absurd },
		{ "/store-wait/no-file", test_no_file },
		{ "/store-wait/no-store", test_no_store },
		{ "/store-wait/full", test_full },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, StoreFixture, NULL, support_set_up, tests[i].test,
			   support_tear_down);
	return g_test_run();
}
