/* SPDX-License-Identifier: MIT */
/*
 * cbor - what a payload needs of RFC 8949, in its shortest forms
 *
 *   major type   first octet      here
 *   0, 1         0x00, 0x20       whole numbers
 *   3            0x60             texts
 *   5            0xa0             maps
 *   7            0xf4 0xf5 0xfb   false, true, numbers of 64 bits
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdint.h>

/* cbor_append_uint() - a whole number */
void cbor_append_uint(GString *out, uint64_t value);

/* cbor_append_text() - a text, @len octets of UTF-8 */
void cbor_append_text(GString *out, const char *text, size_t len);

/* cbor_append_map() - the head of a map: @pairs names with values are to follow */
void cbor_append_map(GString *out, uint64_t pairs);

/* cbor_append_json() - a number, text or boolean; anything else becomes null */
void cbor_append_json(GString *out, const cJSON *value);
