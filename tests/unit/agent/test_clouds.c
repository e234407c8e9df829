/* SPDX-License-Identifier: MIT */
/* Each cloud octet for octet: what is sent to it, and what its messages mean. */
#include "agent/core/payload.h"
#include "agent/core/profile.h"
#include "common/error.h"

#include <string.h>

static const ProfileSettings dev_1 = { .client_id = "dev-1", .host = "hub.test" };

static Profile *profile_for(const char *kind, const ProfileSettings *settings)
{
	g_autoptr(GError) error = NULL;
	Profile *profile = profile_new(profile_find(kind), settings ? settings : &dev_1, &error);

	g_assert_no_error(error);
	return profile;
}

/* --- the connection --- */

typedef struct Connection {
	const char *kind;
	const char *topic;
	const char *user_name;
	const char *presence;
	const char *filters; /* with blanks between */
} Connection;

static const Connection connections[] = {
	{ "thingsboard", "v1/devices/me/telemetry", NULL, NULL,
	  "v1/devices/me/attributes v1/devices/me/attributes/response/+ "
	  "v1/devices/me/rpc/request/+ v1/devices/me/rpc/response/+" },
	{ "eventgrid", "landfall/dev-1/telemetry", "dev-1", NULL,
	  "landfall/dev-1/command landfall/dev-1/settings" },
	{ "iothub", "devices/dev-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8",
	  "hub.test/dev-1/?api-version=2021-04-12", NULL,
	  "$iothub/methods/POST/# $iothub/twin/res/# $iothub/twin/PATCH/properties/desired/# "
	  "devices/dev-1/messages/devicebound/#" },
	{ "aws", "$aws/rules/landfall/dev-1/telemetry", NULL, NULL,
	  "$aws/things/dev-1/shadow/get/accepted $aws/things/dev-1/shadow/update/delta "
	  "$aws/things/dev-1/jobs/notify-next $aws/things/dev-1/jobs/$next/get/accepted" },
	{ "homeassistant", "landfall/dev-1/state", NULL, "landfall/dev-1/availability",
	  "landfall/dev-1/command landfall/dev-1/settings homeassistant/status" },
	{ "plain", "landfall/dev-1/telemetry", NULL, "landfall/dev-1/availability",
	  "landfall/dev-1/command landfall/dev-1/settings" },
};

static void test_connection(gconstpointer data)
{
	const Connection *c = data;
	g_autoptr(Profile) profile = profile_for(c->kind, NULL);
	g_autofree char *filters = g_strjoinv(" ", (char **)profile_filters(profile));
	g_autoptr(ProfileMessage) will = profile_presence_message(profile, false);

	g_assert_cmpstr(profile_topic(profile), ==, c->topic);
	g_assert_cmpstr(profile_user_name(profile), ==, c->user_name);
	g_assert_cmpstr(will ? will->topic : NULL, ==, c->presence);
	g_assert_cmpstr(filters, ==, c->filters);
}

typedef struct Refusal {
	const char *path;
	const char *kind;
	ProfileSettings settings;
	const char *word;
} Refusal;

#define OCTETS_43  "0123456789012345678901234567890123456789012"
#define OCTETS_129 OCTETS_43 OCTETS_43 OCTETS_43

#define DEV_1 .client_id = "dev-1", .host = "hub.test"

static const Refusal refusals[] = {
	{ "thingsboard-topic", "thingsboard", { DEV_1, .topic = "x" }, "topic" },
	{ "thingsboard-base", "thingsboard", { DEV_1, .base = "x" }, "base" },
	{ "aws-base", "aws", { DEV_1, .base = "x" }, "base" },
	{ "iothub-retain", "iothub", { DEV_1, .retain = true }, "retain" },
	{ "eventgrid-payload", "eventgrid", { DEV_1, .payload = "x" }, "payload" },
	{ "homeassistant-cbor", "homeassistant", { DEV_1, .cbor = true }, "format" },
	{ "plain-both", "plain", { DEV_1, .cbor = true, .payload = "x" }, "format" },
	{ "plain-wildcard", "plain", { DEV_1, .topic = "a/+" }, "a/+" },
	{ "plain-base", "plain", { DEV_1, .base = "a/#" }, "a/#" },
	{ "plain-client", "plain", { .client_id = "a#", .host = "x" }, "a#" },
	{ "aws-client", "aws", { .client_id = "a b", .host = "x" }, "letters and digits" },
	{ "aws-client-long", "aws", { .client_id = OCTETS_129, .host = "x" }, "up to 128" },
	{ "aws-topic-long", "aws", { DEV_1, .topic = OCTETS_129 OCTETS_129 }, "up to 256" },
	{ "aws-slashes", "aws", { DEV_1, .topic = "1/2/3/4/5/6/7/8/9" }, "8 slashes" },
	{ "aws-rule-slashes",
	  "aws",
	  { DEV_1, .topic = "$aws/rules/r/1/2/3/4/5/6/7/8/9" },
	  "and 10" },
	{ "iothub-mqtt5", "iothub", { DEV_1, .mqtt5 = true }, "3.1.1 alone" },
	{ "iothub-client", "iothub", { .client_id = "a/b", .host = "x" }, "letters and digits" },
	{ "iothub-client-long", "iothub", { .client_id = OCTETS_129, .host = "x" }, "up to 128" },
};

