/* SPDX-License-Identifier: MIT */
/* mqtt: a client that meets trouble, and the sentence it says about it. */
#include <signal.h>
#include <string.h>

#include "common/error.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"

#define SHORT_MS    400 /* a connect time-out that is going to pass */
#define HUGE_OCTETS (4 * 1024 * 1024)

static const PkiCert certs[] = {
	{ .name = "ca", .ca = true },
	{ .name = "other-ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "named", .issuer = "ca", .san = "DNS:localhost" },
	{ .name = "expired",
	  .issuer = "ca",
	  .san = "IP:127.0.0.1",
	  .from_s = -7200,
	  .until_s = -3600 },
	{ .name = "device", .issuer = "ca" },
	{ .name = "stranger", .issuer = "other-ca" },
	{ .name = "late", .issuer = "ca", .from_s = -7200, .until_s = -3600 },
};

/* ---- refused while connecting ---- */

typedef struct RefusedCase {
	const char *name;
	const char *server; /* certificate, NULL: a broker in clear text */
	const char *lines;  /* of the broker's configuration */
	const char *device; /* client certificate */
	const char *trust;
	const char *host;
	bool clear_text; /* the client's side */
	int code;
	const char *text;
	MqttStage stage; /* where it fails */
} RefusedCase;

static const RefusedCase refused_cases[] = {
	{ "wrong-ca", "server", NULL, "device", "other-ca.crt", NULL, false, LANDFALL_ERROR_NETWORK,
	  "(CN=ca) at the end of the broker's chain is not among those trusted", MQTT_STAGE_TLS },
	{ "wrong-host", "named", NULL, "device", NULL, NULL, false, LANDFALL_ERROR_NETWORK,
	  "not for host 127.0.0.1, but for DNS:localhost", MQTT_STAGE_TLS },
	{ "expired", "expired", NULL, "device", NULL, NULL, false, LANDFALL_ERROR_NETWORK,
	  "expired on", MQTT_STAGE_TLS },
	{ "no-client-certificate", "server", NULL, NULL, NULL, NULL, false, LANDFALL_ERROR_DENIED,
	  "certificate", MQTT_STAGE_TLS },
	{ "client-ca-unknown", "server", NULL, "stranger", NULL, NULL, false, LANDFALL_ERROR_DENIED,
	  "does not know the CA", MQTT_STAGE_TLS },
	{ "client-expired", "server", NULL, "late", NULL, NULL, false, LANDFALL_ERROR_DENIED,
	  "our certificate has expired", MQTT_STAGE_TLS },
	{ "not-authorised", "server", "allow_anonymous false\n", "device", NULL, NULL, false,
	  LANDFALL_ERROR_DENIED, "not authorised", MQTT_STAGE_CONNECT },
	{ "id-refused", "server", "clientid_prefixes gate-\n", "device", NULL, NULL, false,
	  LANDFALL_ERROR_DENIED, "refused the connection", MQTT_STAGE_CONNECT },
	{ "tls-to-clear-text", NULL, NULL, "device", NULL, NULL, false, LANDFALL_ERROR_NETWORK,
	  "TLS", MQTT_STAGE_TLS },
	{ "clear-text-to-tls", "server", NULL, NULL, NULL, NULL, true, LANDFALL_ERROR_NETWORK,
	  "lost instead of an answer to CONNECT", MQTT_STAGE_CONNECT },
	{ "name-unknown", "server", NULL, "device", NULL, "no-such-host.invalid", false,
	  LANDFALL_ERROR_NETWORK, "host name no-such-host.invalid cannot be looked up",
	  MQTT_STAGE_LOOKUP },
};

typedef struct RefusedTest {
	const RefusedCase *row;
	MqttProtocol protocol;
	Pki *pki;
} RefusedTest;

static void test_refused(gconstpointer data)
{
	const RefusedTest *test = data;
	const RefusedCase *row = test->row;
	g_autoptr(Broker) broker = broker_new(test->pki, row->server, row->lines);
	PeerConfig config = {
		.host = row->host,
		.port = broker_port(broker),
		.device = row->device,
		.trust = row->trust,
		.clear_text = row->clear_text,
		.protocol = test->protocol,
	};
	g_autoptr(Peer) peer = peer_new(test->pki, &config);

	peer_fail(peer, row->code, row->text);
	peer_fail(peer, row->code, row->text); /* nothing is left over from the first attempt */
	g_assert_cmpint(mqtt_client_stage(peer->client), ==, row->stage);
}

/* ---- whoever listens is no broker ---- */

typedef struct StrangeCase {
	const char *name;
	bool clear_text;
	const char *greeting;
	size_t len;
	bool hang_up;
	int code;
	const char *text;
	MqttStage stage;
} StrangeCase;

static const StrangeCase strange_cases[] = {
	{ "silent-tls", false, "", 0, false, LANDFALL_ERROR_NETWORK,
	  "TLS handshake not finished within 400 ms", MQTT_STAGE_TLS },
	{ "silent-clear", true, "", 0, false, LANDFALL_ERROR_NETWORK,
	  "no answer to CONNECT within 400 ms", MQTT_STAGE_CONNECT },
	{ "handshake-stalls", false, "\x16\x03\x03\x00\x7a\x02\x00", 7, false,
	  LANDFALL_ERROR_NETWORK, "TLS handshake not finished within 400 ms", MQTT_STAGE_TLS },
	{ "connack-stalls", true, "\x20\x02", 2, false, LANDFALL_ERROR_NETWORK,
	  "no answer to CONNECT within 400 ms", MQTT_STAGE_CONNECT },
	{ "other-protocol", false, "SSH-2.0-Example\r\n", 17, false, LANDFALL_ERROR_NETWORK,
	  "does that port speak TLS", MQTT_STAGE_TLS },
	{ "other-packet-first", true, "\x10\x00", 2, false, LANDFALL_ERROR_INVALID,
	  "broke the rules", MQTT_STAGE_CONNECT },
	{ "connack-then-rubbish", true, "\x20\x02\x00\x05\xff\xff\xff", 7, false,
	  LANDFALL_ERROR_DENIED, "not authorised", MQTT_STAGE_CONNECT },
	{ "connack-unknown", true, "\x20\x02\x00\x2a", 4, false, LANDFALL_ERROR_FAILED,
	  "unknown reason (code 42)", MQTT_STAGE_CONNECT },
	{ "puback-first", true, "\x40\x02\x00\x01", 4, false, LANDFALL_ERROR_INVALID,
	  "broke the rules", MQTT_STAGE_CONNECT },
	{ "hang-up-tls", false, "", 0, true, LANDFALL_ERROR_NETWORK, "does that port speak TLS",
	  MQTT_STAGE_TLS },
	{ "hang-up-clear", true, "", 0, true, LANDFALL_ERROR_NETWORK, "connection lost instead of",
	  MQTT_STAGE_CONNECT },
};

typedef struct StrangeTest {
	const StrangeCase *row;
	Pki *pki;
} StrangeTest;

static void test_strange(gconstpointer data)
{
	const StrangeTest *test = data;
	const StrangeCase *row = test->row;
	g_autoptr(Listener) listener = listener_new(row->greeting, row->len, row->hang_up);
	bool stalls = strstr(row->text, "within") != NULL;
	PeerConfig config = {
		.port = listener_port(listener),
		.clear_text = row->clear_text,
		.connect_timeout_ms = stalls ? SHORT_MS : 0,
	};
	g_autoptr(Peer) peer = peer_new(test->pki, &config);

	peer_fail(peer, row->code, row->text);
	g_assert_cmpint(mqtt_client_stage(peer->client), ==, row->stage);
}

static void test_connack_twice(gconstpointer data)
{
	static const char greeting[] = "\x20\x02\x00\x00\x20\x02\x00\x00";
	g_autoptr(Listener) listener = listener_new(greeting, sizeof(greeting) - 1, false);
	PeerConfig config = { .port = listener_port(listener), .clear_text = true };
	g_autoptr(Peer) peer = peer_new((Pki *)data, &config);

	g_assert_true(mqtt_client_connect(peer->client, NULL));
	peer_wait_end(peer, LANDFALL_ERROR_INVALID, "broke the rules");
}

/* An MQTT 5 server that accepts, then says why it closes. */
static void test_dropped_with_reason(gconstpointer data)
{
	static const char greeting[] = "\x20\x03\x00\x00\x00\xe0\x02\x8e\x00";
	g_autoptr(Listener) listener = listener_new(greeting, sizeof(greeting) - 1, false);
	PeerConfig config = {
		.port = listener_port(listener),
		.clear_text = true,
		.protocol = MQTT_PROTOCOL_5,
	};
	g_autoptr(Peer) peer = peer_new((Pki *)data, &config);

	g_assert_true(mqtt_client_connect(peer->client, NULL));
	peer_wait_end(peer, LANDFALL_ERROR_NETWORK,
		      "another client uses the same client id (code 142)");
	g_assert_true(mqtt_client_taken_over(peer->client));
	g_assert_false(mqtt_client_hung_up(peer->client));
}

/* Reasons of a CONNACK, in words and as our errors. */
static void test_refused_with_reason(gconstpointer data)
{
	static const struct {
		MqttProtocol protocol;
		uint8_t reason;
		int code;
		const char *text;
	} rows[] = {
		{ MQTT_PROTOCOL_3_1_1, 1, LANDFALL_ERROR_INVALID,
		  "protocol version not supported" },
		{ MQTT_PROTOCOL_3_1_1, 2, LANDFALL_ERROR_DENIED, "client id not accepted" },
		{ MQTT_PROTOCOL_3_1_1, 3, LANDFALL_ERROR_NETWORK, "server unavailable" },
		{ MQTT_PROTOCOL_3_1_1, 4, LANDFALL_ERROR_DENIED, "bad user name or password" },
		{ MQTT_PROTOCOL_3_1_1, 5, LANDFALL_ERROR_DENIED, "not authorised (code 5)" },
		{ MQTT_PROTOCOL_5, 0x84, LANDFALL_ERROR_INVALID,
		  "protocol version not supported (code 132)" },
		{ MQTT_PROTOCOL_5, 0x85, LANDFALL_ERROR_DENIED, "client id not accepted" },
		{ MQTT_PROTOCOL_5, 0x86, LANDFALL_ERROR_DENIED, "bad user name or password" },
		{ MQTT_PROTOCOL_5, 0x87, LANDFALL_ERROR_DENIED, "not authorised" },
		{ MQTT_PROTOCOL_5, 0x88, LANDFALL_ERROR_NETWORK, "server unavailable" },
		{ MQTT_PROTOCOL_5, 0x89, LANDFALL_ERROR_NETWORK, "server busy" },
		{ MQTT_PROTOCOL_5, 0x8a, LANDFALL_ERROR_DENIED, "client is banned" },
		{ MQTT_PROTOCOL_5, 0x95, LANDFALL_ERROR_INVALID, "packet too large" },
		{ MQTT_PROTOCOL_5, 0x97, LANDFALL_ERROR_FULL, "quota exceeded" },
		{ MQTT_PROTOCOL_5, 0x9b, LANDFALL_ERROR_INVALID, "QoS not supported" },
		{ MQTT_PROTOCOL_5, 0x9c, LANDFALL_ERROR_NETWORK, "use another server" },
		{ MQTT_PROTOCOL_5, 0x9d, LANDFALL_ERROR_NETWORK, "server has moved" },
		{ MQTT_PROTOCOL_5, 0x9f, LANDFALL_ERROR_NETWORK, "too many connections" },
		{ MQTT_PROTOCOL_5, 0xf0, LANDFALL_ERROR_FAILED, "unknown reason (code 240)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool v5 = rows[i].protocol == MQTT_PROTOCOL_5;
		const char greeting[] = { 0x20, v5 ? 3 : 2, 0x00, (char)rows[i].reason, 0x00 };
		g_autoptr(Listener) listener = listener_new(greeting, v5 ? 5 : 4, false);
		PeerConfig config = {
			.port = listener_port(listener),
			.clear_text = true,
			.protocol = rows[i].protocol,
		};
		g_autoptr(Peer) peer = peer_new((Pki *)data, &config);

		peer_fail(peer, rows[i].code, rows[i].text);
	}
}

/* A server that acknowledges nothing stronger than QoS 0 is of no use to us. */
static void test_qos_0_only(gconstpointer data)
{
	static const char greeting[] = "\x20\x05\x00\x00\x02\x24\x00";
	g_autoptr(Listener) listener = listener_new(greeting, sizeof(greeting) - 1, false);
	PeerConfig config = {
		.port = listener_port(listener),
		.clear_text = true,
		.protocol = MQTT_PROTOCOL_5,
	};
	g_autoptr(Peer) peer = peer_new((Pki *)data, &config);

	peer_fail(peer, LANDFALL_ERROR_INVALID, "QoS 0 only");
}

static void test_nobody_listens(gconstpointer data)
{
	for (unsigned int clear = 0; clear < 2; clear++) {
		PeerConfig config = { .port = port_unused(), .clear_text = clear != 0 };
		g_autoptr(Peer) peer = peer_new((Pki *)data, &config);

		peer_fail(peer, LANDFALL_ERROR_NETWORK, "Connection refused");
	}
}

/* ---- trouble with a broker that was fine ---- */

static PeerConfig tls_config(const Broker *broker, MqttProtocol protocol)
{
	return (PeerConfig){
		.port = broker_port(broker),
		.device = "device",
		.protocol = protocol,
	};
}

static void test_stopped_before(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_3_1_1);
	g_autoptr(Peer) peer = NULL;

	config.connect_timeout_ms = SHORT_MS;
	peer = peer_new(pki, &config);
	broker_signal(broker, SIGSTOP);
	peer_fail(peer, LANDFALL_ERROR_NETWORK, "TLS handshake not finished within 400 ms");
	broker_signal(broker, SIGCONT);
}

static void test_half_open(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_5);
	g_autoptr(Peer) peer = NULL;

	config.keep_alive_s = MQTT_KEEP_ALIVE_MIN_S;
	peer = peer_new(pki, &config);
	peer_connect(peer);
	broker_signal(broker, SIGSTOP);
	peer_publish(peer, "landfall/x", "x");
	peer_wait_end(peer, LANDFALL_ERROR_NETWORK, "no answer to a ping");
	g_assert_false(mqtt_client_hung_up(peer->client));
	g_assert_cmpuint(peer->undecided, ==, 1);
	broker_signal(broker, SIGCONT);
	peer_connect(peer);
	peer_leave(peer);
}

