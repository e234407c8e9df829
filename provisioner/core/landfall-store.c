/* SPDX-License-Identifier: MIT */
#include "provisioner/core/landfall-store.h"

#include "provisioner/core/proto/landfall-store.pb-c.h"
#include "provisioner/core/store-upload.h"
#include "provisioner/core/wire.h"

#include <string.h>

#define COMMON_NAME_MAX 64

G_STATIC_ASSERT((int)STORE_FAULT_FAILED == (int)PB__STORE_RESULT__StoreFailed);
G_STATIC_ASSERT((int)STORE_PART_WIFI_TRUST == (int)PB__STORE_PART__StoreWifiTrust - 1);

/* Numbers as on the wire. */
typedef enum StorePhase {
	PHASE_IDLE,
	PHASE_UPLOADING,
	PHASE_COMMITTING,
	PHASE_COMMITTED,
	PHASE_REFUSED,
} StorePhase;

typedef enum RequestPhase {
	REQUEST_NONE,
	REQUEST_MAKING,
	REQUEST_READY,
	REQUEST_FAILED,
} RequestPhase;

struct LandfallStore {
	const StorePort *port;
	void *port_data;
	StorePhase phase;
	StoreUpload *upload; /* NULL: IDLE */
	GError *outcome;     /* REFUSED: why */
	bool committing;     /* the port is at work, maybe for an upload that was forgotten */
	RequestPhase request_phase;
	GBytes *request;       /* READY */
	GError *request_error; /* FAILED */
	bool requesting;       /* as committing */
};

typedef bool (*StoreCommand)(LandfallStore *store, const Pb__StorePayload *in, GError **error);

static const char *const phase_names[] = {
	[PHASE_IDLE] = "idle",
	[PHASE_UPLOADING] = "uploading",
	[PHASE_COMMITTING] = "committing",
	[PHASE_COMMITTED] = "committed",
	[PHASE_REFUSED] = "refused",
};

/* The one place that changes the phase. */
static void store_enter(LandfallStore *store, StorePhase phase)
{
	if (store->phase != phase)
		g_debug("store: %s -> %s", phase_names[store->phase], phase_names[phase]);
	store->phase = phase;
	if (phase != PHASE_REFUSED)
		g_clear_error(&store->outcome);
	if (phase == PHASE_IDLE)
		g_clear_pointer(&store->upload, store_upload_free);
}

LandfallStore *landfall_store_new(const StorePort *port, void *port_data)
{
	LandfallStore *store = g_new0(LandfallStore, 1);

	store->port = port;
	store->port_data = port_data;
	return store;
}

static void request_clear(LandfallStore *store)
{
	store->request_phase = REQUEST_NONE;
	g_clear_pointer(&store->request, g_bytes_unref);
	g_clear_error(&store->request_error);
}

void landfall_store_clear(LandfallStore *store)
{
	store_enter(store, PHASE_IDLE);
	request_clear(store);
}

void landfall_store_free(LandfallStore *store)
{
	if (!store)
		return;
	landfall_store_clear(store);
	g_free(store);
}

static bool fault(GError **error, StoreFault code, const char *text)
{
	g_set_error_literal(error, STORE_FAULT, (int)code, text);
	return false;
}

/* ---- the commands: each changes what it has to and returns, the reply tells how it stands ---- */

static bool on_state(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	return true;
}

static bool plan_part(StoreUploadPlan *plan, const Pb__StorePartPlan *in, GError **error)
{
	StorePartPlan *part;

	if (in->part < PB__STORE_PART__StoreCertificate ||
	    in->part > PB__STORE_PART__StoreWifiTrust)
		return fault(error, STORE_FAULT_SIZE, "there is no such part");
	part = &plan->parts[in->part - 1];
	if (part->sent)
		return fault(error, STORE_FAULT_SIZE, "a part is announced twice");
	if (in->size > 0 && in->sha256.len != STORE_UPLOAD_DIGEST_LEN)
		return fault(error, STORE_FAULT_SIZE, "a digest has 32 octets");
	part->sent = true;
	part->size = in->size;
	if (in->size > 0)
		memcpy(part->sha256, in->sha256.data, STORE_UPLOAD_DIGEST_LEN);
	return true;
}

