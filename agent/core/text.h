/* SPDX-License-Identifier: MIT */
/*
 * text - numbers and times appended to payloads
 */
#pragma once

#include <glib.h>
#include <stdint.h>

/* text_append_u64() - @value in decimal, without the cost of a format */
void text_append_u64(GString *text, uint64_t value);

/* text_append_time() - 2023-11-14T22:13:20.123Z
 * @ms: since 1970, 0..SAMPLE_TS_MAX_MS */
void text_append_time(GString *text, int64_t ms);
