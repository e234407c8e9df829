/* SPDX-License-Identifier: MIT */
/*
 * enrol-aws - AWS IoT fleet provisioning by claim, with a request of our own
 *
 *   connection   the claim certificate
 *   request      $aws/certificates/create-from-csr/json          {"certificateSigningRequest":PEM}
 *   answer       …/accepted   {"certificateId":TEXT,"certificatePem":PEM,
 *                              "certificateOwnershipToken":TEXT}
 *   request      $aws/provisioning-templates/TEMPLATE/provision/json
 *                             {"certificateOwnershipToken":TEXT,"parameters":{NAME:VALUE,…}}
 *   answer       …/accepted   {"deviceConfiguration":{…},"thingName":TEXT}
 *   refusal      …/rejected   {"statusCode":NUMBER,"errorCode":TEXT,"errorMessage":TEXT}
 *
 * The token lives an hour, and a certificate that is not used goes with it: an exchange that was
 * interrupted begins anew.
 * Source: AWS IoT Core, "Device provisioning MQTT API"
 */
#include "agent/core/enrol-certificate.h"
#include "agent/core/enrol-kind.h"

#include "common/error.h"

#include <string.h>

#define CREATE         "$aws/certificates/create-from-csr/json"
#define ACCEPTED       "/accepted"
#define REJECTED       "/rejected"
#define TOKEN          "certificateOwnershipToken"
#define THING_OTHERS   "-_:"
#define HTTP_THROTTLED 429
#define HTTP_THEIR_OWN 500 /* and above: not our fault */

typedef enum Turn {
	TURN_CREATE,    /* a certificate was asked for */
	TURN_PROVISION, /* a thing was asked for */
	TURN_OVER,
} Turn;

static const char *aws_lacks(const char *id_scope, const char *template)
{
	return template ? NULL : "template";
}

static bool aws_check(const char *name, GError **error)
{
	return enrol_name_check("the client id", name, THING_OTHERS ".", error);
}

static char *provision_topic(const Enrol *enrol, const char *end)
{
	return g_strdup_printf("$aws/provisioning-templates/%s/provision/json%s", enrol->template,
			       end);
}

static void aws_filters(const Enrol *enrol, GPtrArray *filters)
{
	g_ptr_array_add(filters, g_strdup(CREATE ACCEPTED));
	g_ptr_array_add(filters, g_strdup(CREATE REJECTED));
	g_ptr_array_add(filters, provision_topic(enrol, ACCEPTED));
	g_ptr_array_add(filters, provision_topic(enrol, REJECTED));
}

static EnrolMessage *aws_begin(Enrol *enrol)
{
	GString *body = enrol_body_new(strlen(enrol->request));

	enrol->turn = TURN_CREATE;
	enrol_body_add(body, "certificateSigningRequest", enrol->request);
	return enrol_message(g_strdup(CREATE), body);
}

/* --- the second request --- */

/* %n is the device's name, %% a percent sign. */
static char *expand(const Enrol *enrol, const char *value)
{
	GString *text = g_string_new(NULL);

	for (; *value; value++) {
		if (*value != '%' || !value[1]) {
			g_string_append_c(text, *value);
			continue;
		}
		value++;
		if (*value == 'n')
			g_string_append(text, enrol->name);
		else
			g_string_append_c(text, *value);
	}
	return g_string_free(text, FALSE);
}

static char *parameters_encode(const Enrol *enrol)
{
	GString *text = enrol_body_new(0);
	g_auto(GStrv) words = g_strsplit(enrol->parameters ? enrol->parameters : "", " ", -1);

	for (char **word = words; *word; word++) {
		char *mark = strchr(*word, '=');

		if (!mark)
			continue;
		*mark = '\0';

		g_autofree char *value = expand(enrol, mark + 1);

		enrol_body_add(text, *word, value);
	}
	g_string_append_c(text, '}');
	return g_string_free(text, FALSE);
}

static EnrolMessage *provision_message(const Enrol *enrol, const char *token)
{
	GString *body = enrol_body_new(strlen(token));
	g_autofree char *parameters = parameters_encode(enrol);

	enrol_body_add(body, TOKEN, token);
	g_string_append_printf(body, ",\"parameters\":%s", parameters);
	return enrol_message(provision_topic(enrol, ""), body);
}

/* --- answers --- */

static bool on_created(Enrol *enrol, const cJSON *answer, EnrolStep *step, GError **error)
{
	const char *certificate = enrol_answer_text(answer, "certificatePem", error);
	const char *token = certificate ? enrol_answer_text(answer, TOKEN, error) : NULL;

	if (!token)
		return false;
	/* before a thing is made for one that nothing can be done with */
	enrol->got_certificate = enrol_certificate_take(certificate, enrol->request, error);
	if (!enrol->got_certificate)
		return false;
	enrol->turn = TURN_PROVISION;
	enrol_send(step, provision_message(enrol, token), 0);
	return true;
}

static bool on_provisioned(Enrol *enrol, const cJSON *answer, EnrolStep *step, GError **error)
{
	const char *thing = enrol_answer_text(answer, "thingName", error);

	if (!thing || !enrol_name_check("the thing's name", thing, THING_OTHERS, error))
		return false;
	enrol->got_client_id = g_strdup(thing);
	enrol->turn = TURN_OVER;
	step->type = ENROL_STEP_DONE;
	return true;
}

static bool on_rejected(const char *what, const cJSON *answer, GError **error)
{
	g_autofree char *code = enrol_words(json_text(answer, "errorCode"));
	g_autofree char *why = enrol_words(json_text(answer, "errorMessage"));
	int64_t status = 0;
	bool busy = json_integer(answer, "statusCode", &status) &&
		    (status == HTTP_THROTTLED || status >= HTTP_THEIR_OWN);

	g_set_error(error, LANDFALL_ERROR, busy ? LANDFALL_ERROR_FULL : LANDFALL_ERROR_DENIED,
		    "%s is %s (%" G_GINT64_FORMAT " %s): %s", what,
		    busy ? "not to be had now" : "refused", status, code, why);
	return false;
}

static bool aws_receive(Enrol *enrol, const char *topic, const void *payload, size_t len,
			EnrolStep *step, GError **error)
{
	bool first = enrol->turn == TURN_CREATE;
	g_autofree char *base = first ? g_strdup(CREATE) : provision_topic(enrol, "");
	const char *end = g_str_has_prefix(topic, base) ? topic + strlen(base) : "";
	bool accepted = strcmp(end, ACCEPTED) == 0;

	if (enrol->turn == TURN_OVER || (!accepted && strcmp(end, REJECTED) != 0))
		return true;

	g_autoptr(cJSON) answer = enrol_answer_parse(payload, len, error);

	if (!answer)
		return false;
	if (!accepted)
		return on_rejected(first ? "a certificate" : "the thing", answer, error);
	return first ? on_created(enrol, answer, step, error)
		     : on_provisioned(enrol, answer, step, error);
}

const EnrolKind enrol_aws = {
	.name = "aws-fleet",
	.profile = BROKER_PROFILE_AWS,
	.shows = true,
	.requests = true,
	.lacks = aws_lacks,
	.check = aws_check,
	.filters = aws_filters,
	.begin = aws_begin,
	.receive = aws_receive,
};
