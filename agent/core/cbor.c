/* SPDX-License-Identifier: MIT */
#include "agent/core/cbor.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

enum { UINT = 0x00, NEGATIVE = 0x20, TEXT = 0x60, MAP = 0xa0 };

static void append_octets(GString *out, uint64_t value, unsigned octets)
{
	while (octets-- > 0)
		g_string_append_c(out, (char)(value >> 8 * octets & 0xff));
}

static void append_head(GString *out, unsigned major, uint64_t value)
{
	unsigned octets = value < 24            ? 0
			  : value <= 0xff       ? 1
			  : value <= 0xffff     ? 2
			  : value <= 0xffffffff ? 4
						: 8;
	unsigned info = octets == 0   ? (unsigned)value
			: octets == 1 ? 24
			: octets == 2 ? 25
			: octets == 4 ? 26
				      : 27;

	g_string_append_c(out, (char)(major | info));
	append_octets(out, value, octets);
}

void cbor_append_uint(GString *out, uint64_t value)
{
	append_head(out, UINT, value);
}

void cbor_append_text(GString *out, const char *text, size_t len)
{
	append_head(out, TEXT, len);
	g_string_append_len(out, text, (gssize)len);
}

void cbor_append_map(GString *out, uint64_t pairs)
{
	append_head(out, MAP, pairs);
}

static void append_number(GString *out, double value)
{
	uint64_t bits;

	if (floor(value) >= value && fabs(value) <= EXACT_MAX) {
		if (value >= 0)
			append_head(out, UINT, (uint64_t)value);
		else
			append_head(out, NEGATIVE, (uint64_t)(-value) - 1);
		return;
	}
	memcpy(&bits, &value, sizeof(bits));
	g_string_append_c(out, (char)0xfb);
	append_octets(out, bits, 8);
}

void cbor_append_json(GString *out, const cJSON *value)
{
	if (cJSON_IsNumber(value))
		append_number(out, value->valuedouble);
	else if (cJSON_IsString(value))
		cbor_append_text(out, value->valuestring, strlen(value->valuestring));
	else
		g_string_append_c(out, (char)(cJSON_IsTrue(value)    ? 0xf5
					      : cJSON_IsFalse(value) ? 0xf4
								     : 0xf6));
}
