/* SPDX-License-Identifier: MIT */
/*
 * phone-error - what can go wrong for a phone, and the exit status each case has
 *
 * One code per thing a test wants to tell apart: the device is not in the air, it hung up, it
 * refused the proof, it answered nonsense, and so on.
 */
#pragma once

#include <glib.h>

#define PHONE_ERROR (phone_error_quark())

typedef enum PhoneError {
	PHONE_ERROR_USAGE,      /* options or a script line make no sense */
	PHONE_ERROR_ABSENT,     /* the device was not found on the air */
	PHONE_ERROR_ADAPTER,    /* our own Bluetooth adapter is missing or refuses */
	PHONE_ERROR_LOST,       /* the connection could not be made, or ended */
	PHONE_ERROR_ATT,        /* the device answered a request with an ATT error */
	PHONE_ERROR_REFUSED,    /* the device refused our proof of possession */
	PHONE_ERROR_TIMEOUT,    /* no answer in time */
	PHONE_ERROR_PROTOCOL,   /* the device answered what no client could use */
	PHONE_ERROR_STATUS,     /* the device answered a request with a status other than Success */
	PHONE_ERROR_EMPTY,      /* the list of networks is empty and this client stops there */
	PHONE_ERROR_IMPOSTOR,   /* the device does not know the proof of possession itself */
	PHONE_ERROR_PASSWORD,   /* Wi-Fi: the network refused the passphrase */
	PHONE_ERROR_NO_NETWORK, /* Wi-Fi: there is no such network */
	PHONE_ERROR_JOIN,       /* Wi-Fi: failed for a reason the protocol has no code for */
	PHONE_ERROR_UNEXPECTED, /* it worked, --expect said it must not; or a script disagrees */
	PHONE_ERROR_LEFT,       /* --walk-away-after: we hung up on purpose */
	PHONE_ERROR_INTERNAL,   /* the crypto library, a system call */
	PHONE_ERROR_N,
} PhoneError;

GQuark phone_error_quark(void);

/* phone_error_exit_status() - 0..99 for an error of PHONE_ERROR, 1 for any other domain;
 * 0 is for PHONE_ERROR_LEFT alone */
int phone_error_exit_status(const GError *error);

/* phone_error_name() - "not-on-air" ...: the word for it in --expect and in JSON; static */
const char *phone_error_name(const GError *error);
