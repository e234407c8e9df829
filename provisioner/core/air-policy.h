/* SPDX-License-Identifier: MIT */
/*
 * air-policy - when a phone shall be able to find the device, why, and until when
 *
 * Five reasons to be on the air. Each that is switched on begins with its cause, and ends with it,
 * after its time limit without a phone, by Stop, or when a phone has done its work:
 *
 *   reason          cause                                        ends with it
 *   UNPROVISIONED   no network is configured                     yes
 *   ALWAYS          the daemon runs                              -; over and over again
 *   ON_DEMAND       Start on the bus: always switched on         -
 *   BUTTON          the button was held                          -
 *   NETWORK_LOST    a network is configured, but for `lost_us`   yes
 *                   there was no address
 *
 * One that has ended by limit, Stop or success stays spent until its cause has gone and come back.
 * The device is on the air while any reason holds. Nothing ends under a phone that has proved
 * itself; one that has not is given AIR_UNPROVED_US past the limit, or past the end of the cause,
 * lest a stranger keeps the device on the air for ever.
 *
 * Knows no loop and no clock: events and time in, one deadline out. Owner: the App.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define AIR_UNPROVED_US (60 * G_USEC_PER_SEC)

/* The first that holds is the one that is told. */
typedef enum AirReason {
	AIR_BUTTON,
	AIR_ON_DEMAND,
	AIR_UNPROVISIONED,
	AIR_NETWORK_LOST,
	AIR_ALWAYS,
	AIR_NONE,
} AirReason;

/* Why it is off the air. */
typedef enum AirSilence {
	AIR_SILENCE_WAITING, /* nothing has happened that it should go on the air for */
	AIR_SILENCE_CAUSE,   /* what it was on the air for is no more */
	AIR_SILENCE_LIMIT,   /* no phone came in time */
	AIR_SILENCE_STOPPED,
	AIR_SILENCE_DONE, /* a phone has done its work */
} AirSilence;

typedef enum AirPhone {
	AIR_PHONE_NONE,
	AIR_PHONE_THERE,  /* connected */
	AIR_PHONE_PROVED, /* it has proved itself, or what it asked for is under way */
} AirPhone;

typedef struct AirSettings {
	bool on[AIR_NONE];          /* by reason; ON_DEMAND counts as true */
	int64_t limit_us[AIR_NONE]; /* by reason; 0: none */
	int64_t lost_us;            /* without an address, before the network counts as lost */
} AirSettings;

/* What the back end of Wi-Fi says. */
typedef struct AirNetwork {
	bool known; /* there is an interface; while there is none the rest does not count */
	bool provisioned;
	bool online;
} AirNetwork;

typedef struct AirPolicy AirPolicy;

/* air_policy_new() - off the air; @settings: copied */
AirPolicy *air_policy_new(const AirSettings *settings);

/* air_policy_free() - NULL is fine */
void air_policy_free(AirPolicy *policy);

/* air_policy_on_network() - the network is so from now on; the first call with `known` decides
 * about ALWAYS and UNPROVISIONED */
void air_policy_on_network(AirPolicy *policy, const AirNetwork *network, int64_t now_us);

/* air_policy_on_start() - somebody asked over the bus; reasons that were silenced and still have
 * their cause begin anew */
void air_policy_on_start(AirPolicy *policy, int64_t now_us);

/* air_policy_on_reset() - the device is as at its first start: reasons that were silenced and still
 * have their cause begin anew */
void air_policy_on_reset(AirPolicy *policy, int64_t now_us);

/* air_policy_on_button() - the button was held long enough */
void air_policy_on_button(AirPolicy *policy, int64_t now_us);

/* air_policy_on_stop() - somebody wants it off the air */
void air_policy_on_stop(AirPolicy *policy, int64_t now_us);

/* air_policy_on_phone() - what there is of a phone */
void air_policy_on_phone(AirPolicy *policy, AirPhone phone, int64_t now_us);

/* air_policy_on_done() - a phone has done its work */
void air_policy_on_done(AirPolicy *policy, int64_t now_us);

/* air_policy_deadline_us() - when air_policy_expire() wants to be called; INT64_MAX: never */
int64_t air_policy_deadline_us(const AirPolicy *policy);

/* air_policy_expire() - time has passed; does nothing before the deadline */
void air_policy_expire(AirPolicy *policy, int64_t now_us);

/* air_policy_reason() - why it is on the air; AIR_NONE: it is not */
AirReason air_policy_reason(const AirPolicy *policy);

/* air_policy_until_us() - when it leaves the air if no phone comes; INT64_MAX: without limit */
int64_t air_policy_until_us(const AirPolicy *policy);

/* air_policy_silence() - why it is off the air; means nothing while it is on */
AirSilence air_policy_silence(const AirPolicy *policy);

/* air_policy_watches() - something may happen that only a running daemon sees */
bool air_policy_watches(const AirPolicy *policy);

/* air_reason_name() - "unprovisioned" ... as in the configuration; "" for AIR_NONE */
const char *air_reason_name(AirReason reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AirPolicy, air_policy_free)
