/* SPDX-License-Identifier: MIT */
/*
 * bus-side - the other end of a connection to a message bus, in the same thread
 *
 * Plays the bus daemon, whose own calls (Hello, AddMatch, GetNameOwner, ...) it answers rightly and
 * at once, and one service behind it, which is logind and polkit as well: what that is asked, and
 * who somebody is, waits in side_calls() for the fuzzer to answer, in any order, with anything.
 * Nothing waits for time: side_settle() turns both ends until neither has anything to do.
 */
#pragma once

#include "tests/fuzz/bus-wire.h"

#define SIDE_OWNER    ":1.5" /* the service */
#define SIDE_STRANGER ":1.9"
#define SIDE_US       ":1.42"

typedef struct BusSide BusSide;

/* side_new() - listens, nobody is there yet
 * @service: its well-known name, borrowed; it is on the bus */
BusSide *side_new(const char *service);

/* side_free() - NULL is fine */
void side_free(BusSide *side);

/* side_address() - for bus_open(); borrowed */
const char *side_address(const BusSide *side);

/* side_settle() - let everybody do what there is to be done now */
void side_settle(BusSide *side);

/* side_calls() - WireCall, those that wait for an answer, oldest first; borrowed */
GPtrArray *side_calls(BusSide *side);

/* side_answer() - answer call number @index of those that wait; its entry goes
 * @body: a tuple; NULL: the error @error instead */
void side_answer(BusSide *side, guint index, GVariant *body, const char *error);

/* side_signal() - of the service, or of a stranger
 * @body: a tuple */
void side_signal(BusSide *side, const WireMessage *signal, bool stranger);

/* side_call() - the service calls one of our methods, its reply is dropped */
void side_call(BusSide *side, const WireMessage *call, bool stranger);

/* side_own() - the service comes to the bus, or leaves it as a crash does: nothing is answered
 * any more */
void side_own(BusSide *side, bool there);

/* side_is_there() - is the service on the bus? */
bool side_is_there(const BusSide *side);

/* side_hang_up() - the bus daemon ends */
void side_hang_up(BusSide *side);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusSide, side_free)
