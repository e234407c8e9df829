/* SPDX-License-Identifier: MIT */
#include "tests/phone/identity-message.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-wire.h"

#include <string.h>

enum {
	MSG_STATE = 0,
	MSG_BEGIN = 2,
	MSG_WRITE = 4,
	MSG_COMMIT = 6,
	MSG_REQUEST = 10,
	MSG_READ = 12
};
enum { FIELD_MSG = 1, FIELD_RESULT = 2, FIELD_ERROR = 3 };
enum { FIELD_BEGIN = 10, FIELD_WRITE = 11, FIELD_COMMIT = 12, FIELD_REQUEST = 14, FIELD_READ = 15 };
enum { FIELD_STATE = 20, FIELD_PAGE = 21, FIELD_STATUS_REPLY = 11 };

static GByteArray *command(unsigned msg, uint32_t field, const GByteArray *body)
{
	GByteArray *out = g_byte_array_new();

	phone_wire_put_uint(out, FIELD_MSG, msg);
	if (body)
		phone_wire_put_message(out, field, body);
	return out;
}

GByteArray *identity_message_state(void)
{
	return command(MSG_STATE, 0, NULL);
}

GByteArray *identity_message_status(void)
{
	return g_byte_array_new();
}

GByteArray *identity_message_begin(const void *id, size_t id_len,
				   const IdentityPlan plans[IDENTITY_PARTS])
{
	g_autoptr(GByteArray) begin = g_byte_array_new();

	phone_wire_put_bytes(begin, 1, id, id_len);
	for (unsigned part = 0; part < IDENTITY_PARTS; part++) {
		g_autoptr(GByteArray) plan = g_byte_array_new();

		if (!plans[part].data)
			continue;
		phone_wire_put_uint(plan, 1, part + 1);
		phone_wire_put_uint(plan, 2, plans[part].len);
		if (plans[part].len > 0)
			phone_wire_put_bytes(plan, 3, plans[part].digest, IDENTITY_DIGEST_LEN);
		phone_wire_put_message(begin, 2, plan);
	}
	return command(MSG_BEGIN, FIELD_BEGIN, begin);
}

GByteArray *identity_message_write(const void *id, size_t id_len, IdentityPart part, size_t offset,
				   const void *data, size_t len)
{
	g_autoptr(GByteArray) write = g_byte_array_new();

	phone_wire_put_bytes(write, 1, id, id_len);
	phone_wire_put_uint(write, 2, part + 1u);
	phone_wire_put_uint(write, 3, offset);
	phone_wire_put_bytes(write, 4, data, len);
	return command(MSG_WRITE, FIELD_WRITE, write);
}

GByteArray *identity_message_commit(const void *id, size_t id_len)
{
	g_autoptr(GByteArray) commit = g_byte_array_new();

	phone_wire_put_bytes(commit, 1, id, id_len);
	return command(MSG_COMMIT, FIELD_COMMIT, commit);
}

GByteArray *identity_message_request(const char *common_name, bool new_key)
{
	g_autoptr(GByteArray) request = g_byte_array_new();

	phone_wire_put_bytes(request, 1, common_name, strlen(common_name));
	phone_wire_put_uint(request, 3, new_key);
	return command(MSG_REQUEST, FIELD_REQUEST, request);
}

GByteArray *identity_message_read(size_t offset)
{
	g_autoptr(GByteArray) read = g_byte_array_new();

	phone_wire_put_uint(read, 1, offset);
	return command(MSG_READ, FIELD_READ, read);
}

/* --- answers --- */

static bool garbled(const char *what, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, "the device's %s is garbled", what);
	return false;
}

static bool take_text(char *to, size_t size, const WireField *field)
{
	if (field->type != WIRE_LENGTH || field->len >= size ||
	    !g_utf8_validate((const char *)field->data, (gssize)field->len, NULL))
		return false;
	memcpy(to, field->data, field->len);
	to[field->len] = '\0';
	return true;
}

static bool received_parse(const WireField *entry, IdentityState *state)
{
	WireReader reader = phone_wire_reader(entry->data, entry->len);
	uint64_t part = 0, received = 0;
	WireField field;

	while (phone_wire_next(&reader, &field)) {
		if (field.number == 1)
			part = field.value;
		else if (field.number == 3)
			received = field.value;
	}
	if (reader.bad || part < 1 || part > IDENTITY_PARTS)
		return false;
	state->received[part - 1] = (size_t)received;
	return true;
}

static bool state_field(const WireField *field, IdentityState *state)
{
	switch (field->number) {
	case 1: state->phase = (unsigned)field->value; return true;
	case 3: return received_parse(field, state);
	case 4: state->outcome = (unsigned)field->value; return true;
	case 5: return take_text(state->outcome_error, sizeof(state->outcome_error), field);
	case 6: state->generation = (unsigned)field->value; return true;
	default: return true;
	}
}

