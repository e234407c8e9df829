/* SPDX-License-Identifier: MIT */
/*
 * secret - octets that leave no trace: keys, passphrases, proofs of possession
 *
 * Owner: whoever holds the pointer; secret_free() (or its autoptr) cleanses before it frees.
 * There is no way to print one, and comparison takes the same time whatever differs.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Secret Secret;

/* secret_new() - copy @len octets into a secret of their own
 * @data: borrowed; may be NULL when @len is 0. The caller cleanses its own copy. */
Secret *secret_new(const void *data, size_t len);

/* secret_new_zeroed() - a secret of @len octets to be filled through secret_bytes() */
Secret *secret_new_zeroed(size_t len);

/* secret_copy() - an independent copy; NULL gives NULL */
Secret *secret_copy(const Secret *secret);

/* secret_free() - cleanse and free; NULL is fine */
void secret_free(Secret *secret);

/* secret_data() - the octets, borrowed for the life of @secret; followed by a NUL that is not
 * counted, so that text can be handed to C interfaces */
const uint8_t *secret_data(const Secret *secret);

/* secret_bytes() - the same, writable, for whoever is filling it */
uint8_t *secret_bytes(Secret *secret);

/* secret_len() - number of octets, without the NUL */
size_t secret_len(const Secret *secret);

/* secret_equal() - compare in constant time; different lengths differ */
bool secret_equal(const Secret *a, const Secret *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)
