/* SPDX-License-Identifier: MIT */
/* What the account of a session says of one change after the other. */
#include "ctl/watch-account.h"

#include <string.h>

#define UPDATES_MAX 4

typedef struct Row {
	const char *path;
	const char *updates[UPDATES_MAX]; /* JSON; "-": it does not run */
	const char *lines;                /* "state text|state text" of the last update alone */
} Row;

#define READY  "{\"State\":\"ready\",\"Progress\":\"in the air\",\"Peer\":\"\",\"Failure\":\"\"}"
#define PEER   "{\"State\":\"peer\",\"Progress\":\"phone A\",\"Peer\":\"A\",\"Failure\":\"\"}"
#define FAILED "{\"State\":\"failed\",\"Progress\":\"no (auth-error)\",\"Failure\":\"auth-error\"}"
#define FAILED_PEER                                                                                \
	"{\"State\":\"failed\",\"Progress\":\"no "                                                 \
	"(auth-error)\",\"Failure\":\"auth-error\",\"Peer\":\"A\"}"
#define PROOFS(state, wrong, wait)                                                                 \
	"{\"State\":\"peer\",\"Progress\":\"p\",\"Lockout\":[\"" state "\"," wrong "," wait "]}"
#define STRANGE "{\"State\":\"failed\",\"Progress\":\"no\",\"Failure\":\"moon\"}"

static const Row rows[] = {
	{ "/absent-first", { "-" }, "absent the provisioner does not run; waiting for it" },
	{ "/absent-twice", { "-", "-" }, "" },
	{ "/appears", { "-", READY }, "ready in the air" },
	{ "/runs-already", { READY }, "ready in the air" },
	{ "/same", { READY, READY }, "" },
	{ "/ends", { READY, "-" }, "absent the provisioner has ended; waiting for it" },
	{ "/comes-back", { READY, "-", READY }, "ready in the air" },
	{ "/peer", { READY, PEER }, "peer phone A" },
	{ "/peer-gone", { READY, PEER, READY }, "ready phone A is gone|ready in the air" },
	{ "/peer-after-failure", { FAILED, FAILED_PEER }, "failed phone A is connected" },
	{ "/peer-after-failure-first",
	  { FAILED_PEER },
	  "failed no (auth-error)| the passphrase is wrong" },
	{ "/peer-after-failure-gone", { FAILED_PEER, FAILED }, "failed phone A is gone" },
	{ "/failure", { READY, FAILED }, "failed no (auth-error)| the passphrase is wrong" },
	{ "/failure-again",
	  { READY, FAILED, READY, FAILED },
	  "failed no (auth-error)| the passphrase is wrong" },
	{ "/failure-stays", { FAILED, FAILED }, "" },
	{ "/failure-unknown", { READY, STRANGE }, "failed no" },
	{ "/hostile",
	  { "{\"State\":\"ready\",\"Progress\":\"a\\nb\\u001b[2J\"}" },
	  "ready a?b?[2J" },
	{ "/proof-none", { PROOFS("open", "0", "0") }, "peer p" },
	{ "/proof-wrong",
	  { PROOFS("open", "0", "0"), PROOFS("open", "1", "0") },
	  "peer a proof of possession was wrong, 1 in a row" },
	{ "/proof-same", { PROOFS("open", "1", "0"), PROOFS("open", "1", "0") }, "" },
	{ "/proof-wait",
	  { PROOFS("open", "4", "0"), PROOFS("waiting", "5", "2") },
	  "peer a proof of possession was wrong, 5 in a row; nobody is let in for 2 s" },
	{ "/proof-locked",
	  { "-", PROOFS("locked", "100", "0") },
	  "peer p|peer a proof of possession was wrong, 100 in a row; nobody is let in before "
	  "'landfallctl provision unlock'" },
	{ "/proof-right",
	  { PROOFS("waiting", "5", "2"), PROOFS("open", "0", "0") },
	  "peer no wrong proof of possession counts any more; phones are let in again" },
	{ "/proof-right-at-once",
	  { PROOFS("open", "1", "0"), PROOFS("open", "0", "0") },
	  "peer no wrong proof of possession counts any more" },
	{ "/wait-over",
	  { PROOFS("waiting", "5", "2"), PROOFS("open", "5", "0") },
	  "peer phones are let in again" },
	{ "/unlocked",
	  { PROOFS("locked", "100", "0"), PROOFS("open", "0", "0") },
	  "peer no wrong proof of possession counts any more; phones are let in again" },
	{ "/wait-goes-on", { PROOFS("waiting", "5", "2"), PROOFS("waiting", "5", "1") }, "" },
	{ "/locked-first",
	  { PROOFS("locked", "100", "0") },
	  "peer p|peer a proof of possession was wrong, 100 in a row; nobody is let in before "
	  "'landfallctl provision unlock'" },
	{ "/proof-strange",
	  { "{\"State\":\"peer\",\"Progress\":\"p\",\"Lockout\":[7]}" },
	  "peer p" },
	{ "/empty", { "{}" }, "" },
	{ "/wrong-types", { "{\"State\":1,\"Progress\":[],\"Failure\":{}}" }, "" },
};

static void on_line(const char *state, const char *text, void *data)
{
	GString *lines = data;

	g_string_append_printf(lines, "%s%s %s", lines->len ? "|" : "", state, text);
}

static void test_row(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(WatchAccount) account = watch_account_new(on_line, lines);

	g_assert_cmpstr(watch_account_state(account), ==, "");
	for (int i = 0; i < UPDATES_MAX && row->updates[i]; i++) {
		cJSON *properties = cJSON_Parse(row->updates[i]);

		g_string_truncate(lines, 0);
		watch_account_update(account, properties);
		cJSON_Delete(properties);
	}
	g_assert_cmpstr(lines->str, ==, row->lines);
}

static void test_present(void)
{
	g_autoptr(GString) lines = g_string_new(NULL);
	g_autoptr(WatchAccount) account = watch_account_new(on_line, lines);
	cJSON *properties =
		cJSON_Parse("{\"State\":\"peer\",\"Name\":\"PROV_1\",\"Adapter\":\"hci0\","
			    "\"Interface\":\"\",\"Peer\":\"A\\u001b\"}");
	g_autofree char *absent = NULL;
	g_autofree char *short_time = NULL;
	g_autofree char *minutes = NULL;
	g_autofree char *hours = NULL;

	watch_account_update(account, NULL);
	absent = watch_account_present(account, 5);
	g_assert_cmpstr(absent, ==, "absent for 5 s");
	watch_account_update(account, properties);
	cJSON_Delete(properties);
	short_time = watch_account_present(account, 59);
	g_assert_cmpstr(short_time, ==, "peer for 59 s, PROV_1, hci0, A?");
	minutes = watch_account_present(account, 61);
	g_assert_true(g_str_has_prefix(minutes, "peer for 1 min 01 s,"));
	hours = watch_account_present(account, 3720);
	g_assert_true(g_str_has_prefix(hours, "peer for 1 h 02 min,"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/ctl/watch-account", rows[i].path, NULL);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/ctl/watch-account/present", test_present);
	return g_test_run();
}
