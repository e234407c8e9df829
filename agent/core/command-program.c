/* SPDX-License-Identifier: MIT */
#include "agent/core/command-program.h"

#include <string.h>

const ConfigCommand *command_program_find(const Config *config, const char *name, GError **error)
{
	for (guint i = 0; i < config->programs->len; i++) {
		const ConfigCommand *program = g_ptr_array_index(config->programs, i);

		if (program->enabled && strcmp(program->name, name) == 0)
			return program;
	}
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN, "there is no [command %.64s]",
		    name);
	return NULL;
}

static bool argument_check(const cJSON *argument, const char *pattern, int number, GError **error)
{
	const char *text = cJSON_GetStringValue(argument);
	g_autofree char *whole = g_strdup_printf("\\A(?:%s)\\z", pattern);

	if (text && strlen(text) <= COMMAND_ARGUMENT_MAX && g_regex_match_simple(whole, text, 0, 0))
		return true;
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED,
		    "argument %d is no text of up to %d octets that matches %s", number,
		    COMMAND_ARGUMENT_MAX, pattern);
	return false;
}

char **command_patterns_split(const char *patterns, GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) cause = NULL;

	if (!patterns)
		return g_new0(char *, 1);
	if (!g_shell_parse_argv(patterns, NULL, &words, &cause)) {
		g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED, cause->message);
		return NULL;
	}
	for (char **word = words; *word; word++) {
		g_autoptr(GRegex) regex = g_regex_new(*word, 0, 0, &cause);

		if (regex)
			continue;
		g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED, cause->message);
		return NULL;
	}
	return g_steal_pointer(&words);
}

char **command_program_arguments(const ConfigCommand *program, const cJSON *arguments,
				 GError **error)
{
	g_auto(GStrv) patterns = command_patterns_split(program->arguments, error);
	g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(g_free);
	int count = patterns ? (int)g_strv_length(patterns) : 0;

	if (!patterns)
		return NULL;
	if ((arguments && !cJSON_IsArray(arguments)) || cJSON_GetArraySize(arguments) != count) {
		g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED,
			    "\"arguments\" has to be an array of %d texts", count);
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		const cJSON *argument = cJSON_GetArrayItem(arguments, i);

		if (!argument_check(argument, patterns[i], i + 1, error))
			return NULL;
		g_ptr_array_add(taken, g_strdup(cJSON_GetStringValue(argument)));
	}
	g_ptr_array_add(taken, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&taken), FALSE);
}