static bool plan_read(const Pb__StoreBegin *begin, StoreUploadPlan *plan, GError **error)
{
	if (begin->upload.len == 0 || begin->upload.len > STORE_UPLOAD_ID_MAX)
		return fault(error, STORE_FAULT_SIZE, "the id of an upload has 1 to 16 octets");
	memcpy(plan->id, begin->upload.data, begin->upload.len);
	plan->id_len = begin->upload.len;
	for (size_t i = 0; i < begin->n_parts; i++)
		if (!plan_part(plan, begin->parts[i], error))
			return false;
	return true;
}

static bool on_begin(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	StoreUploadPlan plan = { .id_len = 0 };

	if (store->committing)
		return fault(error, STORE_FAULT_BUSY, "a commit is under way");
	if (!plan_read(in->begin, &plan, error))
		return false;
	if (store->upload && store_upload_matches(store->upload, &plan)) {
		if (store->phase != PHASE_COMMITTED)
			store_enter(store, PHASE_UPLOADING);
		return true;
	}

	StoreUpload *upload = store_upload_new(&plan, error);

	if (!upload)
		return false;
	store_upload_free(store->upload);
	store->upload = upload;
	store_enter(store, PHASE_UPLOADING);
	return true;
}

/* Is this about the upload that is here? */
static bool upload_holds(const LandfallStore *store, const ProtobufCBinaryData *id, GError **error)
{
	if (!store->upload)
		return fault(error, STORE_FAULT_OUT_OF_TURN, "no upload was begun");
	if (!store_upload_is(store->upload, id->data, id->len))
		return fault(error, STORE_FAULT_OTHER_UPLOAD, "another upload is under way");
	return true;
}

static bool on_write(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	const Pb__StoreWrite *write = in->write;

	if (!upload_holds(store, &write->upload, error))
		return false;
	if (store->phase != PHASE_UPLOADING && store->phase != PHASE_REFUSED)
		return fault(error, STORE_FAULT_OUT_OF_TURN, "the upload is over");
	if (write->part < PB__STORE_PART__StoreCertificate ||
	    write->part > PB__STORE_PART__StoreWifiTrust)
		return fault(error, STORE_FAULT_SIZE, "there is no such part");
	return store_upload_write(store->upload, (StorePartId)(write->part - 1), write->offset,
				  write->data.data, write->data.len, error);
}

static bool on_commit(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	if (!upload_holds(store, &in->commit->upload, error))
		return false;
	if (store->phase == PHASE_COMMITTING || store->phase == PHASE_COMMITTED)
		return true;
	if (store->committing)
		return fault(error, STORE_FAULT_BUSY, "another commit is under way");
	if (!store_upload_complete(store->upload, error))
		return false;

	StoreDelivery delivery = store_upload_deliver(store->upload);

	store_enter(store, PHASE_COMMITTING);
	store->committing = true;
	store->port->commit(store->port_data, &delivery);
	return true;
}

static bool on_abort(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	if (!store->upload)
		return true;
	if (!upload_holds(store, &in->abort->upload, error))
		return false;
	if (store->phase == PHASE_COMMITTING)
		return fault(error, STORE_FAULT_BUSY, "a commit is under way");
	store_enter(store, PHASE_IDLE);
	return true;
}

static bool on_request(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	const Pb__StoreRequestCommand *command = in->request;
	StoreWish wish = {
		.common_name = command->common_name[0] ? command->common_name : NULL,
		.key_type = (unsigned int)command->key_type,
		.new_key = command->new_key != 0,
	};

	if (store->requesting)
		return fault(error, STORE_FAULT_BUSY, "a key is being made");
	if (strlen(command->common_name) > COMMON_NAME_MAX)
		return fault(error, STORE_FAULT_SIZE, "a common name has up to 64 octets");
	if (wish.key_type > PB__STORE_KEY_TYPE__StoreRsa2048)
		return fault(error, STORE_FAULT_INVALID, "there is no such type of key");
	request_clear(store);
	store->request_phase = REQUEST_MAKING;
	store->requesting = true;
	store->port->request(store->port_data, &wish);
	return true;
}

