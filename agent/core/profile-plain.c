/* SPDX-License-Identifier: MIT */
/*
 * profile-plain - any broker: topics and payloads as the operator wishes
 *
 *   JSON      {"device":ID,"seq":N,"ts":MS,"values":{READINGS}}, several as an array;
 *             "synced":false before "values" when the clock was not synchronised
 *   CBOR      the same map; several as an array of indefinite length
 *   template  one sample a message:
 *               %c client id     %q sequence number      %t Unix milliseconds
 *               %v READINGS      %y true or false: clock synchronised
 *               %s source, as a JSON text without its quotes
 *               %T 2023-11-14T22:13:20.123Z
 *               %{NAME} the reading NAME as it stands in JSON, null when there is none
 *               %% a percent sign
 *
 * Commands go over the topics of profile-base; BASE/availability says online or offline.
 */
#include "agent/core/cbor.h"
#include "agent/core/profile-base.h"
#include "agent/core/text.h"

#include <string.h>

static cJSON *readings_parse(const Sample *sample)
{
	g_autoptr(GString) text = g_string_new("{");

	g_string_append_len(text, sample->values, (gssize)sample->values_len);
	g_string_append_c(text, '}');
	return json_parse(text->str, text->len);
}

static void append_json(const Profile *profile, GString *text, const Sample *sample)
{
	g_string_append(text, "{\"device\":");
	json_append_text(text, profile_client_id(profile));
	g_string_append(text, ",\"seq\":");
	text_append_u64(text, sample->seq);
	g_string_append(text, ",\"ts\":");
	text_append_u64(text, (uint64_t)sample->ts_ms);
	if (!sample->synced)
		g_string_append(text, ",\"synced\":false");
	g_string_append(text, ",\"values\":{");
	g_string_append_len(text, sample->values, (gssize)sample->values_len);
	g_string_append(text, "}}");
}

static void append_name(GString *out, const char *name)
{
	cbor_append_text(out, name, strlen(name));
}

static void append_cbor(const Profile *profile, GString *out, const Sample *sample)
{
	g_autoptr(cJSON) readings = readings_parse(sample);

	cbor_append_map(out, sample->synced ? 4 : 5);
	append_name(out, "device");
	append_name(out, profile_client_id(profile));
	append_name(out, "seq");
	cbor_append_uint(out, sample->seq);
	append_name(out, "ts");
	cbor_append_uint(out, (uint64_t)sample->ts_ms);
	if (!sample->synced) {
		append_name(out, "synced");
		g_string_append_c(out, (char)0xf4);
	}
	append_name(out, "values");
	cbor_append_map(out, (uint64_t)cJSON_GetArraySize(readings));
	for (const cJSON *reading = readings ? readings->child : NULL; reading;
	     reading = reading->next) {
		append_name(out, reading->string);
		cbor_append_json(out, reading);
	}
}

/* %{NAME}; returns what stands behind it. */
static const char *append_reading(GString *text, const char *name, const cJSON *readings)
{
	const char *end = strchr(name, '}');
	g_autofree char *key = g_strndup(name, end ? (gsize)(end - name) : strlen(name));
	const cJSON *reading = cJSON_GetObjectItemCaseSensitive(readings, key);
	g_autofree char *value = reading ? json_print(reading) : g_strdup("null");

	g_string_append(text, value);
	return end ? end + 1 : name + strlen(name);
}

static void append_inside(GString *text, const char *string)
{
	gsize start = text->len;

	json_append_text(text, string);
	g_string_truncate(text, text->len - 1);
	g_string_erase(text, (gssize)start, 1);
}

static void append_word(const Profile *profile, GString *text, const Sample *sample, char word)
{
	switch (word) {
	case 'c': append_inside(text, profile_client_id(profile)); break;
	case 's': append_inside(text, sample->source); break;
	case 'q': text_append_u64(text, sample->seq); break;
	case 't': text_append_u64(text, (uint64_t)sample->ts_ms); break;
	case 'T': text_append_time(text, sample->ts_ms); break;
	case 'v': g_string_append_len(text, sample->values, (gssize)sample->values_len); break;
	case 'y': g_string_append(text, sample->synced ? "true" : "false"); break;
	case '%': g_string_append_c(text, '%'); break;
	default: g_string_append_c(g_string_append_c(text, '%'), word);
	}
}

static void append_template(const Profile *profile, GString *text, const Sample *sample,
			    const char *template)
{
	g_autoptr(cJSON) readings = strstr(template, "%{") ? readings_parse(sample) : NULL;
	const char *c = template;

	while (*c) {
		if (c[0] != '%' || !c[1]) {
			g_string_append_c(text, *c++);
		} else if (c[1] == '{') {
			c = append_reading(text, c + 2, readings);
		} else {
			append_word(profile, text, sample, c[1]);
			c += 2;
		}
	}
}

static void plain_append(const Profile *profile, GString *text, const Sample *sample)
{
	const ProfileSettings *settings = profile_settings(profile);

	if (settings->payload)
		append_template(profile, text, sample, settings->payload);
	else if (settings->cbor)
		append_cbor(profile, text, sample);
	else
		append_json(profile, text, sample);
}

const ProfileKind profile_plain = {
	.name = "plain",
	.wants = PROFILE_WANTS_TOPIC | PROFILE_WANTS_BASE | PROFILE_WANTS_PAYLOAD |
		 PROFILE_WANTS_RETAIN,
	.topic = "%b/telemetry",
	.presence = "%b/availability",
	.filters = profile_base_filters,
	.payload_max = 65536,
	.append = plain_append,
	.hello = profile_base_hello,
	.report = profile_base_report,
	.receive = profile_base_receive,
	.answer = profile_base_answer,
};