static const Refusal takings[] = {
	{ "aws-mqtt5", "aws", { DEV_1, .mqtt5 = true }, NULL },
	{ "aws-client", "aws", { .client_id = "Az09:_-", .host = "x" }, NULL },
	{ "aws-slashes", "aws", { DEV_1, .topic = "1/2/3/4/5/6/7/8" }, NULL },
	{ "aws-rule-slashes", "aws", { DEV_1, .topic = "$aws/rules/r/1/2/3/4/5/6/7/8" }, NULL },
	{ "iothub-client", "iothub", { .client_id = "a:b@c.d", .host = "x" }, NULL },
	{ "plain-client", "plain", { .client_id = "a b/" OCTETS_129, .host = "x" }, NULL },
};

/* What stands just inside of a limit. */
static void test_taking(gconstpointer data)
{
	const Refusal *c = data;

	profile_unref(profile_for(c->kind, &c->settings));
}

typedef struct Bound {
	const char *kind;
	unsigned keep_alive_s; /* what an hour becomes */
	unsigned filters_max;
	size_t payload;
	unsigned inflight;
	size_t rates;
} Bound;

static const Bound bounds[] = {
	{ "aws", 1200, 50, 131072, 100, 2 },    { "iothub", 1177, 0, 262144, 0, 0 },
	{ "eventgrid", 1160, 0, 524288, 0, 2 }, { "thingsboard", 3600, 0, 0, 0, 0 },
	{ "plain", 3600, 0, 0, 0, 0 },
};

static void test_bounds(gconstpointer data)
{
	const Bound *c = data;
	g_autoptr(Profile) profile = profile_for(c->kind, NULL);
	const ProfileLimits *limits = profile_limits(profile);
	guint filters = g_strv_length((char **)profile_filters(profile));

	g_assert_cmpuint(profile_keep_alive_s(profile, 60), ==, 60);
	g_assert_cmpuint(profile_keep_alive_s(profile, 3600), ==, c->keep_alive_s);
	g_assert_cmpuint(profile_kind(profile)->bounds.filters_max, ==, c->filters_max);
	g_assert_true(c->filters_max == 0 || filters <= c->filters_max);
	g_assert_cmpuint(limits->payload, ==, c->payload);
	g_assert_true(c->payload == 0 || profile_kind(profile)->payload_max <= c->payload);
	g_assert_cmpuint(limits->inflight, ==, c->inflight);
	g_assert_cmpuint(limits->rates_count, ==, c->rates);
}

static void test_tighten(void)
{
	ProfileLimits limits = { 100, 0, { { PROFILE_RATE_ANY, 1, 1 } }, 1 };
	const ProfileLimits told = { 200, 5, { { PROFILE_RATE_POINTS, 2, 2 } }, 1 };
	const ProfileLimits less = { 50, 9, { { 0 } }, 0 };

	profile_limits_tighten(&limits, &told);
	g_assert_cmpuint(limits.payload, ==, 100);
	g_assert_cmpuint(limits.inflight, ==, 5);
	g_assert_cmpuint(limits.rates_count, ==, 2);
	g_assert_cmpint(limits.rates[1].kind, ==, PROFILE_RATE_POINTS);
	profile_limits_tighten(&limits, &less);
	g_assert_cmpuint(limits.payload, ==, 50);
	g_assert_cmpuint(limits.inflight, ==, 5);
}

static void test_refusal(gconstpointer data)
{
	const Refusal *c = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Profile) profile = profile_new(profile_find(c->kind), &c->settings, &error);

	g_assert_null(profile);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, c->word));
}

/* --- telemetry --- */

typedef struct Telemetry {
	const char *path;
	const char *kind;
	ProfileSettings settings;
	unsigned samples; /* 1 or 2 are tried */
	const char *octets;
	size_t len; /* 0: up to the NUL */
} Telemetry;

static const Sample samples[] = {
	{ .seq = 7,
	  .ts_ms = 1700000000123,
	  .synced = true,
	  .source = "a\"b",
	  .values = "\"temperature\":21.5,\"door\":true",
	  .values_len = 30 },
	{ .seq = 8,
	  .ts_ms = 951782399999,
	  .synced = false,
	  .source = "x",
	  .values = "\"n\":-3",
	  .values_len = 6 },
};

#define FLAT_1                                                                                     \
	"{\"messageId\":7,\"deviceId\":\"dev-1\",\"temperature\":21.5,\"door\":true,"              \
	"\"timestamp\":\"2023-11-14T22:13:20.123Z\"}"
