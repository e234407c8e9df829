/* SPDX-License-Identifier: MIT */
/*
 * uplink-identity - which identity of the store the uplink connects with
 *
 * One is in use. Another is read from the store, off the loop, when somebody asks for it, and when
 * a new generation that does not connect is to be compared with the one before (core/trial). It
 * waits until the owner has closed the connection and takes it.
 *
 * Owner: the uplink. It tells here how each attempt to connect went, and is told what to use.
 */
#pragma once

#include "agent/adapter/uplink-target.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct UplinkIdentity UplinkIdentity;

typedef struct UplinkIdentityOwner {
	/* ready() - another target waits: close the connection, then uplink_identity_take() it */
	void (*ready)(void *data);

	/* lacking() - the target in use is empty, and the store was read and holds no other
	 * @why: borrowed */
	void (*lacking)(const char *why, void *data);

	void *data; /* for both */
} UplinkIdentityOwner;

/* uplink_identity_new()
 * @config: borrowed, kept
 * @target: to be used first, transferred; may be empty
 * @owner:  copied */
UplinkIdentity *uplink_identity_new(const Config *config, UplinkTarget *target,
				    const UplinkIdentityOwner *owner);

/* uplink_identity_target() - what is in use; borrowed until uplink_identity_take() */
const UplinkTarget *uplink_identity_target(const UplinkIdentity *identity);

/* uplink_identity_reload() - read the current generation of the store; ready() or lacking() may
 * follow, from the loop. What cannot be used is logged, and the one in use stays */
void uplink_identity_reload(UplinkIdentity *identity);

/* uplink_identity_waiting() - whether there is another to take */
bool uplink_identity_waiting(const UplinkIdentity *identity);

/* uplink_identity_take() - use the one that waits from now on, and free the one before
 * Returns the new uplink_identity_target() */
const UplinkTarget *uplink_identity_take(UplinkIdentity *identity);

/* uplink_identity_proved() - the broker has taken a message of the one in use: the store is told
 * that it is good. Once a connection */
void uplink_identity_proved(UplinkIdentity *identity);

/* uplink_identity_failed() - an attempt with the one in use came to nothing, or a connection ended
 * before uplink_identity_proved(), or because the broker refuses its messages
 * @why: one line; kept in the store with a generation that is given up for it */
void uplink_identity_failed(UplinkIdentity *identity, const char *why);

/* uplink_identity_stop() - read nothing more and call nobody */
void uplink_identity_stop(UplinkIdentity *identity);

/* uplink_identity_free() - waits for a thread under way; NULL is fine */
void uplink_identity_free(UplinkIdentity *identity);
