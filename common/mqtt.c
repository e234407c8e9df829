/* SPDX-License-Identifier: MIT */
#include "common/mqtt.h"

#include <string.h>

#include "common/error.h"
#include "common/mqtt-link.h"
#include "common/mqtt-lookup.h"
#include "common/mqtt-reason.h"
#include "common/mqtt-window.h"

#define HOST_MAX            253
#define CLIENT_ID_MAX       256
#define LOGIN_MAX           1024
#define CONNECT_LIMIT_MS    600000
#define DRAIN_US            (3 * G_TIME_SPAN_SECOND) /* for answers, before DISCONNECT */
#define CLOSE_TIMEOUT_US    (3 * G_TIME_SPAN_SECOND) /* for a DISCONNECT that does not get out */
#define TCP_SHARE_MIN_US    G_TIME_SPAN_SECOND /* one of several addresses gets at least this */
#define TICK_MAX_S          10
#define TICKS_PER_KEEPALIVE 4
#define SUBACK_REFUSED      0x80
#define TAKEN_OVER          0x8e

typedef enum ClientState {
	CLIENT_REST,
	CLIENT_LOOKUP,  /* the name look-up runs */
	CLIENT_LINKING, /* TCP, TLS, CONNECT to one address after the other */
	CLIENT_CONNECTED,
	CLIENT_DRAINING, /* to be disconnected, answers are awaited */
	CLIENT_CLOSING,  /* DISCONNECT is on its way */
	CLIENT_ENDING,   /* disconnected() is due in the next turn of the loop */
} ClientState;

/* The source lives as long as the client; the last to let go of the source frees both, so that a
 * callback may free the client it was called for. */
typedef struct ClientSource {
	GSource base;
	MqttClient *client;
} ClientSource;

struct MqttClient {
	GSource *source;
	GMainContext *context;
	MqttConfig config; /* own copies */
	const MqttCallbacks *callbacks;
	gpointer data;
	ClientState state;
	bool freed;
	MqttLookup *lookup; /* running or adopted by the next attempt; see on_looked_up() */
	char **addresses;
	unsigned int address_next;
	MqttLink *link;
	gpointer watch; /* of the link's descriptor */
	int watched_fd;
	GIOCondition watched_for;
	MqttSession session;
	MqttWindow *publishes;
	MqttWindow *subscriptions;
	MqttStage ended_at; /* how far the last attempt came */
	bool hung_up;       /* the last connection, by the broker */
	bool taken_over;    /* the last connection, by another client */
	GError *end;        /* for disconnected(); NULL: asked for */
	int64_t started_us; /* mqtt_client_connect() */
	int64_t limit_us;   /* of the attempt, of draining, of closing */
	int64_t tcp_limit_us;
	int64_t tick_us;
};

static void client_enter(MqttClient *client, ClientState state)
{
	client->state = state;
}

static MqttStage linking_stage(const MqttClient *client)
{
	switch (client->link ? mqtt_link_stage(client->link) : MQTT_LINK_TCP) {
	case MQTT_LINK_TCP: return MQTT_STAGE_TCP;
	case MQTT_LINK_TLS: return MQTT_STAGE_TLS;
	case MQTT_LINK_CONNECT: return MQTT_STAGE_CONNECT;
	case MQTT_LINK_OPEN:
	case MQTT_LINK_CLOSED: break;
	}
	return MQTT_STAGE_OPEN;
}

MqttStage mqtt_client_stage(const MqttClient *client)
{
	switch (client->state) {
	case CLIENT_LOOKUP: return MQTT_STAGE_LOOKUP;
	case CLIENT_LINKING: return linking_stage(client);
	case CLIENT_CONNECTED:
	case CLIENT_DRAINING:
	case CLIENT_CLOSING: return MQTT_STAGE_OPEN;
	case CLIENT_REST:
	case CLIENT_ENDING: break;
	}
	return client->ended_at;
}

/* The connection or attempt is over; the loop tells the owner. @error is taken; it is of no
 * interest when the owner has asked for the end. */
static void client_end(MqttClient *client, GError *error)
{
	if (client->state == CLIENT_ENDING || client->state == CLIENT_REST) {
		g_clear_error(&error);
		return;
	}
	if (client->state == CLIENT_DRAINING || client->state == CLIENT_CLOSING)
		g_clear_error(&error);
	client->ended_at = mqtt_client_stage(client);
	client->taken_over = client->link && mqtt_link_dropped(client->link) == TAKEN_OVER;
	client->hung_up = client->state == CLIENT_CONNECTED && client->link &&
			  mqtt_link_hung_up(client->link) && !client->taken_over;
	client->end = error;
	client_enter(client, CLIENT_ENDING);
}

