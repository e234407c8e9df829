/* SPDX-License-Identifier: MIT */
/* The watcher of addresses: against messages made by hand, and against the kernel in a network
 * namespace of the test's own. */
#include "provisioner/adapter/net-link.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_US (60 * G_USEC_PER_SEC)

/* ---- messages ---- */

static void add_attribute(GByteArray *out, uint16_t type, const void *data, size_t len)
{
	static const uint8_t padding[4];
	const struct rtattr attribute = { (unsigned short)(sizeof(attribute) + len), type };

	g_byte_array_append(out, (const uint8_t *)&attribute, sizeof(attribute));
	g_byte_array_append(out, data, (guint)len);
	g_byte_array_append(out, padding, (guint)(-len & 3u));
}

/* A message around @body. */
static GByteArray *message_new(uint16_t type, const void *header, size_t header_len,
			       const GByteArray *attributes)
{
	const struct nlmsghdr head = {
		.nlmsg_len =
			(uint32_t)(sizeof(head) + header_len + (attributes ? attributes->len : 0)),
		.nlmsg_type = type,
		.nlmsg_seq = 7,
		.nlmsg_pid = 4711,
	};
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
	g_byte_array_append(out, header, (guint)header_len);
	if (attributes)
		g_byte_array_append(out, attributes->data, attributes->len);
	return out;
}

static GByteArray *link_message(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 9 };
	static const uint8_t permanent[] = { 2, 0, 0, 0, 0, 1 };
	const struct ifinfomsg header = { .ifi_index = 3 };
	g_autoptr(GByteArray) attributes = g_byte_array_new();

	add_attribute(attributes, IFLA_IFNAME, "wlan0", 6);
	add_attribute(attributes, IFLA_PERM_ADDRESS, permanent, sizeof(permanent));
	add_attribute(attributes, IFLA_ADDRESS, mac, sizeof(mac));
	return message_new(RTM_NEWLINK, &header, sizeof(header), attributes);
}

static GByteArray *address_message(uint8_t family, uint8_t scope, uint32_t flags)
{
	static const uint8_t local[16] = { 10, 0, 0, 61 };
	static const uint8_t peer[16] = { 10, 0, 0, 1 };
	const struct ifaddrmsg header = { .ifa_family = family,
					  .ifa_scope = scope,
					  .ifa_index = 3 };
	const struct ifa_cacheinfo times = { .tstamp = 12345 };
	const size_t len = family == AF_INET ? 4 : 16;
	g_autoptr(GByteArray) attributes = g_byte_array_new();

	add_attribute(attributes, IFA_LOCAL, local, len);
	add_attribute(attributes, IFA_ADDRESS, peer, len);
	add_attribute(attributes, IFA_FLAGS, &flags, sizeof(flags));
	add_attribute(attributes, IFA_CACHEINFO, &times, sizeof(times));
	return message_new(RTM_NEWADDR, &header, sizeof(header), attributes);
}

static bool parse(const GByteArray *octets, NetLinkMessage *message)
{
	NetLinkReader reader = { octets->data, octets->len };

	return net_link_next(&reader, message);
}

static void test_parse_link(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 };
	g_autoptr(GByteArray) octets = link_message();
	NetLinkMessage message;

	g_assert_true(parse(octets, &message));
	g_assert_cmpint(message.kind, ==, NET_LINK_LINK);
	g_assert_cmpuint(message.port, ==, 4711);
	g_assert_cmpuint(message.seq, ==, 7);
	g_assert_cmpint(message.index, ==, 3);
	g_assert_cmpstr(message.name, ==, "wlan0");
	g_assert_true(message.has_mac);
	g_assert_cmpmem(message.mac, sizeof(message.mac), mac, sizeof(mac));
}

typedef struct AddressCase {
	uint8_t family;
	uint8_t scope;
	uint32_t flags;
	bool usable;
} AddressCase;

