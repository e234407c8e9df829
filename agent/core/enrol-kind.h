/* SPDX-License-Identifier: MIT */
/*
 * enrol-kind - what the clouds of enrol.h are made of; private to them
 */
#pragma once

#include "agent/core/enrol.h"
#include "agent/core/json.h"

struct EnrolKind {
	const char *name; /* as in the configuration */
	BrokerProfile profile;
	const char *uri; /* NULL: the broker's */
	bool shows;
	bool requests;
	bool secret;
	const char *(*lacks)(const char *id_scope, const char *template); /* or NULL */

	/* check() - whether @name is one for this cloud */
	bool (*check)(const char *name, GError **error);

	char *(*user_name)(const Enrol *enrol); /* or NULL: none */
	void (*filters)(const Enrol *enrol, GPtrArray *filters);
	EnrolMessage *(*begin)(Enrol *enrol);
	bool (*receive)(Enrol *enrol, const char *topic, const void *payload, size_t len,
			EnrolStep *step, GError **error);
};

struct Enrol {
	const EnrolKind *kind;
	char *name;
	char *certificate;
	char *request;
	Secret *key;
	Secret *secret;
	char *id_scope;
	char *template;
	char *parameters;
	char *user_name;
	GPtrArray *filters; /* NULL-terminated */
	bool begun;
	unsigned turn; /* of the cloud's file: how far it is */
	char *got_certificate;
	char *got_host;
	char *got_client_id;
};

/* enrol_body_new() - a JSON object that is being written, large enough for texts of @room octets */
GString *enrol_body_new(size_t room);

/* enrol_body_add() - one more text in it; NULL adds nothing */
void enrol_body_add(GString *body, const char *name, const char *value);

/* enrol_message() - @topic and @body, both transferred; no trace of @body is left elsewhere */
EnrolMessage *enrol_message(char *topic, GString *body);

/* enrol_send() - @step is to send @message, transferred, after @wait_ms */
void enrol_send(EnrolStep *step, EnrolMessage *message, uint32_t wait_ms);

/* enrol_answer_parse() - the JSON object of an answer
 * Errors: LANDFALL_ERROR_INVALID */
cJSON *enrol_answer_parse(const void *payload, size_t len, GError **error);

/* enrol_answer_text() - the text member @name, which is not empty
 * Errors: LANDFALL_ERROR_INVALID (it is missing) */
const char *enrol_answer_text(const cJSON *answer, const char *name, GError **error);

/* enrol_words() - text of the cloud for a message: one line, printable, short; @text may be NULL.
 * Free with g_free() */
char *enrol_words(const char *text);

/* enrol_name_check() - whether @name has 1..ENROL_NAME_MAX letters and digits of ASCII, and of
 * @others
 * Errors: LANDFALL_ERROR_INVALID, @what as its subject */
bool enrol_name_check(const char *what, const char *name, const char *others, GError **error);

extern const EnrolKind enrol_thingsboard;
extern const EnrolKind enrol_aws;
extern const EnrolKind enrol_dps;
