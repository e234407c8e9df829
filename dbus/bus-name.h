/* SPDX-License-Identifier: MIT */
/*
 * bus-name - own a name on the bus; watch who owns another
 *
 * Owner: who made the handle; no callback after free.
 */
#pragma once

#include "dbus/bus.h"

/* BusNameFlags - 0 is right for a daemon: first come, first served, no queue */
typedef enum BusNameFlags {
	BUS_NAME_REPLACEABLE = 1 << 0, /* another process may take it from us */
	BUS_NAME_REPLACE = 1 << 1,     /* take it from an owner who allows it */
} BusNameFlags;

typedef struct BusName BusName;
typedef struct BusNameWatch BusNameWatch;

/* BusNameFunc - the request was answered, or the name was lost later
 * @error: NULL: the name is ours. Else LANDFALL_ERROR_BUS (taken, lost, refused), borrowed.
 * Not called when the connection is lost: BusDisconnectedFunc tells that */
typedef void (*BusNameFunc)(BusName *name, const GError *error, void *user_data);

/* bus_name_request() - ask for @name, without waiting; register all objects first
 * @flags: BusNameFlags
 * Source: D-Bus Specification, RequestName */
G_GNUC_WARN_UNUSED_RESULT
BusName *bus_name_request(Bus *bus, const char *name, unsigned int flags, BusNameFunc func,
			  void *user_data);

/* bus_name_owned() - it is ours right now */
bool bus_name_owned(const BusName *name);

/* bus_name_free() - give the name back. NULL is fine */
void bus_name_free(BusName *name);

/* BusOwnerFunc - who owns the name watched
 * @owner: unique name, borrowed; NULL: nobody. A direct change of hands is told as NULL first.
 * Runs once soon after the start, and at every change */
typedef void (*BusOwnerFunc)(const char *owner, void *user_data);

/* bus_name_watch() - follow the owner of @name; nothing is activated by it
 * Source: D-Bus Specification, NameOwnerChanged, GetNameOwner */
G_GNUC_WARN_UNUSED_RESULT
BusNameWatch *bus_name_watch(Bus *bus, const char *name, BusOwnerFunc func, void *user_data);

/* bus_name_unwatch() - NULL is fine */
void bus_name_unwatch(BusNameWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusName, bus_name_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusNameWatch, bus_name_unwatch)