#define FLAT_2                                                                                     \
	"{\"messageId\":8,\"deviceId\":\"dev-1\",\"n\":-3,\"synced\":false,"                       \
	"\"timestamp\":\"2000-02-28T23:59:59.999Z\"}"
#define PLAIN_1                                                                                    \
	"{\"device\":\"dev-1\",\"seq\":7,\"ts\":1700000000123,"                                    \
	"\"values\":{\"temperature\":21.5,\"door\":true}}"
#define CBOR_1                                                                                     \
	"\xa4\x66"                                                                                 \
	"device\x65"                                                                               \
	"dev-1\x63seq\x07\x62ts\x1b\x00\x00\x01\x8b\xcf\xe5\x68\x7b\x66values\xa2\x6b"             \
	"temperature\xfb\x40\x35\x80\x00\x00\x00\x00\x00\x64"                                      \
	"door\xf5"
#define CBOR_2                                                                                     \
	"\xa5\x66"                                                                                 \
	"device\x65"                                                                               \
	"dev-1\x63seq\x08\x62ts\x1b\x00\x00\x00\xdd\x9a\xa6\xdf\xff\x66synced\xf4\x66values\xa1"   \
	"\x61n\x22"

static const Telemetry telemetries[] = {
	{ "eventgrid", "eventgrid", { DEV_1 }, 2, "[" FLAT_1 "," FLAT_2 "]", 0 },
	{ "iothub", "iothub", { DEV_1 }, 2, "[" FLAT_1 "," FLAT_2 "]", 0 },
	{ "aws", "aws", { DEV_1 }, 1, FLAT_1, 0 },
	{ "homeassistant",
	  "homeassistant",
	  { DEV_1 },
	  1,
	  "{\"ts\":1700000000123,\"temperature\":21.5,\"door\":true,\"seq\":7}",
	  0 },
	{ "plain",
	  "plain",
	  { DEV_1 },
	  2,
	  "[" PLAIN_1 ",{\"device\":\"dev-1\",\"seq\":8,\"ts\":951782399999,\"synced\":false,"
	  "\"values\":{\"n\":-3}}]",
	  0 },
	{ "plain-cbor",
	  "plain",
	  { DEV_1, .cbor = true },
	  2,
	  "\x9f" CBOR_1 CBOR_2 "\xff",
	  sizeof("\x9f" CBOR_1 CBOR_2 "\xff") - 1 },
	{ "plain-template",
	  "plain",
	  { DEV_1, .payload = "{\"d\":\"%c\",\"by\":\"%s\",%v,\"q\":%q,\"at\":%t,\"u\":\"%T\","
			      "\"ok\":%y,\"p\":\"100%%\",\"t\":%{temperature},\"no\":%{none},%x%" },
	  1,
	  "{\"d\":\"dev-1\",\"by\":\"a\\\"b\",\"temperature\":21.5,\"door\":true,\"q\":7,"
	  "\"at\":1700000000123,\"u\":\"2023-11-14T22:13:20.123Z\",\"ok\":true,\"p\":\"100%\","
	  "\"t\":21.5,\"no\":null,%x%",
	  0 },
};

static void test_telemetry(gconstpointer data)
{
	const Telemetry *c = data;
	PayloadLimits limits = { 65536, 100, 0 };
	g_autoptr(Profile) profile = profile_for(c->kind, &c->settings);
	g_autoptr(Payload) payload = payload_new(profile, limits);
	size_t len;

	g_assert_true(payload_add(payload, &samples[0]));
	g_assert_cmpint(payload_add(payload, &samples[1]), ==, c->samples == 2);

	const char *octets = payload_data(payload, &len);

	g_assert_cmpmem(octets, len, c->octets, c->len ? c->len : strlen(c->octets));
}

/* The object that has the readings of a sample; borrowed. */
static const cJSON *find_readings(const cJSON *json)
{
	const cJSON *values = cJSON_GetObjectItem(json, "values");

	return values ? values : json;
}

/* Whatever stands beside readings has a name that no reading can have. */
static void test_names(void)
{
	static const char *const kinds[] = { "aws",    "eventgrid", "homeassistant",
					     "iothub", "plain",     "thingsboard" };
	PayloadLimits limits = { 65536, 1, 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(Profile) profile = profile_for(kinds[i], NULL);
		g_autoptr(Payload) payload = payload_new(profile, limits);
		size_t len;
		unsigned readings = 0;

		g_assert_true(payload_add(payload, &samples[1])); /* "n", not synchronised */

		const char *octets = payload_data(payload, &len);
		cJSON *json = cJSON_ParseWithLength(octets, len);

		for (const cJSON *member = find_readings(json)->child; member;
		     member = member->next) {
			bool reading = strcmp(member->string, "n") == 0;

			g_test_message("%s: %s", kinds[i], member->string);
			g_assert_true(sample_key_valid(member->string, strlen(member->string)) ==
				      reading);
			readings += reading;
		}
		g_assert_cmpuint(readings, ==, 1);
		cJSON_Delete(json);
	}
}

