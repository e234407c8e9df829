/* SPDX-License-Identifier: MIT */
#include "tests/phone/gatt.h"

#include "tests/phone/phone-error.h"

#include <string.h>

#define HANDLE_FIRST 0x0001
#define HANDLE_LAST  0xffff

enum {
	TYPE_PRIMARY_SERVICE = 0x2800,
	TYPE_CHARACTERISTIC = 0x2803,
	TYPE_USER_DESCRIPTION = 0x2901,
};

enum {
	FORMAT_UUID16 = 1,
	FORMAT_UUID128 = 2,
};

/* 00000000-0000-1000-8000-00805f9b34fb, the home of short UUIDs */
static const uint8_t base_uuid[GATT_UUID_LEN] = {
	0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0, 0, 0, 0,
};

void gatt_uuid_from_u16(uint16_t value, uint8_t *uuid)
{
	memcpy(uuid, base_uuid, GATT_UUID_LEN);
	uuid[12] = (uint8_t)value;
	uuid[13] = (uint8_t)(value >> 8);
}

char *gatt_uuid_text(const uint8_t *uuid)
{
	GString *text = g_string_new(NULL);

	for (int i = GATT_UUID_LEN - 1; i >= 0; i--) {
		g_string_append_printf(text, "%02x", uuid[i]);
		if (i == 12 || i == 10 || i == 8 || i == 6)
			g_string_append_c(text, '-');
	}
	return g_string_free(text, false);
}

static bool garbled(const char *what, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, "the device's list of %s is garbled",
		    what);
	return false;
}

static bool take_uuid(const uint8_t *at, size_t len, uint8_t *uuid)
{
	if (len == GATT_UUID_LEN)
		memcpy(uuid, at, GATT_UUID_LEN);
	else if (len == 2)
		gatt_uuid_from_u16(att_get_u16(at), uuid);
	return len == GATT_UUID_LEN || len == 2;
}

/* A list is fetched in pieces: ask from a handle on, until the device says there is no more. */
typedef struct Listing {
	const char *what;
	uint8_t request;
	uint8_t response;
	uint16_t start;
	uint16_t end;
	uint16_t type;        /* of attribute; not in Find Information */
	const uint8_t *value; /* GATT_UUID_LEN octets, Find By Type Value only */

	/* take() - read a response; false when it makes no sense
	 * @last: in: the handle before the first it may cover; out: the last it covers */
	bool (*take)(const GByteArray *rsp, GArray *out, uint16_t *last);
} Listing;

static GByteArray *listing_pdu(const Listing *listing, uint16_t start)
{
	GByteArray *pdu = att_pdu(listing->request);

	att_put_u16(pdu, start);
	att_put_u16(pdu, listing->end);
	if (listing->type)
		att_put_u16(pdu, listing->type);
	if (listing->value)
		g_byte_array_append(pdu, listing->value, GATT_UUID_LEN);
	return pdu;
}

static bool listing_run(Att *att, const Listing *listing, GArray *out, GError **error)
{
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	unsigned start = listing->start;

	while (start <= listing->end) {
		g_autoptr(GByteArray) pdu = listing_pdu(listing, (uint16_t)start);
		g_autoptr(GError) local = NULL;
		uint16_t last = (uint16_t)(start - 1);

		if (!att_request(att, pdu, listing->response, rsp, &local)) {
			if (att_error_code(att) == ATT_CODE_NOT_FOUND)
				return true;
			g_propagate_prefixed_error(error, g_steal_pointer(&local),
						   "listing the %s: ", listing->what);
			return false;
		}
		if (!listing->take(rsp, out, &last) || last < start || last > listing->end)
			return garbled(listing->what, error);
		start = last + 1u;
	}
	return true;
}

static bool take_groups(const GByteArray *rsp, GArray *out, uint16_t *last)
{
	size_t each = rsp->len > 1 ? rsp->data[1] : 0;
	size_t left = rsp->len - 2;

	if ((each != 6 && each != 20) || rsp->len <= 2 || left % each != 0)
		return false;
	for (const uint8_t *at = rsp->data + 2; left > 0; at += each, left -= each) {
		GattService service = { att_get_u16(at), att_get_u16(at + 2), { 0 } };

		if (service.start <= *last || service.end < service.start)
			return false;
		*last = service.end;
		take_uuid(at + 4, each - 4, service.uuid);
		g_array_append_val(out, service);
	}
	return true;
}

