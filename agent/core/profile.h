/* SPDX-License-Identifier: MIT */
/*
 * profile - how this device speaks with its cloud: topics and payloads, octets in, octets out
 *
 * A ProfileKind is a cloud as static data with a few functions; a Profile is one together with
 * what it has to know of this device, fixed for its life. docs/clouds.md has the topics.
 *
 *   telemetry   payload.h
 *   down        profile_filters(), profile_receive()
 *   up          profile_hello(), profile_answer(), profile_report()
 *
 * Templates: %c client id, %h host, %b base, %% a percent sign.
 *
 * Owner: a Profile is counted and never changes, so that any thread may hold it.
 */
#pragma once

#include "agent/core/command.h"
#include "agent/core/sample.h"
#include "common/broker-conf.h"
#include "common/secret.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_READINGS_MAX 256 /* that a cloud is told of over one connection */

typedef struct Profile Profile;

/* What a profile knows of the device; borrowed during profile_new(). */
typedef struct ProfileSettings {
	const char *client_id;
	const char *host;          /* of the broker */
	const char *topic;         /* of telemetry, a template; NULL: the kind's own */
	const char *base;          /* of all other topics of some kinds, a template */
	const char *user_name;     /* a template; NULL: the kind's own */
	const char *payload;       /* of one sample, see profile-plain.c; NULL: the kind's own */
	const Secret *claim;       /* key that a user claims the device with; NULL: none */
	int64_t claim_duration_ms; /* how long it holds; 0: as the server says */
	bool mqtt5;                /* version 5 is to be spoken, rather than 3.1.1 */
	bool cbor;                 /* telemetry as CBOR in place of JSON */
	bool retain;               /* telemetry is kept by the broker */
} ProfileSettings;

/* profile_settings_of() - all that @broker, borrowed, says: not client_id, host and claim */
ProfileSettings profile_settings_of(const BrokerConf *broker);

/* A message to the cloud that is no telemetry. */
typedef struct ProfileMessage {
	char *topic;
	GBytes *payload;
	bool retain;
} ProfileMessage;

/* What a rate counts. */
typedef enum ProfileRateKind {
	PROFILE_RATE_ANY,       /* messages */
	PROFILE_RATE_OTHER,     /* messages that are no telemetry */
	PROFILE_RATE_TELEMETRY, /* messages of telemetry */
	PROFILE_RATE_POINTS,    /* values in telemetry */
	PROFILE_RATE_OCTETS,    /* of payloads */
	PROFILE_RATE_KINDS,
} ProfileRateKind;

/* So many in so many seconds. */
typedef struct ProfileRate {
	ProfileRateKind kind;
	uint32_t count; /* 1 or more, as are the seconds */
	uint32_t seconds;
} ProfileRate;

#define PROFILE_RATES_MAX 12

/* What the cloud takes; 0: it does not say. */
typedef struct ProfileLimits {
	size_t payload;                       /* octets of one message */
	unsigned inflight;                    /* messages without acknowledgement */
	ProfileRate rates[PROFILE_RATES_MAX]; /* all hold together */
	size_t rates_count;
} ProfileLimits;

/* What the documentation of a cloud says a connection may have; 0 and NULL: nothing. */
typedef struct ProfileBounds {
	bool mqtt3_alone; /* 3.1.1: version 5 is not spoken */
	unsigned keep_alive_max_s;
	unsigned filters_max;        /* subscriptions */
	size_t client_id_max;        /* octets */
	const char *client_id_marks; /* characters it may have beside letters and digits of ASCII */
	size_t topic_max;            /* octets of the topic of telemetry */
	unsigned slashes_max;        /* in it, without slashes_free */
	const char *slashes_free;    /* a topic that begins so has three more */
	ProfileLimits limits;
} ProfileBounds;