static void test_cbor_alone(void)
{
	PayloadLimits limits = { 65536, 100, 0 };
	ProfileSettings settings = { DEV_1, .cbor = true };
	g_autoptr(Profile) profile = profile_for("plain", &settings);
	g_autoptr(Payload) payload = payload_new(profile, limits);
	size_t len;

	g_assert_true(payload_add(payload, &samples[0]));

	const char *octets = payload_data(payload, &len);

	g_assert_cmpmem(octets, len, CBOR_1, sizeof(CBOR_1) - 1);
}

/* --- hello and announcements --- */

#define REPORT "{\"log_level\":\"info\"}"

#define HA_DEVICE                                                                                  \
	"\"availability_topic\":\"landfall/dev-1/availability\",\"device\":{\"identifiers\":["     \
	"\"dev-1\"],\"name\":\"dev-1\",\"manufacturer\":\"Landfall\",\"sw_version\":\"0.1.0\"}}"

static const struct Hello {
	const char *kind;
	const char *messages[8]; /* topic, blank, payload; ! before those that are retained */
} hellos[] = {
	{ "thingsboard",
	  { "v1/devices/me/attributes " REPORT,
	    "v1/devices/me/attributes/request/1 {\"sharedKeys\":\"interval_ms,log_level\"}",
	    "v1/devices/me/rpc/request/1 {\"method\":\"getSessionLimits\",\"params\":{}}" } },
	{ "eventgrid", { "landfall/dev-1/report " REPORT } },
	{ "iothub",
	  { "$iothub/twin/GET/?$rid=1 ",
	    "$iothub/twin/PATCH/properties/reported/?$rid=2 " REPORT } },
	{ "aws",
	  { "$aws/things/dev-1/shadow/get ",
	    "$aws/things/dev-1/shadow/update {\"state\":{\"reported\":" REPORT "}}",
	    "$aws/things/dev-1/jobs/$next/get {}" } },
	{ "plain", { "!landfall/dev-1/availability online", "landfall/dev-1/report " REPORT } },
	{ "homeassistant",
	  { "!landfall/dev-1/availability online",
	    "!homeassistant/button/dev-1/identify/config {\"name\":\"Identify\",\"device_class\":"
	    "\"identify\",\"command_topic\":\"landfall/dev-1/command\",\"command_template\":\"{"
	    "\\\"id\\\":\\\"{{ now().timestamp() }}\\\",\\\"method\\\":\\\"identify\\\"}\","
	    "\"unique_id\":\"dev-1_identify\"," HA_DEVICE,
	    NULL } },
};

static char *show(const ProfileMessage *message)
{
	gsize len;
	const char *payload = g_bytes_get_data(message->payload, &len);

	return g_strdup_printf("%s%s %.*s", message->retain ? "!" : "", message->topic, (int)len,
			       payload);
}

static void test_hello(gconstpointer data)
{
	const struct Hello *c = data;
	g_autoptr(Profile) profile = profile_for(c->kind, NULL);
	g_autoptr(GPtrArray) messages = profile_hello(profile, REPORT);
	guint n = 0;

	for (; c->messages[n]; n++) {
		g_autofree char *text = show(g_ptr_array_index(messages, n));

		g_assert_cmpstr(text, ==, c->messages[n]);
	}
	if (strcmp(c->kind, "homeassistant") == 0)
		n = 6; /* three buttons, what the certificate has left, a report */
	g_assert_cmpuint(messages->len, ==, n);
}

static void test_claim(void)
{
	g_autoptr(Secret) key = secret_new("pass\"word", 9);
	ProfileSettings settings = { DEV_1, .claim = key, .claim_duration_ms = 60000 };
	g_autoptr(Profile) profile = profile_for("thingsboard", &settings);
	g_autoptr(GPtrArray) messages = profile_hello(profile, REPORT);
	g_autofree char *text = show(g_ptr_array_index(messages, 3));

	g_assert_cmpstr(
		text, ==,
		"v1/devices/me/claim {\"secretKey\":\"pass\\\"word\",\"durationMs\":60000}");
}

