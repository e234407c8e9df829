/* SPDX-License-Identifier: MIT */
/* watchdog: fed by answers alone. */
#include "agent/adapter/watchdog.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Fixture {
	char *dir;
	char *path;
	int fd; /* the service manager's */
	Notify *notify;
	Watchdog *watchdog;
	unsigned asked;
	WatchdogAnswer answer;
	void *answer_data;
} Fixture;

static void ask(WatchdogAnswer answer, void *answer_data, void *data)
{
	Fixture *f = data;

	f->asked++;
	f->answer = answer;
	f->answer_data = answer_data;
}

static void setup(Fixture *f, gconstpointer data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	f->dir = g_dir_make_tmp("landfall-watchdog-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "notify", NULL);
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_strlcpy(address.sun_path, f->path, sizeof(address.sun_path));
	g_assert_cmpint(bind(f->fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_setenv("NOTIFY_SOCKET", f->path, TRUE);
	g_setenv("WATCHDOG_USEC", "3000", TRUE);
	f->notify = notify_new();
	f->watchdog = watchdog_new(f->notify, ask, f);
	g_assert_nonnull(f->watchdog);
}

static void teardown(Fixture *f, gconstpointer data)
{
	watchdog_free(f->watchdog);
	notify_free(f->notify);
	close(f->fd);
	g_unlink(f->path);
	g_rmdir(f->dir);
	g_free(f->path);
	g_free(f->dir);
}

static void assert_fed(Fixture *f, bool fed)
{
	char buffer[100] = "";
	ssize_t n = recv(f->fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT);

	g_assert_cmpint(n > 0, ==, fed);
	if (fed)
		g_assert_cmpstr(buffer, ==, "WATCHDOG=1");
}

static gboolean count_turn(gpointer data)
{
	++*(unsigned *)data;
	return G_SOURCE_CONTINUE;
}

/* Turns of a timer as fast as the watchdog's own: it has had its chance as often. */
static void let_time_pass(void)
{
	unsigned turns = 0;
	guint timer = g_timeout_add(1, count_turn, &turns);

	while (turns < 20)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

static void await_question(Fixture *f, unsigned number)
{
	while (f->asked < number)
		g_main_context_iteration(NULL, TRUE);
}

static void test_moves(Fixture *f, gconstpointer data)
{
	for (unsigned i = 1; i <= 3; i++) {
		await_question(f, i);
		assert_fed(f, false);
		f->answer(f->answer_data);
		assert_fed(f, true);
	}
}

static void test_hangs(Fixture *f, gconstpointer data)
{
	await_question(f, 1);
	let_time_pass();
	g_assert_cmpuint(f->asked, ==, 1); /* no heap of questions */
	assert_fed(f, false);
	f->answer(f->answer_data); /* moves again, late */
	assert_fed(f, true);
	await_question(f, 2);
}

static void test_unwanted(void)
{
	g_unsetenv("NOTIFY_SOCKET");

	Notify *notify = notify_new();

	g_assert_null(watchdog_new(notify, ask, NULL));
	notify_free(notify);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/agent/watchdog/moves", Fixture, NULL, setup, test_moves, teardown);
	g_test_add("/agent/watchdog/hangs", Fixture, NULL, setup, test_hangs, teardown);
	g_test_add_func("/agent/watchdog/unwanted", test_unwanted);
	return g_test_run();
}
