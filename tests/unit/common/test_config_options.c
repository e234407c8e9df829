/* SPDX-License-Identifier: MIT */
/* config-options: a whole program's command line, run as a child of the test. */
#include "common/config-options.h"

#include "common/error.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define CHILD "LANDFALL_TEST_CHILD"

/* A program whose build cannot do everything. */
static bool check_batch(const Config *config, GError **error)
{
	if (config->agent.batch != 13)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "this build fears 13");
	return false;
}

/* What main() of a daemon does with it, and "ran N ARGS" where it would start */
static int child_main(int argc, char **argv, bool commands)
{
	gboolean extra = FALSE;
	const GOptionEntry entries[] = {
		{ "extra", 0, 0, G_OPTION_ARG_NONE, &extra, "one of its own", NULL },
		G_OPTION_ENTRY_NULL,
	};
	ConfigOptions options = { .name = "prog",
				  .summary = "A program.",
				  .entries = entries,
				  .commands = commands,
				  .check = commands ? NULL : check_batch };
	g_autoptr(Config) config = NULL;
	int status = config_options_start(&options, &argc, &argv, &config);

	if (!config)
		return status;

	struct rlimit core = { 1, 1 };

	g_assert_true(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
	printf("ran batch=%d extra=%d", (int)config->agent.batch, extra);
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return 0;
}

typedef struct RunCase {
	const char *name;
	const char *args; /* FILE stands for a valid file, BAD for one with an error */
	bool commands;
	int status;
	const char *out; /* part of it, or NULL: nothing */
	const char *err;
} RunCase;

static const RunCase run_cases[] = {
	{ "file", "--config FILE", false, 0, "ran batch=7 extra=0\n", NULL },
	{ "set", "--config FILE --set agent.batch=9 --extra", false, 0, "ran batch=9 extra=1\n",
	  NULL },
	{ "set-twice", "--config=FILE --set=agent.batch=9 --set=agent.batch=11", false, 0,
	  "ran batch=11 extra=0\n", NULL },
	{ "version", "--version", false, 0, "prog 0.", NULL },
	{ "help", "--help", false, 0, "A program.", NULL },
	{ "help-own", "--help", false, 0, "--extra", NULL },
	{ "check", "--config FILE --check-config", false, 0,
	  "prog: the configuration is valid; read /", NULL },
	{ "check-bad", "--config BAD --check-config", false, 10, NULL,
	  ":2: unknown key \"bath\" in [agent]; did you mean \"batch\"?\n" },
	{ "bad", "--config BAD", false, 10, NULL, "prog: /" },
	{ "dump", "--config FILE --dump-config", false, 0, ".conf:2\nbatch = 7\n", NULL },
	{ "dump-set", "--config FILE --set agent.batch=3 --dump-config", false, 0,
	  "# command line\nbatch = 3\n", NULL },
	{ "check-build", "--config FILE --set agent.batch=13 --check-config", false, 10, NULL,
	  "prog: this build fears 13\n" },
	{ "build", "--config FILE --set agent.batch=13", false, 10, NULL,
	  "prog: this build fears 13\n" },
	{ "dump-build", "--config FILE --set agent.batch=13 --dump-config", false, 0,
	  "# command line\nbatch = 13\n", NULL },
	{ "any-build", "--config FILE --set agent.batch=13 status", true, 0,
	  "ran batch=13 extra=0 status\n", NULL },
	{ "absent", "--config /nonexistent", false, 10, NULL,
	  "prog: /nonexistent: there is no such file\n" },
	{ "set-bad", "--config FILE --set agent.batch", false, 10, NULL, "prog: command line: " },
	{ "unknown", "--frobnicate", false, 2, NULL, "prog: Unknown option --frobnicate" },
	{ "argument", "--config FILE word", false, 2, NULL,
	  "prog: unexpected argument \"word\" (see --help)\n" },
	{ "terminal", "--config FILE w\302\2332J", false, 2, NULL,
	  "prog: unexpected argument \"w?2J\" (see --help)\n" },
	{ "command", "--config FILE status --json", true, 0, "ran batch=7 extra=0 status --json\n",
	  NULL },
};

static void assert_part(const char *text, const char *part)
{
	if (!part)
		g_assert_cmpstr(text, ==, "");
	else if (!strstr(text, part))
		g_error("expected \"%s\", got \"%s\"", part, text);
}

static void test_run(gconstpointer data)
{
	const RunCase *c = data;
	g_autofree char *dir = g_dir_make_tmp("landfall-options-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "file.conf", NULL);
	g_autofree char *bad = g_build_filename(dir, "bad.conf", NULL);
	g_autoptr(GString) args = g_string_new(c->args);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_auto(GStrv) env =
		g_environ_setenv(g_get_environ(), CHILD, c->commands ? "commands" : "plain", TRUE);
	g_autofree char *out = NULL;
	g_autofree char *err = NULL;
	g_autoptr(GError) error = NULL;
	int status = -1;

	g_assert_true(g_file_set_contents(file, "[agent]\nbatch=7\n", -1, NULL));
	g_assert_true(g_file_set_contents(bad, "[agent]\nbath=7\n", -1, NULL));
	g_string_replace(args, "FILE", file, 0);
	g_string_replace(args, "BAD", bad, 0);
	g_string_prepend_c(args, ' ');
	g_string_prepend(args, self);

	g_auto(GStrv) argv = g_strsplit(args->str, " ", -1);

	g_assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out, &err,
				   &status, &error));
	g_assert_no_error(error);
	assert_part(out, c->out);
	assert_part(err, c->err);
	g_assert_cmpint(status, ==, c->status << 8);
	g_remove(file);
	g_remove(bad);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	const char *child = g_getenv(CHILD);

	if (child)
		return child_main(argc, argv, strcmp(child, "commands") == 0);
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(run_cases); i++) {
		g_autofree char *path = g_strconcat("/config-options/", run_cases[i].name, NULL);

		g_test_add_data_func(path, &run_cases[i], test_run);
	}
	return g_test_run();
}
