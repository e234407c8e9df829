/* SPDX-License-Identifier: MIT */
/* store: import, read, mark, roll back, prune; what it says about a store that is not right. */
#include "common/store.h"

#include "common/error.h"
#include "common/store-tree.h"
#include "tests/unit/common/store-support.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static bool has_fallback(StoreFixture *fixture)
{
	g_autoptr(StoreIdentity) identity = store_fallback(fixture->store);

	return identity != NULL;
}

static void test_absent(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);

	g_assert_null(identity);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	g_assert_nonnull(strstr(error->message, fixture->path));
	g_assert_nonnull(strstr(error->message, "landfallctl store import"));
	g_assert_false(has_fallback(fixture));
	g_clear_error(&error);
	g_assert_null(store_list(fixture->store, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	g_assert_false(support_exists(fixture, "")); /* looking creates nothing */
}

static unsigned int mode_of(const StoreFixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);
	struct stat file;

	g_assert_cmpint(lstat(path, &file), ==, 0);
	return file.st_mode & 07777;
}

static void test_import(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, "one inter", "one",
						    "[broker]\nuri=mqtts://b.example\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) imported = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_nonnull(imported);

	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);
	g_autofree char *dir = g_build_filename(fixture->path, "generations", "1", NULL);
	g_autofree char *link = g_build_filename(fixture->path, "current", NULL);
	g_autofree char *target = g_file_read_link(link, NULL);

	g_assert_no_error(error);
	g_assert_cmpuint(identity->generation, ==, 1);
	g_assert_cmpstr(identity->dir, ==, dir);
	g_assert_cmpstr(target, ==, "generations/1");
	g_assert_true(g_str_has_suffix(identity->cert_path, "/generations/1/device.crt"));
	g_assert_true(g_str_has_suffix(identity->key_path, "/generations/1/device.key"));
	g_assert_true(g_str_has_suffix(identity->chain_path, "/generations/1/server_chain.pem"));
	g_assert_cmpstr(identity->broker->uri, ==, "mqtts://b.example");
	g_assert_cmpstr(identity->warnings[0], ==, NULL);
	g_assert_false(identity->good);
	g_assert_cmpuint(mode_of(fixture, ""), ==, 0700);
	g_assert_cmpuint(mode_of(fixture, "lock"), ==, 0600);
	g_assert_cmpuint(mode_of(fixture, "generations"), ==, 0700);
	g_assert_cmpuint(mode_of(fixture, "generations/1"), ==, 0700);
	g_assert_cmpuint(mode_of(fixture, "generations/1/device.crt"), ==, 0600);
	g_assert_cmpuint(mode_of(fixture, "generations/1/device.key"), ==, 0600);
	g_assert_cmpuint(mode_of(fixture, "generations/1/server_chain.pem"), ==, 0600);
	g_assert_cmpuint(mode_of(fixture, "generations/1/broker.conf"), ==, 0600);
}

/* A refused identity leaves no trace. */
static void test_import_refused(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, "one inter", "two", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_import(fixture->store, parts, &error);

	g_assert_null(identity);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_MISMATCH);
	g_assert_false(support_exists(fixture, ""));
}

/* What was made for one generation does not take the place of another. */
static void test_import_replaces(StoreFixture *fixture, gconstpointer data)
{
	uint32_t first = support_import(fixture, "one");
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, "two inter", "two", NULL);
	g_autoptr(GError) error = NULL;

	parts->replaces = first;

	g_autoptr(StoreIdentity) second = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(second->generation, ==, first + 1);
	g_assert_null(store_import(fixture->store, parts, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED);
	g_clear_error(&error);
	parts->replaces = second->generation;

	g_autoptr(StoreIdentity) third = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(third->generation, ==, second->generation + 1);
}

