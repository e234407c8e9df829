/* SPDX-License-Identifier: MIT */
/*
 * app - the provisioning daemon: core and adapters wired together on one loop
 *
 *   wifi-choice ready ─▶ name ─▶ bluez ready ─▶ gatt-app registered ─▶ advert up ─▶ core started
 *
 * Whatever is lost on the way is taken up again from there. docs/provisioner.md has the states,
 * what is recovered how, and when the daemon exits. Owner: main().
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>

typedef struct App App;

/* app_check() - can this build do what is configured?
 * Errors: LANDFALL_ERROR_CONFIG */
bool app_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_new() - read the credentials, connect to the bus, register everything there
 * @config: borrowed, outlives it; app_check() has passed it
 * @loop:   borrowed; quit when app_run()'s work is over
 * Errors: LANDFALL_ERROR_CONFIG, those of credentials_load(), LANDFALL_ERROR_BUS */
App *app_new(const Config *config, GMainLoop *loop, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_error() - why the loop was quit; NULL: all is well. Borrowed */
const GError *app_error(const App *app);

/* app_quit() - end in good order, as after SIGTERM */
void app_quit(App *app);

/* app_free() - take everything off the bus, give adapter and network back. NULL is fine */
void app_free(App *app);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_free)
