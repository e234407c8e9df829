/* SPDX-License-Identifier: MIT */
/*
 * renewal - when a certificate is to be renewed
 *
 *   time ──┬───────────────────────────┬────────────────────────────────┬──▶
 *       not before               two thirds                         not after
 *                                + jitter: due
 *
 *   state     leaves it when
 *   IDLE      the time for it has come, or somebody asks: RUNNING
 *   RUNNING   it failed: WAITING; another certificate became current: IDLE
 *   WAITING   the pause is over: RUNNING
 *
 * A renewal that fails is tried again for ever: after 1/50 of the lifetime, between a minute and
 * a day, less a random part of up to a quarter, so that a fleet does not come at once. Near the
 * certificate's end the pause shrinks to a quarter of what is left, though not below 1/500. After
 * the end too it is tried, since a server may still take it, and the clock may be wrong; the
 * pause is then a quarter of the time since, where that is longer than 1/50. A certificate that is
 * due the moment it takes the place of another is WAITING at first: a server may hand out no
 * others.
 *
 * The moment of the next attempt is told when one has begun and when it has failed, to be handed
 * back after a restart: an agent that is started each minute asks no more often than one that runs
 * on. Nor is anything begun before the moment that the server has asked for (common/renewal-wait),
 * and up to a quarter of that pause more, drawn.
 *
 * Pure: time and randomness are given, work is begun through the port. Wall-clock seconds
 * decide, since certificates are dated; while the clock is not plausible nothing is due. Pauses
 * are bounded by the clock as well: one that is set back cannot stretch them beyond a day.
 */
#pragma once

#include "common/renewal-wait.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum RenewalState {
	RENEWAL_IDLE,
	RENEWAL_RUNNING,
	RENEWAL_WAITING,
} RenewalState;

typedef struct RenewalPort {
	/* start() - begin to renew; renewal_failed() or renewal_certificate() is to follow.
	 * Returns false when nothing can be begun now */
	bool (*start)(void *data);

	/* random() - a number below @bound */
	uint32_t (*random)(uint32_t bound, void *data);

	/* note() - nothing is begun before @next->until_s by itself; a day from now at most */
	void (*note)(const RenewalWait *next, void *data);
} RenewalPort;

/* Members are private to renewal, but for reading state and dates */
typedef struct Renewal {
	const RenewalPort *port;
	void *data;
	RenewalState state;
	uint32_t generation;  /* of the store; 0: there is none */
	int64_t not_before_s; /* of the certificate in force; 0: there is none */
	int64_t not_after_s;
	int64_t due_s;
	RenewalWait wait;  /* what the server has asked for */
	int64_t spread_s;  /* how long after that we come */
	RenewalWait ahead; /* noted before a restart, in what is the future yet */
} Renewal;

/* renewal_init() - without a certificate
 * @port: static; @data: handed to it */
void renewal_init(Renewal *renewal, const RenewalPort *port, void *data);

/* What is in force. */
typedef struct RenewalCertificate {
	uint32_t generation;
	int64_t not_before_s;
	int64_t not_after_s; /* later than not_before_s, or there is none */
} RenewalCertificate;

/* renewal_certificate() - this certificate is in force now; the same one again changes nothing,
 * and one of an older generation means that the new one was given up: that is a failure too
 * @now_s: as in renewal_step()
 * Returns whether it is another one than before */
bool renewal_certificate(Renewal *renewal, const RenewalCertificate *certificate, int64_t now_s);

/* renewal_step() - look at the clock; to be called every minute or so
 * @now_s: seconds since 1970, 0: not plausible */
void renewal_step(Renewal *renewal, int64_t now_s);

/* renewal_resume() - what was noted before a restart, to be called once for the certificate that is
 * in force then
 * @next: as told to note(). One that was noted in the future counts again once the clock shows that
 *   it was none; until then the pause is drawn from nothing to the longest: so an agent that is
 *   started again and again under such a clock asks once a pause, too, all in all */
void renewal_resume(Renewal *renewal, const RenewalWait *next, int64_t now_s);

/* renewal_heed() - what the server has asked for, as it is known now
 * @wait: for the certificate in force; all zero: nothing */
void renewal_heed(Renewal *renewal, const RenewalWait *wait);

/* renewal_ask() - renew now, whatever the clock says; false when it cannot be begun, is under way,
 * or the server wants to be left alone (renewal_wait_holds() of `wait`) */
bool renewal_ask(Renewal *renewal, int64_t now_s);

/* renewal_failed() - what start() began has come to nothing */
void renewal_failed(Renewal *renewal, int64_t now_s);

/* renewal_state_name() - "idle", "running", "waiting"; static */
const char *renewal_state_name(RenewalState state);
