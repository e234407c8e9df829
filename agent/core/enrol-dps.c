/* SPDX-License-Identifier: MIT */
/*
 * enrol-dps - Azure Device Provisioning Service: which hub is ours
 *
 *   connection   our certificate; client id: the registration id, which is its common name
 *                user name: SCOPE/registrations/ID/api-version=2019-03-31
 *   request      $dps/registrations/PUT/iotdps-register/?$rid=N               {"registrationId":ID}
 *   poll         $dps/registrations/GET/iotdps-get-operationstatus/?$rid=N&operationId=OPERATION
 *   answer       $dps/registrations/res/STATUS/?$rid=N&retry-after=SECONDS
 *     202        {"operationId":TEXT,"status":"assigning"}: poll after SECONDS
 *     200        {"status":"assigned","registrationState":{"assignedHub":HOST,"deviceId":TEXT}}
 *                {"status":"failed","registrationState":{"errorMessage":TEXT}}
 *     429, 5xx   busy: come again after SECONDS
 *     others     {"errorCode":NUMBER,"message":TEXT}
 *
 * Source: Azure IoT Hub, "Communicate with DPS using the MQTT protocol"
 */
#include "agent/core/enrol-kind.h"

#include "common/broker-uri.h"
#include "common/error.h"

#include <string.h>

#define REGISTRATIONS  "$dps/registrations/"
#define ANSWER         REGISTRATIONS "res/"
#define ID_OTHERS      "-._:"
#define DEVICE_OTHERS  "-._:%*?!(),=@$'"
#define OTHERS_MAX     300 /* octets of an operation's id */
#define POLL_DEFAULT_S 3
#define POLL_MAX_S     60
#define RETRY_MAX_S    86400

typedef struct Answer {
	unsigned status; /* as of HTTP */
	unsigned rid;
	uint32_t retry_s; /* 0: none given */
} Answer;

static const char *dps_lacks(const char *id_scope, const char *template)
{
	return id_scope ? NULL : "id_scope";
}

static bool dps_check(const char *name, GError **error)
{
	return enrol_name_check("the registration id", name, ID_OTHERS, error);
}

static char *dps_user_name(const Enrol *enrol)
{
	return g_strdup_printf("%s/registrations/%s/api-version=2019-03-31", enrol->id_scope,
			       enrol->name);
}

static void dps_filters(const Enrol *enrol, GPtrArray *filters)
{
	g_ptr_array_add(filters, g_strdup(ANSWER "#"));
}

/* The turn is the number of the last request. */
static EnrolMessage *dps_begin(Enrol *enrol)
{
	GString *body = enrol_body_new(strlen(enrol->name));

	enrol->turn = 1;
	enrol_body_add(body, "registrationId", enrol->name);
	return enrol_message(g_strdup(REGISTRATIONS "PUT/iotdps-register/?$rid=1"), body);
}

static EnrolMessage *poll_message(Enrol *enrol, const char *operation)
{
	enrol->turn++;
	return enrol_message(
		g_strdup_printf(REGISTRATIONS
				"GET/iotdps-get-operationstatus/?$rid=%u&operationId=%s",
				enrol->turn, operation),
		enrol_body_new(0));
}

/* --- answers --- */

static bool take_number(const char *text, uint32_t max, uint32_t *number)
{
	char *end;
	uint64_t value = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;

	if (!g_ascii_isdigit(*text) || *end)
		return false;
	*number = (uint32_t)MIN(value, max);
	return true;
}

/* STATUS/?$rid=N&retry-after=SECONDS; false when it is none. */
static bool answer_parse(const char *rest, Answer *answer)
{
	const char *mark = strstr(rest, "/?");
	g_autofree char *status = mark ? g_strndup(rest, (gsize)(mark - rest)) : NULL;
	g_auto(GStrv) words = mark ? g_strsplit(mark + 2, "&", 8) : NULL;
	bool known = false;

	*answer = (Answer){ 0 };
	if (!status || !take_number(status, 999, &answer->status))
		return false;
	for (char **word = words; *word; word++) {
		if (g_str_has_prefix(*word, "$rid="))
			known = take_number(*word + strlen("$rid="), G_MAXUINT32, &answer->rid);
		else if (g_str_has_prefix(*word, "retry-after="))
			(void)take_number(*word + strlen("retry-after="), RETRY_MAX_S,
					  &answer->retry_s);
	}
	return known;
}

