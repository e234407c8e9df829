/* SPDX-License-Identifier: MIT */
/* mqtt: a client that is doing well, against a real mosquitto. */
#include <signal.h>
#include <string.h>

#include "common/error.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"

#define MANY        10000
#define WINDOW      100
#define BROKER_ROOM "max_inflight_messages 7\nmax_packet_size 2000\n"

/* One way to reach the broker. */
typedef struct Way {
	const char *name;
	MqttProtocol protocol;
	bool clear_text;
} Way;

static const Way ways[] = {
	{ "tls-3.1.1", MQTT_PROTOCOL_3_1_1, false },
	{ "tls-5", MQTT_PROTOCOL_5, false },
	{ "clear-3.1.1", MQTT_PROTOCOL_3_1_1, true },
	{ "clear-5", MQTT_PROTOCOL_5, true },
};

/* Shared by all tests; the broker of a way is started for each test anew. */
typedef struct Fixture {
	Pki *pki;
	const Way *way;
	void (*run)(Pki *pki, const Way *way);
} Fixture;

static Broker *broker_for(Pki *pki, const Way *way, const char *lines)
{
	return broker_new(pki, way->clear_text ? NULL : "server", lines);
}

static PeerConfig config_for(const Way *way, const Broker *broker)
{
	return (PeerConfig){
		.port = broker_port(broker),
		.device = way->clear_text ? NULL : "device",
		.clear_text = way->clear_text,
		.protocol = way->protocol,
	};
}

static void test_round_trip(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = peer_new(pki, &config);
	gsize len;

	peer_connect(peer);
	g_assert_false(peer->session.session_present);
	g_assert_cmpuint(peer->session.keep_alive_s, ==, 60);
	peer_subscribe(peer, "landfall/+/x");
	peer_publish(peer, "landfall/1/x", "hello");
	peer_wait(&peer->messages, 1);
	g_assert_cmpstr(peer->topic, ==, "landfall/1/x");
	g_assert_cmpmem(g_bytes_get_data(peer->payload, NULL), 5, "hello", 5);
	g_assert_false(peer->retained);
	peer_wait(&peer->published->len, 1);
	peer_publish(peer, "landfall/2/x", "");
	peer_wait(&peer->messages, 2);
	g_bytes_get_data(peer->payload, &len);
	g_assert_cmpuint(len, ==, 0);
	peer_wait(&peer->published->len, 2);
	peer_leave(peer);
	g_assert_cmpuint(peer->undecided, ==, 0);

	peer_connect(peer); /* the same client once more */
	peer_publish(peer, "landfall/1/x", "again");
	peer_wait(&peer->published->len, 3);
	peer_leave(peer);
	g_assert_cmpuint(peer->connected, ==, 2);
	g_assert_cmpuint(peer->disconnected, ==, 2);
}

/* Keeps the window full until all are sent. */
static void publish_many(Peer *peer, unsigned int count)
{
	unsigned int sent = 0;
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint16_t));

	while (peer->published->len < count) {
		while (sent < count && mqtt_client_room(peer->client) > 0) {
			g_autofree char *text = g_strdup_printf("{\"seq\":%u}", sent++);
			uint16_t id = peer_publish(peer, "landfall/many", text);

			g_array_append_val(ids, id);
		}
		g_assert_cmpuint(sent - peer->published->len, <=, peer->session.window);
		g_main_context_iteration(NULL, TRUE);
		g_assert_cmpuint(peer->disconnected, ==, 0);
	}
	g_assert_cmpmem(ids->data, ids->len * sizeof(uint16_t), peer->published->data,
			peer->published->len * sizeof(uint16_t));
	g_array_free(ids, TRUE);
}

static void test_many(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, "max_inflight_messages 0\n");
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = NULL;

	config.window = WINDOW;
	peer = peer_new(pki, &config);
	peer_connect(peer);
	g_assert_cmpuint(peer->session.window, ==, WINDOW);
	publish_many(peer, MANY);
	g_assert_cmpuint(mqtt_client_room(peer->client), ==, WINDOW);
	peer_leave(peer);
}

static void test_limits(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, BROKER_ROOM);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = peer_new(pki, &config);
	bool told = way->protocol == MQTT_PROTOCOL_5; /* 3.1.1 has no words for limits */
	g_autofree char *large = g_strnfill(1990, 'x');
	g_autoptr(GError) error = NULL;

	peer_connect(peer);
	g_assert_cmpuint(peer->session.window, ==, told ? 7 : WINDOW);
	g_assert_cmpuint(peer->session.max_packet_size, ==, told ? 2000 : 0);
	for (unsigned int i = 0; i < peer->session.window; i++)
		peer_publish(peer, "landfall/few", "x");
	g_assert_cmpuint(mqtt_client_room(peer->client), ==, 0);
	g_assert_cmpuint(mqtt_client_publish(peer->client, "landfall/few", "x", 1, false, &error),
			 ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);
	g_clear_error(&error);
	peer_wait(&peer->published->len, peer->session.window);
	if (told) {
		g_assert_cmpuint(mqtt_client_publish(peer->client, "landfall/few", large,
						     strlen(large), false, &error),
				 ==, 0);
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	}
	peer_publish(peer, "landfall/few", "still here");
	peer_wait(&peer->published->len, peer->session.window + 1);
	peer_leave(peer);
}