/* ---- configuration ---- */

static bool text_fits(const char *text, size_t max)
{
	size_t len = text ? strnlen(text, max + 1) : 0;

	return len >= 1 && len <= max && g_utf8_validate(text, (gssize)len, NULL);
}

static bool optional_fits(const char *text, size_t max)
{
	return !text || text_fits(text, max);
}

static bool within(unsigned int value, unsigned int min, unsigned int max)
{
	return value >= min && value <= max;
}

/* The first value that is out of its bounds, in words; NULL when all hold. */
static const char *config_fault(const MqttConfig *config)
{
	if (!text_fits(config->host, HOST_MAX))
		return "host (1..253 octets)";
	if (config->port == 0)
		return "port (1..65535)";
	if (!text_fits(config->client_id, CLIENT_ID_MAX))
		return "client id (1..256 octets of UTF-8)";
	if (!optional_fits(config->user_name, LOGIN_MAX))
		return "user name (1..1024 octets of UTF-8)";
	if (config->password && (!config->user_name || secret_len(config->password) > LOGIN_MAX))
		return "password (up to 1024 octets, and only with a user name)";
	if (!within(config->keep_alive_s, MQTT_KEEP_ALIVE_MIN_S, MQTT_KEEP_ALIVE_MAX_S))
		return "keep-alive (5..65535 s)";
	if (!within(config->connect_timeout_ms, 1, CONNECT_LIMIT_MS))
		return "connect time-out (1..600000 ms)";
	if (!within(config->window, 1, MQTT_WINDOW_MAX))
		return "window (1..1000 messages)";
	if (!optional_fits(config->will_topic, MQTT_TOPIC_MAX))
		return "topic of the will (1..1024 octets of UTF-8)";
	if (config->will_payload && g_bytes_get_size(config->will_payload) > UINT16_MAX)
		return "payload of the will (up to 65535 octets)";
	if (config->tls && strcmp(tls_context_host(config->tls), config->host) != 0)
		return "TLS context (made for another host)";
	return NULL;
}

static void config_copy(MqttConfig *copy, const MqttConfig *config)
{
	*copy = *config;
	copy->host = g_strdup(config->host);
	copy->client_id = g_strdup(config->client_id);
	copy->user_name = g_strdup(config->user_name);
	copy->password = secret_copy(config->password);
	copy->will_topic = g_strdup(config->will_topic);
	copy->will_payload = config->will_payload ? g_bytes_ref(config->will_payload) : NULL;
	copy->tls = config->tls ? tls_context_ref(config->tls) : NULL;
}

static void config_clear(MqttConfig *config)
{
	g_free((char *)config->host);
	g_free((char *)config->client_id);
	g_free((char *)config->user_name);
	secret_free((Secret *)config->password);
	g_free((char *)config->will_topic);
	g_clear_pointer(&config->will_payload, g_bytes_unref);
	tls_context_unref(config->tls);
}

/* ---- the link: one address after the other ---- */

static void watch_drop(MqttClient *client)
{
	if (client->watch)
		g_source_remove_unix_fd(client->source, client->watch);
	client->watch = NULL;
	client->watched_fd = -1;
}

/* Brings the watch of the descriptor in line with what the link wants now. */
static void watch_update(MqttClient *client)
{
	int fd = client->link && client->state != CLIENT_ENDING ? mqtt_link_fd(client->link) : -1;
	GIOCondition wanted;

	if (fd != client->watched_fd)
		watch_drop(client);
	if (fd < 0)
		return;
	wanted = mqtt_link_interest(client->link);
	if (!client->watch)
		client->watch = g_source_add_unix_fd(client->source, fd, wanted);
	else if (wanted != client->watched_for)
		g_source_modify_unix_fd(client->source, client->watch, wanted);
	client->watched_fd = fd;
	client->watched_for = wanted;
}

static void link_drop(MqttClient *client)
{
	watch_drop(client);
	g_clear_pointer(&client->link, mqtt_link_free);
}

static unsigned int addresses_left(const MqttClient *client)
{
	return client->addresses ? g_strv_length(client->addresses + client->address_next) : 0;
}

