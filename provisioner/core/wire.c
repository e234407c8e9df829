/* SPDX-License-Identifier: MIT */
#include "provisioner/core/wire.h"

#include <openssl/crypto.h>

void wire_arena_clear(WireArena *arena)
{
	OPENSSL_cleanse(arena->data, arena->used);
	arena->used = 0;
}

static void *arena_alloc(void *data, size_t size)
{
	WireArena *arena = data;
	size_t room = sizeof(arena->data) - arena->used;
	size_t step = _Alignof(max_align_t);

	if (size > room)
		return NULL;

	void *start = arena->data + arena->used;
	size_t padded = (size + step - 1) / step * step;

	arena->used += MIN(padded, room);
	return start;
}

/* All of it goes at once, in wire_arena_clear(). */
static void arena_free(void *data, void *pointer)
{
}

void *wire_unpack(WireArena *arena, const ProtobufCMessageDescriptor *type, const uint8_t *data,
		  size_t len, GError **error)
{
	ProtobufCAllocator allocator = { arena_alloc, arena_free, arena };
	void *message = NULL;

	if (len <= WIRE_MAX)
		message = protobuf_c_message_unpack(type, &allocator, len, data);
	if (!message)
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "%zu octets are no %s", len,
			    type->short_name);
	return message;
}

bool wire_fits(const ProtobufCMessage *message)
{
	return protobuf_c_message_get_packed_size(message) <= WIRE_MAX - WIRE_TAG;
}

bool wire_pack(const ProtobufCMessage *message, GByteArray *out, GError **error)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	guint start = out->len;

	if (!wire_fits(message)) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_INTERNAL,
			    "a %s of %zu octets is too long", message->descriptor->short_name, len);
		return false;
	}
	g_byte_array_set_size(out, start + (guint)len);
	protobuf_c_message_pack(message, out->data + start);
	return true;
}
