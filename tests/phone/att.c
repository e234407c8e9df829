/* SPDX-License-Identifier: MIT */
#include "tests/phone/att.h"

#include "tests/phone/phone-error.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRANSACTION_MS 30000 /* Vol 3, Part F, 3.3.3 */
#define RECEIVE_MAX    1024  /* more than any MTU, so that an oversized PDU is seen as such */

struct Att {
	int fd;
	uint16_t mtu;
	uint16_t offered; /* what we answer when the device proposes an MTU */
	uint8_t error_code;
	unsigned transaction_ms;
	int64_t deadline_us;
};

Att *att_new(int fd)
{
	Att *att = g_new0(Att, 1);

	att->fd = fd;
	att->mtu = ATT_MTU_MIN;
	att->offered = ATT_MTU_MAX;
	att->transaction_ms = TRANSACTION_MS;
	att->deadline_us = INT64_MAX;
	return att;
}

void att_free(Att *att)
{
	if (!att)
		return;
	close(att->fd);
	g_free(att);
}

void att_set_time(Att *att, unsigned transaction_ms, int64_t deadline_us)
{
	att->transaction_ms = transaction_ms;
	att->deadline_us = deadline_us;
}

uint16_t att_mtu(const Att *att)
{
	return att->mtu;
}

uint8_t att_error_code(const Att *att)
{
	return att->error_code;
}

void att_note_error(Att *att, uint8_t code)
{
	att->error_code = code;
}

int att_fd(const Att *att)
{
	return att->fd;
}

GByteArray *att_pdu(uint8_t opcode)
{
	GByteArray *pdu = g_byte_array_new();

	g_byte_array_append(pdu, &opcode, 1);
	return pdu;
}

void att_put_u16(GByteArray *pdu, uint16_t value)
{
	uint8_t octets[] = { (uint8_t)value, (uint8_t)(value >> 8) };

	g_byte_array_append(pdu, octets, sizeof(octets));
}

uint16_t att_get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

const char *att_error_name(uint8_t code)
{
	static const char *const names[] = {
		[0x01] = "Invalid Handle",
		[0x02] = "Read Not Permitted",
		[0x03] = "Write Not Permitted",
		[0x04] = "Invalid PDU",
		[0x05] = "Insufficient Authentication",
		[0x06] = "Request Not Supported",
		[0x07] = "Invalid Offset",
		[0x08] = "Insufficient Authorization",
		[0x09] = "Prepare Queue Full",
		[0x0a] = "Attribute Not Found",
		[0x0b] = "Attribute Not Long",
		[0x0c] = "Encryption Key Size Too Short",
		[0x0d] = "Invalid Attribute Value Length",
		[0x0e] = "Unlikely Error",
		[0x0f] = "Insufficient Encryption",
		[0x10] = "Unsupported Group Type",
		[0x11] = "Insufficient Resources",
		[0x12] = "Database Out Of Sync",
		[0x13] = "Value Not Allowed",
	};

	if (code < G_N_ELEMENTS(names) && names[code])
		return names[code];
	return code >= 0x80 && code <= 0x9f ? "an error of the application" : "a reserved code";
}

static bool lost(int code, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_LOST, "the connection is gone: %s",
		    code ? g_strerror(code) : "the device hung up");
	return false;
}

static bool too_late(GError **error)
{
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_TIMEOUT,
			    "no answer from the device in time");
	return false;
}

bool att_send(Att *att, const GByteArray *pdu, GError **error)
{
	struct pollfd entry = { .fd = att->fd, .events = POLLOUT };
	ssize_t sent;

	if (poll(&entry, 1, (int)att->transaction_ms) == 0)
		return too_late(error);
	do
		sent = send(att->fd, pdu->data, pdu->len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)pdu->len || lost(sent < 0 ? errno : EMSGSIZE, error);
}

/* Receive one PDU until @until_us; *@got says whether there was one. */
static bool receive(Att *att, int64_t until_us, GByteArray *pdu, bool *got, GError **error)
{
	struct pollfd entry = { .fd = att->fd, .events = POLLIN };
	int64_t left_us = until_us - g_get_monotonic_time();
	ssize_t len;

	*got = false;
	if (poll(&entry, 1, (int)CLAMP((left_us + 999) / 1000, 0, G_MAXINT)) < 0)
		return errno == EINTR || lost(errno, error);
	if (entry.revents == 0)
		return true;
	g_byte_array_set_size(pdu, RECEIVE_MAX);
	len = recv(att->fd, pdu->data, pdu->len, MSG_DONTWAIT);
	g_byte_array_set_size(pdu, len > 0 ? (guint)len : 0);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (len <= 0)
		return lost(len < 0 ? errno : 0, error);
	*got = true;
	return true;
}

