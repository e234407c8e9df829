/* SPDX-License-Identifier: MIT */
/*
 * uplink-target - who we are and where samples go: the store and [broker] put together
 *
 * With TLS an identity of the store is needed; a broker without TLS (mqtt://, only ever from the
 * configuration or an imported broker.conf) can do without. The empty target stands for a device
 * that has no identity yet.
 */
#pragma once

#include "agent/core/profile.h"
#include "common/broker-conf.h"
#include "common/broker-uri.h"
#include "common/config.h"
#include "common/mqtt.h"
#include "common/store.h"
#include "common/tls.h"

typedef struct UplinkTarget {
	StoreIdentity *identity; /* NULL: clear text without a store */
	uint32_t fallback;       /* generation to go back to from one that is not good, or that
				  * ends before it; 0: none */
	int64_t fallback_until;  /* the end of its certificate */
	BrokerConf *broker;
	BrokerUri uri;
	char *uri_text; /* canonical */
	const char *client_id;
	unsigned keep_alive_s; /* as wanted, or the most that the cloud takes */
	TlsContext *tls;       /* NULL: clear text */
	Profile *profile;
} UplinkTarget;

/* uplink_target_load() - read a generation of the store and build everything from it
 * @generation: its number; 0: the current one
 * A key in a token may make this take seconds. Any thread.
 * Errors: those of store_current() and tls_context_new(); LANDFALL_ERROR_CONFIG (no broker named,
 * a setting that means nothing to the profile, no client id) */
UplinkTarget *uplink_target_load(const Config *config, uint32_t generation,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* uplink_target_tell() - into the log, what an operator should know of @target, which is not empty:
 * once, when it comes into use, however often it is read */
void uplink_target_tell(const UplinkTarget *target);

/* uplink_target_check() - what of @config uplink_target_load() would refuse, as far as that can be
 * told now: what the store or an identity to come has to say is left open. The key is not looked at
 * Errors: LANDFALL_ERROR_CONFIG */
bool uplink_target_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* uplink_target_load_older() - what to use at the start instead of a current generation that cannot
 * be loaded; the log says so, the store is left as it is
 * @lacking: what uplink_target_load() said of the current one
 * Returns NULL when no older one can be used, or when that one is good and it is a
 * setting that is wrong */
UplinkTarget *uplink_target_load_older(const Config *config, const GError *lacking);

/* uplink_target_empty() - nobody, and no broker */
UplinkTarget *uplink_target_empty(void);

/* uplink_target_can_come() - whether another identity in the store can mend @error of
 * uplink_target_load(); else the configuration has to change */
bool uplink_target_can_come(const Config *config, const GError *error);

/* uplink_target_is_empty() */
bool uplink_target_is_empty(const UplinkTarget *target);

/* uplink_target_free() - NULL is fine */
void uplink_target_free(UplinkTarget *target);

/* uplink_target_client() - a client at rest for @target
 * @window: messages in flight
 * Errors: those of mqtt_client_new() */
MqttClient *uplink_target_client(const UplinkTarget *target, unsigned window,
				 const MqttCallbacks *callbacks, void *data,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* uplink_target_clock_plausible() - store_identity_clock_holds() of ours at @now_s; true where no
 * certificate is judged */
bool uplink_target_clock_plausible(const UplinkTarget *target, int64_t now_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UplinkTarget, uplink_target_free)
