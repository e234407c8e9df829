/* SPDX-License-Identifier: MIT */
#include "common/mqtt-guard.h"

#include <mqtt_protocol.h>
#include <openssl/err.h>

#define LENGTH_OCTETS_MAX 4
#define FLAG_QOS          0x06

typedef enum Kind {
	KIND_UNKNOWN,
	KIND_BYTE,
	KIND_TWO,
	KIND_FOUR,
	KIND_VARINT,
	KIND_TEXT, /* or binary: two octets of length */
	KIND_PAIR, /* of texts */
} Kind;

static const uint8_t kinds[] = {
	[MQTT_PROP_PAYLOAD_FORMAT_INDICATOR] = KIND_BYTE,
	[MQTT_PROP_MESSAGE_EXPIRY_INTERVAL] = KIND_FOUR,
	[MQTT_PROP_CONTENT_TYPE] = KIND_TEXT,
	[MQTT_PROP_RESPONSE_TOPIC] = KIND_TEXT,
	[MQTT_PROP_CORRELATION_DATA] = KIND_TEXT,
	[MQTT_PROP_SUBSCRIPTION_IDENTIFIER] = KIND_VARINT,
	[MQTT_PROP_SESSION_EXPIRY_INTERVAL] = KIND_FOUR,
	[MQTT_PROP_ASSIGNED_CLIENT_IDENTIFIER] = KIND_TEXT,
	[MQTT_PROP_SERVER_KEEP_ALIVE] = KIND_TWO,
	[MQTT_PROP_AUTHENTICATION_METHOD] = KIND_TEXT,
	[MQTT_PROP_AUTHENTICATION_DATA] = KIND_TEXT,
	[MQTT_PROP_REQUEST_PROBLEM_INFORMATION] = KIND_BYTE,
	[MQTT_PROP_WILL_DELAY_INTERVAL] = KIND_FOUR,
	[MQTT_PROP_REQUEST_RESPONSE_INFORMATION] = KIND_BYTE,
	[MQTT_PROP_RESPONSE_INFORMATION] = KIND_TEXT,
	[MQTT_PROP_SERVER_REFERENCE] = KIND_TEXT,
	[MQTT_PROP_REASON_STRING] = KIND_TEXT,
	[MQTT_PROP_RECEIVE_MAXIMUM] = KIND_TWO,
	[MQTT_PROP_TOPIC_ALIAS_MAXIMUM] = KIND_TWO,
	[MQTT_PROP_TOPIC_ALIAS] = KIND_TWO,
	[MQTT_PROP_MAXIMUM_QOS] = KIND_BYTE,
	[MQTT_PROP_RETAIN_AVAILABLE] = KIND_BYTE,
	[MQTT_PROP_USER_PROPERTY] = KIND_PAIR,
	[MQTT_PROP_MAXIMUM_PACKET_SIZE] = KIND_FOUR,
	[MQTT_PROP_WILDCARD_SUB_AVAILABLE] = KIND_BYTE,
	[MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE] = KIND_BYTE,
	[MQTT_PROP_SHARED_SUB_AVAILABLE] = KIND_BYTE,
};

/* Octets before the properties, by the type of the packet; PUBLISH has a topic there. */
static const struct {
	bool has_properties;
	uint8_t before;
} layouts[16] = {
	[2] = { true, 2 },  /* CONNACK: flags, reason */
	[3] = { true, 0 },  /* PUBLISH */
	[4] = { true, 3 },  /* PUBACK: id, reason; so are the next three */
	[5] = { true, 3 },  /* PUBREC */
	[6] = { true, 3 },  /* PUBREL */
	[7] = { true, 3 },  /* PUBCOMP */
	[9] = { true, 2 },  /* SUBACK: id */
	[11] = { true, 2 }, /* UNSUBACK: id */
	[14] = { true, 1 }, /* DISCONNECT: reason */
	[15] = { true, 1 }, /* AUTH: reason */
};

struct MqttGuard {
	GByteArray *rest; /* the beginning of a packet */
	int seen;         /* octets of the record in OpenSSL that were looked at */
	bool looking;     /* the socket may be read */
};

/* What is left of a packet or of its properties. */
typedef struct Octets {
	const uint8_t *at;
	size_t left;
	bool cut; /* more was taken than there was */
} Octets;

static void skip(Octets *octets, size_t len)
{
	octets->cut = octets->cut || len > octets->left;
	len = MIN(len, octets->left);
	octets->at += len;
	octets->left -= len;
}

