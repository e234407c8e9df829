/* SPDX-License-Identifier: MIT */
/*
 * phone-wire - protobuf's wire encoding, by hand: just the parts the provisioning messages use
 *
 *   field   key varint (number << 3 | type), then by type
 *   0       varint, 7 bits per octet, least significant first
 *   2       length varint, then that many octets (bytes, string, sub-message)
 *   1, 5    8 or 4 octets; skipped, no message here has them
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_LENGTH = 2,
	WIRE_FIXED32 = 5,
};

/* Reads fields one by one from borrowed octets. */
typedef struct WireReader {
	const uint8_t *next;
	size_t left;
	bool bad; /* set once and for all by the first octet that makes no sense */
} WireReader;

typedef struct WireField {
	uint32_t number;
	unsigned type;
	uint64_t value;      /* WIRE_VARINT */
	const uint8_t *data; /* WIRE_LENGTH: borrowed from the reader's octets */
	size_t len;
} WireField;

/* phone_wire_put_uint() - append a varint field; a zero is left out, as proto3 wants */
void phone_wire_put_uint(GByteArray *out, uint32_t number, uint64_t value);

/* phone_wire_put_bytes() - append a bytes or string field; an empty one is left out */
void phone_wire_put_bytes(GByteArray *out, uint32_t number, const void *data, size_t len);

/* phone_wire_put_message() - append a sub-message, also when it is empty
 * @body: its encoded fields; NULL means empty */
void phone_wire_put_message(GByteArray *out, uint32_t number, const GByteArray *body);

/* phone_wire_reader() - a reader over @data, which is borrowed for as long as it is used */
WireReader phone_wire_reader(const void *data, size_t len);

/* phone_wire_next() - take the next field
 * Returns false at the end, and at nonsense, which sets reader->bad */
bool phone_wire_next(WireReader *reader, WireField *field);
