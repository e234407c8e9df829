/* SPDX-License-Identifier: MIT */
/*
 * error - the error domain of common/ and the exit status of every program
 *
 * Each code stands for one thing an operator can mend, so each has an exit status of its own
 * (error_exit_status()); docs/exit-status.md and the manual pages list the same table.
 */
#pragma once

#include <glib.h>

#define LANDFALL_ERROR (landfall_error_quark())

typedef enum LandfallError {
	LANDFALL_ERROR_FAILED,         /* anything without a code of its own */
	LANDFALL_ERROR_USAGE,          /* wrong options or arguments */
	LANDFALL_ERROR_CONFIG,         /* configuration file unreadable, unknown key, bad value */
	LANDFALL_ERROR_STORE_ABSENT,   /* the store holds no identity */
	LANDFALL_ERROR_STORE_INVALID,  /* certificate, chain or broker.conf does not hold */
	LANDFALL_ERROR_KEY_UNREADABLE, /* device.key cannot be read or decoded */
	LANDFALL_ERROR_KEY_MISMATCH,   /* device.key does not belong to device.crt */
	LANDFALL_ERROR_BUS,            /* no bus, or our name is taken */
	LANDFALL_ERROR_ADAPTER,        /* no usable Bluetooth adapter, or no bluetoothd */
	LANDFALL_ERROR_WIFI,           /* no Wi-Fi interface, or nobody who manages it */
	LANDFALL_ERROR_SPOOL,          /* the spool cannot be opened or written */
	LANDFALL_ERROR_FULL,           /* a limit was reached: disk, spool budget, queue */
	LANDFALL_ERROR_NETWORK,        /* name, TCP, TLS or MQTT connection failed */
	LANDFALL_ERROR_DENIED,         /* permission missing */
	LANDFALL_ERROR_UNAVAILABLE,    /* a Landfall service is not running */
	LANDFALL_ERROR_INVALID,        /* input from outside breaks its rules */
	LANDFALL_ERROR_CANCELLED,      /* given up by its owner */
} LandfallError;

GQuark landfall_error_quark(void);

/* error_exit_status() - what a program that fails with @error exits with
 * @error: any error, or NULL for success
 * Returns 0 for NULL, 1 for foreign domains and FAILED, 2 for USAGE, 10 and up for the others */
int error_exit_status(const GError *error);
