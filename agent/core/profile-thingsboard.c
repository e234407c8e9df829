/* SPDX-License-Identifier: MIT */
/*
 * profile-thingsboard - ThingsBoard device API, telemetry
 *
 *   one sample     {"ts":MS,"values":{READINGS,"seq":N}}
 *   several        [{"ts":…},{"ts":…}]
 *
 * `"synced":false` follows the readings when the clock was not synchronised at the measurement.
 * Source: ThingsBoard "MQTT Device API", telemetry upload. Its servers take 65536 octets by
 * default; half of that keeps one lost message cheap.
 */
#include "agent/core/profile.h"

static void thingsboard_append(GString *text, const Sample *sample)
{
	g_string_append_len(text, "{\"ts\":", 6);
	text_append_u64(text, (uint64_t)sample->ts_ms);
	g_string_append_len(text, ",\"values\":{", 11);
	g_string_append_len(text, sample->values, (gssize)sample->values_len);
	if (!sample->synced)
		g_string_append_len(text, ",\"synced\":false", 15);
	g_string_append_len(text, ",\"seq\":", 7);
	text_append_u64(text, sample->seq);
	g_string_append_len(text, "}}", 2);
}

const Profile profile_thingsboard = {
	.name = "thingsboard",
	.topic = "v1/devices/me/telemetry",
	.payload_max = 32768,
	.append = thingsboard_append,
};
