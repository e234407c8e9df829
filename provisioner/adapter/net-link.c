/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/net-link.h"

#include "provisioner/adapter/retry.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_MAX 32768 /* the kernel makes none longer for who reads with this */
#define TURN_MAX     16    /* datagrams taken before others get their turn */

typedef enum NetLinkStep {
	STEP_IDLE,
	STEP_LINK,      /* the interface was asked for */
	STEP_ADDRESSES, /* the list of all addresses is being read */
} NetLinkStep;

struct NetLink {
	char interface[IFNAMSIZ]; /* "": can be none */
	void (*changed)(void *data);
	void *data;
	int fd; /* -1: none */
	guint source;
	Retry *retry;
	bool warned;

	NetLinkStep step;
	uint32_t port; /* of our socket */
	uint32_t seq;  /* of the request under way */
	bool stale;    /* something changed since it was made */
	int index;     /* of the interface, as far as known; 0: none */
	NetLinkState next;
	NetLinkState state;
};

typedef struct LinkRequest {
	struct nlmsghdr header;
	struct ifinfomsg link;
	struct rtattr attribute;
	char name[IFNAMSIZ];
} LinkRequest;

typedef struct AddressRequest {
	struct nlmsghdr header;
	struct ifaddrmsg address;
} AddressRequest;

static void link_close(NetLink *link)
{
	g_clear_handle_id(&link->source, g_source_remove);
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	link->step = STEP_IDLE;
}

/* The socket is of no use: begin anew, later. */
static void link_fail(NetLink *link, const char *what, int number)
{
	if (!link->warned)
		g_warning("cannot watch the addresses of %s: %s: %s", link->interface, what,
			  g_strerror(number));
	link->warned = true;
	link_close(link);
	retry_later(link->retry);
}

static bool link_send(NetLink *link, const void *request, size_t len)
{
	if (send(link->fd, request, len, 0) == (ssize_t)len)
		return true;
	link_fail(link, "request", errno);
	return false;
}

/* From the top: is the interface there? */
static void link_read(NetLink *link)
{
	LinkRequest request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC },
		.attribute = { sizeof(request.attribute) + sizeof(request.name), IFLA_IFNAME },
	};

	memcpy(request.name, link->interface, sizeof(request.name));
	request.header.nlmsg_seq = ++link->seq;
	link->stale = false;
	link->next = (NetLinkState){ .known = true };
	if (link_send(link, &request, sizeof(request)))
		link->step = STEP_LINK;
}

static void addresses_read(NetLink *link)
{
	AddressRequest request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = RTM_GETADDR,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.address = { .ifa_family = AF_UNSPEC },
	};

	request.header.nlmsg_seq = ++link->seq;
	if (link_send(link, &request, sizeof(request)))
		link->step = STEP_ADDRESSES;
}

