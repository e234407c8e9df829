/* SPDX-License-Identifier: MIT */
/*
 * bus-call - an outgoing method call
 *
 * The handle belongs to the caller, who cancels it before it goes away itself. The callback runs
 * exactly once, from the loop (or from bus_free()), never from inside bus_call_start() and never
 * after bus_call_cancel(); the layer frees the handle after it, so the callback's first act is to
 * forget the handle:
 *
 *   static void join_on_reply(BusReply *reply, void *user_data)
 *   {
 *           WifiJoin *join = user_data;
 *
 *           join->call = NULL;
 */
#pragma once

#include "dbus/bus-message.h"

#define BUS_TIMEOUT_DEFAULT (-1)     /* 25 s */
#define BUS_TIMEOUT_NONE    G_MAXINT /* waits as long as peer and connection live */

typedef struct BusCall BusCall;
typedef struct BusReply BusReply;

/* BusReplyFunc - the call is over
 * @reply: borrowed, only for the time of the callback */
typedef void (*BusReplyFunc)(BusReply *reply, void *user_data);

/* bus_call_start() - send @message and wait for its reply
 * @message:    taken
 * @timeout_ms: BUS_TIMEOUT_DEFAULT, BUS_TIMEOUT_NONE or milliseconds
 * Returns the handle, never NULL: every failure, even a message that cannot be sent, comes
 * through the callback */
G_GNUC_WARN_UNUSED_RESULT
BusCall *bus_call_start(Bus *bus, BusMessage *message, int timeout_ms, BusReplyFunc func,
			void *user_data);

/* bus_call_cancel() - forget the call: no callback any more, handle freed; the peer is not told
 * NULL is fine, and so is calling it from inside the call's own callback (does nothing) */
void bus_call_cancel(BusCall *call);

/* bus_reply_error() - NULL when the peer answered; else BUS_ERROR_*, borrowed
 * The text carries the peer's D-Bus error name and words, made printable and cut at 512 octets */
const GError *bus_reply_error(const BusReply *reply);

/* bus_reply_is_gone() - the call ended because its peer left the bus; bus-peer.h tells of that,
 * too */
bool bus_reply_is_gone(const BusReply *reply);

/* bus_reply_error_name() - "org.bluez.Error.Failed"; NULL when there is no error; borrowed
 * Failures made here have the standard name (…Error.NoReply, …Error.Disconnected) */
const char *bus_reply_error_name(const BusReply *reply);

/* bus_reply_reader() - the values answered; an empty reader on failure. Borrowed */
BusReader *bus_reply_reader(BusReply *reply);

/* bus_reply_expect() - the call succeeded and answered exactly @signature
 * Errors: a copy of bus_reply_error(), or BUS_ERROR_INVALID with both signatures */
G_GNUC_WARN_UNUSED_RESULT
bool bus_reply_expect(BusReply *reply, const char *signature, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusCall, bus_call_cancel)
