/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/device-name.h"
#include "common/error.h"

/* The configured name, %m being the end of the Wi-Fi address. */
static char *expand_name(const App *app, GError **error)
{
	const char *pattern = app->config->provisioner.name;
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	if (!device_name_wants_address(pattern) || wifi_choice_mac(app->wifi, mac))
		return device_name_expand(pattern, mac);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
		    "%s has no address to make a name of", wifi_choice_interface(app->wifi));
	return NULL;
}

static void on_wifi_ready(void *data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;

	if (!app->name)
		app->name = expand_name(app, &error);
	if (!app->name) {
		app_fail(app, g_steal_pointer(&error));
		return;
	}
	/* Wi-Fi is waited for no more. */
	if (!app->begun)
		g_clear_handle_id(&app->patience, g_source_remove);
	app_air_network(app);
	app_air_resume(app);
	app_reset_step(app);
}

static void on_wifi_lost(void *data)
{
	App *app = data;
	g_autofree char *problem = wifi_choice_problem(app->wifi);

	g_message("waiting for Wi-Fi: %s", problem);
	app_air_network(app);
}

static void on_wifi_changed(void *data)
{
	app_air_network(data);
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	App *app = data;

	provisioner_on_scan(app->core, error ? NULL : networks, n_networks, error, app_now_us());
	app_settle(app);
}

static void on_joined(const WifiLink *link, void *data)
{
	App *app = data;

	g_message("joined a network, address %s", link->ip4);
	app_reset_drop(app);
	provisioner_on_joined(app->core, link, app_now_us());
	app_settle(app);
	/* The network that was on trial is one of the device's now. */
	app_air_network(app);
}

static void on_join_failed(WifiFailure failure, void *data)
{
	App *app = data;

	provisioner_on_join_failed(app->core, failure, app_now_us());
	app_settle(app);
}

static void on_wifi_idle(void *data)
{
	App *app = data;

	if (app->quitting && !wifi_choice_is_busy(app->wifi))
		g_main_loop_quit(app->loop);
}

static void on_forgotten(const GError *error, void *data)
{
	app_reset_done(data, error);
}

bool app_wifi_init(App *app, GError **error)
{
	static const WifiEvents events = {
		.ready = on_wifi_ready,
		.lost = on_wifi_lost,
		.scanned = on_scanned,
		.joined = on_joined,
		.join_failed = on_join_failed,
		.idle = on_wifi_idle,
		.changed = on_wifi_changed,
		.forgotten = on_forgotten,
	};
	const Config *config = app->config;
	const WifiSettings settings = {
		.interface = config->provisioner.interface,
		.join_timeout_ms = (unsigned int)config->provisioner.join_timeout_ms,
		.state_dir = config->provisioner.secrets,
	};

	app->wifi =
		wifi_choice_new(app->bus, config->provisioner.wifi, &settings, &events, app, error);
	return app->wifi != NULL;
}
