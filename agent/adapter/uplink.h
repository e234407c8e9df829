/* SPDX-License-Identifier: MIT */
/*
 * uplink - samples from the spool to the broker, for ever
 *
 *   state         leaves it when
 *   STARTING      uplink_start()
 *   IDENTITY      uplink_reload() finds one in the store
 *   CLOCK         the clock has reached the certificate's first day; looked at every second
 *   CONNECTING    CONNACK, or the attempt ends
 *   ONLINE        the connection ends, or another generation became current
 *   BACKOFF       its time is over: between half a second and two minutes, drawn by common/backoff
 *   STOPPED       never
 *
 * What it connects with is chosen by uplink-identity, what goes over the connection by
 * uplink-sender and the downlink.
 *
 * Owner: one thread with a main loop; the spool and the downlink, which are asked and told here,
 * outlive it.
 */
#pragma once

#include "agent/adapter/downlink.h"
#include "agent/adapter/spool.h"
#include "agent/adapter/uplink-target.h"
#include "agent/core/advice.h"
#include "agent/core/stages.h"
#include "agent/core/uplink-state.h"
#include "common/config.h"

#include <glib.h>
#include <stdint.h>

typedef struct Uplink Uplink;

/* Borrowed, kept. */
typedef struct UplinkConfig {
	const Config *config;
	Spool *spool;
	Downlink *downlink;

	/* changed() - uplink_status() tells something new. May be NULL */
	void (*changed)(void *data);

	/* stopped() - after uplink_stop(): the connection is closed. May be called at once */
	void (*stopped)(void *data);

	void *data; /* for both */
} UplinkConfig;

/* How it stands; pointers live until the next call. */
typedef struct UplinkStatus {
	UplinkState state;
	const UplinkTarget *target;
	const char *last_error;  /* "" after a success */
	int64_t retry_ms;        /* until the next attempt; 0: none is waiting */
	uint64_t last_ack;       /* highest sequence number the broker acknowledged; 0: none yet */
	int64_t last_publish_ms; /* wall clock of that, 0: none yet */
	uint64_t connects;       /* connections that were accepted since the start */
	unsigned connect_ms;     /* how long the last one took */
	Stage reached;           /* what the attempt under way is at */
	Stage failed;            /* where last_error happened */
	AdviceCause cause;       /* and how */
	bool acked;              /* the broker has taken a sample from this identity */
	bool proved;             /* it has taken a message over this connection */
} UplinkStatus;

/* uplink_new() - at rest
 * @target: transferred; may be empty */
Uplink *uplink_new(const UplinkConfig *config, UplinkTarget *target);

/* uplink_start() - connect; without an identity, wait for one
 * @lacking: why the target is empty, borrowed; NULL: it is not */
void uplink_start(Uplink *uplink, const GError *lacking);

/* uplink_reload() - read the store again; the old identity stays when the new one is unusable */
void uplink_reload(Uplink *uplink);

/* uplink_hurry() - when the next attempt is being waited for, make it now */
void uplink_hurry(Uplink *uplink);

/* uplink_feed() - the spool has something new */
void uplink_feed(Uplink *uplink);

/* uplink_stop() - close the connection properly, then tell stopped() */
void uplink_stop(Uplink *uplink);

/* uplink_status() - how it stands */
UplinkStatus uplink_status(const Uplink *uplink);

/* uplink_free() - only after spool_close(), whose answers come here; NULL is fine */
void uplink_free(Uplink *uplink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Uplink, uplink_free)
