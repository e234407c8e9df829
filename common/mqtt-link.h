/* SPDX-License-Identifier: MIT */
/*
 * mqtt-link - one connection to one address, from connect() to its end; the only module that
 * includes <mosquitto.h>
 *
 * A link drives a libmosquitto instance of its own, made for this connection and thrown away
 * with it: nothing queued there outlives the connection. It owns no timer and no event source;
 * common/mqtt.c watches its descriptor and calls mqtt_link_step().
 *
 * What libmosquitto reports is queued as events and taken by mqtt_link_take() afterwards, so no
 * callback of the owner ever runs inside libmosquitto, under its locks.
 *
 * TLS records are gathered in a buffer (mqtt-wire), and leave with mqtt_link_flush(): one system
 * call for all messages of a turn of the loop.
 *
 * What libmosquitto 2.0 does with a context of one's own, and how that is met here:
 *   it merges in its defaults and fails without a CA        -> told not to
 *   it never verifies the host                              -> the context does (common/tls.h)
 *   it announces the address as SNI                         -> the context overrides it
 *   it shakes hands before TCP stands and loses its error   -> its socket is held until then
 *   its loop_write() does no handshake, want_write stays on -> loop_read() does, OpenSSL is asked
 *   it may leave decrypted packets unread                   -> OpenSSL is asked before sleeping
 *   it allocates whatever length a packet announces         -> octets of one packet are counted
 *   no CONNECT properties with a non-blocking connect       -> left behind by a call that fails
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt.h"

typedef struct MqttLink MqttLink;

/* How far it got, for whoever has to say what is taking so long. */
typedef enum MqttLinkStage {
	MQTT_LINK_TCP,
	MQTT_LINK_TLS,
	MQTT_LINK_CONNECT, /* CONNECT is sent, CONNACK awaited */
	MQTT_LINK_OPEN,
	MQTT_LINK_CLOSED, /* by mqtt_link_close(), orderly */
} MqttLinkStage;

typedef enum MqttEventType {
	MQTT_EVENT_ACCEPTED,   /* session */
	MQTT_EVENT_PUBLISHED,  /* id, reason */
	MQTT_EVENT_SUBSCRIBED, /* id, reason */
	MQTT_EVENT_MESSAGE,    /* topic, payload, len, retained */
} MqttEventType;

typedef struct MqttEvent {
	MqttEventType type;
	uint16_t id;
	uint8_t reason;
	bool retained;
	char *topic;      /* owned */
	uint8_t *payload; /* owned */
	size_t len;
	MqttSession session; /* connect_ms is left to the caller */
} MqttEvent;

/* mqtt_link_new() - start connecting to @address, a numeric text
 * @config: borrowed for the life of the link
 * Errors: LANDFALL_ERROR_NETWORK, LANDFALL_ERROR_INVALID (a value libmosquitto does not take) */
MqttLink *mqtt_link_new(const MqttConfig *config, const char *address,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_free() - close without a DISCONNECT, forget all events; NULL is fine */
void mqtt_link_free(MqttLink *link);

/* mqtt_link_stage() - see the type; at the end of a link, where it failed */
MqttLinkStage mqtt_link_stage(const MqttLink *link);

/* mqtt_link_dropped() - the reason of the broker's DISCONNECT (MQTT 5); 0: none came */
uint8_t mqtt_link_dropped(const MqttLink *link);

/* mqtt_link_hung_up() - at the end of a link: it was the broker who closed it, with a word or
 * without; no silence, no failure of the network */
bool mqtt_link_hung_up(const MqttLink *link);

/* mqtt_link_fd() - the descriptor to watch, or -1 when it is closed */
int mqtt_link_fd(const MqttLink *link);

/* mqtt_link_interest() - what to watch it for */
GIOCondition mqtt_link_interest(MqttLink *link);

/* mqtt_link_step() - do what @ready allows; does not flush
 * Errors: LANDFALL_ERROR_NETWORK, _DENIED, _INVALID, in words; the link is at its end then, but
 * its queued events are still good */
bool mqtt_link_step(MqttLink *link, GIOCondition ready, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_readable() - whether mqtt_link_step() with G_IO_IN has something to do although the
 * descriptor may not become ready: OpenSSL has read ahead */
bool mqtt_link_readable(MqttLink *link);

/* mqtt_link_tick() - keep-alive; to be called about every second, at least four times in
 * keep_alive_s; errors as above */
bool mqtt_link_tick(MqttLink *link, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_flush() - hand the gathered octets to the socket, as many as it takes; errors as
 * above */
bool mqtt_link_flush(MqttLink *link, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_take() - the next event; false when there is none
 * @event: filled; to be cleared with mqtt_event_clear() */
bool mqtt_link_take(MqttLink *link, MqttEvent *event);

/* mqtt_event_clear() - free what it owns */
void mqtt_event_clear(MqttEvent *event);

/* mqtt_link_publish() - QoS 1; returns the id, or 0 with an error as mqtt_client_publish();
 * the caller keeps to the window */
uint16_t mqtt_link_publish(MqttLink *link, const char *topic, const void *payload, size_t len,
			   bool retain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_subscribe() - returns the id, or 0 with an error */
uint16_t mqtt_link_subscribe(MqttLink *link, const char *filter, int qos,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_link_close() - queue DISCONNECT; the stage becomes MQTT_LINK_CLOSED when it is out */
void mqtt_link_close(MqttLink *link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MqttLink, mqtt_link_free)
