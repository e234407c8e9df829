/* SPDX-License-Identifier: MIT */
#include "agent/adapter/indicators.h"

#include "agent/adapter/leds.h"
#include "agent/adapter/network.h"

#define NETWORK_POLL_MS 2000 /* how late a lost network may show */

struct Indicators {
	Leds *leds;
	IndicatorInput input;
	int64_t last_publish_ms;
	guint timer;   /* until a lamp changes by itself */
	guint network; /* looks at the addresses */
};

static void show(Indicators *indicators);

static gboolean on_timer(gpointer data)
{
	Indicators *indicators = data;

	indicators->timer = 0;
	show(indicators);
	return G_SOURCE_REMOVE;
}

static void show(Indicators *indicators)
{
	int64_t now_us = g_get_monotonic_time();
	int64_t again_us = G_MAXINT64;

	for (unsigned lamp = 0; lamp < LAMP_N; lamp++)
		leds_set(indicators->leds, lamp,
			 indicator_lit(&indicators->input, (Lamp)lamp, now_us, &again_us));
	if (indicators->timer)
		g_source_remove(indicators->timer);
	indicators->timer = 0;
	if (again_us < G_MAXINT64)
		indicators->timer = g_timeout_add((guint)((again_us - now_us) / 1000) + 1, on_timer,
						  indicators);
}

static gboolean on_network(gpointer data)
{
	Indicators *indicators = data;
	g_autofree char *address = network_address();
	bool network = address != NULL;

	if (network != indicators->input.network) {
		indicators->input.network = network;
		show(indicators);
	}
	return G_SOURCE_CONTINUE;
}

static bool take_leds(Indicators *indicators, const Config *config)
{
	const struct {
		Lamp lamp;
		const char *name;
	} lamps[] = {
		{ LAMP_WIFI, config->indicator.led_wifi },
		{ LAMP_MQTT, config->indicator.led_mqtt },
		{ LAMP_PUBLISHED, config->indicator.led_published },
		{ LAMP_ERROR, config->indicator.led_error },
		{ LAMP_PROVISIONING, config->indicator.led_provisioning },
		{ LAMP_STATUS, config->indicator.led_status },
	};
	bool taken = false;

	for (size_t i = 0; i < G_N_ELEMENTS(lamps); i++)
		if (lamps[i].name)
			taken |= leds_take(indicators->leds, lamps[i].lamp, lamps[i].name);
	return taken;
}

Indicators *indicators_new(const Config *config)
{
	g_autoptr(Indicators) indicators = g_new0(Indicators, 1);

	indicators->leds = leds_new(config->indicator.leds);
	if (!take_leds(indicators, config))
		return NULL;
	indicators->network = g_timeout_add(NETWORK_POLL_MS, on_network, indicators);
	on_network(indicators);
	show(indicators);
	return g_steal_pointer(&indicators);
}

void indicators_free(Indicators *indicators)
{
	if (!indicators)
		return;
	if (indicators->timer)
		g_source_remove(indicators->timer);
	if (indicators->network)
		g_source_remove(indicators->network);
	leds_free(indicators->leds);
	g_free(indicators);
}

void indicators_status(Indicators *indicators, const AgentStatus *status)
{
	bool published;
	bool error;

	if (!indicators)
		return;
	published = status->last_publish_ms != indicators->last_publish_ms;
	error = status->last_error && *status->last_error;
	if (!published && indicators->input.uplink == status->state &&
	    indicators->input.error == error)
		return;
	indicators->last_publish_ms = status->last_publish_ms;
	if (published)
		indicators->input.published_us = g_get_monotonic_time();
	indicators->input.uplink = status->state;
	indicators->input.error = error;
	show(indicators);
}

void indicators_provisioning(Indicators *indicators, const char *state)
{
	if (!indicators)
		return;
	indicators->input.provisioning = indicator_provisioning(state);
	show(indicators);
}

void indicators_identify(Indicators *indicators, unsigned seconds)
{
	indicators->input.identify_until_us =
		g_get_monotonic_time() + (int64_t)seconds * G_USEC_PER_SEC;
	show(indicators);
}
