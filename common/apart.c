/* SPDX-License-Identifier: MIT */
/*
 * What the child says, through a pipe, when it failed:
 *
 *   code   one octet, LandfallError
 *   text   up to TEXT_MAX octets, to the end
 */
#include "common/apart.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX 1000

/* Less than a pipe takes at once, so it never waits for the parent. */
static void tell(int fd, const GError *error)
{
	char said[1 + TEXT_MAX] = { LANDFALL_ERROR_FAILED };
	size_t len = MIN(strlen(error->message), TEXT_MAX);

	if (error->domain == LANDFALL_ERROR)
		said[0] = (char)error->code;
	memcpy(said + 1, error->message, len);
	while (write(fd, said, 1 + len) < 0 && errno == EINTR)
		continue;
}

G_GNUC_NORETURN static void child(int fd, ApartFunc run, gpointer data)
{
	GError *error = NULL;
	bool ok = run(data, &error);

	if (!ok)
		tell(fd, error);
	_exit(ok ? 0 : 1); /* what is set up for the parent's exit is not ours */
}

/* To the end of what the child says, which is its own end. */
static size_t hear(int fd, char said[static 1 + TEXT_MAX])
{
	size_t len = 0;
	ssize_t got = 0;

	do {
		got = read(fd, said + len, 1 + TEXT_MAX - len);
		if (got > 0)
			len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return len;
}

static bool parent(int fd, pid_t pid, GError **error)
{
	char said[1 + TEXT_MAX];
	size_t len = hear(fd, said);
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break; /* somebody else has taken it: what it said counts */
	if (len == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (len > 0)
		g_set_error(error, LANDFALL_ERROR, said[0], "%.*s", (int)len - 1, said + 1);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "a process of our own was ended (status 0x%x)", (unsigned int)status);
	return false;
}

bool apart_run(ApartFunc run, gpointer data, GError **error)
{
	int ends[2];
	pid_t pid = -1;
	bool ok = false;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return run(data, error);
	pid = fork();
	if (pid == 0)
		child(ends[1], run, data);
	close(ends[1]);
	ok = pid < 0 ? run(data, error) : parent(ends[0], pid, error);
	close(ends[0]);
	return ok;
}
