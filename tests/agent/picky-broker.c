/* SPDX-License-Identifier: MIT */
#include "tests/agent/picky-broker.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_US (120 * G_TIME_SPAN_SECOND) /* against hanging for ever */

enum { CONNECT = 1, PUBLISH = 3, SUBSCRIBE = 8, PINGREQ = 12, DISCONNECT = 14 };

struct PickyBroker {
	int fd;
	uint16_t port;
	uint8_t reason;
	GThread *thread;
	GMutex lock; /* all below */
	GCond changed;
	const char *const *refused;
	uint8_t limit;       /* octets of a packet, told in CONNACK; 0: is not */
	uint8_t receive;     /* messages at once, told likewise */
	bool forbids;        /* ends a connection that subscribes */
	uint8_t granted;     /* in each SUBACK: a QoS, or a reason to refuse */
	unsigned rate_count; /* 0: takes any number */
	unsigned rate_seconds;
	double bucket;     /* messages of telemetry it still takes */
	int64_t bucket_us; /* at that time */
	bool overrun;
	bool babbles;
	unsigned cuts; /* connections to be ended whatever they do */
	unsigned connections;
	unsigned keep_alive_s; /* of the last client */
	unsigned subscriptions;
	GString *accepted; /* payloads, each with a newline */
};

static bool contains(const char *payload, const char *const *words)
{
	for (; words && *words; words++)
		if (strstr(payload, *words))
			return true;
	return false;
}

static bool read_exactly(int fd, uint8_t *data, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, data + got, len - got);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* The body of the next packet with a NUL behind it, or NULL at the end; freed by the caller. */
static uint8_t *read_packet(int fd, uint8_t *type, size_t *len)
{
	uint8_t octet;
	unsigned shift = 0;

	if (!read_exactly(fd, type, 1))
		return NULL;
	*len = 0;
	do {
		if (shift > 21 || !read_exactly(fd, &octet, 1))
			return NULL;
		*len |= (size_t)(octet & 0x7f) << shift;
		shift += 7;
	} while (octet & 0x80);

	uint8_t *body = g_malloc0(*len + 1);

	if (read_exactly(fd, body, *len))
		return body;
	g_free(body);
	return NULL;
}

static void send_all(int fd, const uint8_t *data, size_t len)
{
	(void)!send(fd, data, len, MSG_NOSIGNAL); /* a client that is gone shows at the next read */
}

static bool topic_is(const uint8_t *body, const char *topic)
{
	size_t len = (size_t)body[0] << 8 | body[1];

	return len == strlen(topic) && memcmp(body + 2, topic, len) == 0;
}

static void tell_limits(PickyBroker *broker, int fd)
{
	static const char topic[] = "v1/devices/me/rpc/response/1";
	g_autofree char *limits = g_strdup_printf("{\"maxInflightMessages\":2,\"rateLimits\":"
						  "{\"telemetryMessages\":\"%u:%u\"}}",
						  broker->rate_count, broker->rate_seconds);
	size_t body_len = 2 + strlen(topic) + 1 + strlen(limits);
	g_autoptr(GByteArray) packet = g_byte_array_new();
	const uint8_t head[] = { 0x30, (uint8_t)body_len, 0, (uint8_t)strlen(topic) };

	g_assert_cmpuint(body_len, <, 128);
	g_byte_array_append(packet, head, sizeof(head));
	g_byte_array_append(packet, (const uint8_t *)topic, sizeof(topic)); /* no properties */
	g_byte_array_append(packet, (const uint8_t *)limits, (guint)strlen(limits));
	send_all(fd, packet->data, packet->len);
}

/* Under the lock: one more message of telemetry. */
static void meter(PickyBroker *broker)
{
	int64_t now_us = g_get_monotonic_time();
	double rate = (double)broker->rate_count / broker->rate_seconds / 1e6;

	broker->bucket += (double)(now_us - broker->bucket_us) * rate;
	broker->bucket = MIN(broker->bucket, broker->rate_count) - 1;
	broker->bucket_us = now_us;
	broker->overrun = broker->overrun || broker->bucket < 0;
}