typedef enum ProfileInputType {
	PROFILE_INPUT_NONE,     /* not for us, or of no use */
	PROFILE_INPUT_COMMAND,  /* to be answered */
	PROFILE_INPUT_SETTINGS, /* wishes of the operator; what we know of them is obeyed */
	PROFILE_INPUT_LIMITS,   /* of this cloud */
	PROFILE_INPUT_ANEW,     /* the other side began anew: say hello again */
} ProfileInputType;

/* What a message of the cloud means. */
typedef struct ProfileInput {
	ProfileInputType type;
	Command *command;     /* COMMAND */
	cJSON *settings;      /* SETTINGS: an object */
	ProfileLimits limits; /* LIMITS */
} ProfileInput;

/* What parts the samples of one payload; a sample alone has neither open nor close. */
typedef struct ProfileFrame {
	const char *open;
	const char *separator;
	const char *close;
} ProfileFrame;

/* What of the settings a kind has a use for; all else is refused. */
typedef enum ProfileWants {
	PROFILE_WANTS_TOPIC = 1 << 0,
	PROFILE_WANTS_BASE = 1 << 1,
	PROFILE_WANTS_PAYLOAD = 1 << 2, /* and cbor */
	PROFILE_WANTS_RETAIN = 1 << 3,
	PROFILE_WANTS_CLAIM = 1 << 4,
} ProfileWants;

typedef struct ProfileKind {
	const char *name;      /* as in the configuration */
	uint32_t wants;        /* bits of ProfileWants */
	const char *topic;     /* template of telemetry */
	const char *user_name; /* template; NULL: none */
	const char *presence;  /* template of the topic that says online or offline; NULL: none */
	unsigned samples_max;  /* in one message; 0: any number */
	const char *const *filters; /* templates of what to subscribe to, up to a NULL; or NULL */
	size_t payload_max;         /* octets that suit its servers */
	bool tells_limits;          /* when asked in its hello */
	ProfileBounds bounds;

	/* append() - one sample, without what separates it from others */
	void (*append)(const Profile *profile, GString *text, const Sample *sample);

	/* hello() - append what is to be sent once the subscriptions stand. Or NULL */
	void (*hello)(const Profile *profile, const char *report, GPtrArray *messages);

	/* report() - the message that tells @report, a JSON object. Or NULL */
	ProfileMessage *(*report)(const Profile *profile, const char *report);

	/* announce() - append what has to be said before the telemetry @payload is sent
	 * @known: names that were announced over this connection, grows. Or NULL */
	void (*announce)(const Profile *profile, GHashTable *known, const char *payload, size_t len,
			 GPtrArray *messages);

	/* receive() - what a message of the cloud means; @input is NONE before. Or NULL */
	void (*receive)(const Profile *profile, const char *topic, const void *payload, size_t len,
			ProfileInput *input);

	/* answer() - the message that answers @command, which has a reply. NULL
	 * where receive() is */
	ProfileMessage *(*answer)(const Profile *profile, const Command *command,
				  const char *result, const GError *error);
} ProfileKind;

/* profile_find() - by name; NULL when there is none */
const ProfileKind *profile_find(const char *name);

/* profile_new() - @kind for one device
 * @kind: static
 * Errors: LANDFALL_ERROR_CONFIG (a topic that is none; a setting that means nothing to @kind; a
 * client id or topic that its cloud does not take) */
