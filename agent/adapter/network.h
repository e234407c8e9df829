/* SPDX-License-Identifier: MIT */
/*
 * network - the address somebody beside the device would look for
 */
#pragma once

/* network_address() - of an interface that is up, IPv4 before IPv6, no loopback, no link-local one
 * Returns text to be freed with g_free(); NULL: the device has no network */
char *network_address(void);
