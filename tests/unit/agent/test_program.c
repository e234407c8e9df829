/* SPDX-License-Identifier: MIT */
/* programs: no shell, bounded in time, output and number, nothing of them left. */
#include "agent/adapter/programs.h"
#include "agent/core/command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

typedef struct Fixture {
	Programs *programs;
	GString *ends; /* "TOKEN:result or code", one line each */
	unsigned count;
} Fixture;

static void on_ended(uint64_t token, const char *result, const GError *error, void *data)
{
	Fixture *f = data;

	g_string_append_printf(f->ends, "%d:%s\n", (int)token,
			       error ? command_code_name(error) : result);
	f->count++;
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->programs = programs_new(on_ended, f);
	f->ends = g_string_new(NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	programs_free(f->programs);
	g_string_free(f->ends, TRUE);
}

static bool run(Fixture *f, uint64_t token, const char *words, const char *argument,
		int64_t timeout_ms, GError **error)
{
	const char *const arguments[] = { argument, NULL };
	const ConfigCommand program = { .name = (char *)"test",
					.program = (char *)words,
					.timeout_ms = timeout_ms,
					.output = 16 };

	return programs_run(f->programs, token, &program, arguments, error);
}

static void await(Fixture *f, unsigned count)
{
	while (f->count < count)
		g_main_context_iteration(NULL, TRUE);
}

typedef struct Case {
	const char *path;
	const char *words;
	const char *argument;
	const char *end;
} Case;

static const Case cases[] = {
	{ "/agent/program/output", "/bin/echo 'a b'", "c",
	  "1:{\"status\":0,\"output\":\"a b c\\u000a\",\"cut\":false}\n" },
	{ "/agent/program/no-shell", "/bin/echo", "$(id);x",
	  "1:{\"status\":0,\"output\":\"$(id);x\\u000a\",\"cut\":false}\n" },
	{ "/agent/program/status", "/bin/sh -c", "echo no >&2; exit 3",
	  "1:{\"status\":3,\"output\":\"no\\u000a\",\"cut\":false}\n" },
	{ "/agent/program/signal", "/bin/sh -c", "kill -TERM $$",
	  "1:{\"status\":143,\"output\":\"\",\"cut\":false}\n" },
	{ "/agent/program/cut", "/bin/echo", "0123456789abcdefghij",
	  "1:{\"status\":0,\"output\":\"0123456789abcdef\",\"cut\":true}\n" },
	{ "/agent/program/much", "/usr/bin/head -c 1000000", "/dev/zero", NULL },
	{ "/agent/program/no-text", "/usr/bin/printf", "\\377",
	  "1:{\"status\":0,\"output\":\"\xef\xbf\xbd\",\"cut\":false}\n" },
	{ "/agent/program/environment", "/usr/bin/printenv", "SECRET",
	  "1:{\"status\":1,\"output\":\"\",\"cut\":false}\n" },
	{ "/agent/program/stdin", "/bin/cat", "-",
	  "1:{\"status\":0,\"output\":\"\",\"cut\":false}\n" },
};

static void test_case(Fixture *f, gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;

	g_assert_true(run(f, 1, c->words, c->argument, 60000, &error));
	await(f, 1);
	if (c->end)
		g_assert_cmpstr(f->ends->str, ==, c->end);
	else
		g_assert_nonnull(strstr(f->ends->str, "\"status\":0"));
}

/* Whatever it started goes with it. */
static void test_timeout(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(
		run(f, 1, "/bin/sh -c", "trap '' TERM; sleep 1000 & sleep 1000", 100, &error));
	await(f, 1);
	g_assert_cmpstr(f->ends->str, ==, "1:timeout\n");
}

/* Its child holds the pipe open for ever: the end of the program is what counts. */
static void test_left_behind(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(run(f, 1, "/bin/sh -c", "sleep 1000 & echo $!", 60000, &error));
	await(f, 1);

	const char *digits = strstr(f->ends->str, "\"output\":\"");
	int pid = (int)g_ascii_strtoll(digits + strlen("\"output\":\""), NULL, 10);

	g_assert_cmpint(pid, >, 1);
	while (kill(pid, 0) == 0) { /* init has to reap it */
		g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
		g_autofree char *stat = NULL;

		if (!g_file_get_contents(path, &stat, NULL, NULL) || strstr(stat, ") Z "))
			return;
	}
	g_assert_cmpint(errno, ==, ESRCH);
}

static void test_busy(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < PROGRAMS_MAX; i++) {
		g_assert_true(run(f, i, "/bin/sleep", "1000", 600000, &error));
		g_assert_no_error(error);
	}
	g_assert_false(run(f, 9, "/bin/sleep", "1000", 600000, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_BUSY);
	programs_free(f->programs); /* kills them, tells nobody */
	f->programs = NULL;
	g_assert_cmpuint(f->count, ==, 0);
}

/* Whoever started it does not wait: the log says that it failed, and only then. */
static void test_failed(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "the program test has failed: {\"status\":3,\"output\":\"no*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "the program test has failed: test did not end in its time *");
	g_assert_true(run(f, 0, "/bin/sh -c", "exit 0", 60000, &error));
	await(f, 1);
	g_assert_true(run(f, 1, "/bin/sh -c", "exit 3", 60000, &error));
	await(f, 2);
	g_assert_true(run(f, 0, "/bin/sh -c", "echo no; exit 3", 60000, &error));
	await(f, 3);
	g_assert_true(run(f, 0, "/bin/sleep", "1000", 100, &error));
	await(f, 4);
	g_test_assert_expected_messages();
}

static void test_absent(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(run(f, 1, "/nowhere/at-all", "x", 1000, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_FAILED);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("SECRET", "of the agent", TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, Fixture, &cases[i], set_up, test_case, tear_down);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/agent/program/timeout", test_timeout);
	ADD("/agent/program/left-behind", test_left_behind);
	ADD("/agent/program/busy", test_busy);
	ADD("/agent/program/failed", test_failed);
	ADD("/agent/program/absent", test_absent);
	return g_test_run();
}
