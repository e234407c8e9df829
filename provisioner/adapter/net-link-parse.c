/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/net-link-parse.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define ALIGN(len) (((len) + 3u) & ~(size_t)3u)

/* What is no address to be reached at: on trial, in conflict, or only kept for old connections. */
#define UNUSABLE_FLAGS (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)

/* Skip @len octets and what pads them. */
static void advance(NetLinkReader *reader, size_t len)
{
	size_t step = MIN(ALIGN(len), reader->len);

	reader->data += step;
	reader->len -= step;
}

/* The next attribute's value goes to @value. */
static bool next_attribute(NetLinkReader *reader, uint16_t *type, NetLinkReader *value)
{
	struct rtattr attribute;

	if (reader->len < sizeof(attribute))
		return false;
	memcpy(&attribute, reader->data, sizeof(attribute));
	if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > reader->len)
		return false;
	*type = attribute.rta_type & NLA_TYPE_MASK;
	value->data = reader->data + sizeof(attribute);
	value->len = attribute.rta_len - sizeof(attribute);
	advance(reader, attribute.rta_len);
	return true;
}

static void take_name(NetLinkMessage *message, const NetLinkReader *value)
{
	size_t len = strnlen((const char *)value->data, value->len);

	if (len == 0 || len >= sizeof(message->name))
		return;
	memcpy(message->name, value->data, len);
	message->name[len] = '\0';
}

static void parse_link(NetLinkMessage *message, NetLinkReader body)
{
	struct ifinfomsg header;
	NetLinkReader value;
	uint16_t type = 0;
	bool permanent = false;

	if (body.len < sizeof(header))
		return;
	memcpy(&header, body.data, sizeof(header));
	advance(&body, sizeof(header));
	message->index = header.ifi_index;
	while (next_attribute(&body, &type, &value)) {
		if (type == IFLA_IFNAME)
			take_name(message, &value);
		if ((type != IFLA_ADDRESS && type != IFLA_PERM_ADDRESS) ||
		    value.len != NET_LINK_MAC_LEN || (type == IFLA_ADDRESS && permanent))
			continue;
		memcpy(message->mac, value.data, value.len);
		message->has_mac = true;
		permanent = type == IFLA_PERM_ADDRESS;
	}
	message->kind = NET_LINK_LINK;
}

/* IFA_LOCAL is ours where the link is between two, IFA_ADDRESS the other end's; alone
 * it is ours. */
static void take_address(NetLinkMessage *message, const NetLinkReader *value, uint16_t type,
			 bool *local)
{
	if (value->len != (message->ip4 ? 4u : 16u) || (type == IFA_ADDRESS && *local))
		return;
	memcpy(message->address, value->data, value->len);
	*local = type == IFA_LOCAL;
}

static void parse_address(NetLinkMessage *message, NetLinkReader body)
{
	struct ifaddrmsg header;
	struct ifa_cacheinfo times = { 0 };
	NetLinkReader value;
	uint32_t flags = 0;
	uint16_t type = 0;
	bool local = false;

	if (body.len < sizeof(header))
		return;
	memcpy(&header, body.data, sizeof(header));
	advance(&body, sizeof(header));
	if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6)
		return;
	message->index = (int)header.ifa_index;
	message->ip4 = header.ifa_family == AF_INET;
	flags = header.ifa_flags;
	while (next_attribute(&body, &type, &value)) {
		if (type == IFA_LOCAL || type == IFA_ADDRESS)
			take_address(message, &value, type, &local);
		else if (type == IFA_FLAGS && value.len == sizeof(flags))
			memcpy(&flags, value.data, sizeof(flags));
		else if (type == IFA_CACHEINFO && value.len >= sizeof(times))
			memcpy(&times, value.data, sizeof(times));
	}
	message->usable = header.ifa_scope == RT_SCOPE_UNIVERSE && !(flags & UNUSABLE_FLAGS);
	message->permanent = flags & IFA_F_PERMANENT;
	message->stamp = times.tstamp;
	message->kind = NET_LINK_ADDRESS;
}

static void parse_error(NetLinkMessage *message, const NetLinkReader *body)
{
	int32_t error = 0;

	if (body->len < sizeof(error))
		return;
	memcpy(&error, body->data, sizeof(error));
	message->error = error == INT32_MIN ? INT32_MAX : ABS(error);
	message->kind = NET_LINK_ERROR;
}

static void parse_body(NetLinkMessage *message, uint16_t type, NetLinkReader body)
{
	switch (type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		parse_link(message, body);
		if (message->kind == NET_LINK_LINK && type == RTM_DELLINK)
			message->kind = NET_LINK_UNLINK;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		parse_address(message, body);
		if (message->kind == NET_LINK_ADDRESS && type == RTM_DELADDR)
			message->kind = NET_LINK_UNADDRESS;
		break;
	case NLMSG_DONE: message->kind = NET_LINK_DONE; break;
	case NLMSG_ERROR: parse_error(message, &body); break;
	default: break;
	}
}

bool net_link_next(NetLinkReader *reader, NetLinkMessage *message)
{
	struct nlmsghdr header;

	*message = (NetLinkMessage){ .kind = NET_LINK_OTHER };
	if (reader->len < sizeof(header))
		return false;
	memcpy(&header, reader->data, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > reader->len)
		return false;
	message->port = header.nlmsg_pid;
	message->seq = header.nlmsg_seq;
	message->interrupted = header.nlmsg_flags & NLM_F_DUMP_INTR;
	parse_body(message, header.nlmsg_type,
		   (NetLinkReader){ reader->data + sizeof(header),
				    header.nlmsg_len - sizeof(header) });
	advance(reader, header.nlmsg_len);
	return true;
}
