/* SPDX-License-Identifier: MIT */
/*
 * start_to_ready - how long a service takes from exec to READY=1
 *
 *   start_to_ready ROUNDS PROGRAM [ARGUMENT…]
 *
 * Starts the program with a notify socket of ours, waits for READY=1, ends it with SIGTERM, and
 * prints the median and the worst of all rounds in milliseconds. systemd does the same with the
 * same socket; the difference is that nothing else runs between fork and exec here.
 */
#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static bool is_ready(int fd)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return false;
	text[n] = '\0';
	return g_str_has_prefix(text, "READY=1") || strstr(text, "\nREADY=1");
}

static pid_t spawn(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	return pid;
}

/* One start, in milliseconds; ends this program when it does not get ready. */
static double measure(int fd, char **argv)
{
	gint64 started = g_get_monotonic_time();
	pid_t pid = spawn(argv);
	struct pollfd watch = { .fd = fd, .events = POLLIN };

	while (poll(&watch, 1, PATIENCE_MS) > 0) {
		if (!is_ready(fd))
			continue;

		double took = (double)(g_get_monotonic_time() - started) / 1000;

		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		while (recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT) >= 0)
			continue; /* STOPPING=1 and the like */
		return took;
	}
	fprintf(stderr, "start_to_ready: %s is not ready after %d s\n", argv[0],
		PATIENCE_MS / 1000);
	kill(pid, SIGKILL);
	exit(1);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0;

	if (rounds < 1) {
		fprintf(stderr, "usage: start_to_ready ROUNDS PROGRAM [ARGUMENT…]\n");
		return 2;
	}

	g_autofree char *folder = g_dir_make_tmp("ready-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "notify", NULL);
	g_autofree double *took = g_new0(double, rounds);
	int fd = open_socket(path);

	setenv("NOTIFY_SOCKET", path, 1);
	for (int i = 0; i < rounds; i++)
		took[i] = measure(fd, argv + 2);
	unlink(path);
	rmdir(folder);
	qsort(took, (size_t)rounds, sizeof(*took), compare);
	printf("%.1f %.1f\n", took[rounds / 2], took[rounds - 1]);
	return 0;
}