static bool address_equal(const NetLinkAddress *a, const NetLinkAddress *b)
{
	return a->there == b->there && a->permanent == b->permanent && a->stamp == b->stamp &&
	       memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

static bool state_equal(const NetLinkState *a, const NetLinkState *b)
{
	return a->known == b->known && a->present == b->present && a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && address_equal(&a->ip4, &b->ip4) &&
	       address_equal(&a->ip6, &b->ip6);
}

/* The reading is complete. @link may be gone afterwards. */
static void link_publish(NetLink *link)
{
	link->step = STEP_IDLE;
	if (link->stale) {
		link_read(link);
		return;
	}
	retry_reset(link->retry);
	if (state_equal(&link->state, &link->next))
		return;
	link->state = link->next;
	link->changed(link->data);
}

static void take_link(NetLink *link, const NetLinkMessage *message)
{
	link->index = message->index;
	link->next.present = true;
	link->next.has_mac = message->has_mac;
	memcpy(link->next.mac, message->mac, sizeof(link->next.mac));
	addresses_read(link);
}

static void take_address(NetLink *link, const NetLinkMessage *message)
{
	NetLinkAddress *address = message->ip4 ? &link->next.ip4 : &link->next.ip6;

	if (message->index != link->index || !message->usable)
		return;
	/* Stamps wrap around: later is what lies ahead by less than half the circle. */
	if (address->there && (int32_t)(message->stamp - address->stamp) <= 0)
		return;
	address->there = true;
	address->permanent = message->permanent;
	address->stamp = message->stamp;
	memcpy(address->octets, message->address, sizeof(address->octets));
}

/* Does an announcement concern our interface? */
static bool is_ours(const NetLink *link, const NetLinkMessage *message)
{
	switch (message->kind) {
	case NET_LINK_LINK:
	case NET_LINK_UNLINK:
		return message->index == link->index || strcmp(message->name, link->interface) == 0;
	case NET_LINK_ADDRESS:
	case NET_LINK_UNADDRESS: return message->index == link->index;
	case NET_LINK_DONE:
	case NET_LINK_ERROR:
	case NET_LINK_OTHER: break;
	}
	return false;
}

/* What answers the request under way. Returns false when @link may be gone. */
static bool take_answer(NetLink *link, const NetLinkMessage *message)
{
	link->stale = link->stale || message->interrupted;
	if (message->kind == NET_LINK_ERROR || message->kind == NET_LINK_DONE) {
		if (message->kind == NET_LINK_ERROR)
			link->index = 0;
		link_publish(link);
		return false;
	}
	if (link->step == STEP_LINK && message->kind == NET_LINK_LINK)
		take_link(link, message);
	else if (link->step == STEP_ADDRESSES && message->kind == NET_LINK_ADDRESS)
		take_address(link, message);
	return true;
}

/* Returns false when @link may be gone. */
static bool take_datagram(NetLink *link, const uint8_t *data, size_t len)
{
	NetLinkReader reader = { data, len };
	NetLinkMessage message;

	while (net_link_next(&reader, &message)) {
		if (link->step != STEP_IDLE && message.port == link->port &&
		    message.seq == link->seq) {
			if (!take_answer(link, &message))
				return false;
		} else if (is_ours(link, &message)) {
			link->stale = true;
		}
	}
	return true;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data);

static void link_open(void *data)
{
	NetLink *link = data;
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	struct sockaddr_nl own = { 0 };
	socklen_t own_len = sizeof(own);

	link->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (link->fd < 0 ||
	    bind(link->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(link->fd, (struct sockaddr *)&own, &own_len) < 0) {
		link_fail(link, "socket", errno);
		return;
	}
	link->port = own.nl_pid;
	link->source = g_unix_fd_add(link->fd, G_IO_IN, on_readable, link);
	link_read(link);
}

/* Returns octets received; 0: nothing more, or nothing of use; -1: the socket is another now. */
static ssize_t link_receive(NetLink *link, uint8_t *data, size_t size)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(link->fd, data, size, 0, (struct sockaddr *)&from, &from_len);

	if (len < 0 && errno == ENOBUFS) {
		/* Announcements were lost, and maybe an answer as well: all over again. */
		link_close(link);
		link_open(link);
		return -1;
	}
	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		link_fail(link, "answer", errno);
		return -1;
	}
	return len < 0 || from.nl_pid != 0 ? 0 : len;
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	NetLink *link = data;
	g_autofree uint8_t *buffer = g_malloc(DATAGRAM_MAX);

	for (int i = 0; i < TURN_MAX; i++) {
		ssize_t len = link_receive(link, buffer, DATAGRAM_MAX);

		if (len < 0)
			return G_SOURCE_REMOVE;
		if (len == 0)
			break;
		if (!take_datagram(link, buffer, (size_t)len))
			return G_SOURCE_CONTINUE;
	}
	if (link->step == STEP_IDLE && link->stale)
		link_read(link);
	return G_SOURCE_CONTINUE;
}

NetLink *net_link_new(const char *interface, void (*changed)(void *data), void *data)
{
	NetLink *link = g_new0(NetLink, 1);

	if (strlen(interface) < sizeof(link->interface))
		g_strlcpy(link->interface, interface, sizeof(link->interface));
	link->changed = changed;
	link->data = data;
	link->retry = retry_new(link_open, link);
	link->fd = -1;
	link_open(link);
	return link;
}

void net_link_free(NetLink *link)
{
	if (!link)
		return;
	link_close(link);
	retry_free(link->retry);
	g_free(link);
}

const NetLinkState *net_link_state(const NetLink *link)
{
	return &link->state;
}

bool net_link_is_newer(const NetLinkAddress *now, const NetLinkAddress *before)
{
	return now->there && (now->permanent || !before->there || now->stamp != before->stamp ||
			      memcmp(now->octets, before->octets, sizeof(now->octets)) != 0);
}

void net_link_ip4_text(const NetLinkAddress *address, char text[16])
{
	const uint8_t *ip = address->octets;

	if (address->there)
		g_snprintf(text, 16, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
	else
		g_strlcpy(text, "0.0.0.0", 16);
}