/* Starts on the next address that can be started on; @why (taken) is how the last one failed. */
static void link_next(MqttClient *client, GError *why)
{
	int64_t now = g_get_monotonic_time();

	link_drop(client);
	while (!client->link && addresses_left(client) > 0) {
		int64_t share = (client->limit_us - now) / addresses_left(client);

		g_clear_error(&why);
		client->tcp_limit_us = now + MAX(share, TCP_SHARE_MIN_US);
		client->link = mqtt_link_new(&client->config,
					     client->addresses[client->address_next++], &why);
	}
	if (!client->link)
		client_end(client, why);
}

/* The link is at its end. Before TCP stands, the next address may be better. */
static void link_failed(MqttClient *client, GError *error)
{
	if (client->state == CLIENT_LINKING && mqtt_link_stage(client->link) == MQTT_LINK_TCP)
		link_next(client, error);
	else
		client_end(client, error);
}

/* Hands what was gathered to the socket, and notices when the DISCONNECT is out. */
static void link_flush(MqttClient *client)
{
	GError *error = NULL;

	if (!client->link || client->state == CLIENT_ENDING)
		return;
	if (!mqtt_link_flush(client->link, &error))
		link_failed(client, error);
	else if (mqtt_link_stage(client->link) == MQTT_LINK_CLOSED)
		client_end(client, NULL);
}

/* A look-up outlives an attempt that was given up; the next attempt takes its answer, so that
 * there is one thread at most, however long the resolver takes. */
static void on_looked_up(const char *const *addresses, const GError *error, gpointer data)
{
	MqttClient *client = data;

	g_clear_pointer(&client->lookup, mqtt_lookup_free);
	if (client->state != CLIENT_LOOKUP)
		return;
	if (error) {
		client_end(client, g_error_copy(error));
		return;
	}
	client->addresses = g_strdupv((char **)addresses);
	client->address_next = 0;
	client_enter(client, CLIENT_LINKING);
	link_next(client, g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				      "host name %s has no address", client->config.host));
}

/* ---- what the link reports ---- */

static void on_accepted(MqttClient *client, const MqttEvent *event)
{
	int64_t now = g_get_monotonic_time();

	if (client->state != CLIENT_LINKING) /* accepted and closed in one breath */
		return;
	client->session = event->session;
	client->session.connect_ms = (unsigned int)((now - client->started_us) / 1000);
	client->tick_us = now;
	client_enter(client, CLIENT_CONNECTED);
	if (client->session.max_qos < 1) {
		client_end(client, g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
					       "broker %s: it takes QoS 0 only, which acknowledges "
					       "nothing",
					       client->config.host));
		return;
	}
	client->callbacks->connected(client, &client->session, client->data);
}

/* NETWORK is for what was never answered; some brokers give such reasons where they
 * have no place. */
static int answer_error(uint8_t reason)
{
	LandfallError code = mqtt_reason_error(reason);

	return (int)(code == LANDFALL_ERROR_NETWORK ? LANDFALL_ERROR_FAILED : code);
}

static void on_published(MqttClient *client, const MqttEvent *event)
{
	g_autoptr(GError) error = NULL;

	if (!mqtt_window_take(client->publishes, event->id))
		return;
	if (event->reason >= SUBACK_REFUSED)
		error = g_error_new(LANDFALL_ERROR, answer_error(event->reason),
				    "the broker refused the message: %s (code %u)",
				    mqtt_reason(event->reason), event->reason);
	client->callbacks->published(client, event->id, error, client->data);
}

static void on_subscribed(MqttClient *client, const MqttEvent *event)
{
	g_autoptr(GError) error = NULL;

	if (!mqtt_window_take(client->subscriptions, event->id) || !client->callbacks->subscribed)
		return;
	if (event->reason >= SUBACK_REFUSED && client->config.protocol == MQTT_PROTOCOL_5)
		error = g_error_new(LANDFALL_ERROR, answer_error(event->reason),
				    "the broker refused the subscription: %s (code %u)",
				    mqtt_reason(event->reason), event->reason);
	else if (event->reason >= SUBACK_REFUSED)
		error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
					    "the broker refused the subscription");
	client->callbacks->subscribed(client, event->id, error, client->data);
}

static void on_event(MqttClient *client, const MqttEvent *event)
{
	switch (event->type) {
	case MQTT_EVENT_ACCEPTED: on_accepted(client, event); return;
	case MQTT_EVENT_PUBLISHED: on_published(client, event); return;
	case MQTT_EVENT_SUBSCRIBED: on_subscribed(client, event); return;
	case MQTT_EVENT_MESSAGE:
		if (client->callbacks->message)
			client->callbacks->message(client, event->topic, event->payload, event->len,
						   event->retained, client->data);
	}
}

