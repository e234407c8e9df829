/* SPDX-License-Identifier: MIT */
/*
 * unsure-link - a TCP proxy on the loopback whose line can be cut, held and refused
 *
 * A thread of its own. All failures abort. Owner: whoever made it.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct UnsureLink UnsureLink;

typedef enum LinkState {
	LINK_PASSES,
	LINK_HOLDS,   /* nothing gets through, nothing is closed: half open */
	LINK_REFUSES, /* new connections are reset at once */
} LinkState;

/* unsure_link_new() - to @port on 127.0.0.1 */
UnsureLink *unsure_link_new(uint16_t port);

/* unsure_link_free() - NULL is fine */
void unsure_link_free(UnsureLink *link);

/* unsure_link_port() - where it listens */
uint16_t unsure_link_port(const UnsureLink *link);

/* unsure_link_set() - from now on */
void unsure_link_set(UnsureLink *link, LinkState state);

/* unsure_link_cut() - reset every connection after @octets more have passed, in any direction */
void unsure_link_cut(UnsureLink *link, unsigned octets);

/* unsure_link_octets() - that went from the agent to the broker so far */
uint64_t unsure_link_octets(const UnsureLink *link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnsureLink, unsure_link_free)
