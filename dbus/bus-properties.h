/* SPDX-License-Identifier: MIT */
/*
 * bus-properties - calls of org.freedesktop.DBus.Properties, which any object may have
 *
 * A BusPeer reads the properties of a service that has an ObjectManager by itself; this is for
 * those that have none, and for changing one.
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-message.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define BUS_PROPERTIES_IFACE "org.freedesktop.DBus.Properties"

/* bus_properties_get() - ask for one; the reply is "v" */
BusMessage *bus_properties_get(const char *destination, const char *path, const char *interface,
			       const char *property);

/* bus_properties_paths() - the answer to that, where it is an array of @max object paths at most
 * Returns NULL for any other answer and for none; the caller frees it */
char **bus_properties_paths(BusReply *reply, size_t max);

/* bus_properties_get_all() - ask for all of an interface; the reply is "a{sv}" */
BusMessage *bus_properties_get_all(const char *destination, const char *path,
				   const char *interface);

/* bus_properties_set() - set one, to the variant that is to be written next */
BusMessage *bus_properties_set(const char *destination, const char *path, const char *interface,
			       const char *property);

/* bus_properties_set_bool() - the same with its value */
BusMessage *bus_properties_set_bool(const char *destination, const char *path,
				    const char *interface, const char *property, bool value);
