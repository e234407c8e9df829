/* SPDX-License-Identifier: MIT */
#include "agent/core/enrol-kind.h"

#include "common/error.h"
#include "common/printable.h"

#include <openssl/crypto.h>
#include <string.h>

#define WORDS_MAX  200 /* octets of the cloud's own words in a message */
#define ESCAPE_MAX 6   /* octets that one octet of a text takes in JSON at most */

const EnrolKind *enrol_kind(BrokerEnrolment method)
{
	switch (method) {
	case BROKER_ENROLMENT_THINGSBOARD: return &enrol_thingsboard;
	case BROKER_ENROLMENT_DPS: return &enrol_dps;
	case BROKER_ENROLMENT_AWS_FLEET: return &enrol_aws;
	case BROKER_ENROLMENT_NONE: break;
	}
	return NULL;
}

const char *enrol_kind_name(const EnrolKind *kind)
{
	return kind->name;
}

BrokerProfile enrol_kind_profile(const EnrolKind *kind)
{
	return kind->profile;
}

const char *enrol_kind_uri(const EnrolKind *kind)
{
	return kind->uri;
}

bool enrol_kind_shows(const EnrolKind *kind)
{
	return kind->shows;
}

bool enrol_kind_requests(const EnrolKind *kind)
{
	return kind->requests;
}

bool enrol_kind_secret(const EnrolKind *kind)
{
	return kind->secret;
}

const char *enrol_kind_lacks(const EnrolKind *kind, const char *id_scope, const char *template)
{
	return kind->lacks ? kind->lacks(id_scope, template) : NULL;
}

bool enrol_kind_takes(const EnrolKind *kind, const char *name, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (kind->check(name, &cause))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s: set [enrolment] name",
		    cause->message);
	return false;
}

/* --- an exchange --- */

Enrol *enrol_new(const EnrolKind *kind, const EnrolSettings *settings, GError **error)
{
	if (!enrol_kind_takes(kind, settings->name, error))
		return NULL;

	Enrol *enrol = g_new0(Enrol, 1);

	enrol->kind = kind;
	enrol->name = g_strdup(settings->name);
	enrol->certificate = g_strdup(settings->certificate);
	enrol->request = g_strdup(settings->request);
	enrol->key = secret_copy(settings->key);
	enrol->secret = secret_copy(settings->secret);
	enrol->id_scope = g_strdup(settings->id_scope);
	enrol->template = g_strdup(settings->template);
	enrol->parameters = g_strdup(settings->parameters);
	enrol->user_name = kind->user_name ? kind->user_name(enrol) : NULL;
	enrol->filters = g_ptr_array_new_with_free_func(g_free);
	kind->filters(enrol, enrol->filters);
	g_ptr_array_add(enrol->filters, NULL);
	return enrol;
}

void enrol_free(Enrol *enrol)
{
	if (!enrol)
		return;
	g_free(enrol->name);
	g_free(enrol->certificate);
	g_free(enrol->request);
	secret_free(enrol->key);
	secret_free(enrol->secret);
	g_free(enrol->id_scope);
	g_free(enrol->template);
	g_free(enrol->parameters);
	g_free(enrol->user_name);
	g_ptr_array_unref(enrol->filters);
	g_free(enrol->got_certificate);
	g_free(enrol->got_host);
	g_free(enrol->got_client_id);
	g_free(enrol);
}

const char *enrol_client_id(const Enrol *enrol)
{
	return enrol->name;
}

const char *enrol_user_name(const Enrol *enrol)
{
	return enrol->user_name;
}

const char *const *enrol_filters(const Enrol *enrol)
{
	return (const char *const *)enrol->filters->pdata;
}

EnrolMessage *enrol_begin(Enrol *enrol)
{
	enrol->begun = true;
	return enrol->kind->begin(enrol);
}

bool enrol_receive(Enrol *enrol, const char *topic, const void *payload, size_t len,
		   EnrolStep *step, GError **error)
{
	*step = (EnrolStep){ 0 };
	/* what comes before our question is no answer to it */
	return !enrol->begun || enrol->kind->receive(enrol, topic, payload, len, step, error);
}

EnrolResult enrol_result(const Enrol *enrol)
{
	return (EnrolResult){
		.certificate = enrol->got_certificate,
		.host = enrol->got_host,
		.client_id = enrol->got_client_id,
	};
}

void enrol_message_free(EnrolMessage *message)
{
	if (!message)
		return;
	g_free(message->topic);
	secret_free(message->payload);
	g_free(message);
}

const char *enrol_state_name(EnrolState state)
{
	static const char *const names[] = {
		[ENROL_IDLE] = "idle",
		[ENROL_RUNNING] = "running",
		[ENROL_WAITING] = "waiting",
	};

	return names[state];
}

/* --- for the clouds --- */

GString *enrol_body_new(size_t room)
{
	GString *body = g_string_sized_new(ESCAPE_MAX * room + 1024);

	g_string_append_c(body, '{');
	return body;
}

void enrol_body_add(GString *body, const char *name, const char *value)
{
	if (!value)
		return;
	if (body->str[body->len - 1] != '{')
		g_string_append_c(body, ',');
	g_string_append_printf(body, "\"%s\":", name);
	json_append_text(body, value);
}

EnrolMessage *enrol_message(char *topic, GString *body)
{
	EnrolMessage *message = g_new(EnrolMessage, 1);

	g_string_append_c(body, '}');
	message->topic = topic;
	message->payload = secret_new(body->str, body->len);
	OPENSSL_cleanse(body->str, body->len);
	g_string_free(body, TRUE);
	return message;
}

void enrol_send(EnrolStep *step, EnrolMessage *message, uint32_t wait_ms)
{
	step->type = ENROL_STEP_SEND;
	step->message = message;
	step->wait_ms = wait_ms;
}

cJSON *enrol_answer_parse(const void *payload, size_t len, GError **error)
{
	bool fits = len > 0 && len <= ENROL_ANSWER_MAX;
	cJSON *answer = fits ? json_parse(payload, len) : NULL;

	if (cJSON_IsObject(answer))
		return answer;
	cJSON_Delete(answer);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
		    "the answer is no JSON object of up to %d octets without NUL",
		    ENROL_ANSWER_MAX);
	return NULL;
}

const char *enrol_answer_text(const cJSON *answer, const char *name, GError **error)
{
	const char *text = json_text(answer, name);

	if (text && *text)
		return text;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "the answer has no text %s",
		    name);
	return NULL;
}

char *enrol_words(const char *text)
{
	return text && *text ? printable_text(text, strnlen(text, WORDS_MAX))
			     : g_strdup("no reason given");
}

bool enrol_name_check(const char *what, const char *name, const char *others, GError **error)
{
	size_t len = strlen(name);
	bool fits = len > 0 && len <= ENROL_NAME_MAX;

	for (size_t i = 0; fits && i < len; i++)
		fits = g_ascii_isalnum(name[i]) || strchr(others, name[i]);
	if (fits)
		return true;

	g_autofree char *words = enrol_words(name);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
		    "%s is to be of 1 to %d letters, digits and \"%s\", and not \"%s\"", what,
		    ENROL_NAME_MAX, others, words);
	return false;
}
