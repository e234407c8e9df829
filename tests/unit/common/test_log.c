/* SPDX-License-Identifier: MIT */
/* log: one line whatever comes in, the right level names, the journal recognised, the rate kept. */
#include "common/log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD "LANDFALL_TEST_CHILD"

typedef struct RecordCase {
	const char *name;
	LogFormat format;
	GLogLevelFlags level;
	const char *message; /* NULL: the field is missing */
	const char *line;
} RecordCase;

#define JSON_START  "{\"time\":\"2024-02-29T23:59:59.000042Z\",\"level\":\""
#define JSON_MIDDLE "\",\"program\":\"prog\",\"domain\":\"dom\",\"message\":\""

static const RecordCase record_cases[] = {
	{ "text/critical", LOG_FORMAT_TEXT, G_LOG_LEVEL_CRITICAL, "x", "error: x\n" },
	{ "text/warning", LOG_FORMAT_TEXT, G_LOG_LEVEL_WARNING, "x", "warning: x\n" },
	{ "text/message", LOG_FORMAT_TEXT, G_LOG_LEVEL_MESSAGE, "x", "notice: x\n" },
	{ "text/info", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "x", "info: x\n" },
	{ "text/debug", LOG_FORMAT_TEXT, G_LOG_LEVEL_DEBUG, "x", "debug: x\n" },
	{ "text/newline", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "a\nwarning: b",
	  "info: a\\x0awarning: b\n" },
	{ "text/escape", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "a\x1b[2Jb\x7f",
	  "info: a\\x1b[2Jb\\x7f\n" },
	{ "text/escape-c1", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "a\302\2332Jb\302\237",
	  "info: a\\x9b2Jb\\x9f\n" },
	{ "text/utf8", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "23 \302\260C", "info: 23 \302\260C\n" },
	{ "text/not-utf8", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, "a\xff", "info: a\357\277\275\n" },
	{ "text/none", LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, NULL, "info: \n" },
	{ "json/plain", LOG_FORMAT_JSON, G_LOG_LEVEL_WARNING, "x",
	  JSON_START "warning" JSON_MIDDLE "x\"}\n" },
	{ "json/escape", LOG_FORMAT_JSON, G_LOG_LEVEL_INFO, "a\"b\\c\nd\x01",
	  JSON_START "info" JSON_MIDDLE "a\\\"b\\\\c\\u000ad\\u0001\"}\n" },
	{ "json/escape-c1", LOG_FORMAT_JSON, G_LOG_LEVEL_INFO, "a\302\233b",
	  JSON_START "info" JSON_MIDDLE "a\\u009bb\"}\n" },
};

static void test_record(gconstpointer data)
{
	const RecordCase *c = data;
	const GLogField fields[] = { { "GLIB_DOMAIN", "dom", -1 }, { "MESSAGE", c->message, -1 } };
	g_autofree char *line = log_format_record(c->format, "prog", c->level, fields,
						  c->message ? 2 : 1, INT64_C(1709251199000042));

	g_assert_cmpstr(line, ==, c->line);
}

/* A field with a length is not NUL-terminated. */
static void test_record_counted(void)
{
	const GLogField fields[] = { { "MESSAGE", "abcdef", 3 } };
	g_autofree char *line =
		log_format_record(LOG_FORMAT_TEXT, "prog", G_LOG_LEVEL_INFO, fields, 1, 0);

	g_assert_cmpstr(line, ==, "info: abc\n");
}

