/* SPDX-License-Identifier: MIT */
#include "agent/core/profile.h"

#include "agent/core/text.h"
#include "common/error.h"

#include <string.h>

#define BASE      "landfall/%c"
#define TOPIC_MAX 1024 /* octets, as MQTT_TOPIC_MAX of common/mqtt.h */

static const ProfileKind *const kinds[] = {
	&profile_thingsboard, &profile_eventgrid,     &profile_iothub,
	&profile_aws,         &profile_homeassistant, &profile_plain,
};

static const ProfileFrame json_frame = { "[", ",", "]" };
static const ProfileFrame cbor_frame = { "\x9f", "", "\xff" }; /* of indefinite length */

struct Profile {
	gatomicrefcount references;
	const ProfileKind *kind;
	ProfileSettings settings; /* own copies */
	char *topic;
	char *base;
	char *user_name;
	char *presence;
	GPtrArray *filters; /* of text, the last NULL */
};

const ProfileKind *profile_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

char *profile_expand(const Profile *profile, const char *template)
{
	GString *text = g_string_new(NULL);

	for (const char *c = template; *c; c++) {
		if (c[0] != '%' || c[1] == '\0') {
			g_string_append_c(text, *c);
			continue;
		}
		c++;
		switch (*c) {
		case 'c': g_string_append(text, profile->settings.client_id); break;
		case 'h': g_string_append(text, profile->settings.host); break;
		case 'b': g_string_append(text, profile->base ? profile->base : "%b"); break;
		case '%': g_string_append_c(text, '%'); break;
		default: g_string_append_c(g_string_append_c(text, '%'), *c);
		}
	}
	return g_string_free(text, FALSE);
}

static bool topic_check(const char *topic, GError **error)
{
	size_t len = strlen(topic);

	if (len >= 1 && len <= TOPIC_MAX && !strpbrk(topic, "+#"))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "the topic \"%.64s\" has %zu octets; allowed are 1 to %d, without + and #",
		    topic, len, TOPIC_MAX);
	return false;
}

static void add_filters(Profile *profile)
{
	profile->filters = g_ptr_array_new_with_free_func(g_free);
	for (const char *const *filter = profile->kind->filters; filter && *filter; filter++)
		g_ptr_array_add(profile->filters, profile_expand(profile, *filter));
	g_ptr_array_add(profile->filters, NULL);
}

static void settings_copy(ProfileSettings *copy, const ProfileSettings *settings)
{
	*copy = *settings;
	copy->client_id = g_strdup(settings->client_id);
	copy->host = g_strdup(settings->host);
	copy->topic = g_strdup(settings->topic);
	copy->base = g_strdup(settings->base);
	copy->user_name = g_strdup(settings->user_name);
	copy->payload = g_strdup(settings->payload);
	copy->claim = secret_copy(settings->claim);
}

static void settings_clear(ProfileSettings *settings)
{
	g_free((char *)settings->client_id);
	g_free((char *)settings->host);
	g_free((char *)settings->topic);
	g_free((char *)settings->base);
	g_free((char *)settings->user_name);
	g_free((char *)settings->payload);
	secret_free((Secret *)settings->claim);
}

static char *expand_optional(const Profile *profile, const char *template)
{
	return template ? profile_expand(profile, template) : NULL;
}

static void expand_all(Profile *profile)
{
	const ProfileKind *kind = profile->kind;
	const ProfileSettings *settings = &profile->settings;

	if (kind->wants & PROFILE_WANTS_BASE)
		profile->base = profile_expand(profile, settings->base ? settings->base : BASE);
	profile->topic = profile_expand(profile, settings->topic ? settings->topic : kind->topic);
	profile->user_name = expand_optional(profile, settings->user_name ? settings->user_name
									  : kind->user_name);
	profile->presence = expand_optional(profile, kind->presence);
	add_filters(profile);
}

/* A setting that would do nothing is somebody's mistake. */
static bool settings_check(const Profile *profile, GError **error)
{
	const ProfileSettings *settings = &profile->settings;
	const struct {
		const char *name;
		bool given;
		ProfileWants wanted;
	} rules[] = {
		{ "topic", settings->topic, PROFILE_WANTS_TOPIC },
		{ "base", settings->base, PROFILE_WANTS_BASE },
		{ "payload", settings->payload, PROFILE_WANTS_PAYLOAD },
		{ "format", settings->cbor, PROFILE_WANTS_PAYLOAD },
		{ "retain", settings->retain, PROFILE_WANTS_RETAIN },
		{ "claim", settings->claim, PROFILE_WANTS_CLAIM },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (!rules[i].given || profile->kind->wants & (uint32_t)rules[i].wanted)
			continue;
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[broker] %s means nothing to the profile %s", rules[i].name,
			    profile->kind->name);
		return false;
	}
	if (!settings->payload || !settings->cbor)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[broker] payload is a text: format has to be json");
	return false;
}

