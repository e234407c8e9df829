/* SPDX-License-Identifier: MIT */
#include "common/cursor.h"

Cursor cursor_init_data(const void *data, size_t len)
{
	return (Cursor){ .data = data, .len = len };
}

Cursor cursor_init(GBytes *bytes)
{
	size_t len = 0;
	const void *data = g_bytes_get_data(bytes, &len);

	return cursor_init_data(data, len);
}

const uint8_t *cursor_take(Cursor *cursor, size_t len)
{
	if (len > cursor->len) {
		cursor->overrun = true;
		return NULL;
	}

	const uint8_t *taken = cursor->data;

	cursor->data += len;
	cursor->len -= len;
	return taken;
}

uint8_t cursor_take_u8(Cursor *cursor)
{
	const uint8_t *octets = cursor_take(cursor, 1);

	return octets ? octets[0] : 0;
}

uint16_t cursor_take_be16(Cursor *cursor)
{
	const uint8_t *octets = cursor_take(cursor, 2);

	if (!octets)
		return 0;
	return (uint16_t)((unsigned int)octets[0] << 8 | octets[1]);
}

uint32_t cursor_take_be32(Cursor *cursor)
{
	const uint8_t *octets = cursor_take(cursor, 4);

	return octets ? (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 |
				(uint32_t)octets[2] << 8 | octets[3]
		      : 0;
}

bool cursor_at_end(const Cursor *cursor)
{
	return !cursor->overrun && cursor->len == 0;
}
