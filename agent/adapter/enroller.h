/* SPDX-License-Identifier: MIT */
/*
 * enroller - gets the device its place in a cloud, by that cloud's own provisioning
 *
 *   phase        leaves it when
 *   REST         enroller_look(), or the outcome has not proved itself within its trial, or it is
 *                damaged: LOAD
 *   LOAD         the store was read: nothing to do REST, else CLOCK
 *   CLOCK        the clock has reached the claim's first day, or enroller_look(): LOAD
 *   EXCHANGE     the cloud has decided: COMMIT; it refuses, but may know us already: PROBE
 *   PROBE        the cloud takes our certificate: COMMIT
 *   COMMIT       a new generation is current: REST
 *   BACKOFF      its time is over, or enroller_look(): LOAD, or COMMIT when only that has failed.
 *                Whatever fails comes here.
 *
 * What is exchanged is core/enrol's matter, what is read and written enrol-plan's. The new
 * generation is seen by the store's watch like any other. Nothing is kept but in the store, so that
 * an exchange that was interrupted anywhere begins anew. So are the pauses (common/store-wait): one
 * that is not over when the agent starts is waited for, unless enroller_look() comes again.
 *
 * Owner: one thread with a main loop.
 */
#pragma once

#include "agent/core/enrol.h"
#include "common/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Enroller Enroller;

typedef struct EnrollerStatus {
	EnrolState state;
	int64_t retry_ms;       /* until the next attempt; 0: none is waiting */
	const char *last_error; /* "" after a success; borrowed until the next call */
} EnrollerStatus;

/* enroller_new() - at rest
 * @config: borrowed, kept
 * @changed: enroller_status() tells something new
 * Errors: LANDFALL_ERROR_CONFIG ([enrolment] does not hold together) */
Enroller *enroller_new(const Config *config, void (*changed)(void *data), void *data,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* enroller_look() - the store may be another: find out what there is to do, and do it */
void enroller_look(Enroller *enroller);

/* enroller_proved() - the broker has taken a message of the identity in use: one on trial needs no
 * other */
void enroller_proved(Enroller *enroller);

/* enroller_status() - how it stands */
EnrollerStatus enroller_status(const Enroller *enroller);

/* enroller_free() - an exchange is given up; NULL is fine */
void enroller_free(Enroller *enroller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Enroller, enroller_free)
