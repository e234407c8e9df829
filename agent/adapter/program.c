/* SPDX-License-Identifier: MIT */
#include "agent/adapter/program.h"

#include "common/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_MAX 4096 /* octets taken in one turn of the loop */

struct Program {
	GPid pid;
	int end; /* descriptor that tells of its end */
	int out; /* what it says */
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

static void source_remove(guint *source)
{
	if (*source)
		g_source_remove(*source);
	*source = 0;
}

/* False at the end of what it says. */
static bool take_output(Program *program)
{
	char octets[READ_MAX];
	ssize_t n = read(program->out, octets, sizeof(octets));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;

	size_t room = program->limits.output - program->output->len;

	if ((size_t)n > room)
		program->cut = true;
	g_string_append_len(program->output, octets, (gssize)MIN((size_t)n, room));
	return n > 0;
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
	Program *program = data;

	if (take_output(program))
		return G_SOURCE_CONTINUE;
	program->out_source = 0;
	return G_SOURCE_REMOVE;
}

/* Reaps it; its exit status. What it left behind in its group goes as well. */
static int reap(Program *program)
{
	int status = 0;

	kill(-program->pid, SIGKILL);
	while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	program->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
	g_autoptr(Program) program = data;

	program->end_source = 0;
	for (size_t taken = 0; taken <= program->limits.output / READ_MAX; taken++)
		if (!program->out_source || !take_output(program))
			break;

	int status = reap(program);
	g_autofree char *output =
		g_utf8_make_valid(program->output->str, (gssize)program->output->len);
	ProgramResult result = { .status = status,
				 .timed_out = program->timed_out,
				 .cut = program->cut,
				 .output = output };

	program->ended(program, &result, program->data);
	return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer data)
{
	Program *program = data;

	program->timeout = 0;
	program->timed_out = true;
	kill(-program->pid, SIGKILL); /* on_end() follows */
	return G_SOURCE_REMOVE;
}

/* Between fork and exec: system calls only. */
static void prepare_child(gpointer data)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none,
		    NULL); /* the agent blocks what it reads from a descriptor */
	setpgid(0, 0);
	dup2(STDOUT_FILENO, STDERR_FILENO);
}

static bool spawn(Program *program, const char *const *argv, GError **error)
{
	const char *environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
		NULL
	};
	g_autoptr(GError) cause = NULL;

	if (!g_spawn_async_with_pipes("/", (char **)argv, (char **)environment,
				      G_SPAWN_DO_NOT_REAP_CHILD, prepare_child, NULL, &program->pid,
				      NULL, &program->out, NULL, &cause)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, cause->message);
		return false;
	}
	setpgid(program->pid, program->pid); /* whoever comes first */
	program->end = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->end >= 0 && g_unix_set_fd_nonblocking(program->out, TRUE, NULL))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "cannot watch %s: %s", argv[0],
		    g_strerror(errno));
	return false;
}

Program *program_start(const char *const *argv, const ProgramLimits *limits, ProgramEnded ended,
		       void *data, GError **error)
{
	g_autoptr(Program) program = g_new0(Program, 1);

	program->end = -1;
	program->out = -1;
	program->limits = *limits;
	program->output = g_string_new(NULL);
	program->ended = ended;
	program->data = data;
	if (!spawn(program, argv, error))
		return NULL;
	program->end_source = g_unix_fd_add(program->end, G_IO_IN, on_end, program);
	program->out_source = g_unix_fd_add(program->out, G_IO_IN | G_IO_HUP, on_output, program);
	program->timeout = g_timeout_add((guint)limits->timeout_ms, on_timeout, program);
	return g_steal_pointer(&program);
}

void program_free(Program *program)
{
	if (!program)
		return;
	source_remove(&program->end_source);
	source_remove(&program->out_source);
	source_remove(&program->timeout);
	if (program->pid)
		reap(program);
	if (program->end >= 0)
		close(program->end);
	if (program->out >= 0)
		close(program->out);
	g_string_free(program->output, TRUE);
	g_free(program);
}
