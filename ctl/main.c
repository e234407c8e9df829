/* SPDX-License-Identifier: MIT */
/* landfallctl - everything a person does with Landfall: options, the table of commands */
#include "common/config-options.h"
#include "common/error.h"
#include "ctl/ctl.h"
#include "landfall-config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Command {
	const char *name;
	CtlRun run;
	const char *summary;
} Command;

static const Command commands[] = {
	{ "status", cmd_status, "how the device is doing, at a glance" },
	{ "provision", cmd_provision, "start, stop or watch provisioning over Bluetooth LE" },
	{ "qr", cmd_qr, "the code for the phone app: on the terminal, as PNG, as a label" },
	{ "factory", cmd_factory, "salt and verifier for a device, a label for its owner" },
	{ "store", cmd_store, "import, request, show or roll back the device's identity" },
	{ "publish", cmd_publish, "hand samples to the agent and wait until they are on disk" },
	{ "spool", cmd_spool, "what waits on disk for the broker" },
	{ "sensors", cmd_sensors, "what the device can measure, each with a reading of now" },
	{ "display", cmd_display, "what the display shows: on the terminal, as PNG" },
	{ "metrics", cmd_metrics, "the agent in the text format of Prometheus" },
};

static char *list_commands(void)
{
	g_autoptr(GString) text = g_string_new("Commands:\n");

	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		g_string_append_printf(text, "  %-12s %s\n", commands[i].name, commands[i].summary);
	g_string_append(text, "\n'landfallctl COMMAND --help' tells more; so does landfallctl(1).");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static const Command *find_command(const char *name, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(commands[i].name, name))
			return &commands[i];
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
		    "there is no command '%s'; see landfallctl --help", name);
	return NULL;
}

void ctl_print_json(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);

	printf("%s\n", text);
	fflush(stdout);
	cJSON_free(text);
	cJSON_Delete(object);
}

/* An option of landfallctl itself that was typed behind the command, or NULL. */
static const char *find_misplaced(int argc, char **argv)
{
	static const char *const names[] = { "--config", "--set", "--check-config",
					     "--dump-config" };

	for (int i = 1; i < argc; i++)
		for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
			if (g_str_has_prefix(argv[i], names[n]))
				return names[n];
	return NULL;
}

bool ctl_parse(const char *summary, const GOptionEntry *entries, int *argc, char ***argv,
	       GError **error)
{
	g_autoptr(GError) wrong = NULL;
	g_autofree char *program = g_strdup_printf("landfallctl %s", (*argv)[0]);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_set_prgname(program);
	g_option_context_set_summary(context, summary);
	g_option_context_add_main_entries(context, entries, NULL);
	if (g_option_context_parse(context, argc, argv, &wrong))
		return true;

	const char *misplaced = find_misplaced(*argc, *argv);

	if (misplaced)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			    "%s stands before the command: landfallctl %s ... %s", misplaced,
			    misplaced, (*argv)[0]);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE, "%s; see %s --help",
			    wrong->message, program);
	return false;
}

/* A full disk or a closed descriptor shows when the answer is written, not before. */
static bool finish_output(GError **error)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "the answer could not be written to standard output");
	return false;
}

/* --json is taken wherever it stands: people type it last. */
static bool take_json(int *argc, char **argv)
{
	int kept = 0;
	bool found = false;

	for (int i = 0; i < *argc; i++) {
		if (g_str_equal(argv[i], "--json"))
			found = true;
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return found;
}

int main(int argc, char **argv)
{
	g_autofree char *list = list_commands();
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 'j', 0, G_OPTION_ARG_NONE, &json, "answer in JSON, for programs", NULL },
		G_OPTION_ENTRY_NULL,
	};
	const ConfigOptions options = {
		.name = "landfallctl",
		.parameters = "COMMAND [ARGUMENT…]",
		.summary = list,
		.entries = entries,
		.commands = true,
	};
	g_autoptr(Config) config = NULL;
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");

	bool json_found = take_json(&argc, argv);
	int status = config_options_start(&options, &argc, &argv, &config);

	if (!config)
		return status;
	if (argc < 2) {
		fprintf(stderr, "landfallctl: which command? See landfallctl --help\n");
		return 2;
	}

	const Command *command = find_command(argv[1], &error);
	const Ctl ctl = { .config = config, .json = json || json_found };

	if (!command || !command->run(&ctl, argc - 1, argv + 1, &error) || !finish_output(&error))
		return config_options_fail("landfallctl", error);
	return 0;
}
