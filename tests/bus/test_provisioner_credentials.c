/* SPDX-License-Identifier: MIT */
/* The proof of possession on disk: made, kept, mended, refused. */
#include "common/error.h"
#include "common/proof.h"
#include "common/srp-password.h"
#include "provisioner/adapter/credentials.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USER "wifiprov"

typedef struct Folder {
	char *parent;
	char *path;
} Folder;

static void folder_setup(Folder *folder, gconstpointer data)
{
	folder->parent = g_dir_make_tmp("credentials-XXXXXX", NULL);
	g_assert_nonnull(folder->parent);
	folder->path = g_build_filename(folder->parent, "deep", "secrets", NULL);
}

static void folder_teardown(Folder *folder, gconstpointer data)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", folder->parent);

	g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL));
	g_free(folder->parent);
	g_free(folder->path);
}

static char *file_path(const Folder *folder, const char *name)
{
	return g_build_filename(folder->path, name, NULL);
}

static void put(const Folder *folder, const char *name, const char *text, gssize len)
{
	g_autofree char *path = file_path(folder, name);

	g_assert_cmpint(g_mkdir_with_parents(folder->path, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, len, NULL));
}

static void drop(const Folder *folder, const char *name)
{
	g_autofree char *path = file_path(folder, name);

	g_assert_cmpint(g_unlink(path), ==, 0);
}

static Credentials *must_load(const Folder *folder)
{
	g_autoptr(GError) error = NULL;
	Credentials *credentials = credentials_load(folder->path, USER, &error);

	g_assert_no_error(error);
	g_assert_nonnull(credentials->salt);
	g_assert_nonnull(credentials->verifier);
	return credentials;
}

static void assert_verifier_fits(const Credentials *credentials)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) expected =
		srp_password_verifier(USER, credentials->pop, credentials->salt, &error);

	g_assert_no_error(error);
	g_assert_true(g_bytes_equal(expected, credentials->verifier));
}

static void assert_mode(const char *path, mode_t mode)
{
	struct stat status;

	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 07777, ==, mode);
}

static void test_made_once(Folder *folder, gconstpointer data)
{
	static const char *const names[] = { "pop", "salt", "verifier" };
	g_autoptr(Credentials) first = must_load(folder);
	g_autoptr(Credentials) second = must_load(folder);

	g_assert_cmpuint(secret_len(first->pop), ==, PROOF_LEN);
	for (size_t i = 0; i < PROOF_LEN; i++)
		g_assert_nonnull(strchr(PROOF_ALPHABET, secret_data(first->pop)[i]));
	assert_verifier_fits(first);
	g_assert_true(secret_equal(first->pop, second->pop));
	g_assert_true(g_bytes_equal(first->salt, second->salt));
	g_assert_true(g_bytes_equal(first->verifier, second->verifier));
	assert_mode(folder->path, 0700);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = file_path(folder, names[i]);

		assert_mode(path, 0600);
	}
}

static void test_differ(Folder *folder, gconstpointer data)
{
	g_autoptr(Credentials) first = must_load(folder);
	g_autofree char *line = g_strdup_printf("rm -r '%s'", folder->path);
	g_autoptr(Credentials) second = NULL;

	g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL));
	second = must_load(folder);
	g_assert_false(secret_equal(first->pop, second->pop));
	g_assert_false(g_bytes_equal(first->salt, second->salt));
}

/* What a power cut leaves: the proof, and perhaps the salt. */
static void test_completed(Folder *folder, gconstpointer data)
{
	g_autoptr(Credentials) first = must_load(folder);
	g_autoptr(Credentials) second = NULL;

	drop(folder, "verifier");
	second = must_load(folder);
	g_assert_true(secret_equal(first->pop, second->pop));
	assert_verifier_fits(second);
}

/* What was cut short is made again from the proof: the label still opens the device. */
static void test_damaged(Folder *folder, gconstpointer data)
{
	static const struct {
		const char *name;
		gssize len;
		const char *said;
	} rows[] = {
		{ "salt", 0, "*salt is empty*made again*" },
		{ "verifier", 0, "*verifier is empty*made again*" },
		{ "verifier", 300, "*verifier is cut short*made again*" },
	};
	g_autoptr(Credentials) first = must_load(folder);
	g_autofree char *text = g_strnfill(400, 'x');

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Credentials) again = NULL;

		put(folder, rows[i].name, text, rows[i].len);
		g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, rows[i].said);
		again = must_load(folder);
		g_test_assert_expected_messages();
		g_assert_true(secret_equal(first->pop, again->pop));
		assert_verifier_fits(again);
	}
}

