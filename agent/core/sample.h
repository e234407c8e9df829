/* SPDX-License-Identifier: MIT */
/*
 * sample - what was measured, when, and by whom; and samples on their way to the spool
 *
 * The readings of a sample are kept as the members of a JSON object without its braces, e.g.
 *
 *   "temperature":21.5,"door":"open"
 *
 * checked once when they come in and copied as they are from then on: a payload is a
 * concatenation, nothing is parsed or printed twice.
 *
 * Owner: a Sample borrows its texts; a SampleBatch owns copies of what was added.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLE_VALUES_MAX  65408 /* octets of readings: with time and number below 64 KiB */
#define SAMPLE_MEMBERS_MAX 256
#define SAMPLE_KEY_MAX     128                        /* octets */
#define SAMPLE_SOURCE_MAX  64                         /* octets */
#define SAMPLE_TS_MAX_MS   (INT64_C(253402300799999)) /* the end of the year 9999 */

/* One sample, as a view. */
typedef struct Sample {
	uint64_t seq;       /* given by the spool; 0: none yet */
	int64_t ts_ms;      /* Unix time of the measurement */
	bool synced;        /* the clock was synchronised then */
	const char *source; /* who measured, e.g. "sensors" */
	const char *values; /* members, not NUL-terminated */
	size_t values_len;
} Sample;

typedef struct SampleBatch SampleBatch;

/* sample_batch_new() - no samples yet
 * @source: of all that will be added; 1..SAMPLE_SOURCE_MAX octets, copied */
SampleBatch *sample_batch_new(const char *source);

/* sample_batch_free() - NULL is fine */
void sample_batch_free(SampleBatch *batch);

/* sample_batch_add() - one more sample
 * @values: checked members, 1..SAMPLE_VALUES_MAX octets, copied */
void sample_batch_add(SampleBatch *batch, int64_t ts_ms, bool synced, const char *values,
		      size_t values_len);

/* sample_batch_count() - how many were added */
size_t sample_batch_count(const SampleBatch *batch);

/* sample_batch_bytes() - octets of readings in all of them */
size_t sample_batch_bytes(const SampleBatch *batch);

/* sample_batch_get() - the sample at @index, valid until the next _add() or _free() */
Sample sample_batch_get(const SampleBatch *batch, size_t index);

/* sample_values_count() - how many readings it has */
unsigned sample_values_count(const Sample *sample);

/* sample_key_valid() - @key can name a reading: 1..SAMPLE_KEY_MAX octets of UTF-8 that JSON
 * takes unescaped, and none of the names that the payload of any profile has beside readings */
bool sample_key_valid(const char *key, size_t len);

/* sample_values_add_number() - append a reading to @values; nothing when @value is not finite
 * @key: sample_key_valid()
 * Whole numbers are exact, others have ten digits. */
void sample_values_add_number(GString *values, const char *key, double value);

/* sample_values_add_text() - append a reading whose value is JSON already
 * @key:  sample_key_valid()
 * @text: one scalar, checked */
void sample_values_add_text(GString *values, const char *key, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SampleBatch, sample_batch_free)
