/* SPDX-License-Identifier: MIT */
/*
 * gatt - the procedures of the Generic Attribute Profile a provisioning client needs
 *
 * Source: Bluetooth Core Specification, Vol 3, Part G, section 4.
 */
#pragma once

#include "tests/phone/att.h"

#define GATT_UUID_LEN 16 /* always the long form, least significant octet first, as on the wire */

enum {
	GATT_PROPERTY_READ = 0x02,
	GATT_PROPERTY_WRITE = 0x08,
};

typedef struct GattService {
	uint16_t start;
	uint16_t end;
	uint8_t uuid[GATT_UUID_LEN];
} GattService;

typedef struct GattCharacteristic {
	uint16_t declaration;
	uint16_t value;
	uint16_t end; /* last handle that can hold one of its descriptors */
	uint8_t properties;
	uint8_t uuid[GATT_UUID_LEN];
	uint16_t description; /* handle of the descriptor 0x2901; 0 when there is none */
} GattCharacteristic;

/* gatt_services() - list every primary service
 * @services: GattService entries are appended
 * Errors, as for all below: those of att_request() */
bool gatt_services(Att *att, GArray *services, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_service_by_uuid() - look for the primary services of one UUID */
bool gatt_service_by_uuid(Att *att, const uint8_t *uuid, GArray *services,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_characteristics() - list those of a service, with their user descriptions looked up
 * @characteristics: GattCharacteristic entries are appended */
bool gatt_characteristics(Att *att, const GattService *service, GArray *characteristics,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_read() - read a value, with Read Blob for what does not fit one response
 * @out: appended to on success, at most 512 octets */
bool gatt_read(Att *att, uint16_t handle, GByteArray *out,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_write() - write a value, with Prepare and Execute when it does not fit one request */
bool gatt_write(Att *att, uint16_t handle, const uint8_t *value, size_t len,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_prepare() - queue a piece of a long write; the device has to echo it */
bool gatt_prepare(Att *att, uint16_t handle, uint16_t offset, const uint8_t *value, size_t len,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_execute() - carry out the queued pieces, or with false drop them */
bool gatt_execute(Att *att, bool write, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_read_blob() - one Read Blob; @out is appended to */
bool gatt_read_blob(Att *att, uint16_t handle, uint16_t offset, GByteArray *out,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_uuid_text() - "021a9004-0382-..."; the caller frees it */
char *gatt_uuid_text(const uint8_t *uuid);

/* gatt_uuid_from_u16() - the long form of a 16-bit UUID */
void gatt_uuid_from_u16(uint16_t value, uint8_t *uuid);