static bool on_read(LandfallStore *store, const Pb__StorePayload *in, GError **error)
{
	switch (store->request_phase) {
	case REQUEST_NONE: return fault(error, STORE_FAULT_OUT_OF_TURN, "nothing was requested");
	case REQUEST_MAKING: return true;
	case REQUEST_READY: break;
	case REQUEST_FAILED:
		g_propagate_error(error, g_error_copy(store->request_error));
		return false;
	}
	if (in->read->offset > g_bytes_get_size(store->request))
		return fault(error, STORE_FAULT_OFFSET, "the request is shorter");
	return true;
}

/* What each command has to carry; none: 0. */
static const struct {
	Pb__StoreMsg msg;
	Pb__StorePayload__PayloadCase payload;
	StoreCommand run;
} commands[] = {
	{ PB__STORE_MSG__CmdStoreState, PB__STORE_PAYLOAD__PAYLOAD__NOT_SET, on_state },
	{ PB__STORE_MSG__CmdStoreBegin, PB__STORE_PAYLOAD__PAYLOAD_BEGIN, on_begin },
	{ PB__STORE_MSG__CmdStoreWrite, PB__STORE_PAYLOAD__PAYLOAD_WRITE, on_write },
	{ PB__STORE_MSG__CmdStoreCommit, PB__STORE_PAYLOAD__PAYLOAD_COMMIT, on_commit },
	{ PB__STORE_MSG__CmdStoreAbort, PB__STORE_PAYLOAD__PAYLOAD_ABORT, on_abort },
	{ PB__STORE_MSG__CmdStoreRequest, PB__STORE_PAYLOAD__PAYLOAD_REQUEST, on_request },
	{ PB__STORE_MSG__CmdStoreRead, PB__STORE_PAYLOAD__PAYLOAD_READ, on_read },
};

/* ---- replies ---- */

/* A sentence of bounded length; protobuf-c wants it writable. */
static char *error_text(const GError *error)
{
	g_autofree char *text = g_strndup(error ? error->message : "", LANDFALL_STORE_ERROR_MAX);
	const char *end = NULL;

	g_utf8_validate(text, -1, &end);
	return g_strndup(text, (gsize)(end - text));
}

static void page_fill(const LandfallStore *store, uint32_t offset, Pb__StorePage *page)
{
	size_t size = 0;
	const uint8_t *data = store->request ? g_bytes_get_data(store->request, &size) : NULL;

	page->phase = (Pb__StoreRequestPhase)store->request_phase;
	page->size = (uint32_t)size;
	page->offset = offset;
	if (offset < size)
		page->data = (ProtobufCBinaryData){ MIN(size - offset, LANDFALL_STORE_PAGE_MAX),
						    (uint8_t *)data + offset };
}

static bool reply_page(const LandfallStore *store, const Pb__StorePayload *in,
		       Pb__StorePayload *reply, GByteArray *out, GError **error)
{
	Pb__StorePage page = PB__STORE_PAGE__INIT;

	page_fill(store, in->msg == PB__STORE_MSG__CmdStoreRead ? in->read->offset : 0, &page);
	if (in->msg == PB__STORE_MSG__CmdStoreRequest)
		page.data = (ProtobufCBinaryData){ 0, NULL };
	reply->payload_case = PB__STORE_PAYLOAD__PAYLOAD_PAGE;
	reply->page = &page;
	return wire_pack(&reply->base, out, error);
}

static size_t parts_fill(const StoreUpload *upload, Pb__StorePartState *parts)
{
	const StoreUploadPlan *plan = store_upload_plan(upload);
	size_t n = 0;

	for (int id = 0; id < STORE_PART_N; id++) {
		if (!plan->parts[id].sent)
			continue;
		pb__store_part_state__init(&parts[n]);
		parts[n].part = (Pb__StorePart)(id + 1);
		parts[n].size = plan->parts[id].size;
		parts[n].received = store_upload_received(upload, (StorePartId)id);
		n++;
	}
	return n;
}

