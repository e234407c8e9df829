/* SPDX-License-Identifier: MIT */
/*
 * config-value - between the text of a setting and its member; private to config
 */
#pragma once

#include "common/config-table.h"

#include <glib.h>
#include <stdbool.h>

/* config_value_parse() - check @text against @key and store it
 * @text: as it stands in the file, escapes undone; white space around it is ignored. Empty text
 *        sets strings and paths to NULL where min allows it.
 * @base: the Config, BrokerConf or ConfigSensor that the row is for; its member is written on
 *        success only, what it held is freed
 * Errors: LANDFALL_ERROR_CONFIG, saying what is allowed, without file and line */
bool config_value_parse(const ConfigKey *key, const char *text, void *base,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* config_value_format() - the member as text that config_value_parse() takes; g_free() it */
char *config_value_format(const ConfigKey *key, const void *base);

/* config_value_copy() - set the member of @to to a copy of that of @from */
void config_value_copy(const ConfigKey *key, void *to, const void *from);

/* config_value_clear() - free what the member holds */
void config_value_clear(const ConfigKey *key, void *base);

/* config_value_allowed() - what may be written, as in "one of journal, text, json" or "a
 * duration between 10ms and 1d, such as 500ms"; g_free() it */
char *config_value_allowed(const ConfigKey *key);

/* config_value_escape() - @text as it has to stand in a key file; g_free() it */
char *config_value_escape(const char *text);
