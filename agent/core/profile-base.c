/* SPDX-License-Identifier: MIT */
#include "agent/core/profile-base.h"

#include <string.h>

const char *const profile_base_filters[] = { "%b/command", "%b/settings", NULL };

static bool topic_is(const Profile *profile, const char *topic, const char *template)
{
	g_autofree char *expected = profile_expand(profile, template);

	return strcmp(topic, expected) == 0;
}

void profile_base_receive(const Profile *profile, const char *topic, const void *payload,
			  size_t len, ProfileInput *input)
{
	if (topic_is(profile, topic, "%b/command")) {
		input->type = PROFILE_INPUT_COMMAND;
		input->command = command_parse("", NULL, payload, len);
	} else if (topic_is(profile, topic, "%b/settings") && len <= COMMAND_REQUEST_MAX) {
		profile_input_settings(input, json_parse(payload, len));
	}
}

ProfileMessage *profile_base_answer(const Profile *profile, const Command *command,
				    const char *result, const GError *error)
{
	g_autofree char *answer = command_answer_encode(result, error);
	g_autoptr(GString) text = g_string_new("{\"id\":");

	if (!command->id)
		return profile_message_text(profile_expand(profile, "%b/response"), answer);
	json_append_text(text, command->id);
	g_string_append_c(text, ',');
	g_string_append(text, answer + 1);
	return profile_message_text(profile_expand(profile, "%b/response"), text->str);
}

ProfileMessage *profile_base_report(const Profile *profile, const char *report)
{
	return profile_message_text(profile_expand(profile, "%b/report"), report);
}

void profile_base_hello(const Profile *profile, const char *report, GPtrArray *messages)
{
	g_ptr_array_add(messages, profile_base_report(profile, report));
}
