/* SPDX-License-Identifier: MIT */
/*
 * mqtt-lookup - the addresses of a host name, found in a thread of its own
 *
 * getaddrinfo() can block for as long as the resolver is configured to. The thread ends by
 * itself; what it found comes back through the main context. An address literal needs no thread.
 *
 * Owner: whoever called mqtt_lookup_start(), until mqtt_lookup_free(); the thread keeps what it
 * needs alive by itself, so freeing never waits.
 */
#pragma once

#include <glib.h>

#define MQTT_LOOKUP_ADDRESSES_MAX 8 /* those after are not tried */

typedef struct MqttLookup MqttLookup;

/* MqttLookupDone - the look-up is over; may free it
 * @addresses: numeric texts in the order to be tried, NULL-terminated, borrowed; NULL on failure
 * @error:     LANDFALL_ERROR_NETWORK with name and reason */
typedef void (*MqttLookupDone)(const char *const *addresses, const GError *error, gpointer data);

/* mqtt_lookup_start() - look @host up
 * @context: where @done is called, never from inside this function
 * @done: called once, unless freed before */
MqttLookup *mqtt_lookup_start(const char *host, GMainContext *context, MqttLookupDone done,
			      gpointer data);

/* mqtt_lookup_free() - forget the look-up; @done is not called any more. NULL is fine */
void mqtt_lookup_free(MqttLookup *lookup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MqttLookup, mqtt_lookup_free)
