/* SPDX-License-Identifier: MIT */
/*
 * identity-message - the clear messages of landfall-store and landfall-status
 *
 * Requests are returned encoded; answers are decoded into plain values.
 * Source: docs/identity.md of the product, which is meant to be all a client needs.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDENTITY_DIGEST_LEN 32
#define IDENTITY_PARTS      6
#define IDENTITY_STEPS      8

/* What an identity consists of; less one of its number on the wire. */
typedef enum IdentityPart {
	IDENTITY_CERTIFICATE,
	IDENTITY_KEY,
	IDENTITY_TRUST,
	IDENTITY_BROKER,
	IDENTITY_WIFI,
	IDENTITY_WIFI_TRUST,
} IdentityPart;

typedef enum IdentityPhase {
	IDENTITY_IDLE,
	IDENTITY_UPLOADING,
	IDENTITY_COMMITTING,
	IDENTITY_COMMITTED,
	IDENTITY_REFUSED,
} IdentityPhase;

typedef enum IdentityRequestPhase {
	IDENTITY_NOTHING,
	IDENTITY_MAKING,
	IDENTITY_READY,
	IDENTITY_FAILED,
} IdentityRequestPhase;

enum {
	IDENTITY_RESULT_OK = 0,
	IDENTITY_RESULT_OFFSET = 4,
	IDENTITY_RESULT_DIGEST = 5,
	IDENTITY_RESULT_BUSY = 6,
};

/* One part to be sent; data NULL: not sent. */
typedef struct IdentityPlan {
	const uint8_t *data; /* borrowed */
	size_t len;
	uint8_t digest[IDENTITY_DIGEST_LEN];
} IdentityPlan;

typedef struct IdentityState {
	unsigned result; /* of the command */
	char error[256];
	unsigned phase;
	size_t received[IDENTITY_PARTS];
	unsigned outcome; /* of a refused commit */
	char outcome_error[256];
	unsigned generation;
} IdentityState;

typedef struct IdentityPage {
	unsigned result;
	char error[256];
	unsigned phase;
	size_t size;
	size_t offset;
	uint8_t data[512];
	size_t len;
} IdentityPage;

typedef struct IdentityStatus {
	unsigned states[IDENTITY_STEPS]; /* 0 pending, 1 done, 2 failed */
	char texts[IDENTITY_STEPS][256];
	unsigned generation;
} IdentityStatus;

GByteArray *identity_message_state(void);
GByteArray *identity_message_begin(const void *id, size_t id_len,
				   const IdentityPlan plans[IDENTITY_PARTS]);
GByteArray *identity_message_write(const void *id, size_t id_len, IdentityPart part, size_t offset,
				   const void *data, size_t len);
GByteArray *identity_message_commit(const void *id, size_t id_len);
GByteArray *identity_message_request(const char *common_name, bool new_key);
GByteArray *identity_message_read(size_t offset);
GByteArray *identity_message_status(void);

/* identity_parse_state() - the answer to state, begin, write, commit; @msg is the command's number
 * Errors, as for all: PHONE_ERROR_PROTOCOL */
bool identity_parse_state(const GByteArray *in, unsigned msg, IdentityState *state,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* identity_parse_page() - the answer to request (10) and read (12) */
bool identity_parse_page(const GByteArray *in, unsigned msg, IdentityPage *page,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* identity_parse_status() - the answer of landfall-status; all eight steps in order */
bool identity_parse_status(const GByteArray *in, IdentityStatus *status,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* identity_result_name() - "ok", "out of turn" ...; static */
const char *identity_result_name(unsigned result);

/* identity_step_name() - "wifi", "address" ...; static */
const char *identity_step_name(unsigned step);
