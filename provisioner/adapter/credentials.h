/* SPDX-License-Identifier: MIT */
/*
 * credentials - the proof of possession and what security 2 makes of it, on disk
 *
 * One folder, 0700, holds three files, each 0600:
 *
 *   pop        the proof of possession, text on one line; the label on the device shows it
 *   salt       octets, the first not 0
 *   verifier   octets: g^x mod N, where x comes from salt, user name and the proof
 *
 *   pop    salt + verifier
 *   none   none              first start: all three are made
 *   there  not both, whole   salt and verifier are made from the proof
 *   there  there, not its    the proof was changed by hand: both are made again
 *   none   both              set by the factory: security 2 alone works
 *   none   one, or damaged   refused: nobody can tell what was meant
 *
 * What root makes, when somebody starts the daemon by hand, belongs to whoever has the folder
 * above. The proof is written before what is derived from it, so a power cut leaves one of these
 * rows. Whether the files fit each other is calculated in a process of its own (common/apart.h).
 */
#pragma once

#include "common/secret.h"

#include <glib.h>

typedef struct Credentials {
	char *username;
	Secret *pop; /* NULL: not known here */
	GBytes *salt;
	GBytes *verifier;
} Credentials;

/* credentials_load() - read the folder, making what is missing; while there is one thread only
 * @folder:   created with its parents when it does not exist
 * @username: of security 2, "wifiprov" as the phone apps preset it
 * Errors: LANDFALL_ERROR_INVALID (a file is empty, too long, none or does not fit the others),
 * LANDFALL_ERROR_DENIED (not ours to read or write), LANDFALL_ERROR_FAILED (disk, random source) */
Credentials *credentials_load(const char *folder, const char *username,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* credentials_free() - cleanse and free; NULL is fine */
void credentials_free(Credentials *credentials);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credentials, credentials_free)
