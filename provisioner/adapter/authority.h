/* SPDX-License-Identifier: MIT */
/*
 * authority - may this caller change anything?
 *
 *   who                                       how it is known                answer
 *   root, our own user, members of our group  the bus daemon's word          yes
 *   anybody else                              polkit, io.landfall.provision  polkit's
 *   anybody else, no polkit                                                  no
 *
 * So a device without polkit works for those who run it, and polkit cannot lock them out. Owner:
 * the App. A check that is not over when the authority is freed ends then, as denied.
 */
#pragma once

#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>

#define AUTHORITY_ACTION "io.landfall.provision"

typedef struct Authority Authority;

/* AuthorityFunc - the check is over; runs exactly once
 * @error: NULL: allowed. Else borrowed: BUS_ERROR_DENIED, BUS_ERROR_INTERACTION (a person would
 *	have to be asked and @interactive was false) */
typedef void (*AuthorityFunc)(const GError *error, void *data);

/* authority_new() - @bus is borrowed and outlives it; nothing is asked yet */
Authority *authority_new(Bus *bus);

/* authority_free() - denies what is still being checked. NULL is fine */
void authority_free(Authority *authority);

/* authority_check() - ask whether the connection named @sender may do AUTHORITY_ACTION
 * @sender:      unique name, as the bus vouches for it; copied
 * @interactive: polkit may ask a person for a password; the answer then takes as long as that,
 *		at most two minutes
 * Source: D-Bus Specification, GetConnectionCredentials; polkit, CheckAuthorization */
void authority_check(Authority *authority, const char *sender, bool interactive, AuthorityFunc func,
		     void *data);

/* authority_is_busy() - a check is under way */
bool authority_is_busy(const Authority *authority);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Authority, authority_free)