static void test_announce(void)
{
	static const char payload[] = "{\"ts\":1,\"cpu_temperature\":2,\"it's\":\"on\",\"door\":"
				      "true,\"seq\":1}";
	static const char *const expected[] = {
		"!homeassistant/sensor/dev-1/cpu_temperature/config {\"name\":\"cpu_temperature\","
		"\"state_topic\":\"landfall/dev-1/state\",\"value_template\":"
		"\"{{ value_json['cpu_temperature'] }}\",\"state_class\":\"measurement\","
		"\"device_class\":\"temperature\",\"unit_of_measurement\":\"\u00b0C\","
		"\"unique_id\":\"dev-1_cpu_temperature\"," HA_DEVICE,
		"!homeassistant/sensor/dev-1/it_s_24ceef1c/config {\"name\":\"it's\","
		"\"state_topic\":\"landfall/dev-1/state\",\"value_template\":"
		"\"{{ value_json['it\\\\'s'] }}\",\"unique_id\":\"dev-1_it_s_24ceef1c\"," HA_DEVICE,
		"!homeassistant/binary_sensor/dev-1/door/config {\"name\":\"door\","
		"\"state_topic\":\"landfall/dev-1/state\",\"value_template\":"
		"\"{{ 'ON' if value_json['door'] else 'OFF' "
		"}}\",\"unique_id\":\"dev-1_door\"," HA_DEVICE,
	};
	g_autoptr(Profile) profile = profile_for("homeassistant", NULL);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int twice = 0; twice < 2; twice++) {
		g_autoptr(GPtrArray) messages =
			profile_announce(profile, known, payload, strlen(payload));

		g_assert_cmpuint(messages->len, ==, twice ? 0 : G_N_ELEMENTS(expected));
		for (guint i = 0; i < messages->len; i++) {
			g_autofree char *text = show(g_ptr_array_index(messages, i));

			g_assert_cmpstr(text, ==, expected[i]);
		}
	}
}

/* Topics and ids of what is announced, none of them twice. */
static void collect_ids(const GPtrArray *messages, GHashTable *ids)
{
	for (guint i = 0; i < messages->len; i++) {
		const ProfileMessage *message = messages->pdata[i];
		gsize len;
		const char *text = g_bytes_get_data(message->payload, &len);
		cJSON *config = cJSON_ParseWithLength(text, len);
		const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(config, "unique_id"));

		if (id) {
			g_test_message("%s: %s", message->topic, id);
			g_assert_true(g_hash_table_add(ids, g_strdup(message->topic)));
			g_assert_true(g_hash_table_add(ids, g_strdup(id)));
		}
		cJSON_Delete(config);
	}
}

/* Names that differ in odd characters alone are two entities; so are devices. */
static void test_announce_apart(void)
{
	static const char payload[] =
		"{\"a_b\":1,\"a b\":2,\"a.b\":3,\"a/b\":true,\"a:b\":\"x\",\"\u00e9\":4,\"__\":5,"
		"\"certificate_days_left\":6}";
	static const char *const client_ids[] = { "dev_1", "dev 1", "dev.1" };
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(client_ids); i++) {
		ProfileSettings settings = { .client_id = client_ids[i], .host = "hub.test" };
		g_autoptr(Profile) profile = profile_for("homeassistant", &settings);
		g_autoptr(GHashTable) known =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_autoptr(GPtrArray) hello = profile_hello(profile, REPORT);
		g_autoptr(GPtrArray) readings =
			profile_announce(profile, known, payload, strlen(payload));

		g_assert_cmpuint(readings->len, ==, 8);
		collect_ids(hello, ids);
		collect_ids(readings, ids);
	}
	g_assert_true(g_hash_table_contains(ids, "dev_1_a_b"));
	g_assert_true(g_hash_table_contains(ids, "dev_1_certificate_days_left"));
}

/* However many names of readings a device makes up, the broker keeps so many at most. */
static void test_announce_limit(void)
{
	g_autoptr(Profile) profile = profile_for("homeassistant", NULL);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint announced = 0;

	for (int i = 0; i < PROFILE_READINGS_MAX; i++) {
		g_autofree char *payload = g_strdup_printf("{\"a%d\":1,\"b%d\":2}", i, i);
		g_autoptr(GPtrArray) messages =
			profile_announce(profile, known, payload, strlen(payload));

		announced += messages->len;
	}
	g_assert_cmpuint(announced, ==, PROFILE_READINGS_MAX);
}

/* --- what comes down --- */

typedef struct Input {
	const char *path;
	const char *kind;
	const char *topic;
	const char *payload;
	const char *meaning; /* command METHOD ID PARAMS, settings JSON, limits …, anew, none */
	const char *answer;  /* topic and payload of the answer true; NULL: there is none */
	const char *error;   /* the same of an error "no", unknown */
} Input;

