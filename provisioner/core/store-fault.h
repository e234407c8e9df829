/* SPDX-License-Identifier: MIT */
/*
 * store-fault - why landfall-store refuses something; the numbers are those of the wire's
 * StoreResult
 *
 * Only a phone that has proved possession gets to see these, so each comes with a sentence.
 */
#pragma once

#include <glib.h>

#define STORE_FAULT (store_fault_quark())

typedef enum StoreFault {
	STORE_FAULT_NONE,         /* never an error */
	STORE_FAULT_OUT_OF_TURN,  /* no upload, no request is under way */
	STORE_FAULT_OTHER_UPLOAD, /* another one is */
	STORE_FAULT_SIZE,         /* out of bounds, or not as announced */
	STORE_FAULT_OFFSET,       /* not where the part ends */
	STORE_FAULT_DIGEST,       /* the part is not what was announced */
	STORE_FAULT_BUSY,       /* a commit or a key is being made; another program has the store */
	STORE_FAULT_INCOMPLETE, /* octets are missing */
	STORE_FAULT_INVALID,    /* certificate, chain or settings do not hold */
	STORE_FAULT_KEY_MISSING,  /* neither sent nor pending, or not readable */
	STORE_FAULT_KEY_MISMATCH, /* the certificate is for another key */
	STORE_FAULT_ABSENT,       /* nothing to add to: the store is empty */
	STORE_FAULT_DISK,         /* full, or not writable */
	STORE_FAULT_FAILED,       /* anything else */
	STORE_FAULT_N,
} StoreFault;

GQuark store_fault_quark(void);

/* store_fault_code() - the code of @error: STORE_FAULT_FAILED for any other domain,
 * _NONE for NULL */
StoreFault store_fault_code(const GError *error);
