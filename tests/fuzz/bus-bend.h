/* SPDX-License-Identifier: MIT */
/*
 * bus-bend - values that are nearly right, as the fuzzer's octets say
 *
 *   number of bends (1, more than BENDS_MAX: none), then for each: which value, counted from the
 *   outermost (2), how (1), and octets where they are asked for
 *
 * What a variant holds may become anything; elsewhere types stay: a message whose signature is
 * another one is a matter of the whole.
 */
#pragma once

#include "tests/fuzz/cursor.h"

#include <glib.h>

#define BENDS_MAX 8

/* What texts and paths are bent into; NULL-terminated. */
typedef struct BendWords {
	const char *const *texts;
	const char *const *paths;
} BendWords;

/* bend_value() - @value with what the input asks for changed; returns a reference of its own */
GVariant *bend_value(Cursor *cursor, GVariant *value, const BendWords *words);

/* bend_parse() - the value of a text in GVariant's format, which is ours and so is right */
GVariant *bend_parse(const char *text);

/* bend_strange() - a body that nobody expects, by number; a tuple */
GVariant *bend_strange(uint8_t number);