static void test_import_folder(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreParts) none = store_parts_load(fixture->path, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
	g_assert_null(none);
	g_clear_error(&error);
	pki_concat(fixture->pki, "device.crt", "one.crt", "inter.crt", NULL);

	g_autoptr(StoreParts) keyless = store_parts_load(pki_dir(fixture->pki), &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
	g_assert_null(keyless);
	g_assert_nonnull(strstr(error->message, "/device.key: is missing"));
	g_clear_error(&error);
	pki_concat(fixture->pki, "device.key", "one.key", NULL);

	g_autoptr(StoreParts) parts = store_parts_load(pki_dir(fixture->pki), &error);

	g_assert_no_error(error);
	g_assert_null(parts->chain);
	g_assert_null(parts->broker);

	g_autoptr(StoreIdentity) identity = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_null(identity->chain_path);
	g_assert_null(identity->broker);
	pki_write(fixture->pki, "server_chain.pem", "x");

	g_autoptr(StoreParts) chained = store_parts_load(pki_dir(fixture->pki), &error);

	g_assert_no_error(error);
	g_assert_cmpuint(g_bytes_get_size(chained->chain), ==, 1);
}

/* broker.conf outlives the certificate it came with. */
static void test_inherit(StoreFixture *fixture, gconstpointer data)
{
	static const char text[] = "[broker]\nuri=mqtts://kept.example\n";
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, "one inter", "one", text);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) first = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_nonnull(first);
	g_assert_cmpuint(support_import(fixture, "two"), ==, 2);

	g_autoptr(StoreIdentity) second = store_current(fixture->store, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(second->common_name, ==, "two");
	g_assert_cmpstr(second->broker->uri, ==, "mqtts://kept.example");
	support_write(fixture, "generations/2/broker.conf", "[broker]\nurl=x\n");

	g_autoptr(StoreParts) third = support_parts(fixture->pki, "one inter", "one", NULL);
	g_autoptr(StoreIdentity) refused = store_import(fixture->store, third, &error);

	g_assert_null(refused);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
	g_assert_nonnull(strstr(error->message, "generations/2/broker.conf:2: unknown key"));
	g_assert_nonnull(strstr(error->message, "no broker.conf was given"));
}

typedef struct SpoilCase {
	const char *name;
	const char *file; /* below the store; NULL text removes it */
	const char *text;
	int code;
	const char *says;
	bool lasts; /* importing again does not mend it, because it would be inherited */
} SpoilCase;

static const SpoilCase spoil_cases[] = {
	{ "cert-missing", "generations/1/device.crt", NULL, LANDFALL_ERROR_STORE_INVALID,
	  "/generations/1/device.crt: is missing", false },
	{ "key-missing", "generations/1/device.key", NULL, LANDFALL_ERROR_KEY_UNREADABLE,
	  "/generations/1/device.key: is missing", false },
	{ "key-cut", "generations/1/device.key", "-----BEGIN PRIV", LANDFALL_ERROR_KEY_UNREADABLE,
	  "/generations/1/device.key: holds no private key", false },
	{ "broker", "generations/1/broker.conf", "[broker]\nuri=x\n", LANDFALL_ERROR_STORE_INVALID,
	  "/generations/1/broker.conf:2: [broker] uri: ", true },
	{ "link-missing", "current", NULL, LANDFALL_ERROR_STORE_ABSENT, "/current: cannot read",
	  false },
	{ "link-file", "current", "generations/1", LANDFALL_ERROR_STORE_INVALID,
	  "/current: is no link to generations/NUMBER", false },
};

static void test_spoilt(StoreFixture *fixture, gconstpointer user_data)
{
	const SpoilCase *c = user_data;
	g_autofree char *path = g_build_filename(fixture->path, c->file, NULL);
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	g_remove(path);
	if (c->text)
		support_write(fixture, c->file, c->text);

	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);

	g_assert_null(identity);
	g_assert_error(error, LANDFALL_ERROR, c->code);
	if (!strstr(error->message, c->says))
		g_error("expected \"%s\", got \"%s\"", c->says, error->message);
	if (c->lasts)
		return;

	g_autofree char *now = NULL;

	support_import(fixture, "two");
	now = support_current(fixture->store);
	g_assert_cmpstr(now, ==, "two");
}

typedef struct AstrayCase {
	const char *name;
	const char *target;
} AstrayCase;

static const AstrayCase astray_cases[] = {
	{ "elsewhere", "/etc" },
	{ "above", "generations/../../x" },
	{ "no-number", "generations/" },
	{ "zero", "generations/0" },
	{ "leading-zero", "generations/01" },
	{ "sign", "generations/+1" },
	{ "large", "generations/99999999999" },
	{ "tail", "generations/1/device.key" },
};