static void test_refused_message(Pki *pki, const Way *way)
{
	g_autofree char *acl = g_strdup_printf("acl_file %s\n", pki_path(pki, "acl.conf"));
	g_autoptr(Broker) broker = broker_for(pki, way, acl);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = peer_new(pki, &config);

	peer_connect(peer);
	peer_publish(peer, "allowed/x", "x");
	peer_wait(&peer->published->len, 1);
	peer_publish(peer, "forbidden/x", "x");
	if (way->protocol == MQTT_PROTOCOL_5) {
		unsigned int calls = peer->calls;

		peer_wait(&peer->calls, calls + 1);
		g_assert_error(peer->refused, LANDFALL_ERROR, LANDFALL_ERROR_DENIED);
		g_assert_nonnull(strstr(peer->refused->message, "not authorised"));
	} else {
		peer_wait(&peer->published->len, 2); /* 3.1.1 cannot say no */
	}
	peer_publish(peer, "allowed/x", "x");
	peer_wait(&peer->published->len, way->protocol == MQTT_PROTOCOL_5 ? 2 : 3);
	peer_leave(peer);
}

static void test_session_kept(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = NULL;

	config.keep_session = true;
	config.session_expiry_s = 3600;
	peer = peer_new(pki, &config);
	peer_connect(peer);
	g_assert_false(peer->session.session_present);
	peer_subscribe(peer, "landfall/commands");
	peer_leave(peer);
	peer_connect(peer);
	g_assert_true(peer->session.session_present);
	peer_leave(peer);
}

/* Another client of the broker, which hears everything. */
static Peer *witness_new(Pki *pki, PeerConfig config)
{
	Peer *witness = NULL;

	config.client_id = "witness";
	witness = peer_new(pki, &config);
	peer_connect(witness);
	peer_subscribe(witness, "landfall/#");
	return witness;
}

static void test_will(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) witness = witness_new(pki, config);
	g_autoptr(Peer) peer = NULL;

	config.client_id = "device";
	config.will_topic = "landfall/will";
	peer = peer_new(pki, &config);
	peer_connect(peer);
	peer_leave(peer); /* no will */
	peer_connect(peer);
	peer_publish(peer, "landfall/mark", "x");
	peer_wait(&witness->messages, 1);
	g_assert_cmpstr(witness->topic, ==, "landfall/mark");
	g_clear_pointer(&peer, peer_free); /* no DISCONNECT: the will */
	peer_wait(&witness->messages, 2);
	g_assert_cmpstr(witness->topic, ==, "landfall/will");
	g_assert_cmpuint(g_bytes_get_size(witness->payload), ==, 4);
	peer_leave(witness);
}

static void test_free_in_callbacks(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);

	for (PeerFree which = PEER_FREE_CONNECTED; which <= PEER_FREE_DISCONNECTED; which++) {
		PeerConfig config = config_for(way, broker);
		g_autoptr(Peer) peer = NULL;
		g_autoptr(GError) error = NULL;

		config.free_in = which;
		peer = peer_new(pki, &config);
		g_assert_true(mqtt_client_connect(peer->client, &error));
		peer_wait(&peer->connected, 1);
		if (peer->client) {
			g_assert_cmpuint(mqtt_client_subscribe(peer->client, "landfall/#", 1, NULL),
					 !=, 0);
			for (unsigned int i = 0; i < 20; i++)
				peer_publish(peer, "landfall/x", "x");
		}
		while (peer->client) {
			if (which == PEER_FREE_DISCONNECTED && peer->published->len == 20)
				mqtt_client_disconnect(peer->client);
			g_main_context_iteration(NULL, TRUE);
		}
		for (unsigned int i = 0; i < 20; i++) /* nothing may come any more */
			g_main_context_iteration(NULL, FALSE);
	}
}

static void test_free_while_waiting(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);

	config.host = "localhost"; /* a look-up with a thread */
	for (unsigned int turns = 0; turns < 12; turns++) {
		g_autoptr(Peer) peer = peer_new(pki, &config);
		g_autoptr(GError) error = NULL;

		g_assert_true(mqtt_client_connect(peer->client, &error));
		for (unsigned int i = 0; i < turns; i++)
			g_main_context_iteration(NULL, FALSE);
		if (turns % 2 == 0)
			g_clear_pointer(&peer->client, mqtt_client_free);
		else
			peer_leave(peer);
		for (unsigned int i = 0; i < 20; i++)
			g_main_context_iteration(NULL, FALSE);
	}
}

