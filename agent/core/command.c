/* SPDX-License-Identifier: MIT */
#include "agent/core/command.h"

#include "common/error.h"

#include <string.h>

/* clang-format off */
G_DEFINE_QUARK(landfall-command-error-quark, command_error)
/* clang-format on */

typedef struct Code {
	const char *name;
	int http;
} Code;

static const Code codes[] = {
	[COMMAND_ERROR_MALFORMED] = { "malformed", 400 },
	[COMMAND_ERROR_UNKNOWN] = { "unknown", 404 },
	[COMMAND_ERROR_DENIED] = { "denied", 403 },
	[COMMAND_ERROR_UNSUPPORTED] = { "unsupported", 501 },
	[COMMAND_ERROR_DUPLICATE] = { "duplicate", 409 },
	[COMMAND_ERROR_BUSY] = { "busy", 429 },
	[COMMAND_ERROR_TIMEOUT] = { "timeout", 504 },
	[COMMAND_ERROR_FAILED] = { "failed", 500 },
};

/* What the rest of the agent calls it. */
static CommandCode from_landfall(int code)
{
	switch (code) {
	case LANDFALL_ERROR_UNAVAILABLE:
	case LANDFALL_ERROR_CONFIG: return COMMAND_ERROR_UNSUPPORTED;
	case LANDFALL_ERROR_INVALID: return COMMAND_ERROR_MALFORMED;
	case LANDFALL_ERROR_DENIED: return COMMAND_ERROR_DENIED;
	case LANDFALL_ERROR_FULL: return COMMAND_ERROR_BUSY;
	default: return COMMAND_ERROR_FAILED;
	}
}

static const Code *code_of(const GError *error)
{
	if (error->domain == LANDFALL_ERROR)
		return &codes[from_landfall(error->code)];
	if (error->domain == COMMAND_ERROR && (size_t)error->code < G_N_ELEMENTS(codes))
		return &codes[error->code];
	return &codes[COMMAND_ERROR_FAILED];
}

static GError *malformed(const char *words)
{
	return g_error_new_literal(COMMAND_ERROR, COMMAND_ERROR_MALFORMED, words);
}

static bool id_usable(const char *id)
{
	return id && *id && strlen(id) <= COMMAND_ID_MAX;
}

static GError *find_fault(const char *method, const cJSON *params)
{
	if (!method || !*method)
		return malformed("the request has no method");
	if (strlen(method) > COMMAND_METHOD_MAX)
		return malformed("the method has more than 64 octets");
	if (params && !cJSON_IsObject(params))
		return malformed("params is neither an object nor null");
	return NULL;
}

Command *command_new(const char *reply, const char *id, const char *method, cJSON *params)
{
	Command *command = g_new0(Command, 1);

	if (cJSON_IsNull(params))
		g_clear_pointer(&params, cJSON_Delete);
	command->reply = g_strdup(reply);
	command->id = id_usable(id) ? g_strdup(id) : NULL;
	command->fault = find_fault(method, params);
	command->method = command->fault ? NULL : g_strdup(method);
	command->params = params;
	return command;
}

static Command *command_new_faulty(const char *reply, const char *id, const char *words)
{
	Command *command = command_new(reply, id, NULL, NULL);

	g_clear_error(&command->fault);
	command->fault = malformed(words);
	return command;
}

Command *command_new_too_long(const char *reply, const char *id)
{
	return command_new_faulty(reply, id, "the request is longer than 16 KiB");
}

Command *command_parse(const char *reply, const char *id, const void *text, size_t len)
{
	g_autoptr(cJSON) json = len <= COMMAND_REQUEST_MAX ? json_parse(text, len) : NULL;
	cJSON *params;

	if (cJSON_IsObject(json)) {
		params = cJSON_DetachItemFromObjectCaseSensitive(json, "params");
		return command_new(reply, id ? id : json_text(json, "id"),
				   json_text(json, "method"), params);
	}
	if (len > COMMAND_REQUEST_MAX)
		return command_new_too_long(reply, id);
	return command_new_faulty(reply, id, "the request is no JSON object");
}

void command_free(Command *command)
{
	if (!command)
		return;
	g_free(command->reply);
	g_free(command->id);
	g_free(command->method);
	cJSON_Delete(command->params);
	g_clear_error(&command->fault);
	g_free(command);
}

const char *command_code_name(const GError *error)
{
	return code_of(error)->name;
}

int command_code_http(const GError *error)
{
	return error ? code_of(error)->http : 200;
}

char *command_answer_encode(const char *result, const GError *error)
{
	GString *text = g_string_new(NULL);

	if (error) {
		g_autofree char *words = g_utf8_make_valid(error->message, -1);

		g_string_append(text, "{\"error\":");
		json_append_text(text, words);
		g_string_append_printf(text, ",\"code\":\"%s\"}", command_code_name(error));
	} else {
		g_string_append_printf(text, "{\"result\":%s}", result ? result : "true");
	}
	return g_string_free(text, FALSE);
}