static const AddressCase address_cases[] = {
	{ AF_INET, RT_SCOPE_UNIVERSE, 0, true },
	{ AF_INET, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, true },
	{ AF_INET, RT_SCOPE_LINK, 0, false },
	{ AF_INET, RT_SCOPE_HOST, 0, false },
	{ AF_INET6, RT_SCOPE_UNIVERSE, IFA_F_NOPREFIXROUTE, true },
	{ AF_INET6, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE, false },
	{ AF_INET6, RT_SCOPE_UNIVERSE, IFA_F_DADFAILED, false },
	{ AF_INET6, RT_SCOPE_UNIVERSE, IFA_F_DEPRECATED, false },
	{ AF_INET6, RT_SCOPE_LINK, 0, false },
};

static void test_parse_address(void)
{
	static const uint8_t local[] = { 10, 0, 0, 61 };

	for (size_t i = 0; i < G_N_ELEMENTS(address_cases); i++) {
		const AddressCase *c = &address_cases[i];
		g_autoptr(GByteArray) octets = address_message(c->family, c->scope, c->flags);
		NetLinkMessage message;

		g_assert_true(parse(octets, &message));
		g_assert_cmpint(message.kind, ==, NET_LINK_ADDRESS);
		g_assert_cmpint(message.ip4, ==, c->family == AF_INET);
		g_assert_cmpint(message.usable, ==, c->usable);
		g_assert_cmpint(message.permanent, ==, (c->flags & IFA_F_PERMANENT) != 0);
		g_assert_cmpuint(message.stamp, ==, 12345);
		g_assert_cmpmem(message.address, 4, local, sizeof(local));
	}
}

static void test_parse_others(void)
{
	const int refused = -ENODEV;
	const struct ifaddrmsg foreign = { .ifa_family = AF_BRIDGE };
	g_autoptr(GByteArray) error = message_new(NLMSG_ERROR, &refused, sizeof(refused), NULL);
	g_autoptr(GByteArray) done = message_new(NLMSG_DONE, NULL, 0, NULL);
	g_autoptr(GByteArray) route = message_new(RTM_NEWROUTE, NULL, 0, NULL);
	g_autoptr(GByteArray) bridge = message_new(RTM_NEWADDR, &foreign, sizeof(foreign), NULL);
	NetLinkReader reader;
	NetLinkMessage message;

	g_assert_true(parse(error, &message));
	g_assert_cmpint(message.kind, ==, NET_LINK_ERROR);
	g_assert_cmpint(message.error, ==, ENODEV);
	g_assert_true(parse(route, &message));
	g_assert_cmpint(message.kind, ==, NET_LINK_OTHER);
	g_assert_true(parse(bridge, &message));
	g_assert_cmpint(message.kind, ==, NET_LINK_OTHER);
	/* several in one datagram */
	g_byte_array_append(error, done->data, done->len);
	reader = (NetLinkReader){ error->data, error->len };
	g_assert_true(net_link_next(&reader, &message));
	g_assert_true(net_link_next(&reader, &message));
	g_assert_cmpint(message.kind, ==, NET_LINK_DONE);
	g_assert_false(net_link_next(&reader, &message));
}

/* Cut anywhere, and with each length off: nothing beyond the octets is read (the heap's guard of a
 * sanitizer would say), and a message that is not whole is none. */
static void test_parse_cut(void)
{
	g_autoptr(GByteArray) link = link_message();
	g_autoptr(GByteArray) address = address_message(AF_INET, RT_SCOPE_UNIVERSE, 0);
	const GByteArray *const wholes[] = { link, address };

	for (size_t i = 0; i < G_N_ELEMENTS(wholes); i++) {
		for (guint len = 0; len < wholes[i]->len; len++) {
			g_autofree uint8_t *cut = g_memdup2(wholes[i]->data, len);
			NetLinkReader reader = { cut, len };
			NetLinkMessage message;

			g_assert_false(net_link_next(&reader, &message));
		}
		for (guint at = 0; at < wholes[i]->len * 8; at++) {
			g_autofree uint8_t *odd = g_memdup2(wholes[i]->data, wholes[i]->len);
			NetLinkReader reader = { odd, wholes[i]->len };
			NetLinkMessage message;

			odd[at / 8] ^= (uint8_t)(1u << at % 8);
			while (net_link_next(&reader, &message))
				g_assert_cmpuint(strlen(message.name), <, sizeof(message.name));
		}
	}
}

