/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"
#include "common/file-replace.h"

#include <string.h>

#define MARK_NAME "reset" /* in the folder of secrets, from the wish to its fulfilment */
#define MARK_TEXT "networks that were added here are to be forgotten\n"
#define LIMIT_MS  20000 /* for an answer: callers wait 25 s */

/* Whatever ends us, and the power, the wish is on disk before anything is forgotten. */
static void mark_write(const App *app)
{
	g_autoptr(GError) error = NULL;

	if (!file_replace(app->config->provisioner.secrets, MARK_NAME, MARK_TEXT, strlen(MARK_TEXT),
			  &error))
		g_warning("a reset that is cut short will not be finished: %s", error->message);
}

static bool mark_remove(const App *app, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (file_remove(app->config->provisioner.secrets, MARK_NAME, &cause))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
		    "the next start forgets networks once more: %s", cause->message);
	g_warning("%s", (*error)->message);
	return false;
}

static gboolean on_limit(gpointer data)
{
	App *app = data;
	g_autoptr(GError) error = g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
					      "%s is still busy; it forgets the networks when it "
					      "is done, or after the next start",
					      wifi_choice_name(app->wifi));

	app->reset_limit = 0;
	bus_service_reset_done(app->service, error);
	return G_SOURCE_REMOVE;
}

/* At a start Wi-Fi is on its way; later it is not known when it comes. */
static void reset_wait(App *app)
{
	g_autofree char *problem = wifi_choice_problem(app->wifi);
	g_autoptr(GError) error = NULL;

	app_air_wait(app);
	if (app->patience)
		return;
	g_set_error(&error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
		    "%s; the networks are forgotten when Wi-Fi is back", problem);
	app_reset_fail(app, error);
}

void app_reset_init(App *app)
{
	g_autofree char *path = g_build_filename(app->config->provisioner.secrets, MARK_NAME, NULL);

	app->reset_again = g_file_test(path, G_FILE_TEST_EXISTS);
	app->resetting = app->reset_again;
}

void app_reset(App *app)
{
	if (!app->resetting)
		mark_write(app);
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
	if (!app->reset_limit)
		app->reset_limit = g_timeout_add(LIMIT_MS, on_limit, app);
	if (app->forgetting)
		return;
	app->forgetting = true;
	app->done = false;
	g_message("reset: forgetting the networks that were added here");
	app_air_again(app);
	wifi_choice_forget_all(app->wifi, app->reset_again);
}

void app_reset_done(App *app, const GError *error)
{
	g_autoptr(GError) marked = NULL;

	app->forgetting = false;
	if (error) {
		app_reset_fail(app, error);
	} else if (!mark_remove(app, &marked)) {
		app_reset_fail(app, marked);
	} else {
		app->resetting = false;
		app->reset_again = false;
		g_clear_handle_id(&app->reset_limit, g_source_remove);
		air_policy_on_reset(app->air, app_now_us());
		bus_service_reset_done(app->service, NULL);
	}
	app_air_network(app);
}

void app_reset_fail(App *app, const GError *error)
{
	app->reset_again = app->resetting;
	g_clear_handle_id(&app->reset_limit, g_source_remove);
	bus_service_reset_done(app->service, error);
}

void app_reset_drop(App *app)
{
	g_autoptr(GError) marked = NULL;

	if (!app->resetting || app->forgetting)
		return;
	g_message("a network was joined: what a reset has not forgotten stays");
	app->resetting = false;
	app->reset_again = false;
	mark_remove(app, &marked);
}

void app_reset_clear(App *app)
{
	g_clear_handle_id(&app->reset_limit, g_source_remove);
}
