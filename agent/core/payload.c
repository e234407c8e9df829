/* SPDX-License-Identifier: MIT */
#include "agent/core/payload.h"

#include <string.h>

#define POINTS_BESIDE 2 /* number and clock of a sample */

struct Payload {
	Profile *profile;
	const ProfileFrame *frame;
	GString *text; /* the frame's open, samples with its separator between; payload_data() */
	bool closed;
	PayloadLimits limits;
	unsigned count;
	unsigned points;
	uint64_t first;
	uint64_t last;
};

Payload *payload_new(const Profile *profile, PayloadLimits limits)
{
	Payload *payload = g_new0(Payload, 1);

	payload->profile = profile_ref(profile);
	payload->limits = limits;
	payload->frame = profile_frame(profile);
	payload->text = g_string_new(payload->frame->open);
	if (profile_samples_max(profile) > 0)
		payload->limits.samples = MIN(limits.samples, profile_samples_max(profile));
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
	unsigned most = payload->limits.points;
	unsigned points = most > 0 ? sample_values_count(sample) + POINTS_BESIDE : 0;

	if (payload->count == payload->limits.samples ||
	    (payload->count > 0 && most > 0 && payload->points + points > most))
		return false;
	if (payload->count > 0)
		g_string_append(payload->text, payload->frame->separator);
	profile_kind(payload->profile)->append(payload->profile, payload->text, sample);
	if (payload->count > 0 &&
	    payload->text->len + strlen(payload->frame->close) > payload->limits.octets) {
		g_string_truncate(payload->text, before);
		return false;
	}
	if (payload->count++ == 0)
		payload->first = sample->seq;
	payload->last = sample->seq;
	payload->points += points;
	return true;
}

unsigned payload_count(const Payload *payload)
{
	return payload->count;
}

unsigned payload_points(const Payload *payload)
{
	return payload->points;
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

	size_t open = payload->count == 1 ? strlen(payload->frame->open) : 0;

	if (payload->count != 1 && !payload->closed)
		g_string_append(text, payload->frame->close);
	payload->closed = true;
	*len = text->len - open;
	return text->str + open;
}