static unsigned take_octet(Octets *octets)
{
	unsigned value = octets->left > 0 ? octets->at[0] : 0;

	skip(octets, 1);
	return value;
}

static void skip_text(Octets *octets)
{
	unsigned len = take_octet(octets) << 8;

	len |= take_octet(octets);
	skip(octets, len);
}

/* Cut when its end is not among the four octets it may have, too. */
static size_t take_varint(Octets *octets)
{
	size_t value = 0;

	for (unsigned i = 0; i < LENGTH_OCTETS_MAX; i++) {
		unsigned octet = take_octet(octets);

		value |= (size_t)(octet & 0x7f) << 7 * i;
		if (!(octet & 0x80))
			return value;
	}
	octets->cut = true;
	return value;
}

static void skip_property(Octets *octets)
{
	unsigned id = take_octet(octets);

	switch (id < G_N_ELEMENTS(kinds) ? (Kind)kinds[id] : KIND_UNKNOWN) {
	case KIND_UNKNOWN: octets->cut = true; return;
	case KIND_BYTE: skip(octets, 1); return;
	case KIND_TWO: skip(octets, 2); return;
	case KIND_FOUR: skip(octets, 4); return;
	case KIND_VARINT: (void)take_varint(octets); return;
	case KIND_PAIR: skip_text(octets); break;
	case KIND_TEXT: break;
	}
	skip_text(octets);
}

static bool properties_hold(Octets *octets)
{
	size_t len = take_varint(octets);
	Octets properties = { octets->at, len, false };

	if (octets->cut || len > octets->left)
		return false;
	while (properties.left > 0 && !properties.cut)
		skip_property(&properties);
	return !properties.cut;
}

/* A packet that ends before its properties has none, or libmosquitto finds what it lacks. */
static bool packet_holds(uint8_t head, Octets body)
{
	unsigned type = head >> 4;

	if (!layouts[type].has_properties)
		return true;
	if (type == 3)
		skip_text(&body);
	if (type == 3 && (head & FLAG_QOS))
		skip(&body, 2);
	skip(&body, layouts[type].before);
	return body.cut || body.left == 0 || properties_hold(&body);
}

/* The first packet of @stream, which moves behind it; false: it is not whole yet. */
static bool take_packet(Octets *stream, uint8_t *head, Octets *body)
{
	Octets ahead = *stream;

	*head = (uint8_t)take_octet(&ahead);

	size_t len = take_varint(&ahead);

	*body = (Octets){ ahead.at, len, false };
	skip(&ahead, len);
	if (ahead.cut)
		return false;
	*stream = ahead;
	return true;
}

MqttGuard *mqtt_guard_new(void)
{
	MqttGuard *guard = g_new0(MqttGuard, 1);

	guard->rest = g_byte_array_new();
	return guard;
}

void mqtt_guard_free(MqttGuard *guard)
{
	if (!guard)
		return;
	g_byte_array_unref(guard->rest);
	g_free(guard);
}

bool mqtt_guard_take(MqttGuard *guard, const uint8_t *octets, size_t len)
{
	g_byte_array_append(guard->rest, octets, (guint)len);

	Octets stream = { guard->rest->data, guard->rest->len, false };
	Octets body;
	uint8_t head;

	while (take_packet(&stream, &head, &body))
		if (!packet_holds(head, body))
			return false;
	g_byte_array_remove_range(guard->rest, 0, guard->rest->len - (guint)stream.left);
	return true;
}

/* A failure is libmosquitto's to find as well: it may read the socket then. */
bool mqtt_guard_look(MqttGuard *guard, SSL *ssl)
{
	uint8_t record[SSL3_RT_MAX_PLAIN_LENGTH];
	int got;

	if (!ssl || guard->seen > 0 || !SSL_is_init_finished(ssl))
		return true;
	guard->looking = true;
	got = SSL_peek(ssl, record, sizeof(record));
	if (got <= 0) {
		got = SSL_get_error(ssl, got);
		guard->looking = got != SSL_ERROR_WANT_READ && got != SSL_ERROR_WANT_WRITE;
		ERR_clear_error();
		return true;
	}
	guard->looking = false;
	guard->seen = got;
	return mqtt_guard_take(guard, record, (size_t)got);
}

void mqtt_guard_seen(MqttGuard *guard, const SSL *ssl)
{
	guard->looking = false;
	guard->seen = ssl ? SSL_pending(ssl) : 0;
}

bool mqtt_guard_holds(const MqttGuard *guard, const SSL *ssl)
{
	return !guard->looking && SSL_is_init_finished(ssl);
}
