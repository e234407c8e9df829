/* SPDX-License-Identifier: MIT */
/*
 * controller - one Bluetooth adapter, spoken to in HCI over a raw socket
 *
 *   command  0x01 | opcode (2) | length (1) | parameters
 *   event    0x04 | code (1)   | length (1) | parameters
 *
 * Needs CAP_NET_RAW, and CAP_NET_ADMIN when the adapter is down.
 * Source: Bluetooth Core Specification, Vol 4, Part E.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CONTROLLER_ADDRESS_LEN 6

typedef struct Controller Controller;

/* ControllerOnReport - an LE Meta event arrived; @event starts with the subevent code, borrowed */
typedef void (*ControllerOnReport)(const uint8_t *event, size_t len, void *data);

/* controller_open() - take hold of an adapter and switch it on if need be
 * @name: "hci0" ...
 * Errors: PHONE_ERROR_ADAPTER */
Controller *controller_open(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void controller_close(Controller *controller);

/* controller_address() - its public address, least significant octet first; borrowed */
const uint8_t *controller_address(const Controller *controller);

/* controller_on_report() - whom to tell of advertisements; NULL: nobody */
void controller_on_report(Controller *controller, ControllerOnReport on_report, void *data);

/* controller_scan() - switch active scanning on or off
 * Errors: PHONE_ERROR_ADAPTER */
bool controller_scan(Controller *controller, bool on, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* controller_run() - take events for @ms, or until *@stop; report callbacks happen in here
 * Errors: PHONE_ERROR_ADAPTER */
bool controller_run(Controller *controller, unsigned ms, const bool *stop,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* controller_hang_up() - end a connection as a phone does and wait until it is over
 * @handle: of the connection
 * Errors: PHONE_ERROR_ADAPTER, PHONE_ERROR_TIMEOUT */
bool controller_hang_up(Controller *controller, uint16_t handle,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Controller, controller_close)
