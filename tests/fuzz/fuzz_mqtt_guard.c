/* SPDX-License-Identifier: MIT */
/* mqtt-guard: what a broker sends, in pieces. The first octet is the size of a piece; cut so or
 * whole, the stream is refused or let through alike. */
#include "tests/fuzz/cursor.h"
#include "tests/fuzz/fuzz.h"

#include <glib.h>

#include "common/mqtt-guard.h"

static bool let_through(Cursor stream, size_t piece)
{
	g_autoptr(MqttGuard) guard = mqtt_guard_new();

	while (stream.len > 0) {
		size_t len = MIN(piece, stream.len);

		if (!mqtt_guard_take(guard, cursor_take(&stream, len), len))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Cursor stream = cursor_init_data(data, size);
	size_t piece = 1 + (size_t)cursor_take_u8(&stream);

	g_assert_cmpint(let_through(stream, piece), ==, let_through(stream, MAX(stream.len, 1)));
	return 0;
}
