/* SPDX-License-Identifier: MIT */
#include "agent/core/payload.h"

struct Payload {
	Profile *profile;
	GString *text; /* "[" and the samples with "," between; see payload_data() */
	PayloadLimits limits;
	unsigned count;
	uint64_t first;
	uint64_t last;
};

Payload *payload_new(const Profile *profile, PayloadLimits limits)
{
	Payload *payload = g_new0(Payload, 1);

	payload->profile = profile_ref(profile);
	payload->limits = limits;
	payload->text = g_string_new("[");
	return payload;
}

void payload_free(Payload *payload)
{
	if (!payload)
		return;
	profile_unref(payload->profile);
	g_string_free(payload->text, TRUE);
	g_free(payload);
}

bool payload_add(Payload *payload, const Sample *sample)
{
	size_t before = payload->text->len;

	if (payload->count == payload->limits.samples)
		return false;
	if (payload->count > 0)
		g_string_append_c(payload->text, ',');
	profile_kind(payload->profile)->append(payload->profile, payload->text, sample);
	if (payload->count > 0 && payload->text->len + 1 > payload->limits.octets) {
		g_string_truncate(payload->text, before);
		return false;
	}
	if (payload->count++ == 0)
		payload->first = sample->seq;
	payload->last = sample->seq;
	return true;
}

unsigned payload_count(const Payload *payload)
{
	return payload->count;
}

uint64_t payload_first(const Payload *payload)
{
	return payload->first;
}

uint64_t payload_last(const Payload *payload)
{
	return payload->last;
}

const char *payload_data(Payload *payload, size_t *len)
{
	GString *text = payload->text;

	if (payload->count == 1) {
		*len = text->len - 1;
		return text->str + 1;
	}
	if (text->str[text->len - 1] != ']')
		g_string_append_c(text, ']');
	*len = text->len;
	return text->str;
}

void text_append_u64(GString *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	g_string_append_len(text, digits + at, (gssize)(sizeof(digits) - at));
}
