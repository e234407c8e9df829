/* SPDX-License-Identifier: MIT */
/*
 * advert - what a device says of itself in the air: advertisement and scan response as one
 *
 *   LE Meta event     subevent (1): 0x02 legacy, 0x0d extended; reports (1); then each report
 *   legacy report     type 1, address type 1, address 6, length 1, data, RSSI 1
 *   extended report   type 2, address type 1, address 6, PHYs 2, SID 1, TX power 1, RSSI 1,
 *                     periodic interval 2, direct address 7, length 1, data
 *   data              AD structures: length (1) | type (1) | value
 *
 * Source: Bluetooth Core Specification, Vol 4, Part E, 7.7.65.2 and 7.7.65.13; Vol 3, Part C, 11;
 * Supplement to the Core Specification, Part A.
 */
#pragma once

#include "tests/phone/gatt.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ADVERT_ADDRESS_LEN 6
#define ADVERT_UUID_MAX    16
#define ADVERT_NAME_MAX    248

enum {
	ADVERT_FLAG_LIMITED = 0x01,
	ADVERT_FLAG_GENERAL = 0x02,
	ADVERT_FLAG_NO_BREDR = 0x04,
};

/* One device. */
typedef struct Advert {
	uint8_t address[ADVERT_ADDRESS_LEN]; /* least significant octet first */
	bool random_address;
	bool connectable;
	bool extended;
	bool scan_response; /* one was seen */
	bool garbled;       /* an AD structure ran over the end */
	int rssi_dbm;
	bool has_flags;
	uint8_t flags;
	char name[ADVERT_NAME_MAX + 1]; /* "" until known */
	unsigned n_uuids;
	uint8_t uuids[ADVERT_UUID_MAX][GATT_UUID_LEN];
	GByteArray *pending; /* pieces of extended data, until the last one */
} Advert;

/* advert_table_new() - an empty list of devices; array of Advert, freed by g_ptr_array_unref() */
GPtrArray *advert_table_new(void);

/* advert_table_feed() - take an LE Meta event
 * @event: its parameters, from the subevent code on, borrowed
 * Returns false when the event is garbled; what came before the nonsense is kept */
bool advert_table_feed(GPtrArray *table, const uint8_t *event, size_t len);

/* advert_address_text() - "00:AA:01:00:00:42"; the caller frees it */
char *advert_address_text(const uint8_t *address);

/* advert_address_parse() - the reverse; false when it is no address */
bool advert_address_parse(const char *text, uint8_t *address);
