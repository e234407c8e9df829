/* SPDX-License-Identifier: MIT */
#include "tests/unit/common/store-support.h"

#include "common/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

Pki *support_pki(void)
{
	static const PkiCert certs[] = {
		{ .name = "ca", .ca = true, .until_s = SUPPORT_YEAR_S },
		{ .name = "inter", .issuer = "ca", .ca = true, .until_s = SUPPORT_YEAR_S },
		{ .name = "one",
		  .issuer = "inter",
		  .client_only = true,
		  .until_s = SUPPORT_YEAR_S },
		{ .name = "two",
		  .issuer = "inter",
		  .client_only = true,
		  .until_s = SUPPORT_YEAR_S },
	};
	Pki *pki = pki_new();

	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	return pki;
}

/* In memory where possible: hundreds of fsyncs to a disk take minutes. */
static char *make_root(void)
{
	const char *folder = g_access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
	char *root = g_build_filename(folder, "landfall-store-XXXXXX", NULL);

	g_assert_nonnull(g_mkdtemp(root));
	return root;
}

void support_set_up(StoreFixture *fixture, gconstpointer data)
{
	fixture->pki = support_pki();
	fixture->root = make_root();
	fixture->path = g_build_filename(fixture->root, "store", NULL);
	fixture->store = store_open(fixture->path);
}

void support_remove(const char *path)
{
	g_autoptr(GDir) dir =
		g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);

	for (const char *name = dir ? g_dir_read_name(dir) : NULL; name;
	     name = g_dir_read_name(dir)) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		support_remove(child);
	}
	g_remove(path);
}

void support_tear_down(StoreFixture *fixture, gconstpointer data)
{
	support_remove(fixture->root);
	store_free(fixture->store);
	pki_free(fixture->pki);
	g_free(fixture->path);
	g_free(fixture->root);
}

static GBytes *read_certs(Pki *pki, const char *names)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);
	g_autoptr(GString) text = g_string_new(NULL);

	for (char **word = words; *word; word++) {
		g_autofree char *file = g_strconcat(*word, ".crt", NULL);
		g_autofree char *content = NULL;

		g_assert_true(g_file_get_contents(pki_path(pki, file), &content, NULL, NULL));
		g_string_append(text, content);
	}
	return g_bytes_new(text->str, text->len);
}

StoreParts *support_parts(Pki *pki, const char *certs, const char *key, const char *broker)
{
	StoreParts *parts = g_new0(StoreParts, 1);
	g_autofree char *file = g_strconcat(key, ".key", NULL);
	g_autofree char *content = NULL;
	gsize len = 0;

	g_assert_true(g_file_get_contents(pki_path(pki, file), &content, &len, NULL));
	parts->origin = g_strdup("PARTS");
	parts->cert = read_certs(pki, certs);
	parts->key = secret_new(content, len);
	parts->chain = read_certs(pki, "ca");
	parts->broker = broker ? g_bytes_new(broker, strlen(broker)) : NULL;
	return parts;
}

uint32_t support_import(StoreFixture *fixture, const char *name)
{
	g_autofree char *certs = g_strconcat(name, " inter", NULL);
	g_autoptr(StoreParts) parts = support_parts(fixture->pki, certs, name, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(identity->common_name, ==, name);
	return identity->generation;
}

char *support_current(Store *store)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_current(store, &error);

	if (!identity)
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	return identity ? g_strdup(identity->common_name) : NULL;
}

void support_write(const StoreFixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

gboolean support_exists(const StoreFixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);
	GStatBuf file;

	return g_lstat(path, &file) == 0;
}
