/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include <string.h>

#define CHECK_S 60 /* between two looks at an advertisement nobody answers */

/* A write on its way through the core. */
typedef struct Due {
	App *app;
	GattWrite *write;
} Due;

static void on_bluez_ready(const char *path, void *data)
{
	App *app = data;

	g_free(app->adapter);
	app->adapter = g_strdup(path);
	gatt_app_register(app->gatt, path);
	app_status_show(app);
}

static void on_bluez_lost(void *data)
{
	App *app = data;

	advert_unregister(app->advert, true);
	gatt_app_unregister(app->gatt, true);
	g_clear_pointer(&app->adapter, g_free);
	app_status_show(app);
}

static void on_disconnected(const char *device, void *data)
{
	App *app = data;
	g_autofree char *peer = g_strdup(provisioner_peer(app->core));

	gatt_app_forget(app->gatt, device);
	if (*peer == '\0' || (device && strcmp(device, peer) != 0))
		return;
	app_tell_visit(app, "the phone is gone");
	provisioner_peer_gone(app->core, peer, app_now_us());
	/* The kernel is to resume advertising by itself. */
	advert_check(app->advert);
	app_settle(app);
}

static void on_touched(const char *device, void *data)
{
	App *app = data;

	if (*provisioner_peer(app->core) || *device == '\0' || !app->begun)
		return;
	provisioner_peer_connected(app->core, device, app_now_us());
	if (*provisioner_peer(app->core))
		wifi_choice_look_around(app->wifi);
	app_settle(app);
}

static void on_answer(GBytes *reply, const GError *error, void *data)
{
	g_autofree Due *due = data;
	unsigned int unsaid = 0;

	if (error && log_rate_allow(&due->app->refusals, app_now_us(), &unsaid)) {
		g_autofree char *others = log_rate_dropped(unsaid);

		g_info("a request was refused: %s%s", error->message, others);
	}
	gatt_write_finish(due->write, reply);
}

static void on_written(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
		       void *data)
{
	App *app = data;
	Due *due = g_new(Due, 1);

	*due = (Due){ app, write };
	on_touched(device, app);
	provisioner_request(app->core, device, endpoint, value, app_now_us(), on_answer, due);
	app_settle(app);
}

static void on_problem(void *data)
{
	app_status_show(data);
}

static void on_advertising(int active, void *data)
{
	App *app = data;

	advert_observe(app->advert, active);
}

/* Now and then, but not while a phone is there. */
static gboolean on_check(gpointer data)
{
	App *app = data;

	if (*provisioner_peer(app->core) == '\0')
		advert_check(app->advert);
	return G_SOURCE_CONTINUE;
}

static void on_sleep(bool asleep, void *data)
{
	App *app = data;

	g_message(asleep ? "the system goes to sleep" : "the system is awake again");
	/* The adapter may have forgotten what bluetoothd believes it has: begin afresh. */
	if (!asleep && advert_is_on_air(app->advert)) {
		advert_register(app->advert, app->adapter, app->name);
		app_status_show(app); /* which may be refused */
	}
}

static void on_gatt_registered(void *data)
{
	App *app = data;

	advert_observe(app->advert, bluez_active_instances(app->bluez));
	advert_register(app->advert, app->adapter, app->name);
}

static void on_advert_changed(bool on_air, void *data)
{
	App *app = data;

	if (on_air) {
		app->served = true;
		g_clear_handle_id(&app->patience, g_source_remove);
		g_message("%s is in the air on %s", app->name, bluez_adapter(app->bluez));
		provisioner_start(app->core, app_now_us());
		bus_service_started(app->service, NULL);
	} else {
		g_message("bluetoothd has dropped the advertisement");
	}
	app_settle(app);
}

bool app_radio_init(App *app, GError **error)
{
	static const BluezEvents bluez_events = { on_bluez_ready, on_bluez_lost, on_disconnected,
						  on_problem, on_advertising };
	static const GattAppEvents gatt_events = { on_gatt_registered, on_touched, on_written };
	static const AdvertEvents advert_events = { on_advert_changed };

	app->gatt = gatt_app_new(app->bus, app->config->provisioner.service_uuid, &gatt_events, app,
				 error);
	if (!app->gatt)
		return false;
	app->advert = advert_new(app->bus, gatt_app_uuid(app->gatt), &advert_events, app, error);
	if (!app->advert)
		return false;
	app->bluez = bluez_new(app->bus, app->config->provisioner.adapter, &bluez_events, app);
	app->sleep = sleep_new(app->bus, on_sleep, app);
	app->check = g_timeout_add_seconds(CHECK_S, on_check, app);
	return true;
}

void app_radio_clear(App *app)
{
	g_clear_handle_id(&app->check, g_source_remove);
	g_clear_pointer(&app->sleep, sleep_free);
	g_clear_pointer(&app->advert, advert_free);
	g_clear_pointer(&app->gatt, gatt_app_free);
	g_clear_pointer(&app->bluez, bluez_free);
}
