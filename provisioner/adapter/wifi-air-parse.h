/* SPDX-License-Identifier: MIT */
/*
 * wifi-air-parse - what the kernel tells about access points, taken apart
 *
 *   datagram: nlmsghdr │ genlmsghdr │ nlattr value ... nlattr BSS { nlattr value ... } │ nlmsghdr
 *
 * Pure: octets in, values out. The elements of an access point come from the air as anybody sent
 * them: a length that reaches beyond what is there ends the reading, and nothing beyond it is
 * touched. Layouts are those of <linux/netlink.h>, <linux/genetlink.h> and <linux/nl80211.h> and of
 * IEEE 802.11-2020, 9.4.2; numbers of the kernel are in the order of this machine.
 */
#pragma once

#include "provisioner/core/wifi-port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum WifiAirKind {
	WIFI_AIR_FAMILY, /* the number of nl80211 */
	WIFI_AIR_HEARD,  /* an access point */
	WIFI_AIR_DONE,   /* end of the list, or the request was refused */
	WIFI_AIR_OTHER,  /* nothing for us */
} WifiAirKind;

typedef struct WifiAirMessage {
	WifiAirKind kind;
	uint32_t seq;    /* of what was asked */
	bool refused;    /* DONE: an error */
	uint16_t family; /* FAMILY */

	WifiNetwork network; /* HEARD; ssid_len 0: it hides its name */
	uint32_t seen_ms;    /* HEARD: how long ago */
} WifiAirMessage;

/* What is left to read of a datagram. Owner: the caller, on its stack. */
typedef struct WifiAirReader {
	const uint8_t *data;
	size_t len;
} WifiAirReader;

/* wifi_air_next() - take the next message
 * Returns false at the end, and where the rest is no whole message */
bool wifi_air_next(WifiAirReader *reader, WifiAirMessage *message);

/* wifi_air_elements() - name and security of an access point, from its elements
 * @elements: borrowed, @len octets of any value
 * @privacy:  the bit of its capabilities: without further elements that means WEP
 * Only ssid, ssid_len and auth of @network are set */
void wifi_air_elements(const uint8_t *elements, size_t len, bool privacy, WifiNetwork *network);
