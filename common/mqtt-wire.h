/* SPDX-License-Identifier: MIT */
/*
 * mqtt-wire - what passes between the TLS of a link and its socket
 *
 *   until TCP stands       nothing: reads and writes are told to come again
 *   during the handshake   records as OpenSSL makes them
 *   after it               written records gather in a buffer until they are drained; what is read
 *                          is looked at by the guard first, and counted towards one packet's bound
 *
 * The SSL object is libmosquitto's, which makes it for a connection and frees it at its end: so it
 * is handed in with each call.
 *
 * Owner: mqtt-link.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt-guard.h"

typedef struct MqttWire {
	bool held;        /* TCP does not stand yet; for the link to end */
	size_t unframed;  /* octets read since the last whole packet, which sets it to 0 */
	bool oversize;    /* they were too many */
	int io_errno;     /* of the first failed read or write of the socket; 0: none */
	MqttGuard *guard; /* NULL: nobody looks */
	const SSL *ssl;   /* what the socket that is watched is below of */
	bool gathering;   /* the buffer is in place */
} MqttWire;

/* mqtt_wire_init() - nothing passes yet
 * @guarded: it will be MQTT 5 over TLS, at which libmosquitto must not look first */
void mqtt_wire_init(MqttWire *wire, bool guarded);

/* mqtt_wire_clear() - free what it owns; it watches nothing any more */
void mqtt_wire_clear(MqttWire *wire);

/* mqtt_wire_watch() - the handshake of @ssl is about to start: see all that it reads and writes
 * @wire: borrowed until mqtt_wire_unwatch() */
void mqtt_wire_watch(MqttWire *wire, SSL *ssl);

/* mqtt_wire_unwatch() - see no more of it; NULL is fine */
void mqtt_wire_unwatch(SSL *ssl);

/* mqtt_wire_gather() - the handshake is over: from here on records wait for mqtt_wire_drain() */
void mqtt_wire_gather(MqttWire *wire, SSL *ssl);

/* mqtt_wire_gathered() - octets that wait, or that the socket has not taken; @ssl NULL: none */
size_t mqtt_wire_gathered(const MqttWire *wire, SSL *ssl);

/* mqtt_wire_drain() - hand them to the socket, as many as it takes; false only when the connection
 * is broken */
bool mqtt_wire_drain(SSL *ssl) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_wire_readable() - whether a packet, or the end, can be read although the socket may not
 * become readable first: OpenSSL has read ahead */
bool mqtt_wire_readable(SSL *ssl);

/* mqtt_wire_look() - before libmosquitto reads; false: it must not,
 * the guard has refused what comes
 * @ssl: NULL is fine */
bool mqtt_wire_look(MqttWire *wire, SSL *ssl) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_wire_seen() - after libmosquitto has read
 * @ssl: NULL when it has closed the connection */
void mqtt_wire_seen(MqttWire *wire, const SSL *ssl);