static void test_give_up_and_again(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = NULL;

	config.host = "localhost";
	peer = peer_new(pki, &config);
	for (unsigned int i = 1; i <= 3; i++) { /* the look-up goes on and is taken over */
		g_assert_true(mqtt_client_connect(peer->client, NULL));
		mqtt_client_disconnect(peer->client);
		mqtt_client_disconnect(peer->client);
		peer_wait(&peer->disconnected, i);
		g_assert_no_error(peer->error);
	}
	peer_connect(peer);
	peer_publish(peer, "landfall/x", "x");
	peer_wait(&peer->published->len, 1);
	peer_leave(peer);
	g_assert_cmpuint(peer->connected, ==, 1);
	g_assert_cmpuint(peer->disconnected, ==, 4);
}

static void test_disconnect_with_messages(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) witness = witness_new(pki, config);
	g_autoptr(Peer) peer = NULL;

	config.client_id = "device";
	config.will_topic = "landfall/will";
	peer = peer_new(pki, &config);
	peer_connect(peer);
	for (unsigned int i = 0; i < 10; i++)
		peer_publish(peer, "landfall/last", "x");
	peer_leave(peer); /* the DISCONNECT waits for them */
	g_assert_cmpuint(peer->published->len, ==, 10);
	g_assert_cmpuint(peer->undecided, ==, 0);
	peer_wait(&witness->messages, 10);
	g_assert_cmpstr(witness->topic, ==, "landfall/last");
	peer_leave(witness);
}

static void test_arguments(Pki *pki, const Way *way)
{
	g_autoptr(Broker) broker = broker_for(pki, way, NULL);
	PeerConfig config = config_for(way, broker);
	g_autoptr(Peer) peer = peer_new(pki, &config);
	g_autofree char *long_topic = g_strnfill(MQTT_TOPIC_MAX + 1, 't');
	g_autofree char *big = g_malloc0(MQTT_PAYLOAD_MAX + 1);
	const char *bad_topics[] = { "", "a/+", "a/#", "\xff\xfe", long_topic };
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(mqtt_client_publish(peer->client, "a", "x", 1, false, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK);
	g_clear_error(&error);
	peer_connect(peer);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_topics); i++) {
		g_assert_cmpuint(
			mqtt_client_publish(peer->client, bad_topics[i], "x", 1, false, &error), ==,
			0);
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_clear_error(&error);
	}
	g_assert_cmpuint(
		mqtt_client_publish(peer->client, "a", big, MQTT_PAYLOAD_MAX + 1, false, &error),
		==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_cmpuint(mqtt_client_subscribe(peer->client, "a/#/b", 1, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_cmpuint(mqtt_client_subscribe(peer->client, "a", 2, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	for (unsigned int i = 0; i < MQTT_SUBSCRIPTIONS_MAX; i++)
		g_assert_cmpuint(mqtt_client_subscribe(peer->client, "a", 1, NULL), !=, 0);
	g_assert_cmpuint(mqtt_client_subscribe(peer->client, "a", 1, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);
	peer_wait(&peer->subscribed, MQTT_SUBSCRIPTIONS_MAX);
	g_assert_cmpuint(mqtt_client_publish(peer->client, "b", big, MQTT_PAYLOAD_MAX, false, NULL),
			 !=, 0);
	peer_wait(&peer->published->len, 1);
	g_assert_cmpuint(mqtt_client_room(peer->client), ==, peer->session.window);
	peer_leave(peer);
}

/* name, test */
static const struct {
	const char *name;
	void (*run)(Pki *pki, const Way *way);
} tests[] = {
	{ "round-trip", test_round_trip },
	{ "many-in-order", test_many },
	{ "limits", test_limits },
	{ "refused-message", test_refused_message },
	{ "session-kept", test_session_kept },
	{ "will", test_will },
	{ "free-in-callbacks", test_free_in_callbacks },
	{ "free-while-waiting", test_free_while_waiting },
	{ "give-up-and-again", test_give_up_and_again },
	{ "disconnect-with-messages", test_disconnect_with_messages },
	{ "arguments", test_arguments },
};

static void run_test(gconstpointer data)
{
	const Fixture *fixture = data;

	fixture->run(fixture->pki, fixture->way);
}

int main(int argc, char **argv)
{
	static const PkiCert certs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
		{ .name = "device", .issuer = "ca" },
	};
	Fixture fixtures[G_N_ELEMENTS(tests) * G_N_ELEMENTS(ways)];
	g_autoptr(Pki) pki = NULL;
	size_t n = 0;

	g_test_init(&argc, &argv, NULL);
	pki = pki_new();
	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	pki_write(pki, "acl.conf", "topic readwrite allowed/#\n");
	for (size_t t = 0; t < G_N_ELEMENTS(tests); t++) {
		for (size_t w = 0; w < G_N_ELEMENTS(ways); w++, n++) {
			g_autofree char *path =
				g_strdup_printf("/mqtt-live/%s/%s", tests[t].name, ways[w].name);

			fixtures[n] = (Fixture){ pki, &ways[w], tests[t].run };
			g_test_add_data_func(path, &fixtures[n], run_test);
		}
	}
	return g_test_run();
}
