/* SPDX-License-Identifier: MIT */
/*
 * net-link - one network interface and its addresses, as the kernel knows them
 *
 *   IDLE ──anything of ours changed──▶ LINK (is it there?) ──▶ ADDRESSES (all of them) ──▶ IDLE
 *                                        ▲                          │ changed meanwhile
 *                                        └──────────────────────────┘
 *
 * For back ends whose service does not run DHCP itself: whoever does, the address shows here. What
 * the kernel announces only says that something changed; what is so is always read whole, so a
 * lost announcement (ENOBUFS) costs one more reading. One reading is under way at a time, so
 * nothing can pile up. Nothing blocks, and nothing but reading is asked of the kernel.
 *
 * The interface need not exist; it may come, go, and come again under another index.
 *
 * Owner: a Wi-Fi back end.
 */
#pragma once

#include "provisioner/adapter/net-link-parse.h"

typedef struct NetLink NetLink;

/* An address of a kind; with several, the one that was set or renewed last. */
typedef struct NetLinkAddress {
	bool there;
	bool permanent; /* set by hand, not leased */
	uint32_t stamp;
	uint8_t octets[16];
} NetLinkAddress;

typedef struct NetLinkState {
	bool known;   /* it was read at least once */
	bool present; /* there is such an interface */
	bool has_mac;
	uint8_t mac[NET_LINK_MAC_LEN]; /* the permanent one where the kernel knows it */
	/* Only addresses that reach beyond the link: no 169.254, no fe80, none still on trial. */
	NetLinkAddress ip4;
	NetLinkAddress ip6;
} NetLinkState;

/* net_link_new() - watch @interface, by its name
 * @changed: runs from the loop whenever net_link_state() says something else
 * A socket that cannot be had is warned of and tried again; the state is not known until then */
NetLink *net_link_new(const char *interface, void (*changed)(void *data), void *data);

/* net_link_free() - NULL is fine */
void net_link_free(NetLink *link);

/* net_link_state() - as of the last reading; borrowed */
const NetLinkState *net_link_state(const NetLink *link);

/* net_link_is_newer() - was @now set, or renewed, after @before was read?
 * An address that the network before left behind says nothing of the next one; one that somebody
 * set by hand holds for all of them */
bool net_link_is_newer(const NetLinkAddress *now, const NetLinkAddress *before);

/* net_link_ip4_text() - dotted decimal of @address; "0.0.0.0" where there is none */
void net_link_ip4_text(const NetLinkAddress *address, char text[16]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetLink, net_link_free)
