/* SPDX-License-Identifier: MIT */
/*
 * fake-ethtool - every interface has the permanent address 02:00:00:a1:b2:c3
 *
 * Preloaded into landfallctl (LD_PRELOAD), for no interface of a test machine has one that differs
 * from what sysfs shows.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);

int ioctl(int fd, unsigned long request, ...)
{
	static const uint8_t address[] = { 2, 0, 0, 0xa1, 0xb2, 0xc3 };
	struct ethtool_perm_addr *answer;
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (request != SIOCETHTOOL)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	answer = (void *)((struct ifreq *)argument)->ifr_data;
	answer->size = sizeof(address);
	memcpy(answer->data, address, sizeof(address));
	return 0;
}
