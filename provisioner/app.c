/* SPDX-License-Identifier: MIT */
#include "provisioner/app.h"

#include "common/error.h"
#include "common/log.h"
#include "common/printable.h"
#include "dbus/bus-name.h"
#include "dbus/bus.h"
#include "provisioner/adapter/advert.h"
#include "provisioner/adapter/bluez.h"
#include "provisioner/adapter/bus-service.h"
#include "provisioner/adapter/credentials.h"
#include "provisioner/adapter/gatt-app.h"
#include "provisioner/core/provisioner.h"
#include "provisioner/wifi-choice.h"

#include <string.h>
#include <systemd/sd-daemon.h>

#define QUIT_MS     5000 /* for the last words with NetworkManager */
#define LINGER_MS   5000 /* with nothing to do, before the daemon exits: a Start may be on its way */
#define JOIN_LAG_MS 30000 /* after join_timeout, for an address and the reason of a failure */

struct App {
	const Config *config;
	GMainLoop *loop;
	GError *error; /* why the daemon ends, NULL: in good order */
	Bus *bus;
	BusService *service;
	BusName *bus_name;
	WifiChoice *wifi;
	Bluez *bluez;
	GattApp *gatt;
	Advert *advert;
	Provisioner *core;
	ProvisionerPorts ports;

	ProvisionerState logged; /* state last written to the log */
	bool wanted;             /* a phone shall be able to connect */
	bool decided;            /* the policy was applied to what Wi-Fi knows */
	bool begun;              /* bluez was started */
	bool served;             /* a phone could connect once: from now on losses are waited out */
	bool done;               /* a phone has read Connected */
	char *adapter;           /* object path while ready */
	char *name;              /* advertised, NULL before Wi-Fi is known */
	guint timer;             /* of the core's deadline */
	guint linger;
	guint patience;
	guint ending;
	guint quitting; /* 0: no */
	LogRate refusals;
};

/* A write on its way through the core. */
typedef struct Due {
	App *app;
	GattWrite *write;
} Due;

static void app_begin(App *app);
static void app_end(App *app);

static int64_t now_us(void)
{
	return g_get_monotonic_time();
}

static void app_fail(App *app, GError *error)
{
	if (!app->error)
		app->error = error;
	else
		g_error_free(error);
	g_main_loop_quit(app->loop);
}

/* ---- what there is to see ---- */

static const char *state_text(const App *app)
{
	ProvisionerState state = provisioner_state(app->core);

	if (app->done && state == PROVISIONER_IDLE)
		state = PROVISIONER_DONE;
	/* "ready" promises that a phone finds the device. */
	if (state == PROVISIONER_READY && !advert_is_on_air(app->advert))
		state = PROVISIONER_IDLE;
	return provisioner_state_name(state);
}

static char *idle_text(const App *app)
{
	if (!wifi_choice_is_ready(app->wifi) && !app->begun) {
		g_autofree char *problem = wifi_choice_problem(app->wifi);

		return g_strdup_printf("waiting for Wi-Fi: %s", problem);
	}
	if (app->done)
		return g_strdup("the device has its network; nothing is left to do");
	if (!app->wanted)
		return g_strdup(wifi_choice_is_provisioned(app->wifi)
					? "not started: a Wi-Fi network is configured"
					: "not started");
	if (!app->adapter)
		return g_strdup_printf("waiting for Bluetooth: %s", bluez_problem(app->bluez));
	return g_strdup("telling bluetoothd about the service");
}

static char *link_text(const App *app)
{
	const WifiLink *link = provisioner_link(app->core);
	g_autofree char *ssid =
		link ? printable_text(link->network.ssid, link->network.ssid_len) : g_strdup("");

	return g_strdup_printf("the device is on \"%s\" with address %s; the phone is being told",
			       ssid, link ? link->ip4 : "");
}

