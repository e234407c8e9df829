/* SPDX-License-Identifier: MIT */
/*
 * command-program - which program of the operator a request names, and whether its arguments fit
 */
#pragma once

#include "agent/core/command.h"
#include "common/config.h"

#define COMMAND_ARGUMENT_MAX 256 /* octets of one argument */

/* command_program_find() - the [command NAME] group
 * Errors: COMMAND_ERROR_UNKNOWN */
const ConfigCommand *command_program_find(const Config *config, const char *name,
					  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* command_program_arguments() - as many texts as the program has patterns, each matching its own
 * from end to end
 * @arguments: an array, or NULL for none
 * Returns them up to a NULL, to be freed with g_strfreev()
 * Errors: COMMAND_ERROR_MALFORMED */
char **command_program_arguments(const ConfigCommand *program, const cJSON *arguments,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* command_patterns_split() - the words of a `arguments` setting, each a regular expression
 * Returns them up to a NULL, to be freed with g_strfreev(); none for NULL
 * Errors: COMMAND_ERROR_MALFORMED (a quote that does not end, an expression that is none) */
char **command_patterns_split(const char *patterns, GError **error) G_GNUC_WARN_UNUSED_RESULT;