static void on_publish(PickyBroker *broker, int fd, const uint8_t *body, size_t len,
		       const char *const *refused)
{
	static const uint8_t connect[] = { 0x10, 0 };
	size_t at = 2 + ((size_t)body[0] << 8 | body[1]); /* behind the topic */

	g_assert_cmpuint(at + 3, <=, len);
	g_assert_cmpuint(body[at + 2], ==, 0); /* no properties */

	const char *payload = (const char *)body + at + 3;
	bool bad = contains(payload, refused);
	const uint8_t answer[] = { 0x40, 4, body[at], body[at + 1], bad ? broker->reason : 0, 0 };

	g_mutex_lock(&broker->lock);
	if (broker->babbles)
		send_all(fd, connect, sizeof(connect));
	if (broker->rate_count > 0 && topic_is(body, "v1/devices/me/telemetry"))
		meter(broker);
	if (broker->rate_count > 0 && topic_is(body, "v1/devices/me/rpc/request/1"))
		tell_limits(broker, fd);
	if (!bad)
		g_string_append_printf(broker->accepted, "%s\n", payload);
	g_cond_broadcast(&broker->changed);
	g_mutex_unlock(&broker->lock);
	send_all(fd, answer, sizeof(answer));
}

/* One filter each; false: it is forbidden. */
static bool on_subscribe(PickyBroker *broker, int fd, const uint8_t *body, size_t len)
{
	g_assert_cmpuint(len, >=, 2);

	g_mutex_lock(&broker->lock);
	const uint8_t answer[] = { 0x90, 4, body[0], body[1], 0, broker->granted };
	bool forbids = broker->forbids;
	broker->subscriptions++;
	g_cond_broadcast(&broker->changed);
	g_mutex_unlock(&broker->lock);
	if (!forbids)
		send_all(fd, answer, sizeof(answer));
	return !forbids;
}

/* Whether this connection is to be ended now. */
static bool take_cut(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	bool cut = broker->cuts > 0;
	broker->cuts -= cut;
	g_mutex_unlock(&broker->lock);
	return cut;
}

/* With Maximum Packet Size and Receive Maximum, where there are such limits. */
static void on_connect(PickyBroker *broker, int fd, const uint8_t *body, size_t len)
{
	g_assert_cmpuint(len, >, 10); /* name and version of the protocol, flags, keep-alive */
	g_mutex_lock(&broker->lock);
	broker->keep_alive_s = (unsigned)body[8] << 8 | body[9];
	const uint8_t packet_max[] = { 0x27, 0, 0, 0, broker->limit };
	const uint8_t receive_max[] = { 0x21, 0, broker->receive };
	uint8_t answer[5 + sizeof(packet_max) + sizeof(receive_max)] = { 0x20, 3, 0, 0, 0 };
	uint8_t *properties = answer + 5;

	if (broker->limit > 0)
		properties = mempcpy(properties, packet_max, sizeof(packet_max));
	if (broker->receive > 0)
		properties = mempcpy(properties, receive_max, sizeof(receive_max));
	g_mutex_unlock(&broker->lock);
	answer[4] = (uint8_t)(properties - answer - 5);
	answer[1] = (uint8_t)(answer[4] + 3);
	send_all(fd, answer, (size_t)answer[1] + 2);
}

static void serve(PickyBroker *broker, int fd, const char *const *refused)
{
	static const uint8_t pingresp[] = { 0xd0, 0 };
	uint8_t type, *body;
	size_t len;
	bool fine = true;

	while (fine && (body = read_packet(fd, &type, &len))) {
		if (type >> 4 == CONNECT)
			on_connect(broker, fd, body, len);
		else if ((type >> 4 == PUBLISH || type >> 4 == SUBSCRIBE) && take_cut(broker))
			fine = false;
		else if (type >> 4 == PUBLISH)
			on_publish(broker, fd, body, len, refused);
		else if (type >> 4 == SUBSCRIBE)
			fine = on_subscribe(broker, fd, body, len);
		else if (type >> 4 == PINGREQ)
			send_all(fd, pingresp, sizeof(pingresp));
		g_free(body);
		if (type >> 4 == DISCONNECT)
			return;
	}
}

static gpointer run(gpointer data)
{
	PickyBroker *broker = data;
	int fd;

	while ((fd = accept(broker->fd, NULL, NULL)) >= 0) {
		g_mutex_lock(&broker->lock);
		const char *const *refused = broker->refused;
		broker->connections++;
		g_cond_broadcast(&broker->changed);
		g_mutex_unlock(&broker->lock);
		serve(broker, fd, refused);
		close(fd);
	}
	return NULL;
}

