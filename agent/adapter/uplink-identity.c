/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink-identity.h"

#include "agent/adapter/good-mark.h"
#include "agent/adapter/uplink-load.h"
#include "agent/core/trial.h"

#include <stdint.h>

struct UplinkIdentity {
	const Config *config;
	UplinkIdentityOwner owner;
	UplinkTarget *target; /* in use */
	UplinkTarget *next;   /* waits to be taken */
	UplinkLoad *load;     /* one is being read */
	bool load_again;      /* and the store may have changed meanwhile */
	bool stopped;
	Trial trial;         /* of the current generation, by comparing it with the one before */
	uint32_t trial_new;  /* the generation on trial */
	uint32_t trial_old;  /* the one before; 0: none */
	char *trial_failure; /* why the new one does not connect */
	GoodMark *good_mark; /* of the last one that proved itself for the first time */
};

static void identity_load(UplinkIdentity *identity, uint32_t generation,
			  const UplinkGiveUp *give_up);

static uint32_t identity_generation(const UplinkIdentity *identity)
{
	return identity->target->identity ? identity->target->identity->generation : 0;
}

/* Whether the one in use is the one to go back to. */
static bool identity_is_old(const UplinkIdentity *identity)
{
	return identity->trial_old > 0 && identity_generation(identity) == identity->trial_old;
}

static bool has_run_out(const StoreIdentity *used)
{
	return g_get_real_time() / G_USEC_PER_SEC >= used->not_after;
}

static void identity_begin_trial(UplinkIdentity *identity)
{
	trial_begin(&identity->trial, identity->config->store.trial_ms,
		    identity->target->fallback_until, g_get_monotonic_time());
}

/* Another one is in use: does a trial begin with it, or is it part of the one under way? */
static void identity_try(UplinkIdentity *identity)
{
	const UplinkTarget *target = identity->target;
	uint32_t number = identity_generation(identity);

	if (trial_uses_old(&identity->trial) && identity_is_old(identity))
		return;
	if (target->fallback && number == identity->trial_new &&
	    identity->trial.state != TRIAL_NONE) {
		trial_resume(&identity->trial, g_get_monotonic_time());
		return;
	}
	identity->trial_new = number;
	identity->trial_old = target->fallback;
	if (target->fallback && !target->identity->good)
		identity_begin_trial(identity);
	else
		identity->trial = (Trial){ .state = TRIAL_NONE };
}

/* One that proved itself, but has run out, is on trial again: the one before is there only where it
 * is valid for longer. */
static void identity_doubt(UplinkIdentity *identity)
{
	if (identity->trial.state == TRIAL_NONE && identity->target->fallback &&
	    has_run_out(identity->target->identity))
		identity_begin_trial(identity);
}

static void identity_probe_old(UplinkIdentity *identity, const char *why)
{
	if (trial_is_news(&identity->trial))
		g_message("generation %u has not proved itself within its trial: trying whether "
			  "%u still does",
			  identity->trial_new, identity->trial_old);
	g_free(identity->trial_failure);
	identity->trial_failure = g_strdup(why);
	identity_load(identity, identity->trial_old, NULL);
}

static void identity_roll_back(UplinkIdentity *identity)
{
	const StoreIdentity *used = identity->target->identity;
	const UplinkGiveUp give_up = { identity->trial_new, identity->trial_failure };

	if (identity_generation(identity) != identity->trial_new ||
	    (used->good && !has_run_out(used)))
		return; /* not, or no longer, what was on trial */
	g_warning("generation %u is given up, since %u is taken where it is not: %s",
		  identity->trial_new, identity->trial_old, identity->trial_failure);
	identity_load(identity, identity->trial_old, &give_up);
}

/* One that another writer of the store was in the way of is made good at the next connection. */
static void identity_mark_good(UplinkIdentity *identity)
{
	StoreIdentity *used = identity->target->identity;

	if (!used || (used->good && !good_mark_failed(identity->good_mark, used->generation)))
		return;
	good_mark_unref(identity->good_mark);
	identity->good_mark = good_mark_start(identity->config->store.path, used->generation);
	used->good = true;
}

void uplink_identity_proved(UplinkIdentity *identity)
{
	identity_mark_good(identity);
	if (trial_uses_old(&identity->trial) && identity->load)
		identity->load_again = true; /* what was to be tried is not wanted any more */
	if (trial_proved(&identity->trial, identity_is_old(identity)) == TRIAL_RETURN)
		identity_load(identity, 0, NULL);
}

