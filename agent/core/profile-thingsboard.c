/* SPDX-License-Identifier: MIT */
/*
 * profile-thingsboard - ThingsBoard device API
 *
 *   one sample     {"ts":MS,"values":{READINGS,"seq":N}}
 *   several        [{"ts":…},{"ts":…}]
 *   server RPC     v1/devices/me/rpc/request/ID          {"method":TEXT,"params":ANY}
 *   its answer     v1/devices/me/rpc/response/ID         any JSON
 *   claiming       v1/devices/me/claim                   {"secretKey":TEXT,"durationMs":N}
 *   client RPC     the same topics the other way round; ours has the id 1
 *   client attr.   v1/devices/me/attributes              {NAME:VALUE,…}
 *   shared attr.   v1/devices/me/attributes              {NAME:VALUE,…} when they change
 *   asked for      v1/devices/me/attributes/request/1    {"sharedKeys":"NAME,NAME"}
 *   the answer     v1/devices/me/attributes/response/1   {"shared":{NAME:VALUE,…}}
 *
 * getSessionLimits of the server answers {"maxPayloadSize":N,"maxInflightMessages":N,
 * "rateLimits":{"messages":"COUNT:SECONDS,…","telemetryMessages":…,"telemetryDataPoints":…}}. A
 * server that has no such call and is a plain broker gives us our own question back: no limits.
 *
 * `"synced":false` follows the readings when the clock was not synchronised at the measurement.
 * Source: ThingsBoard "MQTT Device API". Its servers take 65536 octets by default; half of that
 * keeps one lost message cheap.
 */
#include "agent/core/profile.h"
#include "agent/core/text.h"

#include <openssl/crypto.h>
#include <string.h>

#define RPC_REQUEST "v1/devices/me/rpc/request/"
#define RPC_ANSWER  "v1/devices/me/rpc/response/"

#define RATES_EACH (PROFILE_RATES_MAX / 3)
#define LIMITS     "{\"method\":\"getSessionLimits\",\"params\":{}}" /* our client RPC */
#define ATTRIBUTES "v1/devices/me/attributes"

static const char *const filters[] = { ATTRIBUTES, ATTRIBUTES "/response/+", RPC_REQUEST "+",
				       RPC_ANSWER "+", NULL };

static void thingsboard_append(const Profile *profile, GString *text, const Sample *sample)
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

/* Once more at each connection: the time window of the key begins anew. */
static ProfileMessage *claim_message(const ProfileSettings *settings)
{
	g_autofree char *key =
		g_strndup((const char *)secret_data(settings->claim), secret_len(settings->claim));
	GString *text = g_string_new("{\"secretKey\":");
	gsize len;

	json_append_text(text, key);
	if (settings->claim_duration_ms > 0)
		g_string_append_printf(text, ",\"durationMs\":%" G_GINT64_FORMAT,
				       settings->claim_duration_ms);
	g_string_append_c(text, '}');
	OPENSSL_cleanse(key, strlen(key));
	len = text->len;
	return profile_message_new(g_strdup("v1/devices/me/claim"), g_string_free(text, FALSE),
				   len);
}

static void thingsboard_hello(const Profile *profile, const char *report, GPtrArray *messages)
{
	g_ptr_array_add(messages, profile_message_text(g_strdup(ATTRIBUTES), report));
	g_ptr_array_add(messages,
			profile_message_text(g_strdup(ATTRIBUTES "/request/1"),
					     "{\"sharedKeys\":\"interval_ms,log_level\"}"));
	g_ptr_array_add(messages, profile_message_text(g_strdup(RPC_REQUEST "1"), LIMITS));
	if (profile_settings(profile)->claim)
		g_ptr_array_add(messages, claim_message(profile_settings(profile)));
}

static ProfileMessage *thingsboard_report(const Profile *profile, const char *report)
{
	return profile_message_text(g_strdup(ATTRIBUTES), report);
}

