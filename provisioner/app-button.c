/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"

static gboolean on_hold_timer(gpointer data);

static void hold_arm(App *app)
{
	int64_t deadline_us = button_hold_deadline_us(&app->hold);
	int64_t wait_ms = (deadline_us - app_now_us() + 999) / 1000;

	g_clear_handle_id(&app->hold_timer, g_source_remove);
	if (deadline_us != INT64_MAX)
		app->hold_timer =
			g_timeout_add((guint)CLAMP(wait_ms, 0, G_MAXINT), on_hold_timer, app);
}

static gboolean on_hold_timer(gpointer data)
{
	App *app = data;
	ButtonHeld held = button_hold_expire(&app->hold, app_now_us());

	app->hold_timer = 0;
	if (held != BUTTON_HELD_NO) {
		g_message("the button was held%s",
			  held == BUTTON_HELD_FROM_START ? " from the start" : "");
		if (held == BUTTON_HELD_FROM_START)
			app_security_unlock(app, "by the button");
		air_policy_on_button(app->air, app_now_us());
		app_air_settle(app);
	}
	hold_arm(app);
	return G_SOURCE_REMOVE;
}

static void on_level(bool pressed, void *data)
{
	App *app = data;

	button_hold_on_level(&app->hold, pressed, app_now_us());
	hold_arm(app);
	app_status_show(app);
}

static void on_gone(void *data)
{
	App *app = data;

	button_hold_on_gone(&app->hold);
	hold_arm(app);
	app_status_show(app);
}

bool app_button_check(const Config *config, GError **error)
{
	const char *text = config->provisioner.button;
	g_autoptr(ButtonSpec) spec = text ? button_spec_parse(text, error) : NULL;

	if (text || !(config->provisioner.advertise & CONFIG_ADVERTISE_BUTTON))
		return !text || spec;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[provisioner] advertise = button needs [provisioner] button: "
			    "which one is it?");
	return false;
}

void app_button_init(App *app)
{
	static const ButtonEvents events = { on_level, on_gone };
	const char *text = app->config->provisioner.button;
	g_autoptr(ButtonSpec) spec = text ? button_spec_parse(text, NULL) : NULL;

	button_hold_init(&app->hold, app->config->provisioner.button_hold_ms * 1000);
	if (spec)
		app->button = button_new(spec, &events, app);
}

void app_button_clear(App *app)
{
	g_clear_handle_id(&app->hold_timer, g_source_remove);
	g_clear_pointer(&app->button, button_free);
}