static void deliver_events(MqttClient *client)
{
	MqttEvent event;

	while (!client->freed && client->link && mqtt_link_take(client->link, &event)) {
		on_event(client, &event);
		mqtt_event_clear(&event);
	}
}

typedef void (*AnswerFunc)(MqttClient *client, uint16_t id, const GError *error, gpointer data);

/* Ends every id of @window undecided. */
static void end_unanswered(MqttClient *client, MqttWindow *window, AnswerFunc answer)
{
	g_autoptr(GError) error = NULL;

	if (mqtt_window_count(window) == 0)
		return;
	error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				    "the connection ended before the broker answered");
	while (!client->freed && mqtt_window_count(window) > 0) {
		uint16_t id;

		mqtt_window_oldest(window, &id);
		mqtt_window_take(window, id);
		if (answer)
			answer(client, id, error, client->data);
	}
}

static void deliver_end(MqttClient *client)
{
	g_autoptr(GError) error = g_steal_pointer(&client->end);

	link_drop(client);
	g_clear_pointer(&client->addresses, g_strfreev);
	end_unanswered(client, client->publishes, client->callbacks->published);
	if (!client->freed)
		end_unanswered(client, client->subscriptions, client->callbacks->subscribed);
	if (client->freed)
		return;
	client_enter(client, CLIENT_REST);
	client->callbacks->disconnected(client, error, client->data);
}

/* ---- leaving ---- */

static void client_close(MqttClient *client)
{
	client->limit_us = g_get_monotonic_time() + CLOSE_TIMEOUT_US;
	client_enter(client, CLIENT_CLOSING);
	mqtt_link_close(client->link);
	if (mqtt_link_stage(client->link) == MQTT_LINK_CLOSED)
		client_end(client, NULL);
}

/* libmosquitto closes the socket right after DISCONNECT. Answers still on their way would then
 * make the kernel reset the connection, and the broker throw away what it has not read. */
static void close_when_drained(MqttClient *client)
{
	if (mqtt_window_count(client->publishes) == 0 &&
	    mqtt_window_count(client->subscriptions) == 0)
		client_close(client);
}

/* ---- time ---- */

static int64_t tick_interval_us(const MqttClient *client)
{
	unsigned int seconds = client->session.keep_alive_s / TICKS_PER_KEEPALIVE;

	return CLAMP(seconds, 1, TICK_MAX_S) * G_TIME_SPAN_SECOND;
}

/* When the oldest unanswered publish is overdue. */
static int64_t ack_limit_us(const MqttClient *client)
{
	if (client->config.ack_timeout_ms == 0 || mqtt_window_count(client->publishes) == 0)
		return G_MAXINT64;
	return mqtt_window_oldest(client->publishes, NULL) +
	       (int64_t)client->config.ack_timeout_ms * 1000;
}

/* When the loop has to come back even if nothing else happens. */
static int64_t client_wake_us(const MqttClient *client)
{
	switch (client->state) {
	case CLIENT_REST: return G_MAXINT64;
	case CLIENT_LINKING: return MIN(client->limit_us, client->tcp_limit_us);
	case CLIENT_LOOKUP:
	case CLIENT_DRAINING:
	case CLIENT_CLOSING: return client->limit_us;
	case CLIENT_CONNECTED: return MIN(client->tick_us, ack_limit_us(client));
	case CLIENT_ENDING: break;
	}
	return 0;
}

/* What the attempt was waiting for when its time was up. */
static const char *waiting_for(const MqttClient *client)
{
	if (client->state == CLIENT_LOOKUP || !client->link)
		return "no answer to the name look-up";
	switch (mqtt_link_stage(client->link)) {
	case MQTT_LINK_TCP: return "no answer to the TCP connection";
	case MQTT_LINK_TLS: return "TLS handshake not finished";
	case MQTT_LINK_CONNECT:
	case MQTT_LINK_OPEN:
	case MQTT_LINK_CLOSED: break;
	}
	return "no answer to CONNECT";
}

static void on_connect_time(MqttClient *client, int64_t now)
{
	if (now >= client->limit_us)
		client_end(client,
			   g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				       "broker %s port %u: %s within %u ms", client->config.host,
				       client->config.port, waiting_for(client),
				       client->config.connect_timeout_ms));
	else if (client->state == CLIENT_LINKING && now >= client->tcp_limit_us) {
		if (mqtt_link_stage(client->link) == MQTT_LINK_TCP && addresses_left(client) > 0)
			link_next(client, NULL);
		else
			client->tcp_limit_us = G_MAXINT64;
	}
}

