/* SPDX-License-Identifier: MIT */
/*
 * broker-conf - where samples go: the URI of a broker and what is spoken there
 *
 * The same settings stand in two places, the [broker] group of the configuration and the file
 * broker.conf of a store generation. Both are read by the rows of the one configuration table
 * (config-table.c); broker_conf_resolve() lays the first over the second.
 *
 * broker.conf is a GLib key file:
 *
 *     [broker]
 *     uri = mqtts://mqtt.example.org:8883
 *     profile = thingsboard
 *     client_id = gateway-17
 */
#pragma once

#include "common/tls-version.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BROKER_CONF_SIZE_MAX 16384 /* octets of a broker.conf */

typedef enum BrokerProfile {
	BROKER_PROFILE_THINGSBOARD,
	BROKER_PROFILE_EVENTGRID,
	BROKER_PROFILE_IOTHUB,
	BROKER_PROFILE_AWS,
	BROKER_PROFILE_HOMEASSISTANT,
	BROKER_PROFILE_PLAIN,
} BrokerProfile;

typedef enum BrokerProtocol {
	BROKER_PROTOCOL_MQTT_3_1_1,
	BROKER_PROTOCOL_MQTT_5,
} BrokerProtocol;

typedef enum BrokerFormat {
	BROKER_FORMAT_JSON,
	BROKER_FORMAT_CBOR,
} BrokerFormat;

/* By which cloud's own provisioning an identity came to be, or has to. */
typedef enum BrokerEnrolment {
	BROKER_ENROLMENT_NONE,
	BROKER_ENROLMENT_THINGSBOARD,
	BROKER_ENROLMENT_DPS,
	BROKER_ENROLMENT_AWS_FLEET,
} BrokerEnrolment;

/* All of [broker]. Strings are owned; NULL stands for "not given". */
typedef struct BrokerConf {
	char *uri;       /* NULL: no broker is set */
	char *client_id; /* NULL: common name of the certificate */
	char *ca;        /* absolute path; NULL: server_chain.pem of the store or system trust */
	char *topic;     /* of telemetry, a template; NULL: the profile's own */
	char *base;      /* of other topics, a template; NULL: the profile's own */
	char *payload;   /* of one sample, a template; NULL: the profile's own */
	char *user_name; /* a template; NULL: the profile's own */
	char *claim;     /* file of the key that a user claims the device with; NULL: none */
	int64_t claim_duration_ms;
	int64_t keep_alive_ms;      /* MQTT keep alive, whole seconds on the wire */
	int64_t connect_timeout_ms; /* name look-up until CONNACK */
	BrokerProfile profile;
	BrokerProtocol protocol;
	BrokerFormat format;
	bool retain;              /* telemetry is kept by the broker */
	TlsVersion tls;           /* oldest version that is spoken */
	char *alpn;               /* NULL: none is asked for */
	char *crl;                /* absolute path; NULL: revocation is not looked at */
	BrokerEnrolment enrolled; /* written by the agent: this identity is the outcome of that */
	uint32_t given; /* which rows were set by somebody; private to broker and config */
} BrokerConf;

/* broker_conf_parse() - read a broker.conf
 * @text, @len: the file's octets, borrowed; need not end in NUL
 * @name:       the file's path for messages
 * Returns the settings with defaults where nothing is said; free with broker_conf_free()
 * Errors: LANDFALL_ERROR_CONFIG with file and line (unknown key, bad value, too large) */
BrokerConf *broker_conf_parse(const char *text, size_t len, const char *name,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* broker_conf_resolve() - what the agent obeys: each key from @config if given there, else from
 * @stored, else the default
 * @config: [broker] of the configuration, borrowed
 * @stored: broker.conf of the store, borrowed; NULL when there is none
 * Returns a copy to be freed with broker_conf_free(); its uri is NULL when neither names one */
BrokerConf *broker_conf_resolve(const BrokerConf *config, const BrokerConf *stored);

/* broker_profile_name() - "thingsboard", as written in configuration files */
const char *broker_profile_name(BrokerProfile profile);

/* broker_conf_free() - NULL is fine */
void broker_conf_free(BrokerConf *conf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BrokerConf, broker_conf_free)