static bool client_id_check(const Profile *profile, GError **error)
{
	const ProfileBounds *bounds = &profile->kind->bounds;
	const char *id = profile->settings.client_id;

	if (bounds->client_id_max > 0 && strlen(id) > bounds->client_id_max) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the client id has %zu octets; the profile %s takes up to %zu",
			    strlen(id), profile->kind->name, bounds->client_id_max);
		return false;
	}
	for (const char *c = id; bounds->client_id_marks && *c; c++) {
		if (g_ascii_isalnum(*c) || strchr(bounds->client_id_marks, *c))
			continue;
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the client id \"%s\" does not do for the profile %s: it takes letters "
			    "and digits of ASCII and %s",
			    id, profile->kind->name, bounds->client_id_marks);
		return false;
	}
	return true;
}

static unsigned count_slashes(const char *text)
{
	unsigned count = 0;

	while ((text = strchr(text, '/'))) {
		count++;
		text++;
	}
	return count;
}

static bool topic_bounds_check(const Profile *profile, GError **error)
{
	const ProfileBounds *bounds = &profile->kind->bounds;
	bool free = bounds->slashes_free && topic_rest(profile->topic, bounds->slashes_free);
	unsigned slashes = bounds->slashes_max + (free ? 3 : 0);

	if ((bounds->topic_max == 0 || strlen(profile->topic) <= bounds->topic_max) &&
	    (bounds->slashes_max == 0 || count_slashes(profile->topic) <= slashes))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "the topic \"%.64s\" has %zu octets and %u slashes; the profile %s takes up to "
		    "%zu and %u",
		    profile->topic, strlen(profile->topic), count_slashes(profile->topic),
		    profile->kind->name, bounds->topic_max, slashes);
	return false;
}

static bool protocol_check(const Profile *profile, GError **error)
{
	if (!profile->settings.mqtt5 || !profile->kind->bounds.mqtt3_alone)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "[broker] protocol: the profile %s speaks 3.1.1 alone", profile->kind->name);
	return false;
}

static bool bounds_check(const Profile *profile, GError **error)
{
	return protocol_check(profile, error) && client_id_check(profile, error) &&
	       topic_bounds_check(profile, error);
}

ProfileSettings profile_settings_of(const BrokerConf *broker)
{
	return (ProfileSettings){
		.topic = broker->topic,
		.base = broker->base,
		.user_name = broker->user_name,
		.payload = broker->payload,
		.claim_duration_ms = broker->claim_duration_ms,
		.mqtt5 = broker->protocol == BROKER_PROTOCOL_MQTT_5,
		.cbor = broker->format == BROKER_FORMAT_CBOR,
		.retain = broker->retain,
	};
}

Profile *profile_new(const ProfileKind *kind, const ProfileSettings *settings, GError **error)
{
	g_autoptr(Profile) profile = g_new0(Profile, 1);

	g_atomic_ref_count_init(&profile->references);
	profile->kind = kind;
	settings_copy(&profile->settings, settings);
	expand_all(profile);
	if (!settings_check(profile, error) || !topic_check(profile->topic, error) ||
	    (profile->base && !topic_check(profile->base, error)) || !bounds_check(profile, error))
		return NULL;
	return g_steal_pointer(&profile);
}

Profile *profile_ref(const Profile *profile)
{
	Profile *counted = (Profile *)profile; /* only its count ever changes */

	g_atomic_ref_count_inc(&counted->references);
	return counted;
}

void profile_unref(Profile *profile)
{
	if (!profile || !g_atomic_ref_count_dec(&profile->references))
		return;
	settings_clear(&profile->settings);
	g_free(profile->topic);
	g_free(profile->base);
	g_free(profile->user_name);
	g_free(profile->presence);
	g_clear_pointer(&profile->filters, g_ptr_array_unref);
	g_free(profile);
}

const ProfileKind *profile_kind(const Profile *profile)
{
	return profile->kind;
}

const char *profile_topic(const Profile *profile)
{
	return profile->topic;
}

const char *profile_client_id(const Profile *profile)
{
	return profile->settings.client_id;
}

const ProfileFrame *profile_frame(const Profile *profile)
{
	return profile->settings.cbor ? &cbor_frame : &json_frame;
}

const ProfileSettings *profile_settings(const Profile *profile)
{
	return &profile->settings;
}

unsigned profile_samples_max(const Profile *profile)
{
	return profile->settings.payload ? 1 : profile->kind->samples_max;
}

