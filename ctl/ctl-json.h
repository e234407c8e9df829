/* SPDX-License-Identifier: MIT */
/*
 * ctl-json - members of an answer, whether they are there or not
 */
#pragma once

#include <cjson/cJSON.h>

/* ctl_json_text() - a string member of @object, or @fallback when it is absent or no string */
const char *ctl_json_text(const cJSON *object, const char *name, const char *fallback);

/* ctl_json_number() - a number member of @object, or 0 */
double ctl_json_number(const cJSON *object, const char *name);
