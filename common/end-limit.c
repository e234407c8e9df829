/* SPDX-License-Identifier: MIT */
#include "common/end-limit.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define MS_PER_S  1000
#define NS_PER_MS 1000000L

/* In whatever thread, at whatever instruction. */
static void on_limit(int number, siginfo_t *info, void *context)
{
	static const char words[] =
		"a key token, or the disk, has not answered: ending without it; nothing that was "
		"acknowledged is lost\n";

	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	_exit(info->si_value.sival_int);
}

void end_limit(unsigned limit_ms, int status)
{
	const struct sigaction action = { .sa_sigaction = on_limit, .sa_flags = SA_SIGINFO };
	const struct itimerspec limit = {
		.it_value = { .tv_sec = limit_ms / MS_PER_S,
			      .tv_nsec = limit_ms % MS_PER_S * NS_PER_MS },
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGALRM,
		.sigev_value = { .sival_int = status },
	};
	timer_t timer;

	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &limit, NULL) < 0)
		g_warning("the end has no limit: %s", g_strerror(errno));
}
