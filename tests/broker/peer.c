/* SPDX-License-Identifier: MIT */
#include "tests/broker/peer.h"

#include <string.h>

#include "common/error.h"
#include "common/tls.h"

#define DEADLINE_S         120 /* against hanging for ever; nothing is measured by it */
#define KEEP_ALIVE_S       60
#define CONNECT_TIMEOUT_MS 60000
#define WINDOW             100

static void callback_entered(Peer *peer, PeerFree which)
{
	g_assert_nonnull(peer->client); /* none after free */
	peer->calls++;
	if (peer->free_in == which)
		g_clear_pointer(&peer->client, mqtt_client_free);
}

static void on_connected(MqttClient *client, const MqttSession *session, gpointer data)
{
	Peer *peer = data;

	g_assert_true(mqtt_client_connected(client));
	g_assert_cmpuint(mqtt_client_room(client), ==, session->window);
	peer->session = *session;
	peer->connected++;
	callback_entered(peer, PEER_FREE_CONNECTED);
}

static void on_disconnected(MqttClient *client, const GError *error, gpointer data)
{
	Peer *peer = data;

	g_assert_false(mqtt_client_connected(client));
	g_assert_cmpuint(mqtt_client_room(client), ==, 0);
	g_clear_error(&peer->error);
	peer->error = error ? g_error_copy(error) : NULL;
	peer->disconnected++;
	callback_entered(peer, PEER_FREE_DISCONNECTED);
}

static void note_refusal(Peer *peer, const GError *error)
{
	if (!error || g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK))
		return;
	g_clear_error(&peer->refused);
	peer->refused = g_error_copy(error);
}

static void on_published(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Peer *peer = data;

	note_refusal(peer, error);
	if (!error)
		g_array_append_val(peer->published, id);
	else if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK))
		peer->undecided++;
	callback_entered(peer, PEER_FREE_PUBLISHED);
}

static void on_subscribed(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Peer *peer = data;

	note_refusal(peer, error);
	peer->subscribed++;
	callback_entered(peer, PEER_FREE_SUBSCRIBED);
}

static void on_message(MqttClient *client, const char *topic, const uint8_t *payload, size_t len,
		       bool retained, gpointer data)
{
	Peer *peer = data;

	g_free(peer->topic);
	g_clear_pointer(&peer->payload, g_bytes_unref);
	peer->topic = g_strdup(topic);
	peer->payload = g_bytes_new(payload, len);
	peer->retained = retained;
	peer->messages++;
	callback_entered(peer, PEER_FREE_MESSAGE);
}

static const MqttCallbacks callbacks = {
	.connected = on_connected,
	.disconnected = on_disconnected,
	.published = on_published,
	.subscribed = on_subscribed,
	.message = on_message,
};

static TlsContext *context_new(Pki *pki, const PeerConfig *config, const char *host)
{
	g_autofree char *certificate =
		g_strconcat(config->device ? config->device : "", ".crt", NULL);
	g_autofree char *key = g_strconcat(config->device ? config->device : "", ".key", NULL);
	g_autoptr(GError) error = NULL;
	TlsConfig tls = {
		.certificate_path = config->device ? pki_path(pki, certificate) : NULL,
		.key_path = config->device ? pki_path(pki, key) : NULL,
		.trust_path = pki_path(pki, config->trust ? config->trust : "ca.crt"),
		.crl_path = config->crl ? pki_path(pki, config->crl) : NULL,
		.host = host,
		.min_version = config->oldest,
	};
	TlsContext *context = tls_context_new(&tls, &error);

	g_assert_no_error(error);
	return context;
}

Peer *peer_new(Pki *pki, const PeerConfig *config)
{
	const char *host = config->host ? config->host : "127.0.0.1";
	g_autoptr(TlsContext) tls = config->clear_text ? NULL : context_new(pki, config, host);
	g_autoptr(GBytes) will = g_bytes_new_static("gone", 4);
	g_autoptr(GError) error = NULL;
	Peer *peer = g_new0(Peer, 1);
	MqttConfig mqtt = {
		.host = host,
		.port = config->port,
		.tls = tls,
		.protocol = config->protocol,
		.client_id = config->client_id ? config->client_id : "device",
		.clean_start = !config->keep_session,
		.session_expiry_s = config->session_expiry_s,
		.keep_alive_s = config->keep_alive_s ? config->keep_alive_s : KEEP_ALIVE_S,
		.connect_timeout_ms = config->connect_timeout_ms ? config->connect_timeout_ms
								 : CONNECT_TIMEOUT_MS,
		.ack_timeout_ms = config->ack_timeout_ms,
		.window = config->window ? config->window : WINDOW,
		.will_topic = config->will_topic,
		.will_payload = config->will_topic ? will : NULL,
	};

	peer->free_in = config->free_in;
	peer->published = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	peer->client = mqtt_client_new(&mqtt, &callbacks, peer, &error);
	g_assert_no_error(error);
	return peer;
}

void peer_free(Peer *peer)
{
	if (!peer)
		return;
	mqtt_client_free(peer->client);
	g_clear_error(&peer->error);
	g_clear_error(&peer->refused);
	g_array_free(peer->published, TRUE);
	g_free(peer->topic);
	g_clear_pointer(&peer->payload, g_bytes_unref);
	g_free(peer);
}

static gboolean on_deadline(gpointer data)
{
	g_error("the test waits for something that does not come");
	return G_SOURCE_REMOVE;
}

void peer_wait(const unsigned int *counter, unsigned int value)
{
	guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, NULL);

	while (*counter < value)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
}

static void start(Peer *peer)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(mqtt_client_connect(peer->client, &error));
	g_assert_no_error(error);
	g_assert_false(mqtt_client_connect(peer->client, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
}

void peer_connect(Peer *peer)
{
	unsigned int connected = peer->connected;
	unsigned int disconnected = peer->disconnected;
	guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, NULL);

	start(peer);
	while (peer->connected == connected && peer->disconnected == disconnected)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(deadline);
	if (peer->disconnected > disconnected)
		g_assert_no_error(peer->error);
	g_assert_cmpuint(peer->connected, ==, connected + 1);
}

void peer_wait_end(Peer *peer, int code, const char *text)
{
	peer_wait(&peer->disconnected, peer->disconnected + 1);
	g_assert_error(peer->error, LANDFALL_ERROR, code);
	g_test_message("%s", peer->error->message);
	if (!strstr(peer->error->message, text))
		g_error("\"%s\" lacks \"%s\"", peer->error->message, text);
}

void peer_fail(Peer *peer, int code, const char *text)
{
	unsigned int connected = peer->connected;

	start(peer);
	peer_wait_end(peer, code, text);
	g_assert_cmpuint(peer->connected, ==, connected);
}

void peer_leave(Peer *peer)
{
	mqtt_client_disconnect(peer->client);
	peer_wait(&peer->disconnected, peer->disconnected + 1);
	g_assert_no_error(peer->error);
}

uint16_t peer_publish(Peer *peer, const char *topic, const char *text)
{
	g_autoptr(GError) error = NULL;
	uint16_t id = mqtt_client_publish(peer->client, topic, text, strlen(text), false, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(id, !=, 0);
	return id;
}

void peer_subscribe(Peer *peer, const char *filter)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(mqtt_client_subscribe(peer->client, filter, 1, &error), !=, 0);
	g_assert_no_error(error);
	peer_wait(&peer->subscribed, peer->subscribed + 1);
	g_assert_no_error(peer->refused);
}
