/* SPDX-License-Identifier: MIT */
/*
 * bus-message - a method call or signal, being written or received
 *
 * Owner: who made it, until bus_call_start(), bus_message_send() or bus_object_emit() takes it.
 * Received ones are borrowed from the callback they are handed to.
 */
#pragma once

#include "dbus/bus-reader.h"
#include "dbus/bus-writer.h"
#include "dbus/bus.h"

typedef struct BusMessage BusMessage;

/* bus_message_new_call() - a call to be filled through bus_message_writer()
 * All four are copied; they must be valid names (checked: a bad one is critical and makes a message
 * that fails when it is sent)
 * Source: D-Bus Specification, Valid Names */
BusMessage *bus_message_new_call(const char *destination, const char *path, const char *interface,
				 const char *member);

/* bus_message_allow_start() - let the bus start the callee when it is not there. Without, a call
 * fails: whoever stopped a service does not want it back because we still had a word for it
 * Source: D-Bus Specification, flag NO_AUTO_START */
void bus_message_allow_start(BusMessage *message);

/* bus_message_allow_interaction() - let the callee ask a person for leave before it answers
 * Source: D-Bus Specification, flag ALLOW_INTERACTIVE_AUTHORIZATION */
void bus_message_allow_interaction(BusMessage *message);

/* bus_message_free() - NULL is fine */
void bus_message_free(BusMessage *message);

/* bus_message_writer() - appends to the body; borrowed. Only for messages of ours, not yet sent */
BusWriter *bus_message_writer(BusMessage *message);

/* bus_message_reader() - reads the body from its start; the same reader each time, borrowed */
BusReader *bus_message_reader(BusMessage *message);

/* bus_message_sender() - unique name the bus vouches for; NULL on messages of ours; borrowed */
const char *bus_message_sender(const BusMessage *message);

/* bus_message_path() - of the object called or speaking; borrowed */
const char *bus_message_path(const BusMessage *message);

/* bus_message_member() - method or signal; borrowed */
const char *bus_message_member(const BusMessage *message);

/* bus_message_signature() - types of the whole body, "" for none; borrowed */
const char *bus_message_signature(const BusMessage *message);

/* bus_message_send() - send a call nobody waits for (no reply is asked)
 * @message: taken
 * Dropped silently when the connection is gone */
void bus_message_send(Bus *bus, BusMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusMessage, bus_message_free)