static void test_is_journal(void)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("landfall-log-XXXXXX", &path, NULL);
	struct stat file;

	g_assert_cmpint(fstat(fd, &file), ==, 0);

	g_autofree char *same =
		g_strdup_printf("%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
	g_autofree char *other =
		g_strdup_printf("%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino + 1);
	g_autofree char *tail = g_strconcat(same, "x", NULL);

	g_assert_true(log_is_journal(same, fd));
	g_assert_false(log_is_journal(other, fd));
	g_assert_false(log_is_journal(tail, fd));
	g_assert_false(log_is_journal("", fd));
	g_assert_false(log_is_journal(":", fd));
	g_assert_false(log_is_journal("1", fd));
	g_assert_false(log_is_journal(NULL, fd));
	g_assert_false(log_is_journal(same, -1));
	close(fd);
	g_remove(path);
}

static void test_rate(void)
{
	LogRate rate = { .window_us = 1000, .burst = 2 };
	unsigned int dropped = 99;

	g_assert_true(log_rate_allow(&rate, 5000, &dropped));
	g_assert_cmpuint(dropped, ==, 0);
	g_assert_true(log_rate_allow(&rate, 5001, NULL));
	g_assert_false(log_rate_allow(&rate, 5002, &dropped));
	g_assert_false(log_rate_allow(&rate, 5999, &dropped));
	g_assert_true(log_rate_allow(&rate, 6000, &dropped));
	g_assert_cmpuint(dropped, ==, 2);
	g_assert_true(log_rate_allow(&rate, 6001, &dropped));
	g_assert_cmpuint(dropped, ==, 0);
	g_assert_false(log_rate_allow(&rate, 6002, &dropped));
}

static void test_rate_words(void)
{
	static const char *const words[] = { "", " (1 line like this left out)",
					     " (2 lines like this left out)" };

	for (unsigned int i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *text = log_rate_dropped(i);

		g_assert_cmpstr(text, ==, words[i]);
	}
}

/* --- a whole process, run as a child of the test --- */

static int child_main(const char *format)
{
	log_init("prog", LOG_LEVEL_NOTICE,
		 strcmp(format, "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_AUTO);
	g_debug("a debug line");
	g_info("an info line");
	g_message("a notice line");
	g_warning("a warning line");
	g_critical("a critical line");
	return 0;
}

/* @debug: value of G_DEBUG. Returns what it wrote to standard error; @status as of waitpid(). */
static char *child_run(const char *format, const char *debug, int *status)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	char *argv[] = { self, NULL };
	g_auto(GStrv) env = g_environ_unsetenv(g_get_environ(), "JOURNAL_STREAM");
	char *text = NULL;

	env = g_environ_setenv(env, CHILD, format, TRUE);
	env = g_environ_setenv(env, "G_DEBUG", debug, TRUE);
	g_assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
				   &text, status, NULL));
	return text;
}

static void test_filter(void)
{
	int status = -1;
	g_autofree char *text = child_run("text", "", &status);

	g_assert_cmpint(status, ==, 0);
	g_assert_cmpstr(text, ==,
			"notice: a notice line\nwarning: a warning line\nerror: a critical line\n");
}

static void test_json_lines(void)
{
	int status = -1;
	g_autofree char *text = child_run("json", "", &status);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_assert_cmpint(status, ==, 0);
	g_assert_cmpuint(g_strv_length(lines), ==, 4);
	g_assert_nonnull(strstr(lines[1], "\"level\":\"warning\",\"program\":\"prog\""));
}

/* Tests run daemons under fatal-criticals: our writer must not take that away. */
static void test_fatal(void)
{
	int status = -1;
	g_autofree char *text = child_run("text", "fatal-criticals", &status);

	g_assert_true(WIFSIGNALED(status));
	g_assert_true(g_str_has_suffix(text, "error: a critical line\n"));
}

int main(int argc, char **argv)
{
	if (g_getenv(CHILD))
		return child_main(g_getenv(CHILD));
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(record_cases); i++) {
		g_autofree char *path = g_strconcat("/log/record/", record_cases[i].name, NULL);

		g_test_add_data_func(path, &record_cases[i], test_record);
	}
	g_test_add_func("/log/record/counted", test_record_counted);
	g_test_add_func("/log/is-journal", test_is_journal);
	g_test_add_func("/log/rate", test_rate);
	g_test_add_func("/log/rate-words", test_rate_words);
	g_test_add_func("/log/filter", test_filter);
	g_test_add_func("/log/json-lines", test_json_lines);
	g_test_add_func("/log/fatal", test_fatal);
	return g_test_run();
}
