/* SPDX-License-Identifier: MIT */
#include "tests/agent/unsure-link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 16
#define TURN_MS   5 /* longest time until a change of state is seen */
#define CHUNK     16384

typedef struct Pair {
	int agent; /* -1: free */
	int broker;
} Pair;

struct UnsureLink {
	int listener;
	uint16_t port;
	uint16_t target;
	GThread *thread;
	gint state;      /* atomic, LinkState */
	gint cut;        /* atomic: octets until then; -1: no cut is due */
	gint stop;       /* atomic */
	uint64_t octets; /* atomic */
	Pair pairs[PAIRS_MAX];
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* The peer sees a reset, not an end. */
static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void pair_end(Pair *pair)
{
	reset(pair->agent);
	reset(pair->broker);
	pair->agent = pair->broker = -1;
}

static void link_accept(UnsureLink *link)
{
	struct sockaddr_in address = loopback(link->target);
	int agent = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
	int broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	Pair *pair = NULL;

	g_assert_cmpint(agent, >=, 0);
	g_assert_cmpint(broker, >=, 0);
	for (unsigned i = 0; i < PAIRS_MAX && !pair; i++)
		pair = link->pairs[i].agent < 0 ? &link->pairs[i] : NULL;
	if (!pair || g_atomic_int_get(&link->state) == LINK_REFUSES ||
	    connect(broker, (struct sockaddr *)&address, sizeof(address)) < 0) {
		reset(agent);
		close(broker);
		return;
	}
	*pair = (Pair){ .agent = agent, .broker = broker };
}

/* How many octets of @len may still pass; 0: the line is cut. */
static size_t link_allow(UnsureLink *link, size_t len)
{
	gint left = g_atomic_int_get(&link->cut);

	if (left < 0)
		return len;
	len = MIN(len, (size_t)left);
	g_atomic_int_set(&link->cut, left - (gint)len);
	return len;
}

static bool all_sent(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* False when the line is cut or one end has closed. */
static bool pass(UnsureLink *link, int from, int to, bool up)
{
	char data[CHUNK];
	ssize_t len = recv(from, data, sizeof(data), MSG_DONTWAIT);

	if (len <= 0)
		return false;

	size_t allowed = link_allow(link, (size_t)len);

	if (up)
		__atomic_add_fetch(&link->octets, allowed, __ATOMIC_RELAXED);
	return all_sent(to, data, allowed) && allowed == (size_t)len;
}

static void link_end_all(UnsureLink *link)
{
	for (unsigned i = 0; i < PAIRS_MAX; i++) {
		if (link->pairs[i].agent >= 0)
			pair_end(&link->pairs[i]);
	}
}

static unsigned link_watch(UnsureLink *link, struct pollfd *fds, Pair **owners)
{
	unsigned n = 0;

	fds[n++] = (struct pollfd){ .fd = link->listener, .events = POLLIN };
	for (unsigned i = 0; i < PAIRS_MAX; i++) {
		if (link->pairs[i].agent < 0 || g_atomic_int_get(&link->state) == LINK_HOLDS)
			continue;
		owners[n] = owners[n + 1] = &link->pairs[i];
		fds[n++] = (struct pollfd){ .fd = link->pairs[i].agent, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = link->pairs[i].broker, .events = POLLIN };
	}
	return n;
}

static void link_turn(UnsureLink *link)
{
	struct pollfd fds[1 + 2 * PAIRS_MAX];
	Pair *owners[1 + 2 * PAIRS_MAX] = { 0 };
	unsigned n = link_watch(link, fds, owners);

	if (poll(fds, n, TURN_MS) <= 0)
		return;
	for (unsigned i = 1; i < n; i++) {
		Pair *pair = owners[i];
		bool up = fds[i].fd == pair->agent;

		if (!fds[i].revents || pair->agent < 0)
			continue;
		if (!pass(link, fds[i].fd, up ? pair->broker : pair->agent, up))
			pair_end(pair);
	}
	if (g_atomic_int_get(&link->cut) == 0) {
		link_end_all(link);
		g_atomic_int_set(&link->cut, -1);
	}
	if (fds[0].revents)
		link_accept(link);
}

static gpointer link_thread(gpointer data)
{
	UnsureLink *link = data;

	while (!g_atomic_int_get(&link->stop))
		link_turn(link);
	link_end_all(link);
	return NULL;
}

UnsureLink *unsure_link_new(uint16_t port)
{
	UnsureLink *link = g_new0(UnsureLink, 1);
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);

	link->target = port;
	link->cut = -1;
	for (unsigned i = 0; i < PAIRS_MAX; i++)
		link->pairs[i] = (Pair){ -1, -1 };
	link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(link->listener, (struct sockaddr *)&address, len), ==, 0);
	g_assert_cmpint(getsockname(link->listener, (struct sockaddr *)&address, &len), ==, 0);
	g_assert_cmpint(listen(link->listener, PAIRS_MAX), ==, 0);
	link->port = ntohs(address.sin_port);
	link->thread = g_thread_new("link", link_thread, link);
	return link;
}

void unsure_link_free(UnsureLink *link)
{
	if (!link)
		return;
	g_atomic_int_set(&link->stop, 1);
	g_thread_join(link->thread);
	close(link->listener);
	g_free(link);
}

uint16_t unsure_link_port(const UnsureLink *link)
{
	return link->port;
}

void unsure_link_set(UnsureLink *link, LinkState state)
{
	g_atomic_int_set(&link->state, state);
}

void unsure_link_cut(UnsureLink *link, unsigned octets)
{
	g_atomic_int_set(&link->cut, (gint)octets + 1);
}

uint64_t unsure_link_octets(const UnsureLink *link)
{
	return __atomic_load_n(&link->octets, __ATOMIC_RELAXED);
}
