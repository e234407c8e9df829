/* SPDX-License-Identifier: MIT */
/*
 * bus-request - a method call somebody made on an object of ours
 *
 * The handler owns it and ends it exactly once, at once or later, with one of reply, fail,
 * fail_name; each of these frees it. bus_request_free() on an unanswered one is our bug: the caller
 * gets org.freedesktop.DBus.Error.Failed and a critical line is logged. At most
 * BUS_REQUESTS_MAX may wait on one connection and BUS_REQUESTS_SENDER_MAX for one sender; further
 * calls fail with LimitsExceeded before a handler sees them.
 */
#pragma once

#include "dbus/bus-reader.h"
#include "dbus/bus-writer.h"
#include "dbus/bus.h"

#define BUS_REQUESTS_MAX        256
#define BUS_REQUESTS_SENDER_MAX 64

typedef struct BusRequest BusRequest;

/* bus_request_sender() - unique name of the caller; borrowed for the life of the request */
const char *bus_request_sender(const BusRequest *request);

/* bus_request_path() - of the object called; borrowed the same way */
const char *bus_request_path(const BusRequest *request);

/* bus_request_member() - name of the method, from its table */
const char *bus_request_member(const BusRequest *request);

/* bus_request_interactive() - may a person be asked for leave, however long that takes?
 * Source: D-Bus Specification, flag ALLOW_INTERACTIVE_AUTHORIZATION */
bool bus_request_interactive(const BusRequest *request);

/* bus_request_args() - the arguments, of exactly the method's `in` signature; borrowed */
BusReader *bus_request_args(BusRequest *request);

/* bus_request_writer() - where the values answered are written, of the method's `out` signature */
BusWriter *bus_request_writer(BusRequest *request);

/* bus_request_reply() - answer with what was written (nothing for an `out` of "")
 * @request: taken
 * Values missing or wrong are our bug: critical, and the caller gets Error.Failed */
void bus_request_reply(BusRequest *request);

/* bus_request_fail() - answer with an error
 * @request: taken
 * @error:   borrowed. Its name on the bus comes from the interface's `errors` table, for BUS_ERROR
 *           from the standard names, else org.freedesktop.DBus.Error.Failed */
void bus_request_fail(BusRequest *request, const GError *error);

/* bus_request_fail_name() - the same with an explicit D-Bus error name
 * @name: "org.bluez.Error.InvalidOffset" and the like */
void bus_request_fail_name(BusRequest *request, const char *name, const char *text);

/* bus_request_free() - NULL is fine; see above for an unanswered one */
void bus_request_free(BusRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusRequest, bus_request_free)