static void test_pop_by_hand(Folder *folder, gconstpointer data)
{
	g_autoptr(Credentials) first = must_load(folder);
	g_autoptr(Credentials) second = NULL;

	put(folder, "pop", "abcd1234\n", -1);
	second = must_load(folder);
	g_assert_cmpmem(secret_data(second->pop), secret_len(second->pop), "abcd1234", 8);
	g_assert_false(g_bytes_equal(first->verifier, second->verifier));
	assert_verifier_fits(second);
}

static void test_factory(Folder *folder, gconstpointer data)
{
	g_autoptr(Credentials) first = must_load(folder);
	g_autoptr(Credentials) second = NULL;

	drop(folder, "pop");
	second = must_load(folder);
	g_assert_null(second->pop);
	g_assert_true(g_bytes_equal(first->verifier, second->verifier));
}

static void assert_refused(const Folder *folder, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Credentials) credentials = credentials_load(folder->path, USER, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_assert_null(credentials);
	g_assert_nonnull(strstr(error->message, part));
}

static void test_refused(Folder *folder, gconstpointer data)
{
	g_autofree char *long_pop = g_strnfill(100, 'x');
	g_autofree char *verifier = g_strnfill(384, 'x');

	put(folder, "salt", "0123456789abcdef", 16);
	assert_refused(folder, "no verifier");
	/* With it no right proof would open a session, and each would count as a wrong one. */
	put(folder, "verifier", long_pop, 100);
	assert_refused(folder, "cut short");
	drop(folder, "salt");
	put(folder, "verifier", verifier, 384);
	assert_refused(folder, "no salt");
	put(folder, "salt", "\0bc", 3);
	assert_refused(folder, "zero octet");
	put(folder, "pop", "", 0);
	assert_refused(folder, "empty");
	put(folder, "pop", "\n", 1);
	assert_refused(folder, "one line");
	put(folder, "pop", "two\nlines\n", -1);
	assert_refused(folder, "one line");
	put(folder, "pop", long_pop, 100);
	assert_refused(folder, "larger than");
}

/* Somebody's joke: waited for would it be for ever. */
static void test_fifo(Folder *folder, gconstpointer data)
{
	g_autofree char *pop = file_path(folder, "pop");
	g_autofree char *fresh = file_path(folder, "salt.new");
	g_autofree char *salt = file_path(folder, "salt");
	g_autoptr(Credentials) first = must_load(folder);
	g_autoptr(Credentials) again = NULL;

	drop(folder, "salt");
	g_assert_cmpint(mkfifo(salt, 0600), ==, 0);
	g_assert_cmpint(mkfifo(fresh, 0600), ==, 0);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*salt: is not a regular file*");
	again = must_load(folder);
	g_test_assert_expected_messages();
	g_assert_true(secret_equal(first->pop, again->pop));
	drop(folder, "pop");
	g_assert_cmpint(mkfifo(pop, 0600), ==, 0);
	assert_refused(folder, "pop: is not a regular file");
}

/* Somebody has started the daemon by hand, as root: the service can read what was made. */
static void test_made_by_root(Folder *folder, gconstpointer data)
{
	static const char *const names[] = { "", "pop", "salt", "verifier" };
	g_autofree char *above = g_path_get_dirname(folder->path);
	g_autoptr(Credentials) made = NULL;

	if (geteuid() != 0) {
		g_test_skip("only root can give files away");
		return;
	}
	g_assert_cmpint(g_mkdir(above, 0700), ==, 0);
	g_assert_cmpint(chown(above, 65534, 65533), ==, 0);
	made = must_load(folder);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = file_path(folder, names[i]);
		struct stat status;

		g_assert_cmpint(stat(path, &status), ==, 0);
		g_assert_cmpuint(status.st_uid, ==, 65534);
		g_assert_cmpuint(status.st_gid, ==, 65533);
	}
}

static void test_not_ours(Folder *folder, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Credentials) credentials = NULL;

	/* A folder below a file can be made by nobody, not even by root. */
	put(folder, "pop", "abcd1234\n", -1);
	g_free(folder->path);
	folder->path = g_build_filename(folder->parent, "deep", "secrets", "pop", "x", NULL);
	credentials = credentials_load(folder->path, USER, &error);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	g_assert_null(credentials);
	g_assert_nonnull(strstr(error->message, folder->path));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(Folder *folder, gconstpointer data);
	} tests[] = {
		{ "/credentials/made-once", test_made_once },
		{ "/credentials/differ", test_differ },
		{ "/credentials/completed", test_completed },
		{ "/credentials/damaged", test_damaged },
		{ "/credentials/pop-by-hand", test_pop_by_hand },
		{ "/credentials/factory", test_factory },
		{ "/credentials/refused", test_refused },
		{ "/credentials/fifo", test_fifo },
		{ "/credentials/made-by-root", test_made_by_root },
		{ "/credentials/not-ours", test_not_ours },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Folder, NULL, folder_setup, tests[i].test,
			   folder_teardown);
	return g_test_run();
}
