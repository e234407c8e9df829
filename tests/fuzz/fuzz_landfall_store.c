/* SPDX-License-Identifier: MIT */
/*
 * fuzz_landfall_store - a sequence of clear requests of landfall-store and of what the store says
 *
 *   one after the other: kind (1), for a request a length (2) and its octets
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/landfall-store.h"
#include "provisioner/core/wire.h"
#include "tests/fuzz/cursor.h"
#include "tests/unit/provisioner/support.h"

#include <string.h>

#define CALLS_MAX 100

enum { CALL_COMMITTED = 1, CALL_REFUSED, CALL_REQUESTED, CALL_NOT_REQUESTED, CALL_CLEAR, CALL_N };

static void ask(LandfallStore *store, Cursor *cursor)
{
	size_t wanted = cursor_take_be16(cursor);
	size_t len = MIN(wanted, cursor->len);
	const uint8_t *octets = cursor_take(cursor, len);
	g_autoptr(Secret) in = secret_new(octets, len);
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	bool ok = landfall_store_handle(store, in, out, &error);

	g_assert_true(ok == (error == NULL));
	g_assert_true(ok == (out->len > 0));
	g_assert_cmpuint(out->len, <=, WIRE_MAX - WIRE_TAG);
}

static void call(LandfallStore *store, unsigned int kind, Cursor *cursor)
{
	g_autoptr(GError) error = g_error_new_literal(STORE_FAULT, STORE_FAULT_DISK, "full");
	g_autoptr(GBytes) request = g_bytes_new_static("-----BEGIN", 10);

	switch (kind) {
	case CALL_COMMITTED: landfall_store_on_committed(store, NULL); break;
	case CALL_REFUSED: landfall_store_on_committed(store, error); break;
	case CALL_REQUESTED: landfall_store_on_request(store, request, NULL); break;
	case CALL_NOT_REQUESTED: landfall_store_on_request(store, NULL, error); break;
	case CALL_CLEAR: landfall_store_clear(store); break;
	default: ask(store, cursor); break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FakeStore fake = { .generation = 1 };
	g_autoptr(LandfallStore) store = landfall_store_new(&fake_store_port, &fake);
	Cursor cursor = cursor_init_data(data, size);

	for (int i = 0; i < CALLS_MAX && cursor.len > 0; i++)
		call(store, cursor_take_u8(&cursor) % CALL_N, &cursor);
	fake_store_clear(&fake);
	return 0;
}
