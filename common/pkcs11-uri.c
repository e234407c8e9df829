/* SPDX-License-Identifier: MIT */
#include "common/pkcs11-uri.h"

#include "common/error.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SCHEME     "pkcs11:"
#define NOT_MEMBER SIZE_MAX

typedef struct AttributeRow {
	const char *name;
	size_t offset; /* of a text in Pkcs11Uri; NOT_MEMBER: see take_special() */
} AttributeRow;

#define AT(member) offsetof(Pkcs11Uri, member)

static const AttributeRow attributes[] = {
	{ "token", AT(token) },
	{ "serial", AT(serial) },
	{ "manufacturer", AT(manufacturer) },
	{ "model", AT(model) },
	{ "object", AT(object) },
	{ "module-path", AT(module) },
	{ "id", NOT_MEMBER },
	{ "type", NOT_MEMBER },
	{ "pin-value", NOT_MEMBER },
	{ "pin-source", NOT_MEMBER },
};

G_GNUC_PRINTF(3, 4)
static bool refuse(GError **error, const char *name, const char *format, ...)
{
	g_autofree char *why = NULL;
	va_list args;

	va_start(args, format);
	why = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "has %s \"%s\"", why, name);
	return false;
}

static bool take_special(Pkcs11Uri *uri, const char *name, GBytes *value, GError **error)
{
	gsize len;
	const char *text = g_bytes_get_data(value, &len);

	if (strcmp(name, "type") == 0)
		return (len == 7 && memcmp(text, "private", 7) == 0) ||
		       refuse(error, name, "no private key in");
	if (strcmp(name, "id") == 0) {
		uri->id = g_bytes_ref(value);
	} else if (strcmp(name, "pin-value") == 0) {
		uri->pin = secret_new(text, len);
	} else {
		uri->pin_source = g_strndup(text, len);
	}
	return true;
}

static bool take_value(Pkcs11Uri *uri, const AttributeRow *row, GBytes *value, GError **error)
{
	gsize len;
	const char *data = g_bytes_get_data(value, &len);

	if (len == 0 || (strcmp(row->name, "id") != 0 && memchr(data, '\0', len)))
		return refuse(error, row->name, "no value of use in");
	if (row->offset == NOT_MEMBER)
		return take_special(uri, row->name, value, error);
	G_STRUCT_MEMBER(char *, uri, row->offset) = g_strndup(data, len);
	return true;
}

static const AttributeRow *attribute_find(const char *text, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (strlen(attributes[i].name) == len &&
		    strncmp(attributes[i].name, text, len) == 0)
			return &attributes[i];
	return NULL;
}

/* NAME=VALUE */
static bool take_attribute(Pkcs11Uri *uri, const char *text, unsigned *seen, GError **error)
{
	size_t len = strcspn(text, "=");
	const AttributeRow *row = attribute_find(text, len);
	g_autofree char *name = g_strndup(text, MIN(len, 32));
	g_autoptr(GBytes) value =
		text[len] ? g_uri_unescape_bytes(text + len + 1, -1, NULL, NULL) : NULL;
	unsigned bit = row ? 1U << (row - attributes) : 0;

	if (!row)
		return refuse(error, name, "an attribute that no key can be made by:");
	if (!value)
		return refuse(error, name, "no value that can be decoded in");
	if (*seen & bit)
		return refuse(error, name, "more than one");
	*seen |= bit;
	return take_value(uri, row, value, error);
}

static void cleanse_all(GStrv parts)
{
	for (char **part = parts; *part; part++)
		OPENSSL_cleanse(*part, strlen(*part)); /* a PIN may be among them */
	g_strfreev(parts);
}

Pkcs11Uri *pkcs11_uri_parse(const char *text, GError **error)
{
	g_autoptr(Pkcs11Uri) uri = g_new0(Pkcs11Uri, 1);
	GStrv parts = g_strsplit_set(text + strlen(SCHEME), ";?&", -1);
	unsigned seen = 0;
	bool taken = true;

	for (char **part = parts; taken && *part; part++)
		taken = !**part || take_attribute(uri, *part, &seen, error);
	cleanse_all(parts);
	return taken ? g_steal_pointer(&uri) : NULL;
}

void pkcs11_uri_free(Pkcs11Uri *uri)
{
	if (!uri)
		return;
	g_free(uri->token);
	g_free(uri->serial);
	g_free(uri->manufacturer);
	g_free(uri->model);
	g_free(uri->object);
	g_clear_pointer(&uri->id, g_bytes_unref);
	g_free(uri->module);
	secret_free(uri->pin);
	g_free(uri->pin_source);
	g_free(uri);
}
