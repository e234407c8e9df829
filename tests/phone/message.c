/* SPDX-License-Identifier: MIT */
#include "tests/phone/message.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/phone-wire.h"

#include <string.h>

/* Field 1 of every payload is msg; the numbers of the others. */
enum {
	FIELD_MSG = 1,
	FIELD_STATUS = 2, /* scan and control payloads only */

	SCAN_CMD_START = 10,
	SCAN_CMD_STATUS = 12,
	SCAN_CMD_RESULT = 14,

	CONFIG_CMD_STATUS = 10,
	CONFIG_CMD_SET = 12,
	CONFIG_CMD_APPLY = 14,
};

/* Values of msg. */
enum {
	SCAN_MSG_STATUS = 2,
	SCAN_MSG_RESULT = 4,
	SCAN_MSG_RESULT_REPLY = 5,
	CONFIG_MSG_STATUS_REPLY = 1,
	CONFIG_MSG_SET = 2,
	CONFIG_MSG_APPLY = 4,
};

#define DWELL_MS 120 /* what all three clients ask for */

GByteArray *message_scan_start(void)
{
	g_autoptr(GByteArray) body = g_byte_array_new();
	GByteArray *out = g_byte_array_new();

	phone_wire_put_uint(body, 1, true); /* blocking */
	phone_wire_put_uint(body, 4, DWELL_MS);
	phone_wire_put_message(out, SCAN_CMD_START, body);
	return out;
}

static GByteArray *bare(unsigned msg, uint32_t sub, bool with_sub)
{
	GByteArray *out = g_byte_array_new();

	phone_wire_put_uint(out, FIELD_MSG, msg);
	if (with_sub)
		phone_wire_put_message(out, sub, NULL);
	return out;
}

GByteArray *message_scan_status(bool empty_sub)
{
	return bare(SCAN_MSG_STATUS, SCAN_CMD_STATUS, empty_sub);
}

GByteArray *message_scan_result(unsigned start, unsigned count)
{
	g_autoptr(GByteArray) body = g_byte_array_new();
	GByteArray *out = g_byte_array_new();

	phone_wire_put_uint(body, 1, start);
	phone_wire_put_uint(body, 2, count);
	phone_wire_put_uint(out, FIELD_MSG, SCAN_MSG_RESULT);
	phone_wire_put_message(out, SCAN_CMD_RESULT, body);
	return out;
}

GByteArray *message_set_config(const char *ssid, const char *passphrase, const uint8_t *bssid)
{
	g_autoptr(GByteArray) body = g_byte_array_new();
	GByteArray *out = g_byte_array_new();

	phone_wire_put_bytes(body, 1, ssid, strlen(ssid));
	phone_wire_put_bytes(body, 2, passphrase, passphrase ? strlen(passphrase) : 0);
	phone_wire_put_bytes(body, 3, bssid, bssid ? MESSAGE_BSSID_LEN : 0);
	phone_wire_put_uint(out, FIELD_MSG, CONFIG_MSG_SET);
	phone_wire_put_message(out, CONFIG_CMD_SET, body);
	return out;
}

GByteArray *message_apply_config(bool empty_sub)
{
	return bare(CONFIG_MSG_APPLY, CONFIG_CMD_APPLY, empty_sub);
}

GByteArray *message_get_status(void)
{
	return bare(0, CONFIG_CMD_STATUS, true);
}

GByteArray *message_control(MessageControl control)
{
	return bare(control, 0, false);
}

/* A payload taken apart: its msg, its status, and the one sub-message the caller waits for. */
typedef struct Payload {
	uint64_t msg;
	uint64_t status;
	bool has_sub;
	WireReader sub;
} Payload;

static bool garbled(const char *what, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, "the device's %s is garbled", what);
	return false;
}

