/* SPDX-License-Identifier: MIT */
#include "agent/adapter/indicators.h"

#include "agent/adapter/display.h"
#include "agent/adapter/leds.h"
#include "agent/adapter/network.h"

#define DRAW_MS         1000
#define NETWORK_POLL_MS 2000 /* how late a lost network may show */

struct Indicators {
	Leds *leds;
	Display *display; /* NULL: none */
	IndicatorsDraw draw;
	void *data;
	guint drawing; /* timer of the display */
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

/* --- the display --- */

/* Identified, the page is turned inside out every other second. */
static gboolean on_draw(gpointer data)
{
	Indicators *indicators = data;
	int64_t now_us = g_get_monotonic_time();
	bool inverted =
		now_us < indicators->input.identify_until_us && now_us / G_USEC_PER_SEC % 2 == 0;
	Frame frame;

	if (indicators->draw(inverted, &frame, indicators->data)) {
		display_show(indicators->display, &frame);
		return G_SOURCE_CONTINUE;
	}
	indicators->drawing = 0;
	return G_SOURCE_REMOVE;
}

static bool take_display(Indicators *indicators, const Config *config)
{
	g_autoptr(GError) error = NULL;

	if (!config->indicator.display)
		return false;
	indicators->display = display_open(config->indicator.display,
					   (unsigned)config->indicator.display_address, &error);
	if (!indicators->display) {
		g_warning("%s", error->message);
		return false;
	}
	indicators->drawing = g_timeout_add(DRAW_MS, on_draw, indicators);
	return true;
}

/* --- the LEDs --- */

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

Indicators *indicators_new(const Config *config, IndicatorsDraw draw, void *data)
{
	g_autoptr(Indicators) indicators = g_new0(Indicators, 1);

	indicators->draw = draw;
	indicators->data = data;
	indicators->leds = leds_new(config->indicator.leds);

	bool leds = take_leds(indicators, config);
	bool display = take_display(indicators, config);

	if (!leds && !display)
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
	if (indicators->drawing)
		g_source_remove(indicators->drawing);
	display_free(indicators->display);
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
