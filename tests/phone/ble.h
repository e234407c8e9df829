/* SPDX-License-Identifier: MIT */
/*
 * ble - a ClientLink over the air: scan, connection, endpoints
 */
#pragma once

#include "tests/phone/client.h"
#include "tests/phone/endpoints.h"
#include "tests/phone/scan.h"

typedef struct BleSetup {
	const char *adapter; /* "hci1" ... */
	ScanTarget target;
	const Habit *habit;
	uint16_t mtu; /* proposed; 0: the habit's */
	unsigned scan_ms;
	unsigned connect_ms;
	unsigned tries;      /* of the connection, 1 or more */
	int64_t deadline_us; /* of everything, monotonic; INT64_MAX: none */
} BleSetup;

typedef struct Ble Ble;

/* What client_new() wants; its data is the Ble. */
extern const ClientLink ble_link;

/* ble_new() - @setup and @report (may be NULL) are borrowed for the life of it */
Ble *ble_new(const BleSetup *setup, Report *report);

/* ble_free() - hang up first, if connected */
void ble_free(Ble *ble);

/* ble_find() - look for the device; done by connecting too, once
 * Errors: PHONE_ERROR_ABSENT, PHONE_ERROR_ADAPTER, PHONE_ERROR_PROTOCOL (what it advertises is of
 * no use to a client) */
bool ble_find(Ble *ble, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ble_att() - the attribute channel; NULL when not connected; borrowed */
Att *ble_att(Ble *ble);

/* ble_handle() - value handle of an endpoint
 * Errors: PHONE_ERROR_LOST (not connected), PHONE_ERROR_USAGE (no such endpoint) */
bool ble_handle(const Ble *ble, const char *endpoint, uint16_t *handle,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ble, ble_free)