Profile *profile_new(const ProfileKind *kind, const ProfileSettings *settings,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* profile_ref(), profile_unref() - NULL is fine for unref */
Profile *profile_ref(const Profile *profile);
void profile_unref(Profile *profile);

/* profile_kind() - what it was made from */
const ProfileKind *profile_kind(const Profile *profile);

/* profile_topic() - where telemetry goes */
const char *profile_topic(const Profile *profile);

/* profile_frame() - what parts the samples of a payload */
const ProfileFrame *profile_frame(const Profile *profile);

/* profile_settings() - as told, but for topics; lives as long as @profile */
const ProfileSettings *profile_settings(const Profile *profile);

/* profile_samples_max() - in one message; 0: any number */
unsigned profile_samples_max(const Profile *profile);

/* profile_limits() - what this cloud takes as far as its documentation says */
const ProfileLimits *profile_limits(const Profile *profile);

/* profile_limits_tighten() - let @limits obey @told as well: of rates both, of the rest the less */
void profile_limits_tighten(ProfileLimits *limits, const ProfileLimits *told);

/* profile_kind_keep_alive_s() - @wanted, or the most this cloud takes */
unsigned profile_kind_keep_alive_s(const ProfileKind *kind, unsigned wanted);

/* profile_keep_alive_s() - the same */
unsigned profile_keep_alive_s(const Profile *profile, unsigned wanted);

/* profile_user_name() - for the connection; NULL: none */
const char *profile_user_name(const Profile *profile);

/* profile_presence_message() - for the topic that says whether the device is there, to be kept by
 * the broker; NULL: there is none */
ProfileMessage *profile_presence_message(const Profile *profile, bool online);

/* profile_client_id() - as told */
const char *profile_client_id(const Profile *profile);

/* profile_filters() - what to subscribe to, up to a NULL; may be empty */
const char *const *profile_filters(const Profile *profile);

/* profile_receive() - what a message means
 * @input: set, to be cleared by profile_input_clear() */
void profile_receive(const Profile *profile, const char *topic, const void *payload, size_t len,
		     ProfileInput *input);

/* profile_input_clear() - forget what it holds */
void profile_input_clear(ProfileInput *input);

/* profile_answer() - the message that answers @command; NULL when it asks for none
 * @result: JSON text, or NULL for true; @error: in its place when it failed */
ProfileMessage *profile_answer(const Profile *profile, const Command *command, const char *result,
			       const GError *error);

/* profile_hello() - what is to be sent once the subscriptions stand
 * @report: a JSON object of what the device says of itself
 * Returns ProfileMessages, a handful; unreference it */
GPtrArray *profile_hello(const Profile *profile, const char *report);

/* profile_announce() - what has to be said before this telemetry is sent
 * @known: a set of texts it owns, empty at the start of a connection
 * Returns ProfileMessages, one for each reading that was new to @known, which holds
 * PROFILE_READINGS_MAX at most; unreference it. NULL: nothing */
GPtrArray *profile_announce(const Profile *profile, GHashTable *known, const char *payload,
			    size_t len);

/* profile_report() - the message that tells @report; NULL when this cloud takes none */
ProfileMessage *profile_report(const Profile *profile, const char *report);

/* profile_append_flat() - @sample as one JSON object with the readings as its members, as
 * docs/clouds.md says: messageId, deviceId, READINGS, timestamp */
void profile_append_flat(const Profile *profile, GString *text, const Sample *sample);

/* profile_expand() - a template with this device's words put in; free with g_free() */
char *profile_expand(const Profile *profile, const char *template);

/* profile_message_new() - @topic and @payload are transferred, the latter from g_malloc() */
ProfileMessage *profile_message_new(char *topic, char *payload, size_t len);

/* profile_message_text() - the same with a text, copied */
ProfileMessage *profile_message_text(char *topic, const char *text);

/* profile_message_free() - NULL is fine */
void profile_message_free(ProfileMessage *message);

/* profile_input_settings() - make @input the wishes @settings, transferred, if they
 * are an object */
void profile_input_settings(ProfileInput *input, cJSON *settings);

/* topic_rest() - what stands behind @prefix in @topic; NULL when it does not begin so, or nothing
 * is left */
const char *topic_rest(const char *topic, const char *prefix);

extern const ProfileKind profile_thingsboard;
extern const ProfileKind profile_eventgrid;
extern const ProfileKind profile_iothub;
extern const ProfileKind profile_aws;
extern const ProfileKind profile_homeassistant;
extern const ProfileKind profile_plain;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileMessage, profile_message_free)
