/* SPDX-License-Identifier: MIT */
/* The record of what Landfall added: its text, its file, and what is done with it. */
#include "provisioner/adapter/wifi-backend.h"
#include "provisioner/adapter/wifi-record.h"

#include "common/error.h"

#include <glib/gstdio.h>
#include <string.h>

#define HEADER "landfall-wifi-record 1\n"
#define SALT   "000102030405060708090a0b0c0d0e0f"
#define HASH   SALT SALT
#define SSID32 SALT SALT

typedef struct ParseCase {
	const char *path;
	const char *text;
	bool valid;
} ParseCase;

static const ParseCase parse_cases[] = {
	{ "empty", HEADER, true },
	{ "open", HEADER "added 4c6162 open\n", true },
	{ "secured", HEADER "added 4c6162 secured " SALT " " HASH "\n", true },
	{ "both-kinds", HEADER "added 4c6162 secured " SALT " " HASH "\nadded 4c6162 open\n",
	  true },
	{ "longest", HEADER "added " SSID32 " open\n", true },
	{ "fresh", HEADER "attempt 4c6162 open fresh\n", true },
	{ "known", HEADER "attempt ff00 secured known\n", true },
	{ "lost", HEADER "added 4c open\nlost\n", true },
	{ "nothing", "", false },
	{ "no-header", "added 4c6162 open\n", false },
	{ "other-version", "landfall-wifi-record 2\n", false },
	{ "cut", HEADER "added 4c6162 open", false },
	{ "cut-header", "landfall-wifi-record 1", false },
	{ "no-name", HEADER "added  open\n", false },
	{ "half-octet", HEADER "added 4c616 open\n", false },
	{ "no-hex", HEADER "added 4g6162 open\n", false },
	{ "too-long", HEADER "added " SSID32 "00 open\n", false },
	{ "no-kind", HEADER "added 4c6162\n", false },
	{ "other-kind", HEADER "added 4c6162 psk\n", false },
	{ "no-key", HEADER "added 4c6162 secured\n", false },
	{ "short-salt", HEADER "added 4c6162 secured 00 " HASH "\n", false },
	{ "short-hash", HEADER "added 4c6162 secured " SALT " " SALT "\n", false },
	{ "key-of-open", HEADER "added 4c6162 open " SALT " " HASH "\n", false },
	{ "one-word-more", HEADER "added 4c6162 secured " SALT " " HASH " x\n", false },
	{ "twice", HEADER "added 4c6162 open\nadded 4c6162 open\n", false },
	{ "two-attempts", HEADER "attempt 4c open fresh\nattempt 4d open fresh\n", false },
	{ "twice-lost", HEADER "lost\nlost\n", false },
	{ "lost-what", HEADER "lost 4c\n", false },
	{ "attempt-of-what", HEADER "attempt 4c open\n", false },
	{ "attempt-other", HEADER "attempt 4c open stale\n", false },
	{ "other-word", HEADER "removed 4c open\n", false },
	{ "blank-line", HEADER "\n", false },
};

static void test_parse(gconstpointer data)
{
	const ParseCase *c = data;
	WifiRecord record = { .n_added = 7 };
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	g_assert_cmpint(wifi_record_parse(&record, c->text, strlen(c->text), &error), ==, c->valid);
	if (!c->valid) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_assert_cmpuint(record.n_added, ==, 7);
		return;
	}
	text = wifi_record_encode(&record);
	g_assert_cmpstr(text, ==, c->text);
}

static void test_nul(void)
{
	static const char text[] = HEADER "\0";
	WifiRecord record;

	g_assert_false(wifi_record_parse(&record, text, sizeof(text), NULL));
}

static void set(WifiCredentials *credentials, const char *ssid, const char *passphrase)
{
	secret_free(credentials->passphrase);
	*credentials = (WifiCredentials){ .ssid_len = (uint8_t)strlen(ssid) };
	memcpy(credentials->ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials->passphrase = secret_new(passphrase, strlen(passphrase));
}

/* An attempt becomes a network of ours, whose passphrase is known again. */
static void test_commit(void)
{
	g_autofree WifiRecord *record = g_new0(WifiRecord, 1);
	WifiCredentials wanted = { 0 };

	set(&wanted, "Lab", "correct horse");
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_UNKNOWN);
	wifi_record_begin(record, &wanted, false);
	g_assert_true(wifi_record_is_attempt(record, wanted.ssid, wanted.ssid_len, true));
	g_assert_false(wifi_record_is_attempt(record, wanted.ssid, wanted.ssid_len, false));
	g_assert_null(wifi_record_find(record, wanted.ssid, wanted.ssid_len, true));
	g_assert_true(wifi_record_commit(record, &wanted));
	g_assert_false(record->attempting);
	g_assert_nonnull(wifi_record_find(record, wanted.ssid, wanted.ssid_len, true));
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_SAME);
	set(&wanted, "Lab", "correct horse!");
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_OTHER);
	set(&wanted, "Lab", NULL);
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_UNKNOWN);
	wifi_record_begin(record, &wanted, false);
	g_assert_true(wifi_record_commit(record, &wanted));
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_SAME);
	g_assert_cmpuint(record->n_added, ==, 2);
	wifi_record_remove(record, wanted.ssid, wanted.ssid_len, true);
	wifi_record_remove(record, wanted.ssid, wanted.ssid_len, true);
	g_assert_cmpuint(record->n_added, ==, 1);
	g_assert_false(record->added[0].secured);
	secret_free(wanted.passphrase);
}