/* Answers carry sub-message 10 + msg, save for control, where it is 10 + msg as well. */
static bool payload_parse(const GByteArray *in, unsigned msg, bool own_status, Payload *payload,
			  const char *what, GError **error)
{
	WireReader reader = phone_wire_reader(in->data, in->len);
	WireField field;

	*payload = (Payload){ 0 };
	while (phone_wire_next(&reader, &field)) {
		if (field.number == FIELD_MSG && field.type == WIRE_VARINT) {
			payload->msg = field.value;
		} else if (own_status && field.number == FIELD_STATUS &&
			   field.type == WIRE_VARINT) {
			payload->status = field.value;
		} else if (field.number == 10 + msg && field.type == WIRE_LENGTH) {
			payload->has_sub = true;
			payload->sub = phone_wire_reader(field.data, field.len);
		}
	}
	if (reader.bad)
		return garbled(what, error);
	if (payload->msg != msg || !payload->has_sub) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device's %s is message %u %s its content, not message %u", what,
			    (unsigned)payload->msg, payload->has_sub ? "with" : "without", msg);
		return false;
	}
	return true;
}

bool message_parse_scan(const GByteArray *in, unsigned msg, MessageScan *scan, GError **error)
{
	Payload payload;
	WireField field;

	*scan = (MessageScan){ 0 };
	if (!payload_parse(in, msg, true, &payload, "answer about the scan", error))
		return false;
	while (phone_wire_next(&payload.sub, &field)) {
		if (field.number == 1)
			scan->finished = field.value != 0;
		else if (field.number == 2)
			scan->count = (unsigned)field.value;
	}
	if (payload.sub.bad)
		return garbled("answer about the scan", error);
	scan->status = (unsigned)payload.status;
	return true;
}

static bool copy_bounded(uint8_t *to, size_t *to_len, size_t max, const WireField *field)
{
	if (field->type != WIRE_LENGTH || field->len > max)
		return false;
	memcpy(to, field->data, field->len);
	*to_len = field->len;
	return true;
}

static bool network_parse(const WireField *entry, MessageNetwork *network, GError **error)
{
	WireReader reader = phone_wire_reader(entry->data, entry->len);
	size_t bssid_len = 0;
	bool fits = true;
	WireField field;

	*network = (MessageNetwork){ 0 };
	while (fits && phone_wire_next(&reader, &field)) {
		if (field.number == 1)
			fits = copy_bounded(network->ssid, &network->ssid_len, MESSAGE_SSID_MAX,
					    &field);
		else if (field.number == 2)
			network->channel = (unsigned)field.value;
		else if (field.number == 3)
			network->rssi_dbm = (int)(int64_t)field.value;
		else if (field.number == 4)
			fits = copy_bounded(network->bssid, &bssid_len, MESSAGE_BSSID_LEN, &field);
		else if (field.number == 5)
			network->auth = (unsigned)field.value;
	}
	if (reader.bad || !fits || bssid_len != MESSAGE_BSSID_LEN)
		return garbled("list of networks", error);
	return true;
}

bool message_parse_networks(const GByteArray *in, GArray *networks, GError **error)
{
	g_autoptr(GArray) found = g_array_new(false, false, sizeof(MessageNetwork));
	Payload payload;
	WireField field;

	if (!payload_parse(in, SCAN_MSG_RESULT_REPLY, true, &payload, "list of networks", error))
		return false;
	if (payload.status != 0) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_STATUS,
			    "the device answers %s when asked for networks",
			    message_status_name((unsigned)payload.status));
		return false;
	}
	while (phone_wire_next(&payload.sub, &field)) {
		MessageNetwork network;

		if (field.number != 1 || field.type != WIRE_LENGTH)
			continue;
		if (!network_parse(&field, &network, error))
			return false;
		g_array_append_val(found, network);
	}
	if (payload.sub.bad)
		return garbled("list of networks", error);
	g_array_append_vals(networks, found->data, found->len);
	return true;
}