/* "200:1,6000:60": as many as fit; the rest of a text that is none is left out. */
static void take_rates(const char *text, ProfileRateKind kind, ProfileLimits *limits)
{
	size_t most = limits->rates_count + RATES_EACH;

	while (text && limits->rates_count < most) {
		char *end;
		uint64_t count = g_ascii_strtoull(text, &end, 10);
		uint64_t seconds = *end == ':' ? g_ascii_strtoull(end + 1, &end, 10) : 0;

		if (count == 0 || seconds == 0 || count > UINT32_MAX || seconds > UINT32_MAX)
			return;
		limits->rates[limits->rates_count++] =
			(ProfileRate){ kind, (uint32_t)count, (uint32_t)seconds };
		text = *end == ',' ? end + 1 : NULL;
	}
}

static void take_limits(const cJSON *answer, ProfileInput *input)
{
	const cJSON *rates = cJSON_GetObjectItemCaseSensitive(answer, "rateLimits");
	int64_t value;

	if (!cJSON_IsObject(answer))
		return;
	input->type = PROFILE_INPUT_LIMITS;
	if (json_integer(answer, "maxPayloadSize", &value) && value > 0)
		input->limits.payload = (size_t)value;
	if (json_integer(answer, "maxInflightMessages", &value) && value > 0)
		input->limits.inflight = (unsigned)MIN(value, G_MAXUINT16);
	take_rates(json_text(rates, "messages"), PROFILE_RATE_OTHER, &input->limits);
	take_rates(json_text(rates, "telemetryMessages"), PROFILE_RATE_TELEMETRY, &input->limits);
	take_rates(json_text(rates, "telemetryDataPoints"), PROFILE_RATE_POINTS, &input->limits);
}

/* A broker that is no ThingsBoard gives back what we say ourselves. */
static bool is_echo(const cJSON *attributes)
{
	return g_strcmp0(json_text(attributes, "agent"), "landfall") == 0;
}

static void receive_value(const char *topic, const void *payload, size_t len, ProfileInput *input)
{
	g_autoptr(cJSON) json = len <= COMMAND_REQUEST_MAX ? json_parse(payload, len) : NULL;

	if (strcmp(topic, ATTRIBUTES) == 0 && !is_echo(json))
		profile_input_settings(input, g_steal_pointer(&json));
	else if (strcmp(topic, ATTRIBUTES "/response/1") == 0)
		profile_input_settings(input,
				       cJSON_DetachItemFromObjectCaseSensitive(json, "shared"));
	else if (strcmp(topic, RPC_ANSWER "1") == 0)
		take_limits(json, input);
}

static void thingsboard_receive(const Profile *profile, const char *topic, const void *payload,
				size_t len, ProfileInput *input)
{
	const char *id = topic_rest(topic, RPC_REQUEST);

	if (!id) {
		receive_value(topic, payload, len, input);
		return;
	}
	if (len == strlen(LIMITS) && memcmp(payload, LIMITS, len) == 0) {
		input->type = PROFILE_INPUT_LIMITS;
		return;
	}
	if (strlen(id) > COMMAND_ID_MAX)
		return;
	input->type = PROFILE_INPUT_COMMAND;
	input->command = command_parse(id, id, payload, len);
}

static ProfileMessage *thingsboard_answer(const Profile *profile, const Command *command,
					  const char *result, const GError *error)
{
	char *payload = command_answer_encode(result, error);

	return profile_message_new(g_strconcat(RPC_ANSWER, command->reply, NULL), payload,
				   strlen(payload));
}

const ProfileKind profile_thingsboard = {
	.name = "thingsboard",
	.wants = PROFILE_WANTS_CLAIM,
	.topic = "v1/devices/me/telemetry",
	.filters = filters,
	.payload_max = 32768,
	.tells_limits = true,
	.append = thingsboard_append,
	.hello = thingsboard_hello,
	.report = thingsboard_report,
	.receive = thingsboard_receive,
	.answer = thingsboard_answer,
};
