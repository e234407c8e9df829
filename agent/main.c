/* SPDX-License-Identifier: MIT */
/*
 * landfall-agent - readings of this device to its broker, none lost
 *
 *   sensors ──┐
 *             ├─▶ spool (disk) ─▶ uplink (MQTT, TLS) ─▶ broker
 *   ingest ───┘                      ▲
 *                          store-watch: another identity
 *
 * One loop; the spool's thread waits for the disk, others for sensors. Stopping: no more samples
 * are taken, the connection is closed, the spool writes what it was given and answers, then all is
 * freed.
 */
#include "agent/app.h"

#include "agent/adapter/clock.h"
#include "agent/adapter/enrol-plan.h"
#include "agent/core/metrics.h"
#include "agent/core/screen-answer.h"
#include "common/config-options.h"
#include "common/end-limit.h"
#include "common/error.h"
#include "landfall-config.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#define STOP_LIMIT_MS  10000                 /* the broker has six seconds of it (common/mqtt) */
#define COUNTS_TOLD_US (60 * G_USEC_PER_SEC) /* how old what the service manager shows may be */

/* What the parts would refuse when they are made; by the functions that they ask then. */
static bool app_check(const Config *config, GError **error)
{
	return enrol_plan_check(config, error) && sensors_check(config, error) &&
	       uplink_target_check(config, error);
}

static const ConfigOptions options = {
	.name = "landfall-agent",
	.summary = "Sends readings of this device to an MQTT broker and keeps them on disk until\n"
		   "the broker has acknowledged them.",
	.check_more = app_check,
};

void app_stop(App *app)
{
	if (app->stopping)
		return;
	app->stopping = true;
	end_limit(STOP_LIMIT_MS, error_exit_status(app->error));
	notify_send(app->notify, "STOPPING=1\nSTATUS=stopping");
	g_clear_pointer(&app->sensors, sensors_free);
	if (app->ingest)
		ingest_stop(app->ingest);
	uplink_stop(app->uplink);
}

void app_status(const App *app, AgentStatus *status)
{
	UplinkStatus uplink = uplink_status(app->uplink);
	const SpoolStats *spool = spool_stats(app->spool);
	const StoreIdentity *identity = uplink.target->identity;
	bool nobody = uplink.state == UPLINK_IDENTITY;
	RenewerStatus renewer = renewer_status(app->renewer);
	EnrollerStatus enroller = enroller_status(app->enroller);

	*status = (AgentStatus){
		.state = uplink.state,
		.broker = uplink.target->uri_text,
		.client_id = uplink.target->client_id,
		.last_error = nobody && enroller.last_error && *enroller.last_error
				      ? enroller.last_error
				      : uplink.last_error,
		.retry_ms = uplink.retry_ms,
		.last_ack = uplink.last_ack,
		.last_publish_ms = uplink.last_publish_ms,
		.connects = uplink.connects,
		.connect_ms = uplink.connect_ms,
		.reached = uplink.reached,
		.failed = uplink.failed,
		.cause = uplink.cause,
		.acked = uplink.acked,
		.generation = identity ? identity->generation : 0,
		.common_name = identity ? identity->common_name : NULL,
		.not_before = identity ? identity->not_before : 0,
		.not_after = identity ? identity->not_after : 0,
		.renewal = renewer.state,
		.alarm = renewer.alarm,
		.renewal_wait = renewer.wait_until_s,
		.renewal_error = renewer.last_error,
		.enrolment = enroller.state,
		.enrolment_retry_ms = enroller.retry_ms,
		.enrolment_error = enroller.last_error,
		.waiting = spool->depth,
		.bytes = spool->bytes,
		.limit = spool->limit,
		.last = spool->last,
		.accepted = spool->accepted,
		.delivered = spool->delivered,
		.dropped = spool->dropped,
		.spool_refusal = spool_refusal(app->spool),
	};
}

/* --- what the parts tell --- */

static void app_tell_manager(App *app, const AgentStatus *status)
{
	g_autofree char *sentence = status_sentence(status);
	g_autofree char *message = g_strconcat("STATUS=", sentence, NULL);

	app->told = status->state;
	app->told_us = g_get_monotonic_time();
	notify_send(app->notify, message);
}

