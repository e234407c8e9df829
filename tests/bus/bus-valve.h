/* SPDX-License-Identifier: MIT */
/*
 * bus-valve - a pipe between a program and its message bus that is cut at a chosen message
 *
 *   program ── valve's socket ──[ counts messages ]── bus's socket ── dbus-daemon
 *
 * To the program a cut looks like the end of the bus, to all others like the end of the program: a
 * crash at exactly that message. Served by the default context.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct BusValve BusValve;

/* bus_valve_new() - a valve before the bus at @address ("unix:path=..."); open */
BusValve *bus_valve_new(const char *address);

/* bus_valve_free() - cut what is still connected; NULL is fine */
void bus_valve_free(BusValve *valve);

/* bus_valve_address() - where the program connects; borrowed */
const char *bus_valve_address(const BusValve *valve);

/* bus_valve_cut_at() - close every connection in place of delivering message @n from now
 * @n: 1 or more; 0: never */
void bus_valve_cut_at(BusValve *valve, unsigned int n);

/* bus_valve_was_cut() - that has happened */
bool bus_valve_was_cut(const BusValve *valve);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusValve, bus_valve_free)
