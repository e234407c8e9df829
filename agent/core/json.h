/* SPDX-License-Identifier: MIT */
/*
 * json - the little that cJSON leaves to its users
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* json_parse() - one JSON value and nothing behind it, without NUL in any text
 * @text: @len octets, need not end in NUL, bounded by the caller
 * Returns NULL when it is none; free with cJSON_Delete() */
cJSON *json_parse(const void *text, size_t len);

/* json_print() - @json without white space; free with g_free() */
char *json_print(const cJSON *json);

/* json_text() - the text member @name of @object; NULL when there is none */
const char *json_text(const cJSON *object, const char *name);

/* json_integer() - the member @name of @object as a whole number
 * @value: set on success
 * Returns false when it is absent, no number, broken, or not exact as a double */
bool json_integer(const cJSON *object, const char *name, int64_t *value);

/* json_append_text() - @text as a JSON string with its quotes */
void json_append_text(GString *out, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cJSON, cJSON_Delete)
