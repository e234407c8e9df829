/* SPDX-License-Identifier: MIT */
#include "agent/adapter/child.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK_SIZE 4096

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The child's ends of both pipes are above 2, so that no dup2() overwrites the
 * next one's source. */
static bool open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;

	int writer = fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	close(ends[1]);
	ends[1] = writer;
	return writer >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
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

static int spawn(const ChildSetup *setup, int output, int complaints, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	posix_spawn_file_actions_init(&actions);
	if (setup->folder)
		posix_spawn_file_actions_addchdir_np(&actions, setup->folder);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);

	int code = posix_spawnp(pid, setup->words[0], &actions, &attributes,
				(char *const *)setup->words, (char *const *)setup->environment);

	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

/* Meant by the service manager for ourselves */
static const char *const private_variables[] = { "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
						 "LISTEN_FDS", "LISTEN_PID" };

char **child_environment(void)
{
	char **environment = g_get_environ();

	for (size_t i = 0; i < G_N_ELEMENTS(private_variables); i++)
		environment = g_environ_unsetenv(environment, private_variables[i]);
	return environment;
}

bool child_start(Child *child, const ChildSetup *setup, GError **error)
{
	int output[2] = { -1, -1 };
	int complaints[2] = { -1, -1 };
	int code = 0;

	if (!open_pipe(output) || (setup->complaints && !open_pipe(complaints)))
		code = errno;
	else
		code = spawn(setup, output[1], setup->complaints ? complaints[1] : output[1],
			     &child->pid);
	close_end(&output[1]);
	close_end(&complaints[1]);
	if (code == 0) {
		child->output = output[0];
		child->complaints = complaints[0];
		child->ended = (int)syscall(SYS_pidfd_open, child->pid, 0);
		return true;
	}
	close_end(&output[0]);
	close_end(&complaints[0]);
	child->pid = 0;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "%s cannot be started: %s",
		    setup->words[0], g_strerror(code));
	return false;
}

void child_kill(const Child *child)
{
	kill(-child->pid, SIGKILL);
}

/* It stays a zombie: its number is still its own. */
bool child_has_ended(const Child *child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == child->pid;
}

/* The zombie keeps its number, and that of its group, from being given to another until it is
 * waited for. */
int child_reap(Child *child)
{
	int status = 0;

	child_kill(child);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	return status;
}

bool child_read(int *fd, GString *into, size_t max, bool *cut)
{
	char chunk[CHUNK_SIZE];
	ssize_t n = *fd >= 0 ? read(*fd, chunk, sizeof(chunk)) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		close_end(fd);
		return false;
	}

	size_t room = max - into->len;

	*cut = *cut || (size_t)n > room;
	g_string_append_len(into, chunk, (gssize)MIN((size_t)n, room));
	return true;
}

void child_clear(Child *child)
{
	if (child->pid > 0)
		child_reap(child);
	close_end(&child->output);
	close_end(&child->complaints);
	close_end(&child->ended);
}
