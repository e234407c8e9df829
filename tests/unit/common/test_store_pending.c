/* SPDX-License-Identifier: MIT */
/* A key made here, the request for its certificate, and what comes back. */
#include "common/store-pending.h"

#include "common/error.h"
#include "common/store-private.h"
#include "tests/unit/common/store-support.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>

static char *pending_text(StoreFixture *f)
{
	g_autofree char *path = g_build_filename(f->path, STORE_PENDING_NAME, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static char *request(StoreFixture *f, const char *name, DeviceKeyKind kind, bool anew)
{
	StoreRequest wish = { .common_name = name, .kind = kind, .anew = anew };
	g_autoptr(GError) error = NULL;
	char *text = store_request(f->store, &wish, &error);

	g_assert_no_error(error);
	return text;
}

/* A signature more, but the same key. */
static bool same_key(const char *a, const char *b)
{
	g_autofree char *one = g_strdup(a);
	g_autofree char *two = g_strdup(b);
	BIO *first = BIO_new_mem_buf(one, -1);
	BIO *second = BIO_new_mem_buf(two, -1);
	X509_REQ *x = PEM_read_bio_X509_REQ(first, NULL, NULL, NULL);
	X509_REQ *y = PEM_read_bio_X509_REQ(second, NULL, NULL, NULL);

	g_assert_nonnull(x);
	g_assert_nonnull(y);

	bool same = EVP_PKEY_eq(X509_REQ_get0_pubkey(x), X509_REQ_get0_pubkey(y)) == 1;

	X509_REQ_free(x);
	X509_REQ_free(y);
	BIO_free(first);
	BIO_free(second);
	return same;
}

static StoreParts *only_cert(const char *pem)
{
	StoreParts *parts = g_new0(StoreParts, 1);

	parts->cert = g_bytes_new(pem, strlen(pem));
	return parts;
}

static void test_request(StoreFixture *f, gconstpointer data)
{
	g_autofree char *first = request(f, "gw-1", DEVICE_KEY_EC_P256, false);
	g_autofree char *again = request(f, "gw-1", DEVICE_KEY_EC_P256, false);
	g_autofree char *anew = request(f, "gw-1", DEVICE_KEY_EC_P256, true);
	g_autofree char *other = request(f, "gw-1", DEVICE_KEY_EC_P384, false);
	g_autofree char *path = g_build_filename(f->path, STORE_PENDING_NAME, NULL);
	struct stat file;

	g_assert_true(g_str_has_prefix(first, "-----BEGIN CERTIFICATE REQUEST-----\n"));
	g_assert_true(same_key(first, again));
	g_assert_false(same_key(first, anew));
	g_assert_false(same_key(anew, other));
	g_assert_cmpint(stat(path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 0777, ==, 0600);
}

static void test_kinds(StoreFixture *f, gconstpointer data)
{
	static const char *const names[DEVICE_KEY_N] = { "ec-p256", "ec-p384", "rsa-2048" };

	for (int kind = 0; kind < DEVICE_KEY_N; kind++) {
		g_free(request(f, "gw-1", (DeviceKeyKind)kind, false));

		g_autofree char *pem = pending_text(f);
		g_autoptr(Secret) secret = secret_new(pem, strlen(pem));
		g_autoptr(EVP_PKEY) key = device_key_open(secret, NULL);
		DeviceKeyKind found;

		for (int other = 0; other < DEVICE_KEY_N; other++)
			g_assert_cmpint(device_key_is(key, (DeviceKeyKind)other), ==,
					other == kind);
		g_assert_true(device_key_kind_find(names[kind], &found));
		g_assert_cmpint(found, ==, kind);
	}
	g_assert_false(device_key_kind_find("dsa", &(DeviceKeyKind){ 0 }));
}

static void test_names(StoreFixture *f, gconstpointer data)
{
	static const char *const bad[] = {
		"", "line\nbreak", "\xff",
		"12345678901234567890123456789012345678901234567890123456789012345"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		StoreRequest wish = { .common_name = bad[i] };
		g_autoptr(GError) error = NULL;

		g_assert_null(store_request(f->store, &wish, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
	}

	g_autofree char *blank = store_request_name(f->store);

	g_assert_cmpstr(blank, !=, "");
	support_import(f, "one");

	g_autofree char *known = store_request_name(f->store);

	g_assert_cmpstr(known, ==, "one");
}

static void test_install(StoreFixture *f, gconstpointer data)
{
	g_autofree char *text = request(f, "gw-1", DEVICE_KEY_EC_P256, false);
	g_autofree char *key = pending_text(f);
	g_autofree char *cert = pki_sign_request(f->pki, "ca", text);
	g_autoptr(StoreParts) parts = only_cert(cert);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_install(f->store, parts, &error);
	g_autofree char *installed = NULL;

	g_assert_no_error(error);
	g_assert_cmpstr(identity->common_name, ==, "gw-1");
	g_assert_null(identity->chain_path);
	g_assert_null(pending_text(f));
	g_assert_true(g_file_get_contents(identity->key_path, &installed, NULL, NULL));
	g_assert_cmpstr(installed, ==, key);
}

/* What is not sent stays; an empty chain goes. */
static void test_stays(StoreFixture *f, gconstpointer data)
{
	static const char broker[] = "[broker]\nuri = mqtts://b.example:8883\n";
	g_autoptr(StoreParts) before =
		support_parts(f->pki, "one inter", "one", "[broker]\nuri = mqtts://a.example\n");
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) first = store_import(f->store, before, &error);

	g_assert_no_error(error);
	parts->broker = g_bytes_new_static(broker, strlen(broker));

	g_autoptr(StoreIdentity) second = store_install(f->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(second->generation, ==, first->generation + 1);
	g_assert_cmpstr(second->common_name, ==, "one");
	g_assert_cmpstr(second->broker->uri, ==, "mqtts://b.example:8883");
	g_assert_nonnull(second->chain_path);
	parts->chain = g_bytes_new_static("", 0);

	g_autoptr(StoreIdentity) third = store_install(f->store, parts, &error);

	g_assert_no_error(error);
	g_assert_null(third->chain_path);
}

static void test_refused(StoreFixture *f, gconstpointer data)
{
	g_autofree char *text = request(f, "gw-1", DEVICE_KEY_EC_P256, false);
	g_autofree char *key = pending_text(f);
	g_autofree char *cert = pki_sign_request(f->pki, "ca", text);
	g_autoptr(StoreParts) nothing = g_new0(StoreParts, 1);
	g_autoptr(StoreParts) parts = only_cert(cert);
	g_autoptr(GError) error = NULL;

	g_assert_null(store_install(f->store, nothing, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT);
	g_clear_error(&error);

	/* the certificate of another key: the pending one goes on waiting */
	g_free(request(f, "gw-1", DEVICE_KEY_EC_P256, true));

	g_autofree char *waiting = pending_text(f);
	g_autofree char *after = NULL;

	g_assert_cmpstr(waiting, !=, key);
	g_assert_null(store_install(f->store, parts, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_MISMATCH);
	after = pending_text(f);
	g_assert_cmpstr(after, ==, waiting);
}

static void test_no_key(StoreFixture *f, gconstpointer data)
{
	g_autoptr(StoreParts) parts = support_parts(f->pki, "one inter", "one", NULL);
	g_autoptr(GError) error = NULL;

	g_clear_pointer(&parts->key, secret_free);
	g_assert_null(store_install(f->store, parts, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
	g_assert_nonnull(strstr(error->message, "no key waits"));
}

typedef struct Installer {
	const char *path;
	StoreParts *parts;
	StoreIdentity *identity;
	GError *error;
} Installer;

static gpointer install_apart(gpointer data)
{
	Installer *installer = data;
	g_autoptr(Store) store = store_open(installer->path);

	store_set_lock_wait(store, 10000);
	installer->identity = store_install(store, installer->parts, &installer->error);
	return NULL;
}

/* What store_import() does under its lock. */
static void make_current(StoreFixture *f, StoreTree *tree, uint32_t number, const char *name)
{
	g_autofree char *certs = g_strconcat(name, " inter", NULL);
	g_autoptr(StoreParts) parts = support_parts(f->pki, certs, name, NULL);
	const StoreTreeFile files[] = {
		{ STORE_CERT_NAME, g_bytes_get_data(parts->cert, NULL),
		  g_bytes_get_size(parts->cert) },
		{ STORE_KEY_NAME, secret_data(parts->key), secret_len(parts->key) },
	};

	g_assert_true(store_tree_write(tree, number, files, G_N_ELEMENTS(files), NULL));
	g_assert_true(store_tree_switch(tree, number, NULL));
}

/* A phone brings a broker while a renewal has the lock: the new certificate stays in force. */
static void test_meanwhile(StoreFixture *f, gconstpointer data)
{
	static const char broker[] = "[broker]\nuri = mqtts://b.example:8883\n";
	uint32_t first = support_import(f, "one");
	g_autoptr(StoreTree) tree = store_lock(f->store, false, NULL);
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);
	Installer installer = { .path = f->path, .parts = parts };

	g_assert_nonnull(tree);
	parts->broker = g_bytes_new_static(broker, strlen(broker));

	GThread *thread = g_thread_new("install", install_apart, &installer);

	g_usleep(G_USEC_PER_SEC / 2); /* it has read what is current, and waits for the lock */
	make_current(f, tree, first + 1, "two");
	g_clear_pointer(&tree, store_tree_free);
	g_thread_join(thread);
	g_assert_no_error(installer.error);
	g_assert_cmpuint(installer.identity->generation, ==, first + 2);
	g_assert_cmpstr(installer.identity->common_name, ==, "two");
	g_assert_cmpstr(installer.identity->broker->uri, ==, "mqtts://b.example:8883");
	store_identity_free(installer.identity);
}

/* Power was lost between the new generation and the removal: that key is not used for another. */
static void test_left_behind(StoreFixture *f, gconstpointer data)
{
	g_autofree char *text = request(f, "gw-1", DEVICE_KEY_EC_P256, false);
	g_autofree char *key = pending_text(f);
	g_autofree char *cert = pki_sign_request(f->pki, "ca", text);
	g_autofree char *path = g_build_filename(f->path, STORE_PENDING_NAME, NULL);
	g_autoptr(StoreParts) parts = only_cert(cert);
	g_autoptr(StoreIdentity) identity = store_install(f->store, parts, NULL);

	g_assert_nonnull(identity);
	g_assert_true(g_file_set_contents(path, key, -1, NULL));

	g_autofree char *next = request(f, "gw-1", DEVICE_KEY_EC_P256, false);

	g_assert_false(same_key(text, next));
}

static EVP_PKEY *renewal_key(StoreFixture *f, DeviceKeyKind kind)
{
	g_autoptr(GError) error = NULL;
	EVP_PKEY *key = store_renewal_key(f->store, kind, &error);

	g_assert_no_error(error);
	return key;
}

/* The same one until it is settled, whatever waits for another reason. */
static void test_renewal(StoreFixture *f, gconstpointer data)
{
	g_free(request(f, "gw-1", DEVICE_KEY_EC_P256, false));

	g_autofree char *pending = pending_text(f);
	g_autofree char *path = g_build_filename(f->path, STORE_RENEWAL_NAME, NULL);
	g_autoptr(EVP_PKEY) first = renewal_key(f, DEVICE_KEY_EC_P256);
	g_autoptr(EVP_PKEY) again = renewal_key(f, DEVICE_KEY_EC_P256);
	g_autoptr(EVP_PKEY) other = renewal_key(f, DEVICE_KEY_EC_P384);
	struct stat file;

	g_assert_cmpint(EVP_PKEY_eq(first, again), ==, 1);
	g_assert_true(device_key_is(other, DEVICE_KEY_EC_P384));
	g_assert_cmpint(stat(path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 0777, ==, 0600);
	support_write(f, STORE_RENEWAL_NAME, "no key");

	g_autoptr(EVP_PKEY) mended = renewal_key(f, DEVICE_KEY_EC_P256);

	g_assert_cmpint(EVP_PKEY_eq(first, mended), !=, 1);
	store_renewal_settle(f->store);
	g_assert_false(support_exists(f, STORE_RENEWAL_NAME));

	g_autoptr(EVP_PKEY) next = renewal_key(f, DEVICE_KEY_EC_P256);
	g_autofree char *still = pending_text(f);

	g_assert_cmpint(EVP_PKEY_eq(mended, next), !=, 1);
	g_assert_cmpstr(still, ==, pending);
}

/* Power was lost before it was settled: the key in force is not asked for again. */
static void test_renewal_left_behind(StoreFixture *f, gconstpointer data)
{
	g_autoptr(StoreParts) parts = support_parts(f->pki, "one inter", "one", NULL);
	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, NULL);

	g_assert_nonnull(identity);
	support_write(f, STORE_RENEWAL_NAME, (const char *)secret_data(parts->key));

	g_autoptr(EVP_PKEY) old = device_key_open(parts->key, NULL);
	g_autoptr(EVP_PKEY) key = renewal_key(f, DEVICE_KEY_EC_P256);

	g_assert_true(device_key_is(old, DEVICE_KEY_EC_P256));
	g_assert_cmpint(EVP_PKEY_eq(old, key), !=, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/store-pending/" name, StoreFixture, NULL, support_set_up, function,           \
		   support_tear_down)
	ADD("request", test_request);
	ADD("kinds", test_kinds);
	ADD("names", test_names);
	ADD("install", test_install);
	ADD("stays", test_stays);
	ADD("refused", test_refused);
	ADD("meanwhile", test_meanwhile);
	ADD("no-key", test_no_key);
	ADD("left-behind", test_left_behind);
	ADD("renewal", test_renewal);
	ADD("renewal-left-behind", test_renewal_left_behind);
	return g_test_run();
}
