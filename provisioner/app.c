/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"
#include "common/random.h"
#include "provisioner/adapter/credentials.h"

#include <systemd/sd-daemon.h>

#define QUIT_MS     5000 /* for the last words with the manager of Wi-Fi */
#define VISITS_US   (10 * 60 * (int64_t)G_USEC_PER_SEC)
#define VISITS_MAX  40    /* lines in that time about phones that have proved nothing */
#define JOIN_LAG_MS 30000 /* after join_timeout, for an address and the reason of a failure */

int64_t app_now_us(void)
{
	return g_get_monotonic_time();
}

void app_fail(App *app, GError *error)
{
	if (!app->error)
		app->error = error;
	else
		g_error_free(error);
	g_main_loop_quit(app->loop);
}

/* ---- the core ---- */

static gboolean on_timer(gpointer data);

void app_settle(App *app)
{
	int64_t deadline = provisioner_deadline_us(app->core);

	g_clear_handle_id(&app->timer, g_source_remove);
	if (deadline != INT64_MAX) {
		int64_t wait_ms = (deadline - app_now_us() + 999) / 1000;

		app->timer = g_timeout_add((guint)CLAMP(wait_ms, 0, G_MAXINT), on_timer, app);
	}
	app_air_phone(app);
}

static gboolean on_timer(gpointer data)
{
	App *app = data;

	app->timer = 0;
	provisioner_expire(app->core, app_now_us());
	app_settle(app);
	return G_SOURCE_REMOVE;
}

static gboolean on_ending(gpointer data)
{
	App *app = data;

	app->ending = 0;
	app_air_done(app);
	return G_SOURCE_REMOVE;
}

void app_tell_visit(App *app, const char *what)
{
	unsigned int unsaid = 0;

	if (!log_rate_allow(&app->visits, app_now_us(), &unsaid))
		return;

	g_autofree char *others = log_rate_dropped(unsaid);

	g_message("%s%s", what, others);
}

static void log_state(App *app, ProvisionerState state)
{
	g_autofree char *text =
		g_strdup_printf("provisioning is %s", provisioner_state_name(state));

	if (state > PROVISIONER_PEER)
		g_message("%s", text);
	else
		app_tell_visit(app, text);
}

static void core_changed(void *data)
{
	App *app = data;
	ProvisionerState state = provisioner_state(app->core);

	if (state != app->logged)
		log_state(app, state);
	app->logged = state;
	app_security_changed(app);
	if (state == PROVISIONER_DONE && !app->ending)
		app->ending = g_idle_add(on_ending, app);
}

/* The core's port. */
static void core_hang_up(void *data, const char *peer)
{
	App *app = data;

	app_tell_visit(app, "the phone says nothing, or proves nothing: hanging up");
	bluez_disconnect(app->bluez, peer);
}

/* ---- the bus ---- */

static void on_authority(const GError *error, void *data)
{
	bus_service_decided(data, error);
}

static void on_authorize(BusServiceCall *call, const char *sender, bool interactive, void *data)
{
	App *app = data;

	bus_authority_check(app->authority, sender, interactive, on_authority, call);
}

static void on_start(void *data)
{
	app_air_start(data);
}

static void on_stop(void *data)
{
	app_air_stop(data);
}

static void on_reset(void *data)
{
	app_reset(data);
}

static void on_unlock(void *data)
{
	app_security_unlock(data, "over the bus");
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
	app_status_show(app);
}

/* ---- construction ---- */

static Credentials *app_credentials(const Config *config, GError **error)
{
	g_autoptr(Credentials) credentials =
		credentials_load(config->provisioner.secrets, config->provisioner.username, error);

	if (!credentials)
		return NULL;
	if (config->provisioner.security == 1 && !credentials->pop) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[provisioner] security = 1 needs the proof of possession in %s/pop",
			    config->provisioner.secrets);
		return NULL;
	}
	return g_steal_pointer(&credentials);
}

