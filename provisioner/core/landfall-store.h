/* SPDX-License-Identifier: MIT */
/*
 * landfall-store - the endpoint that takes an identity and gives a request for a certificate
 *
 *   phase        begin                 write     commit          abort     a new link
 *   IDLE         -> UPLOADING          refused   refused         -         -
 *   UPLOADING    the same: goes on     taken     complete:       -> IDLE   stays
 *                other: anew                     -> COMMITTING
 *   COMMITTING   refused               refused   -               refused   stays
 *   COMMITTED    the same: -           refused   -               -> IDLE   stays
 *                other: -> UPLOADING
 *   REFUSED      the same: -> UPLOAD.  taken     -> COMMITTING   -> IDLE   stays
 *                other: anew
 *
 * The request for a certificate goes its own way beside that: NONE -> MAKING -> READY or FAILED,
 * read in pages, made again on demand.
 *
 * What cannot be decoded is an error of the request, as on every endpoint. Everything else is told
 * to the phone with a code and a sentence: only one that has proved possession gets here.
 */
#pragma once

#include "provisioner/core/prov-error.h"
#include "provisioner/core/store-fault.h"
#include "provisioner/core/store-port.h"

#include <glib.h>

#define LANDFALL_STORE_PAGE_MAX    400  /* octets of a request in one reply */
#define LANDFALL_STORE_ERROR_MAX   180  /* octets of a sentence */
#define LANDFALL_STORE_REQUEST_MAX 8192 /* octets of a request for a certificate */

typedef struct LandfallStore LandfallStore;

/* landfall_store_new() - nothing is under way
 * @port, @port_data: borrowed for its life; @port NULL: there is no store, all is refused */
LandfallStore *landfall_store_new(const StorePort *port, void *port_data);

/* landfall_store_free() - NULL is fine; what has come is cleansed */
void landfall_store_free(LandfallStore *store);

/* landfall_store_handle() - one request
 * @in: the clear request, borrowed
 * @out: appended to on success, untouched on failure
 * Errors: PROV_ERROR_VALUE (not decodable, no such command), PROV_ERROR_STATE (no store) */
bool landfall_store_handle(LandfallStore *store, const Secret *in, GByteArray *out,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* landfall_store_clear() - forget the upload and the request; a commit under way goes on, its
 * outcome is forgotten */
void landfall_store_clear(LandfallStore *store);

/* landfall_store_on_committed() - the port is done with it
 * @error: STORE_FAULT, or NULL: the parts are the current generation now; borrowed */
void landfall_store_on_committed(LandfallStore *store, const GError *error);

/* landfall_store_on_request() - the port has a request, or has not
 * @request: PEM, up to LANDFALL_STORE_REQUEST_MAX octets, borrowed; NULL with @error set */
void landfall_store_on_request(LandfallStore *store, GBytes *request, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LandfallStore, landfall_store_free)
