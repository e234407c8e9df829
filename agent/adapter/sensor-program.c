/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensor-program.h"

#include "common/error.h"
#include "common/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX  160 /* octets of standard error that are told */
#define CHUNK_SIZE 4096
#define LOOK_MS    20 /* between two looks whether it has ended, without a pidfd */

struct SensorProgram {
	char **words;
	GMutex lock;
	pid_t pid; /* under the lock; 0: not running, or reaped */
	bool cancelled;
};

/* A run: what is open and what came */
typedef struct Run {
	int output; /* -1: at its end */
	int complaints;
	int ended; /* pidfd, or -1 where there is none: before Linux 5.3, under valgrind */
	GString *text;
	GString *words;
	size_t text_max;
	bool too_much;
} Run;

/* Meant by the service manager for ourselves */
static const char *const private_variables[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
						 "LISTEN_FDS", "LISTEN_PID" };

SensorProgram *sensor_program_new(const char *const *words)
{
	SensorProgram *program = g_new0(SensorProgram, 1);

	program->words = g_strdupv((char **)words);
	g_mutex_init(&program->lock);
	return program;
}

void sensor_program_free(SensorProgram *program)
{
	if (!program)
		return;
	g_assert(program->pid == 0);
	g_strfreev(program->words);
	g_mutex_clear(&program->lock);
	g_free(program);
}

void sensor_program_cancel(SensorProgram *program)
{
	g_mutex_lock(&program->lock);
	program->cancelled = true;
	if (program->pid > 0)
		kill(-program->pid, SIGKILL);
	g_mutex_unlock(&program->lock);
}

static char **make_environment(void)
{
	char **environment = g_get_environ();

	for (size_t i = 0; i < G_N_ELEMENTS(private_variables); i++)
		environment = g_environ_unsetenv(environment, private_variables[i]);
	return environment;
}

/* Signals as a program expects them: ours are blocked or ignored. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETPGROUP);
}

static int spawn(char **words, int output, int complaints, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	g_auto(GStrv) environment = make_environment();

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);

	int code = posix_spawnp(pid, words[0], &actions, &attributes, words, environment);

	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The child's ends of both pipes are above 2, so that no dup2() overwrites the next one's source. */
static bool open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;

	int writer = fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	close(ends[1]);
	ends[1] = writer;
	if (writer < 0)
		close_end(&ends[0]);
	return writer >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

static bool start_locked(SensorProgram *program, Run *run, GError **error)
{
	int output[2] = { -1, -1 };
	int complaints[2] = { -1, -1 };
	int code = 0;

	if (program->cancelled) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED, "cancelled");
		return false;
	}
	if (!open_pipe(output) || !open_pipe(complaints))
		code = errno;
	else
		code = spawn(program->words, output[1], complaints[1], &program->pid);
	close_end(&output[1]);
	close_end(&complaints[1]);
	run->output = output[0];
	run->complaints = complaints[0];
	if (code == 0)
		return true;
	program->pid = 0;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "%s cannot be started: %s",
		    program->words[0], g_strerror(code));
	return false;
}

/* Nothing of the group is left; the zombie keeps its number from being given to another until
 * then. */
static int end(SensorProgram *program)
{
	int status = 0;

	g_mutex_lock(&program->lock);
	kill(-program->pid, SIGKILL);
	while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	program->pid = 0;
	g_mutex_unlock(&program->lock);
	return status;
}

static bool start(SensorProgram *program, Run *run, GError **error)
{
	g_mutex_lock(&program->lock);

	bool fine = start_locked(program, run, error);

	if (fine)
		run->ended = (int)syscall(SYS_pidfd_open, program->pid, 0);
	g_mutex_unlock(&program->lock);
	return fine;
}

/* All that can be had from @fd now, up to @max in @into; the rest is thrown away. */
static void drain(int *fd, GString *into, size_t max, bool *too_much)
{
	char chunk[CHUNK_SIZE];
	ssize_t n;

	while (*fd >= 0 && (n = read(*fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;

		size_t room = max - into->len;

		*too_much = *too_much || (size_t)n > room;
		g_string_append_len(into, chunk, (gssize)MIN((size_t)n, room));
		if (*too_much)
			return; /* one that never stops writing must not keep us here */
	}
	close_end(fd);
}

static void take_output(Run *run)
{
	bool more = false;

	drain(&run->output, run->text, run->text_max, &run->too_much);
	drain(&run->complaints, run->words, WORDS_MAX, &more);
}

/* It stays a zombie: its number is still its own. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

/* Until it has ended, has said too much, or @deadline_us has come. Returns whether it has ended. */
static bool await(const SensorProgram *program, Run *run, int64_t deadline_us)
{
	while (!run->too_much) {
		int64_t left_ms = (deadline_us - g_get_monotonic_time()) / 1000 + 1;
		struct pollfd fds[] = {
			{ .fd = run->ended, .events = POLLIN },
			{ .fd = run->output, .events = POLLIN },
			{ .fd = run->complaints, .events = POLLIN },
		};

		if (left_ms <= 0)
			return false;
		if (run->ended < 0)
			left_ms = MIN(left_ms, LOOK_MS);
		if (poll(fds, G_N_ELEMENTS(fds), (int)left_ms) < 0 && errno != EINTR)
			return false;
		take_output(run);
		if (has_ended(program->pid))
			return true;
	}
	return false;
}

static void explain_status(const Run *run, int status, GError **error)
{
	g_autofree char *words = printable_text(run->words->str, strcspn(run->words->str, "\n"));
	const char *colon = *words ? ": " : "";

	if (WIFSIGNALED(status))
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "killed by signal %d%s%s", WTERMSIG(status), colon, words);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "exit status %d%s%s",
			    WEXITSTATUS(status), colon, words);
}

/* Whether the run is one to be believed; else why not */
static bool judge(SensorProgram *program, const Run *run, bool ended, int status,
		  int64_t timeout_ms, GError **error)
{
	g_mutex_lock(&program->lock);

	bool cancelled = program->cancelled;

	g_mutex_unlock(&program->lock);
	if (cancelled)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED, "cancelled");
	else if (run->too_much)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "more than %zu octets of output", run->text_max);
	else if (!ended)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "killed: it has not ended within %" G_GINT64_FORMAT " ms", timeout_ms);
	else if (status != 0)
		explain_status(run, status, error);
	else
		return true;
	return false;
}

GString *sensor_program_run(SensorProgram *program, int64_t timeout_ms, size_t output_max,
			    GError **error)
{
	int64_t deadline_us = g_get_monotonic_time() + timeout_ms * 1000;
	Run run = { .output = -1, .complaints = -1, .ended = -1, .text_max = output_max };
	bool fine = start(program, &run, error);

	run.text = g_string_new(NULL);
	run.words = g_string_new(NULL);
	if (fine) {
		bool ended = await(program, &run, deadline_us);
		int status = end(program);

		take_output(&run);
		fine = judge(program, &run, ended, status, timeout_ms, error);
	}
	close_end(&run.output);
	close_end(&run.complaints);
	close_end(&run.ended);
	g_string_free(run.words, TRUE);
	if (fine)
		return run.text;
	g_string_free(run.text, TRUE);
	return NULL;
}
