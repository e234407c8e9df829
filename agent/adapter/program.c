/* SPDX-License-Identifier: MIT */
#include "agent/adapter/program.h"

#include "agent/adapter/child.h"
#include "common/error.h"

#include <glib-unix.h>
#include <sys/wait.h>

#define READS_MAX 16 /* of what it has said, at its end */

struct Program {
	Child child;
	guint end_source;
	guint out_source;
	guint timeout;
	ProgramLimits limits;
	GString *output;
	bool cut;
	bool timed_out;
	ProgramEnded ended;
	void *data;
};

static bool take_output(Program *program)
{
	return child_read(&program->child.output, program->output, program->limits.output,
			  &program->cut);
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
	Program *program = data;

	take_output(program);
	if (program->child.output >= 0)
		return G_SOURCE_CONTINUE;
	program->out_source = 0;
	return G_SOURCE_REMOVE;
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
	g_autoptr(Program) program = data;

	program->end_source = 0;
	for (unsigned i = 0; i < READS_MAX && take_output(program); i++)
		;

	int status = child_reap(&program->child);
	g_autofree char *output =
		g_utf8_make_valid(program->output->str, (gssize)program->output->len);
	ProgramResult result = {
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.timed_out = program->timed_out,
		.cut = program->cut,
		.output = output,
	};

	program->ended(program, &result, program->data);
	return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer data)
{
	Program *program = data;

	program->timeout = 0;
	program->timed_out = true;
	child_kill(&program->child); /* on_end() follows */
	return G_SOURCE_REMOVE;
}

Program *program_start(const char *const *argv, const ProgramLimits *limits, ProgramEnded ended,
		       void *data, GError **error)
{
	static const char *const bare[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
		NULL
	};
	g_auto(GStrv) ours = limits->environment ? child_environment() : NULL;
	const ChildSetup setup = { .words = argv,
				   .environment = ours ? (const char *const *)ours : bare,
				   .folder = "/" };
	g_autoptr(Program) program = g_new0(Program, 1);

	program->child = CHILD_INIT;
	program->limits = *limits;
	program->output = g_string_new(NULL);
	program->ended = ended;
	program->data = data;
	if (!child_start(&program->child, &setup, error))
		return NULL;
	if (program->child.ended < 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the end of %s cannot be watched: pidfd_open() fails", argv[0]);
		return NULL;
	}
	program->end_source = g_unix_fd_add(program->child.ended, G_IO_IN, on_end, program);
	program->out_source =
		g_unix_fd_add(program->child.output, G_IO_IN | G_IO_HUP, on_output, program);
	program->timeout = g_timeout_add((guint)limits->timeout_ms, on_timeout, program);
	return g_steal_pointer(&program);
}

void program_free(Program *program)
{
	if (!program)
		return;
	g_clear_handle_id(&program->end_source, g_source_remove);
	g_clear_handle_id(&program->out_source, g_source_remove);
	g_clear_handle_id(&program->timeout, g_source_remove);
	child_clear(&program->child);
	g_string_free(program->output, TRUE);
	g_free(program);
}