/* The state as a sentence; the caller frees it. */
static char *progress_text(const App *app)
{
	const char *phone = bluez_device_address(app->bluez, provisioner_peer(app->core));

	switch (provisioner_state(app->core)) {
	case PROVISIONER_IDLE: break;
	case PROVISIONER_READY:
		if (!advert_is_on_air(app->advert))
			break;
		return g_strdup_printf("%s is in the air on %s; waiting for a phone", app->name,
				       bluez_adapter(app->bluez));
	case PROVISIONER_PEER:
		return g_strdup_printf("phone %s is connected; waiting for its proof of possession",
				       phone);
	case PROVISIONER_SECURED:
		return g_strdup_printf(
			"phone %s has proved itself; waiting for its choice of network", phone);
	case PROVISIONER_JOINING: return g_strdup("joining the network the phone has chosen");
	case PROVISIONER_FAILED:
		return g_strdup_printf(
			"the network could not be joined (%s); waiting for another try",
			provisioner_failure(app->core));
	case PROVISIONER_JOINED: return link_text(app);
	case PROVISIONER_DONE: return g_strdup("the phone knows that the device has its network");
	}
	return idle_text(app);
}

static void app_show(App *app)
{
	g_autofree char *progress = progress_text(app);
	g_autofree char *peer =
		g_strdup(bluez_device_address(app->bluez, provisioner_peer(app->core)));
	const WifiLink *link = provisioner_link(app->core);
	BusServiceStatus status = {
		.state = state_text(app),
		.progress = progress,
		.name = app->name ? app->name : "",
		.adapter = bluez_adapter(app->bluez),
		.interface = wifi_choice_interface(app->wifi),
		.backend = wifi_choice_name(app->wifi),
		.peer = peer,
		.failure = provisioner_failure(app->core),
		.ip4 = link ? link->ip4 : "",
		.security = (uint32_t)app->config->provisioner.security,
	};

	if (link) {
		memcpy(status.ssid, link->network.ssid, link->network.ssid_len);
		status.ssid_len = link->network.ssid_len;
	}
	bus_service_update(app->service, &status);
	sd_notifyf(0, "STATUS=%s", progress);
}

/* ---- the core's timer ---- */

static gboolean on_timer(gpointer data);

/* After each call into the core: one timer for its deadline, and what is to be seen. */
static void app_settle(App *app)
{
	int64_t deadline = provisioner_deadline_us(app->core);

	g_clear_handle_id(&app->timer, g_source_remove);
	if (deadline != INT64_MAX) {
		int64_t wait_ms = (deadline - now_us() + 999) / 1000;

		app->timer = g_timeout_add((guint)CLAMP(wait_ms, 0, G_MAXINT), on_timer, app);
	}
	app_show(app);
}

static gboolean on_timer(gpointer data)
{
	App *app = data;

	app->timer = 0;
	provisioner_expire(app->core, now_us());
	app_settle(app);
	return G_SOURCE_REMOVE;
}

static gboolean on_ending(gpointer data)
{
	App *app = data;

	app->ending = 0;
	app->done = true;
	app_end(app);
	return G_SOURCE_REMOVE;
}

static void core_changed(void *data)
{
	App *app = data;
	ProvisionerState state = provisioner_state(app->core);

	if (state != app->logged)
		g_message("provisioning is %s", provisioner_state_name(state));
	app->logged = state;
	if (state == PROVISIONER_DONE && !app->ending)
		app->ending = g_idle_add(on_ending, app);
}

/* ---- beginning and ending ---- */

