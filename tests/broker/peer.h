/* SPDX-License-Identifier: MIT */
/*
 * peer - a client under test with a memory of what its callbacks were told
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/mqtt.h"
#include "tests/broker/pki.h"

/* Which callback frees the client, in the tests about that. */
typedef enum PeerFree {
	PEER_FREE_NEVER,
	PEER_FREE_CONNECTED,
	PEER_FREE_PUBLISHED,
	PEER_FREE_SUBSCRIBED,
	PEER_FREE_MESSAGE,
	PEER_FREE_DISCONNECTED,
} PeerFree;

/* What a client is made of; members left 0 take the value in brackets. */
typedef struct PeerConfig {
	const char *host; /* ["127.0.0.1"] */
	uint16_t port;
	const char *device; /* name of the client certificate [none] */
	const char *trust;  /* file ["ca.crt"] */
	const char *crl;    /* file [none] */
	TlsVersion oldest;  /* [1.2] */
	bool clear_text;
	MqttProtocol protocol;
	const char *client_id; /* ["device"] */
	bool keep_session;
	uint32_t session_expiry_s;
	unsigned int keep_alive_s;       /* [60] */
	unsigned int connect_timeout_ms; /* [60000] */
	unsigned int ack_timeout_ms;
	unsigned int window; /* [100] */
	const char *will_topic;
	PeerFree free_in;
} PeerConfig;

typedef struct Peer {
	MqttClient *client; /* NULL once freed */
	PeerFree free_in;
	MqttSession session;
	unsigned int connected;
	unsigned int disconnected;
	GError *error;          /* of the last disconnected() */
	GArray *published;      /* of uint16_t: acknowledged ids in order */
	unsigned int undecided; /* published() with LANDFALL_ERROR_NETWORK */
	GError *refused;        /* of the last published() or subscribed() with another error */
	unsigned int subscribed;
	unsigned int messages;
	char *topic; /* of the last message */
	GBytes *payload;
	bool retained;
	unsigned int calls; /* of all callbacks */
} Peer;

/* peer_new() - a client at rest */
Peer *peer_new(Pki *pki, const PeerConfig *config);

/* peer_free() - NULL is fine */
void peer_free(Peer *peer);

/* peer_connect() - connect and wait until that has succeeded */
void peer_connect(Peer *peer);

/* peer_fail() - connect and wait until that has failed with @code and @text in the message */
void peer_fail(Peer *peer, int code, const char *text);

/* peer_leave() - disconnect and wait for its end without an error */
void peer_leave(Peer *peer);

/* peer_wait_end() - wait for disconnected() with @code and @text in the message */
void peer_wait_end(Peer *peer, int code, const char *text);

/* peer_wait() - run the loop until *@counter reaches @value; aborts after two minutes */
void peer_wait(const unsigned int *counter, unsigned int value);

/* peer_publish() - publish @text to @topic, which must be taken; returns the id */
uint16_t peer_publish(Peer *peer, const char *topic, const char *text);

/* peer_subscribe() - subscribe with QoS 1 and wait until that was granted */
void peer_subscribe(Peer *peer, const char *filter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peer, peer_free)
