/* SPDX-License-Identifier: MIT */
#include "tests/phone/advert.h"

#include <stdio.h>
#include <string.h>

#define DATA_MAX 1650 /* of an extended advertisement with all its pieces */

enum {
	SUBEVENT_LEGACY = 0x02,
	SUBEVENT_EXTENDED = 0x0d,
};

/* Event types of a legacy report. */
enum {
	LEGACY_CONNECTABLE = 0,
	LEGACY_DIRECTED = 1,
	LEGACY_SCAN_RESPONSE = 4,
};

/* Bits of the event type of an extended report. */
enum {
	EXTENDED_CONNECTABLE = 1 << 0,
	EXTENDED_SCAN_RESPONSE = 1 << 3,
	EXTENDED_LEGACY_PDU = 1 << 4,
	EXTENDED_MORE_COMES = 1 << 5,
};

enum {
	LEGACY_HEAD_LEN = 9,
	EXTENDED_HEAD_LEN = 24,
};

enum {
	AD_FLAGS = 0x01,
	AD_UUID16_SOME = 0x02,
	AD_UUID16_ALL = 0x03,
	AD_UUID128_SOME = 0x06,
	AD_UUID128_ALL = 0x07,
	AD_NAME_SHORT = 0x08,
	AD_NAME = 0x09,
};

static void advert_free(void *data)
{
	Advert *advert = data;

	g_byte_array_unref(advert->pending);
	g_free(advert);
}

GPtrArray *advert_table_new(void)
{
	return g_ptr_array_new_with_free_func(advert_free);
}

static Advert *find_or_add(GPtrArray *table, const uint8_t *address, uint8_t address_type)
{
	bool random_address = address_type & 1; /* 2 and 3 are resolved public and random ones */
	Advert *advert;

	for (guint i = 0; i < table->len; i++) {
		advert = g_ptr_array_index(table, i);
		if (advert->random_address == random_address &&
		    memcmp(advert->address, address, ADVERT_ADDRESS_LEN) == 0)
			return advert;
	}
	advert = g_new0(Advert, 1);
	memcpy(advert->address, address, ADVERT_ADDRESS_LEN);
	advert->random_address = random_address;
	advert->pending = g_byte_array_new();
	g_ptr_array_add(table, advert);
	return advert;
}

static void add_uuid(Advert *advert, const uint8_t *uuid)
{
	for (unsigned i = 0; i < advert->n_uuids; i++)
		if (memcmp(advert->uuids[i], uuid, GATT_UUID_LEN) == 0)
			return;
	if (advert->n_uuids < ADVERT_UUID_MAX)
		memcpy(advert->uuids[advert->n_uuids++], uuid, GATT_UUID_LEN);
}

static void add_uuids(Advert *advert, const uint8_t *at, size_t len, size_t each)
{
	uint8_t uuid[GATT_UUID_LEN];

	for (; len >= each; at += each, len -= each) {
		if (each == 2)
			gatt_uuid_from_u16((uint16_t)(at[0] | at[1] << 8), uuid);
		else
			memcpy(uuid, at, GATT_UUID_LEN);
		add_uuid(advert, uuid);
	}
}

static void take_structure(Advert *advert, uint8_t type, const uint8_t *value, size_t len)
{
	switch (type) {
	case AD_FLAGS:
		advert->has_flags = len > 0;
		advert->flags = len > 0 ? value[0] : 0;
		break;
	case AD_UUID16_SOME:
	case AD_UUID16_ALL: add_uuids(advert, value, len, 2); break;
	case AD_UUID128_SOME:
	case AD_UUID128_ALL: add_uuids(advert, value, len, GATT_UUID_LEN); break;
	case AD_NAME_SHORT:
	case AD_NAME:
		len = MIN(len, ADVERT_NAME_MAX);
		memcpy(advert->name, value, len);
		advert->name[len] = '\0';
		break;
	default: break;
	}
}

/* A length of zero ends the data early. */
static void take_data(Advert *advert, const uint8_t *data, size_t len)
{
	while (len > 0 && data[0] != 0) {
		size_t size = data[0];

		if (size + 1 > len) {
			advert->garbled = true;
			return;
		}
		take_structure(advert, data[1], data + 2, size - 1);
		data += size + 1;
		len -= size + 1;
	}
}

static size_t feed_legacy(GPtrArray *table, const uint8_t *at, size_t left)
{
	Advert *advert;
	size_t len;

	if (left < LEGACY_HEAD_LEN || left < LEGACY_HEAD_LEN + at[8] + 1u)
		return 0;
	len = at[8];
	advert = find_or_add(table, at + 2, at[1]);
	if (at[0] == LEGACY_SCAN_RESPONSE)
		advert->scan_response = true;
	else
		advert->connectable = at[0] == LEGACY_CONNECTABLE || at[0] == LEGACY_DIRECTED;
	advert->rssi_dbm = (int8_t)at[LEGACY_HEAD_LEN + len];
	take_data(advert, at + LEGACY_HEAD_LEN, len);
	return LEGACY_HEAD_LEN + len + 1;
}

static void gather(Advert *advert, const uint8_t *data, size_t len, bool more)
{
	if (advert->pending->len + len > DATA_MAX)
		advert->garbled = true;
	else
		g_byte_array_append(advert->pending, data, (guint)len);
	if (more)
		return;
	take_data(advert, advert->pending->data, advert->pending->len);
	g_byte_array_set_size(advert->pending, 0);
}

static size_t feed_extended(GPtrArray *table, const uint8_t *at, size_t left)
{
	Advert *advert;
	unsigned type;
	size_t len;

	if (left < EXTENDED_HEAD_LEN || left < (size_t)EXTENDED_HEAD_LEN + at[23])
		return 0;
	type = (unsigned)(at[0] | at[1] << 8);
	len = at[23];
	advert = find_or_add(table, at + 3, at[2]);
	if (type & EXTENDED_SCAN_RESPONSE)
		advert->scan_response = true;
	else
		advert->connectable = type & EXTENDED_CONNECTABLE;
	advert->extended = !(type & EXTENDED_LEGACY_PDU);
	advert->rssi_dbm = (int8_t)at[13];
	gather(advert, at + EXTENDED_HEAD_LEN, len, type & EXTENDED_MORE_COMES);
	return EXTENDED_HEAD_LEN + len;
}

bool advert_table_feed(GPtrArray *table, const uint8_t *event, size_t len)
{
	const uint8_t *at = event;
	size_t left = len;

	if (len < 2)
		return false;
	at += 2;
	left -= 2;
	if (event[0] != SUBEVENT_LEGACY && event[0] != SUBEVENT_EXTENDED)
		return true;
	for (unsigned reports = event[1]; reports > 0; reports--) {
		size_t taken = event[0] == SUBEVENT_LEGACY ? feed_legacy(table, at, left)
							   : feed_extended(table, at, left);

		if (taken == 0)
			return false;
		at += taken;
		left -= taken;
	}
	return true;
}

char *advert_address_text(const uint8_t *address)
{
	return g_strdup_printf("%02X:%02X:%02X:%02X:%02X:%02X", address[5], address[4], address[3],
			       address[2], address[1], address[0]);
}

bool advert_address_parse(const char *text, uint8_t *address)
{
	int end = 0;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &address[5], &address[4],
		      &address[3], &address[2], &address[1], &address[0], &end) == 6 &&
	       text[end] == '\0';
}