/* The envelope of an answer of landfall-store: the sub-message wanted comes out in @sub. */
static bool envelope_parse(const GByteArray *in, unsigned msg, uint32_t sub_field, unsigned *result,
			   char *text, size_t text_size, WireReader *sub)
{
	WireReader reader = phone_wire_reader(in->data, in->len);
	uint64_t got = 0;
	bool has_sub = false, fits = true;
	WireField field;

	while (fits && phone_wire_next(&reader, &field)) {
		if (field.number == FIELD_MSG)
			got = field.value;
		else if (field.number == FIELD_RESULT)
			*result = (unsigned)field.value;
		else if (field.number == FIELD_ERROR)
			fits = take_text(text, text_size, &field);
		else if (field.number == sub_field && field.type == WIRE_LENGTH) {
			has_sub = true;
			*sub = phone_wire_reader(field.data, field.len);
		}
	}
	return !reader.bad && fits && has_sub && got == msg + 1;
}

bool identity_parse_state(const GByteArray *in, unsigned msg, IdentityState *state, GError **error)
{
	WireReader sub;
	WireField field;

	*state = (IdentityState){ 0 };
	if (!envelope_parse(in, msg, FIELD_STATE, &state->result, state->error,
			    sizeof(state->error), &sub))
		return garbled("answer about its store", error);
	while (phone_wire_next(&sub, &field))
		if (!state_field(&field, state))
			return garbled("answer about its store", error);
	return !sub.bad || garbled("answer about its store", error);
}

bool identity_parse_page(const GByteArray *in, unsigned msg, IdentityPage *page, GError **error)
{
	WireReader sub;
	WireField field;

	*page = (IdentityPage){ 0 };
	if (!envelope_parse(in, msg, FIELD_PAGE, &page->result, page->error, sizeof(page->error),
			    &sub))
		return garbled("page of its request", error);
	while (phone_wire_next(&sub, &field)) {
		if (field.number == 1)
			page->phase = (unsigned)field.value;
		else if (field.number == 2)
			page->size = (size_t)field.value;
		else if (field.number == 3)
			page->offset = (size_t)field.value;
		else if (field.number == 4 && field.len <= sizeof(page->data)) {
			memcpy(page->data, field.data, field.len);
			page->len = field.len;
		}
	}
	return !sub.bad || garbled("page of its request", error);
}

static bool step_parse(const WireField *entry, unsigned number, IdentityStatus *status)
{
	WireReader reader = phone_wire_reader(entry->data, entry->len);
	uint64_t step = 0;
	bool fits = true;
	WireField field;

	while (fits && phone_wire_next(&reader, &field)) {
		if (field.number == 1)
			step = field.value;
		else if (field.number == 2)
			status->states[number] = (unsigned)field.value;
		else if (field.number == 3)
			fits = take_text(status->texts[number], sizeof(status->texts[number]),
					 &field);
	}
	return !reader.bad && fits && step == number;
}

bool identity_parse_status(const GByteArray *in, IdentityStatus *status, GError **error)
{
	WireReader reader = phone_wire_reader(in->data, in->len);
	WireReader sub = phone_wire_reader(NULL, 0);
	unsigned steps = 0;
	bool fits = true;
	WireField field;

	*status = (IdentityStatus){ 0 };
	while (phone_wire_next(&reader, &field))
		if (field.number == FIELD_STATUS_REPLY && field.type == WIRE_LENGTH)
			sub = phone_wire_reader(field.data, field.len);
	while (fits && phone_wire_next(&sub, &field)) {
		if (field.number == 1)
			fits = steps < IDENTITY_STEPS && step_parse(&field, steps++, status);
		else if (field.number == 2)
			status->generation = (unsigned)field.value;
	}
	if (reader.bad || sub.bad || !fits || steps != IDENTITY_STEPS)
		return garbled("account of how far it has come", error);
	return true;
}

const char *identity_result_name(unsigned result)
{
	static const char *const names[] = {
		"ok",           "out of turn", "other upload", "size",    "offset",
		"digest",       "busy",        "incomplete",   "invalid", "key missing",
		"key mismatch", "absent",      "disk",         "failed",
	};

	return result < G_N_ELEMENTS(names) ? names[result] : "an unknown result";
}

const char *identity_step_name(unsigned step)
{
	static const char *const names[IDENTITY_STEPS] = {
		"wifi", "address", "clock", "dns", "tcp", "tls", "mqtt", "telemetry",
	};

	return step < IDENTITY_STEPS ? names[step] : "?";
}
