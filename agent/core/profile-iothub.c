/* SPDX-License-Identifier: MIT */
/*
 * profile-iothub - Azure IoT Hub
 *
 *   telemetry        devices/ID/messages/events/PROPERTIES
 *   cloud to device  devices/ID/messages/devicebound/PROPERTIES       a request, not answered
 *   direct method    $iothub/methods/POST/METHOD/?$rid=R               parameters
 *   its answer       $iothub/methods/res/STATUS/?$rid=R
 *   twin             $iothub/twin/GET/?$rid=1 ─▶ $iothub/twin/res/200/?$rid=1
 *                                                {"desired":{…},"reported":{…}}
 *   desired changes  $iothub/twin/PATCH/properties/desired/?$version=V  {NAME:VALUE,…}
 *   report           $iothub/twin/PATCH/properties/reported/?$rid=2     {NAME:VALUE,…}
 *
 * PROPERTIES are NAME=VALUE, URL-encoded, with & between; $.mid is the message's id.
 * Source: Azure IoT Hub, "Communicate with an IoT hub using the MQTT protocol", API 2021-04-12
 */
#include "agent/core/profile.h"

#include <string.h>

#define METHOD_REQUEST "$iothub/methods/POST/"
#define METHOD_RID     "/?$rid="
#define TWIN_GOT       "$iothub/twin/res/200/?$rid=1"
#define TWIN_DESIRED   "$iothub/twin/PATCH/properties/desired/"
#define MESSAGE_ID     "$.mid"

static const char *const filters[] = { "$iothub/methods/POST/#", "$iothub/twin/res/#",
				       "$iothub/twin/PATCH/properties/desired/#",
				       "devices/%c/messages/devicebound/#", NULL };

static void iothub_hello(const Profile *profile, const char *report, GPtrArray *messages)
{
	g_ptr_array_add(messages, profile_message_text(g_strdup("$iothub/twin/GET/?$rid=1"), ""));
	g_ptr_array_add(messages, profile_kind(profile)->report(profile, report));
}

static ProfileMessage *iothub_report(const Profile *profile, const char *report)
{
	return profile_message_text(g_strdup("$iothub/twin/PATCH/properties/reported/?$rid=2"),
				    report);
}

/* METHOD/?$rid=R */
static void receive_method(const char *rest, const void *payload, size_t len, ProfileInput *input)
{
	const char *mark = strstr(rest, METHOD_RID);
	const char *rid = mark ? mark + strlen(METHOD_RID) : "";
	g_autofree char *method = mark ? g_strndup(rest, (gsize)(mark - rest)) : NULL;
	cJSON *params = len > 0 && len <= COMMAND_REQUEST_MAX ? json_parse(payload, len) : NULL;

	if (!*rid || strlen(rid) > COMMAND_ID_MAX) {
		cJSON_Delete(params);
		return;
	}
	if (len > 0 && !params) /* no JSON: to be answered as parameters that are no object */
		params = cJSON_CreateFalse();
	input->type = PROFILE_INPUT_COMMAND;
	input->command = command_new(rid, rid, method, params);
}

/* The value of the property $.mid in NAME=VALUE&NAME=VALUE; NULL when it is not there. */
static char *message_id(const char *properties)
{
	g_auto(GStrv) words = g_strsplit(properties, "&", 64);

	for (char **word = words; *word; word++) {
		g_autofree char *text = g_uri_unescape_string(*word, NULL);

		if (text && g_str_has_prefix(text, MESSAGE_ID "="))
			return g_strdup(text + strlen(MESSAGE_ID "="));
	}
	return NULL;
}

static void receive_message(const char *properties, const void *payload, size_t len,
			    ProfileInput *input)
{
	g_autofree char *id = message_id(properties);

	input->type = PROFILE_INPUT_COMMAND;
	input->command = command_parse(NULL, id, payload, len);
}

static void iothub_receive(const Profile *profile, const char *topic, const void *payload,
			   size_t len, ProfileInput *input)
{
	g_autofree char *bound = profile_expand(profile, "devices/%c/messages/devicebound/");
	const char *method = topic_rest(topic, METHOD_REQUEST);
	g_autoptr(cJSON) json = NULL;

	if (method) {
		receive_method(method, payload, len, input);
		return;
	}
	if (g_str_has_prefix(topic, bound)) {
		receive_message(topic + strlen(bound), payload, len, input);
		return;
	}
	json = len <= COMMAND_REQUEST_MAX ? json_parse(payload, len) : NULL;
	if (g_str_has_prefix(topic, TWIN_DESIRED))
		profile_input_settings(input, g_steal_pointer(&json));
	else if (strcmp(topic, TWIN_GOT) == 0)
		profile_input_settings(input,
				       cJSON_DetachItemFromObjectCaseSensitive(json, "desired"));
}

static ProfileMessage *iothub_answer(const Profile *profile, const Command *command,
				     const char *result, const GError *error)
{
	char *payload = command_answer_encode(result, error);

	return profile_message_new(g_strdup_printf("$iothub/methods/res/%d/?$rid=%s",
						   command_code_http(error), command->reply),
				   payload, strlen(payload));
}

const ProfileKind profile_iothub = {
	.name = "iothub",
	.topic = "devices/%c/messages/events/$.ct=application%%2Fjson&$.ce=utf-8",
	.user_name = "%h/%c/?api-version=2021-04-12",
	.filters = filters,
	.payload_max = 65536, /* of 256 KiB; charged in portions of 4 KiB */
	.bounds = { .mqtt3_alone = true,
		    .keep_alive_max_s = 1177,
		    .client_id_max = 128,
		    .client_id_marks = "-:.%_*?!(),=@;$'",
		    .limits = { .payload = 262144 } },
	.append = profile_append_flat,
	.hello = iothub_hello,
	.report = iothub_report,
	.receive = iothub_receive,
	.answer = iothub_answer,
};
