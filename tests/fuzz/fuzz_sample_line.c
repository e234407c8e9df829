/* SPDX-License-Identifier: MIT */
/* sample-line: whatever a local program writes. What is accepted, another JSON parser accepts as
 * well, alone and in a payload beside others. */
#include "tests/fuzz/fuzz.h"

#include "agent/core/payload.h"
#include "agent/core/sample-line.h"

#include <cjson/cJSON.h>

static void check_payload(const SampleLine *line)
{
	Sample sample = { .seq = 1,
			  .ts_ms = line->has_ts ? line->ts_ms : 0,
			  .source = "fuzz",
			  .values = line->values,
			  .values_len = line->values_len };
	PayloadLimits limits = { 1000000, 2, 0 };
	ProfileSettings settings = { .client_id = "fuzz", .host = "broker.test" };
	g_autoptr(Profile) profile = profile_new(&profile_thingsboard, &settings, NULL);
	g_autoptr(Payload) payload = payload_new(profile, limits);
	size_t len;

	g_assert_true(payload_add(payload, &sample));
	g_assert_true(payload_add(payload, &sample));

	const char *text = payload_data(payload, &len);
	cJSON *json = cJSON_ParseWithLength(text, len);

	g_assert_true(cJSON_IsArray(json) && cJSON_GetArraySize(json) == 2);
	cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	SampleLine line;

	if (sample_line_parse((const char *)data, size, &line, &error)) {
		g_assert_cmpuint(line.values_len, >, 0);
		g_assert_cmpuint(line.values_len, <=, SAMPLE_VALUES_MAX);
		g_assert_true(line.values >= (const char *)data &&
			      line.values + line.values_len <= (const char *)data + size);
		check_payload(&line);
	} else {
		g_assert_nonnull(error);
	}
	return 0;
}