/* What somebody else configured does not become ours; what is ours stays so. */
static void test_commit_known(void)
{
	g_autofree WifiRecord *record = g_new0(WifiRecord, 1);
	WifiCredentials wanted = { 0 };

	set(&wanted, "Lab", "correct horse");
	wifi_record_begin(record, &wanted, true);
	g_assert_true(wifi_record_commit(record, &wanted));
	g_assert_cmpuint(record->n_added, ==, 0);
	wifi_record_begin(record, &wanted, false);
	g_assert_true(wifi_record_commit(record, &wanted));
	set(&wanted, "Lab", "another horse");
	wifi_record_begin(record, &wanted, true);
	g_assert_true(wifi_record_commit(record, &wanted));
	g_assert_cmpuint(record->n_added, ==, 1);
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_SAME);
	/* What an attempt that was cut short has left there, nobody can say. */
	wifi_record_begin(record, &wanted, true);
	wifi_record_doubt(record);
	wifi_record_end(record);
	g_assert_cmpint(wifi_record_key(record, &wanted), ==, WIFI_RECORD_KEY_UNKNOWN);
	g_assert_cmpuint(record->n_added, ==, 1);
	secret_free(wanted.passphrase);
}

/* As many as there may be: the oldest makes room, and the text stays within its bound. */
static void test_full(void)
{
	g_autofree WifiRecord *record = g_new0(WifiRecord, 1);
	WifiCredentials wanted = { 0 };
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	for (int i = 0; i <= WIFI_RECORD_MAX; i++) {
		g_autofree char *ssid = g_strdup_printf("a network of thirty-two octets%02d", i);

		set(&wanted, ssid, "correct horse");
		wifi_record_begin(record, &wanted, false);
		g_assert_true(wifi_record_commit(record, &wanted));
	}
	wifi_record_begin(record, &wanted, false);
	g_assert_cmpuint(record->n_added, ==, WIFI_RECORD_MAX);
	g_assert_cmpint(record->added[0].ssid[31], ==, '1');
	text = wifi_record_encode(record);
	g_assert_true(wifi_record_parse(record, text, strlen(text), &error));
	g_assert_no_error(error);
	g_assert_cmpuint(record->n_added, ==, WIFI_RECORD_MAX);
	secret_free(wanted.passphrase);
}

static void test_file(void)
{
	g_autofree char *folder = g_dir_make_tmp("landfall-record-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "record", NULL);
	g_autofree char *nowhere = g_build_filename(folder, "absent", "record", NULL);
	g_autofree WifiRecord *record = g_new0(WifiRecord, 1);
	WifiCredentials wanted = { 0 };
	g_autoptr(GError) error = NULL;
	GStatBuf status;

	g_assert_true(wifi_record_load(record, path, &error));
	g_assert_cmpuint(record->n_added, ==, 0);
	set(&wanted, "Lab", NULL);
	wifi_record_begin(record, &wanted, false);
	g_assert_true(wifi_record_save(record, path, &error));
	g_assert_no_error(error);
	g_assert_cmpint(g_stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
	wifi_record_end(record);
	g_assert_true(wifi_record_load(record, path, &error));
	g_assert_true(record->attempting);

	g_assert_false(wifi_record_save(record, nowhere, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(path, "nonsense", -1, NULL));
	g_assert_false(wifi_record_load(record, path, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_assert_false(record->attempting);
	g_assert_true(record->lost);
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(parse_cases); i++) {
		g_autofree char *path =
			g_strconcat("/wifi-record/parse/", parse_cases[i].path, NULL);

		g_test_add_data_func(path, &parse_cases[i], test_parse);
	}
	g_test_add_func("/wifi-record/parse/nul", test_nul);
	g_test_add_func("/wifi-record/commit", test_commit);
	g_test_add_func("/wifi-record/commit-known", test_commit_known);
	g_test_add_func("/wifi-record/full", test_full);
	g_test_add_func("/wifi-record/file", test_file);
	return g_test_run();
}
