/* SPDX-License-Identifier: MIT */
/*
 * enrol - one exchange in which a cloud gives this device its place: octets in, octets out
 *
 *   thingsboard   the cloud takes the certificate we have for that of a device
 *   aws-fleet     the cloud signs our request and names the thing
 *   dps           the cloud names the hub that is ours, and the device there
 *
 *   enrol_filters()   to be subscribed to
 *   enrol_begin()     the first message, once the subscriptions stand
 *   enrol_receive()   for each message that comes: nothing, the next one to send, or the end
 *   enrol_result()    what the cloud decided
 *
 * An EnrolKind is a cloud as static data with a few functions, one file each. Time limits, pauses
 * and attempts are the owner's; so is what becomes of the result. docs/clouds.md has it in words.
 */
#pragma once

#include "common/broker-conf.h"
#include "common/secret.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENROL_ANSWER_MAX (64 * 1024) /* octets of a message that is looked at */
#define ENROL_NAME_MAX   128         /* octets of the device's name */

typedef struct Enrol Enrol;
typedef struct EnrolKind EnrolKind;

/* How it stands */
typedef enum EnrolState {
	ENROL_IDLE,    /* nothing is to be done */
	ENROL_RUNNING, /* an attempt is under way */
	ENROL_WAITING, /* for the next attempt */
} EnrolState;

/* What the exchange has to know; which of it, says enrol_kind_lacks(). Borrowed for enrol_new(). */
typedef struct EnrolSettings {
	const char *name;        /* that the device asks for */
	const char *certificate; /* of the device: DER in base64, one line */
	const char *request;     /* for a certificate: PKCS#10 in PEM */
	const Secret *key;       /* what admits new devices, two parts of UTF-8 without NUL */
	const Secret *secret;
	const char *id_scope;
	const char *template;
	const char *parameters; /* NAME=VALUE with blanks between; %n is the name, %% a percent */
} EnrolSettings;

/* A message to the cloud; it may hold a secret. */
typedef struct EnrolMessage {
	char *topic;
	Secret *payload;
} EnrolMessage;

/* What follows from a message of the cloud. */
typedef enum EnrolStepType {
	ENROL_STEP_NOTHING,
	ENROL_STEP_SEND,
	ENROL_STEP_DONE,
} EnrolStepType;

typedef struct EnrolStep {
	EnrolStepType type;
	EnrolMessage *message; /* SEND; to be freed by whoever asked */
	uint32_t wait_ms;      /* SEND: after that long */
	uint32_t retry_ms;     /* with an error: come again no sooner */
} EnrolStep;

/* What the cloud decided; NULL: nothing about it. Lives as long as the Enrol. */
typedef struct EnrolResult {
	const char *certificate; /* PEM, for the key of the request */
	const char *host;        /* of the broker */
	const char *client_id;
} EnrolResult;

/* enrol_kind() - of that method; NULL for BROKER_ENROLMENT_NONE */
const EnrolKind *enrol_kind(BrokerEnrolment method);

/* enrol_kind_name() - as in the configuration; static */
const char *enrol_kind_name(const EnrolKind *kind);

/* enrol_kind_profile() - what is spoken afterwards */
BrokerProfile enrol_kind_profile(const EnrolKind *kind);

/* enrol_kind_uri() - where the exchange goes; NULL: to the broker itself */
const char *enrol_kind_uri(const EnrolKind *kind);

/* enrol_kind_shows() - whether our certificate is shown in the TLS handshake of the exchange */
bool enrol_kind_shows(const EnrolKind *kind);

/* enrol_kind_requests() - whether a new certificate is asked for */
bool enrol_kind_requests(const EnrolKind *kind);

/* enrol_kind_secret() - whether a key and a secret are needed */
bool enrol_kind_secret(const EnrolKind *kind);

/* enrol_kind_lacks() - the setting that is missing, as in the configuration; NULL: none */
const char *enrol_kind_lacks(const EnrolKind *kind, const char *id_scope, const char *template);

/* enrol_kind_takes() - whether a device may have that name there
 * Errors: LANDFALL_ERROR_CONFIG */
bool enrol_kind_takes(const EnrolKind *kind, const char *name, GError **error);

/* enrol_new() - an exchange that has not begun
 * @kind: static
 * Returns it, free with enrol_free()
 * Errors: LANDFALL_ERROR_CONFIG (a setting that this cloud would not take) */
Enrol *enrol_new(const EnrolKind *kind, const EnrolSettings *settings,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* enrol_free() - secrets are cleansed; NULL is fine */
void enrol_free(Enrol *enrol);

/* enrol_client_id() - for the connection */
const char *enrol_client_id(const Enrol *enrol);

/* enrol_user_name() - for the connection; NULL: none */
const char *enrol_user_name(const Enrol *enrol);

/* enrol_filters() - what to subscribe to, up to a NULL */
const char *const *enrol_filters(const Enrol *enrol);

/* enrol_begin() - the first message, once for each Enrol; free with enrol_message_free() */
EnrolMessage *enrol_begin(Enrol *enrol);

/* enrol_receive() - what a message means; what is not for us, or out of turn, is NOTHING
 * @topic: valid UTF-8; @payload: @len octets of any value
 * @step:  set in any case
 * Errors, after which the exchange is over: LANDFALL_ERROR_DENIED (the cloud refuses), FULL (it is
 * busy: later), INVALID (the answer is none) */
bool enrol_receive(Enrol *enrol, const char *topic, const void *payload, size_t len,
		   EnrolStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* enrol_result() - after DONE */
EnrolResult enrol_result(const Enrol *enrol);

/* enrol_message_free() - NULL is fine */
void enrol_message_free(EnrolMessage *message);

/* enrol_state_name() - "idle", "running", "waiting"; static */
const char *enrol_state_name(EnrolState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Enrol, enrol_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EnrolMessage, enrol_message_free)