static gboolean on_linger(gpointer data)
{
	App *app = data;

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

static void app_wait(App *app)
{
	if (!app->patience && !app->served)
		app->patience = g_timeout_add((guint)app->config->provisioner.adapter_wait_ms,
					      on_patience, app);
}

static void app_idle(App *app)
{
	if (!app->linger)
		app->linger = g_timeout_add(LINGER_MS, on_linger, app);
}

/* A phone shall be able to connect: go on from wherever things stand. */
static void app_begin(App *app)
{
	app->wanted = true;
	app->done = false;
	g_clear_handle_id(&app->linger, g_source_remove);
	if (!app->begun)
		app_wait(app);
	if (!app->begun && app->name) {
		app->begun = true;
		bluez_start(app->bluez, app->name);
	}
	app_show(app);
}

/* No phone shall be able to connect any more. */
static void app_end(App *app)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
						      "provisioning was stopped");
	g_autofree char *peer = g_strdup(provisioner_peer(app->core));

	app->wanted = false;
	app->begun = false;
	g_clear_handle_id(&app->patience, g_source_remove);
	provisioner_stop(app->core, now_us());
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
		app_begin(app);
	else
		app_idle(app);
}

/* ---- Bluetooth ---- */

static void on_bluez_ready(const char *path, void *data)
{
	App *app = data;

	g_free(app->adapter);
	app->adapter = g_strdup(path);
	gatt_app_register(app->gatt, path);
	app_show(app);
}

static void on_bluez_lost(void *data)
{
	App *app = data;

	advert_unregister(app->advert, true);
	gatt_app_unregister(app->gatt, true);
	g_clear_pointer(&app->adapter, g_free);
	app_show(app);
}

static void on_disconnected(const char *device, void *data)
{
	App *app = data;
	g_autofree char *peer = g_strdup(provisioner_peer(app->core));

	gatt_app_forget(app->gatt, device);
	if (*peer == '\0' || (device && strcmp(device, peer) != 0))
		return;
	g_info("the phone is gone");
	provisioner_peer_gone(app->core, peer, now_us());
	/* The kernel resumes advertising by itself; what bluetoothd dropped is put back. */
	if (app->adapter && advert_is_on_air(app->advert) &&
	    bluez_active_instances(app->bluez) == 0)
		advert_register(app->advert, app->adapter, app->name);
	app_settle(app);
}

static void on_touched(const char *device, void *data)
{
	App *app = data;

	if (*provisioner_peer(app->core) || *device == '\0' || !app->begun)
		return;
	provisioner_peer_connected(app->core, device, now_us());
	wifi_choice_look_around(app->wifi);
	app_settle(app);
}

static void on_answer(GBytes *reply, const GError *error, void *data)
{
	g_autofree Due *due = data;
	unsigned int unsaid = 0;

	if (error && log_rate_allow(&due->app->refusals, now_us(), &unsaid))
		g_info("a request was refused: %s (%u lines like this left out)", error->message,
		       unsaid);
	gatt_write_finish(due->write, reply);
}

static void on_written(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
		       void *data)
{
	App *app = data;
	Due *due = g_new(Due, 1);

	*due = (Due){ app, write };
	on_touched(device, app);
	provisioner_request(app->core, device, endpoint, value, now_us(), on_answer, due);
	app_settle(app);
}

static void on_gatt_registered(void *data)
{
	App *app = data;

	advert_register(app->advert, app->adapter, app->name);
}

static void on_advert_changed(bool on_air, void *data)
{
	App *app = data;

	if (on_air) {
		app->served = true;
		g_clear_handle_id(&app->patience, g_source_remove);
		g_message("%s is in the air on %s", app->name, bluez_adapter(app->bluez));
		provisioner_start(app->core, now_us());
		bus_service_started(app->service, NULL);
	} else {
		g_message("bluetoothd has dropped the advertisement");
	}
	app_settle(app);
}

/* ---- Wi-Fi ---- */

/* The configured name, %m being the end of the Wi-Fi address. */
static char *expand_name(const App *app, GError **error)
{
	g_autoptr(GString) name = g_string_new(NULL);
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	for (const char *in = app->config->provisioner.name; *in; in++) {
		if (in[0] != '%' || in[1] == '\0') {
			g_string_append_c(name, *in);
			continue;
		}
		in++;
		if (*in != 'm') {
			g_string_append_c(name, *in);
		} else if (wifi_choice_mac(app->wifi, mac)) {
			g_string_append_printf(name, "%02X%02X%02X", mac[3], mac[4], mac[5]);
		} else {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
				    "%s has no address to make a name of",
				    wifi_choice_interface(app->wifi));
			return NULL;
		}
	}
	if (name->len == 0 || name->len > ADVERT_NAME_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the advertised name has %zu octets, 1 to %d are allowed", name->len,
			    ADVERT_NAME_MAX);
		return NULL;
	}
	return g_strdup(name->str);
}

