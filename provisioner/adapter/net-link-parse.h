/* SPDX-License-Identifier: MIT */
/*
 * net-link-parse - what the kernel tells about interfaces and addresses, taken apart
 *
 *   datagram:  nlmsghdr │ ifinfomsg or ifaddrmsg │ rtattr value │ rtattr value ...   nlmsghdr │ ...
 *
 * Pure: octets in, values out. A length that reaches beyond what is there ends the reading; nothing
 * beyond it is touched. Layouts are those of <linux/netlink.h>, <linux/rtnetlink.h> and
 * <linux/if_addr.h>; numbers are in the order of this machine, and need not be aligned.
 */
#pragma once

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_LINK_MAC_LEN 6

typedef enum NetLinkKind {
	NET_LINK_LINK,    /* an interface is there, or has changed */
	NET_LINK_UNLINK,  /* it has gone */
	NET_LINK_ADDRESS, /* an address is there, is new, or has been renewed */
	NET_LINK_UNADDRESS,
	NET_LINK_DONE,  /* end of a list */
	NET_LINK_ERROR, /* a request was refused, or confirmed (error 0) */
	NET_LINK_OTHER, /* nothing for us */
} NetLinkKind;

typedef struct NetLinkMessage {
	NetLinkKind kind;
	uint32_t port;    /* of the socket that asked, also where it is told to others; 0: none */
	uint32_t seq;     /* of what was asked */
	bool interrupted; /* the list changed while it was read: it is to be read again */
	int error;        /* ERROR: errno, positive */
	int index;        /* of the interface */

	char name[IFNAMSIZ]; /* LINK: "" when not told */
	bool has_mac;        /* LINK; the permanent address before the present one */
	uint8_t mac[NET_LINK_MAC_LEN];

	bool ip4;            /* ADDRESS: of IPv4, else of IPv6 */
	bool usable;         /* reaches beyond the link; not on trial, in conflict or going */
	bool permanent;      /* has no end: somebody set it by hand */
	uint32_t stamp;      /* when it was set or renewed last: differs after each renewal */
	uint8_t address[16]; /* 4 octets for IPv4 */
} NetLinkMessage;

/* What is left to read of a datagram. Owner: the caller, on its stack. */
typedef struct NetLinkReader {
	const uint8_t *data;
	size_t len;
} NetLinkReader;

/* net_link_next() - take the next message
 * Returns false at the end, and where the rest is no whole message */
bool net_link_next(NetLinkReader *reader, NetLinkMessage *message);
