/* SPDX-License-Identifier: MIT */
/*
 * mqtt - an MQTT 3.1.1 or 5 client on the GLib main loop, over libmosquitto
 *
 * Owner: whoever called mqtt_client_new(); everything happens in the main context that was the
 * thread's default then. Nothing here blocks: the name look-up runs in a short-lived thread, the
 * socket is watched by the loop. No reconnecting of its own: after disconnected() the owner
 * decides (common/backoff.h) and calls mqtt_client_connect() again.
 *
 * Rules of the callbacks:
 * - Each successful mqtt_client_connect() ends in exactly one disconnected(), with at most one
 *   connected() before it. A failed attempt is a disconnected() without a connected().
 * - Each id given by mqtt_client_publish() and mqtt_client_subscribe() ends in exactly one
 *   published() or subscribed(); those unanswered when the connection ends are ended, in order,
 *   with LANDFALL_ERROR_NETWORK right before disconnected(). Nothing is sent again by itself.
 * - None is called from inside a function of this header, and none after mqtt_client_free(),
 *   which may be called in every one of them.
 * - Pointers handed to a callback are borrowed for its duration.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/secret.h"
#include "common/tls.h"

#define MQTT_WINDOW_MAX        1000          /* unacknowledged publishes at once */
#define MQTT_PAYLOAD_MAX       (256 * 1024)  /* octets of one message we send */
#define MQTT_PACKET_IN_MAX     (1024 * 1024) /* octets of one packet we take */
#define MQTT_TOPIC_MAX         1024          /* octets of a topic or filter */
#define MQTT_KEEP_ALIVE_MIN_S  5
#define MQTT_KEEP_ALIVE_MAX_S  65535
#define MQTT_SUBSCRIPTIONS_MAX 32 /* unanswered subscriptions at once */

typedef struct MqttClient MqttClient;

typedef enum MqttProtocol {
	MQTT_PROTOCOL_3_1_1,
	MQTT_PROTOCOL_5,
} MqttProtocol;

/* What a connection goes through, one after the other. */
typedef enum MqttStage {
	MQTT_STAGE_LOOKUP,
	MQTT_STAGE_TCP,
	MQTT_STAGE_TLS,
	MQTT_STAGE_CONNECT, /* CONNACK is awaited */
	MQTT_STAGE_OPEN,
} MqttStage;

/* Borrowed during mqtt_client_new(), which copies what it keeps. */
typedef struct MqttConfig {
	const char *host; /* DNS name or address literal (IPv6 without brackets) */
	uint16_t port;
	TlsContext *tls; /* a reference is taken; NULL: clear text */
	MqttProtocol protocol;
	const char *client_id;     /* 1..256 octets of UTF-8 */
	const char *user_name;     /* or NULL */
	const Secret *password;    /* or NULL */
	bool clean_start;          /* 3.1.1: clean session */
	uint32_t session_expiry_s; /* MQTT 5: how long the broker keeps the session; else unused */
	unsigned int keep_alive_s; /* 5..65535; a silent peer is noticed within twice this */
	unsigned int connect_timeout_ms; /* look-up, TCP, TLS and CONNACK together; 1..600000 */
	unsigned int ack_timeout_ms; /* longest wait for a PUBACK before the connection is given up;
				      * counted in whole seconds; 0: none */
	unsigned int window;         /* 1..MQTT_WINDOW_MAX publishes in flight */
	const char *will_topic;      /* or NULL: no will */
	GBytes *will_payload;        /* or NULL: empty */
	bool will_retain;            /* the will is sent with QoS 1 */
} MqttConfig;

/* What the broker said in its CONNACK; limits as given, or the protocol's defaults. */
typedef struct MqttSession {
	bool unasked; /* the broker did not want the certificate we have for it */
	bool session_present;
	unsigned int window;      /* what we hold to: the smaller of ours and receive maximum */
	uint32_t max_packet_size; /* 0: none given */
	uint8_t max_qos;
	bool retain_available;
	unsigned int keep_alive_s; /* the broker's when it gave one */
	unsigned int connect_ms;   /* mqtt_client_connect() to CONNACK */
} MqttSession;