bool message_parse_config_status(const GByteArray *in, unsigned msg, unsigned *status,
				 GError **error)
{
	Payload payload;
	WireField field;
	uint64_t value = 0;

	if (!payload_parse(in, msg, false, &payload, "answer to the credentials", error))
		return false;
	while (phone_wire_next(&payload.sub, &field))
		if (field.number == 1 && field.type == WIRE_VARINT)
			value = field.value;
	if (payload.sub.bad)
		return garbled("answer to the credentials", error);
	*status = (unsigned)value;
	return true;
}

static bool link_parse(const WireField *connected, MessageProgress *progress)
{
	WireReader reader = phone_wire_reader(connected->data, connected->len);
	size_t ip4_len = 0, bssid_len = 0;
	bool fits = true;
	WireField field;

	progress->has_link = true;
	while (fits && phone_wire_next(&reader, &field)) {
		if (field.number == 1)
			fits = copy_bounded((uint8_t *)progress->ip4, &ip4_len,
					    sizeof(progress->ip4) - 1, &field);
		else if (field.number == 2)
			progress->link.auth = (unsigned)field.value;
		else if (field.number == 3)
			fits = copy_bounded(progress->link.ssid, &progress->link.ssid_len,
					    MESSAGE_SSID_MAX, &field);
		else if (field.number == 4)
			fits = copy_bounded(progress->link.bssid, &bssid_len, MESSAGE_BSSID_LEN,
					    &field);
		else if (field.number == 5)
			progress->link.channel = (unsigned)field.value;
	}
	return !reader.bad && fits && bssid_len == MESSAGE_BSSID_LEN;
}

static bool progress_field(const WireField *field, MessageProgress *progress)
{
	WireReader reader = phone_wire_reader(field->data, field->len);
	WireField inner;

	switch (field->number) {
	case 1: progress->status = (unsigned)field->value; return true;
	case 2: progress->state = (unsigned)field->value; return true;
	case 10:
		progress->has_reason = true;
		progress->reason = (unsigned)field->value;
		return true;
	case 11: return link_parse(field, progress);
	case 12:
		progress->has_attempts = true;
		while (phone_wire_next(&reader, &inner))
			if (inner.number == 1)
				progress->attempts_left = (unsigned)inner.value;
		return !reader.bad;
	default: return true;
	}
}

bool message_parse_progress(const GByteArray *in, MessageProgress *progress, GError **error)
{
	Payload payload;
	WireField field;

	*progress = (MessageProgress){ 0 };
	if (!payload_parse(in, CONFIG_MSG_STATUS_REPLY, false, &payload, "progress report", error))
		return false;
	while (phone_wire_next(&payload.sub, &field))
		if (!progress_field(&field, progress))
			return garbled("progress report", error);
	if (payload.sub.bad)
		return garbled("progress report", error);
	return true;
}

bool message_parse_control(const GByteArray *in, MessageControl control, unsigned *status,
			   GError **error)
{
	Payload payload;

	if (!payload_parse(in, control + 1, true, &payload, "answer to the control request", error))
		return false;
	*status = (unsigned)payload.status;
	return true;
}

const char *message_status_name(unsigned status)
{
	static const char *const names[] = {
		"Success",         "InvalidSecScheme", "InvalidProto", "TooManySessions",
		"InvalidArgument", "InternalError",    "CryptoError",  "InvalidSession",
	};

	return status < G_N_ELEMENTS(names) ? names[status] : "an unknown status";
}

const char *message_auth_name(unsigned auth)
{
	static const char *const names[] = {
		"open", "WEP", "WPA", "WPA2", "WPA/WPA2", "WPA2 Enterprise", "WPA3", "WPA2/WPA3",
	};

	return auth < G_N_ELEMENTS(names) ? names[auth] : "unknown";
}

char *message_ssid_text(const MessageNetwork *network)
{
	g_autofree char *valid =
		g_utf8_make_valid((const char *)network->ssid, (gssize)network->ssid_len);
	GString *text = g_string_new(NULL);

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);

		if (g_unichar_isprint(character))
			g_string_append_unichar(text, character);
		else
			g_string_append_printf(text, "\\x%02x", character);
	}
	return g_string_free(text, false);
}
