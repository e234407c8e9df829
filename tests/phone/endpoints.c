/* SPDX-License-Identifier: MIT */
#include "tests/phone/endpoints.h"

#include "tests/phone/phone-error.h"

#include <string.h>

#define NAME_MAX_LEN 64

typedef struct Endpoint {
	char *name;
	GattCharacteristic characteristic;
} Endpoint;

struct Endpoints {
	GArray *all; /* Endpoint */
};

/* The names every client relies on, and the 16-bit id their UUIDs carry. */
typedef struct KnownEndpoint {
	const char *name;
	uint16_t id;
} KnownEndpoint;

static const KnownEndpoint known[] = {
	{ "prov-ctrl", 0xff4f },   { "prov-scan", 0xff50 }, { "prov-session", 0xff51 },
	{ "prov-config", 0xff52 }, { "proto-ver", 0xff53 },
};

static void endpoint_clear(void *data)
{
	g_free(((Endpoint *)data)->name);
}

void endpoints_free(Endpoints *endpoints)
{
	if (!endpoints)
		return;
	g_array_unref(endpoints->all);
	g_free(endpoints);
}

static const Endpoint *find(const Endpoints *endpoints, const char *name)
{
	for (guint i = 0; i < endpoints->all->len; i++) {
		const Endpoint *endpoint = &g_array_index(endpoints->all, Endpoint, i);

		if (strcmp(endpoint->name, name) == 0)
			return endpoint;
	}
	return NULL;
}

uint16_t endpoints_handle(const Endpoints *endpoints, const char *name)
{
	const Endpoint *endpoint = find(endpoints, name);

	return endpoint ? endpoint->characteristic.value : 0;
}

char *endpoints_names(const Endpoints *endpoints)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < endpoints->all->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "",
				       g_array_index(endpoints->all, Endpoint, i).name);
	return g_string_free(text, false);
}

static bool unfit(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool unfit(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, text);
	return false;
}

static bool find_service(Att *att, const uint8_t *uuid, bool by_uuid, GattService *service,
			 GError **error)
{
	g_autoptr(GArray) services = g_array_new(false, false, sizeof(GattService));
	g_autofree char *text = gatt_uuid_text(uuid);
	unsigned found = 0;

	if (!(by_uuid ? gatt_service_by_uuid(att, uuid, services, error)
		      : gatt_services(att, services, error)))
		return false;
	for (guint i = 0; i < services->len; i++) {
		const GattService *at = &g_array_index(services, GattService, i);

		if (memcmp(at->uuid, uuid, GATT_UUID_LEN) != 0)
			continue;
		*service = *at;
		found++;
	}
	if (found != 1)
		return unfit(error, "the device advertises service %s and has it %u times", text,
			     found);
	return true;
}

static bool check_uuid(const Endpoint *endpoint, const uint8_t *service, GError **error)
{
	const uint8_t *uuid = endpoint->characteristic.uuid;
	uint8_t wanted[GATT_UUID_LEN];

	memcpy(wanted, service, GATT_UUID_LEN);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strcmp(known[i].name, endpoint->name) != 0)
			continue;
		wanted[12] = (uint8_t)known[i].id;
		wanted[13] = (uint8_t)(known[i].id >> 8);
		if (memcmp(wanted, uuid, GATT_UUID_LEN) != 0)
			return unfit(error, "endpoint %s does not carry its id 0x%04x",
				     endpoint->name, known[i].id);
	}
	return true;
}

static bool read_name(Att *att, const GattCharacteristic *characteristic, char **name,
		      GError **error)
{
	g_autoptr(GByteArray) value = g_byte_array_new();

	if (characteristic->description == 0)
		return unfit(error,
			     "the characteristic at handle 0x%04x has no descriptor 0x2901: the "
			     "apps would wait for its name for ever",
			     characteristic->value);
	if (!gatt_read(att, characteristic->description, value, error)) {
		g_prefix_error(error, "reading the name of an endpoint: ");
		return false;
	}
	if (value->len == 0 || value->len > NAME_MAX_LEN ||
	    !g_utf8_validate((const char *)value->data, value->len, NULL))
		return unfit(error, "the name of an endpoint is no text of 1 to %d octets",
			     NAME_MAX_LEN);
	*name = g_strndup((const char *)value->data, value->len);
	return true;
}

static bool add(Att *att, Endpoints *endpoints, const GattService *service,
		const GattCharacteristic *characteristic, GError **error)
{
	const uint8_t both = GATT_PROPERTY_READ | GATT_PROPERTY_WRITE;
	Endpoint endpoint = { .characteristic = *characteristic };

	if (!read_name(att, characteristic, &endpoint.name, error))
		return false;
	if (find(endpoints, endpoint.name)) {
		unfit(error, "two endpoints are called %s", endpoint.name);
		g_free(endpoint.name);
		return false;
	}
	g_array_append_val(endpoints->all, endpoint);
	if ((characteristic->properties & both) != both)
		return unfit(error, "endpoint %s cannot be both written and read", endpoint.name);
	if (strstr(endpoint.name, "prov-session") && strcmp(endpoint.name, "prov-session") != 0)
		return unfit(error, "endpoint %s would be taken for prov-session", endpoint.name);
	return check_uuid(&endpoint, service->uuid, error);
}

Endpoints *endpoints_discover(Att *att, const uint8_t *uuid, bool by_uuid, GError **error)
{
	g_autoptr(GArray) characteristics = g_array_new(false, false, sizeof(GattCharacteristic));
	g_autoptr(Endpoints) endpoints = g_new0(Endpoints, 1);
	GattService service = { 0 };

	endpoints->all = g_array_new(false, false, sizeof(Endpoint));
	g_array_set_clear_func(endpoints->all, endpoint_clear);
	if (!find_service(att, uuid, by_uuid, &service, error) ||
	    !gatt_characteristics(att, &service, characteristics, error))
		return NULL;
	for (guint i = 0; i < characteristics->len; i++)
		if (!add(att, endpoints, &service,
			 &g_array_index(characteristics, GattCharacteristic, i), error))
			return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (find(endpoints, known[i].name))
			continue;
		unfit(error, "the device has no endpoint %s", known[i].name);
		return NULL;
	}
	return g_steal_pointer(&endpoints);
}
