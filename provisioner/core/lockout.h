/* SPDX-License-Identifier: MIT */
/*
 * lockout - what wrong proofs of possession cost
 *
 *   wrong in a row         the next handshake is looked at
 *   0 .. 4                 at once
 *   5 .. limit - 1         after 1, 2, 4 ... 64 s
 *   limit and more         not before lockout_clear()
 *
 * Only a right proof or somebody in charge of the device ends the row; time, another phone and a
 * restart do not. A wait begins anew with each start, so that pulling the plug saves none of it.
 * A plain value; knows no clock and no file.
 */
#pragma once

#include "provisioner/core/prov-error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define LOCKOUT_FREE    5 /* wrong proofs that cost nothing */
#define LOCKOUT_MIN_US  (1 * G_USEC_PER_SEC)
#define LOCKOUT_MAX_US  (64 * G_USEC_PER_SEC)
#define LOCKOUT_UNKNOWN G_MAXUINT32 /* for lockout_init(): the count cannot be told any more */

typedef enum LockoutState {
	LOCKOUT_OPEN,
	LOCKOUT_WAITING,
	LOCKOUT_LOCKED,
} LockoutState;

typedef struct Lockout {
	uint32_t limit; /* 0: never locked */
	uint32_t wrong; /* in a row */
	int64_t until_us;
} Lockout;

/* lockout_init() - as it is at a start
 * @wrong: what was kept. LOCKOUT_UNKNOWN leaves one proof before the limit, after the longest wait:
 *	the owner needs no more, and nobody gains by spoiling the count */
void lockout_init(Lockout *lockout, uint32_t limit, uint32_t wrong, int64_t now_us);

/* lockout_count() - one more was wrong
 * @kept: it was written down; if not, the wait is the longest at once */
void lockout_count(Lockout *lockout, bool kept, int64_t now_us);

/* lockout_clear() - the row is over */
void lockout_clear(Lockout *lockout);

/* lockout_state() - may a handshake be looked at? Only OPEN says yes */
LockoutState lockout_state(const Lockout *lockout, int64_t now_us);

/* lockout_admits() - the same as a result
 * Errors: PROV_ERROR_BUSY */
bool lockout_admits(const Lockout *lockout, int64_t now_us,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* lockout_wait_s() - whole seconds until WAITING is over, 1 or more; 0 in the other states */
int lockout_wait_s(const Lockout *lockout, int64_t now_us);

/* lockout_state_name() - "open", "waiting", "locked": as on the bus */
const char *lockout_state_name(LockoutState state);
