/* SPDX-License-Identifier: MIT */
/*
 * profile - how one cloud wants its telemetry: topics and payloads, as data and one small file
 *
 * A Payload gathers samples in order until it is full. Profiles are static const.
 */
#pragma once

#include "agent/core/sample.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Profile {
	const char *name;   /* as in the configuration */
	const char *topic;  /* of telemetry */
	size_t payload_max; /* octets that suit its servers */

	/* append() - one sample, without what separates it from others */
	void (*append)(GString *text, const Sample *sample);
} Profile;

extern const Profile profile_thingsboard;

/* profile_find() - by name; NULL when there is none */
const Profile *profile_find(const char *name);

/* profile_names() - all of them with commas between, for messages; static */
const char *profile_names(void);

typedef struct Payload Payload;

/* How much goes into one payload; a single sample may be longer than `octets`. */
typedef struct PayloadLimits {
	size_t octets;
	unsigned samples; /* 1 or more */
} PayloadLimits;

/* payload_new() - empty
 * @profile: kept */
Payload *payload_new(const Profile *profile, PayloadLimits limits);

/* payload_free() - NULL is fine */
void payload_free(Payload *payload);

/* payload_add() - the next sample; false, and nothing done, when the payload is full.
 * The first is always taken. */
bool payload_add(Payload *payload, const Sample *sample);

/* payload_count() - samples in it */
unsigned payload_count(const Payload *payload);

/* payload_first(), payload_last() - sequence numbers; 0 when empty */
uint64_t payload_first(const Payload *payload);
uint64_t payload_last(const Payload *payload);

/* payload_data() - the message: one object, or an array of several; nothing may be added any more
 * @len: out
 * Returns text that lives as long as @payload */
const char *payload_data(Payload *payload, size_t *len);

/* text_append_u64() - @value in decimal, without the cost of a format */
void text_append_u64(GString *text, uint64_t value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Payload, payload_free)
