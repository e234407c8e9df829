/* SPDX-License-Identifier: MIT */
/*
 * command - one request of a cloud, and the answer to it
 *
 *   request   {"method":TEXT,"params":OBJECT}     params may be absent or null
 *   answer    {"result":ANY} or {"error":TEXT,"code":TEXT}
 *
 * What is not such a request becomes a Command all the same, with a fault: it is to be answered.
 */
#pragma once

#include "agent/core/json.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define COMMAND_REQUEST_MAX ((size_t)16 * 1024) /* octets of a request */
#define COMMAND_METHOD_MAX  64                  /* octets */
#define COMMAND_ID_MAX      128                 /* octets of what tells requests apart */

/* Why a command was not carried out. */
typedef enum CommandCode {
	COMMAND_ERROR_MALFORMED,   /* breaks a rule */
	COMMAND_ERROR_UNKNOWN,     /* no such method, sensor or program */
	COMMAND_ERROR_DENIED,      /* the configuration does not allow it */
	COMMAND_ERROR_UNSUPPORTED, /* this device has nothing to do it with */
	COMMAND_ERROR_DUPLICATE,   /* was carried out before */
	COMMAND_ERROR_BUSY,        /* too much at once */
	COMMAND_ERROR_TIMEOUT,     /* did not end in its time */
	COMMAND_ERROR_FAILED,      /* was tried and did not work */
} CommandCode;

#define COMMAND_ERROR (command_error_quark())

GQuark command_error_quark(void);

typedef struct Command {
	char *reply;   /* the profile's own word for where the answer goes; NULL: nowhere */
	char *id;      /* tells this request from others of this cloud; NULL: it has none */
	char *method;  /* NULL with a fault */
	cJSON *params; /* an object, or NULL */
	GError *fault; /* why it is no request; NULL: it is one */
} Command;

/* command_new() - from its parts
 * @reply, @id: copied; NULL is fine, an empty or too long @id becomes none
 * @method:     not yet checked, copied
 * @params:     transferred; NULL and JSON's null stand for none */
Command *command_new(const char *reply, const char *id, const char *method, cJSON *params);

/* command_parse() - from the text of a request
 * @text: @len octets, borrowed
 * Returns a Command, always; with a fault of COMMAND_ERROR_MALFORMED when @text is no request */
Command *command_parse(const char *reply, const char *id, const void *text, size_t len);

/* command_new_too_long() - one of more than COMMAND_REQUEST_MAX octets: with a fault */
Command *command_new_too_long(const char *reply, const char *id);

/* command_free() - NULL is fine */
void command_free(Command *command);

/* command_code_name() - "malformed", as in answers; @error of another domain is "failed" */
const char *command_code_name(const GError *error);

/* command_code_http() - the status of HTTP that comes nearest; 200 for NULL */
int command_code_http(const GError *error);

/* command_answer_encode() - the text of an answer
 * @result: JSON text; NULL stands for true. Not looked at with an @error
 * Returns text to be freed with g_free() */
char *command_answer_encode(const char *result, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Command, command_free)
