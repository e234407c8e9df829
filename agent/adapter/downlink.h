/* SPDX-License-Identifier: MIT */
/*
 * downlink - what a cloud sends, and what goes to it that is no telemetry
 *
 *   state         leaves it when
 *   CLOSED        downlink_open()
 *   SUBSCRIBING   each subscription was granted or refused, or there is none
 *   OPEN          downlink_close()
 *
 * It borrows the uplink's connection and knows its own messages there by their ids. What was not
 * sent when the connection ends is forgotten: a cloud that asked over another connection does not
 * wait any more.
 *
 * A cloud that began anew is told all again, once for all times it said so since: when nothing
 * waits to be sent any more, and DOWNLINK_ANEW_S after the last time at the earliest.
 *
 * A cloud whose policy forbids a subscription may end the connection instead of refusing: see
 * core/listening. Samples matter more than hearing it.
 *
 * Owner: one thread; outlives the Commands it hands requests to.
 */
#pragma once

#include "agent/core/commands.h"
#include "agent/core/pacer.h"
#include "agent/core/profile.h"
#include "common/mqtt.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOWNLINK_WINDOW    4  /* messages on their way at most, beside those of the uplink */
#define DOWNLINK_QUEUE_MAX 64 /* answers that wait for room on the way */
#define DOWNLINK_LIMITS_S  5  /* how long a cloud that tells its limits is waited for */
#define DOWNLINK_ANEW_S    10 /* between telling all again because the other side wants it */

typedef struct Downlink Downlink;

/* downlink_new() - closed
 * @listen: false: subscribe to nothing */
Downlink *downlink_new(bool listen);

/* downlink_free() - NULL is fine */
void downlink_free(Downlink *downlink);

/* downlink_set_commands() - who carries out requests, from now on; NULL: nobody. Borrowed */
void downlink_set_commands(Downlink *downlink, Commands *commands);

/* downlink_open() - a connection stands
 * @client: borrowed until downlink_close(); @profile: a reference is taken */
void downlink_open(Downlink *downlink, MqttClient *client, const Profile *profile);

/* downlink_close() - it stands no more; twice is fine */
void downlink_close(Downlink *downlink);

/* downlink_announce() - telemetry @payload is about to be sent
 * Returns false when something has to be said before, which now is on its way: try again after
 * the next downlink_published() */
bool downlink_announce(Downlink *downlink, const char *payload, size_t len);

/* downlink_feed() - a message of somebody else's has been answered: there may be room for ours */
void downlink_feed(Downlink *downlink);

/* downlink_window() - messages it may have on their way now */
unsigned downlink_window(const Downlink *downlink);

/* downlink_goodbye() - the connection is about to be closed in order */
void downlink_goodbye(Downlink *downlink);

/* downlink_published() - @id has been answered; false: it is none of ours */
bool downlink_published(Downlink *downlink, uint16_t id, const GError *error);

/* downlink_subscribed() - the subscription @id was granted, or refused with @error */
void downlink_subscribed(Downlink *downlink, uint16_t id, const GError *error);

/* downlink_message() - a message has come, all borrowed */
void downlink_message(Downlink *downlink, const char *topic, const void *payload, size_t len,
		      bool retained);

/* downlink_report() - the device's settings have changed: tell the cloud */
void downlink_report(Downlink *downlink);

/* downlink_limits() - what the cloud takes, by its documentation and what it has said over this
 * connection */
const ProfileLimits *downlink_limits(const Downlink *downlink);

/* downlink_awaits_limits() - it is about to say so: send one message at a time until then */
bool downlink_awaits_limits(const Downlink *downlink);

/* downlink_pace() - pacer_take() for a message of telemetry, now */
int64_t downlink_pace(Downlink *downlink, const PacerMessage *message);

/* downlink_pacer() - for asking; lives as long as @downlink */
const Pacer *downlink_pacer(const Downlink *downlink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Downlink, downlink_free)