const ProfileLimits *profile_limits(const Profile *profile)
{
	return &profile->kind->bounds.limits;
}

void profile_limits_tighten(ProfileLimits *limits, const ProfileLimits *told)
{
	if (told->payload > 0 && (limits->payload == 0 || told->payload < limits->payload))
		limits->payload = told->payload;
	if (told->inflight > 0 && (limits->inflight == 0 || told->inflight < limits->inflight))
		limits->inflight = told->inflight;
	for (size_t i = 0; i < told->rates_count && limits->rates_count < PROFILE_RATES_MAX; i++)
		limits->rates[limits->rates_count++] = told->rates[i];
}

unsigned profile_kind_keep_alive_s(const ProfileKind *kind, unsigned wanted)
{
	unsigned most = kind->bounds.keep_alive_max_s;

	return most > 0 ? MIN(wanted, most) : wanted;
}

unsigned profile_keep_alive_s(const Profile *profile, unsigned wanted)
{
	return profile_kind_keep_alive_s(profile->kind, wanted);
}

const char *profile_user_name(const Profile *profile)
{
	return profile->user_name;
}

ProfileMessage *profile_presence_message(const Profile *profile, bool online)
{
	ProfileMessage *message;

	if (!profile->presence)
		return NULL;
	message = profile_message_text(g_strdup(profile->presence), online ? "online" : "offline");
	message->retain = true;
	return message;
}

const char *const *profile_filters(const Profile *profile)
{
	return (const char *const *)profile->filters->pdata;
}

void profile_receive(const Profile *profile, const char *topic, const void *payload, size_t len,
		     ProfileInput *input)
{
	*input = (ProfileInput){ .type = PROFILE_INPUT_NONE };
	if (profile->kind->receive)
		profile->kind->receive(profile, topic, payload, len, input);
}

void profile_input_clear(ProfileInput *input)
{
	command_free(input->command);
	cJSON_Delete(input->settings);
	*input = (ProfileInput){ .type = PROFILE_INPUT_NONE };
}

ProfileMessage *profile_answer(const Profile *profile, const Command *command, const char *result,
			       const GError *error)
{
	if (!command->reply)
		return NULL;
	return profile->kind->answer(profile, command, result, error);
}

GPtrArray *profile_hello(const Profile *profile, const char *report)
{
	GPtrArray *messages = g_ptr_array_new_with_free_func((GDestroyNotify)profile_message_free);

	if (profile->presence)
		g_ptr_array_add(messages, profile_presence_message(profile, true));
	if (profile->kind->hello)
		profile->kind->hello(profile, report, messages);
	return messages;
}

GPtrArray *profile_announce(const Profile *profile, GHashTable *known, const char *payload,
			    size_t len)
{
	GPtrArray *messages;

	if (!profile->kind->announce)
		return NULL;
	messages = g_ptr_array_new_with_free_func((GDestroyNotify)profile_message_free);
	profile->kind->announce(profile, known, payload, len, messages);
	return messages;
}

ProfileMessage *profile_report(const Profile *profile, const char *report)
{
	return profile->kind->report ? profile->kind->report(profile, report) : NULL;
}

ProfileMessage *profile_message_text(char *topic, const char *text)
{
	return profile_message_new(topic, g_strdup(text), strlen(text));
}

ProfileMessage *profile_message_new(char *topic, char *payload, size_t len)
{
	ProfileMessage *message = g_new0(ProfileMessage, 1);

	message->topic = topic;
	message->payload = g_bytes_new_take(payload, len);
	return message;
}

void profile_message_free(ProfileMessage *message)
{
	if (!message)
		return;
	g_free(message->topic);
	g_bytes_unref(message->payload);
	g_free(message);
}

void profile_input_settings(ProfileInput *input, cJSON *settings)
{
	if (cJSON_IsObject(settings)) {
		input->type = PROFILE_INPUT_SETTINGS;
		input->settings = settings;
	} else {
		cJSON_Delete(settings);
	}
}

void profile_append_flat(const Profile *profile, GString *text, const Sample *sample)
{
	g_string_append(text, "{\"messageId\":");
	text_append_u64(text, sample->seq);
	g_string_append(text, ",\"deviceId\":");
	json_append_text(text, profile->settings.client_id);
	g_string_append_c(text, ',');
	g_string_append_len(text, sample->values, (gssize)sample->values_len);
	if (!sample->synced)
		g_string_append(text, ",\"synced\":false");
	g_string_append(text, ",\"timestamp\":\"");
	text_append_time(text, sample->ts_ms);
	g_string_append(text, "\"}");
}

const char *topic_rest(const char *topic, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(topic, prefix, len) == 0 && topic[len] ? topic + len : NULL;
}
