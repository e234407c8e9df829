/* SPDX-License-Identifier: MIT */
/*
 * hex - octets as the tests of the phone write them
 */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* hex_octets() - digits to octets; the caller's. The digits are ours, so nonsense aborts */
static inline GByteArray *hex_octets(const char *digits)
{
	GByteArray *out = g_byte_array_new();

	g_assert_cmpuint(strlen(digits) % 2, ==, 0);
	for (; *digits; digits += 2) {
		uint8_t octet = (uint8_t)(g_ascii_xdigit_value(digits[0]) << 4 |
					  g_ascii_xdigit_value(digits[1]));

		g_byte_array_append(out, &octet, 1);
	}
	return out;
}

/* hex_text() - octets to digits; the caller's */
static inline char *hex_text(const uint8_t *octets, size_t len)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < len; i++)
		g_string_append_printf(text, "%02x", octets[i]);
	return g_string_free(text, FALSE);
}

/* hex_check() - these octets, no others */
static inline void hex_check(const uint8_t *octets, size_t len, const char *digits)
{
	g_autofree char *text = hex_text(octets, len);

	g_assert_cmpstr(text, ==, digits);
}
