/* SPDX-License-Identifier: MIT */
/*
 * bus-match - subscribe to signals
 *
 * A match by well-known sender follows the name: only signals of its present owner pass, also
 * when somebody else sends us one directly. Owner: who made it; no callback after free.
 */
#pragma once

#include "dbus/bus-message.h"

/* What a signal must have; NULL fields do not matter. Copied. */
typedef struct BusMatchRule {
	const char *sender; /* well-known or unique name */
	const char *path;
	const char *path_namespace; /* this path and all below it */
	const char *interface;
	const char *member;
	const char *arg0; /* first argument, a string */
} BusMatchRule;

typedef struct BusMatch BusMatch;

/* BusSignalFunc - @signal is borrowed for the time of the callback */
typedef void (*BusSignalFunc)(BusMessage *signal, void *user_data);

/* bus_match_new() - from now on
 * Sent without waiting; calls sent after it are answered with the match in place
 * Source: D-Bus Specification, Match Rules */
BusMatch *bus_match_new(Bus *bus, const BusMatchRule *rule, BusSignalFunc func, void *user_data);

/* bus_match_free() - NULL is fine */
void bus_match_free(BusMatch *match);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusMatch, bus_match_free)
