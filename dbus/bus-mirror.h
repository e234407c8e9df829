/* SPDX-License-Identifier: MIT */
/*
 * bus-mirror - the local copy of one object of another service
 *
 * Owner: its BusPeer. A mirror is borrowed and valid until the peer's `removed` or `vanished`
 * returns. It holds at most BUS_MIRROR_INTERFACES_MAX interfaces of BUS_MIRROR_PROPERTIES_MAX
 * properties, each value of at most BUS_MIRROR_VALUE_MAX octets.
 */
#pragma once

#include "dbus/bus-reader.h"

#define BUS_MIRROR_INTERFACES_MAX 32
#define BUS_MIRROR_PROPERTIES_MAX 64
#define BUS_MIRROR_VALUE_MAX      16384

typedef struct BusMirror BusMirror;

/* bus_mirror_path() - borrowed */
const char *bus_mirror_path(const BusMirror *mirror);

/* bus_mirror_has() - does the object have @interface (and @property, unless NULL)? */
bool bus_mirror_has(const BusMirror *mirror, const char *interface, const char *property);

/* Values. Each gives @fallback (or NULL) when the property is absent or of another kind. */

/* bus_mirror_string() - s, o or g; borrowed until the next turn of the loop */
const char *bus_mirror_string(const BusMirror *mirror, const char *interface, const char *property);

/* bus_mirror_object() - o alone: a valid path; borrowed as above */
const char *bus_mirror_object(const BusMirror *mirror, const char *interface, const char *property);

/* bus_mirror_bool() - b */
bool bus_mirror_bool(const BusMirror *mirror, const char *interface, const char *property,
		     bool fallback);

/* bus_mirror_uint() - y, q, u or t */
uint64_t bus_mirror_uint(const BusMirror *mirror, const char *interface, const char *property,
			 uint64_t fallback);

/* bus_mirror_int() - n, i or x */
int64_t bus_mirror_int(const BusMirror *mirror, const char *interface, const char *property,
		       int64_t fallback);

/* bus_mirror_bytes() - ay; borrowed until the next turn of the loop
 * @len: octets; 0 when NULL is returned */
const uint8_t *bus_mirror_bytes(const BusMirror *mirror, const char *interface,
				const char *property, size_t *len);

/* bus_mirror_reader() - any container, standing before the value (bus_reader_enter(r, "aa{sv}"))
 * Borrowed until the next turn of the loop, from its start at each call; NULL when absent or a
 * basic type */
BusReader *bus_mirror_reader(const BusMirror *mirror, const char *interface, const char *property);