static void on_uplink_changed(void *data)
{
	App *app = data;
	AgentStatus status;

	renewer_identity(app->renewer, uplink_status(app->uplink).target->identity);
	if (uplink_status(app->uplink).proved)
		enroller_proved(app->enroller);
	app_status(app, &status);
	agent_bus_changed(app->bus, true);
	indicators_status(app->indicators, &status);
	if (status.state == app->told)
		return;

	/* handshakes and bursts leave much behind that an idle device does not need */
	malloc_trim(0);
	app_tell_manager(app, &status);
}

/* The certificate has come nearer to its end, another one is in use, or one was not got. */
static void on_renewer_changed(void *data)
{
	App *app = data;

	agent_bus_changed(app->bus, true);
	downlink_report(app->downlink);
}

static void on_uplink_stopped(void *data)
{
	App *app = data;

	g_main_loop_quit(app->loop);
}

static void on_spool_changed(void *data)
{
	App *app = data;

	if (app->stopping)
		return;
	uplink_feed(app->uplink);
	agent_bus_changed(app->bus, false);

	bool old = g_get_monotonic_time() - app->told_us >= COUNTS_TOLD_US;

	if (!app->indicators && !old)
		return;

	AgentStatus status;

	app_status(app, &status);
	indicators_status(app->indicators, &status);
	if (old)
		app_tell_manager(app, &status);
}

static void on_spool_failed(const GError *error, void *data)
{
	App *app = data;

	if (!app->error)
		app->error = g_error_copy(error);
	app_stop(app);
}

/* @why: NULL: what the sensors read is on disk */
static void tell_keeping(App *app, const char *why)
{
	switch (fault_log_step(&app->keeping, !why, g_get_monotonic_time())) {
	case FAULT_NEWS_FAILED: g_warning("readings of the sensors are lost: %s", why); break;
	case FAULT_NEWS_RECOVERED: g_message("readings of the sensors are kept again"); break;
	case FAULT_NEWS_NONE: break;
	}
}

static void on_sample_stored(size_t taken, const GError *error, void *data)
{
	tell_keeping(data, error ? error->message : NULL);
}

static void on_sensors_ready(const char *values, size_t len, void *data)
{
	App *app = data;
	SampleBatch *batch = sample_batch_new("sensors");
	bool synced;
	int64_t now_ms = clock_now_ms(&synced);

	if (len > SAMPLE_VALUES_MAX) {
		sample_batch_free(batch);
		tell_keeping(app,
			     "a sample is longer than " G_STRINGIFY(SAMPLE_VALUES_MAX) " octets");
		return;
	}
	painter_readings(app->painter, values, len);
	sample_batch_add(batch, now_ms, synced, values, len);
	spool_append(app->spool, batch, on_sample_stored, app);
}

static int64_t on_ingest_now(bool *synced, void *data)
{
	return clock_now_ms(synced);
}

static void on_ingest_status(GString *text, void *data)
{
	App *app = data;
	g_autoptr(GString) list = g_string_new(NULL);
	AgentStatus status;

	app_status(app, &status);
	if (app->sensors) {
		sensors_describe(app->sensors, list);
		status.sensors = list->str;
	}
	status_encode(&status, text);
}

static void on_ingest_metrics(GString *text, void *data)
{
	AgentStatus status;

	app_status(data, &status);
	metrics_encode(&status, LANDFALL_VERSION, text);
}

static void on_ingest_display(GString *text, void *data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;
	AgentStatus status;
	Frame frame;

	app_status(app, &status);

	bool drawn = painter_draw(app->painter, &status, false, &frame, &error);

	screen_answer_encode(drawn ? &frame : NULL, error, text);
	g_string_append_c(text, '\n');
}

/* The identity may be another. */
void app_look_at_store(App *app)
{
	uplink_reload(app->uplink);
	enroller_look(app->enroller);
}

static void on_store_changed(gpointer data)
{
	app_look_at_store(data);
}

static void on_enroller_changed(void *data)
{
	App *app = data;
	AgentStatus status;

	app_status(app, &status);
	agent_bus_changed(app->bus, true);
	indicators_status(app->indicators, &status);
	app_tell_manager(app, &status);
}