typedef struct MqttCallbacks {
	/* The broker accepted. Publish and subscribe from now on. */
	void (*connected)(MqttClient *client, const MqttSession *session, gpointer data);
	/* The connection, or the attempt, is over. @error: NULL when mqtt_client_disconnect() asked
	 * for it, else in words: LANDFALL_ERROR_NETWORK (worth another try later), _DENIED (the
	 * broker refused us: identity, permission), _INVALID (protocol or limits do not fit),
	 * _FULL (its quota), _FAILED (no reason we know). */
	void (*disconnected)(MqttClient *client, const GError *error, gpointer data);
	/* Message @id was acknowledged (@error NULL) or refused by its MQTT 5 reason:
	 * LANDFALL_ERROR_INVALID (for what it holds: it would be refused again), _DENIED, _FULL,
	 * _FAILED (that may pass); _NETWORK: undecided, the connection ended. */
	void (*published)(MqttClient *client, uint16_t id, const GError *error, gpointer data);
	/* Subscription @id was granted (@error NULL) or refused. May be NULL. */
	void (*subscribed)(MqttClient *client, uint16_t id, const GError *error, gpointer data);
	/* A message arrived. @topic is valid UTF-8 without NUL; @payload may be NULL when @len is
	 * 0. May be NULL. */
	void (*message)(MqttClient *client, const char *topic, const uint8_t *payload, size_t len,
			bool retained, gpointer data);
} MqttCallbacks;

/* mqtt_client_new() - a client at rest
 * @callbacks: static, borrowed for the life of the client; @data: handed to each
 * Errors: LANDFALL_ERROR_INVALID (a value out of its bounds, named) */
MqttClient *mqtt_client_new(const MqttConfig *config, const MqttCallbacks *callbacks, gpointer data,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_client_free() - drop the connection without a word to the broker (it then sends the will)
 * and forget everything; callable in any callback; NULL is fine */
void mqtt_client_free(MqttClient *client);

/* mqtt_client_connect() - start an attempt; never waits
 * Errors: LANDFALL_ERROR_FAILED (already connecting or connected) */
bool mqtt_client_connect(MqttClient *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_client_disconnect() - wait up to three seconds for what is unanswered, say DISCONNECT (no
 * will is sent) and end; nothing can be published meanwhile. Gives up an attempt that is under
 * way. disconnected() follows with a NULL error, also when the broker went first; does nothing at
 * rest */
void mqtt_client_disconnect(MqttClient *client);

/* mqtt_client_connected() - between connected() and disconnected() */
bool mqtt_client_connected(const MqttClient *client);

/* mqtt_client_stage() - how far the attempt under way has come, or the last one came */
MqttStage mqtt_client_stage(const MqttClient *client);

/* mqtt_client_taken_over() - the last connection ended because, the broker said, another client
 * came with our client id (MQTT 5, 0x8e; MQTT 3.1.1 brokers just close) */
bool mqtt_client_taken_over(const MqttClient *client);

/* mqtt_client_hung_up() - the last connection, which stood, was ended by the broker of its own
 * accord: not by us, by another client, by its silence or by the network. A broker that just closes
 * because of another client cannot be told from that */
bool mqtt_client_hung_up(const MqttClient *client);

/* mqtt_client_room() - how many more publishes the window takes now; 0 when not connected */
unsigned int mqtt_client_room(const MqttClient *client);

/* mqtt_client_publish() - send one message with QoS 1
 * @topic: 1..MQTT_TOPIC_MAX octets of UTF-8 without wildcards; @payload: @len octets, up to
 * MQTT_PAYLOAD_MAX and the broker's packet limit. Both copied.
 * Messages of one turn of the loop leave together.
 * Returns an id (1..65535), or 0 with an error: LANDFALL_ERROR_FULL (window), _INVALID (topic,
 * size), _NETWORK (not connected) */
uint16_t mqtt_client_publish(MqttClient *client, const char *topic, const void *payload, size_t len,
			     bool retain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_client_subscribe() - ask for messages of @filter
 * @qos: 0 or 1
 * Returns an id, or 0 with an error as above; _FULL: MQTT_SUBSCRIPTIONS_MAX are unanswered */
uint16_t mqtt_client_subscribe(MqttClient *client, const char *filter, int qos,
			       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_reason() - an MQTT 5 reason code in words, static; "unknown reason" for others */
const char *mqtt_reason(uint8_t code);

/* mqtt_connack_reason() - an MQTT 3.1.1 CONNACK return code in words, static */
const char *mqtt_connack_reason(uint8_t code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MqttClient, mqtt_client_free)
