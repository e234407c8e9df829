/* SPDX-License-Identifier: MIT */
/* docs/bluetoothctl.md shows what `landfallctl provision watch` says of the session that it walks
 * through: here a phone holds such a session, and that is what is said. */
#include "tests/bus/rig.h"

#include <string.h>

#define STAMP (sizeof("12:34:56  ") - 1)

/* The page's names, and ours for the same. */
static const struct {
	const char *page;
	const char *here;
} names[] = {
	{ "PROV_000100", "PROV_A1B2C3" },
	{ "00:AA:01:01:00:01", "11:22:33:44:55:66" },
};

/* Without the times; lines that go on behind the @n first are left out. */
static char *account_of(const char *text, unsigned int n)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *account = g_string_new(NULL);

	for (unsigned int i = 0; i < n && lines[i] && strlen(lines[i]) > STAMP; i++)
		g_string_append_printf(account, "%s\n", lines[i] + STAMP);
	return g_string_free(account, FALSE);
}

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

/* The block of the page that is an account. */
static char *account_on_page(void)
{
	static const char begin[] = "\n```watch\n";
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "..", "..", "docs", "bluetoothctl.md", NULL);
	g_autofree char *page = NULL;
	g_autoptr(GString) block = NULL;
	const char *start = NULL;

	g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
	start = strstr(page, begin);
	g_assert_nonnull(start);
	start += strlen(begin);
	block = g_string_new_len(start, strstr(start, "```") - start);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_string_replace(block, names[i].page, names[i].here, 0);
	return account_of(block->str, UINT_MAX);
}

static char *text_of(const char *path)
{
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static bool has_lines(const char *path, unsigned int n)
{
	g_autofree char *text = text_of(path);

	return count_lines(text) >= n;
}

static void provision(Rig *rig)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);
	g_autoptr(GError) error = NULL;

	phone->setup.security = 0;
	g_assert_true(client_connect(phone->client, &error));
	g_assert_true(client_secure(phone->client, NULL, &error));
	g_assert_true(client_scan(phone->client, &error));
	g_assert_true(client_join(phone->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_assert_no_error(error);
}

static void test_watch(void)
{
	static const char *const sets[] = { "security=0", "advertise=unprovisioned", NULL };
	g_autofree char *expected = account_on_page();
	unsigned int n = count_lines(expected);
	Rig *rig = rig_new();
	g_autofree char *output = g_build_filename(rig->folder, "watched", NULL);
	g_autofree char *line = g_strdup_printf(
		"sh -c 'exec \"$LANDFALLCTL\" --config=%s/empty.conf --set=provisioner.bus=%s "
		"provision watch >%s'",
		rig->folder, test_bus_address(rig->bus), output);
	g_autofree char *text = NULL;
	g_autofree char *found = NULL;
	GPid watch;

	rig_start(rig, sets);
	rig_await(rig, "ready");
	watch = test_start(line);
	TEST_WAIT(has_lines(output, 1));
	provision(rig);
	TEST_WAIT(has_lines(output, n));
	test_finish(watch);
	text = text_of(output);
	found = account_of(text, n);
	g_assert_cmpstr(found, ==, expected);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/page/watch", test_watch);
	return g_test_run();
}
