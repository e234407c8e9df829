/* SPDX-License-Identifier: MIT */
/*
 * prov-config - take credentials, join with them, tell how it went (protocomm.md 10)
 *
 *   phase     set      apply                  get status answers
 *   NONE      stored   -> DELAY               Connecting
 *   DELAY     stored   -> DELAY, anew         Connecting
 *   JOINING   stored   cancel, -> DELAY       Connecting
 *   FAILED    stored   -> DELAY               ConnectionFailed and the reason
 *   JOINED    stored   InternalError          Connected: what the phone waits for
 *   JOINED, and a session was opened since apply
 *             stored   -> DELAY               Connected
 *
 * One second passes between apply and the join, so that the reply leaves before the radio is
 * busy. Apply without a valid set answers InternalError; when the set was refused it also leads to
 * FAILED, because one of the apps reads no reply but the status.
 */
#pragma once

#include "provisioner/core/prov-error.h"
#include "provisioner/core/wifi-port.h"

#define PROV_CONFIG_DELAY_US (1 * G_USEC_PER_SEC)  /* between apply and the join */
#define PROV_CONFIG_JOIN_US  (60 * G_USEC_PER_SEC) /* for association and address together */

typedef enum ProvConfigPhase {
	PROV_CONFIG_NONE,
	PROV_CONFIG_DELAY,
	PROV_CONFIG_JOINING,
	PROV_CONFIG_FAILED,
	PROV_CONFIG_JOINED,
} ProvConfigPhase;

typedef struct ProvConfig ProvConfig;

/* prov_config_new() - nothing set
 * @wifi, @wifi_data: borrowed for its life; its join() may also fail with STORE_FAULT_ABSENT: what
 *   a network that wants a certificate takes is not in the store
 * @join_us: how long a join may take; 0: PROV_CONFIG_JOIN_US */
ProvConfig *prov_config_new(const WifiPort *wifi, void *wifi_data, int64_t join_us);

/* prov_config_free() - NULL is fine; a join of the back end is not cancelled */
void prov_config_free(ProvConfig *config);

/* prov_config_handle() - one request
 * @in: the clear request, borrowed
 * @out: appended to on success, untouched on failure
 * Errors: PROV_ERROR_VALUE (not decodable, no such command) */
bool prov_config_handle(ProvConfig *config, const Secret *in, int64_t now_us, GByteArray *out,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* prov_config_on_joined() - there is an address; ignored unless a join is at work
 * @link: borrowed, copied */
void prov_config_on_joined(ProvConfig *config, const WifiLink *link);

/* prov_config_on_failed() - the join failed for good; ignored unless one is at work */
void prov_config_on_failed(ProvConfig *config, WifiFailure failure);

/* prov_config_visit() - a session was opened: who is there may come for another network, or to
 * hear of the one there is */
void prov_config_visit(ProvConfig *config);

/* prov_config_reset() - forget credentials and the failure, which left no network behind
 * Returns false, having done nothing, while a join is at work or after it succeeded */
bool prov_config_reset(ProvConfig *config);

/* prov_config_reprov() - remove the joined network and start over
 * Returns false, having done nothing, unless JOINED */
bool prov_config_reprov(ProvConfig *config);

/* prov_config_clear() - back to NONE; a join at work must have been cancelled */
void prov_config_clear(ProvConfig *config);

/* prov_config_deadline_us() - when prov_config_expire() wants to be called; INT64_MAX: never */
int64_t prov_config_deadline_us(const ProvConfig *config);

/* prov_config_expire() - time has passed: begin the join, or give it up */
void prov_config_expire(ProvConfig *config, int64_t now_us);

/* prov_config_phase() - where it stands */
ProvConfigPhase prov_config_phase(const ProvConfig *config);

/* prov_config_is_joining() - DELAY or JOINING: leave the radio alone */
bool prov_config_is_joining(const ProvConfig *config);

/* prov_config_was_visited() - a session was opened since the last apply */
bool prov_config_was_visited(const ProvConfig *config);

/* prov_config_was_told() - a phone has been answered Connected, in the last session */
bool prov_config_was_told(const ProvConfig *config);

/* prov_config_link() - the network joined; NULL unless JOINED */
const WifiLink *prov_config_link(const ProvConfig *config);

/* prov_config_failure() - why the last join failed, "" unless FAILED: "auth-error",
 * "network-not-found", "no-address", "failed", "timeout", "invalid-credentials",
 * "enterprise-not-set"; static */
const char *prov_config_failure(const ProvConfig *config);

/* prov_config_words() - what the store lacks for a network that wants a certificate, a sentence;
 * NULL unless that is why the last join failed. Valid until the next call */
const char *prov_config_words(const ProvConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProvConfig, prov_config_free)
