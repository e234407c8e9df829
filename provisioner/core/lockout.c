/* SPDX-License-Identifier: MIT */
#include "provisioner/core/lockout.h"

#define DOUBLINGS 6 /* from LOCKOUT_MIN_US to LOCKOUT_MAX_US */

G_STATIC_ASSERT(LOCKOUT_MIN_US << DOUBLINGS == LOCKOUT_MAX_US);

static const char *const state_names[] = {
	[LOCKOUT_OPEN] = "open",
	[LOCKOUT_WAITING] = "waiting",
	[LOCKOUT_LOCKED] = "locked",
};

static int64_t wait_us(uint32_t wrong)
{
	if (wrong < LOCKOUT_FREE)
		return 0;
	return LOCKOUT_MIN_US << MIN(wrong - LOCKOUT_FREE, DOUBLINGS);
}

void lockout_init(Lockout *lockout, uint32_t limit, uint32_t wrong, int64_t now_us)
{
	bool known = wrong != LOCKOUT_UNKNOWN;

	if (!known)
		wrong = limit > 0 ? limit - 1 : LOCKOUT_FREE + DOUBLINGS;
	*lockout = (Lockout){
		.limit = limit,
		.wrong = wrong,
		.until_us = now_us + (known ? wait_us(wrong) : LOCKOUT_MAX_US),
	};
}

void lockout_count(Lockout *lockout, bool kept, int64_t now_us)
{
	if (lockout->wrong < LOCKOUT_UNKNOWN - 1)
		lockout->wrong++;
	lockout->until_us = now_us + (kept ? wait_us(lockout->wrong) : LOCKOUT_MAX_US);
}

void lockout_clear(Lockout *lockout)
{
	lockout->wrong = 0;
	lockout->until_us = INT64_MIN;
}

LockoutState lockout_state(const Lockout *lockout, int64_t now_us)
{
	if (lockout->limit > 0 && lockout->wrong >= lockout->limit)
		return LOCKOUT_LOCKED;
	return now_us < lockout->until_us ? LOCKOUT_WAITING : LOCKOUT_OPEN;
}

int lockout_wait_s(const Lockout *lockout, int64_t now_us)
{
	if (lockout_state(lockout, now_us) != LOCKOUT_WAITING)
		return 0;
	return (int)((lockout->until_us - now_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

bool lockout_admits(const Lockout *lockout, int64_t now_us, GError **error)
{
	switch (lockout_state(lockout, now_us)) {
	case LOCKOUT_OPEN: return true;
	case LOCKOUT_WAITING:
		g_set_error(error, PROV_ERROR, PROV_ERROR_BUSY,
			    "%u wrong proofs of possession in a row: no session for another %d s",
			    lockout->wrong, lockout_wait_s(lockout, now_us));
		return false;
	case LOCKOUT_LOCKED: break;
	}
	g_set_error(error, PROV_ERROR, PROV_ERROR_BUSY,
		    "%u wrong proofs of possession in a row: locked until somebody unlocks it",
		    lockout->wrong);
	return false;
}

const char *lockout_state_name(LockoutState state)
{
	g_return_val_if_fail((size_t)state < G_N_ELEMENTS(state_names), NULL);
	return state_names[state];
}