/* The operation's id goes into a topic. */
static bool operation_holds(const char *operation)
{
	size_t len = strlen(operation);

	for (const char *c = operation; *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("-._~", *c))
			return false;
	return len <= OTHERS_MAX;
}

static bool on_assigning(Enrol *enrol, const cJSON *json, const Answer *answer, EnrolStep *step,
			 GError **error)
{
	const char *operation = enrol_answer_text(json, "operationId", error);
	uint32_t wait_s = answer->retry_s ? MIN(answer->retry_s, POLL_MAX_S) : POLL_DEFAULT_S;

	if (!operation)
		return false;
	if (!operation_holds(operation)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "the answer's operationId does not fit into a topic");
		return false;
	}
	enrol_send(step, poll_message(enrol, operation), wait_s * 1000);
	return true;
}

static bool host_holds(const char *host, GError **error)
{
	g_autofree char *text = g_strconcat("mqtts://", host, NULL);
	g_autoptr(GError) cause = NULL;
	BrokerUri uri;

	if (strpbrk(host, ":/") == NULL && broker_uri_parse(text, &uri, &cause))
		return true;

	g_autofree char *words = enrol_words(host);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
		    "the assigned hub \"%s\" is no name of a host", words);
	return false;
}

static bool on_assigned(Enrol *enrol, const cJSON *state, EnrolStep *step, GError **error)
{
	const char *host = enrol_answer_text(state, "assignedHub", error);
	const char *device = host ? enrol_answer_text(state, "deviceId", error) : NULL;

	if (!device || !host_holds(host, error) ||
	    !enrol_name_check("the device's id", device, DEVICE_OTHERS, error))
		return false;
	enrol->got_host = g_strdup(host);
	enrol->got_client_id = g_strdup(device);
	enrol->turn++; /* what comes now is an answer to nothing */
	step->type = ENROL_STEP_DONE;
	return true;
}

static bool on_refused(const cJSON *json, const Answer *answer, EnrolStep *step, GError **error)
{
	bool busy = answer->status == 429 || answer->status >= 500;
	g_autofree char *why = enrol_words(json_text(json, "message"));

	step->retry_ms = answer->retry_s * 1000;
	g_set_error(error, LANDFALL_ERROR, busy ? LANDFALL_ERROR_FULL : LANDFALL_ERROR_DENIED,
		    "the provisioning service %s (%u): %s", busy ? "is busy" : "refuses the device",
		    answer->status, why);
	return false;
}

static bool on_status(Enrol *enrol, const cJSON *json, const Answer *answer, EnrolStep *step,
		      GError **error)
{
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(json, "registrationState");
	const char *status = enrol_answer_text(json, "status", error);

	if (!status)
		return false;
	if (strcmp(status, "assigned") == 0)
		return on_assigned(enrol, state, step, error);
	if (strcmp(status, "assigning") == 0 || strcmp(status, "unassigned") == 0)
		return on_assigning(enrol, json, answer, step, error);

	g_autofree char *what = enrol_words(status);
	g_autofree char *why = enrol_words(json_text(state, "errorMessage"));

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
		    "the provisioning service assigns no hub (%s): %s", what, why);
	return false;
}

static bool dps_receive(Enrol *enrol, const char *topic, const void *payload, size_t len,
			EnrolStep *step, GError **error)
{
	Answer answer;

	if (!g_str_has_prefix(topic, ANSWER) || !answer_parse(topic + strlen(ANSWER), &answer) ||
	    answer.rid != enrol->turn)
		return true;

	bool refused = answer.status >= 300;
	g_autoptr(cJSON) json = enrol_answer_parse(payload, len, refused ? NULL : error);

	if (refused)
		return on_refused(json, &answer, step, error);
	return json && on_status(enrol, json, &answer, step, error);
}

const EnrolKind enrol_dps = {
	.name = "dps",
	.profile = BROKER_PROFILE_IOTHUB,
	.uri = "mqtts://global.azure-devices-provisioning.net",
	.shows = true,
	.lacks = dps_lacks,
	.check = dps_check,
	.user_name = dps_user_name,
	.filters = dps_filters,
	.begin = dps_begin,
	.receive = dps_receive,
};
