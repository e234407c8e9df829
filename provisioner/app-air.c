/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"

#define LINGER_MS 5000 /* with nothing to do, before the daemon exits: a Start may follow */

/* ---- how long the daemon waits ---- */

/* A reset that Wi-Fi is missing for was promised for when it is back. */
static bool awaits_wifi(const App *app)
{
	return app->resetting ? !wifi_choice_is_ready(app->wifi) : !app->name && app->patience;
}

static gboolean on_linger(gpointer data)
{
	App *app = data;

	/* Somebody may be typing a password before the Start that began us is carried out; and what
	 * Wi-Fi is taking back, nobody else would. */
	if (bus_authority_is_busy(app->authority) || wifi_choice_is_busy(app->wifi) ||
	    awaits_wifi(app))
		return G_SOURCE_CONTINUE;
	app->linger = 0;
	g_message("nothing to do: exiting");
	g_main_loop_quit(app->loop);
	return G_SOURCE_REMOVE;
}

/* A daemon that keeps watch goes on trying, as one does that phones have found before: there will
 * be another occasion. */
static gboolean on_patience(gpointer data)
{
	App *app = data;
	bool no_wifi = !wifi_choice_is_ready(app->wifi);
	bool stays = app->served || air_policy_watches(app->air);
	g_autofree char *problem = no_wifi        ? wifi_choice_problem(app->wifi)
				   : app->adapter ? g_strdup("bluetoothd does not take the service")
						  : g_strdup(bluez_problem(app->bluez));
	g_autoptr(GError) error = NULL;

	app->patience = 0;
	g_set_error(&error, LANDFALL_ERROR, no_wifi ? LANDFALL_ERROR_WIFI : LANDFALL_ERROR_ADAPTER,
		    "%s", problem);
	bus_service_started(app->service, error);
	if (no_wifi || !stays) /* a reset waits for nothing else */
		app_reset_fail(app, error);
	if (stays)
		g_warning("%s; still waiting", problem);
	else
		app_fail(app, g_steal_pointer(&error));
	return G_SOURCE_REMOVE;
}

static void patience_begin(App *app)
{
	if (!app->patience)
		app->patience = g_timeout_add((guint)app->config->provisioner.adapter_wait_ms,
					      on_patience, app);
}

void app_air_wait(App *app)
{
	if (!app->served)
		patience_begin(app);
}

/* ---- beginning and ending ---- */

void app_air_resume(App *app)
{
	if (app->wanted && !app->begun && app->name) {
		app->begun = true;
		/* Bluetooth is waited for from now on. */
		g_clear_handle_id(&app->patience, g_source_remove);
		app_air_wait(app);
		bluez_start(app->bluez, app->name);
	}
	app_status_show(app);
}

static void air_begin(App *app)
{
	app->wanted = true;
	app->done = false;
	g_message("going on the air: %s", air_reason_name(air_policy_reason(app->air)));
	g_clear_handle_id(&app->linger, g_source_remove);
	app_air_wait(app);
	app_air_resume(app);
}

/* Whoever called Start waits in vain. */
static void start_cancel(App *app)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
						      "provisioning was stopped");

	bus_service_started(app->service, error);
}

static void air_end(App *app)
{
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
	start_cancel(app);
	app_settle(app);
}

/* A session is over and it goes on: what bluetoothd has stays as it is, for the next phone may be
 * connecting already, and would find a device without a service. What it does not have yet it is
 * still to get, and whoever called Start waits for that. */
static void air_renew(App *app)
{
	g_autofree char *peer = g_strdup(provisioner_peer(app->core));

	app->done = false;
	provisioner_stop(app->core, app_now_us());
	if (*peer)
		bluez_disconnect(app->bluez, peer);
	gatt_app_forget(app->gatt, NULL);
	if (advert_is_on_air(app->advert)) {
		provisioner_start(app->core, app_now_us());
		advert_check(app->advert);
	}
	app_settle(app);
}

/* ---- the policy ---- */

static gboolean on_air_timer(gpointer data)
{
	App *app = data;

	app->air_timer = 0;
	air_policy_expire(app->air, app_now_us());
	app_air_settle(app);
	return G_SOURCE_REMOVE;
}

static void air_arm(App *app)
{
	int64_t deadline_us = air_policy_deadline_us(app->air);
	int64_t wait_ms = (deadline_us - app_now_us() + 999) / 1000;

	g_clear_handle_id(&app->air_timer, g_source_remove);
	if (deadline_us != INT64_MAX)
		app->air_timer =
			g_timeout_add((guint)CLAMP(wait_ms, 0, G_MAXINT), on_air_timer, app);
}