static void test_astray(StoreFixture *fixture, gconstpointer user_data)
{
	const AstrayCase *c = user_data;
	g_autofree char *link = g_build_filename(fixture->path, "current", NULL);
	g_autoptr(GError) error = NULL;
	uint32_t number = 77;

	support_import(fixture, "one");
	g_remove(link);
	g_assert_cmpint(symlink(c->target, link), ==, 0);
	g_assert_false(store_current_generation(fixture->store, &number, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
	g_assert_cmpuint(number, ==, 77);
}

static void test_dangling(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *folder = g_build_filename(fixture->path, "generations", "1", NULL);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	support_import(fixture, "one");
	support_remove(folder);
	before = support_current(fixture->store);
	g_assert_null(before);
	support_import(fixture, "two");
	after = support_current(fixture->store);
	g_assert_cmpstr(after, ==, "two");
}

static void test_open_key(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->path, "generations/1/device.key", NULL);
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	g_assert_cmpint(g_chmod(key, 0640), ==, 0);

	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);

	g_assert_no_error(error);
	g_assert_nonnull(strstr(identity->warnings[0], "others can read the key"));
}

/* --- going back --- */

static void roll_back(StoreFixture *fixture, const char *reason, uint32_t expected)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_rollback(fixture->store, reason, &error);
	uint32_t number = 0;

	g_assert_no_error(error);
	g_assert_cmpuint(identity->generation, ==, expected);
	g_assert_true(store_current_generation(fixture->store, &number, NULL));
	g_assert_cmpuint(number, ==, expected);
}

static void mark_good(StoreFixture *fixture, uint32_t number)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(store_mark_good(fixture->store, number, &error));
	g_assert_no_error(error);
}

static void test_rollback(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	g_assert_false(has_fallback(fixture));

	g_autoptr(StoreIdentity) nowhere = store_rollback(fixture->store, NULL, &error);

	g_assert_null(nowhere);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	g_assert_nonnull(strstr(error->message, "no sound older generation"));
	g_clear_error(&error);
	support_import(fixture, "two");
	g_assert_true(has_fallback(fixture));
	roll_back(fixture, "refused by\nthe \302\233broker", 1);

	g_autoptr(GPtrArray) list = store_list(fixture->store, &error);

	g_assert_cmpuint(list->len, ==, 2);

	const StoreGeneration *one = list->pdata[0];
	const StoreGeneration *two = list->pdata[1];

	g_assert_true(one->current && !one->failed && !one->good);
	g_assert_cmpstr(one->common_name, ==, "one");
	g_assert_cmpint(one->not_after, >, g_get_real_time() / G_USEC_PER_SEC);
	g_assert_cmpint(one->created, <=, g_get_real_time() / G_USEC_PER_SEC);
	g_assert_null(one->failure);
	g_assert_true(!two->current && two->failed);
	g_assert_cmpstr(two->failure, ==, "refused by the ?broker");
}

