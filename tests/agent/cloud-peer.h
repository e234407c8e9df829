/* SPDX-License-Identifier: MIT */
/*
 * cloud-peer - the cloud's side of a broker: mosquitto_sub listens, mosquitto_pub speaks
 *
 * All failures abort. Owner: whoever made it.
 */
#pragma once

#include <glib.h>

#include "tests/broker/broker.h"

typedef struct CloudPeer CloudPeer;

/* cloud_peer_new() - listen to all topics of @broker (clear text) and wait until that stands */
CloudPeer *cloud_peer_new(Broker *broker);

/* cloud_peer_free() - NULL is fine */
void cloud_peer_free(CloudPeer *peer);

/* cloud_peer_say() - send @payload to @topic, QoS 1 */
void cloud_peer_say(CloudPeer *peer, const char *topic, const char *payload);

/* cloud_peer_retain() - the same, retained */
void cloud_peer_retain(CloudPeer *peer, const char *topic, const char *payload);

/* cloud_peer_await() - wait for the next message to @topic; others are kept for later
 * Returns its payload, to be freed with g_free() */
char *cloud_peer_await(CloudPeer *peer, const char *topic);

/* cloud_peer_look() - take what has come by now */
void cloud_peer_look(CloudPeer *peer);

/* cloud_peer_count() - messages to @topic that have come and were not awaited */
unsigned cloud_peer_count(const CloudPeer *peer, const char *topic);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CloudPeer, cloud_peer_free)