static bool app_init_core(App *app, const Credentials *credentials, GError **error)
{
	const Config *config = app->config;
	ProvisionerSecurity security = {
		.version = (int)config->provisioner.security,
		.pop = credentials->pop,
		.salt = credentials->salt,
		.verifier = credentials->verifier,
	};

	app->ports = (ProvisionerPorts){
		.wifi = &wifi_choice_port,
		.wifi_data = app->wifi,
		.random = random_fill,
		.changed = core_changed,
		.hang_up = core_hang_up,
		.data = app,
		.join_us = (config->provisioner.join_timeout_ms + JOIN_LAG_MS) * 1000,
	};
	app_identity_init(app);
	app_security_init(app, &security, &app->ports);
	app->core = provisioner_new(&security, &app->ports, app_now_us(), error);
	if (app->core)
		app_security_changed(app);
	return app->core != NULL;
}

static bool app_init_bus(App *app, GError **error)
{
	static const BusServiceEvents service_events = {
		.authorize = on_authorize,
		.start = on_start,
		.stop = on_stop,
		.reset = on_reset,
		.unlock = on_unlock,
	};

	app->bus = bus_open(app->config->provisioner.bus, NULL, on_bus_lost, app, error);
	if (!app->bus || !app_radio_init(app, error))
		return false;
	app->authority = bus_authority_new(app->bus, BUS_SERVICE_ACTION);
	app->service = bus_service_new(app->bus, &service_events, app, error);
	return app->service && app_wifi_init(app, error);
}

bool app_check(const Config *config, GError **error)
{
	return app_security_check(config, error) && app_button_check(config, error) &&
	       wifi_choice_check(config->provisioner.wifi, error);
}

App *app_new(const Config *config, GMainLoop *loop, GError **error)
{
	/* Before the bus, where a call's time runs while nobody listens: on a small processor a
	 * verifier takes long to make. */
	g_autoptr(Credentials) credentials = app_credentials(config, error);

	if (!credentials)
		return NULL;

	g_autoptr(App) app = g_new0(App, 1);

	app->config = config;
	app->loop = loop;
	app->refusals = LOG_RATE_PEER;
	app->visits = (LogRate){ .window_us = VISITS_US, .burst = VISITS_MAX };
	app_air_init(app);
	app_button_init(app);
	if (!app_init_bus(app, error) || !app_init_core(app, credentials, error))
		return NULL;
	app_reset_init(app);
	app->bus_name = bus_name_request(app->bus, BUS_SERVICE_NAME, 0, on_bus_name, app);
	app_air_wait(app);
	app_status_show(app);
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
	app->quitting = g_timeout_add(QUIT_MS, on_quit_limit, app);
	app_air_settle(app);                /* no phone is served any more */
	wifi_choice_port.cancel(app->wifi); /* whatever it has time for, it has no more */
	/* A join that was under way is undone first: NetworkManager asks who we are before it does
	 * what we want, and nobody answers that for a process that has gone. */
	if (!wifi_choice_is_busy(app->wifi))
		g_main_loop_quit(app->loop);
}

void app_free(App *app)
{
	if (!app)
		return;
	g_clear_handle_id(&app->timer, g_source_remove);
	g_clear_handle_id(&app->quitting, g_source_remove);
	/* The core first: it answers the writes that are due and gives up on Wi-Fi. */
	provisioner_free(app->core);
	guesses_free(app->guesses);
	g_clear_handle_id(&app->ending, g_source_remove);
	app_button_clear(app);
	app_reset_clear(app);
	app_air_clear(app);
	app_identity_clear(app);
	app_radio_clear(app);
	wifi_choice_free(app->wifi);
	bus_authority_free(app->authority);
	bus_service_free(app->service);
	bus_name_free(app->bus_name);
	bus_free(app->bus);
	g_clear_error(&app->error);
	g_free(app->adapter);
	g_free(app->name);
	g_free(app);
}
