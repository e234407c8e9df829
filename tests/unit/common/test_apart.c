/* SPDX-License-Identifier: MIT */
/* Work in a process of its own: its memory stays there, its error comes back. */
#include "common/apart.h"
#include "common/error.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Work {
	pid_t caller;
	int code;         /* LandfallError to fail with; -1: none */
	const char *text; /* of the error; NULL: be killed */
} Work;

static bool work(gpointer data, GError **error)
{
	Work *self = data;
	const Work asked = *self;

	if (getpid() == self->caller)
		return false; /* without an error: the caller would notice */
	memset(self, 0, sizeof(*self));
	if (asked.code < 0)
		return true;
	if (!asked.text)
		raise(SIGKILL);
	g_set_error_literal(error, LANDFALL_ERROR, asked.code, asked.text);
	return false;
}

static bool work_foreign(gpointer data, GError **error)
{
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "foreign");
	return false;
}

static void assert_no_child(void)
{
	g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
}

static void test_good(void)
{
	Work asked = { .caller = getpid(), .code = -1 };
	g_autoptr(GError) error = NULL;

	g_assert_true(apart_run(work, &asked, &error));
	g_assert_no_error(error);
	g_assert_cmpint(asked.caller, ==, getpid()); /* what the child wrote stays there */
	assert_no_child();
}

static void test_error(void)
{
	g_autofree char *text = g_strnfill(5000, 'x');
	const Work cases[] = {
		{ getpid(), LANDFALL_ERROR_FAILED, "the first code" },
		{ getpid(), LANDFALL_ERROR_CANCELLED, "the last code" },
		{ getpid(), LANDFALL_ERROR_INVALID, "" },
		{ getpid(), LANDFALL_ERROR_DENIED, text },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Work asked = cases[i];
		g_autofree char *expected = g_strndup(cases[i].text, 1000);
		g_autoptr(GError) error = NULL;

		g_assert_false(apart_run(work, &asked, &error));
		g_assert_error(error, LANDFALL_ERROR, cases[i].code);
		g_assert_cmpstr(error->message, ==, expected);
	}
	assert_no_child();
}

static void test_foreign(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(apart_run(work_foreign, NULL, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	g_assert_cmpstr(error->message, ==, "foreign");
}

static void test_killed(void)
{
	Work asked = { getpid(), LANDFALL_ERROR_INVALID, NULL };
	g_autoptr(GError) error = NULL;

	g_assert_false(apart_run(work, &asked, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	assert_no_child();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/common/apart/good", test_good);
	g_test_add_func("/common/apart/error", test_error);
	g_test_add_func("/common/apart/foreign", test_foreign);
	g_test_add_func("/common/apart/killed", test_killed);
	return g_test_run();
}
