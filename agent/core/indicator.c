/* SPDX-License-Identifier: MIT */
#include "agent/core/indicator.h"

#define MS INT64_C(1000)

/* Lit for `on` of every `period`, from the period's begin; a period of 0 is steady. */
typedef struct Pattern {
	int64_t on_us;
	int64_t period_us;
} Pattern;

static const Pattern dark = { 0, 0 };
static const Pattern steady = { 1, 0 };
static const Pattern slow = { 1000 * MS, 2000 * MS };
static const Pattern fast = { 125 * MS, 250 * MS };
static const Pattern wink = { 100 * MS, 2000 * MS };   /* short light: it tries */
static const Pattern blink = { 1900 * MS, 2000 * MS }; /* short dark: it works, with a fault */

typedef bool (*Condition)(const IndicatorInput *input, int64_t now_us);

static bool identify(const IndicatorInput *input, int64_t now_us)
{
	return now_us < input->identify_until_us;
}

static bool published(const IndicatorInput *input, int64_t now_us)
{
	return input->published_us > 0 && now_us < input->published_us + INDICATOR_FLASH_US;
}

static bool provisioning(const IndicatorInput *input, int64_t now_us)
{
	return input->provisioning != INDICATOR_PROVISIONING_OFF;
}

static bool joining(const IndicatorInput *input, int64_t now_us)
{
	return input->provisioning == INDICATOR_PROVISIONING_JOINING;
}

static bool peer(const IndicatorInput *input, int64_t now_us)
{
	return input->provisioning == INDICATOR_PROVISIONING_PEER;
}

static bool no_network(const IndicatorInput *input, int64_t now_us)
{
	return !input->network;
}

static bool online(const IndicatorInput *input, int64_t now_us)
{
	return input->uplink == UPLINK_ONLINE;
}

static bool error(const IndicatorInput *input, int64_t now_us)
{
	return input->error;
}

static bool online_with_error(const IndicatorInput *input, int64_t now_us)
{
	return online(input, now_us) && input->error;
}

static bool always(const IndicatorInput *input, int64_t now_us)
{
	return true;
}

typedef struct Row {
	Lamp lamp;
	Condition condition;
	const Pattern *pattern;
} Row;

/* docs/indicators.md shows the same. */
static const Row rows[] = {
	{ LAMP_WIFI, identify, &fast },
	{ LAMP_WIFI, no_network, &slow },
	{ LAMP_WIFI, always, &steady },

	{ LAMP_MQTT, identify, &fast },
	{ LAMP_MQTT, no_network, &dark },
	{ LAMP_MQTT, online, &steady },
	{ LAMP_MQTT, always, &slow },

	{ LAMP_PUBLISHED, identify, &fast },
	{ LAMP_PUBLISHED, published, &steady },
	{ LAMP_PUBLISHED, always, &dark },

	{ LAMP_ERROR, identify, &fast },
	{ LAMP_ERROR, error, &steady },
	{ LAMP_ERROR, always, &dark },

	{ LAMP_PROVISIONING, identify, &fast },
	{ LAMP_PROVISIONING, joining, &fast },
	{ LAMP_PROVISIONING, peer, &steady },
	{ LAMP_PROVISIONING, provisioning, &slow },
	{ LAMP_PROVISIONING, always, &dark },

	{ LAMP_STATUS, identify, &fast },
	{ LAMP_STATUS, provisioning, &slow },
	{ LAMP_STATUS, online_with_error, &blink },
	{ LAMP_STATUS, online, &steady },
	{ LAMP_STATUS, always, &wink },
};

static const Pattern *pattern_find(const IndicatorInput *input, Lamp lamp, int64_t now_us)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].lamp == lamp && rows[i].condition(input, now_us))
			return rows[i].pattern;
	return &dark;
}

/* A condition that ends by itself at @until_us. */
static void look_again(int64_t until_us, int64_t now_us, int64_t *again_us)
{
	if (until_us > now_us)
		*again_us = MIN(*again_us, until_us);
}

bool indicator_lit(const IndicatorInput *input, Lamp lamp, int64_t now_us, int64_t *again_us)
{
	const Pattern *pattern = pattern_find(input, lamp, now_us);

	look_again(input->identify_until_us, now_us, again_us);
	if (lamp == LAMP_PUBLISHED && input->published_us > 0)
		look_again(input->published_us + INDICATOR_FLASH_US, now_us, again_us);
	if (pattern->period_us == 0)
		return pattern->on_us > 0;

	int64_t at_us = now_us % pattern->period_us;
	bool lit = at_us < pattern->on_us;

	look_again(now_us - at_us + (lit ? pattern->on_us : pattern->period_us), now_us, again_us);
	return lit;
}

IndicatorProvisioning indicator_provisioning(const char *state)
{
	static const struct {
		const char *state;
		IndicatorProvisioning provisioning;
	} states[] = {
		{ "ready", INDICATOR_PROVISIONING_READY },
		{ "peer", INDICATOR_PROVISIONING_PEER },
		{ "secured", INDICATOR_PROVISIONING_PEER },
		{ "failed", INDICATOR_PROVISIONING_PEER },
		{ "joining", INDICATOR_PROVISIONING_JOINING },
	};

	for (size_t i = 0; state && i < G_N_ELEMENTS(states); i++)
		if (g_str_equal(state, states[i].state))
			return states[i].provisioning;
	return INDICATOR_PROVISIONING_OFF;
}
