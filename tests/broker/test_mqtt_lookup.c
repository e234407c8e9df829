/* SPDX-License-Identifier: MIT */
/* mqtt: names with several addresses, and a resolver that takes its time. getaddrinfo() of this
 * program stands before the C library's for everybody in it:
 *
 *     two.test   127.0.0.2, where nobody listens, then 127.0.0.1
 *     slow.test  127.0.0.1, once it is let go
 *     other      as ever
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"

#define SHORT_MS  400
#define SHARED_MS 3000 /* connect time-out for two addresses, half for each */
#define FILLERS   4    /* connections that fill a backlog of none */

/* Read and written by the threads of look-ups; the one piece of state a replaced function needs. */
static struct {
	GMutex mutex;
	GCond cond;
	bool held;
	unsigned int slow; /* look-ups of slow.test so far */
	unsigned int done; /* those that have returned */
} resolver;

typedef int (*Resolve)(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);

static int two_addresses(Resolve real, const struct addrinfo *hints, struct addrinfo **list)
{
	int code = real("127.0.0.2", NULL, hints, list);

	return code ? code : real("127.0.0.1", NULL, hints, &(*list)->ai_next);
}

static int slow_address(Resolve real, const struct addrinfo *hints, struct addrinfo **list)
{
	int code;

	g_mutex_lock(&resolver.mutex);
	resolver.slow++;
	while (resolver.held)
		g_cond_wait(&resolver.cond, &resolver.mutex);
	code = real("127.0.0.1", NULL, hints, list);
	resolver.done++;
	g_cond_broadcast(&resolver.cond);
	g_mutex_unlock(&resolver.mutex);
	return code;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **list)
{
	Resolve real = (Resolve)dlsym(RTLD_NEXT, "getaddrinfo");

	if (node && !(hints->ai_flags & AI_NUMERICHOST) && strcmp(node, "two.test") == 0)
		return two_addresses(real, hints, list);
	if (node && !(hints->ai_flags & AI_NUMERICHOST) && strcmp(node, "slow.test") == 0)
		return slow_address(real, hints, list);
	return real(node, service, hints, list);
}

static void resolver_hold(bool held)
{
	g_mutex_lock(&resolver.mutex);
	resolver.held = held;
	g_cond_broadcast(&resolver.cond);
	g_mutex_unlock(&resolver.mutex);
}

/* Until every look-up of slow.test has returned. */
static void resolver_settle(void)
{
	g_mutex_lock(&resolver.mutex);
	while (resolver.done < resolver.slow)
		g_cond_wait(&resolver.cond, &resolver.mutex);
	g_mutex_unlock(&resolver.mutex);
}

static PeerConfig config_for(const char *host, uint16_t port)
{
	return (PeerConfig){ .host = host, .port = port, .device = "device" };
}

static void test_second_address(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = config_for("two.test", broker_port(broker));
	g_autoptr(Peer) peer = peer_new(pki, &config);

	peer_connect(peer);
	peer_publish(peer, "landfall/x", "x");
	peer_wait(&peer->published->len, 1);
	peer_leave(peer);
	broker_kill(broker);
	peer_fail(peer, LANDFALL_ERROR_NETWORK, "broker two.test (127.0.0.1) port");
}

static struct sockaddr_in silent_address(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	g_assert_cmpint(inet_pton(AF_INET, "127.0.0.2", &address.sin_addr), ==, 1);
	return address;
}