PickyBroker *picky_broker_new(uint8_t reason)
{
	PickyBroker *broker = g_new0(PickyBroker, 1);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	broker->reason = reason;
	broker->granted = 1;
	broker->accepted = g_string_new(NULL);
	broker->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(broker->fd, (struct sockaddr *)&address, len), ==, 0);
	g_assert_cmpint(listen(broker->fd, 8), ==, 0);
	g_assert_cmpint(getsockname(broker->fd, (struct sockaddr *)&address, &len), ==, 0);
	broker->port = ntohs(address.sin_port);
	g_mutex_init(&broker->lock);
	g_cond_init(&broker->changed);
	broker->thread = g_thread_new("picky-broker", run, broker);
	return broker;
}

void picky_broker_free(PickyBroker *broker)
{
	if (!broker)
		return;
	shutdown(broker->fd, SHUT_RDWR); /* accept() returns */
	g_thread_join(broker->thread);
	close(broker->fd);
	g_string_free(broker->accepted, TRUE);
	g_mutex_clear(&broker->lock);
	g_cond_clear(&broker->changed);
	g_free(broker);
}

uint16_t picky_broker_port(const PickyBroker *broker)
{
	return broker->port;
}

void picky_broker_refuse(PickyBroker *broker, const char *const *words)
{
	g_mutex_lock(&broker->lock);
	broker->refused = words;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_limit(PickyBroker *broker, uint8_t octets)
{
	g_mutex_lock(&broker->lock);
	broker->limit = octets;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_receive(PickyBroker *broker, uint8_t messages)
{
	g_mutex_lock(&broker->lock);
	broker->receive = messages;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_babble(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	broker->babbles = true;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_deny(PickyBroker *broker, uint8_t reason)
{
	g_mutex_lock(&broker->lock);
	broker->granted = reason;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_meter(PickyBroker *broker, unsigned count, unsigned seconds)
{
	g_mutex_lock(&broker->lock);
	broker->rate_count = count;
	broker->rate_seconds = seconds;
	broker->bucket = count;
	broker->bucket_us = g_get_monotonic_time();
	g_mutex_unlock(&broker->lock);
}

bool picky_broker_overrun(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	bool overrun = broker->overrun;
	g_mutex_unlock(&broker->lock);
	return overrun;
}

void picky_broker_forbid(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	broker->forbids = true;
	g_mutex_unlock(&broker->lock);
}

void picky_broker_cut(PickyBroker *broker, unsigned connections)
{
	g_mutex_lock(&broker->lock);
	broker->cuts = connections;
	g_mutex_unlock(&broker->lock);
}

unsigned picky_broker_subscriptions(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	unsigned count = broker->subscriptions;
	g_mutex_unlock(&broker->lock);
	return count;
}

unsigned picky_broker_keep_alive(PickyBroker *broker)
{
	g_mutex_lock(&broker->lock);
	unsigned seconds = broker->keep_alive_s;
	g_mutex_unlock(&broker->lock);
	return seconds;
}

static void await_count(PickyBroker *broker, const unsigned *counter, unsigned count)
{
	int64_t deadline = g_get_monotonic_time() + DEADLINE_US;

	g_mutex_lock(&broker->lock);
	while (*counter < count)
		g_assert_true(g_cond_wait_until(&broker->changed, &broker->lock, deadline));
	g_mutex_unlock(&broker->lock);
}

void picky_broker_await(PickyBroker *broker, unsigned connections)
{
	await_count(broker, &broker->connections, connections);
}

void picky_broker_await_subscriptions(PickyBroker *broker, unsigned count)
{
	await_count(broker, &broker->subscriptions, count);
}

void picky_broker_await_word(PickyBroker *broker, const char *word)
{
	int64_t deadline = g_get_monotonic_time() + DEADLINE_US;

	g_mutex_lock(&broker->lock);
	while (!strstr(broker->accepted->str, word))
		g_assert_true(g_cond_wait_until(&broker->changed, &broker->lock, deadline));
	g_mutex_unlock(&broker->lock);
}

bool picky_broker_has(PickyBroker *broker, const char *word)
{
	g_mutex_lock(&broker->lock);
	bool has = strstr(broker->accepted->str, word) != NULL;
	g_mutex_unlock(&broker->lock);
	return has;
}
