/* SPDX-License-Identifier: MIT */
/*
 * cursor - a fuzzer's input, read from the front: what is missing at its end counts as zero
 *
 * The octets stay the fuzzer's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct Cursor {
	const uint8_t *data;
	size_t len; /* octets left */
} Cursor;

/* cursor_init_data() - start at the first of @len octets at @data, borrowed */
static inline Cursor cursor_init_data(const void *data, size_t len)
{
	return (Cursor){ .data = data, .len = len };
}

/* cursor_take() - @len octets; NULL when fewer are left (nothing is consumed then) */
static inline const uint8_t *cursor_take(Cursor *cursor, size_t len)
{
	const uint8_t *taken = cursor->data;

	if (len > cursor->len)
		return NULL;
	cursor->data += len;
	cursor->len -= len;
	return taken;
}

/* cursor_take_u8() - one octet */
static inline uint8_t cursor_take_u8(Cursor *cursor)
{
	const uint8_t *octets = cursor_take(cursor, 1);

	return octets ? octets[0] : 0;
}

/* cursor_take_be16() - two octets, big endian */
static inline uint16_t cursor_take_be16(Cursor *cursor)
{
	const uint8_t *octets = cursor_take(cursor, 2);

	return octets ? (uint16_t)((unsigned int)octets[0] << 8 | octets[1]) : 0;
}
