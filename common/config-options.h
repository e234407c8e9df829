/* SPDX-License-Identifier: MIT */
/*
 * config-options - the command line all programs have in common
 *
 *     --config FILE            read FILE alone
 *     --set GROUP.KEY=VALUE    override one setting; may be repeated
 *     --check-config           read everything, say whether it is valid, exit
 *     --dump-config            print every value with its origin, exit
 *     --version, --help
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct ConfigOptions {
	const char *name;            /* "landfall-agent" */
	const char *parameters;      /* what follows the options in --help, or NULL */
	const char *summary;         /* a sentence or two under the usage line */
	const GOptionEntry *entries; /* the program's own options, or NULL */
	bool commands;               /* sub-commands: options end at the first other word, and
					words may remain; otherwise a remaining word is an error */
	/* can this program, as it was built, do what is set? NULL: it always can.
	 * Errors: LANDFALL_ERROR_CONFIG */
	bool (*check)(const Config *config, GError **error);
	/* for --check-config alone: what the start would find wrong, or what it finds when an
	 * identity has come. NULL: nothing more. Errors: LANDFALL_ERROR_CONFIG */
	bool (*check_more)(const Config *config, GError **error);
} ConfigOptions;

/* config_options_start() - parse the command line and read the configuration; first of all see that
 * the standard descriptors are open and that no core file is written
 * @argc, @argv: as main() got them; what was understood is removed
 * @config:      set when the program is to run, freed by the caller with config_free()
 * Returns the status to exit with when @config stays NULL: 0 after --version, --help,
 * --dump-config or a valid --check-config, else that of the error, told in one line on standard
 * error. Typical use:
 *
 *     g_autoptr(Config) config = NULL;
 *     int status = config_options_start(&options, &argc, &argv, &config);
 *
 *     if (!config)
 *             return status;
 *     log_init(options.name, config->log.level, config->log.format);
 */
int config_options_start(const ConfigOptions *options, int *argc, char ***argv,
			 Config **config) G_GNUC_WARN_UNUSED_RESULT;

/* config_options_fail() - tell @error as one line on standard error, "NAME: sentence"
 * Returns its exit status, so that main() can `return config_options_fail("landfallctl", error)` */
int config_options_fail(const char *name, const GError *error);