/* An address that answers no connection: its backlog is full. fds[0] listens. */
static void silence(uint16_t port, int *fds)
{
	struct sockaddr_in address = silent_address(port);

	for (unsigned int i = 0; i <= FILLERS; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_assert_cmpint(bind(fds[0], (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(fds[0], 0), ==, 0);
	for (unsigned int i = 1; i <= FILLERS; i++)
		connect(fds[i], (struct sockaddr *)&address, sizeof(address));
}

static gboolean count_turn(gpointer data)
{
	++*(unsigned int *)data;
	return G_SOURCE_CONTINUE;
}

static void test_silent_first_address(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = config_for("two.test", broker_port(broker));
	g_autoptr(Peer) peer = NULL;
	int fds[FILLERS + 1];

	silence(broker_port(broker), fds);
	config.connect_timeout_ms = SHARED_MS;
	peer = peer_new(pki, &config);
	peer_connect(peer);
	g_assert_cmpuint(peer->session.connect_ms, >=, SHARED_MS / 2); /* its share of the time */
	peer_leave(peer);
	for (unsigned int i = 0; i <= FILLERS; i++)
		close(fds[i]);
}

/* The only address does not answer: the loop turns, and the time that there is for it is over. */
static void test_silent_address(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	uint16_t port = port_unused();
	PeerConfig config = config_for("127.0.0.2", port);
	g_autoptr(Peer) peer = NULL;
	unsigned int turns = 0;
	guint timer = g_timeout_add(1, count_turn, &turns);
	int fds[FILLERS + 1];

	silence(port, fds);
	config.connect_timeout_ms = SHORT_MS;
	peer = peer_new(pki, &config);
	peer_fail(peer, LANDFALL_ERROR_NETWORK, "no answer to the TCP connection within 400 ms");
	g_assert_cmpint(mqtt_client_stage(peer->client), ==, MQTT_STAGE_TCP);
	g_assert_cmpuint(turns, >, 1);
	g_source_remove(timer);
	for (unsigned int i = 0; i <= FILLERS; i++)
		close(fds[i]);
}

static void test_no_answer(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = config_for("slow.test", broker_port(broker));
	unsigned int before = resolver.slow;
	g_autoptr(Peer) peer = NULL;

	config.connect_timeout_ms = SHORT_MS;
	peer = peer_new(pki, &config);
	resolver_hold(true);
	for (unsigned int i = 0; i < 3; i++)
		peer_fail(peer, LANDFALL_ERROR_NETWORK,
			  "no answer to the name look-up within 400 ms");
	resolver_hold(false);
	resolver_settle();
	g_assert_cmpuint(resolver.slow, ==, before + 1); /* one thread, however often it is tried */
}

static void test_taken_over(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = config_for("slow.test", broker_port(broker));
	g_autoptr(Peer) peer = peer_new(pki, &config);
	unsigned int before = resolver.slow;

	resolver_hold(true);
	g_assert_true(mqtt_client_connect(peer->client, NULL));
	peer_leave(peer);
	g_assert_true(mqtt_client_connect(peer->client, NULL));
	resolver_hold(false);
	peer_wait(&peer->connected, 1);
	g_assert_cmpuint(resolver.slow, ==, before + 1);
	peer_leave(peer);
	g_assert_cmpuint(peer->disconnected, ==, 2);
}

static void test_freed_meanwhile(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	PeerConfig config = config_for("slow.test", 1);
	g_autoptr(Peer) peer = peer_new(pki, &config);

	resolver_hold(true);
	g_assert_true(mqtt_client_connect(peer->client, NULL));
	g_main_context_iteration(NULL, FALSE);
	g_clear_pointer(&peer->client, mqtt_client_free); /* does not wait for the thread */
	resolver_hold(false);
	resolver_settle();
	for (unsigned int i = 0; i < 20; i++)
		g_main_context_iteration(NULL, FALSE);
	g_assert_cmpuint(peer->calls, ==, 0);
}

int main(int argc, char **argv)
{
	static const PkiCert certs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "DNS:two.test,DNS:slow.test" },
		{ .name = "device", .issuer = "ca" },
	};
	g_autoptr(Pki) pki = NULL;

	g_test_init(&argc, &argv, NULL);
	pki = pki_new();
	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	g_test_add_data_func("/mqtt-lookup/second-address", pki, test_second_address);
	g_test_add_data_func("/mqtt-lookup/silent-first-address", pki, test_silent_first_address);
	g_test_add_data_func("/mqtt-lookup/silent-address", pki, test_silent_address);
	g_test_add_data_func("/mqtt-lookup/no-answer", pki, test_no_answer);
	g_test_add_data_func("/mqtt-lookup/taken-over", pki, test_taken_over);
	g_test_add_data_func("/mqtt-lookup/freed-meanwhile", pki, test_freed_meanwhile);
	return g_test_run();
}