/* Nothing to do, and nothing to watch: end soon, unless Wi-Fi is still waited for, or the daemon is
 * ending already. */
static void air_linger(App *app)
{
	if (!app->wanted && !awaits_wifi(app) && !app->linger && !app->quitting &&
	    !air_policy_watches(app->air))
		app->linger = g_timeout_add(LINGER_MS, on_linger, app);
}

void app_air_settle(App *app)
{
	bool on = air_policy_reason(app->air) != AIR_NONE && !app->quitting;

	if (on && !app->wanted)
		air_begin(app);
	else if (!on && app->wanted)
		air_end(app);
	air_arm(app);
	air_linger(app);
	app_status_show(app);
}

void app_air_start(App *app)
{
	air_policy_on_start(app->air, app_now_us());
	app_air_settle(app);
	if (app->quitting)
		start_cancel(app);
	else if (advert_is_on_air(app->advert))
		bus_service_started(app->service, NULL);
	else /* whoever asks is told when nothing comes of it, later as well as at first */
		patience_begin(app);
}

void app_air_stop(App *app)
{
	if (app->wanted)
		g_message("stopped over the bus");
	air_policy_on_stop(app->air, app_now_us());
	app_air_settle(app);
}

void app_air_again(App *app)
{
	if (app->wanted && air_policy_reason(app->air) != AIR_NONE)
		air_renew(app);
	app_air_settle(app);
}

void app_air_done(App *app)
{
	app->done = true;
	air_policy_on_done(app->air, app_now_us());
	app_air_again(app);
}

void app_air_network(App *app)
{
	const AirNetwork network = {
		.known = app->name && wifi_choice_is_ready(app->wifi),
		.provisioned = wifi_choice_is_provisioned(app->wifi),
		.online = wifi_choice_is_online(app->wifi),
	};

	air_policy_on_network(app->air, &network, app_now_us());
	app_air_settle(app);
}

/* A phone that may come back in a moment counts as there. */
static AirPhone phone_now(const App *app)
{
	if (*provisioner_awaited(app->core) || provisioner_is_proved(app->core))
		return AIR_PHONE_PROVED;
	switch (provisioner_state(app->core)) {
	case PROVISIONER_IDLE:
	case PROVISIONER_READY:
	case PROVISIONER_DONE: break;
	case PROVISIONER_PEER:
	case PROVISIONER_FAILED: /* maybe for another phone */
		return *provisioner_peer(app->core) ? AIR_PHONE_THERE : AIR_PHONE_NONE;
	case PROVISIONER_SECURED:
	case PROVISIONER_JOINING:
	case PROVISIONER_JOINED: return AIR_PHONE_PROVED;
	}
	return AIR_PHONE_NONE;
}

void app_air_phone(App *app)
{
	air_policy_on_phone(app->air, phone_now(app), app_now_us());
	app_air_settle(app);
}

/* ---- construction ---- */

void app_air_init(App *app)
{
	const Config *config = app->config;
	const struct {
		uint32_t word; /* of `advertise` */
		int64_t limit_ms;
	} reasons[AIR_NONE] = {
		[AIR_BUTTON] = { CONFIG_ADVERTISE_BUTTON, config->provisioner.button_limit_ms },
		[AIR_ON_DEMAND] = { CONFIG_ADVERTISE_ON_DEMAND,
				    config->provisioner.on_demand_limit_ms },
		[AIR_UNPROVISIONED] = { CONFIG_ADVERTISE_UNPROVISIONED,
					config->provisioner.unprovisioned_limit_ms },
		[AIR_NETWORK_LOST] = { CONFIG_ADVERTISE_NETWORK_LOST,
				       config->provisioner.network_lost_limit_ms },
		[AIR_ALWAYS] = { CONFIG_ADVERTISE_ALWAYS, config->provisioner.always_limit_ms },
	};
	AirSettings settings = { .lost_us = config->provisioner.network_lost_after_ms * 1000 };

	for (int i = 0; i < AIR_NONE; i++) {
		settings.on[i] = config->provisioner.advertise & reasons[i].word;
		settings.limit_us[i] = reasons[i].limit_ms * 1000;
	}
	app->air = air_policy_new(&settings);
}

void app_air_clear(App *app)
{
	g_clear_handle_id(&app->air_timer, g_source_remove);
	g_clear_handle_id(&app->linger, g_source_remove);
	g_clear_handle_id(&app->patience, g_source_remove);
	g_clear_pointer(&app->air, air_policy_free);
}
