/* SPDX-License-Identifier: MIT */
#include "agent/adapter/signals.h"

#include "common/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct Signals {
	SignalsOwner owner;
	int fd;
	guint source;
};

static gboolean on_signal(gint fd, GIOCondition condition, gpointer data)
{
	const Signals *signals = data;
	const SignalsOwner *owner = &signals->owner;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return G_SOURCE_CONTINUE;
	if (info.ssi_signo == SIGHUP)
		owner->look(owner->data);
	else
		owner->end(owner->data);
	return G_SOURCE_CONTINUE;
}

Signals *signals_new(const SignalsOwner *owner, GError **error)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "signals cannot be waited for: %s", g_strerror(errno));
		return NULL;
	}

	Signals *signals = g_new0(Signals, 1);

	signals->owner = *owner;
	signals->fd = fd;
	return signals;
}

void signals_free(Signals *signals)
{
	if (!signals)
		return;
	g_clear_handle_id(&signals->source, g_source_remove);
	close(signals->fd);
	g_free(signals);
}

void signals_watch(Signals *signals)
{
	signals->source = g_unix_fd_add(signals->fd, G_IO_IN, on_signal, signals);
}

void signals_release(bool released)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(released ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}
