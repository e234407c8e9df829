/* SPDX-License-Identifier: MIT */
/*
 * fake-evdev - let a FIFO pass for an input device
 *
 * Preloaded into a daemon under test (LD_PRELOAD). What the kernel tells of an input device is told
 * of every FIFO: it has all keys, and all are held when FAKE_EVDEV_HELD is set, else none. Events
 * are what the test writes into the FIFO. Everything else goes to the kernel.
 */
#include <linux/input.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);

/* The answer to a question about keys, one bit each; as the kernel's, its length. */
static int tell_keys(void *bits, unsigned long request, int all)
{
	memset(bits, all ? 0xff : 0, _IOC_SIZE(request));
	return (int)_IOC_SIZE(request);
}

int ioctl(int fd, unsigned long request, ...)
{
	struct stat status;
	va_list rest;
	void *argument;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (_IOC_TYPE(request) != 'E' || fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode))
		return (int)syscall(SYS_ioctl, fd, request, argument);
	if (_IOC_NR(request) == _IOC_NR(EVIOCGBIT(EV_KEY, 0)))
		return tell_keys(argument, request, 1);
	if (_IOC_NR(request) == _IOC_NR(EVIOCGKEY(0)))
		return tell_keys(argument, request, getenv("FAKE_EVDEV_HELD") != NULL);
	return 0; /* EVIOCSMASK: what is not passed on is not written */
}