/* Who has judged one generation does not give up another one that came meanwhile. */
static void test_give_up(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	mark_good(fixture, 1);
	support_import(fixture, "two");

	g_autoptr(StoreIdentity) late = store_give_up(fixture->store, 1, "too late", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(late->generation, ==, 2);
	g_assert_false(support_exists(fixture, "generations/1/failed"));
	g_assert_false(support_exists(fixture, "generations/2/failed"));

	g_autoptr(StoreIdentity) back = store_give_up(fixture->store, 2, "refused", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(back->generation, ==, 1);
	g_assert_true(support_exists(fixture, "generations/2/failed"));
}

/* One that has proved itself is preferred to a newer one that has not. */
static void test_rollback_prefers_good(StoreFixture *fixture, gconstpointer data)
{
	support_import(fixture, "one");
	mark_good(fixture, 1);
	support_import(fixture, "two");
	support_import(fixture, "one");
	g_assert_true(support_exists(fixture, "generations/1"));
	roll_back(fixture, "x", 1);
	support_import(fixture, "two"); /* the number of the failed one is not used again */

	g_autoptr(StoreIdentity) identity = store_current(fixture->store, NULL);

	g_assert_cmpuint(identity->generation, ==, 4);
}

static void test_rollback_wifi(StoreFixture *fixture, gconstpointer data)
{
	support_import(fixture, "one");
	support_import(fixture, "two");
	support_write(fixture, "generations/2/wifi.conf", "[wifi]\n");

	g_autoptr(StoreIdentity) identity = store_rollback(fixture->store, NULL, NULL);

	g_assert_nonnull(strstr(identity->warnings[0], "no settings for 802.1X"));
}

static void test_rollback_skips(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->path, "generations/3/device.key", NULL);
	g_autofree char *first = g_build_filename(fixture->path, "generations/1", NULL);
	g_autofree char *later = g_build_filename(fixture->path, "generations/4", NULL);

	support_import(fixture, "one");
	mark_good(fixture, 1);
	support_import(fixture, "two");
	mark_good(fixture, 2);
	support_write(fixture, "generations/2/failed", "given up");
	g_assert_true(has_fallback(fixture));
	roll_back(fixture, NULL, 1);
	g_assert_cmpuint(support_import(fixture, "two"), ==, 3);
	g_assert_cmpint(g_rename(first, later), ==, 0); /* newer ones are no way back */
	g_assert_false(has_fallback(fixture));
	g_assert_cmpint(g_rename(later, first), ==, 0);
	g_assert_cmpint(g_remove(key), ==, 0);
	g_assert_true(has_fallback(fixture)); /* a broken current one can be left */
	roll_back(fixture, NULL, 1);
}

static void test_mark_good(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	support_write(fixture, "generations/1/failed", "was given up");
	mark_good(fixture, 1);

	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);

	g_assert_true(identity->good);
	g_assert_false(identity->failed);
	g_assert_false(store_mark_good(fixture->store, 5, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
}

static void test_prune(StoreFixture *fixture, gconstpointer data)
{
	support_import(fixture, "one");
	mark_good(fixture, 1);
	for (int i = 0; i < 4; i++)
		support_import(fixture, i % 2 ? "one" : "two");
	g_assert_true(support_exists(fixture, "generations/1"));
	g_assert_false(support_exists(fixture, "generations/2"));
	g_assert_false(support_exists(fixture, "generations/4"));
	g_assert_true(support_exists(fixture, "generations/5"));
	roll_back(fixture, "no", 1);
	g_assert_true(support_exists(fixture, "generations/5")); /* keeps its number taken */
	support_import(fixture, "two");
	g_assert_false(support_exists(fixture, "generations/5"));
	g_assert_true(support_exists(fixture, "generations/6"));
	g_assert_true(support_exists(fixture, "generations/1"));
}

/* Something foreign inside a generation stops neither import nor use. */
static void test_prune_resists(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *folder = NULL;
	g_autofree char *now = NULL;

	support_import(fixture, "one");
	mark_good(fixture, 1);
	support_import(fixture, "two");
	folder = g_build_filename(fixture->path, "generations/2/foreign", NULL);
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	support_import(fixture, "one");
	support_import(fixture, "two");
	support_import(fixture, "one");
	now = support_current(fixture->store);
	g_assert_cmpstr(now, ==, "one");
}

/* --- leftovers, lock, owner --- */

static void test_sweep(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *half = g_build_filename(fixture->path, "generations/.new", NULL);
	g_autofree char *old = g_build_filename(fixture->path, "generations/.old", NULL);
	g_autofree char *link = g_build_filename(fixture->path, "current.new", NULL);
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	g_assert_cmpint(g_mkdir(half, 0700), ==, 0);
	g_assert_cmpint(g_mkdir(old, 0700), ==, 0);
	support_write(fixture, "generations/.new/device.key", "half a k");
	support_write(fixture, "generations/.old/device.crt", "x");
	g_assert_cmpint(symlink("generations/9", link), ==, 0);

	g_autoptr(GPtrArray) list = store_list(fixture->store, &error);

	g_assert_cmpuint(list->len, ==, 1); /* they are no generations */
	support_import(fixture, "two");
	g_assert_false(support_exists(fixture, "generations/.new"));
	g_assert_false(support_exists(fixture, "generations/.old"));
	g_assert_false(support_exists(fixture, "current.new"));
}

/* Nobody reads from the other end: to wait for that would be for ever. */
static void test_fifo(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *lock = g_build_filename(fixture->path, "lock", NULL);
	g_autofree char *marker = g_build_filename(fixture->path, "generations/1/marker.new", NULL);
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");
	g_assert_cmpint(mkfifo(marker, 0600), ==, 0);
	mark_good(fixture, 1); /* a leftover as any other */
	g_unlink(lock);
	g_assert_cmpint(mkfifo(lock, 0600), ==, 0);
	g_assert_false(store_mark_good(fixture->store, 1, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
}

static void test_lock(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");

	StoreTree *held =
		store_tree_lock(fixture->path, false, 0, store_ops_system(), NULL, &error);

	g_assert_no_error(error);
	g_assert_false(store_mark_good(fixture->store, 1, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_clear_error(&error);
	store_set_lock_wait(fixture->store, 1); /* waits, and gives up all the same */
	g_assert_false(store_mark_good(fixture->store, 1, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);

	g_autofree char *now = support_current(fixture->store); /* readers need no lock */

	g_assert_cmpstr(now, ==, "one");
	store_tree_free(held);
	mark_good(fixture, 1);
}

static gpointer lock_release(gpointer data)
{
	store_tree_free(data);
	return NULL;
}

static void test_lock_wait(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	support_import(fixture, "one");

	StoreTree *held =
		store_tree_lock(fixture->path, false, 0, store_ops_system(), NULL, &error);

	store_set_lock_wait(fixture->store, 60 * 1000);

	GThread *thread = g_thread_new("release", lock_release, held);

	mark_good(fixture, 1);
	g_thread_join(thread);
}

static void assert_owner(const char *path, uid_t uid)
{
	g_autoptr(GDir) dir =
		g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
	struct stat file;

	g_assert_cmpint(lstat(path, &file), ==, 0);
	g_assert_cmpuint(file.st_uid, ==, uid);
	g_assert_cmpuint(file.st_gid, ==, uid);
	for (const char *name = dir ? g_dir_read_name(dir) : NULL; name;
	     name = g_dir_read_name(dir)) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		assert_owner(child, uid);
	}
}

static void test_owner(StoreFixture *fixture, gconstpointer data)
{
	if (geteuid() != 0) {
		g_test_skip("only root gives files away");
		return;
	}
	g_assert_cmpint(chown(fixture->root, NOBODY, NOBODY), ==, 0);
	support_import(fixture, "one");
	mark_good(fixture, 1);
	support_import(fixture, "two");
	roll_back(fixture, "no", 1);
	assert_owner(fixture->path, NOBODY);
}

/* Not every kernel keeps a user from linking root's files into a folder of their own. */
static void test_links(StoreFixture *fixture, gconstpointer data)
{
	static const char *const names[] = { "lock", "generations/1/marker.new" };
	g_autofree char *victim = g_build_filename(fixture->root, "victim", NULL);

	if (geteuid() != 0) {
		g_test_skip("only root gives files away");
		return;
	}
	g_assert_cmpint(chown(fixture->root, NOBODY, NOBODY), ==, 0);
	support_import(fixture, "one");
	g_assert_true(g_file_set_contents(victim, "root's", -1, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(fixture->path, names[i], NULL);
		g_autofree char *text = NULL;
		struct stat file;

		g_unlink(path);
		g_assert_cmpint(link(victim, path), ==, 0);
		mark_good(fixture, 1);
		g_assert_cmpint(stat(victim, &file), ==, 0);
		g_assert_cmpuint(file.st_uid, ==, 0);
		g_assert_true(g_file_get_contents(victim, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, "root's");
	}
}

/* Who has the store could have root copy a file that root alone reads into a generation of theirs:
 * what an import does not bring is taken over. */
static void test_foreign(StoreFixture *fixture, gconstpointer data)
{
	int (*const links[])(const char *, const char *) = { symlink, link };
	g_autofree char *victim = g_build_filename(fixture->root, "victim", NULL);
	g_autofree char *path = g_build_filename(fixture->path, "generations/1/wifi.conf", NULL);

	if (geteuid() != 0) {
		g_test_skip("only root reads what is not its own");
		return;
	}
	g_assert_cmpint(chown(fixture->root, NOBODY, NOBODY), ==, 0);
	support_import(fixture, "one");
	g_assert_true(g_file_set_contents(victim, "[wifi]\nidentity = root\n", -1, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autoptr(StoreParts) parts = support_parts(fixture->pki, "two inter", "two", NULL);
		g_autoptr(GError) error = NULL;

		g_unlink(path);
		g_assert_cmpint(links[i](victim, path), ==, 0);
		g_assert_null(store_import(fixture->store, parts, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
		g_assert_nonnull(strstr(error->message, "another user"));
	}
}

typedef int (*ChildFunc)(StoreFixture *fixture);

/* Run @func as somebody without rights; its result is what it returns. */
static int as_nobody(ChildFunc func, StoreFixture *fixture)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				       setresuid(NOBODY, NOBODY, NOBODY) < 0))
			_exit(100);
		_exit(func(fixture));
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int child_current(StoreFixture *fixture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_current(fixture->store, &error);

	return identity ? 0 : error_exit_status(error);
}

static int child_import(StoreFixture *fixture)
{
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, "two inter", "two", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_import(fixture->store, parts, &error);

	return identity ? 0 : error_exit_status(error);
}

static int exit_status_of(LandfallError code)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, (int)code, "");

	return error_exit_status(error);
}

static void test_denied(StoreFixture *fixture, gconstpointer data)
{
	g_autofree char *key = g_build_filename(fixture->path, "generations/1/device.key", NULL);
	g_autofree char *folder = g_build_filename(fixture->path, "generations/1", NULL);
	g_autofree char *folders = g_build_filename(fixture->path, "generations", NULL);

	support_import(fixture, "one");
	g_assert_cmpint(g_chmod(fixture->root, 0755), ==, 0);
	g_assert_cmpint(g_chmod(fixture->path, geteuid() ? 0 : 0700), ==, 0);
	g_assert_cmpint(as_nobody(child_current, fixture), ==,
			exit_status_of(LANDFALL_ERROR_DENIED));
	g_assert_cmpint(g_chmod(fixture->path, 0555), ==, 0);
	g_assert_cmpint(g_chmod(folders, 0755), ==, 0);
	g_assert_cmpint(g_chmod(folder, 0755), ==, 0);
	g_assert_cmpint(g_chmod(key, geteuid() ? 0 : 0600), ==, 0);

	g_autofree char *cert = g_build_filename(fixture->path, "generations/1/device.crt", NULL);

	g_assert_cmpint(g_chmod(cert, 0644), ==, 0);
	g_assert_cmpint(as_nobody(child_current, fixture), ==,
			exit_status_of(LANDFALL_ERROR_KEY_UNREADABLE));
	g_assert_cmpint(g_chmod(pki_dir(fixture->pki), 0755), ==, 0);
	g_assert_cmpint(g_chmod(pki_path(fixture->pki, "two.key"), 0644), ==, 0);

	if (geteuid() == 0) /* whoever owns the lock file may still take it */
		g_assert_cmpint(as_nobody(child_import, fixture), ==,
				exit_status_of(LANDFALL_ERROR_DENIED));
	g_assert_cmpint(g_chmod(fixture->path, 0700), ==, 0);
}

#define ADD(name, func)                                                                            \
	g_test_add("/store/" name, StoreFixture, NULL, support_set_up, func, support_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("absent", test_absent);
	ADD("import", test_import);
	ADD("import/refused", test_import_refused);
	ADD("import/replaces", test_import_replaces);
	ADD("import/folder", test_import_folder);
	ADD("import/inherit", test_inherit);
	for (size_t i = 0; i < G_N_ELEMENTS(spoil_cases); i++) {
		g_autofree char *path = g_strconcat("/store/spoilt/", spoil_cases[i].name, NULL);

		g_test_add(path, StoreFixture, &spoil_cases[i], support_set_up, test_spoilt,
			   support_tear_down);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(astray_cases); i++) {
		g_autofree char *path = g_strconcat("/store/astray/", astray_cases[i].name, NULL);

		g_test_add(path, StoreFixture, &astray_cases[i], support_set_up, test_astray,
			   support_tear_down);
	}
	ADD("dangling", test_dangling);
	ADD("open-key", test_open_key);
	ADD("rollback", test_rollback);
	ADD("rollback/prefers-good", test_rollback_prefers_good);
	ADD("rollback/wifi", test_rollback_wifi);
	ADD("rollback/skips", test_rollback_skips);
	ADD("give-up", test_give_up);
	ADD("mark-good", test_mark_good);
	ADD("prune", test_prune);
	ADD("prune/resists", test_prune_resists);
	ADD("sweep", test_sweep);
	ADD("fifo", test_fifo);
	ADD("lock", test_lock);
	ADD("lock/wait", test_lock_wait);
	ADD("owner", test_owner);
	ADD("links", test_links);
	ADD("foreign", test_foreign);
	ADD("denied", test_denied);
	return g_test_run();
}
