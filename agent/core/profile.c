/* SPDX-License-Identifier: MIT */
#include "agent/core/profile.h"

#include "common/error.h"

#include <string.h>

#define TOPIC_MAX 1024 /* octets, as MQTT_TOPIC_MAX of common/mqtt.h */

static const ProfileKind *const kinds[] = { &profile_thingsboard };

struct Profile {
	gatomicrefcount references;
	const ProfileKind *kind;
	char *client_id;
	char *host;
	char *topic;
	GPtrArray *filters; /* of text, the last NULL */
};

const ProfileKind *profile_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

char *profile_names(void)
{
	GString *names = g_string_new(kinds[0]->name);

	for (size_t i = 1; i < G_N_ELEMENTS(kinds); i++)
		g_string_append_printf(names, ", %s", kinds[i]->name);
	return g_string_free(names, FALSE);
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
		case 'c': g_string_append(text, profile->client_id); break;
		case 'h': g_string_append(text, profile->host); break;
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

Profile *profile_new(const ProfileKind *kind, const ProfileSettings *settings, GError **error)
{
	g_autoptr(Profile) profile = g_new0(Profile, 1);

	g_atomic_ref_count_init(&profile->references);
	profile->kind = kind;
	profile->client_id = g_strdup(settings->client_id);
	profile->host = g_strdup(settings->host);
	profile->topic = profile_expand(profile, kind->topic);
	add_filters(profile);
	if (!topic_check(profile->topic, error))
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
	g_free(profile->client_id);
	g_free(profile->host);
	g_free(profile->topic);
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
	return profile->client_id;
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

	if (profile->kind->hello)
		profile->kind->hello(profile, report, messages);
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

const char *topic_rest(const char *topic, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(topic, prefix, len) == 0 && topic[len] ? topic + len : NULL;
}
