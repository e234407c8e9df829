/* SPDX-License-Identifier: MIT */
#include "common/config-options.h"

#include "common/error.h"
#include "common/printable.h"

#include "landfall-config.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct Parsed {
	char *file;
	char **sets;
	gboolean check;
	gboolean dump;
	gboolean version;
} Parsed;

static void parsed_clear(Parsed *parsed)
{
	g_free(parsed->file);
	g_strfreev(parsed->sets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parsed, parsed_clear)

static bool options_parse(const ConfigOptions *options, Parsed *parsed, int *argc, char ***argv,
			  GError **error)
{
	const GOptionEntry common[] = {
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &parsed->file,
		  "read FILE alone, none of the usual files", "FILE" },
		{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &parsed->sets,
		  "override one setting, such as agent.interval=5s", "GROUP.KEY=VALUE" },
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, &parsed->check,
		  "say whether the configuration is valid, and exit", NULL },
		{ "dump-config", 0, 0, G_OPTION_ARG_NONE, &parsed->dump,
		  "print all settings and where each comes from, and exit", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &parsed->version,
		  "print the version, and exit", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(options->parameters);
	g_autoptr(GError) cause = NULL;

	if (*argc > 1)
		setlocale(LC_CTYPE, ""); /* the help of GLib is not all ASCII */
	g_option_context_set_summary(context, options->summary);
	g_option_context_set_strict_posix(context, options->commands);
	g_option_context_add_main_entries(context, common, NULL);
	if (options->entries)
		g_option_context_add_main_entries(context, options->entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &cause)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE, "%s (see --help)",
			    cause->message);
		return false;
	}
	if (*argc > 1 && !options->commands) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			    "unexpected argument \"%s\" (see --help)", (*argv)[1]);
		return false;
	}
	return true;
}

static void print_check(const ConfigOptions *options, const Config *config)
{
	const char *const *files = config_files(config);

	printf("%s: the configuration is valid", options->name);
	for (size_t i = 0; files[i]; i++)
		printf("%s%s", i == 0 ? "; read " : ", ", files[i]);
	printf("%s\n", files[0] ? "" : "; no file was found, all is at its default");
}

static bool options_check(const ConfigOptions *options, const Parsed *parsed, const Config *config,
			  GError **error)
{
	if (parsed->dump)
		return true;
	if (options->check && !options->check(config, error))
		return false;
	return !parsed->check || !options->check_more || options->check_more(config, error);
}

/* Returns whether that was all the user wanted. */
static bool options_answer(const ConfigOptions *options, const Parsed *parsed, const Config *config)
{
	if (parsed->dump) {
		g_autofree char *text = config_dump(config);

		fputs(text, stdout);
	} else if (parsed->check) {
		print_check(options, config);
	}
	return parsed->dump || parsed->check;
}

/* A standard descriptor that was closed would be given to the next file or socket, and what is
 * meant for it would go there. The wrong direction lets its use fail as if it were closed. */
static void occupy_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return; /* no /dev: nothing that could be done */
}

/* A core file would hold every secret. The units forbid it, a start by hand does not. */
static void forbid_core(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)!setrlimit(RLIMIT_CORE, &none); /* lowering a limit is always allowed */
}

int config_options_start(const ConfigOptions *options, int *argc, char ***argv, Config **config)
{
	g_auto(Parsed) parsed = { 0 };
	g_autoptr(GError) error = NULL;

	occupy_descriptors();
	forbid_core();
	if (!options_parse(options, &parsed, argc, argv, &error))
		return config_options_fail(options->name, error);
	if (parsed.version) {
		printf("%s %s\n", options->name, LANDFALL_VERSION);
		return 0;
	}

	ConfigSource source = { .file = parsed.file, .sets = (const char *const *)parsed.sets };
	g_autoptr(Config) loaded = config_load(&source, &error);

	if (!loaded || !options_check(options, &parsed, loaded, &error))
		return config_options_fail(options->name, error);
	if (!options_answer(options, &parsed, loaded))
		*config = g_steal_pointer(&loaded);
	return 0;
}

int config_options_fail(const char *name, const GError *error)
{
	g_autofree char *words = g_strdelimit(g_strdup(error->message), "\r\n\t", ' ');
	g_autofree char *line = printable_text(words, strlen(words));

	fprintf(stderr, "%s: %s\n", name, line);
	return error_exit_status(error);
}
