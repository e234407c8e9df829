/* SPDX-License-Identifier: MIT */
/*
 * store-upload - one set of parts on its way here, in chunks
 *
 * Everything is announced first: which parts, how long, with which digest. So every bound is met
 * before an octet is kept, and a phone that comes back knows by the same announcement whether what
 * is here is the beginning of what it has. Octets come in order; a part is held against its digest
 * when its last octet is there, and starts over when it is something else.
 */
#pragma once

#include "provisioner/core/store-fault.h"
#include "provisioner/core/store-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_UPLOAD_ID_MAX     16
#define STORE_UPLOAD_DIGEST_LEN 32

typedef struct StoreUpload StoreUpload;

/* One part as it is announced. */
typedef struct StorePartPlan {
	bool sent;
	uint32_t size; /* 0: the part is to be removed */
	uint8_t sha256[STORE_UPLOAD_DIGEST_LEN];
} StorePartPlan;

/* All of it. Plain value. */
typedef struct StoreUploadPlan {
	uint8_t id[STORE_UPLOAD_ID_MAX];
	size_t id_len; /* 1..STORE_UPLOAD_ID_MAX */
	StorePartPlan parts[STORE_PART_N];
} StoreUploadPlan;

/* store_upload_new() - nothing has come yet
 * @plan: copied
 * Errors: STORE_FAULT_SIZE (no part, one too long, one empty that cannot be removed, id of the
 * wrong length) */
StoreUpload *store_upload_new(const StoreUploadPlan *plan,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_upload_free() - NULL is fine; what has come is cleansed */
void store_upload_free(StoreUpload *upload);

/* store_upload_is() - the upload of that id */
bool store_upload_is(const StoreUpload *upload, const void *id, size_t len);

/* store_upload_matches() - the very same announcement, so that it can be gone on with */
bool store_upload_matches(const StoreUpload *upload, const StoreUploadPlan *plan);

/* store_upload_plan() - what was announced, borrowed */
const StoreUploadPlan *store_upload_plan(const StoreUpload *upload);

/* store_upload_received() - octets of @part that are here */
uint32_t store_upload_received(const StoreUpload *upload, StorePartId part);

/* store_upload_write() - the next octets of a part
 * @data: borrowed, 1 octet or more
 * Errors, after which nothing has changed: STORE_FAULT_SIZE (not announced, beyond its end),
 * STORE_FAULT_OFFSET. After STORE_FAULT_DIGEST the part is empty again. */
bool store_upload_write(StoreUpload *upload, StorePartId part, uint32_t offset, const void *data,
			size_t len, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_upload_complete() - all octets are here and are what was announced
 * Errors: STORE_FAULT_INCOMPLETE, naming the first part that is not */
bool store_upload_complete(const StoreUpload *upload, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_upload_deliver() - the parts, borrowed for the life of @upload */
StoreDelivery store_upload_deliver(const StoreUpload *upload);

/* store_upload_discard() - cleanse what has come, keep the announcement */
void store_upload_discard(StoreUpload *upload);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreUpload, store_upload_free)
