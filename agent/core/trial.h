/* SPDX-License-Identifier: MIT */
/*
 * trial - a new identity proves itself, or the agent goes back to the one before
 *
 * It has proved itself when the broker took a message: one may be let in and not be allowed to say
 * anything.
 *
 * From a broken network a broken identity cannot be told by looking at one of them. So they are
 * compared: when the new one has not proved itself within its time, the old one has a try, and when
 * that does the new one gets another at once, over a network that is known to work.
 *
 *   state       identity   is proved              fails
 *   NONE        current    -                      -
 *   RUNNING     new        NONE: it is good       PROBING once its time is over
 *   PROBING     old        CONFIRMING             RUNNING, with new time: it is the network
 *   CONFIRMING  new        NONE: it is good       NONE, rolled back: it is the identity
 *
 * Whoever asks for the current identity during PROBING gets it: RUNNING, with new time. One that
 * proves itself before the old one is ready is good.
 *
 * Without an old identity that is still valid there is nothing to go back to: RUNNING for ever.
 *
 * Pure; the owner connects, and tells how it went.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum TrialState {
	TRIAL_NONE,
	TRIAL_RUNNING,
	TRIAL_PROBING,
	TRIAL_CONFIRMING,
} TrialState;

/* What the owner has to do next */
typedef enum TrialStep {
	TRIAL_STAY,      /* nothing: go on with the identity in use */
	TRIAL_PROBE,     /* connect with the old one */
	TRIAL_RETURN,    /* connect with the new one, at once */
	TRIAL_ROLL_BACK, /* the old one is to be current again */
} TrialStep;

/* Members are private to trial */
typedef struct Trial {
	TrialState state;
	int64_t period_us;
	int64_t due_us;
	int64_t old_until_s;
	unsigned probes; /* of the old identity, since the trial began */
} Trial;

/* trial_begin() - an identity that never proved itself is in use
 * @period_ms:   its time; 0: it is never given up
 * @old_until_s: end of the old one, seconds since 1970; 0: there is none
 * @now_us:      monotonic */
void trial_begin(Trial *trial, int64_t period_ms, int64_t old_until_s, int64_t now_us);

/* trial_proved() - the broker took a message of the identity in use; once a connection
 * @old: which is the old one */
TrialStep trial_proved(Trial *trial, bool old);

/* trial_resume() - the new identity is in use for another reason than a step of the trial */
void trial_resume(Trial *trial, int64_t now_us);

/* trial_failed() - an attempt with the identity in use has failed
 * @now_us: monotonic; @wall_s: seconds since 1970 */
TrialStep trial_failed(Trial *trial, int64_t now_us, int64_t wall_s);

/* trial_is_news() - whether the probe that has just begun is worth a line in the log: over a broken
 * network there is one each few minutes for as long as it stays broken. The 1st, 2nd, 4th,
 * 8th … is */
bool trial_is_news(const Trial *trial);

/* trial_uses_old() - whether the old identity is the one to be in use */
bool trial_uses_old(const Trial *trial);
