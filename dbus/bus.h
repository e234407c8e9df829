/* SPDX-License-Identifier: MIT */
/*
 * bus - a connection to a message bus on a GLib loop
 *
 * Owner: the daemon's one App. Everything made on a Bus (objects, names, matches, calls, peers)
 * belongs to whoever made it and stays safe to free after bus_free(): it is merely inert then.
 * Nothing blocks: Hello, AddMatch and RequestName travel as ordinary calls, and what is sent
 * before Hello is answered simply queues behind it. Single-threaded: use a Bus only from the
 * thread that runs its context. Any callback of dbus/ may free anything, the Bus included.
 *
 * How a daemon reconnects is in docs/dbus.md: free, wait, open again, register again.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define BUS_ADDRESS_SYSTEM  "system"
#define BUS_ADDRESS_SESSION "session"

/* Failures of single operations; a missing bus or a taken name is LANDFALL_ERROR_BUS instead. */
#define BUS_ERROR (bus_error_quark())

typedef enum BusError {
	BUS_ERROR_REMOTE,       /* an error reply without a code of its own, see the text */
	BUS_ERROR_NO_SERVICE,   /* nobody owns the name called */
	BUS_ERROR_NO_METHOD,    /* unknown object, interface, method or property */
	BUS_ERROR_DENIED,       /* refused by policy or by the peer */
	BUS_ERROR_INTERACTION,  /* a person had to be asked, which the call does not permit */
	BUS_ERROR_TIMEOUT,      /* no reply in time */
	BUS_ERROR_DISCONNECTED, /* the bus connection is gone */
	BUS_ERROR_VANISHED,     /* the peer left the bus before it replied */
	BUS_ERROR_INVALID,      /* types or values are not what they must be */
	BUS_ERROR_LIMIT,        /* a bound of ours or of the peer was reached */
	BUS_ERROR_EXISTS,       /* an object is registered at that path already */
} BusError;

/* bus_error_quark() - the domain, for tables of error names */
GQuark bus_error_quark(void);

typedef struct Bus Bus;

/* BusDisconnectedFunc - the connection is gone (bus daemon ended, Hello refused)
 * Runs once, from the loop, after all outstanding calls have failed; never after bus_free(). The
 * Bus is inert from now on: free it (here or later) and open another.
 * @error: LANDFALL_ERROR_BUS, borrowed */
typedef void (*BusDisconnectedFunc)(Bus *bus, const GError *error, void *user_data);

/* bus_open() - connect and start the Hello exchange
 * @address:      BUS_ADDRESS_SYSTEM, BUS_ADDRESS_SESSION (both honour the DBUS_*_BUS_ADDRESS
 *                variables) or a D-Bus address; only unix: transports, as others may block
 * @context:      NULL for the default one
 * @disconnected: may be NULL
 * Errors: LANDFALL_ERROR_BUS (no such bus, nobody listens, address not understood)
 * Source: D-Bus Specification, Server Addresses; Message Bus Messages: Hello */
G_GNUC_WARN_UNUSED_RESULT
Bus *bus_open(const char *address, GMainContext *context, BusDisconnectedFunc disconnected,
	      void *user_data, GError **error);

/* bus_free() - fail outstanding calls (their callbacks run with DISCONNECTED), close, free
 * What was sent before is written as far as the socket takes it. NULL is fine. */
void bus_free(Bus *bus);

/* bus_is_connected() - the transport is up (Hello may still be under way) */
bool bus_is_connected(const Bus *bus);

/* bus_unique_name() - ":1.42", borrowed; NULL until Hello is answered */
const char *bus_unique_name(const Bus *bus);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, bus_free)
