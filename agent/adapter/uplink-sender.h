/* SPDX-License-Identifier: MIT */
/*
 * uplink-sender - samples from the spool over the connection of the uplink
 *
 * Samples are released from the spool by their PUBACK and by nothing else. Whatever ends a
 * connection, all that was not acknowledged is fetched and sent again.
 *
 * A backlog that is to be paced travels beside what is new (core/window). A message that the broker
 * refuses for what it is ends the connection; over the next one its samples travel alone, so that
 * the one at fault is found, and given up only when the broker takes another behind it. So is one
 * that is larger than the broker takes, which is not even sent.
 *
 * Owner: the uplink. It opens and closes the connection, and hands the answers to it on.
 */
#pragma once

#include "agent/adapter/downlink.h"
#include "agent/adapter/spool.h"
#include "agent/core/profile.h"
#include "common/config.h"
#include "common/mqtt.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct UplinkSender UplinkSender;

/* Borrowed, kept. */
typedef struct UplinkSenderConfig {
	const Config *config;
	Spool *spool;
	Downlink *downlink;

	/* accepted() - the broker has taken a sample */
	void (*accepted)(void *data);

	/* refused() - it has refused a message: the connection is to be closed. Once at most before
	 * uplink_sender_close()
	 * @error: borrowed */
	void (*refused)(const GError *error, void *data);

	void *data; /* for both */
} UplinkSenderConfig;

typedef struct UplinkSenderStatus {
	uint64_t last_ack;       /* highest sequence number the broker acknowledged; 0: none yet */
	int64_t last_publish_ms; /* wall clock of that, 0: none yet */
} UplinkSenderStatus;

/* uplink_sender_new() - closed */
UplinkSender *uplink_sender_new(const UplinkSenderConfig *config);

/* uplink_sender_window() - messages in flight that are wanted at most */
unsigned uplink_sender_window(const UplinkSender *sender);

/* uplink_sender_open() - a connection stands; uplink_sender_feed() begins
 * @client, @profile: borrowed until uplink_sender_close()
 * @session: what the broker takes, copied */
void uplink_sender_open(UplinkSender *sender, MqttClient *client, Profile *profile,
			const MqttSession *session);

/* uplink_sender_feed() - there may be something new to send, or room for it */
void uplink_sender_feed(UplinkSender *sender);

/* uplink_sender_idle() - neither is a sample on its way, nor does one wait */
bool uplink_sender_idle(const UplinkSender *sender);

/* uplink_sender_published() - the message @id was answered: taken, or refused with @error */
void uplink_sender_published(UplinkSender *sender, uint16_t id, const GError *error);

/* uplink_sender_finish() - nothing more is sent over this connection; what comes
 * back still counts */
void uplink_sender_finish(UplinkSender *sender);

/* uplink_sender_close() - the connection is gone, or never came to stand */
void uplink_sender_close(UplinkSender *sender);

/* uplink_sender_status() - how far it is */
UplinkSenderStatus uplink_sender_status(const UplinkSender *sender);

/* uplink_sender_free() - only after spool_close(), whose answers come here; NULL is fine */
void uplink_sender_free(UplinkSender *sender);
