/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-wire.h"

#define VARINT_MAX_LEN 10

static void put_varint(GByteArray *out, uint64_t value)
{
	uint8_t octets[VARINT_MAX_LEN];
	guint n = 0;

	for (; value >= 0x80; value >>= 7)
		octets[n++] = (uint8_t)(value | 0x80);
	octets[n++] = (uint8_t)value;
	g_byte_array_append(out, octets, n);
}

static void put_key(GByteArray *out, uint32_t number, unsigned type)
{
	put_varint(out, (uint64_t)number << 3 | type);
}

void phone_wire_put_uint(GByteArray *out, uint32_t number, uint64_t value)
{
	if (value == 0)
		return;
	put_key(out, number, WIRE_VARINT);
	put_varint(out, value);
}

void phone_wire_put_bytes(GByteArray *out, uint32_t number, const void *data, size_t len)
{
	if (len == 0)
		return;
	put_key(out, number, WIRE_LENGTH);
	put_varint(out, len);
	g_byte_array_append(out, data, (guint)len);
}

void phone_wire_put_message(GByteArray *out, uint32_t number, const GByteArray *body)
{
	put_key(out, number, WIRE_LENGTH);
	put_varint(out, body ? body->len : 0);
	if (body && body->len > 0)
		g_byte_array_append(out, body->data, body->len);
}

WireReader phone_wire_reader(const void *data, size_t len)
{
	return (WireReader){ .next = data, .left = len };
}

static bool fail(WireReader *reader)
{
	reader->bad = true;
	reader->left = 0;
	return false;
}

static bool take_varint(WireReader *reader, uint64_t *value)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < VARINT_MAX_LEN && reader->left > 0; i++) {
		uint8_t octet = *reader->next++;

		reader->left--;
		sum |= (uint64_t)(octet & 0x7f) << (7 * i);
		if (i == VARINT_MAX_LEN - 1 && octet > 1)
			return fail(reader); /* more than 64 bits */
		if (octet < 0x80) {
			*value = sum;
			return true;
		}
	}
	return fail(reader);
}

static bool take_octets(WireReader *reader, uint64_t len, WireField *field)
{
	if (len > reader->left)
		return fail(reader);
	field->data = reader->next;
	field->len = (size_t)len;
	reader->next += field->len;
	reader->left -= field->len;
	return true;
}

bool phone_wire_next(WireReader *reader, WireField *field)
{
	uint64_t key, len;

	*field = (WireField){ 0 };
	if (reader->left == 0 || !take_varint(reader, &key))
		return false;
	if (key >> 3 == 0 || key >> 3 > 0x1fffffff)
		return fail(reader);
	field->number = (uint32_t)(key >> 3);
	field->type = key & 7;

	switch (field->type) {
	case WIRE_VARINT: return take_varint(reader, &field->value);
	case WIRE_LENGTH: return take_varint(reader, &len) && take_octets(reader, len, field);
	case WIRE_FIXED64: return take_octets(reader, 8, field);
	case WIRE_FIXED32: return take_octets(reader, 4, field);
	default: return fail(reader);
	}
}