static bool policy_wants(const App *app)
{
	switch (app->config->provisioner.advertise) {
	case CONFIG_ADVERTISE_ALWAYS: return true;
	case CONFIG_ADVERTISE_UNPROVISIONED: return !wifi_choice_is_provisioned(app->wifi);
	case CONFIG_ADVERTISE_ON_DEMAND: break;
	}
	return false;
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
	if (!app->decided) {
		app->decided = true;
		app->wanted = app->wanted || policy_wants(app);
		g_clear_handle_id(&app->patience, g_source_remove);
	}
	if (app->wanted)
		app_begin(app);
	else
		app_idle(app);
	app_show(app);
}

static void on_wifi_lost(void *data)
{
	App *app = data;
	g_autofree char *problem = wifi_choice_problem(app->wifi);

	g_message("waiting for Wi-Fi: %s", problem);
	app_show(app);
}

static void on_wifi_changed(void *data)
{
	app_show(data);
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	App *app = data;

	provisioner_on_scan(app->core, error ? NULL : networks, n_networks, error, now_us());
	app_settle(app);
}

static void on_joined(const WifiLink *link, void *data)
{
	App *app = data;

	g_message("joined a network, address %s", link->ip4);
	provisioner_on_joined(app->core, link, now_us());
	app_settle(app);
}

static void on_wifi_idle(void *data)
{
	App *app = data;

	if (app->quitting)
		g_main_loop_quit(app->loop);
}

static void on_join_failed(WifiFailure failure, void *data)
{
	App *app = data;

	provisioner_on_join_failed(app->core, failure, now_us());
	app_settle(app);
}

/* ---- the bus ---- */

static void on_start(void *data)
{
	App *app = data;

	if (advert_is_on_air(app->advert))
		bus_service_started(app->service, NULL);
	else
		app_begin(app);
}

static void on_stop(void *data)
{
	App *app = data;

	if (app->wanted)
		g_message("stopped over the bus");
	app_end(app);
}

static void on_bus_lost(Bus *bus, const GError *error, void *data)
{
	app_fail(data, g_error_copy(error));
}

static void on_bus_name(BusName *name, const GError *error, void *data)
{
	App *app = data;

	if (error) {
		app_fail(app, g_error_copy(error));
		return;
	}
	sd_notify(0, "READY=1");
	app_show(app);
}

/* ---- construction ---- */

static bool check_config(const Config *config, GError **error)
{
	if (config->provisioner.security < 1) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "[provisioner] security: this build offers 1 and 2; without "
				    "security anybody near could take the device");
		return false;
	}
	return true;
}

static bool app_init_core(App *app, GError **error)
{
	const Config *config = app->config;
	g_autoptr(Credentials) credentials =
		credentials_load(config->provisioner.secrets, config->provisioner.username, error);
	ProvisionerSecurity security = { 0 };

	if (!credentials)
		return false;
	if (config->provisioner.security == 1 && !credentials->pop) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[provisioner] security = 1 needs the proof of possession in %s/pop",
			    config->provisioner.secrets);
		return false;
	}
	security.version = (int)config->provisioner.security;
	security.pop = credentials->pop;
	security.salt = credentials->salt;
	security.verifier = credentials->verifier;
	app->ports = (ProvisionerPorts){
		.wifi = &wifi_choice_port,
		.wifi_data = app->wifi,
		.random = credentials_random,
		.changed = core_changed,
		.data = app,
		.join_us = (config->provisioner.join_timeout_ms + JOIN_LAG_MS) * 1000,
	};
	app->core = provisioner_new(&security, &app->ports, error);
	return app->core != NULL;
}

