/* SPDX-License-Identifier: MIT */
/*
 * cursor - read a byte string from the front without ever leaving it
 *
 * A read past the end gives 0 (or NULL) and sets `overrun`, which stays set: a parser reads all
 * its fields and looks once. The octets stay the caller's.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Cursor {
	const uint8_t *data;
	size_t len; /* octets left */
	bool overrun;
} Cursor;

/* cursor_init() - start at the first octet of @bytes, borrowed */
Cursor cursor_init(GBytes *bytes);

/* cursor_init_data() - the same for @len octets at @data */
Cursor cursor_init_data(const void *data, size_t len);

/* cursor_take_u8() - one octet */
uint8_t cursor_take_u8(Cursor *cursor);

/* cursor_take_be16() - two octets, big endian */
uint16_t cursor_take_be16(Cursor *cursor);

/* cursor_take_be32() - four octets, big endian */
uint32_t cursor_take_be32(Cursor *cursor);

/* cursor_take() - @len octets; NULL when fewer are left (nothing is consumed then) */
const uint8_t *cursor_take(Cursor *cursor, size_t len);

/* cursor_at_end() - everything was read and nothing was missing */
bool cursor_at_end(const Cursor *cursor);
