/* SPDX-License-Identifier: MIT */
/* What others have the agent do: over the bus (Control), and as commands of
 * a cloud (CommandPort). */
#include "agent/app.h"

#include "common/error.h"

#define REBOOT_TIMEOUT_MS 60000
#define REBOOT_OUTPUT_MAX 256 /* octets, for the log when it fails */

static bool fail_when_stopping(const App *app, GError **error)
{
	if (app->stopping)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
				    "the agent ends");
	return app->stopping;
}

static void control_status(AgentStatus *status, void *data)
{
	app_status(data, status);
}

static bool control_publish_now(void *data, GError **error)
{
	App *app = data;

	if (fail_when_stopping(app, error))
		return false;
	sensors_read_now(app->sensors);
	uplink_hurry(app->uplink);
	return true;
}

static bool control_reload(void *data, GError **error)
{
	App *app = data;

	if (fail_when_stopping(app, error))
		return false;
	app_look_at_store(app);
	return app_reload(app, error);
}

static bool control_identify(unsigned seconds, void *data, GError **error)
{
	App *app = data;

	if (fail_when_stopping(app, error))
		return false;
	if (seconds > CONTROL_IDENTIFY_MAX_S) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "more than %d seconds",
			    CONTROL_IDENTIFY_MAX_S);
		return false;
	}
	if (!app->indicators) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
				    "this device has no indicator: see [indicator]");
		return false;
	}
	indicators_identify(app->indicators, seconds);
	return true;
}

const Control app_control = {
	.status = control_status,
	.publish_now = control_publish_now,
	.reload = control_reload,
	.identify = control_identify,
};

/* --- commands --- */

static char *on_command_status(void *data)
{
	g_autoptr(GString) text = g_string_new(NULL);
	AgentStatus status;

	app_status(data, &status);
	status_encode(&status, text);
	return g_strdup(text->str);
}

static void on_command_remember(uint64_t token, const void *octets, size_t len, void *data)
{
	App *app = data;

	command_store_write(app->command_store, token, octets, len);
}

static void on_command_stored(uint64_t token, const GError *error, void *data)
{
	App *app = data;

	commands_finish(app->commands, token, NULL, error);
}

static void on_sensor_answered(uint64_t token, const char *readings, const GError *error,
			       void *data)
{
	App *app = data;

	commands_finish(app->commands, token, readings, error);
}

static bool on_command_read_sensor(uint64_t token, const char *name, void *data, GError **error)
{
	App *app = data;

	return !fail_when_stopping(app, error) &&
	       sensors_read(app->sensors, name, on_sensor_answered, token, error);
}

static bool on_command_set_interval(const char *name, int64_t interval_ms, void *data,
				    GError **error)
{
	App *app = data;

	if (fail_when_stopping(app, error) ||
	    !sensors_set_interval(app->sensors, name, interval_ms, error))
		return false;
	downlink_report(app->downlink);
	return true;
}

/* What is reported while there are no sensors yet, or no more, is what they begin with. */
static int64_t on_command_interval_ms(void *data)
{
	const App *app = data;

	return app->sensors ? sensors_interval_ms(app->sensors) : app->config->agent.interval_ms;
}

static void on_command_set_log_level(LogLevel level, void *data)
{
	App *app = data;

	if (level == log_level(app->log))
		return;
	log_set_level(app->log, level);
	downlink_report(app->downlink);
}

static LogLevel on_command_log_level(void *data)
{
	const App *app = data;

	return log_level(app->log);
}

static void on_program_ended(uint64_t token, const char *result, const GError *error, void *data)
{
	App *app = data;

	commands_finish(app->commands, token, result, error);
}

static bool on_command_run(uint64_t token, const ConfigCommand *program,
			   const char *const *arguments, void *data, GError **error)
{
	App *app = data;

	return programs_run(app->programs, token, program, arguments, error);
}

static unsigned on_command_room(void *data)
{
	App *app = data;

	return programs_room(app->programs);
}

/* The answer goes out first: what is on its way is waited for while the connection is closed. */
static gboolean on_restart_due(gpointer data)
{
	App *app = data;

	app->restart_source = 0;
	if (!app->stopping)
		app->restart = true;
	app_stop(app);
	return G_SOURCE_REMOVE;
}

static void on_command_restart(void *data)
{
	App *app = data;

	g_message("a command restarts the agent");
	if (!app->restart_source)
		app->restart_source = g_idle_add(on_restart_due, app);
}

static bool on_command_reboot(void *data, GError **error)
{
	App *app = data;
	const char *words = app->config->commands.reboot;

	if (!words) {
		g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_UNSUPPORTED,
				    "[commands] reboot is not set");
		return false;
	}
	g_message("a command reboots the device: %s", words);

	const ConfigCommand reboot = { .name = (char *)"reboot",
				       .program = app->config->commands.reboot,
				       .timeout_ms = REBOOT_TIMEOUT_MS,
				       .output = REBOOT_OUTPUT_MAX };
	static const char *const none[] = { NULL };

	return programs_run(app->programs, PROGRAMS_NO_TOKEN, &reboot, none, error);
}

static bool on_command_certificate(CommandCertificate *certificate, void *data)
{
	const App *app = data;
	RenewerStatus renewer = renewer_status(app->renewer);
	const StoreIdentity *identity = uplink_status(app->uplink).target->identity;

	if (!identity || !renewer.judged)
		return false;
	*certificate = (CommandCertificate){
		.not_after_s = identity->not_after,
		.days_left = renewer.days_left,
		.alarm = renewer.alarm,
		.renewal_error = renewer.last_error,
	};
	return true;
}

static bool on_command_renew(void *data, GError **error)
{
	App *app = data;

	return renewer_ask(app->renewer, error);
}

static const CommandPort command_port = {
	.certificate = on_command_certificate,
	.renew = on_command_renew,
	.restart = on_command_restart,
	.reboot = on_command_reboot,
	.run = on_command_run,
	.room = on_command_room,
	.publish_now = control_publish_now,
	.identify = control_identify,
	.read_sensor = on_command_read_sensor,
	.set_interval = on_command_set_interval,
	.interval_ms = on_command_interval_ms,
	.status = on_command_status,
	.remember = on_command_remember,
	.set_log_level = on_command_set_log_level,
	.log_level = on_command_log_level,
};

/* A memory that cannot be read is no reason to stop: samples matter more. */
void app_open_commands(App *app)
{
	g_autoptr(GError) error = NULL;

	app->downlink = downlink_new(app->config->commands.allow != CONFIG_METHOD_NONE);
	app->command_store =
		command_store_new(app->config->commands.memory, on_command_stored, app);
	app->programs = programs_new(on_program_ended, app);
	app->commands = commands_new(&command_port, app, app->config);
	downlink_set_commands(app->downlink, app->commands);

	g_autoptr(GBytes) memory = command_store_read(app->command_store, &error);

	if (memory && commands_recall(app->commands, g_bytes_get_data(memory, NULL),
				      g_bytes_get_size(memory), &error))
		return;
	if (error)
		g_warning("commands that were carried out before are forgotten: %s",
			  error->message);
}
