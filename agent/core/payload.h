/* SPDX-License-Identifier: MIT */
/*
 * payload - samples put together into one message of a profile, in order, until it is full
 */
#pragma once

#include "agent/core/profile.h"
#include "agent/core/sample.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Payload Payload;

/* How much goes into one payload; a single sample may be more than `octets` and `points`. */
typedef struct PayloadLimits {
	size_t octets;
	unsigned samples; /* 1 or more */
	unsigned points;  /* values; 0: any number, and they are not counted */
} PayloadLimits;

/* payload_new() - empty
 * @profile: a reference is taken */
Payload *payload_new(const Profile *profile, PayloadLimits limits);

/* payload_free() - NULL is fine */
void payload_free(Payload *payload);

/* payload_add() - the next sample; false, and nothing done, when the payload is full.
 * The first is always taken. */
bool payload_add(Payload *payload, const Sample *sample);

/* payload_count() - samples in it */
unsigned payload_count(const Payload *payload);

/* payload_points() - values in it, with number and clock of each sample; 0: not counted */
unsigned payload_points(const Payload *payload);

/* payload_first(), payload_last() - sequence numbers; 0 when empty */
uint64_t payload_first(const Payload *payload);
uint64_t payload_last(const Payload *payload);

/* payload_data() - the message: one sample, or an array of several; nothing may be added any more
 * @len: out
 * Returns octets that live as long as @payload */
const char *payload_data(Payload *payload, size_t *len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Payload, payload_free)
