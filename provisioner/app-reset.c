/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"

/* At a start Wi-Fi is on its way; later it is not known when it comes. */
static void reset_wait(App *app)
{
	g_autofree char *problem = wifi_choice_problem(app->wifi);
	g_autoptr(GError) error = NULL;

	app_air_wait(app);
	if (app->patience)
		return;
	g_set_error(&error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, "%s", problem);
	app_reset_fail(app, error);
}

void app_reset(App *app)
{
	app->resetting = true;
	g_clear_handle_id(&app->linger, g_source_remove);
	app_reset_step(app);
}

void app_reset_step(App *app)
{
	if (!app->resetting)
		return;
	if (!app->name || !wifi_choice_is_ready(app->wifi)) {
		reset_wait(app);
		return;
	}
	app->resetting = false;
	app->done = false;
	g_message("reset over the bus: forgetting the networks that were added here");
	app_air_again(app);
	wifi_choice_forget_all(app->wifi);
	bus_service_reset_done(app->service, NULL);
	app_air_settle(app);
}

void app_reset_fail(App *app, const GError *error)
{
	app->resetting = false;
	bus_service_reset_done(app->service, error);
}