static bool refuse(Att *att, const GByteArray *request, uint8_t code, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_ERROR_RSP);

	g_byte_array_append(pdu, request->data, 1);
	att_put_u16(pdu, request->len >= 3 ? att_get_u16(request->data + 1) : 0);
	g_byte_array_append(pdu, &code, 1);
	return att_send(att, pdu, error);
}

static bool answer_mtu(Att *att, const GByteArray *request, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_MTU_RSP);

	if (request->len == 3)
		att->mtu = MAX(att->mtu, MIN(att->offered, att_get_u16(request->data + 1)));
	att_put_u16(pdu, att->offered);
	return att_send(att, pdu, error);
}

/* Whether a PDU is the device's own wish rather than a response; if so, it is dealt with. */
static bool serve(Att *att, const GByteArray *pdu, bool *served, GError **error)
{
	g_autoptr(GByteArray) confirm = NULL;
	uint8_t opcode = pdu->data[0];

	*served = true;
	switch (opcode) {
	case ATT_MTU_REQ: return answer_mtu(att, pdu, error);
	case ATT_INDICATE: confirm = att_pdu(ATT_CONFIRM); return att_send(att, confirm, error);
	case ATT_FIND_INFO_REQ:
	case ATT_FIND_BY_TYPE_REQ:
	case ATT_READ_BY_TYPE_REQ:
	case ATT_READ_BY_GROUP_REQ: return refuse(att, pdu, ATT_CODE_NOT_FOUND, error);
	case ATT_NOTIFY: return true;
	default: break;
	}
	if (opcode & 0x40) /* a command wants no answer */
		return true;
	if (opcode <= ATT_EXECUTE_RSP && (opcode & 1))
		*served = false;
	else
		return refuse(att, pdu, ATT_CODE_REQUEST_NOT_SUPPORTED, error);
	return true;
}

/* Run until a response came or the time is up; *@got says which. */
static bool run(Att *att, int64_t until_us, GByteArray *pdu, bool *got, GError **error)
{
	do {
		bool served = false;

		if (!receive(att, until_us, pdu, got, error))
			return false;
		if (*got && !serve(att, pdu, &served, error))
			return false;
		if (*got && !served)
			return true;
	} while (g_get_monotonic_time() < until_us);
	*got = false;
	return true;
}

static int64_t until(const Att *att, unsigned ms)
{
	return MIN(att->deadline_us, g_get_monotonic_time() + (int64_t)ms * 1000);
}

bool att_take(Att *att, GByteArray *rsp, GError **error)
{
	bool got;

	if (!run(att, until(att, att->transaction_ms), rsp, &got, error))
		return false;
	return got || too_late(error);
}

bool att_idle(Att *att, unsigned ms, GError **error)
{
	g_autoptr(GByteArray) pdu = g_byte_array_new();
	int64_t until_us = until(att, ms);
	bool got;

	if (!run(att, until_us, pdu, &got, error))
		return false;
	if (got) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device sent response 0x%02x to nothing", pdu->data[0]);
		return false;
	}
	return g_get_monotonic_time() < att->deadline_us || too_late(error);
}

static bool error_response(Att *att, const GByteArray *pdu, const GByteArray *rsp, GError **error)
{
	if (rsp->len != 5 || rsp->data[1] != pdu->data[0]) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device refuses request 0x%02x, but in an unreadable way",
			    pdu->data[0]);
		return false;
	}
	att->error_code = rsp->data[4];
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_ATT, "ATT error 0x%02x, %s", att->error_code,
		    att_error_name(att->error_code));
	return false;
}

bool att_request(Att *att, const GByteArray *pdu, uint8_t answer, GByteArray *rsp, GError **error)
{
	att->error_code = 0;
	if (!att_send(att, pdu, error) || !att_take(att, rsp, error))
		return false;
	if (rsp->data[0] == ATT_ERROR_RSP)
		return error_response(att, pdu, rsp, error);
	if (rsp->data[0] != answer || rsp->len > att->mtu) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device answers request 0x%02x with PDU 0x%02x of %u octets",
			    pdu->data[0], rsp->data[0], rsp->len);
		return false;
	}
	return true;
}

bool att_exchange_mtu(Att *att, uint16_t mtu, GError **error)
{
	g_autoptr(GByteArray) pdu = att_pdu(ATT_MTU_REQ);
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	uint16_t theirs;

	att->offered = mtu;
	att_put_u16(pdu, mtu);
	if (!att_request(att, pdu, ATT_MTU_RSP, rsp, error))
		return false;
	theirs = rsp->len == 3 ? att_get_u16(rsp->data + 1) : 0;
	if (theirs < ATT_MTU_MIN) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "the device answers with an MTU of %u", theirs);
		return false;
	}
	att->mtu = MAX(ATT_MTU_MIN, MIN(mtu, theirs));
	return true;
}
