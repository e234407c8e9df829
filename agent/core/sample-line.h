/* SPDX-License-Identifier: MIT */
/*
 * sample-line - one line of JSON from a local program, checked
 *
 *   {"temperature":21.5,"door":"open"}               stamped when it is read
 *   {"ts":1700000000000,"values":{"temperature":21}} with its own time, Unix milliseconds
 *
 * Readings are numbers, strings and booleans. What is accepted is well-formed by RFC 8259 to the
 * last octet, because it is passed on as it stands: one bad sample must not spoil a payload for
 * the others. Nothing is allocated but the error.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SampleLine {
	const char *values; /* the members without braces, inside the line; not NUL-terminated */
	size_t values_len;  /* 1..SAMPLE_VALUES_MAX */
	bool has_ts;
	int64_t ts_ms; /* 0..SAMPLE_TS_MAX_MS */
} SampleLine;

/* sample_line_parse() - check one line
 * @line: @len octets without the line end, borrowed: @out points into it
 * @out: untouched on failure
 * Errors: LANDFALL_ERROR_INVALID with the octet at fault
 * Source: RFC 8259; bounds of sample.h */
bool sample_line_parse(const char *line, size_t len, SampleLine *out,
		       GError **error) G_GNUC_WARN_UNUSED_RESULT;