static void test_ack_overdue(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_5);
	g_autoptr(Peer) peer = NULL;

	config.ack_timeout_ms = SHORT_MS;
	peer = peer_new(pki, &config);
	peer_connect(peer);
	broker_signal(broker, SIGSTOP);
	peer_publish(peer, "landfall/x", "x");
	peer_wait_end(peer, LANDFALL_ERROR_NETWORK, "not acknowledged within 400 ms");
	g_assert_false(mqtt_client_hung_up(peer->client));
	broker_signal(broker, SIGCONT);
}

static void test_killed_and_restarted(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_3_1_1);
	g_autoptr(Peer) peer = peer_new(pki, &config);
	unsigned int acknowledged;

	peer_connect(peer);
	peer_subscribe(peer, "landfall/#");
	broker_signal(broker, SIGSTOP);
	for (unsigned int i = 0; i < 100; i++)
		peer_publish(peer, "landfall/x", "x");
	for (unsigned int i = 0; i < 10; i++) /* out of our hands */
		g_main_context_iteration(NULL, FALSE);
	broker_kill(broker);
	peer_wait_end(peer, LANDFALL_ERROR_NETWORK, "connection lost");
	g_assert_true(mqtt_client_hung_up(peer->client));
	acknowledged = peer->published->len;
	g_assert_cmpuint(acknowledged + peer->undecided, ==, 100);
	peer_fail(peer, LANDFALL_ERROR_NETWORK, "Connection refused");
	broker_restart(broker);
	peer_connect(peer);
	peer_publish(peer, "landfall/x", "x");
	peer_wait(&peer->published->len, acknowledged + 1);
	peer_leave(peer);
}

