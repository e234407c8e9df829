/* SPDX-License-Identifier: MIT */
/*
 * device-name - what the device is called in the air and on its label, from the configured pattern
 *
 *   %m   the last three octets of the Wi-Fi address, as six upper-case hexadecimal digits
 *   %%   a percent sign; before any other character, and at the end, % is left out or itself
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DEVICE_NAME_MAX         29 /* octets that fit a scan response */
#define DEVICE_NAME_ADDRESS_LEN 6

/* device_name_check() - whatever the address, the name has 1..DEVICE_NAME_MAX octets
 * Errors: LANDFALL_ERROR_CONFIG */
bool device_name_check(const char *pattern, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* device_name_wants_address() - it cannot be told without the Wi-Fi address */
bool device_name_wants_address(const char *pattern);

/* device_name_expand() - the name; the caller frees it
 * @address: may be NULL when it is not wanted */
char *device_name_expand(const char *pattern, const uint8_t *address);