static const Input inputs[] = {
	{ "thingsboard-rpc", "thingsboard", "v1/devices/me/rpc/request/5",
	  "{\"method\":\"status\",\"params\":{}}", "command status 5 {}",
	  "v1/devices/me/rpc/response/5 {\"result\":true}",
	  "v1/devices/me/rpc/response/5 {\"error\":\"no\",\"code\":\"unknown\"}" },
	{ "thingsboard-rpc-broken", "thingsboard", "v1/devices/me/rpc/request/5", "{",
	  "fault malformed", "v1/devices/me/rpc/response/5 {\"result\":true}", NULL },
	{ "thingsboard-rpc-no-id", "thingsboard", "v1/devices/me/rpc/request/",
	  "{\"method\":\"status\"}", "none", NULL, NULL },
	{ "thingsboard-attributes", "thingsboard", "v1/devices/me/attributes",
	  "{\"interval_ms\":5}", "settings {\"interval_ms\":5}", NULL, NULL },
	{ "thingsboard-attributes-asked", "thingsboard", "v1/devices/me/attributes/response/1",
	  "{\"client\":{\"a\":1},\"shared\":{\"b\":2}}", "settings {\"b\":2}", NULL, NULL },
	{ "thingsboard-attributes-none", "thingsboard", "v1/devices/me/attributes/response/1", "{}",
	  "none", NULL, NULL },
	{ "thingsboard-attributes-array", "thingsboard", "v1/devices/me/attributes", "[1]", "none",
	  NULL, NULL },
	{ "thingsboard-limits", "thingsboard", "v1/devices/me/rpc/response/1",
	  "{\"maxPayloadSize\":65536,\"maxInflightMessages\":100,\"rateLimits\":{\"messages\":"
	  "\"1:1\",\"telemetryMessages\":\"200:1,6000:60,14000:3600\"}}",
	  "limits 65536 100 other 1:1 telemetry 200:1 telemetry 6000:60 telemetry 14000:3600", NULL,
	  NULL },
	{ "thingsboard-limits-points", "thingsboard", "v1/devices/me/rpc/response/1",
	  "{\"rateLimits\":{\"telemetryDataPoints\":\"1:1,2:2,3:3,4:4,5:5\"}}",
	  "limits 0 0 points 1:1 points 2:2 points 3:3 points 4:4", NULL, NULL },
	{ "thingsboard-limits-echo", "thingsboard", "v1/devices/me/rpc/request/1",
	  "{\"method\":\"getSessionLimits\",\"params\":{}}", "limits 0 0", NULL, NULL },
	{ "thingsboard-limits-odd", "thingsboard", "v1/devices/me/rpc/response/1",
	  "{\"maxPayloadSize\":-1,\"maxInflightMessages\":\"x\",\"rateLimits\":{"
	  "\"telemetryMessages\":\"5:1,0:9,\"}}",
	  "limits 0 0 telemetry 5:1", NULL, NULL },
	{ "thingsboard-other-answer", "thingsboard", "v1/devices/me/rpc/response/2", "{}", "none",
	  NULL, NULL },
	{ "iothub-method", "iothub", "$iothub/methods/POST/set_interval/?$rid=a1",
	  "{\"interval_ms\":9}", "command set_interval a1 {\"interval_ms\":9}",
	  "$iothub/methods/res/200/?$rid=a1 {\"result\":true}",
	  "$iothub/methods/res/404/?$rid=a1 {\"error\":\"no\",\"code\":\"unknown\"}" },
	{ "iothub-method-null", "iothub", "$iothub/methods/POST/status/?$rid=2", "null",
	  "command status 2 -", "$iothub/methods/res/200/?$rid=2 {\"result\":true}", NULL },
	{ "iothub-method-empty", "iothub", "$iothub/methods/POST/status/?$rid=2", "",
	  "command status 2 -", NULL, NULL },
	{ "iothub-method-text", "iothub", "$iothub/methods/POST/status/?$rid=2", "hello",
	  "fault malformed", NULL, NULL },
	{ "iothub-method-no-rid", "iothub", "$iothub/methods/POST/status/", "{}", "none", NULL,
	  NULL },
	{ "iothub-twin", "iothub", "$iothub/twin/res/200/?$rid=1",
	  "{\"desired\":{\"log_level\":\"info\",\"$version\":3},\"reported\":{\"$version\":1}}",
	  "settings {\"log_level\":\"info\",\"$version\":3}", NULL, NULL },
	{ "iothub-twin-reported", "iothub", "$iothub/twin/res/204/?$rid=2&$version=3", "", "none",
	  NULL, NULL },
	{ "iothub-twin-throttled", "iothub", "$iothub/twin/res/429/?$rid=1", "{\"desired\":{}}",
	  "none", NULL, NULL },
	{ "iothub-desired", "iothub", "$iothub/twin/PATCH/properties/desired/?$version=4",
	  "{\"interval_ms\":1000,\"$version\":4}", "settings {\"interval_ms\":1000,\"$version\":4}",
	  NULL, NULL },
	{ "iothub-message", "iothub",
	  "devices/dev-1/messages/devicebound/%24.mid=m%2F1&%24.to=%2Fdevices",
	  "{\"method\":\"reboot\"}", "command reboot m/1 -", NULL, NULL },
	{ "aws-shadow", "aws", "$aws/things/dev-1/shadow/get/accepted",
	  "{\"state\":{\"desired\":{\"interval_ms\":7},\"reported\":{}},\"version\":1}",
	  "settings {\"interval_ms\":7}", NULL, NULL },
	{ "aws-shadow-empty", "aws", "$aws/things/dev-1/shadow/get/accepted",
	  "{\"state\":{\"reported\":{}}}", "none", NULL, NULL },
	{ "aws-delta", "aws", "$aws/things/dev-1/shadow/update/delta",
	  "{\"version\":2,\"state\":{\"log_level\":\"debug\"},\"metadata\":{}}",
	  "settings {\"log_level\":\"debug\"}", NULL, NULL },
	{ "aws-other-thing", "aws", "$aws/things/dev-2/shadow/update/delta", "{\"state\":{}}",
	  "none", NULL, NULL },
	{ "aws-job", "aws", "$aws/things/dev-1/jobs/notify-next",
	  "{\"timestamp\":1,\"execution\":{\"jobId\":\"j-1\",\"status\":\"QUEUED\",\"jobDocument\":"
	  "{\"method\":\"run\",\"params\":{\"program\":\"x\"}}}}",
	  "command run j-1 {\"program\":\"x\"}",
	  "$aws/things/dev-1/jobs/j-1/update "
	  "{\"status\":\"SUCCEEDED\",\"statusDetails\":{\"result\":\"true\"}}",
	  "$aws/things/dev-1/jobs/j-1/update "
	  "{\"status\":\"REJECTED\",\"statusDetails\":{\"error\":\"no\",\"code\":\"unknown\"}}" },
	{ "aws-job-none", "aws", "$aws/things/dev-1/jobs/$next/get/accepted",
	  "{\"clientToken\":\"x\"}", "none", NULL, NULL },
	{ "aws-job-bad-id", "aws", "$aws/things/dev-1/jobs/notify-next",
	  "{\"execution\":{\"jobId\":\"a/#\",\"jobDocument\":{}}}", "none", NULL, NULL },
	{ "plain-command", "plain", "landfall/dev-1/command",
	  "{\"id\":\"x\",\"method\":\"status\"}", "command status x -",
	  "landfall/dev-1/response {\"id\":\"x\",\"result\":true}",
	  "landfall/dev-1/response {\"id\":\"x\",\"error\":\"no\",\"code\":\"unknown\"}" },
	{ "plain-command-no-id", "plain", "landfall/dev-1/command", "{\"method\":\"status\"}",
	  "command status - -", "landfall/dev-1/response {\"result\":true}", NULL },
	{ "plain-settings", "plain", "landfall/dev-1/settings", "{\"a\":1}", "settings {\"a\":1}",
	  NULL, NULL },
	{ "plain-elsewhere", "plain", "landfall/dev-2/command", "{\"method\":\"status\"}", "none",
	  NULL, NULL },
	{ "eventgrid-command", "eventgrid", "landfall/dev-1/command", "{\"method\":\"status\"}",
	  "command status - -", NULL, NULL },
	{ "homeassistant-online", "homeassistant", "homeassistant/status", "online", "anew", NULL,
	  NULL },
	{ "homeassistant-offline", "homeassistant", "homeassistant/status", "offline", "none", NULL,
	  NULL },
	{ "homeassistant-command", "homeassistant", "landfall/dev-1/command",
	  "{\"id\":\"17.5\",\"method\":\"restart\"}", "command restart 17.5 -", NULL, NULL },
};