static void test_taken_over(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_5);
	g_autoptr(Peer) first = peer_new(pki, &config);
	g_autoptr(Peer) second = peer_new(pki, &config);

	peer_connect(first);
	g_assert_true(mqtt_client_connect(second->client, NULL));
	peer_wait_end(first, LANDFALL_ERROR_NETWORK, "connection lost"); /* 2.0 gives no reason */
	peer_wait(&second->connected, 1);
	peer_leave(second);
}

static void test_message_too_long(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autoptr(Broker) broker = broker_new(pki, "server", NULL);
	g_autofree char *text = g_strnfill(HUGE_OCTETS, 'x');
	PeerConfig config = tls_config(broker, MQTT_PROTOCOL_3_1_1);
	g_autoptr(Peer) peer = peer_new(pki, &config);
	g_autoptr(Peer) modern = NULL;

	pki_write(pki, "huge", text);
	broker_publish(broker, "device", "landfall/huge", pki_path(pki, "huge"));
	pki_write(pki, "small", "x");
	broker_publish(broker, "device", "landfall/small", pki_path(pki, "small"));
	peer_connect(peer);
	g_assert_cmpuint(mqtt_client_subscribe(peer->client, "landfall/huge", 1, NULL), !=, 0);
	peer_wait_end(peer, LANDFALL_ERROR_INVALID, "longer than we take");
	g_assert_cmpuint(peer->messages, ==, 0);

	config.protocol = MQTT_PROTOCOL_5; /* there the broker is told and leaves it out */
	modern = peer_new(pki, &config);
	peer_connect(modern);
	peer_subscribe(modern, "landfall/#");
	peer_wait(&modern->messages, 1);
	g_assert_cmpstr(modern->topic, ==, "landfall/small");
	g_assert_true(modern->retained);
	peer_leave(modern);
}

