/* SPDX-License-Identifier: MIT */
#include "provisioner/core/store-upload.h"

#include "common/store.h"

#include <openssl/evp.h>
#include <string.h>

typedef struct UploadPart {
	Secret *data; /* of the announced size; NULL: not sent */
	uint32_t received;
} UploadPart;

struct StoreUpload {
	StoreUploadPlan plan;
	UploadPart parts[STORE_PART_N];
};

typedef struct PartRow {
	const char *name;
	uint32_t size_max;
	bool removable;
} PartRow;

static const PartRow rows[] = {
	[STORE_PART_CERTIFICATE] = { STORE_CERT_NAME, STORE_CERT_SIZE_MAX, false },
	[STORE_PART_KEY] = { STORE_KEY_NAME, STORE_KEY_SIZE_MAX, false },
	[STORE_PART_TRUST] = { STORE_CHAIN_NAME, STORE_CHAIN_SIZE_MAX, true },
	[STORE_PART_BROKER] = { STORE_BROKER_NAME, BROKER_CONF_SIZE_MAX, false },
	[STORE_PART_WIFI] = { STORE_WIFI_NAME, WIFI_CONF_SIZE_MAX, true },
	[STORE_PART_WIFI_TRUST] = { STORE_WIFI_CA_NAME, STORE_WIFI_CA_SIZE_MAX, true },
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) == STORE_PART_N);

static bool part_holds(StorePartId id, const StorePartPlan *part, GError **error)
{
	const PartRow *row = &rows[id];

	if (part->size <= row->size_max && (part->size > 0 || row->removable))
		return true;
	g_set_error(error, STORE_FAULT, STORE_FAULT_SIZE, "%s of %u octets; %u to %u are allowed",
		    row->name, part->size, row->removable ? 0 : 1, row->size_max);
	return false;
}

static bool plan_holds(const StoreUploadPlan *plan, GError **error)
{
	bool any = false;

	if (plan->id_len == 0 || plan->id_len > STORE_UPLOAD_ID_MAX) {
		g_set_error(error, STORE_FAULT, STORE_FAULT_SIZE,
			    "the id of an upload has 1 to %d octets, not %zu", STORE_UPLOAD_ID_MAX,
			    plan->id_len);
		return false;
	}
	for (int id = 0; id < STORE_PART_N; id++) {
		any = any || plan->parts[id].sent;
		if (plan->parts[id].sent && !part_holds((StorePartId)id, &plan->parts[id], error))
			return false;
	}
	if (!any)
		g_set_error_literal(error, STORE_FAULT, STORE_FAULT_SIZE, "an upload needs a part");
	return any;
}

StoreUpload *store_upload_new(const StoreUploadPlan *plan, GError **error)
{
	if (!plan_holds(plan, error))
		return NULL;

	StoreUpload *upload = g_new0(StoreUpload, 1);

	upload->plan = *plan;
	for (int id = 0; id < STORE_PART_N; id++)
		if (plan->parts[id].sent)
			upload->parts[id].data = secret_new_zeroed(plan->parts[id].size);
	return upload;
}

void store_upload_discard(StoreUpload *upload)
{
	for (int id = 0; id < STORE_PART_N; id++)
		g_clear_pointer(&upload->parts[id].data, secret_free);
}

void store_upload_free(StoreUpload *upload)
{
	if (!upload)
		return;
	store_upload_discard(upload);
	g_free(upload);
}

bool store_upload_is(const StoreUpload *upload, const void *id, size_t len)
{
	return upload->plan.id_len == len && memcmp(upload->plan.id, id, len) == 0;
}

static bool part_equal(const StorePartPlan *a, const StorePartPlan *b)
{
	return a->sent == b->sent &&
	       (!a->sent ||
		(a->size == b->size && memcmp(a->sha256, b->sha256, STORE_UPLOAD_DIGEST_LEN) == 0));
}

bool store_upload_matches(const StoreUpload *upload, const StoreUploadPlan *plan)
{
	if (!store_upload_is(upload, plan->id, plan->id_len))
		return false;
	for (int id = 0; id < STORE_PART_N; id++)
		if (!part_equal(&upload->plan.parts[id], &plan->parts[id]))
			return false;
	return true;
}

const StoreUploadPlan *store_upload_plan(const StoreUpload *upload)
{
	return &upload->plan;
}

uint32_t store_upload_received(const StoreUpload *upload, StorePartId part)
{
	g_return_val_if_fail((size_t)part < STORE_PART_N, 0);
	return upload->parts[part].received;
}

static bool digest_holds(const StorePartPlan *plan, const Secret *data)
{
	uint8_t digest[STORE_UPLOAD_DIGEST_LEN];
	size_t len = 0;

	return EVP_Q_digest(NULL, "SHA256", NULL, secret_data(data), secret_len(data), digest,
			    &len) == 1 &&
	       len == sizeof(digest) && memcmp(digest, plan->sha256, len) == 0;
}

bool store_upload_write(StoreUpload *upload, StorePartId id, uint32_t offset, const void *data,
			size_t len, GError **error)
{
	const StorePartPlan *plan = &upload->plan.parts[id];
	UploadPart *part = &upload->parts[id];

	if (!plan->sent || len == 0 || len > plan->size || offset > plan->size - len) {
		g_set_error(error, STORE_FAULT, STORE_FAULT_SIZE,
			    "%zu octets at %u of %s do not fit the %u announced", len, offset,
			    rows[id].name, plan->sent ? plan->size : 0);
		return false;
	}
	if (offset != part->received) {
		g_set_error(error, STORE_FAULT, STORE_FAULT_OFFSET,
			    "%s goes on at octet %u, not %u", rows[id].name, part->received,
			    offset);
		return false;
	}
	memcpy(secret_bytes(part->data) + offset, data, len);
	part->received += (uint32_t)len;
	if (part->received < plan->size || digest_holds(plan, part->data))
		return true;
	part->received = 0;
	g_set_error(error, STORE_FAULT, STORE_FAULT_DIGEST,
		    "%s is not what was announced: its SHA-256 differs; send it again",
		    rows[id].name);
	return false;
}

bool store_upload_complete(const StoreUpload *upload, GError **error)
{
	for (int id = 0; id < STORE_PART_N; id++) {
		const StorePartPlan *plan = &upload->plan.parts[id];

		if (!plan->sent || upload->parts[id].received == plan->size)
			continue;
		g_set_error(error, STORE_FAULT, STORE_FAULT_INCOMPLETE,
			    "%u of %u octets of %s are here", upload->parts[id].received,
			    plan->size, rows[id].name);
		return false;
	}
	return true;
}

StoreDelivery store_upload_deliver(const StoreUpload *upload)
{
	StoreDelivery delivery = { { NULL } };

	for (int id = 0; id < STORE_PART_N; id++)
		delivery.parts[id] = upload->parts[id].data;
	return delivery;
}
