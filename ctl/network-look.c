/* SPDX-License-Identifier: MIT */
#include "ctl/network-look.h"

#include <arpa/inet.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

static bool is_wireless(const char *sysfs, const char *name)
{
	g_autofree char *path = g_build_filename(sysfs, "class", "net", name, "phy80211", NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The entry of @name in @list; made when there is none yet. */
static cJSON *find_interface(cJSON *list, const char *sysfs, const char *name)
{
	cJSON *entry;

	cJSON_ArrayForEach(
		entry, list) if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(entry, "name")),
					name) == 0) return entry;
	entry = cJSON_CreateObject();
	cJSON_AddStringToObject(entry, "name", name);
	cJSON_AddBoolToObject(entry, "wireless", is_wireless(sysfs, name));
	cJSON_AddArrayToObject(entry, "addresses");
	cJSON_AddItemToArray(list, entry);
	return entry;
}

static void add_address(cJSON *entry, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];
	const void *octets = NULL;

	if (address && address->sa_family == AF_INET) {
		octets = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	} else if (address && address->sa_family == AF_INET6) {
		const struct in6_addr *six =
			&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

		octets = IN6_IS_ADDR_LINKLOCAL(six) ? NULL : six;
	}
	if (octets && inet_ntop(address->sa_family, octets, text, sizeof(text)))
		cJSON_AddItemToArray(cJSON_GetObjectItem(entry, "addresses"),
				     cJSON_CreateString(text));
}

cJSON *network_look(const char *sysfs)
{
	cJSON *list = cJSON_CreateArray();
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return list;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next)
		if (!(one->ifa_flags & IFF_LOOPBACK))
			add_address(find_interface(list, sysfs, one->ifa_name), one->ifa_addr);
	freeifaddrs(all);
	return list;
}