bool gatt_services(Att *att, GArray *services, GError **error)
{
	static const Listing listing = {
		.what = "services",
		.request = ATT_READ_BY_GROUP_REQ,
		.response = ATT_READ_BY_GROUP_RSP,
		.start = HANDLE_FIRST,
		.end = HANDLE_LAST,
		.type = TYPE_PRIMARY_SERVICE,
		.take = take_groups,
	};

	return listing_run(att, &listing, services, error);
}

static bool take_handles(const GByteArray *rsp, GArray *out, uint16_t *last)
{
	size_t left = rsp->len - 1;

	if (left == 0 || left % 4 != 0)
		return false;
	for (const uint8_t *at = rsp->data + 1; left > 0; at += 4, left -= 4) {
		GattService service = { att_get_u16(at), att_get_u16(at + 2), { 0 } };

		if (service.start <= *last || service.end < service.start)
			return false;
		*last = service.end;
		g_array_append_val(out, service);
	}
	return true;
}

bool gatt_service_by_uuid(Att *att, const uint8_t *uuid, GArray *services, GError **error)
{
	Listing listing = {
		.what = "services",
		.request = ATT_FIND_BY_TYPE_REQ,
		.response = ATT_FIND_BY_TYPE_RSP,
		.start = HANDLE_FIRST,
		.end = HANDLE_LAST,
		.type = TYPE_PRIMARY_SERVICE,
		.value = uuid,
		.take = take_handles,
	};
	guint before = services->len;

	if (!listing_run(att, &listing, services, error))
		return false;
	for (guint i = before; i < services->len; i++)
		memcpy(g_array_index(services, GattService, i).uuid, uuid, GATT_UUID_LEN);
	return true;
}

static bool take_characteristics(const GByteArray *rsp, GArray *out, uint16_t *last)
{
	size_t each = rsp->len > 1 ? rsp->data[1] : 0;
	size_t left = rsp->len - 2;

	if ((each != 7 && each != 21) || rsp->len <= 2 || left % each != 0)
		return false;
	for (const uint8_t *at = rsp->data + 2; left > 0; at += each, left -= each) {
		GattCharacteristic characteristic = {
			.declaration = att_get_u16(at),
			.properties = at[2],
			.value = att_get_u16(at + 3),
		};

		if (characteristic.declaration <= *last ||
		    characteristic.value <= characteristic.declaration)
			return false;
		*last = characteristic.declaration;
		take_uuid(at + 5, each - 5, characteristic.uuid);
		g_array_append_val(out, characteristic);
	}
	return true;
}

typedef struct Descriptor {
	uint16_t handle;
	uint8_t uuid[GATT_UUID_LEN];
} Descriptor;

static bool take_descriptors(const GByteArray *rsp, GArray *out, uint16_t *last)
{
	uint8_t format = rsp->len > 1 ? rsp->data[1] : 0;
	size_t each = format == FORMAT_UUID16 ? 4 : 2 + GATT_UUID_LEN;
	size_t left = rsp->len - 2;

	if ((format != FORMAT_UUID16 && format != FORMAT_UUID128) || rsp->len <= 2 ||
	    left % each != 0)
		return false;
	for (const uint8_t *at = rsp->data + 2; left > 0; at += each, left -= each) {
		Descriptor descriptor = { .handle = att_get_u16(at) };

		if (descriptor.handle <= *last)
			return false;
		*last = descriptor.handle;
		take_uuid(at + 2, each - 2, descriptor.uuid);
		g_array_append_val(out, descriptor);
	}
	return true;
}

static bool find_description(Att *att, GattCharacteristic *characteristic, GError **error)
{
	g_autoptr(GArray) descriptors = g_array_new(false, false, sizeof(Descriptor));
	uint8_t wanted[GATT_UUID_LEN];
	Listing listing = {
		.what = "descriptors",
		.request = ATT_FIND_INFO_REQ,
		.response = ATT_FIND_INFO_RSP,
		.start = (uint16_t)(characteristic->value + 1),
		.end = characteristic->end,
		.take = take_descriptors,
	};

	if (characteristic->value >= characteristic->end)
		return true;
	if (!listing_run(att, &listing, descriptors, error))
		return false;
	gatt_uuid_from_u16(TYPE_USER_DESCRIPTION, wanted);
	for (guint i = 0; i < descriptors->len; i++) {
		const Descriptor *found = &g_array_index(descriptors, Descriptor, i);

		if (memcmp(found->uuid, wanted, GATT_UUID_LEN) == 0)
			characteristic->description = found->handle;
	}
	return true;
}

