/* SPDX-License-Identifier: MIT */
/*
 * network-look - the network interfaces of this machine and their addresses
 */
#pragma once

#include <cjson/cJSON.h>

/* network_look() - every interface but the loopback, with its addresses but the link-local ones
 * @sysfs: "/sys", or a folder like it; tells which are wireless
 * Returns [{"name":"wlan0","wireless":true,"addresses":["192.168.1.5"]},…], to be freed with
 * cJSON_Delete() or handed to another object; empty when the kernel says nothing */
cJSON *network_look(const char *sysfs);