/* name, test; the fixture is the certificates */
static const struct {
	const char *path;
	void (*run)(gconstpointer pki);
} tests[] = {
	{ "/mqtt-failures/connack-twice", test_connack_twice },
	{ "/mqtt-failures/dropped-with-reason", test_dropped_with_reason },
	{ "/mqtt-failures/refused-with-reason", test_refused_with_reason },
	{ "/mqtt-failures/qos-0-only", test_qos_0_only },
	{ "/mqtt-failures/nobody-listens", test_nobody_listens },
	{ "/mqtt-failures/stopped-before", test_stopped_before },
	{ "/mqtt-failures/half-open", test_half_open },
	{ "/mqtt-failures/ack-overdue", test_ack_overdue },
	{ "/mqtt-failures/killed-and-restarted", test_killed_and_restarted },
	{ "/mqtt-failures/taken-over", test_taken_over },
	{ "/mqtt-failures/message-too-long", test_message_too_long },
};

static void add_refused(Pki *pki, RefusedTest *refused)
{
	for (size_t i = 0; i < 2 * G_N_ELEMENTS(refused_cases); i++) {
		const RefusedCase *row = &refused_cases[i / 2];
		bool v5 = i % 2 != 0;
		g_autofree char *path = g_strdup_printf("/mqtt-failures/refused/%s/%s", row->name,
							v5 ? "5" : "3.1.1");

		refused[i] = (RefusedTest){ row, v5 ? MQTT_PROTOCOL_5 : MQTT_PROTOCOL_3_1_1, pki };
		g_test_add_data_func(path, &refused[i], test_refused);
	}
}

static void add_strange(Pki *pki, StrangeTest *strange)
{
	for (size_t i = 0; i < G_N_ELEMENTS(strange_cases); i++) {
		g_autofree char *path =
			g_strdup_printf("/mqtt-failures/strange/%s", strange_cases[i].name);

		strange[i] = (StrangeTest){ &strange_cases[i], pki };
		g_test_add_data_func(path, &strange[i], test_strange);
	}
}

int main(int argc, char **argv)
{
	RefusedTest refused[2 * G_N_ELEMENTS(refused_cases)];
	StrangeTest strange[G_N_ELEMENTS(strange_cases)];
	g_autoptr(Pki) pki = NULL;

	g_test_init(&argc, &argv, NULL);
	pki = pki_new();
	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	add_refused(pki, refused);
	add_strange(pki, strange);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_data_func(tests[i].path, pki, tests[i].run);
	return g_test_run();
}
