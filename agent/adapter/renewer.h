/* SPDX-License-Identifier: MIT */
/*
 * renewer - renews the certificate in time, by running a program
 *
 * When is core/renewal's matter; the clock, the timer and the process are here. What is run:
 * [renewal] program, or `landfallctl store renew` where [renewal] est names a server. What it
 * installs is seen by the store's watch like any other new generation; whether it has failed is
 * seen in the store as well, whatever its status. What the server has asked to wait for, and when
 * the next attempt is, are kept in the store (common/store-wait). How near the end is
 * (common/expiry) is looked at too: each change is told, and logged, once a day at most while
 * nothing but the days changes.
 *
 * Owner: one thread with a main loop.
 */
#pragma once

#include "agent/core/renewal.h"
#include "common/config.h"
#include "common/expiry.h"
#include "common/store.h"

#include <glib.h>

typedef struct Renewer Renewer;

typedef struct RenewerStatus {
	RenewalState state;
	ExpiryAlarm alarm;
	int64_t days_left;      /* whole ones */
	bool judged;            /* there is a certificate and the clock can be right */
	int64_t wait_until_s;   /* the server wants to be left alone until then; 0: it does not */
	const char *last_error; /* "" after a success; borrowed until the next call */
} RenewerStatus;

/* RenewerChanged - alarm, days_left or last_error of the status are others now */
typedef void (*RenewerChanged)(void *data);

/* renewer_new() - without a certificate
 * @config: borrowed, kept */
Renewer *renewer_new(const Config *config, RenewerChanged changed, void *data);

/* renewer_free() - a program under way is killed; NULL is fine */
void renewer_free(Renewer *renewer);

/* renewer_identity() - this is in use now; NULL: none. Borrowed for the call */
void renewer_identity(Renewer *renewer, const StoreIdentity *identity);

/* renewer_ask() - renew now
 * Errors: LANDFALL_ERROR_CONFIG (nothing is set to renew with), FAILED (under way, cannot be
 * started, or the server has asked to wait) */
bool renewer_ask(Renewer *renewer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* renewer_status() - how it stands */
RenewerStatus renewer_status(const Renewer *renewer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Renewer, renewer_free)
