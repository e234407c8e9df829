/* SPDX-License-Identifier: MIT */
/*
 * bus-authority - may this caller change anything?
 *
 *   who                                       how it is known        answer
 *   root, our own user, members of our group  the bus daemon's word  yes
 *   anybody else                              polkit, by an action   polkit's
 *   anybody else, no polkit                                          no
 *
 * So a device without polkit works for those who run it, and polkit cannot lock them out. Owner:
 * the App. A check that is not over when the authority is freed ends then, as denied. 192 may be
 * under way, 64 of them at polkit, which may take minutes: whoever calls without end shuts out
 * nobody whose calls are not checked, and none of those who need no leave.
 */
#pragma once

#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>

typedef struct BusAuthority BusAuthority;

/* BusAuthorityFunc - the check is over; runs exactly once
 * @error: NULL: allowed. Else borrowed: BUS_ERROR_DENIED, BUS_ERROR_INTERACTION (a person would
 *	have to be asked and @interactive was false), BUS_ERROR_LIMIT (too many are being checked,
 *	maybe told from within bus_authority_check()) */
typedef void (*BusAuthorityFunc)(const GError *error, void *data);

/* bus_authority_new() - nothing is asked yet
 * @bus:    borrowed, outlives it
 * @action: what polkit is asked about; static */
BusAuthority *bus_authority_new(Bus *bus, const char *action);

/* bus_authority_free() - denies what is still being checked. NULL is fine */
void bus_authority_free(BusAuthority *authority);

/* bus_authority_check() - ask whether the connection named @sender may do the action
 * @sender:      unique name, as the bus vouches for it; copied
 * @interactive: polkit may ask a person for a password; the answer then takes as long as that,
 *		at most two minutes
 * Source: D-Bus Specification, GetConnectionCredentials; polkit, CheckAuthorization */
void bus_authority_check(BusAuthority *authority, const char *sender, bool interactive,
			 BusAuthorityFunc func, void *data);

/* bus_authority_is_busy() - a check is under way */
bool bus_authority_is_busy(const BusAuthority *authority);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusAuthority, bus_authority_free)
