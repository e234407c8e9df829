/* SPDX-License-Identifier: MIT */
#include "agent/adapter/network.h"

#include <arpa/inet.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

static bool is_usable(const struct ifaddrs *one, int family)
{
	if (!one->ifa_addr || one->ifa_addr->sa_family != family || one->ifa_flags & IFF_LOOPBACK ||
	    !(one->ifa_flags & IFF_UP))
		return false;
	if (family == AF_INET)
		return true;
	return !IN6_IS_ADDR_LINKLOCAL(
		&((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr);
}

static const void *octets_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	return &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
}

static char *find(const struct ifaddrs *all, int family)
{
	char text[INET6_ADDRSTRLEN];

	for (const struct ifaddrs *one = all; one; one = one->ifa_next)
		if (is_usable(one, family) &&
		    inet_ntop(family, octets_of(one->ifa_addr), text, sizeof(text)))
			return g_strdup(text);
	return NULL;
}

char *network_address(void)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return NULL;

	char *address = find(all, AF_INET);

	if (!address)
		address = find(all, AF_INET6);
	freeifaddrs(all);
	return address;
}
