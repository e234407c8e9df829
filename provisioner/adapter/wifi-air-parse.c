/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-air-parse.h"

#include "provisioner/adapter/wifi-map.h"

#include <glib.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <string.h>

#define ELEMENT_SSID       0
#define ELEMENT_RSN        48
#define ELEMENT_VENDOR     221
#define CAPABILITY_PRIVACY 0x0010u
#define SUITES_MAX         64 /* more are not looked at */

/* What an access point lets a station prove itself with. */
#define AKM_802_1X 0x1u
#define AKM_PSK    0x2u
#define AKM_SAE    0x4u
#define AKM_OWE    0x8u

/* ---- elements ---- */

static const uint8_t oui_rsn[] = { 0x00, 0x0f, 0xac };
static const uint8_t oui_wpa[] = { 0x00, 0x50, 0xf2 };

/* The authentication suites of 802.11; unknown ones are none. */
static const unsigned int suites[] = {
	[1] = AKM_802_1X,  [2] = AKM_PSK,     [3] = AKM_802_1X,  [4] = AKM_PSK,
	[5] = AKM_802_1X,  [6] = AKM_PSK,     [8] = AKM_SAE,     [9] = AKM_SAE,
	[11] = AKM_802_1X, [12] = AKM_802_1X, [13] = AKM_802_1X, [18] = AKM_OWE,
	[22] = AKM_802_1X, [23] = AKM_802_1X, [24] = AKM_SAE,    [25] = AKM_SAE,
};

static size_t read_le16(const uint8_t *data)
{
	return (size_t)(data[0] | data[1] << 8);
}

/* version, group cipher, count and pairwise ciphers, count and authentication suites, ...
 * @data: what follows the number of the element, or the vendor's */
static unsigned int read_suites(const uint8_t *data, size_t len, const uint8_t oui[3])
{
	unsigned int found = 0;
	size_t at = 2 + 4;
	size_t count = 0;

	if (len < at + 2)
		return 0;
	at += 2 + 4 * read_le16(data + at);
	if (len < at + 2)
		return 0;
	count = MIN(read_le16(data + at), SUITES_MAX);
	at += 2;
	for (size_t i = 0; i < count && len >= at + 4; i++, at += 4) {
		if (memcmp(data + at, oui, 3) == 0 && data[at + 3] < G_N_ELEMENTS(suites))
			found |= suites[data[at + 3]];
	}
	return found;
}

static WifiAuth auth_of(unsigned int rsn, unsigned int wpa, bool privacy)
{
	if ((rsn | wpa) & AKM_802_1X)
		return WIFI_AUTH_ENTERPRISE;
	if (rsn & AKM_SAE)
		return rsn & AKM_PSK ? WIFI_AUTH_WPA2_WPA3 : WIFI_AUTH_WPA3;
	if (rsn & AKM_PSK)
		return wpa & AKM_PSK ? WIFI_AUTH_WPA_WPA2 : WIFI_AUTH_WPA2;
	if (wpa & AKM_PSK)
		return WIFI_AUTH_WPA;
	if (rsn & AKM_OWE)
		return WIFI_AUTH_OPEN;
	return privacy ? WIFI_AUTH_WEP : WIFI_AUTH_OPEN;
}

static void take_name(const uint8_t *data, size_t len, WifiNetwork *network)
{
	/* A name of zeros hides it, too. */
	if (len > WIFI_SSID_MAX || len == 0 || data[0] == 0)
		return;
	memcpy(network->ssid, data, len);
	network->ssid_len = (uint8_t)len;
}

void wifi_air_elements(const uint8_t *elements, size_t len, bool privacy, WifiNetwork *network)
{
	unsigned int rsn = 0;
	unsigned int wpa = 0;

	while (len >= 2 && len - 2 >= elements[1]) {
		const uint8_t *data = elements + 2;
		size_t size = elements[1];

		if (elements[0] == ELEMENT_SSID)
			take_name(data, size, network);
		else if (elements[0] == ELEMENT_RSN)
			rsn |= read_suites(data, size, oui_rsn);
		else if (elements[0] == ELEMENT_VENDOR && size >= 4 &&
			 memcmp(data, oui_wpa, 3) == 0 && data[3] == 1)
			wpa |= read_suites(data + 4, size - 4, oui_wpa);
		elements += 2 + size;
		len -= 2 + size;
	}
	network->auth = auth_of(rsn, wpa, privacy);
}

/* ---- netlink ---- */

