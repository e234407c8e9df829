/* SPDX-License-Identifier: MIT */
#include "agent/adapter/notify.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct Notify {
	struct sockaddr_un address;
	socklen_t address_len; /* 0: nobody wants to know */
	int fd;
	uint64_t watchdog_us;
};

static uint64_t environment_number(const char *name)
{
	const char *text = g_getenv(name);

	return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* "/path" or "@abstract"; anything else is not for us. */
static void notify_set_address(Notify *notify, const char *path)
{
	size_t len = path ? strlen(path) : 0;

	if (len < 2 || len >= sizeof(notify->address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, path, len);
	if (path[0] == '@')
		notify->address.sun_path[0] = '\0';
	notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

Notify *notify_new(void)
{
	Notify *notify = g_new0(Notify, 1);
	uint64_t pid = environment_number("WATCHDOG_PID");

	notify->fd = -1;
	notify_set_address(notify, g_getenv("NOTIFY_SOCKET"));
	if (notify->address_len == 0)
		return notify;
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (pid == 0 || pid == (uint64_t)getpid())
		notify->watchdog_us = environment_number("WATCHDOG_USEC");
	return notify;
}

void notify_free(Notify *notify)
{
	if (!notify)
		return;
	if (notify->fd >= 0)
		close(notify->fd);
	g_free(notify);
}

void notify_send(Notify *notify, const char *state)
{
	if (notify->fd >= 0)
		sendto(notify->fd, state, strlen(state), MSG_NOSIGNAL,
		       (const struct sockaddr *)&notify->address, notify->address_len);
}

uint64_t notify_watchdog_us(const Notify *notify)
{
	return notify->watchdog_us;
}
