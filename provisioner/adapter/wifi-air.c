/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-air.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_MAX 32768 /* the kernel makes none longer for who reads with this */
#define TURN_MAX     16    /* datagrams taken before others get their turn */

struct WifiAir {
	WifiAirDone done;
	void *data;
	uint32_t interface;
	int fd; /* -1: none */
	guint source;
	guint start;
	uint32_t seq; /* of the request under way: 1 for the family, 2 for the list */
	GArray *heard;
};

typedef struct FamilyRequest {
	struct nlmsghdr header;
	struct genlmsghdr command;
	struct nlattr attribute;
	char name[8];
} FamilyRequest;

typedef struct ScanRequest {
	struct nlmsghdr header;
	struct genlmsghdr command;
	struct nlattr attribute;
	uint32_t interface;
} ScanRequest;

/* @air may be gone afterwards. */
static void air_finish(WifiAir *air, bool read)
{
	g_clear_handle_id(&air->source, g_source_remove);
	g_clear_handle_id(&air->start, g_source_remove);
	air->done(read ? air->heard : NULL, air->data);
}

static bool air_send(WifiAir *air, const void *request, size_t len)
{
	air->seq++;
	return send(air->fd, request, len, 0) == (ssize_t)len;
}

static bool ask_family(WifiAir *air)
{
	const FamilyRequest request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = GENL_ID_CTRL,
			    .nlmsg_flags = NLM_F_REQUEST,
			    .nlmsg_seq = air->seq + 1 },
		.command = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attribute = { sizeof(request.attribute) + sizeof(request.name),
			       CTRL_ATTR_FAMILY_NAME },
		.name = NL80211_GENL_NAME,
	};

	return air_send(air, &request, sizeof(request));
}

static bool ask_list(WifiAir *air, uint16_t family)
{
	const ScanRequest request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = family,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = air->seq + 1 },
		.command = { .cmd = NL80211_CMD_GET_SCAN },
		.attribute = { sizeof(request.attribute) + sizeof(request.interface),
			       NL80211_ATTR_IFINDEX },
		.interface = air->interface,
	};

	return air_send(air, &request, sizeof(request));
}

/* Returns false when it is over; @air may be gone then. */
static bool take_message(WifiAir *air, const WifiAirMessage *message)
{
	switch (message->kind) {
	case WIFI_AIR_FAMILY:
		if (ask_list(air, message->family))
			return true;
		break;
	case WIFI_AIR_HEARD:
		if (air->heard->len < WIFI_AIR_MAX)
			g_array_append_vals(air->heard, message, 1);
		return true;
	case WIFI_AIR_OTHER: return true;
	case WIFI_AIR_DONE: break;
	}
	air_finish(air, message->kind == WIFI_AIR_DONE && !message->refused);
	return false;
}

/* Returns false when it is over; @air may be gone then. */
static bool take_datagram(WifiAir *air, const uint8_t *data, size_t len)
{
	WifiAirReader reader = { data, len };
	WifiAirMessage message;

	while (wifi_air_next(&reader, &message)) {
		if (message.seq == air->seq && !take_message(air, &message))
			return false;
	}
	return true;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	WifiAir *air = data;
	g_autofree uint8_t *buffer = g_malloc(DATAGRAM_MAX);

	for (int i = 0; i < TURN_MAX; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t len =
			recvfrom(fd, buffer, DATAGRAM_MAX, 0, (struct sockaddr *)&from, &from_len);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0) {
			air_finish(air, false);
			return G_SOURCE_CONTINUE; /* it is removed already */
		}
		if (from.nl_pid == 0 && !take_datagram(air, buffer, (size_t)len))
			return G_SOURCE_CONTINUE;
	}
	return G_SOURCE_CONTINUE;
}

static gboolean on_start(gpointer data)
{
	WifiAir *air = data;

	air->start = 0;
	air->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (air->fd < 0 || air->interface == 0 || !ask_family(air)) {
		air_finish(air, false);
		return G_SOURCE_REMOVE;
	}
	air->source = g_unix_fd_add(air->fd, G_IO_IN, on_readable, air);
	return G_SOURCE_REMOVE;
}

WifiAir *wifi_air_new(const char *interface, WifiAirDone done, void *data)
{
	WifiAir *air = g_new0(WifiAir, 1);

	air->done = done;
	air->data = data;
	air->fd = -1;
	air->interface = if_nametoindex(interface);
	air->heard = g_array_new(false, false, sizeof(WifiAirMessage));
	air->start = g_idle_add(on_start, air); /* nothing is reported from in here */
	return air;
}

void wifi_air_free(WifiAir *air)
{
	if (!air)
		return;
	g_clear_handle_id(&air->source, g_source_remove);
	g_clear_handle_id(&air->start, g_source_remove);
	if (air->fd >= 0)
		close(air->fd);
	g_array_unref(air->heard);
	g_free(air);
}

static bool is_address_heard(const GArray *heard, const uint8_t *bssid, uint32_t within_ms)
{
	for (guint i = 0; i < heard->len; i++) {
		const WifiAirMessage *one = &g_array_index(heard, WifiAirMessage, i);

		if (one->seen_ms <= within_ms &&
		    memcmp(one->network.bssid, bssid, WIFI_BSSID_LEN) == 0)
			return true;
	}
	return false;
}

bool wifi_air_is_heard(const GArray *heard, const uint8_t *ssid, size_t ssid_len,
		       uint32_t within_ms)
{
	for (guint i = 0; i < heard->len; i++) {
		const WifiNetwork *network = &g_array_index(heard, WifiAirMessage, i).network;

		if (network->ssid_len == ssid_len && memcmp(network->ssid, ssid, ssid_len) == 0 &&
		    is_address_heard(heard, network->bssid, within_ms))
			return true;
	}
	return false;
}
