/* SPDX-License-Identifier: MIT */
/*
 * pkcs11-uri - which token and which object a URI of RFC 7512 names, as far as we make keys by it
 *
 *   pkcs11:token=T;serial=S;manufacturer=M;model=O;object=LABEL;id=%01;type=private
 *       ?module-path=FILE&pin-value=PIN&pin-source=file:FILE
 *
 * Any other attribute is refused: to pass over one would be to take another token than was meant.
 *
 * Owner: whoever parsed it.
 */
#pragma once

#include "common/secret.h"

#include <glib.h>

/* Members that are not in the URI are NULL; all decoded. */
typedef struct Pkcs11Uri {
	char *token;
	char *serial;
	char *manufacturer;
	char *model;
	char *object;
	GBytes *id;
	char *module;     /* path */
	Secret *pin;      /* of pin-value */
	char *pin_source; /* path, maybe behind file: */
} Pkcs11Uri;

/* pkcs11_uri_parse() - take @text, which begins with pkcs11:, apart
 * Errors: LANDFALL_ERROR_INVALID, a clause to stand after the name of the setting */
Pkcs11Uri *pkcs11_uri_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* pkcs11_uri_free() - NULL is fine */
void pkcs11_uri_free(Pkcs11Uri *uri);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pkcs11Uri, pkcs11_uri_free)