static void on_connected_time(MqttClient *client, int64_t now)
{
	GError *error = NULL;

	if (now >= ack_limit_us(client)) {
		client_end(client, g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
					       "broker %s port %u: a message was not acknowledged "
					       "within %u ms",
					       client->config.host, client->config.port,
					       client->config.ack_timeout_ms));
	} else if (now >= client->tick_us) {
		client->tick_us = now + tick_interval_us(client);
		if (!mqtt_link_tick(client->link, &error))
			client_end(client, error);
	}
}

static void on_time(MqttClient *client, int64_t now)
{
	switch (client->state) {
	case CLIENT_LOOKUP:
	case CLIENT_LINKING: on_connect_time(client, now); return;
	case CLIENT_CONNECTED: on_connected_time(client, now); return;
	case CLIENT_DRAINING:
		if (now >= client->limit_us)
			client_close(client);
		return;
	case CLIENT_CLOSING:
		if (now >= client->limit_us)
			client_end(client, NULL);
		return;
	case CLIENT_REST:
	case CLIENT_ENDING: return;
	}
}

/* ---- the loop ---- */

static MqttClient *source_client(GSource *source)
{
	return ((ClientSource *)source)->client;
}

static bool is_due(const MqttClient *client, int64_t now)
{
	return client_wake_us(client) <= now || (client->link && mqtt_link_readable(client->link));
}

/* Runs before the loop sleeps: what was sent in this turn leaves now, with one system call. */
static gboolean source_prepare(GSource *source, gint *timeout_ms)
{
	MqttClient *client = source_client(source);
	int64_t now = g_source_get_time(source);
	int64_t wake;

	link_flush(client);
	watch_update(client);
	wake = client_wake_us(client);
	*timeout_ms = wake == G_MAXINT64 ? -1 : (gint)CLAMP((wake - now + 999) / 1000, 0, G_MAXINT);
	return is_due(client, now);
}

static gboolean source_check(GSource *source)
{
	MqttClient *client = source_client(source);

	if (client->watch && g_source_query_unix_fd(source, client->watch) != 0)
		return TRUE;
	return is_due(client, g_source_get_time(source));
}

static void client_step(MqttClient *client)
{
	GIOCondition ready =
		client->watch ? g_source_query_unix_fd(client->source, client->watch) : 0;
	GError *error = NULL;

	if (!client->link || client->state == CLIENT_ENDING)
		return;
	if (mqtt_link_readable(client->link))
		ready |= G_IO_IN;
	if (ready != 0 && !mqtt_link_step(client->link, ready, &error))
		link_failed(client, error);
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	MqttClient *client = source_client(source);

	client_step(client);
	deliver_events(client);
	if (!client->freed && client->state == CLIENT_DRAINING)
		close_when_drained(client);
	if (!client->freed)
		on_time(client, g_source_get_time(source));
	if (!client->freed && client->state == CLIENT_ENDING)
		deliver_end(client);
	return client->freed ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void source_finalize(GSource *source)
{
	MqttClient *client = source_client(source);

	mqtt_window_free(client->publishes);
	mqtt_window_free(client->subscriptions);
	g_main_context_unref(client->context);
	g_clear_error(&client->end);
	config_clear(&client->config);
	g_free(client);
}

static const GSourceFuncs source_funcs = {
	.prepare = source_prepare,
	.check = source_check,
	.dispatch = source_dispatch,
	.finalize = source_finalize,
};

/* ---- the owner's side ---- */

MqttClient *mqtt_client_new(const MqttConfig *config, const MqttCallbacks *callbacks, gpointer data,
			    GError **error)
{
	const char *fault = config_fault(config);
	MqttClient *client;

	if (fault) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "MQTT settings: out of bounds: %s", fault);
		return NULL;
	}
	client = g_new0(MqttClient, 1);
	config_copy(&client->config, config);
	client->callbacks = callbacks;
	client->data = data;
	client->watched_fd = -1;
	client->publishes = mqtt_window_new(config->window);
	client->subscriptions = mqtt_window_new(MQTT_SUBSCRIPTIONS_MAX);
	client->context = g_main_context_ref_thread_default();
	client->source = g_source_new((GSourceFuncs *)&source_funcs, /* only read */
				      sizeof(ClientSource));
	((ClientSource *)client->source)->client = client;
	g_source_set_static_name(client->source, "mqtt-client");
	g_source_attach(client->source, client->context);
	return client;
}