/* Sensors anew, all of them, when one is another or has another interval. */
static bool reload_sensors(App *app, const Config *fresh, const char *const *changed,
			   GError **error)
{
	Sensors *sensors;

	if (!g_strv_contains(changed, "sensor") && !g_strv_contains(changed, "agent.interval"))
		return true;
	sensors = sensors_new(fresh, on_sensors_ready, app, error);
	if (!sensors)
		return false;
	sensors_free(app->sensors);
	app->sensors = sensors;
	g_message("the sensors are read as they are configured now");
	return true;
}

/* What a reload obeys at once. */
static const char *const obeyed[] = { "sensor", "agent.interval", "log.level", NULL };

static bool any_obeyed(const char *const *changed)
{
	while (*changed && !g_strv_contains(obeyed, *changed))
		changed++;
	return *changed != NULL;
}

/* What differs from the start and is not obeyed before the next start, in one line. */
static void tell_kept(const char *const *changed)
{
	g_autoptr(GString) kept = g_string_new(NULL);

	for (; *changed; changed++)
		if (!g_strv_contains(obeyed, *changed))
			g_string_append_printf(kept, "%s%s", kept->len > 0 ? ", " : "", *changed);
	if (kept->len > 0)
		g_message("changed settings that take effect at the next start: %s", kept->str);
}

bool app_reload(App *app, GError **error)
{
	const Config *present = app->reloaded ? app->reloaded : app->config;
	g_autoptr(Config) fresh = config_reload(app->config, error);

	if (!fresh)
		return false;

	g_auto(GStrv) changed = config_differences(present, fresh);
	g_auto(GStrv) pending = config_differences(app->config, fresh);
	const char *const *names = (const char *const *)changed;

	if (!reload_sensors(app, fresh, names, error))
		return false;
	if (g_strv_contains(names, "log.level"))
		log_set_level(app->log, fresh->log.level);
	if (any_obeyed(names))
		downlink_report(app->downlink);
	if (names[0])
		tell_kept((const char *const *)pending);
	config_free(app->reloaded);
	app->reloaded = g_steal_pointer(&fresh);
	return true;
}

static void on_hangup(void *data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;

	if (app->stopping)
		return;
	app_look_at_store(app);
	if (!app_reload(app, &error))
		g_warning("the settings stay as they are: %s", error->message);
}

/* Whoever wants the agent to end means it, also while a command restarts it. */
static void on_terminate(void *data)
{
	App *app = data;

	app->restart = false;
	app_stop(app);
}

static void on_watchdog(WatchdogAnswer answer, void *answer_data, void *data)
{
	App *app = data;

	spool_ping(app->spool, answer, answer_data);
}

/* --- start and end --- */

static bool app_open_signals(App *app, GError **error)
{
	const SignalsOwner owner = { .end = on_terminate, .look = on_hangup, .data = app };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a full disk: EFBIG */
	app->signals = signals_new(&owner, error);
	return app->signals != NULL;
}

static bool app_open_spool(App *app, GError **error)
{
	SpoolConfig config = {
		.path = app->config->agent.spool,
		.limit = (uint64_t)app->config->agent.spool_limit,
		.policy = app->config->agent.spool_policy,
		.changed = on_spool_changed,
		.failed = on_spool_failed,
		.data = app,
	};

	app->spool = spool_open(&config, error);
	return app->spool != NULL;
}

/* A key in a token is waited for, maybe for ever; nothing was acknowledged yet. */
static UplinkTarget *app_load_target(App *app)
{
	signals_release(true);

	UplinkTarget *target = uplink_target_load(app->config, 0, &app->lacking);

	if (!target)
		target = uplink_target_load_older(app->config, app->lacking);
	signals_release(false);
	return target;
}

static bool app_open_uplink(App *app, GError **error)
{
	UplinkConfig config = {
		.config = app->config,
		.spool = app->spool,
		.downlink = app->downlink,
		.changed = on_uplink_changed,
		.stopped = on_uplink_stopped,
		.data = app,
	};
	UplinkTarget *target = app_load_target(app);

	if (!target && !(app->watch && uplink_target_can_come(app->config, app->lacking))) {
		g_propagate_error(error, g_steal_pointer(&app->lacking));
		return false;
	}
	app->uplink = uplink_new(&config, target ? target : uplink_target_empty());
	return true;
}

static bool app_open_ingest(App *app, GError **error)
{
	IngestConfig config = {
		.path = app->config->agent.ingest,
		.spool = app->spool,
		.now_ms = on_ingest_now,
		.status = on_ingest_status,
		.metrics = on_ingest_metrics,
		.display = on_ingest_display,
		.data = app,
	};

	if (!config.path)
		return true;
	app->ingest = ingest_new(&config, error);
	return app->ingest != NULL;
}

