/* SPDX-License-Identifier: MIT */
/*
 * bus-peer - a local copy of another service's objects and properties, following its name
 *
 * Name appears: the mirrors are read (GetManagedObjects below `root`, GetAll for each added
 * object), `added` runs for each interface, then `appeared`. Name vanishes: outstanding calls to
 * that name fail with BUS_ERROR_VANISHED, `vanished` runs, then the mirrors are dropped (`removed`
 * does not run for them). Only the name's present owner is listened to. Owner: who made the peer;
 * mirrors belong to it. No callback after free; any callback may free the peer.
 *
 * A peer holds at most BUS_PEER_OBJECTS_MAX objects; bus-mirror.h bounds each of them. What is
 * beyond is left out, with one warning. A lost connection is BusDisconnectedFunc's to tell: mirrors
 * stay readable then, but nothing runs any more.
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-mirror.h"

#define BUS_PEER_OBJECTS_MAX 1024

typedef struct BusPeer BusPeer;
typedef struct BusMirror
	BusMirror; /* one object; borrowed, valid until `removed`/`vanished` returns */

/* All run from the loop; each may be NULL. */
typedef struct BusPeerEvents {
	/* the service is on the bus and everything it has was mirrored */
	void (*appeared)(BusPeer *peer, void *user_data);
	/* it left, after `appeared` or any `added`; mirrors can be read for the last time */
	void (*vanished)(BusPeer *peer, void *user_data);
	/* an object has a further interface (the object may be new) */
	void (*added)(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data);
	/* the interface is gone; its values can be read for the last time */
	void (*removed)(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data);
	/* a property changed, appeared or disappeared; the mirror has the new value */
	void (*changed)(BusPeer *peer, BusMirror *mirror, const char *interface,
			const char *property, void *user_data);
	/* the service is there but its objects cannot be read; borrowed. Tried again after
	 * 5 s, twice as long each time up to a minute, and when the name has a new owner */
	void (*failed)(BusPeer *peer, const GError *error, void *user_data);
} BusPeerEvents;

/* What to mirror. */
typedef struct BusPeerSpec {
	const char *name; /* "org.bluez" */
	const char
		*root; /* path of its ObjectManager ("/", "/org/freedesktop"); NULL: it has none */
	const char *const *interfaces; /* NULL-terminated list of those wanted; NULL: all */
} BusPeerSpec;

/* bus_peer_new() - start to follow a service; it need not be there, and is not started by it
 * @spec:   copied
 * @events: static, borrowed */
G_GNUC_WARN_UNUSED_RESULT
BusPeer *bus_peer_new(Bus *bus, const BusPeerSpec *spec, const BusPeerEvents *events,
		      void *user_data);

/* bus_peer_free() - NULL is fine. Calls made by its user stay theirs */
void bus_peer_free(BusPeer *peer);

/* bus_peer_add_object() - mirror one object without an ObjectManager, again after each appearance
 * Read with GetAll for @interface, kept up to date by PropertiesChanged; `added` runs once it is
 * read. May be called at any time */
void bus_peer_add_object(BusPeer *peer, const char *path, const char *interface);

/* bus_peer_is_present() - between `appeared` and `vanished` */
bool bus_peer_is_present(const BusPeer *peer);

/* bus_peer_owner() - unique name of the present owner, NULL when there is none */
const char *bus_peer_owner(const BusPeer *peer);

/* bus_peer_find() - the mirror of @path; NULL when there is none */
BusMirror *bus_peer_find(const BusPeer *peer, const char *path);

/* bus_peer_list() - all mirrors that have @interface, sorted by path; array owned by the caller,
 * mirrors borrowed. @interface NULL: all */
GPtrArray *bus_peer_list(const BusPeer *peer, const char *interface);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusPeer, bus_peer_free)
