/* SPDX-License-Identifier: MIT */
/*
 * wire - protobuf messages in and out of bounded memory
 *
 * protobuf-c allocates while it unpacks; here it allocates from an arena on the caller's stack
 * that is too small for anything but a well-meant message, so a peer's 512 octets can neither
 * grow the heap nor leave a passphrase in it. The schemas do not nest into themselves, which
 * bounds the recursion.
 */
#pragma once

#include "provisioner/core/prov-error.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#define WIRE_MAX   512  /* octets of an attribute value, hence of any message */
#define WIRE_TAG   16   /* of which security 2 takes these */
#define WIRE_ARENA 4096 /* octets an unpacked message may take */

/* Owner: the function that unpacks; what was unpacked lives as long. */
typedef struct WireArena {
	_Alignas(max_align_t) uint8_t data[WIRE_ARENA];
	size_t used;
} WireArena;

/* wire_arena_clear() - cleanse what was unpacked */
void wire_arena_clear(WireArena *arena);

/* wire_unpack() - decode a message
 * @arena: zeroed before its first use
 * @type: the generated descriptor
 * @data: borrowed, 0..512 octets
 * Returns the generated structure, inside @arena
 * Errors: PROV_ERROR_VALUE (too long, not decodable, or more fields than the arena holds) */
void *wire_unpack(WireArena *arena, const ProtobufCMessageDescriptor *type, const uint8_t *data,
		  size_t len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wire_fits() - would wire_pack() take it? */
bool wire_fits(const ProtobufCMessage *message);

/* wire_pack() - encode a message
 * @message: a generated structure's base
 * @out: appended to on success, untouched on failure
 * Errors: PROV_ERROR_INTERNAL (it and a tag exceed 512 octets) */
bool wire_pack(const ProtobufCMessage *message, GByteArray *out,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* clang-format off */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WireArena, wire_arena_clear)
/* clang-format on */
