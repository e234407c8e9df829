/* SPDX-License-Identifier: MIT */
/*
 * message - protobuf by hand, for the tests of the endpoints of ours
 *
 * The wire as docs/identity.md has it, so that a slip in a schema does not pass because both sides
 * were generated from it.
 */
#pragma once

#include "tests/unit/provisioner/support.h"

#include <glib.h>
#include <stdint.h>

/* message_uint() - a number; 0 is left out, as proto3 wants */
void message_uint(GByteArray *message, uint32_t field, uint64_t value);

/* message_bytes() - octets; none are left out */
void message_bytes(GByteArray *message, uint32_t field, const void *data, size_t len);

/* message_nest() - a message in a message; @inner is freed */
void message_nest(GByteArray *message, uint32_t field, GByteArray *inner);

/* What is looked for in a reply: the first field of that number. */
typedef struct MessageField {
	bool found;
	uint64_t value; /* of a number */
	const uint8_t *data;
	size_t len;
} MessageField;

/* message_find() - occurrence number @nth (from 0) of @field; aborts on nonsense */
MessageField message_find(const void *data, size_t len, uint32_t field, unsigned int nth);

/* bench_send() - ask an endpoint; the clear reply, freed by the caller, or NULL after an error
 * @message: freed */
GBytes *bench_send(Bench *bench, EndpointId endpoint, GByteArray *message);