/* While the identity is being changed anyway, how the one in use fares says nothing. */
void uplink_identity_failed(UplinkIdentity *identity, const char *why)
{
	if (identity->load)
		return;
	identity_doubt(identity);
	switch (trial_failed(&identity->trial, g_get_monotonic_time(),
			     g_get_real_time() / G_USEC_PER_SEC)) {
	case TRIAL_STAY: return;
	case TRIAL_PROBE: identity_probe_old(identity, why); return;
	case TRIAL_RETURN: identity_load(identity, 0, NULL); return;
	case TRIAL_ROLL_BACK: identity_roll_back(identity); return;
	}
}

/* --- the store --- */

static void identity_unusable(UplinkIdentity *identity, const GError *error)
{
	if (uplink_target_is_empty(identity->target)) {
		identity->owner.lacking(error->message, identity->owner.data);
		return;
	}
	g_warning("the new identity is not used: %s", error->message);
	if (trial_uses_old(&identity->trial)) /* so there is nothing to compare with */
		trial_begin(&identity->trial, 0, 0, 0);
}

static bool same_generation(const UplinkTarget *a, const UplinkTarget *b)
{
	if (!a->identity || !b->identity) /* clear text without a store: nothing is another */
		return !a->identity && !b->identity && !uplink_target_is_empty(a) &&
		       !uplink_target_is_empty(b);
	return a->identity->generation == b->identity->generation;
}

/* The two of a trial take turns for as long as the network is broken: told once what they are. */
static bool is_known(const UplinkIdentity *identity, const UplinkTarget *target)
{
	uint32_t number = target->identity ? target->identity->generation : 0;

	return identity->trial.state != TRIAL_NONE &&
	       (number == identity->trial_new || number == identity->trial_old);
}

static void identity_loaded(UplinkTarget *loaded, const GError *error, void *data)
{
	UplinkIdentity *identity = data;
	g_autoptr(UplinkTarget) target = loaded;

	g_clear_pointer(&identity->load, uplink_load_free);
	if (identity->stopped)
		return;
	if (identity->load_again) {
		uplink_identity_reload(identity);
		return;
	}
	if (!target) {
		identity_unusable(identity, error);
		return;
	}
	if (same_generation(target, identity->next ? identity->next : identity->target)) {
		if (!identity_is_old(identity))
			trial_resume(&identity->trial, g_get_monotonic_time());
		return;
	}
	if (!is_known(identity, target)) {
		g_message("another identity is used: connecting anew");
		uplink_target_tell(target);
	}
	uplink_target_free(identity->next);
	identity->next = g_steal_pointer(&target);
	identity->owner.ready(identity->owner.data);
}

/* One at a time; what comes meanwhile is made good by looking at the current one afterwards. */
static void identity_load(UplinkIdentity *identity, uint32_t generation,
			  const UplinkGiveUp *give_up)
{
	identity->load_again = identity->load != NULL;
	if (!identity->load)
		identity->load = uplink_load_start(identity->config, generation, give_up,
						   identity_loaded, identity);
}

void uplink_identity_reload(UplinkIdentity *identity)
{
	if (!identity->stopped)
		identity_load(identity, 0, NULL);
}

/* --- for the owner --- */

UplinkIdentity *uplink_identity_new(const Config *config, UplinkTarget *target,
				    const UplinkIdentityOwner *owner)
{
	UplinkIdentity *identity = g_new0(UplinkIdentity, 1);

	identity->config = config;
	identity->owner = *owner;
	identity->target = target;
	if (!uplink_target_is_empty(target))
		uplink_target_tell(target);
	identity_try(identity);
	return identity;
}

const UplinkTarget *uplink_identity_target(const UplinkIdentity *identity)
{
	return identity->target;
}

bool uplink_identity_waiting(const UplinkIdentity *identity)
{
	return identity->next != NULL;
}

const UplinkTarget *uplink_identity_take(UplinkIdentity *identity)
{
	uplink_target_free(identity->target);
	identity->target = g_steal_pointer(&identity->next);
	identity_try(identity);
	return identity->target;
}

void uplink_identity_stop(UplinkIdentity *identity)
{
	identity->stopped = true;
}

void uplink_identity_free(UplinkIdentity *identity)
{
	if (!identity)
		return;
	uplink_load_free(identity->load);
	good_mark_unref(identity->good_mark);
	uplink_target_free(identity->target);
	uplink_target_free(identity->next);
	g_free(identity->trial_failure);
	g_free(identity);
}
