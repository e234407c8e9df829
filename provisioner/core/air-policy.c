/* SPDX-License-Identifier: MIT */
#include "provisioner/core/air-policy.h"

/* One reason: holds while `cause` and not `spent`. */
typedef struct AirRule {
	bool cause;
	bool spent;
	int64_t until_us; /* while it holds; INT64_MAX: no limit */
	int64_t over_us;  /* the cause went under an unproved phone, which has until then; or 0 */
} AirRule;

struct AirPolicy {
	AirSettings settings;
	AirRule rules[AIR_NONE];
	AirNetwork network;
	int64_t lost_us; /* when the network counts as lost; INT64_MAX: it is there, or not ours */
	AirPhone phone;
	AirSilence silence;
};

static const char *const reason_names[] = {
	[AIR_BUTTON] = "button",
	[AIR_ON_DEMAND] = "on-demand",
	[AIR_UNPROVISIONED] = "unprovisioned",
	[AIR_NETWORK_LOST] = "network-lost",
	[AIR_ALWAYS] = "always",
	[AIR_NONE] = "",
};

G_STATIC_ASSERT(G_N_ELEMENTS(reason_names) == AIR_NONE + 1);

const char *air_reason_name(AirReason reason)
{
	g_return_val_if_fail((size_t)reason < G_N_ELEMENTS(reason_names), "");
	return reason_names[reason];
}

AirPolicy *air_policy_new(const AirSettings *settings)
{
	AirPolicy *policy = g_new0(AirPolicy, 1);

	policy->settings = *settings;
	policy->settings.on[AIR_ON_DEMAND] = true;
	policy->lost_us = INT64_MAX;
	return policy;
}

void air_policy_free(AirPolicy *policy)
{
	g_free(policy);
}

static bool rule_holds(const AirRule *rule)
{
	return rule->cause && !rule->spent;
}

static int64_t limit_from(const AirPolicy *policy, AirReason reason, int64_t now_us)
{
	int64_t limit_us = policy->settings.limit_us[reason];

	return limit_us == 0 ? INT64_MAX : now_us + limit_us;
}

static void cause_begin(AirPolicy *policy, AirReason reason, int64_t now_us)
{
	policy->rules[reason] = (AirRule){
		.cause = true,
		.until_us = limit_from(policy, reason, now_us),
	};
}

static void cause_end(AirPolicy *policy, AirReason reason)
{
	if (rule_holds(&policy->rules[reason]))
		policy->silence = AIR_SILENCE_CAUSE;
	policy->rules[reason] = (AirRule){ .cause = false };
}

/* What begins on its own ends on its own, but not under a phone that is at work. */
static void cause_set(AirPolicy *policy, AirReason reason, bool cause, int64_t now_us)
{
	AirRule *rule = &policy->rules[reason];

	if (!policy->settings.on[reason])
		return;
	if (cause && !rule->cause)
		cause_begin(policy, reason, now_us);
	else if (cause || !rule->cause)
		rule->over_us = 0;
	else if (!rule_holds(rule) || policy->phone == AIR_PHONE_NONE)
		cause_end(policy, reason);
	else if (policy->phone == AIR_PHONE_PROVED)
		rule->over_us = 0;
	else if (rule->over_us == 0)
		rule->over_us = now_us + AIR_UNPROVED_US;
}

/* A person asks, once more perhaps: the time begins anew. */
static void cause_asked(AirPolicy *policy, AirReason reason, int64_t now_us)
{
	if (policy->settings.on[reason])
		cause_begin(policy, reason, now_us);
}

/* Causes that are levels follow what is known of the network. */
static void causes_update(AirPolicy *policy, int64_t now_us)
{
	const AirNetwork *network = &policy->network;

	if (!network->known)
		return;
	cause_set(policy, AIR_ALWAYS, true, now_us);
	cause_set(policy, AIR_UNPROVISIONED, !network->provisioned, now_us);
	cause_set(policy, AIR_NETWORK_LOST, policy->lost_us <= now_us, now_us);
}

void air_policy_on_network(AirPolicy *policy, const AirNetwork *network, int64_t now_us)
{
	if (network->known)
		policy->network = *network;
	policy->network.online = network->known && network->online;
	if (!policy->network.provisioned || policy->network.online)
		policy->lost_us = INT64_MAX;
	else if (policy->lost_us == INT64_MAX)
		policy->lost_us = now_us + policy->settings.lost_us;
	causes_update(policy, now_us);
}

/* What was silenced and still has its cause begins again. */
static void begin_anew(AirPolicy *policy, int64_t now_us)
{
	static const AirReason lasting[] = { AIR_UNPROVISIONED, AIR_NETWORK_LOST, AIR_ALWAYS };

	for (size_t i = 0; i < G_N_ELEMENTS(lasting); i++) {
		const AirRule *rule = &policy->rules[lasting[i]];

		if (rule->cause && rule->spent)
			cause_begin(policy, lasting[i], now_us);
	}
}

