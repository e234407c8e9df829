/* SPDX-License-Identifier: MIT */
/*
 * prov-error - how the core answers, why it refuses, and where its randomness comes from
 *
 * Anything but a reply is an ATT error to the peer and tells it nothing more.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROV_ERROR (prov_error_quark())

typedef enum ProvError {
	PROV_ERROR_STATE,    /* out of turn */
	PROV_ERROR_VALUE,    /* a field is missing, out of bounds or not decodable */
	PROV_ERROR_AUTH,     /* proof of possession, verifier or tag is wrong */
	PROV_ERROR_BUSY,     /* another peer holds the service, or a reply is still due */
	PROV_ERROR_INTERNAL, /* our fault: random source, crypto library */
} ProvError;

GQuark prov_error_quark(void);

/* How a request fared. */
typedef enum ProvAnswer {
	PROV_ANSWER_FAILED,   /* with an error */
	PROV_ANSWER_READY,    /* the reply is there */
	PROV_ANSWER_DEFERRED, /* the reply will come */
} ProvAnswer;

/* ProvRandom - fill @out with @len octets fit for keys; false fails the request */
typedef bool (*ProvRandom)(void *data, uint8_t *out, size_t len);
