/* SPDX-License-Identifier: MIT */
/*
 * mqtt-guard - looks at the packets of MQTT 5 that TLS brings before libmosquitto does
 *
 * libmosquitto 2.0 aborts the process over a property that it does not know, and trusts the length
 * of the properties more than what is in them. So each TLS record is looked at while it still lies
 * in OpenSSL: after the handshake the socket is read for that look alone, and libmosquitto finds no
 * more than was looked at.
 *
 *   octets  field             in
 *   1       type, flags       all packets
 *   1..4    length            all
 *   0..     fixed fields      see the table in the .c
 *   1..4    property length   where anything is left
 *   0..     properties        identifier, value by its kind
 *
 * What else a packet may get wrong is libmosquitto's to find. Pure but for mqtt_guard_look().
 * Owner: one link, which bounds what comes between two whole packets.
 */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct MqttGuard MqttGuard;

/* mqtt_guard_new() - for a connection that is yet to be made */
MqttGuard *mqtt_guard_new(void);

/* mqtt_guard_free() - NULL is fine */
void mqtt_guard_free(MqttGuard *guard);

/* mqtt_guard_take() - the next @octets of the stream; false: properties that no packet may have,
 * and nothing of these octets should be read */
bool mqtt_guard_take(MqttGuard *guard, const uint8_t *octets, size_t len) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_guard_look() - before libmosquitto reads: take the record that lies in @ssl, or the next one
 * of the socket; false as for mqtt_guard_take()
 * @ssl: NULL is fine */
bool mqtt_guard_look(MqttGuard *guard, SSL *ssl) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_guard_seen() - after libmosquitto has read: what it left was looked at
 * @ssl: NULL when it has closed the connection */
void mqtt_guard_seen(MqttGuard *guard, const SSL *ssl);

/* mqtt_guard_holds() - whether a read of the socket below @ssl has to wait for the next look */
bool mqtt_guard_holds(const MqttGuard *guard, const SSL *ssl);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MqttGuard, mqtt_guard_free)