static bool reply_state(const LandfallStore *store, Pb__StorePayload *reply, GByteArray *out,
			GError **error)
{
	g_autofree char *outcome = error_text(store->outcome);
	Pb__StoreState state = PB__STORE_STATE__INIT;
	Pb__StorePartState parts[STORE_PART_N];
	Pb__StorePartState *list[STORE_PART_N];

	state.phase = (Pb__StorePhase)store->phase;
	state.outcome = (Pb__StoreResult)store_fault_code(store->outcome);
	state.outcome_error = outcome;
	state.generation = store->port->generation(store->port_data);
	if (store->upload) {
		const StoreUploadPlan *plan = store_upload_plan(store->upload);

		state.upload = (ProtobufCBinaryData){ plan->id_len, (uint8_t *)plan->id };
		state.n_parts = parts_fill(store->upload, parts);
		for (size_t i = 0; i < state.n_parts; i++)
			list[i] = &parts[i];
		state.parts = list;
	}
	reply->payload_case = PB__STORE_PAYLOAD__PAYLOAD_STATE;
	reply->state = &state;
	return wire_pack(&reply->base, out, error);
}

static bool reply_to(const LandfallStore *store, const Pb__StorePayload *in, const GError *refusal,
		     GByteArray *out, GError **error)
{
	g_autofree char *text = error_text(refusal);
	Pb__StorePayload reply = PB__STORE_PAYLOAD__INIT;

	reply.msg = (Pb__StoreMsg)(in->msg + 1);
	reply.result = (Pb__StoreResult)store_fault_code(refusal);
	reply.error = text;
	if (in->msg == PB__STORE_MSG__CmdStoreRequest || in->msg == PB__STORE_MSG__CmdStoreRead)
		return reply_page(store, in, &reply, out, error);
	return reply_state(store, &reply, out, error);
}

static StoreCommand command_find(const Pb__StorePayload *in)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (commands[i].msg == in->msg)
			return commands[i].payload == in->payload_case ? commands[i].run : NULL;
	return NULL;
}

bool landfall_store_handle(LandfallStore *store, const Secret *request, GByteArray *out,
			   GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__StorePayload *in = wire_unpack(&arena, &pb__store_payload__descriptor,
						 secret_data(request), secret_len(request), error);
	g_autoptr(GError) refusal = NULL;

	if (!in)
		return false;

	StoreCommand run = command_find(in);

	if (!run) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "no command of landfall-store (%d)", (int)in->msg);
		return false;
	}
	if (!store->port) {
		g_set_error_literal(error, PROV_ERROR, PROV_ERROR_STATE, "there is no store");
		return false;
	}
	return reply_to(store, in, run(store, in, &refusal) ? NULL : refusal, out, error);
}

/* ---- outcomes ---- */

void landfall_store_on_committed(LandfallStore *store, const GError *error)
{
	if (!store->committing)
		return;
	store->committing = false;
	if (store->phase != PHASE_COMMITTING)
		return; /* forgotten meanwhile */
	if (error) {
		store_enter(store, PHASE_REFUSED);
		store->outcome = g_error_copy(error);
	} else {
		store_enter(store, PHASE_COMMITTED);
		store_upload_discard(store->upload);
	}
}

void landfall_store_on_request(LandfallStore *store, GBytes *request, const GError *error)
{
	if (!store->requesting)
		return;
	store->requesting = false;
	if (store->request_phase != REQUEST_MAKING)
		return;
	store->request_phase = request ? REQUEST_READY : REQUEST_FAILED;
	if (request && g_bytes_get_size(request) <= LANDFALL_STORE_REQUEST_MAX) {
		store->request = g_bytes_ref(request);
		return;
	}
	store->request_phase = REQUEST_FAILED;
	store->request_error =
		error ? g_error_copy(error)
		      : g_error_new_literal(STORE_FAULT, STORE_FAULT_FAILED,
					    "the request is longer than can be sent");
}
