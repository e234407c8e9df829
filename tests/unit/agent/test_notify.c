/* SPDX-License-Identifier: MIT */
/* notify: what reaches a service manager, and nothing without one. */
#include "agent/adapter/notify.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void test_send(void)
{
	g_autofree char *dir = g_dir_make_tmp("landfall-notify-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "notify", NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buffer[100] = "";

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	g_setenv("WATCHDOG_USEC", "3000000", TRUE);

	Notify *notify = notify_new();
	notify_send(notify, "READY=1\nSTATUS=fine");
	g_assert_cmpint(recv(fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT), ==, 19);
	g_assert_cmpstr(buffer, ==, "READY=1\nSTATUS=fine");
	g_assert_cmpuint(notify_watchdog_us(notify), ==, 3000000);
	close(fd);
	notify_send(notify, "STOPPING=1"); /* nobody there: no harm */
	notify_free(notify);

	g_setenv("WATCHDOG_PID", "1", TRUE); /* meant for another process */
	notify = notify_new();
	g_assert_cmpuint(notify_watchdog_us(notify), ==, 0);
	notify_free(notify);
	g_unlink(path);
	g_rmdir(dir);
}

static void test_nobody(void)
{
	static const char *const values[] = { NULL, "", "/", "relative", "vsock:2:1234" };

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_unsetenv("NOTIFY_SOCKET");
		if (values[i])
			g_setenv("NOTIFY_SOCKET", values[i], TRUE);

		Notify *notify = notify_new();

		notify_send(notify, "READY=1");
		g_assert_cmpuint(notify_watchdog_us(notify), ==, 0);
		notify_free(notify);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/notify/nobody", test_nobody);
	g_test_add_func("/agent/notify/send", test_send);
	return g_test_run();
}