/* Else a device that was stopped and started would fall silent after the limit of the asking,
 * without a network perhaps. */
void air_policy_on_start(AirPolicy *policy, int64_t now_us)
{
	cause_asked(policy, AIR_ON_DEMAND, now_us);
	begin_anew(policy, now_us);
}

void air_policy_on_reset(AirPolicy *policy, int64_t now_us)
{
	begin_anew(policy, now_us);
}

void air_policy_on_button(AirPolicy *policy, int64_t now_us)
{
	cause_asked(policy, AIR_BUTTON, now_us);
}

/* Over for now, until the cause has gone and come back. */
static void rule_spend(AirPolicy *policy, AirReason reason, AirSilence silence)
{
	AirRule *rule = &policy->rules[reason];

	if (!rule_holds(rule))
		return;
	rule->spent = true;
	policy->silence = silence;
}

void air_policy_on_stop(AirPolicy *policy, int64_t now_us)
{
	policy->phone = AIR_PHONE_NONE;
	for (int i = 0; i < AIR_NONE; i++)
		rule_spend(policy, (AirReason)i, AIR_SILENCE_STOPPED);
	causes_update(policy, now_us);
}

void air_policy_on_done(AirPolicy *policy, int64_t now_us)
{
	policy->phone = AIR_PHONE_NONE;
	for (int i = 0; i < AIR_NONE; i++) {
		if (i != AIR_ALWAYS)
			rule_spend(policy, (AirReason)i, AIR_SILENCE_DONE);
	}
	if (rule_holds(&policy->rules[AIR_ALWAYS]))
		policy->rules[AIR_ALWAYS].until_us = limit_from(policy, AIR_ALWAYS, now_us);
	causes_update(policy, now_us);
}

void air_policy_on_phone(AirPolicy *policy, AirPhone phone, int64_t now_us)
{
	bool was_proved = policy->phone == AIR_PHONE_PROVED;

	if (policy->phone == phone)
		return;
	policy->phone = phone;
	if (was_proved) {
		/* It may come back: as much time as at first. */
		for (int i = 0; i < AIR_NONE; i++)
			policy->rules[i].until_us = limit_from(policy, (AirReason)i, now_us);
	}
	causes_update(policy, now_us);
	air_policy_expire(policy, now_us);
}

/* When the time of @rule is over, given who is there. */
static int64_t rule_end_us(const AirPolicy *policy, const AirRule *rule)
{
	bool there = policy->phone == AIR_PHONE_THERE;
	int64_t end_us = rule->until_us;

	if (!rule_holds(rule) || policy->phone == AIR_PHONE_PROVED)
		return INT64_MAX;
	if (there && end_us != INT64_MAX)
		end_us += AIR_UNPROVED_US;
	return there && rule->over_us != 0 ? MIN(end_us, rule->over_us) : end_us;
}

int64_t air_policy_deadline_us(const AirPolicy *policy)
{
	const AirRule *lost = &policy->rules[AIR_NETWORK_LOST];
	int64_t deadline_us = INT64_MAX;

	if (policy->settings.on[AIR_NETWORK_LOST] && !lost->cause)
		deadline_us = policy->lost_us;
	for (int i = 0; i < AIR_NONE; i++)
		deadline_us = MIN(deadline_us, rule_end_us(policy, &policy->rules[i]));
	return deadline_us;
}

void air_policy_expire(AirPolicy *policy, int64_t now_us)
{
	if (now_us < air_policy_deadline_us(policy))
		return;
	for (int i = 0; i < AIR_NONE; i++) {
		const AirRule *rule = &policy->rules[i];

		if (now_us < rule_end_us(policy, rule))
			continue;
		if (rule->over_us != 0 && now_us >= rule->over_us)
			cause_end(policy, (AirReason)i);
		else
			rule_spend(policy, (AirReason)i, AIR_SILENCE_LIMIT);
	}
	causes_update(policy, now_us);
}

AirReason air_policy_reason(const AirPolicy *policy)
{
	for (int i = 0; i < AIR_NONE; i++) {
		if (rule_holds(&policy->rules[i]))
			return (AirReason)i;
	}
	return AIR_NONE;
}

int64_t air_policy_until_us(const AirPolicy *policy)
{
	int64_t until_us = 0;

	for (int i = 0; i < AIR_NONE; i++) {
		if (rule_holds(&policy->rules[i]))
			until_us = MAX(until_us, policy->rules[i].until_us);
	}
	return until_us;
}

AirSilence air_policy_silence(const AirPolicy *policy)
{
	return policy->silence;
}

bool air_policy_watches(const AirPolicy *policy)
{
	return policy->settings.on[AIR_BUTTON] || policy->settings.on[AIR_NETWORK_LOST];
}
