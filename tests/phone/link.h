/* SPDX-License-Identifier: MIT */
/*
 * link - an LE connection with its attribute channel: L2CAP, fixed channel 4
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define LINK_ADDRESS_LEN 6

/* link_open() - connect
 * @own: public address of the adapter to use, least significant octet first
 * @peer: address of the device
 * @peer_random: that is a random one
 * @ms: give up after this
 * Returns a connected, non-blocking packet socket, the caller's, or -1
 * Errors: PHONE_ERROR_LOST, PHONE_ERROR_ADAPTER, PHONE_ERROR_TIMEOUT */
int link_open(const uint8_t *own, const uint8_t *peer, bool peer_random, unsigned ms,
	      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* link_handle() - the connection handle the adapter knows it by; false when it is gone */
bool link_handle(int fd, uint16_t *handle);
