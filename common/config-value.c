/* SPDX-License-Identifier: MIT */
#include "common/config-value.h"

#include "common/error.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Enums are stored through this type. */
G_STATIC_ASSERT(sizeof(ConfigWifi) == sizeof(unsigned int));

typedef struct ConfigUnit {
	const char *name;
	int64_t factor;
} ConfigUnit;

/* From large to small, so that the first which divides a value writes it shortest. */
static const ConfigUnit duration_units[] = {
	{ "d", 24 * 3600 * 1000 },
	{ "h", 3600 * 1000 },
	{ "min", 60 * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

static const ConfigUnit size_units[] = {
	{ "GiB", INT64_C(1) << 30 },
	{ "MiB", INT64_C(1) << 20 },
	{ "KiB", INT64_C(1) << 10 },
	{ "B", 1 },
	{ NULL, 0 },
};

static void *value_at(const ConfigKey *key, void *base)
{
	return (char *)base + key->offset;
}

static const void *value_at_const(const ConfigKey *key, const void *base)
{
	return (const char *)base + key->offset;
}

static char *value_list_names(const ConfigName *names)
{
	GString *list = g_string_new(NULL);

	for (; names->name; names++)
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", names->name);
	return g_string_free(list, FALSE);
}

static char *value_format_unit(int64_t value, const ConfigUnit *units)
{
	if (value == 0)
		return g_strdup("0");
	while (value % units->factor != 0)
		units++;
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", value / units->factor, units->name);
}

static char *value_format_number(const ConfigKey *key, int64_t value)
{
	if (key->type == CONFIG_TYPE_DURATION)
		return value_format_unit(value, duration_units);
	if (key->type == CONFIG_TYPE_SIZE)
		return value_format_unit(value, size_units);
	return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

char *config_value_allowed(const ConfigKey *key)
{
	g_autofree char *names = key->names ? value_list_names(key->names) : NULL;
	g_autofree char *min = value_format_number(key, key->min);
	g_autofree char *max = value_format_number(key, key->max);

	switch (key->type) {
	case CONFIG_TYPE_STRING:
		return g_strdup_printf("text of %s to %s octets without control characters", min,
				       max);
	case CONFIG_TYPE_PATH:
		return g_strdup_printf("an absolute path of up to %s octets%s", max,
				       key->min == 0 ? ", or nothing" : "");
	case CONFIG_TYPE_ENUM: return g_strdup_printf("one of %s", names);
	case CONFIG_TYPE_FLAGS: return g_strdup_printf("a list, separated by commas, of %s", names);
	case CONFIG_TYPE_BOOL: return g_strdup("true or false");
	case CONFIG_TYPE_INT: return g_strdup_printf("a whole number from %s to %s", min, max);
	case CONFIG_TYPE_REAL: return g_strdup_printf("a number from %s to %s", min, max);
	case CONFIG_TYPE_DURATION:
		return g_strdup_printf("a duration from %s to %s, with a unit: ms, s, min, h, d",
				       min, max);
	case CONFIG_TYPE_SIZE:
		return g_strdup_printf("a size from %s to %s, with a unit: B, KiB, MiB, GiB", min,
				       max);
	}
	g_return_val_if_reached(NULL);
}

static bool value_refuse(const ConfigKey *key, const char *text, GError **error)
{
	g_autofree char *allowed = config_value_allowed(key);
	g_autofree char *shown = g_utf8_make_valid(text, (gssize)strnlen(text, 80));
	const char *comment = strpbrk(text, "#;") && key->type != CONFIG_TYPE_STRING
				      ? " (a comment needs a line of its own)"
				      : "";

	for (char *c = shown; *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = '?';
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "[%s] %s: \"%s\" does not fit; allowed is %s%s", key->group, key->key, shown,
		    allowed, comment);
	return false;
}

static bool value_has_control(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

static bool value_parse_text(const ConfigKey *key, const char *text, void *base, GError **error)
{
	char **member = value_at(key, base);
	size_t len = strlen(text);

	if (len < (size_t)key->min || len > (size_t)key->max || value_has_control(text) ||
	    !g_utf8_validate(text, (gssize)len, NULL))
		return value_refuse(key, text, error);
	if (key->type == CONFIG_TYPE_PATH && len > 0 && text[0] != '/')
		return value_refuse(key, text, error);
	if (len > 0 && key->check) {
		g_autoptr(GError) cause = NULL;

		if (!key->check(text, &cause)) {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "[%s] %s: %s",
				    key->group, key->key, cause->message);
			return false;
		}
	}
	g_free(*member);
	*member = len > 0 ? g_strdup(text) : NULL;
	return true;
}

static const ConfigName *value_find_name(const ConfigName *names, const char *text)
{
	for (; names->name; names++)
		if (strcmp(names->name, text) == 0)
			return names;
	return NULL;
}

static bool value_parse_enum(const ConfigKey *key, const char *text, void *base, GError **error)
{
	const ConfigName *name = value_find_name(key->names, text);

	if (!name)
		return value_refuse(key, text, error);
	memcpy(value_at(key, base), &name->value, sizeof(name->value));
	return true;
}

static bool value_parse_flags(const ConfigKey *key, const char *text, void *base, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	uint32_t *member = value_at(key, base);
	uint32_t flags = 0;

	for (char **word = words; *word; word++) {
		const ConfigName *name = value_find_name(key->names, g_strstrip(*word));

		if (!name)
			return value_refuse(key, text, error);
		flags |= name->value;
	}
	if (flags == 0)
		return value_refuse(key, text, error);
	*member = flags;
	return true;
}

static bool value_parse_bool(const ConfigKey *key, const char *text, void *base, GError **error)
{
	bool *member = value_at(key, base);

	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return value_refuse(key, text, error);
	*member = text[0] == 't';
	return true;
}

/* Digits, then a unit of the list; for plain numbers (@units NULL) nothing. */
static bool value_scan_number(const char *text, const ConfigUnit *units, int64_t *value)
{
	char *end = NULL;

	if (!g_ascii_isdigit(text[0]))
		return false;
	errno = 0;
	*value = g_ascii_strtoll(text, &end, 10);
	if (errno != 0)
		return false;
	if (*end == '\0')
		return !units || *value == 0;
	while (*end == ' ')
		end++;
	for (; units && units->name; units++)
		if (strcmp(units->name, end) == 0)
			return !__builtin_mul_overflow(*value, units->factor, value);
	return false;
}

static bool value_parse_number(const ConfigKey *key, const char *text, void *base, GError **error)
{
	const ConfigUnit *units = key->type == CONFIG_TYPE_DURATION ? duration_units
				  : key->type == CONFIG_TYPE_SIZE   ? size_units
								    : NULL;
	int64_t *member = value_at(key, base);
	int64_t value = 0;

	if (!value_scan_number(text, units, &value) || value < key->min || value > key->max)
		return value_refuse(key, text, error);
	*member = value;
	return true;
}

static bool value_parse_real(const ConfigKey *key, const char *text, void *base, GError **error)
{
	double *member = value_at(key, base);
	char *end = NULL;
	double value = g_ascii_strtod(text, &end);

	if (*text == '\0' && *key->fallback == '\0') {
		*member = NAN;
		return true;
	}
	if (end == text || *end != '\0' || !isfinite(value) || strpbrk(text, "xX") ||
	    value < (double)key->min || value > (double)key->max)
		return value_refuse(key, text, error);
	*member = value;
	return true;
}

bool config_value_parse(const ConfigKey *key, const char *text, void *base, GError **error)
{
	g_autofree char *trimmed = g_strstrip(g_strdup(text));

	switch (key->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_PATH: return value_parse_text(key, trimmed, base, error);
	case CONFIG_TYPE_ENUM: return value_parse_enum(key, trimmed, base, error);
	case CONFIG_TYPE_FLAGS: return value_parse_flags(key, trimmed, base, error);
	case CONFIG_TYPE_BOOL: return value_parse_bool(key, trimmed, base, error);
	case CONFIG_TYPE_REAL: return value_parse_real(key, trimmed, base, error);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_SIZE: return value_parse_number(key, trimmed, base, error);
	}
	g_return_val_if_reached(false);
}

static char *value_format_flags(const ConfigName *names, uint32_t flags)
{
	GString *list = g_string_new(NULL);

	for (; names->name; names++)
		if (flags & names->value)
			g_string_append_printf(list, "%s%s", list->len > 0 ? "," : "", names->name);
	return g_string_free(list, FALSE);
}

static char *value_format_enum(const ConfigKey *key, const void *base)
{
	unsigned int value;

	memcpy(&value, value_at_const(key, base), sizeof(value));
	for (const ConfigName *name = key->names; name->name; name++)
		if (name->value == value)
			return g_strdup(name->name);
	return g_strdup("");
}

static char *value_format_real(double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	return g_strdup(isnan(value) ? "" : g_ascii_dtostr(text, sizeof(text), value));
}

char *config_value_format(const ConfigKey *key, const void *base)
{
	const void *member = value_at_const(key, base);

	switch (key->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_PATH: {
		const char *text = *(char *const *)member;

		return g_strdup(text ? text : "");
	}
	case CONFIG_TYPE_ENUM: return value_format_enum(key, base);
	case CONFIG_TYPE_FLAGS: return value_format_flags(key->names, *(const uint32_t *)member);
	case CONFIG_TYPE_BOOL: return g_strdup(*(const bool *)member ? "true" : "false");
	case CONFIG_TYPE_REAL: return value_format_real(*(const double *)member);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_SIZE: return value_format_number(key, *(const int64_t *)member);
	}
	g_return_val_if_reached(NULL);
}

static bool value_is_text(const ConfigKey *key)
{
	return key->type == CONFIG_TYPE_STRING || key->type == CONFIG_TYPE_PATH;
}

static size_t value_size(const ConfigKey *key)
{
	switch (key->type) {
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_PATH: return sizeof(char *);
	case CONFIG_TYPE_ENUM: return sizeof(unsigned int);
	case CONFIG_TYPE_FLAGS: return sizeof(uint32_t);
	case CONFIG_TYPE_BOOL: return sizeof(bool);
	case CONFIG_TYPE_REAL: return sizeof(double);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_DURATION:
	case CONFIG_TYPE_SIZE: return sizeof(int64_t);
	}
	g_return_val_if_reached(0);
}

void config_value_copy(const ConfigKey *key, void *to, const void *from)
{
	config_value_clear(key, to);
	if (value_is_text(key)) {
		char *const *source = value_at_const(key, from);
		char **target = value_at(key, to);

		*target = g_strdup(*source);
		return;
	}
	memcpy(value_at(key, to), value_at_const(key, from), value_size(key));
}

void config_value_clear(const ConfigKey *key, void *base)
{
	if (value_is_text(key))
		g_clear_pointer((char **)value_at(key, base), g_free);
}

char *config_value_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		if (*text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}
