/* SPDX-License-Identifier: MIT */
/*
 * token - keys that are not in files: a SoftHSM token and a software TPM of the test's own
 *
 * Each makes NAME.key in the folder of the Pki, a file with a URI, and NAME.crt for that key. All
 * failures abort, but for programs that are not installed.
 */
#pragma once

#include <glib.h>

#include "tests/broker/pki.h"

typedef struct Token Token;

/* token_softhsm() - a token with a key
 * @module: shared object that stands between us and SoftHSM's; NULL: none
 * Returns NULL with @why when SoftHSM or OpenSSL's engine is not installed */
Token *token_softhsm(Pki *pki, const char *name, const char *module, const char **why);

/* token_tpm() - a TPM with a key at a persistent handle; NULL as above */
Token *token_tpm(Pki *pki, const char *name, const char **why);

/* token_free() - end it, remove its files; NULL is fine */
void token_free(Token *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Token, token_free)
