/* SPDX-License-Identifier: MIT */
/* agent-client: an agent that does not let anybody in, or does not answer, is not waited for. */
#include "ctl/agent-client.h"

#include "common/error.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Fixture {
	char *dir;
	char *path;
	struct sockaddr_un address;
	int listening; /* nobody ever accepts */
	GArray *fds;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-client-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "agent.sock", NULL);
	f->address.sun_family = AF_UNIX;
	g_strlcpy(f->address.sun_path, f->path, sizeof(f->address.sun_path));
	f->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->fds = g_array_new(FALSE, FALSE, sizeof(int));
	g_assert_cmpint(bind(f->listening, (struct sockaddr *)&f->address, sizeof(f->address)), ==,
			0);
	g_assert_cmpint(listen(f->listening, 1), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	for (guint i = 0; i < f->fds->len; i++)
		close(g_array_index(f->fds, int, i));
	g_array_unref(f->fds);
	close(f->listening);
	unlink(f->path);
	rmdir(f->dir);
	g_free(f->path);
	g_free(f->dir);
}

/* Clients that say nothing, as many as the queue takes. */
static void fill_queue(Fixture *f)
{
	for (;;) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		g_array_append_val(f->fds, fd);
		if (connect(fd, (struct sockaddr *)&f->address, sizeof(f->address)) < 0)
			break;
	}
	g_assert_cmpint(errno, ==, EAGAIN);
}

static void test_full_queue(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fill_queue(f);
	g_assert_cmpint(agent_client_connect(f->path, "publish", 1, &error), ==, -1);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_assert_nonnull(strstr(error->message, "takes no connection"));
}

static void on_alarm(int number)
{
}

/* Suspended and taken up again meanwhile: it goes on waiting, in place of an error. */
static void test_interrupted(Fixture *f, gconstpointer data)
{
	const struct itimerval once = { .it_value = { .tv_usec = 100000 } };
	const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	g_assert_cmpint(sigaction(SIGALRM, &action, NULL), ==, 0);
	g_assert_cmpint(setitimer(ITIMER_REAL, &once, NULL), ==, 0);
	test_full_queue(f, data);
}

/* What connect() was bound by does not bind what comes after it. */
static void test_limit_ends(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct timeval limit = { 0 };
	socklen_t len = sizeof(limit);
	int fd = agent_client_connect(f->path, "publish", 1, &error);

	g_assert_no_error(error);
	g_assert_cmpint(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &len), ==, 0);
	g_assert_cmpint(limit.tv_sec, ==, 0);
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/ctl/agent-client/full-queue", Fixture, NULL, set_up, test_full_queue,
		   tear_down);
	g_test_add("/ctl/agent-client/interrupted", Fixture, NULL, set_up, test_interrupted,
		   tear_down);
	g_test_add("/ctl/agent-client/limit-ends", Fixture, NULL, set_up, test_limit_ends,
		   tear_down);
	return g_test_run();
}
