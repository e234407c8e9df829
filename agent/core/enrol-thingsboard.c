/* SPDX-License-Identifier: MIT */
/*
 * enrol-thingsboard - ThingsBoard's device provisioning, with the certificate we have
 *
 *   connection   user name "provision", without a client certificate
 *   request      /provision/request    {"deviceName":TEXT,"provisionDeviceKey":TEXT,
 *                                       "provisionDeviceSecret":TEXT,
 *                                       "credentialsType":"X509_CERTIFICATE","hash":CERTIFICATE}
 *   answer       /provision/response   {"status":"SUCCESS","credentialsType":"X509_CERTIFICATE",…}
 *                                      {"status":TEXT,"errorMsg":TEXT}
 *
 * CERTIFICATE is the base64 text itself, without marker lines. Some servers call the status
 * provisionDeviceStatus.
 * Source: ThingsBoard, "Device provisioning", MQTT and X.509; server release 3.6
 */
#include "agent/core/enrol-kind.h"

#include "common/error.h"

#include <string.h>

#define ANSWER           "/provision/response"
#define X509             "X509_CERTIFICATE"
#define SECRET_TEXT(one) ((const char *)secret_data(one))

static bool thingsboard_check(const char *name, GError **error)
{
	size_t len = strlen(name);

	if (len > 0 && len <= ENROL_NAME_MAX && g_utf8_validate(name, (gssize)len, NULL))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
		    "the device's name is to be of 1 to %d octets of UTF-8", ENROL_NAME_MAX);
	return false;
}

static char *thingsboard_user_name(const Enrol *enrol)
{
	return g_strdup("provision");
}

static void thingsboard_filters(const Enrol *enrol, GPtrArray *filters)
{
	g_ptr_array_add(filters, g_strdup(ANSWER));
}

static EnrolMessage *thingsboard_begin(Enrol *enrol)
{
	GString *body = enrol_body_new(strlen(enrol->name) + strlen(enrol->certificate) +
				       secret_len(enrol->key) + secret_len(enrol->secret));

	enrol_body_add(body, "deviceName", enrol->name);
	enrol_body_add(body, "provisionDeviceKey", SECRET_TEXT(enrol->key));
	enrol_body_add(body, "provisionDeviceSecret", SECRET_TEXT(enrol->secret));
	enrol_body_add(body, "credentialsType", X509);
	enrol_body_add(body, "hash", enrol->certificate);
	return enrol_message(g_strdup("/provision/request"), body);
}

/* The server's words, unless they give away what admits the device. */
static char *server_words(const Enrol *enrol, const char *text)
{
	if (text &&
	    (strstr(text, SECRET_TEXT(enrol->key)) || strstr(text, SECRET_TEXT(enrol->secret))))
		return g_strdup("words that are not shown: they hold the provisioning secret");
	return enrol_words(text);
}

/* SUCCESS, with the credentials we asked for. */
static bool take_success(const Enrol *enrol, const cJSON *answer, EnrolStep *step, GError **error)
{
	const char *type = json_text(answer, "credentialsType");

	if (g_strcmp0(type, X509) != 0) {
		g_autofree char *words = server_words(enrol, type ? type : "none");

		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the server gave credentials of the type \"%s\" where " X509
			    " was asked for",
			    words);
		return false;
	}
	step->type = ENROL_STEP_DONE;
	return true;
}

static bool thingsboard_receive(Enrol *enrol, const char *topic, const void *payload, size_t len,
				EnrolStep *step, GError **error)
{
	if (strcmp(topic, ANSWER) != 0)
		return true;

	g_autoptr(cJSON) answer = enrol_answer_parse(payload, len, error);
	const char *status = answer ? json_text(answer, "status") : NULL;

	if (answer && !status)
		status = enrol_answer_text(answer, "provisionDeviceStatus", error);
	if (!status)
		return false;
	if (strcmp(status, "SUCCESS") == 0)
		return take_success(enrol, answer, step, error);

	g_autofree char *what = server_words(enrol, status);
	g_autofree char *why = server_words(enrol, json_text(answer, "errorMsg"));

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
		    "the server refuses to provision \"%s\" (%s): %s", enrol->name, what, why);
	return false;
}

const EnrolKind enrol_thingsboard = {
	.name = "thingsboard",
	.profile = BROKER_PROFILE_THINGSBOARD,
	.secret = true,
	.check = thingsboard_check,
	.user_name = thingsboard_user_name,
	.filters = thingsboard_filters,
	.begin = thingsboard_begin,
	.receive = thingsboard_receive,
};
