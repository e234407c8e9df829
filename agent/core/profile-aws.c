/* SPDX-License-Identifier: MIT */
/*
 * profile-aws - AWS IoT Core; the thing's name is the client id
 *
 *   telemetry  $aws/rules/landfall/THING/telemetry   basic ingest: straight to the rule "landfall"
 *   shadow     $aws/things/THING/shadow/get ─▶ get/accepted  {"state":{"desired":{…},…}}
 *              update/delta                                  {"state":{NAME:VALUE,…}}
 *              update                                        {"state":{"reported":{…}}}
 *   jobs       $aws/things/THING/jobs/$next/get ─▶ $next/get/accepted
 *              notify-next             {"execution":{"jobId":TEXT,"jobDocument":REQUEST}}
 *              JOB/update              {"status":TEXT,"statusDetails":{NAME:TEXT}}
 *
 * A job is a command: its document is the request, its id tells it from others for good. One that
 * is longer than a request may be is refused by its id, or it would keep all others waiting. One
 * sample a message: rules look into objects, not into arrays.
 * Source: AWS IoT Core, "Reserved topics", "Device Shadow MQTT topics", "Jobs device MQTT API",
 * "AWS IoT Core endpoints and quotas"; what a thing may be called: API CreateThing
 */
#include "agent/core/profile.h"

#include <string.h>

#define THING       "$aws/things/%c/"
#define DETAILS_MAX 1024                 /* octets of one of the details */
#define JOB_MAX     ((size_t)128 * 1024) /* octets of a message about a job: of any message */

static const char *const filters[] = { THING "shadow/get/accepted", THING "shadow/update/delta",
				       THING "jobs/notify-next", THING "jobs/$next/get/accepted",
				       NULL };

static ProfileMessage *aws_report(const Profile *profile, const char *report)
{
	g_autofree char *text = g_strdup_printf("{\"state\":{\"reported\":%s}}", report);

	return profile_message_text(profile_expand(profile, THING "shadow/update"), text);
}

static void aws_hello(const Profile *profile, const char *report, GPtrArray *messages)
{
	g_ptr_array_add(messages,
			profile_message_text(profile_expand(profile, THING "shadow/get"), ""));
	g_ptr_array_add(messages, aws_report(profile, report));
	g_ptr_array_add(messages, profile_message_text(
					  profile_expand(profile, THING "jobs/$next/get"), "{}"));
}

static void receive_shadow(cJSON *document, const char *part, ProfileInput *input)
{
	g_autoptr(cJSON) state = cJSON_DetachItemFromObjectCaseSensitive(document, "state");

	if (part)
		profile_input_settings(input, cJSON_DetachItemFromObjectCaseSensitive(state, part));
	else
		profile_input_settings(input, g_steal_pointer(&state));
}

static void receive_job(const cJSON *document, size_t len, ProfileInput *input)
{
	const cJSON *execution = cJSON_GetObjectItemCaseSensitive(document, "execution");
	const cJSON *request = cJSON_GetObjectItemCaseSensitive(execution, "jobDocument");
	const char *id = json_text(execution, "jobId");
	const cJSON *params = cJSON_GetObjectItemCaseSensitive(request, "params");

	if (!id || !*id || strlen(id) > COMMAND_ID_MAX || strpbrk(id, "/+#"))
		return; /* an empty answer: no job waits */
	input->type = PROFILE_INPUT_COMMAND;
	if (len > COMMAND_REQUEST_MAX)
		input->command = command_new_too_long(id, id);
	else
		input->command = command_new(id, id, json_text(request, "method"),
					     params ? cJSON_Duplicate(params, true) : NULL);
}

static bool is_job(const char *rest)
{
	return strcmp(rest, "jobs/notify-next") == 0 ||
	       strcmp(rest, "jobs/$next/get/accepted") == 0;
}

static void aws_receive(const Profile *profile, const char *topic, const void *payload, size_t len,
			ProfileInput *input)
{
	g_autofree char *thing = profile_expand(profile, THING);
	const char *rest = topic_rest(topic, thing);
	bool job = rest && is_job(rest);
	size_t most = job ? JOB_MAX : COMMAND_REQUEST_MAX;
	g_autoptr(cJSON) json = rest && len <= most ? json_parse(payload, len) : NULL;

	if (!json)
		return;
	if (strcmp(rest, "shadow/get/accepted") == 0)
		receive_shadow(json, "desired", input);
	else if (strcmp(rest, "shadow/update/delta") == 0)
		receive_shadow(json, NULL, input);
	else if (job)
		receive_job(json, len, input);
}

/* The longest part of @text that fits and is whole characters. */
static char *shorten(const char *text)
{
	size_t len = strlen(text);

	if (len > DETAILS_MAX) {
		len = DETAILS_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	return g_strndup(text, len);
}

/* A job that comes twice while it is being carried out has not failed, and one that was not even
 * tried is rejected. */
static const char *job_status(const GError *error)
{
	static const struct {
		CommandCode code;
		const char *status;
	} rows[] = {
		{ COMMAND_ERROR_BUSY, "IN_PROGRESS" },     { COMMAND_ERROR_MALFORMED, "REJECTED" },
		{ COMMAND_ERROR_UNKNOWN, "REJECTED" },     { COMMAND_ERROR_DENIED, "REJECTED" },
		{ COMMAND_ERROR_UNSUPPORTED, "REJECTED" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_error_matches(error, COMMAND_ERROR, (int)rows[i].code))
			return rows[i].status;
	return error ? "FAILED" : "SUCCEEDED";
}

static ProfileMessage *aws_answer(const Profile *profile, const Command *command,
				  const char *result, const GError *error)
{
	g_autoptr(cJSON) update = cJSON_CreateObject();
	g_autofree char *details = shorten(error ? error->message : result ? result : "true");
	g_autofree char *prefix = profile_expand(profile, THING "jobs/");
	cJSON *map;
	char *payload;

	cJSON_AddStringToObject(update, "status", job_status(error));
	map = cJSON_AddObjectToObject(update, "statusDetails");
	cJSON_AddStringToObject(map, error ? "error" : "result", details);
	if (error)
		cJSON_AddStringToObject(map, "code", command_code_name(error));
	payload = json_print(update);
	return profile_message_new(g_strconcat(prefix, command->reply, "/update", NULL), payload,
				   strlen(payload));
}

const ProfileKind profile_aws = {
	.name = "aws",
	.wants = PROFILE_WANTS_TOPIC | PROFILE_WANTS_RETAIN,
	.topic = "$aws/rules/landfall/%c/telemetry",
	.filters = filters,
	.payload_max = 131072,
	.samples_max = 1,
	.bounds = { .keep_alive_max_s = 1200,
		    .filters_max = 50,
		    .client_id_max = 128,
		    .client_id_marks = ":_-",
		    .topic_max = 256,
		    .slashes_max = 7,
		    .slashes_free = "$aws/rules/",
		    .limits = { .payload = 131072,
				.inflight = 100,
				.rates = { { PROFILE_RATE_ANY, 100, 1 },
					   { PROFILE_RATE_OCTETS, 524288, 1 } },
				.rates_count = 2 } },
	.append = profile_append_flat,
	.hello = aws_hello,
	.report = aws_report,
	.receive = aws_receive,
	.answer = aws_answer,
};