static char *json_or_dash(const cJSON *json)
{
	return json ? json_print(json) : g_strdup("-");
}

static char *describe_command(const Command *command)
{
	g_autofree char *params = json_or_dash(command->params);

	if (command->fault)
		return g_strdup_printf("fault %s", command_code_name(command->fault));
	return g_strdup_printf("command %s %s %s", command->method, command->id ? command->id : "-",
			       params);
}

static char *describe_limits(const ProfileLimits *limits)
{
	static const char *const kinds[PROFILE_RATE_KINDS] = { "any", "other", "telemetry",
							       "points", "octets" };
	GString *text = g_string_new(NULL);

	g_string_printf(text, "limits %zu %u", limits->payload, limits->inflight);
	for (size_t i = 0; i < limits->rates_count; i++)
		g_string_append_printf(text, " %s %u:%u", kinds[limits->rates[i].kind],
				       limits->rates[i].count, limits->rates[i].seconds);
	return g_string_free(text, FALSE);
}

static char *describe(const ProfileInput *input)
{
	g_autofree char *settings = json_or_dash(input->settings);

	switch (input->type) {
	case PROFILE_INPUT_NONE: break;
	case PROFILE_INPUT_COMMAND: return describe_command(input->command);
	case PROFILE_INPUT_SETTINGS: return g_strconcat("settings ", settings, NULL);
	case PROFILE_INPUT_LIMITS: return describe_limits(&input->limits);
	case PROFILE_INPUT_ANEW: return g_strdup("anew");
	}
	return g_strdup("none");
}

static void expect_answer(const Profile *profile, const Command *command, const GError *error,
			  const char *expected)
{
	g_autoptr(ProfileMessage) message =
		profile_answer(profile, command, error ? NULL : "true", error);
	g_autofree char *text = message ? show(message) : NULL;

	g_assert_cmpstr(text, ==, expected);
}

