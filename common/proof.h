/* SPDX-License-Identifier: MIT */
/*
 * proof - a proof of possession: what the label on a device shows and the phone's owner types
 *
 * PROOF_LEN characters of an alphabet of 32 that cannot be taken for one another, each as likely as
 * the others: 60 bits. A factory may choose its own, of whatever characters print.
 */
#pragma once

#include "common/random.h"
#include "common/secret.h"

#include <glib.h>

#define PROOF_LEN 12 /* characters of one that is made here */
#define PROOF_MAX 64 /* octets of one that is given */

/* Lower case, without i, l, o and 0 that are misread on a label. */
#define PROOF_ALPHABET "abcdefghjkmnpqrstuvwxyz123456789"

/* proof_new() - a new one that every client can use (srp_password_suits())
 * @username: of security 2
 * Errors: LANDFALL_ERROR_FAILED (no randomness) */
Secret *proof_new(const char *username, RandomFill random, void *random_data,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* proof_parse() - the proof on the one line of a file; its end of line does not count
 * @text: borrowed
 * Returns NULL unless it is one line of 1 to PROOF_MAX printable characters */
Secret *proof_parse(const Secret *text) G_GNUC_WARN_UNUSED_RESULT;
