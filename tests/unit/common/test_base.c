/* SPDX-License-Identifier: MIT */
/* secret, printable, count, error: what the cores stand on. */
#include "common/count.h"
#include "common/error.h"
#include "common/printable.h"
#include "common/secret.h"

#include <string.h>

static void test_secret(void)
{
	g_autoptr(Secret) one = secret_new("pass\0word", 9);
	g_autoptr(Secret) copy = secret_copy(one);
	g_autoptr(Secret) shorter = secret_new("pass", 4);
	g_autoptr(Secret) other = secret_new("pass\0worD", 9);
	g_autoptr(Secret) empty = secret_new(NULL, 0);
	g_autoptr(Secret) blank = secret_new_zeroed(9);

	g_assert_cmpuint(secret_len(one), ==, 9);
	g_assert_cmpmem(secret_data(one), 10, "pass\0word", 10); /* with a NUL after it */
	g_assert_true(secret_data(copy) != secret_data(one));
	g_assert_true(secret_equal(one, copy));
	g_assert_false(secret_equal(one, shorter));
	g_assert_false(secret_equal(one, other));
	g_assert_cmpuint(secret_len(empty), ==, 0);
	g_assert_cmpuint(secret_data(empty)[0], ==, 0);
	g_assert_false(secret_equal(one, blank));
	memcpy(secret_bytes(blank), "pass\0word", 9);
	g_assert_true(secret_equal(one, blank));
	g_assert_null(secret_copy(NULL));
	secret_free(NULL);
}

/* Scripts rely on the numbers, and on no two being alike. */
typedef struct PrintableCase {
	const char *name;
	const char *text;
	size_t len;
	const char *shown;
} PrintableCase;

static const PrintableCase printable_cases[] = {
	{ "plain", "Landfall Lab", 12, "Landfall Lab" },
	{ "nothing", "", 0, "" },
	{ "no-data", NULL, 0, "" },
	{ "utf-8", "Caf\303\251", 5, "Caf\303\251" },
	{ "cut", "Cafe", 3, "Caf" },
	{ "not-utf-8", "a\377b", 3, "a\357\277\275b" },
	{ "end-of-text", "a\0b", 3, "a\357\277\275b" },
	{ "lines", "a\nSTOPPING=1\r", 13, "a?STOPPING=1?" },
	{ "escape", "\033[2J\177", 5, "?[2J?" },
	{ "c1-control", "\302\2332J", 4, "?2J" },
	{ "right-to-left", "\342\200\256abc", 6, "?abc" },
};

static void test_printable(gconstpointer data)
{
	const PrintableCase *c = data;
	g_autofree char *shown = printable_text(c->text, c->len);

	g_assert_cmpstr(shown, ==, c->shown);
}

static void test_exit_status(void)
{
	bool seen[256] = { false };

	g_assert_cmpint(error_exit_status(NULL), ==, 0);
	for (int code = LANDFALL_ERROR_FAILED; code <= LANDFALL_ERROR_CANCELLED; code++) {
		g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, code, "x");
		int status = error_exit_status(error);

		g_assert_cmpint(status, >, 0);
		g_assert_cmpint(status, <, 64);
		g_assert_false(seen[status]);
		seen[status] = true;
	}

	g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
	g_autoptr(GError) beyond = g_error_new_literal(LANDFALL_ERROR, 9999, "x");
	g_autoptr(GError) config = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "x");
	g_autoptr(GError) usage = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_USAGE, "x");

	g_assert_cmpint(error_exit_status(foreign), ==, 1);
	g_assert_cmpint(error_exit_status(beyond), ==, 1);
	g_assert_cmpint(error_exit_status(usage), ==, 2);
	g_assert_cmpint(error_exit_status(config), ==, 10);
}

static void test_count(void)
{
	static const char *const texts[] = { "0 samples", "1 sample", "2 samples" };
	g_autoptr(GString) steps = g_string_new(NULL);

	for (uint64_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text = count_text(i, "sample");

		g_assert_cmpstr(text, ==, texts[i]);
	}
	for (uint64_t i = 0; i <= 16; i++)
		if (count_is_step(i))
			g_string_append_printf(steps, " %d", (int)i);
	g_assert_cmpstr(steps->str, ==, " 1 2 4 8 16");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/secret", test_secret);
	for (size_t i = 0; i < G_N_ELEMENTS(printable_cases); i++) {
		g_autofree char *path = g_strconcat("/printable/", printable_cases[i].name, NULL);

		g_test_add_data_func(path, &printable_cases[i], test_printable);
	}
	g_test_add_func("/count", test_count);
	g_test_add_func("/error/exit-status", test_exit_status);
	return g_test_run();
}
