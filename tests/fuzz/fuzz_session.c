/* SPDX-License-Identifier: MIT */
/*
 * fuzz_session - messages of prov-session and records, in any order and state
 *
 *   octet 0: bit 0 security 2, bit 1 begin after the first command, bit 2 after the second,
 *            bit 3 security 0 where it is built in
 *   then any number of: a fifth of the length (1), octets; its top bit makes it a record
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/security0.h"
#include "provisioner/core/security1.h"
#include "provisioner/core/security2.h"
#include "provisioner/core/session.h"
#include "provisioner/core/wire.h"
#include "tests/fuzz/cursor.h"
#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

/* What leads to an open session. */
typedef struct Opening {
	const char *random; /* what is drawn for it */
	const char *command0;
	const char *command1; /* NULL: one message opens it */
} Opening;

static const Opening openings[] = {
	{ "", "5203a20100", NULL },
	{ VECTOR_SEC1_RANDOM VECTOR_SEC1_DEVICE_SECRET, VECTOR_SEC1_COMMAND0,
	  VECTOR_SEC1_COMMAND1 },
	{ VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID, VECTOR_SEC2_COMMAND0, VECTOR_SEC2_COMMAND1 },
};

static int version_of(uint8_t flags)
{
	if ((flags & 8) && security0_ops())
		return 0;
	return flags & 1 ? 2 : 1;
}

static Session *make_session(int version, TestRandom *random)
{
	g_autoptr(Secret) pop = secret_new(VECTOR_POP, strlen(VECTOR_POP));
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);
	g_autoptr(GError) error = NULL;
	void *scheme;

	if (version == 0)
		return session_new(security0_ops(), NULL);
	scheme = version == 2
			 ? (void *)security2_new(salt, verifier, test_random_fill, random, &error)
			 : (void *)security1_new(pop, test_random_fill, random, &error);
	g_assert_no_error(error);
	return session_new(version == 2 ? &security2_ops : &security1_ops, scheme);
}

static bool step(Session *session, GBytes *in)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	bool ok = session_step(session, in, out, &error);

	g_assert_true(ok == (error == NULL));
	g_assert_true(ok == (out->len > 0));
	g_assert_cmpuint(out->len, <=, WIRE_MAX);
	return ok;
}

static void step_hex(Session *session, const char *hex)
{
	g_autoptr(GBytes) in = hex_bytes(hex);

	g_assert_true(step(session, in));
}

static void record(Session *session, GBytes *in)
{
	g_autoptr(GError) error = NULL;
	bool open = session_is_open(session);
	g_autoptr(Secret) clear = session_decrypt(session, in, &error);

	g_assert_true((clear != NULL) == (error == NULL));
	g_assert_true(open || !clear);
	g_assert_true(session_is_open(session) == open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Cursor cursor = cursor_init_data(data, size);
	uint8_t flags = cursor_take_u8(&cursor);
	int version = version_of(flags);
	const Opening *opening = &openings[version];
	TestRandom random;

	test_random_init(&random);
	test_random_push(&random, opening->random);

	Session *session = make_session(version, &random);

	if (flags & 6)
		step_hex(session, opening->command0);
	if ((flags & 4) && opening->command1)
		step_hex(session, opening->command1);
	while (cursor.len > 0) {
		uint8_t head = cursor_take_u8(&cursor);
		size_t len = MIN((size_t)(head & 0x7f) * 5, cursor.len);
		g_autoptr(GBytes) in = g_bytes_new(cursor_take(&cursor, len), len);

		if (head & 0x80)
			record(session, in);
		else
			step(session, in);
	}
	session_free(session);
	test_random_clear(&random);
	return 0;
}