void mqtt_client_free(MqttClient *client)
{
	if (!client)
		return;
	client->freed = true;
	g_clear_pointer(&client->lookup, mqtt_lookup_free);
	link_drop(client);
	g_clear_pointer(&client->addresses, g_strfreev);
	g_source_destroy(client->source);
	g_source_unref(client->source);
}

bool mqtt_client_connect(MqttClient *client, GError **error)
{
	if (client->state != CLIENT_REST) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
				    "the MQTT client is connecting or connected already");
		return false;
	}
	client->started_us = g_get_monotonic_time();
	client->limit_us = client->started_us + (int64_t)client->config.connect_timeout_ms * 1000;
	client_enter(client, CLIENT_LOOKUP);
	if (!client->lookup)
		client->lookup = mqtt_lookup_start(client->config.host, client->context,
						   on_looked_up, client);
	return true;
}

void mqtt_client_disconnect(MqttClient *client)
{
	switch (client->state) {
	case CLIENT_LOOKUP:
	case CLIENT_LINKING: client_end(client, NULL); return;
	case CLIENT_CONNECTED:
		client->limit_us = g_get_monotonic_time() + DRAIN_US;
		client_enter(client, CLIENT_DRAINING);
		close_when_drained(client);
		return;
	case CLIENT_REST:
	case CLIENT_DRAINING:
	case CLIENT_CLOSING:
	case CLIENT_ENDING: return;
	}
}

bool mqtt_client_connected(const MqttClient *client)
{
	return client->state == CLIENT_CONNECTED;
}

bool mqtt_client_taken_over(const MqttClient *client)
{
	return client->taken_over;
}

bool mqtt_client_hung_up(const MqttClient *client)
{
	return client->hung_up;
}

unsigned int mqtt_client_room(const MqttClient *client)
{
	unsigned int used = mqtt_window_count(client->publishes);

	if (client->state != CLIENT_CONNECTED || used >= client->session.window)
		return 0;
	return client->session.window - used;
}

/* What holds for publish and subscribe alike. */
static bool may_send(const MqttClient *client, const char *topic, GError **error)
{
	size_t len = strnlen(topic, MQTT_TOPIC_MAX + 1);

	if (client->state != CLIENT_CONNECTED)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK, "not connected");
	else if (len == 0 || len > MQTT_TOPIC_MAX)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "topic of %zu octets, 1..%d are allowed", len, MQTT_TOPIC_MAX);
	else
		return true;
	return false;
}

/* Remembers an id that was just given out. An id that is still unanswered cannot come again
 * unless 65535 messages were sent after it: such a broker has lost it. */
static uint16_t sent(MqttClient *client, MqttWindow *window, uint16_t id, GError **error)
{
	GError *lost = NULL;

	if (id == 0 || mqtt_window_add(window, id, g_get_monotonic_time()))
		return id;
	lost = g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
			   "broker %s port %u: it never answered message %u", client->config.host,
			   client->config.port, id);
	g_propagate_error(error, g_error_copy(lost));
	client_end(client, lost);
	return 0;
}

uint16_t mqtt_client_publish(MqttClient *client, const char *topic, const void *payload, size_t len,
			     bool retain, GError **error)
{
	if (!may_send(client, topic, error))
		return 0;
	if (len > MQTT_PAYLOAD_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "message of %zu octets, up to %d are allowed", len, MQTT_PAYLOAD_MAX);
		return 0;
	}
	if (mqtt_client_room(client) == 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL,
			    "%u messages wait for the broker's acknowledgement",
			    client->session.window);
		return 0;
	}
	return sent(client, client->publishes,
		    mqtt_link_publish(client->link, topic, payload, len, retain, error), error);
}

uint16_t mqtt_client_subscribe(MqttClient *client, const char *filter, int qos, GError **error)
{
	if (!may_send(client, filter, error))
		return 0;
	if (qos < 0 || qos > 1) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "QoS %d of a subscription, 0..1 are allowed", qos);
		return 0;
	}
	if (mqtt_window_count(client->subscriptions) == MQTT_SUBSCRIPTIONS_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL,
			    "%d subscriptions wait for the broker's answer",
			    MQTT_SUBSCRIPTIONS_MAX);
		return 0;
	}
	return sent(client, client->subscriptions,
		    mqtt_link_subscribe(client->link, filter, qos, error), error);
}
