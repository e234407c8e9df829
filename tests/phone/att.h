/* SPDX-License-Identifier: MIT */
/*
 * att - the client's half of the Attribute Protocol over one packet socket
 *
 * One request at a time, 30 s for each; what the device asks or announces meanwhile is answered as
 * a phone without services of its own would: MTU exchange agreed to, indications confirmed,
 * notifications dropped, anything else refused.
 *
 *   PDU  opcode (1) | parameters, little endian
 *
 * Source: Bluetooth Core Specification, Vol 3, Part F.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATT_MTU_MIN   23
#define ATT_MTU_MAX   517
#define ATT_VALUE_MAX 512

enum {
	ATT_ERROR_RSP = 0x01,
	ATT_MTU_REQ = 0x02,
	ATT_MTU_RSP = 0x03,
	ATT_FIND_INFO_REQ = 0x04,
	ATT_FIND_INFO_RSP = 0x05,
	ATT_FIND_BY_TYPE_REQ = 0x06,
	ATT_FIND_BY_TYPE_RSP = 0x07,
	ATT_READ_BY_TYPE_REQ = 0x08,
	ATT_READ_BY_TYPE_RSP = 0x09,
	ATT_READ_REQ = 0x0a,
	ATT_READ_RSP = 0x0b,
	ATT_READ_BLOB_REQ = 0x0c,
	ATT_READ_BLOB_RSP = 0x0d,
	ATT_READ_BY_GROUP_REQ = 0x10,
	ATT_READ_BY_GROUP_RSP = 0x11,
	ATT_WRITE_REQ = 0x12,
	ATT_WRITE_RSP = 0x13,
	ATT_PREPARE_REQ = 0x16,
	ATT_PREPARE_RSP = 0x17,
	ATT_EXECUTE_REQ = 0x18,
	ATT_EXECUTE_RSP = 0x19,
	ATT_NOTIFY = 0x1b,
	ATT_INDICATE = 0x1d,
	ATT_CONFIRM = 0x1e,
	ATT_WRITE_CMD = 0x52,
};

/* Codes of an Error Response that matter here. */
enum {
	ATT_CODE_REQUEST_NOT_SUPPORTED = 0x06,
	ATT_CODE_NOT_FOUND = 0x0a,
	ATT_CODE_NOT_LONG = 0x0b,
};

typedef struct Att Att;

/* att_new() - speak over @fd, a connected packet socket; it is closed by att_free() */
Att *att_new(int fd);

void att_free(Att *att);

/* att_set_time() - how long one request may take, in ms; 30 s when never called
 * @deadline_us: overall, by g_get_monotonic_time(); INT64_MAX for none */
void att_set_time(Att *att, unsigned transaction_ms, int64_t deadline_us);

/* att_exchange_mtu() - propose an MTU; the smaller of both sides' is used from then on
 * Errors: as att_request() */
bool att_exchange_mtu(Att *att, uint16_t mtu, GError **error) G_GNUC_WARN_UNUSED_RESULT;

uint16_t att_mtu(const Att *att);

/* att_request() - send a request and take its response
 * @pdu: what to send, 1..MTU octets, borrowed
 * @answer: the opcode the response must have
 * @rsp: replaced by the whole response PDU
 * Errors: PHONE_ERROR_ATT (the code is in att_error_code()), PHONE_ERROR_LOST,
 * PHONE_ERROR_TIMEOUT, PHONE_ERROR_PROTOCOL (an answer to something else) */
bool att_request(Att *att, const GByteArray *pdu, uint8_t answer, GByteArray *rsp,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* att_send() - send a PDU that has no response: a command, or raw octets of a script
 * Errors: PHONE_ERROR_LOST */
bool att_send(Att *att, const GByteArray *pdu, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* att_take() - wait for whatever response comes, an Error Response too, and return it as it is
 * Errors: PHONE_ERROR_LOST, PHONE_ERROR_TIMEOUT */
bool att_take(Att *att, GByteArray *rsp, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* att_idle() - let @ms pass, answering what the device asks
 * Errors: PHONE_ERROR_LOST, PHONE_ERROR_TIMEOUT (the overall deadline) */
bool att_idle(Att *att, unsigned ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* att_error_code() - the code of the last refused request; 0 when it was not refused.
 * Dropping prepared pieces after a refusal leaves it alone */
uint8_t att_error_code(const Att *att);

/* att_note_error() - set that code, after an att_take() that got an Error Response */
void att_note_error(Att *att, uint8_t code);

/* att_error_name() - words for such a code; static */
const char *att_error_name(uint8_t code);

/* att_fd() - the socket, to ask the kernel about the link; borrowed */
int att_fd(const Att *att);

/* Little helpers to build PDUs. */
GByteArray *att_pdu(uint8_t opcode);
void att_put_u16(GByteArray *pdu, uint16_t value);
uint16_t att_get_u16(const uint8_t *at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Att, att_free)