static void app_watch_store(App *app)
{
	g_autoptr(GError) error = NULL;

	app->watch = store_watch_new(app->config->store.path, on_store_changed, app, &error);
	if (!app->watch)
		g_info("changes of the store are seen on SIGHUP only: %s", error->message);
}

static bool on_draw(bool inverted, Frame *frame, void *data)
{
	App *app = data;
	g_autoptr(GError) error = NULL;
	AgentStatus status;

	app_status(app, &status);
	if (painter_draw(app->painter, &status, inverted, frame, &error))
		return true;
	g_warning("the display stays dark: %s", error->message);
	return false;
}

static void on_provisioning(const char *state, void *data)
{
	App *app = data;

	painter_provisioning(app->painter, indicator_provisioning(state));
	indicators_provisioning(app->indicators, state);
}

static void app_open_bus(App *app)
{
	if (!app->config->agent.bus)
		return;
	app->bus = agent_bus_new(app->config->agent.bus, &app_control, app);
	if (app->indicators)
		agent_bus_follow_provisioner(app->bus, on_provisioning, app);
}

static bool app_start(App *app, GError **error)
{
	if (!app_open_signals(app, error)) /* before there is another thread */
		return false;
	app_watch_store(app); /* before it is read: so no change is missed */
	app->painter = painter_new(app->config->indicator.font);
	app_open_commands(app);
	app->renewer = renewer_new(app->config, on_renewer_changed, app);
	app->enroller = enroller_new(app->config, on_enroller_changed, app, error);
	if (!app->enroller)
		return false;
	if (!app_open_spool(app, error) || !app_open_uplink(app, error) ||
	    !app_open_ingest(app, error))
		return false;
	app->sensors = sensors_new(app->config, on_sensors_ready, app, error);
	if (!app->sensors)
		return false;
	signals_watch(app->signals);
	app->watchdog = watchdog_new(app->notify, on_watchdog, app);
	app->indicators = indicators_new(app->config, on_draw, app);
	uplink_start(app->uplink, app->lacking);
	g_clear_error(&app->lacking);
	app_open_bus(app);
	enroller_look(app->enroller);
	return true;
}

/* In this order: the spool's last answers go to those freed after it. */
static void app_clear(App *app)
{
	agent_bus_free(app->bus);
	indicators_free(app->indicators);
	app->indicators = NULL;
	painter_free(app->painter);
	store_watch_free(app->watch);
	sensors_free(app->sensors);
	app->stopping = true;
	spool_close(app->spool);
	ingest_free(app->ingest);
	programs_free(app->programs);
	renewer_free(app->renewer);
	enroller_free(app->enroller);
	command_store_free(app->command_store);
	commands_free(app->commands);
	uplink_free(app->uplink);
	downlink_free(app->downlink);
	if (app->restart_source)
		g_source_remove(app->restart_source);
	watchdog_free(app->watchdog);
	signals_free(app->signals);
	notify_free(app->notify);
	g_main_loop_unref(app->loop);
	config_free(app->reloaded);
	config_free(app->config);
	g_clear_error(&app->lacking);
	g_clear_error(&app->error);
}

int main(int argc, char **argv)
{
	App app = { 0 };
	g_auto(GStrv) argv_kept = g_strdupv(argv); /* the options take theirs out */
	int status = config_options_start(&options, &argc, &argv, &app.config);

	if (!app.config)
		return status;
	app.log = log_init(options.name, app.config->log.level, app.config->log.format);
	mallopt(M_ARENA_MAX, 1); /* two threads that rarely meet need no heap each */
	app.loop = g_main_loop_new(NULL, FALSE);
	app.notify = notify_new();
	app.told = UPLINK_STARTING;
	if (app_start(&app, &app.error)) {
		notify_send(app.notify, "READY=1");
		g_main_loop_run(app.loop);
	}
	if (app.error)
		status = config_options_fail(options.name, app.error);
	app_clear(&app);
	if (app.restart && status == 0 && !g_getenv("NOTIFY_SOCKET"))
		execvp(argv_kept[0], argv_kept); /* comes back only when it cannot */
	return status;
}