typedef struct Attribute {
	unsigned int type;
	const uint8_t *data;
	size_t len;
} Attribute;

/* Take the next attribute off @reader; false at the end. */
static bool next_attribute(WifiAirReader *reader, Attribute *attribute)
{
	struct nlattr header;
	size_t padded = 0;

	if (reader->len < sizeof(header))
		return false;
	memcpy(&header, reader->data, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > reader->len)
		return false;
	attribute->type = header.nla_type & NLA_TYPE_MASK;
	attribute->data = reader->data + sizeof(header);
	attribute->len = header.nla_len - sizeof(header);
	padded = MIN(NLA_ALIGN((size_t)header.nla_len), reader->len);
	reader->data += padded;
	reader->len -= padded;
	return true;
}

static uint32_t number(const Attribute *attribute)
{
	uint32_t value = 0;
	uint16_t half = 0;

	if (attribute->len == sizeof(value)) {
		memcpy(&value, attribute->data, sizeof(value));
	} else if (attribute->len == sizeof(half)) {
		memcpy(&half, attribute->data, sizeof(half));
		value = half;
	}
	return value;
}

static void take_signal(const Attribute *attribute, WifiNetwork *network)
{
	network->rssi_dbm = (int8_t)(CLAMP((int32_t)number(attribute), -12800, 0) / 100);
}

/* An access point, when it has an address. */
static void read_bss(WifiAirReader reader, WifiAirMessage *message)
{
	WifiNetwork *network = &message->network;
	Attribute elements = { 0 };
	Attribute attribute;
	bool privacy = false;

	while (next_attribute(&reader, &attribute)) {
		switch (attribute.type) {
		case NL80211_BSS_BSSID:
			if (attribute.len != WIFI_BSSID_LEN)
				break;
			memcpy(network->bssid, attribute.data, WIFI_BSSID_LEN);
			message->kind = WIFI_AIR_HEARD;
			break;
		case NL80211_BSS_FREQUENCY:
			network->channel = wifi_map_channel(number(&attribute));
			break;
		case NL80211_BSS_CAPABILITY:
			privacy = number(&attribute) & CAPABILITY_PRIVACY;
			break;
		case NL80211_BSS_SIGNAL_MBM: take_signal(&attribute, network); break;
		case NL80211_BSS_SEEN_MS_AGO: message->seen_ms = number(&attribute); break;
		case NL80211_BSS_INFORMATION_ELEMENTS: elements = attribute; break;
		default: break;
		}
	}
	wifi_air_elements(elements.data, elements.len, privacy, network);
}

static void read_attributes(WifiAirReader reader, uint16_t type, WifiAirMessage *message)
{
	Attribute attribute;

	while (next_attribute(&reader, &attribute)) {
		if (type == GENL_ID_CTRL && attribute.type == CTRL_ATTR_FAMILY_ID) {
			message->kind = WIFI_AIR_FAMILY;
			message->family = (uint16_t)number(&attribute);
		} else if (type != GENL_ID_CTRL && attribute.type == NL80211_ATTR_BSS) {
			read_bss((WifiAirReader){ attribute.data, attribute.len }, message);
		}
	}
}

static void read_error(const WifiAirReader *body, WifiAirMessage *message)
{
	int32_t error = 0;

	message->kind = WIFI_AIR_DONE;
	if (body->len >= sizeof(error))
		memcpy(&error, body->data, sizeof(error));
	message->refused = error != 0;
}

bool wifi_air_next(WifiAirReader *reader, WifiAirMessage *message)
{
	struct nlmsghdr header;
	WifiAirReader body = { 0 };
	size_t padded = 0;

	*message = (WifiAirMessage){ .kind = WIFI_AIR_OTHER };
	if (reader->len < sizeof(header))
		return false;
	memcpy(&header, reader->data, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > reader->len)
		return false;
	body.data = reader->data + sizeof(header);
	body.len = header.nlmsg_len - sizeof(header);
	padded = MIN(NLMSG_ALIGN((size_t)header.nlmsg_len), reader->len);
	reader->data += padded;
	reader->len -= padded;
	message->seq = header.nlmsg_seq;
	if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
		read_error(&body, message);
	} else if (header.nlmsg_type >= NLMSG_MIN_TYPE && body.len >= GENL_HDRLEN) {
		body.data += GENL_HDRLEN;
		body.len -= GENL_HDRLEN;
		read_attributes(body, header.nlmsg_type, message);
	}
	return true;
}
