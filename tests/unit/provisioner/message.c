/* SPDX-License-Identifier: MIT */
#include "tests/unit/provisioner/message.h"

static void put_varint(GByteArray *message, uint64_t value)
{
	do {
		uint8_t octet = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

		g_byte_array_append(message, &octet, 1);
		value >>= 7;
	} while (value > 0);
}

void message_uint(GByteArray *message, uint32_t field, uint64_t value)
{
	if (value == 0)
		return;
	put_varint(message, (uint64_t)field << 3);
	put_varint(message, value);
}

static void put_octets(GByteArray *message, uint32_t field, const void *data, size_t len)
{
	put_varint(message, (uint64_t)field << 3 | 2);
	put_varint(message, len);
	if (len > 0)
		g_byte_array_append(message, data, (guint)len);
}

void message_bytes(GByteArray *message, uint32_t field, const void *data, size_t len)
{
	if (len > 0)
		put_octets(message, field, data, len);
}

void message_nest(GByteArray *message, uint32_t field, GByteArray *inner)
{
	put_octets(message, field, inner->data, inner->len);
	g_byte_array_unref(inner);
}

static uint64_t take_varint(const uint8_t **at, const uint8_t *end)
{
	uint64_t value = 0;

	for (unsigned int shift = 0;; shift += 7) {
		g_assert_true(*at < end && shift < 64);
		value |= (uint64_t)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			return value;
	}
}

MessageField message_find(const void *data, size_t len, uint32_t field, unsigned int nth)
{
	const uint8_t *at = len > 0 ? data : (const uint8_t *)"";
	const uint8_t *end = at + len;

	while (at < end) {
		uint64_t key = take_varint(&at, end);
		MessageField found = { .found = true, .value = take_varint(&at, end) };

		g_assert_true((key & 7) == 0 || (key & 7) == 2);
		if ((key & 7) == 2) {
			found.data = at;
			found.len = (size_t)found.value;
			g_assert_cmpuint(found.len, <=, (size_t)(end - at));
			at += found.len;
		}
		if (key >> 3 == field && nth-- == 0)
			return found;
	}
	return (MessageField){ .found = false };
}

GBytes *bench_send(Bench *bench, EndpointId endpoint, GByteArray *message)
{
	g_autofree char *hex = hex_of(message->data, message->len);

	g_byte_array_unref(message);
	bench_ask(bench, endpoint, hex);
	return bench_clear_reply(bench);
}