bool gatt_characteristics(Att *att, const GattService *service, GArray *characteristics,
			  GError **error)
{
	Listing listing = {
		.what = "characteristics",
		.request = ATT_READ_BY_TYPE_REQ,
		.response = ATT_READ_BY_TYPE_RSP,
		.start = service->start,
		.end = service->end,
		.type = TYPE_CHARACTERISTIC,
		.take = take_characteristics,
	};
	guint before = characteristics->len;

	if (!listing_run(att, &listing, characteristics, error))
		return false;
	for (guint i = before; i < characteristics->len; i++) {
		GattCharacteristic *at = &g_array_index(characteristics, GattCharacteristic, i);

		at->end = i + 1 < characteristics->len ? at[1].declaration - 1 : service->end;
		if (!find_description(att, at, error))
			return false;
	}
	return true;
}

static bool append_piece(GByteArray *out, const GByteArray *rsp, size_t so_far, GError **error)
{
	if (so_far + rsp->len - 1 > ATT_VALUE_MAX) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device sends a value of more than %d octets", ATT_VALUE_MAX);
		return false;
	}
	g_byte_array_append(out, rsp->data + 1, rsp->len - 1);
	return true;
}

bool gatt_read_blob(Att *att, uint16_t handle, uint16_t offset, GByteArray *out, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_READ_BLOB_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();

	att_put_u16(pdu, handle);
	att_put_u16(pdu, offset);
	return att_request(att, pdu, ATT_READ_BLOB_RSP, rsp, error) &&
	       append_piece(out, rsp, offset, error);
}

/* A value as long as a response can be may go on; the device may also say that it does not. */
static bool read_rest(Att *att, uint16_t handle, GByteArray *value, GError **error)
{
	guint full = att_mtu(att) - 1u;
	guint piece = value->len;

	while (piece == full && value->len < ATT_VALUE_MAX) {
		g_autoptr(GError) local = NULL;
		guint before = value->len;

		if (!gatt_read_blob(att, handle, (uint16_t)before, value, &local)) {
			if (att_error_code(att) == ATT_CODE_NOT_LONG)
				return true;
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		piece = value->len - before;
	}
	return true;
}

bool gatt_read(Att *att, uint16_t handle, GByteArray *out, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_READ_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	g_autoptr(GByteArray) value = g_byte_array_new();

	att_put_u16(pdu, handle);
	if (!att_request(att, pdu, ATT_READ_RSP, rsp, error) ||
	    !append_piece(value, rsp, 0, error) || !read_rest(att, handle, value, error))
		return false;
	g_byte_array_append(out, value->data, value->len);
	return true;
}

bool gatt_prepare(Att *att, uint16_t handle, uint16_t offset, const uint8_t *value, size_t len,
		  GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_PREPARE_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();

	att_put_u16(pdu, handle);
	att_put_u16(pdu, offset);
	g_byte_array_append(pdu, value, (guint)len);
	if (!att_request(att, pdu, ATT_PREPARE_RSP, rsp, error))
		return false;
	if (rsp->len != pdu->len || memcmp(rsp->data + 1, pdu->data + 1, pdu->len - 1) != 0) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
				    "the device echoes another piece than we prepared");
		return false;
	}
	return true;
}

bool gatt_execute(Att *att, bool write, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_EXECUTE_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	uint8_t flags = write;

	g_byte_array_append(pdu, &flags, 1);
	return att_request(att, pdu, ATT_EXECUTE_RSP, rsp, error);
}

/* Empty the queue after a refused piece. The refusal is what matters, whatever comes of this. */
static void drop_queue(Att *att)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_EXECUTE_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	g_autoptr(GError) ignored = NULL;
	uint8_t flags = 0;

	g_byte_array_append(pdu, &flags, 1);
	if (!att_send(att, pdu, &ignored) || !att_take(att, rsp, &ignored))
		g_debug("dropping the prepared pieces: %s", ignored->message);
}

static bool write_long(Att *att, uint16_t handle, const uint8_t *value, size_t len, GError **error)
{
	size_t piece_max = att_mtu(att) - 5u;

	for (size_t offset = 0; offset < len; offset += piece_max) {
		size_t piece = MIN(piece_max, len - offset);

		if (gatt_prepare(att, handle, (uint16_t)offset, value + offset, piece, error))
			continue;
		if (att_error_code(att) != 0)
			drop_queue(att);
		return false;
	}
	return gatt_execute(att, true, error);
}

bool gatt_write(Att *att, uint16_t handle, const uint8_t *value, size_t len, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_WRITE_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();

	if (len + 3 > att_mtu(att))
		return write_long(att, handle, value, len, error);
	att_put_u16(pdu, handle);
	g_byte_array_append(pdu, value, (guint)len);
	return att_request(att, pdu, ATT_WRITE_RSP, rsp, error);
}