static void test_input(gconstpointer data)
{
	const Input *c = data;
	g_autoptr(Profile) profile = profile_for(c->kind, NULL);
	g_autoptr(GError) error = g_error_new(COMMAND_ERROR, COMMAND_ERROR_UNKNOWN, "no");
	ProfileInput input;

	profile_receive(profile, c->topic, c->payload, strlen(c->payload), &input);

	g_autofree char *meaning = describe(&input);

	g_assert_cmpstr(meaning, ==, c->meaning);
	if (c->answer)
		expect_answer(profile, input.command, NULL, c->answer);
	if (c->error)
		expect_answer(profile, input.command, error, c->error);
	profile_input_clear(&input);
}

/* A message from the cloud to the device wants no answer. */
static void test_no_reply(void)
{
	g_autoptr(Profile) profile = profile_for("iothub", NULL);
	g_autoptr(Command) command = command_new(NULL, "1", "status", NULL);

	expect_answer(profile, command, NULL, NULL);
}

/* A job that comes twice while it is carried out goes on; a long answer is
 * cut between characters. */
static void test_job_details(void)
{
	g_autoptr(Profile) profile = profile_for("aws", NULL);
	g_autoptr(Command) command = command_new("j", "j", "run", NULL);
	g_autoptr(GError) busy = g_error_new(COMMAND_ERROR, COMMAND_ERROR_BUSY, "under way");
	g_autofree char *fill = g_strnfill(1023, 'x');
	g_autofree char *result = g_strconcat(fill, "\u00e9\u00e9", NULL);
	g_autofree char *cut =
		g_strdup_printf("$aws/things/dev-1/jobs/j/update {\"status\":"
				"\"SUCCEEDED\",\"statusDetails\":{\"result\":\"%s\"}}",
				fill);
	g_autoptr(ProfileMessage) message = profile_answer(profile, command, result, NULL);
	g_autofree char *text = show(message);

	g_assert_cmpstr(text, ==, cut);
	expect_answer(profile, command, busy,
		      "$aws/things/dev-1/jobs/j/update {\"status\":\"IN_PROGRESS\","
		      "\"statusDetails\":{\"error\":\"under way\",\"code\":\"busy\"}}");
}

/* A job that is too long to be done is answered for all that, so that the next one comes. */
static void test_job_too_long(void)
{
	static const size_t fills[] = { 16 * 1024, 127 * 1024, 128 * 1024 };
	g_autoptr(Profile) profile = profile_for("aws", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(fills); i++) {
		g_autofree char *fill = g_strnfill(fills[i], 'x');
		g_autofree char *text =
			g_strdup_printf("{\"execution\":{\"jobId\":\"j-9\",\"jobDocument\":"
					"{\"method\":\"status\",\"params\":{\"a\":\"%s\"}}}}",
					fill);
		ProfileInput input;

		profile_receive(profile, "$aws/things/dev-1/jobs/notify-next", text, strlen(text),
				&input);
		if (fills[i] == 128 * 1024) { /* more than its broker takes from anybody */
			g_assert_cmpint(input.type, ==, PROFILE_INPUT_NONE);
			continue;
		}
		g_assert_cmpint(input.type, ==, PROFILE_INPUT_COMMAND);
		expect_answer(profile, input.command, input.command->fault,
			      "$aws/things/dev-1/jobs/j-9/update {\"status\":\"REJECTED\","
			      "\"statusDetails\":{\"error\":\"the request is longer than 16 KiB\","
			      "\"code\":\"malformed\"}}");
		profile_input_clear(&input);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD_ALL(cases, part, name, function)                                                       \
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {                                         \
		g_autofree char *path =                                                            \
			g_strconcat("/agent/clouds/" part "/", cases[i].name, NULL);               \
		g_test_add_data_func(path, &cases[i], function);                                   \
	}
	ADD_ALL(connections, "connection", kind, test_connection)
	ADD_ALL(refusals, "refused", path, test_refusal)
	ADD_ALL(takings, "taken", path, test_taking)
	ADD_ALL(bounds, "bounds", kind, test_bounds)
	ADD_ALL(telemetries, "telemetry", path, test_telemetry)
	ADD_ALL(hellos, "hello", kind, test_hello)
	ADD_ALL(inputs, "input", path, test_input)
	g_test_add_func("/agent/clouds/telemetry/plain-cbor-alone", test_cbor_alone);
	g_test_add_func("/agent/clouds/telemetry/names", test_names);
	g_test_add_func("/agent/clouds/bounds/tighten", test_tighten);
	g_test_add_func("/agent/clouds/hello/claim", test_claim);
	g_test_add_func("/agent/clouds/announce", test_announce);
	g_test_add_func("/agent/clouds/announce-apart", test_announce_apart);
	g_test_add_func("/agent/clouds/announce-limit", test_announce_limit);
	g_test_add_func("/agent/clouds/input/no-reply", test_no_reply);
	g_test_add_func("/agent/clouds/input/job-details", test_job_details);
	g_test_add_func("/agent/clouds/input/job-too-long", test_job_too_long);
	return g_test_run();
}