static bool app_init_bus(App *app, GError **error)
{
	static const WifiEvents wifi_events = { on_wifi_ready,  on_wifi_lost,   on_scanned,
						on_joined,      on_join_failed, on_wifi_idle,
						on_wifi_changed };
	static const BluezEvents bluez_events = { on_bluez_ready, on_bluez_lost, on_disconnected };
	static const GattAppEvents gatt_events = { on_gatt_registered, on_touched, on_written };
	static const AdvertEvents advert_events = { on_advert_changed };
	static const BusServiceEvents service_events = { on_start, on_stop };
	const Config *config = app->config;
	const WifiSettings wifi_settings = {
		.interface = config->provisioner.interface,
		.join_timeout_ms = (unsigned int)config->provisioner.join_timeout_ms,
		.state_dir = config->provisioner.secrets,
	};

	app->bus = bus_open(config->provisioner.bus, NULL, on_bus_lost, app, error);
	if (!app->bus)
		return false;
	app->gatt = gatt_app_new(app->bus, &gatt_events, app, error);
	if (!app->gatt)
		return false;
	app->advert = advert_new(app->bus, GATT_SERVICE_UUID, &advert_events, app, error);
	if (!app->advert)
		return false;
	app->service = bus_service_new(app->bus, &service_events, app, error);
	if (!app->service)
		return false;
	app->wifi = wifi_choice_new(app->bus, config->provisioner.wifi, &wifi_settings,
				    &wifi_events, app, error);
	if (!app->wifi)
		return false;
	app->bluez = bluez_new(app->bus, config->provisioner.adapter, &bluez_events, app);
	return true;
}

App *app_new(const Config *config, GMainLoop *loop, GError **error)
{
	g_autoptr(App) app = g_new0(App, 1);

	app->config = config;
	app->loop = loop;
	app->refusals = LOG_RATE_PEER;
	if (!check_config(config, error) || !app_init_bus(app, error) || !app_init_core(app, error))
		return NULL;
	app->bus_name = bus_name_request(app->bus, BUS_SERVICE_NAME, 0, on_bus_name, app);
	app_wait(app);
	app_show(app);
	return g_steal_pointer(&app);
}

const GError *app_error(const App *app)
{
	return app->error;
}

static gboolean on_quit_limit(gpointer data)
{
	App *app = data;

	app->quitting = 0;
	g_main_loop_quit(app->loop);
	return G_SOURCE_REMOVE;
}

void app_quit(App *app)
{
	if (app->quitting)
		return;
	sd_notify(0, "STOPPING=1");
	provisioner_stop(app->core, now_us());
	/* A join that was under way is undone first: NetworkManager asks who we are before it does
	 * what we want, and nobody answers that for a process that has gone. */
	if (wifi_choice_is_busy(app->wifi))
		app->quitting = g_timeout_add(QUIT_MS, on_quit_limit, app);
	else
		g_main_loop_quit(app->loop);
}

void app_free(App *app)
{
	if (!app)
		return;
	g_clear_handle_id(&app->timer, g_source_remove);
	g_clear_handle_id(&app->linger, g_source_remove);
	g_clear_handle_id(&app->patience, g_source_remove);
	g_clear_handle_id(&app->quitting, g_source_remove);
	/* The core first: it answers the writes that are due and gives up on Wi-Fi. */
	provisioner_free(app->core);
	g_clear_handle_id(&app->ending, g_source_remove);
	advert_free(app->advert);
	gatt_app_free(app->gatt);
	bluez_free(app->bluez);
	wifi_choice_free(app->wifi);
	bus_service_free(app->service);
	bus_name_free(app->bus_name);
	bus_free(app->bus);
	g_clear_error(&app->error);
	g_free(app->adapter);
	g_free(app->name);
	g_free(app);
}