static void test_newer(void)
{
	const NetLinkAddress none = { 0 };
	const NetLinkAddress leased = { .there = true, .stamp = 5, .octets = { 10, 0, 0, 1 } };
	const NetLinkAddress renewed = { .there = true, .stamp = 6, .octets = { 10, 0, 0, 1 } };
	const NetLinkAddress other = { .there = true, .stamp = 5, .octets = { 10, 0, 0, 2 } };
	const NetLinkAddress fixed = { .there = true, .permanent = true, .stamp = 5 };

	g_assert_false(net_link_is_newer(&none, &none));
	g_assert_false(net_link_is_newer(&none, &leased));
	g_assert_true(net_link_is_newer(&leased, &none));
	g_assert_false(net_link_is_newer(&leased, &leased));
	g_assert_true(net_link_is_newer(&renewed, &leased));
	g_assert_true(net_link_is_newer(&other, &leased));
	g_assert_true(net_link_is_newer(&fixed, &fixed));
}

/* ---- the kernel ---- */

typedef struct Fixture {
	NetLink *link;
	unsigned int changes;
} Fixture;

static void on_changed(void *data)
{
	Fixture *fixture = data;

	fixture->changes++;
}

/* WAIT_FOR() - turn the loop until the condition holds */
#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		gint64 until_us = g_get_monotonic_time() + DEADLINE_US;                            \
                                                                                                   \
		while (!(condition)) {                                                             \
			g_assert_cmpint(g_get_monotonic_time(), <, until_us);                      \
			if (!g_main_context_iteration(NULL, FALSE))                                \
				g_usleep(1000);                                                    \
		}                                                                                  \
	} while (0)

static void run(const char *line)
{
	int status = 0;
	g_autoptr(GError) error = NULL;
	const char *const argv[] = { "/bin/sh", "-ec", line, NULL };

	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
		     &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

/* A namespace with its own "lo" and nothing else; as anybody where the kernel lets anybody. */
static bool enter_namespace(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return true;
	g_test_skip("no network namespace to be had");
	return false;
}

static void start(Fixture *fixture, const char *interface)
{
	fixture->changes = 0;
	fixture->link = net_link_new(interface, on_changed, fixture);
	g_assert_false(net_link_state(fixture->link)->known);
	WAIT_FOR(net_link_state(fixture->link)->known);
}

static bool has_ip4(const Fixture *fixture, const char *expected)
{
	char text[16];

	net_link_ip4_text(&net_link_state(fixture->link)->ip4, text);
	return strcmp(text, expected) == 0;
}

/* Those with less reach are not shown; one that was renewed is told from the same one before. */
static void test_addresses(void)
{
	Fixture fixture = { 0 };
	NetLinkAddress before;

	if (!enter_namespace())
		return;
	run("ip link set lo up; ip addr add 169.254.7.7/16 scope link dev lo");
	start(&fixture, "lo");
	g_assert_true(net_link_state(fixture.link)->present);
	g_assert_true(has_ip4(&fixture, "0.0.0.0"));
	g_assert_false(net_link_state(fixture.link)->ip6.there);

	run("ip addr add 192.0.2.5/24 valid_lft 1000 preferred_lft 1000 dev lo");
	WAIT_FOR(has_ip4(&fixture, "192.0.2.5"));
	before = net_link_state(fixture.link)->ip4;
	g_assert_false(before.permanent);
	g_usleep(20000); /* the kernel's stamps count hundredths of a second */
	run("ip addr change 192.0.2.5/24 valid_lft 2000 preferred_lft 2000 dev lo");
	WAIT_FOR(net_link_is_newer(&net_link_state(fixture.link)->ip4, &before));
	g_assert_true(has_ip4(&fixture, "192.0.2.5"));

	run("ip addr add 2001:db8::5/64 dev lo");
	WAIT_FOR(net_link_state(fixture.link)->ip6.there);
	run("ip addr flush dev lo");
	WAIT_FOR(has_ip4(&fixture, "0.0.0.0") && !net_link_state(fixture.link)->ip6.there);
	net_link_free(fixture.link);
}

/* The interface comes, goes, and comes again under another index; it need not be there. */
static void test_interface(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 0x61 };
	Fixture fixture = { 0 };

	if (!enter_namespace())
		return;
	start(&fixture, "radio0");
	g_assert_false(net_link_state(fixture.link)->present);
	for (int i = 0; i < 2; i++) {
		run("ip link add radio0 address 02:00:00:00:00:61 type bridge");
		run("ip addr add 192.0.2.5/24 dev radio0");
		WAIT_FOR(has_ip4(&fixture, "192.0.2.5"));
		g_assert_true(net_link_state(fixture.link)->ip4.permanent);
		g_assert_true(net_link_state(fixture.link)->has_mac);
		g_assert_cmpmem(net_link_state(fixture.link)->mac, sizeof(mac), mac, sizeof(mac));
		run("ip link del radio0; ip link add other0 type bridge; ip link del other0");
		WAIT_FOR(!net_link_state(fixture.link)->present);
		g_assert_true(has_ip4(&fixture, "0.0.0.0"));
	}
	net_link_free(fixture.link);
}

