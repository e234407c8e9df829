/* SPDX-License-Identifier: MIT */
/*
 * quick-time - make the monotonic clock of a program run faster, and its waiting shorter
 *
 * Preloaded into a daemon under test (LD_PRELOAD), with QUICK_TIME saying how many times as fast:
 * a minute of patience is then over in seconds, and a thousand provisionings fit a coffee break.
 * The daemon itself is the one that is shipped.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL

int clock_gettime(clockid_t clock, struct timespec *now);
int poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask);

static long long factor(void)
{
	const char *text = getenv("QUICK_TIME");
	long long value = text ? atoll(text) : 1;

	return value > 0 ? value : 1;
}

/* The same zero for all processes of a test is not needed: nobody compares their clocks. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);
	long long ns;

	if (rc != 0 || clock != CLOCK_MONOTONIC)
		return rc;
	ns = (now->tv_sec * NS_PER_S + now->tv_nsec) * factor();
	now->tv_sec = (time_t)(ns / NS_PER_S);
	now->tv_nsec = (long)(ns % NS_PER_S);
	return 0;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec shorter = { 0, 0 };

	if (timeout) {
		long long ns = (timeout->tv_sec * NS_PER_S + timeout->tv_nsec) / factor();

		shorter.tv_sec = (time_t)(ns / NS_PER_S);
		shorter.tv_nsec = (long)(ns % NS_PER_S);
	}
	return (int)syscall(SYS_ppoll, fds, n, timeout ? &shorter : NULL, mask, _NSIG / 8);
}

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	const struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	return ppoll(fds, n, timeout_ms < 0 ? NULL : &timeout, NULL);
}
