/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"

#define LINGER_MS 5000 /* with nothing to do, before the daemon exits: a Start may be on its way */

static gboolean on_linger(gpointer data)
{
	App *app = data;

	/* Somebody may be typing a password before the Start that began us is carried out. */
	if (authority_is_busy(app->authority))
		return G_SOURCE_CONTINUE;
	app->linger = 0;
	g_message("nothing to do: exiting");
	g_main_loop_quit(app->loop);
	return G_SOURCE_REMOVE;
}

static gboolean on_patience(gpointer data)
{
	App *app = data;
	bool no_wifi = !wifi_choice_is_ready(app->wifi);
	g_autofree char *problem = no_wifi        ? wifi_choice_problem(app->wifi)
				   : app->adapter ? g_strdup("bluetoothd does not take the service")
						  : g_strdup(bluez_problem(app->bluez));
	g_autoptr(GError) error = NULL;

	app->patience = 0;
	g_set_error(&error, LANDFALL_ERROR, no_wifi ? LANDFALL_ERROR_WIFI : LANDFALL_ERROR_ADAPTER,
		    "%s", problem);
	bus_service_started(app->service, error);
	app_fail(app, g_steal_pointer(&error));
	return G_SOURCE_REMOVE;
}

void app_air_wait(App *app)
{
	if (!app->patience && !app->served)
		app->patience = g_timeout_add((guint)app->config->provisioner.adapter_wait_ms,
					      on_patience, app);
}

void app_air_idle(App *app)
{
	if (!app->linger)
		app->linger = g_timeout_add(LINGER_MS, on_linger, app);
}

void app_air_begin(App *app)
{
	app->wanted = true;
	app->done = false;
	g_clear_handle_id(&app->linger, g_source_remove);
	if (!app->begun)
		app_air_wait(app);
	if (!app->begun && app->name) {
		app->begun = true;
		bluez_start(app->bluez, app->name);
	}
	app_status_show(app);
}

void app_air_end(App *app)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
						      "provisioning was stopped");
	g_autofree char *peer = g_strdup(provisioner_peer(app->core));

	app->wanted = false;
	app->begun = false;
	g_clear_handle_id(&app->patience, g_source_remove);
	provisioner_stop(app->core, app_now_us());
	if (*peer)
		bluez_disconnect(app->bluez, peer);
	gatt_app_forget(app->gatt, NULL);
	advert_unregister(app->advert, !app->adapter);
	gatt_app_unregister(app->gatt, !app->adapter);
	g_clear_pointer(&app->adapter, g_free);
	bluez_stop(app->bluez);
	bus_service_started(app->service, error);
	app_settle(app);
	if (app->done && app->config->provisioner.advertise == CONFIG_ADVERTISE_ALWAYS)
		app_air_begin(app);
	else
		app_air_idle(app);
}
