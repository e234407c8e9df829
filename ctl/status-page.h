/* SPDX-License-Identifier: MIT */
/*
 * status-page - the page an operator opens first, made from what the parts say of themselves
 *
 *   Landfall 0.1.0 on gw-17: Broker needs attention
 *
 *   Provisioner   not running: it starts when it is needed
 *   Wi-Fi         wlan0, address 192.168.77.61
 *   Agent         waiting, next attempt in 32 s
 *   Broker      ! mqtts://b:8883: connection refused; last publish 5 min ago
 *                 the network is there, the broker does not answer: …
 *
 * A pure function of the JSON that `landfallctl --json status` prints.
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdint.h>

/* status_page_judge() - add "attention", the titles of the lines that need it, to @page
 * @page: {"provisioner":{…},"network":[…],"identity":{…},"agent":{…}}
 * @now_s: wall clock, Unix seconds */
void status_page_judge(cJSON *page, int64_t now_s);

/* status_page_format() - @page for people
 * @host: name of the machine
 * Returns text to be freed with g_free() */
char *status_page_format(const cJSON *page, const char *host, int64_t now_s);
