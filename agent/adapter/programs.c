/* SPDX-License-Identifier: MIT */
#include "agent/adapter/programs.h"

#include "agent/adapter/program.h"
#include "agent/core/command.h"
#include "common/log.h"

typedef struct Run {
	Programs *programs;
	uint64_t token;
	char *name;
	Program *program;
} Run;

struct Programs {
	GPtrArray *runs; /* of Run */
	LogRate lines;
	ProgramsEnded ended;
	void *data;
};

static void run_free(gpointer data)
{
	Run *run = data;

	program_free(run->program);
	g_free(run->name);
	g_free(run);
}

static char *encode(const ProgramResult *result)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "{\"status\":%d,\"output\":", result->status);
	json_append_text(text, result->output);
	g_string_append_printf(text, ",\"cut\":%s}", result->cut ? "true" : "false");
	return g_strdup(text->str);
}

static void tell_failure(Programs *programs, const char *name, const char *result,
			 const GError *error)
{
	if (log_rate_allow(&programs->lines, g_get_monotonic_time(), NULL))
		g_warning("the program %s has failed: %s", name, error ? error->message : result);
}

static void on_ended(Program *program, const ProgramResult *result, void *data)
{
	Run *run = data;
	Programs *programs = run->programs;
	uint64_t token = run->token;
	g_autofree char *text = encode(result);
	g_autoptr(GError) error = NULL;

	if (result->timed_out)
		error = g_error_new(COMMAND_ERROR, COMMAND_ERROR_TIMEOUT,
				    "%s did not end in its time and was killed", run->name);
	if (token == PROGRAMS_NO_TOKEN && (error || result->status != 0))
		tell_failure(programs, run->name, text, error);
	run->program = NULL; /* freed behind us */
	g_ptr_array_remove_fast(programs->runs, run);
	programs->ended(token, text, error, programs->data);
}

bool programs_run(Programs *programs, uint64_t token, const ConfigCommand *program,
		  const char *const *arguments, GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) cause = NULL;
	ProgramLimits limits = { program->timeout_ms, (size_t)program->output, false };
	Run *run;

	if (programs_room(programs) == 0) {
		g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_BUSY,
			    "%d programs run already: try later", PROGRAMS_MAX);
		return false;
	}
	g_shell_parse_argv(program->program, NULL, &words,
			   NULL); /* the configuration was checked */
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	for (const char *const *argument = arguments; *argument; argument++)
		g_ptr_array_add(argv, (char *)*argument);
	g_ptr_array_add(argv, NULL);

	run = g_new0(Run, 1);
	run->programs = programs;
	run->token = token;
	run->name = g_strdup(program->name);
	run->program =
		program_start((const char *const *)argv->pdata, &limits, on_ended, run, &cause);
	if (run->program) {
		g_ptr_array_add(programs->runs, run);
		return true;
	}
	run_free(run);
	g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_FAILED, cause->message);
	return false;
}

unsigned programs_room(const Programs *programs)
{
	return PROGRAMS_MAX - programs->runs->len;
}

Programs *programs_new(ProgramsEnded ended, void *data)
{
	Programs *programs = g_new0(Programs, 1);

	programs->runs = g_ptr_array_new_with_free_func(run_free);
	programs->ended = ended;
	programs->data = data;
	programs->lines = LOG_RATE_PEER;
	return programs;
}

void programs_free(Programs *programs)
{
	if (!programs)
		return;
	g_ptr_array_unref(programs->runs);
	g_free(programs);
}