/* Addresses of other interfaces are theirs, and cause nothing. */
static void test_others(void)
{
	Fixture fixture = { 0 };

	if (!enter_namespace())
		return;
	run("ip link add radio0 type bridge");
	start(&fixture, "lo");
	run("ip addr add 192.0.2.9/24 dev radio0; ip addr add 192.0.2.5/24 dev lo");
	WAIT_FOR(has_ip4(&fixture, "192.0.2.5"));
	g_assert_cmpuint(fixture.changes, ==, 2);
	net_link_free(fixture.link);
}

/* More happens than the socket holds while we are busy: what is so in the end is known. */
static void test_overrun(void)
{
	Fixture fixture = { 0 };

	if (!enter_namespace())
		return;
	start(&fixture, "lo");
	run("for i in 1 2 3 4 5 6 7 8; do for j in $(seq 250); do "
	    "echo addr add 10.0.$i.$j/32 dev lo; done; done | ip -batch -");
	run("ip addr flush dev lo; ip addr add 192.0.2.5/24 dev lo");
	WAIT_FOR(has_ip4(&fixture, "192.0.2.5"));
	run("ip addr flush dev lo");
	WAIT_FOR(has_ip4(&fixture, "0.0.0.0"));
	net_link_free(fixture.link);
}

/* A name that no interface can have is never there. */
static void test_long_name(void)
{
	Fixture fixture = { 0 };

	if (!enter_namespace())
		return;
	start(&fixture, "a-name-of-sixteen");
	g_assert_false(net_link_state(fixture.link)->present);
	net_link_free(fixture.link);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/net-link/parse/link", test_parse_link);
	g_test_add_func("/net-link/parse/address", test_parse_address);
	g_test_add_func("/net-link/parse/others", test_parse_others);
	g_test_add_func("/net-link/parse/cut", test_parse_cut);
	g_test_add_func("/net-link/newer", test_newer);
	g_test_add_func("/net-link/kernel/addresses", test_addresses);
	g_test_add_func("/net-link/kernel/interface", test_interface);
	g_test_add_func("/net-link/kernel/others", test_others);
	g_test_add_func("/net-link/kernel/overrun", test_overrun);
	g_test_add_func("/net-link/kernel/long-name", test_long_name);
	return g_test_run();
}
