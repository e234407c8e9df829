/* SPDX-License-Identifier: MIT */
#include "agent/core/commands.h"

#include "agent/core/command-memory.h"
#include "agent/core/command-program.h"

#include "landfall-config.h"

#include <string.h>

#define PARAMETERS_MAX 3

/* A command under way. */
typedef struct Call {
	uint64_t token;
	Command *command;
	const struct Method *method;
	uint8_t key[COMMAND_KEY_LEN];
	bool remembering; /* to be done once the memory is on disk */
	CommandsAnswered answered;
	void *data;
} Call;

struct Commands {
	const CommandPort *port;
	void *port_data;
	const Config *config;
	CommandMemory *memory;
	GPtrArray *calls; /* of Call */
	uint64_t next_token;
};

/* check() looks at parameters and at what this device has; nothing has happened yet. act() does
 * it; a result of NULL without an error means that commands_finish() is to come. */
typedef struct Method {
	const char *name;
	ConfigMethod bit; /* in [commands] allow */
	bool acts;        /* at most once */
	bool starts;      /* a program */
	const char *parameters[PARAMETERS_MAX];
	bool (*check)(Commands *commands, const Command *command, GError **error);
	char *(*act)(Commands *commands, const Call *call, GError **error);
} Method;

static bool fail(GError **error, CommandCode code, const char *words)
{
	g_set_error_literal(error, COMMAND_ERROR, (int)code, words);
	return false;
}

static bool unsupported(GError **error, const char *what)
{
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_UNSUPPORTED, "this device cannot %s", what);
	return false;
}

/* --- parameters --- */

static const cJSON *parameter(const Command *command, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(command->params, name);
}

static bool known_parameter(const Method *method, const char *name)
{
	if (strcmp(name, "request") == 0) /* makes a request differ from an earlier one */
		return true;
	for (size_t i = 0; i < PARAMETERS_MAX && method->parameters[i]; i++)
		if (strcmp(method->parameters[i], name) == 0)
			return true;
	return false;
}

static bool check_names(const Method *method, const Command *command, GError **error)
{
	const cJSON *params = command->params;

	for (const cJSON *item = params ? params->child : NULL; item; item = item->next) {
		if (known_parameter(method, item->string))
			continue;
		g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED,
			    "%s has no parameter \"%.64s\"", method->name, item->string);
		return false;
	}
	return true;
}

static bool check_integer(const Command *command, const char *name, int64_t min, int64_t max,
			  GError **error)
{
	int64_t value;

	if (json_integer(command->params, name, &value) && value >= min && value <= max)
		return true;
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED,
		    "\"%s\" has to be a whole number from %" G_GINT64_FORMAT
		    " to %" G_GINT64_FORMAT,
		    name, min, max);
	return false;
}

static bool check_text(const Command *command, const char *name, GError **error)
{
	const char *text = json_text(command->params, name);

	if (text && *text)
		return true;
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_MALFORMED, "\"%s\" has to be a text", name);
	return false;
}

/* --- the list --- */

static char *act_status(Commands *commands, const Call *call, GError **error)
{
	return commands->port->status(commands->port_data);
}

static bool check_read_sensor(Commands *commands, const Command *command, GError **error)
{
	if (!commands->port->read_sensor)
		return unsupported(error, "read a sensor on request");
	return check_text(command, "sensor", error);
}

static char *act_read_sensor(Commands *commands, const Call *call, GError **error)
{
	const char *name = json_text(call->command->params, "sensor");

	(void)commands->port->read_sensor(call->token, name, commands->port_data, error);
	return NULL;
}

static bool check_set_interval(Commands *commands, const Command *command, GError **error)
{
	if (!commands->port->set_interval)
		return unsupported(error, "change intervals");
	if (parameter(command, "sensor") && !check_text(command, "sensor", error))
		return false;
	return check_integer(command, "interval_ms", COMMANDS_INTERVAL_MIN, COMMANDS_INTERVAL_MAX,
			     error);
}

static char *done(bool well)
{
	return well ? g_strdup("true") : NULL;
}

static char *act_set_interval(Commands *commands, const Call *call, GError **error)
{
	const char *name = json_text(call->command->params, "sensor");
	int64_t interval_ms = 0;

	json_integer(call->command->params, "interval_ms", &interval_ms);
	return done(commands->port->set_interval(name, interval_ms, commands->port_data, error));
}

static bool check_publish_now(Commands *commands, const Command *command, GError **error)
{
	return commands->port->publish_now ? true : unsupported(error, "publish on request");
}

static char *act_publish_now(Commands *commands, const Call *call, GError **error)
{
	return done(commands->port->publish_now(commands->port_data, error));
}

static bool check_identify(Commands *commands, const Command *command, GError **error)
{
	if (!commands->port->identify)
		return unsupported(error, "show itself: it has no indicator");
	return !parameter(command, "seconds") ||
	       check_integer(command, "seconds", 0, COMMANDS_IDENTIFY_MAX, error);
}

static char *act_identify(Commands *commands, const Call *call, GError **error)
{
	int64_t seconds = 10;

	json_integer(call->command->params, "seconds", &seconds);
	return done(commands->port->identify((unsigned)seconds, commands->port_data, error));
}

static const char *const log_levels[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

static bool find_log_level(const char *name, LogLevel *level)
{
	for (size_t i = 0; i < G_N_ELEMENTS(log_levels); i++) {
		if (g_strcmp0(log_levels[i], name) != 0)
			continue;
		*level = (LogLevel)i;
		return true;
	}
	return false;
}

static bool check_log_level(Commands *commands, const Command *command, GError **error)
{
	LogLevel level;

	if (!commands->port->set_log_level)
		return unsupported(error, "change its log level");
	if (!parameter(command, "level") ||
	    find_log_level(json_text(command->params, "level"), &level))
		return true;
	return fail(error, COMMAND_ERROR_MALFORMED,
		    "\"level\" has to be error, warning, notice, info or debug");
}

/* Without a level: the next one, after the last the first. */
static char *act_log_level(Commands *commands, const Call *call, GError **error)
{
	LogLevel level = commands->port->log_level(commands->port_data);

	if (!find_log_level(json_text(call->command->params, "level"), &level))
		level = (LogLevel)(((size_t)level + 1) % G_N_ELEMENTS(log_levels));
	commands->port->set_log_level(level, commands->port_data);
	return g_strdup_printf("{\"level\":\"%s\"}", log_levels[level]);
}

static bool check_renew(Commands *commands, const Command *command, GError **error)
{
	return commands->port->renew ? true : unsupported(error, "renew its certificate");
}

static char *act_renew(Commands *commands, const Call *call, GError **error)
{
	return done(commands->port->renew(commands->port_data, error));
}

static bool check_restart(Commands *commands, const Command *command, GError **error)
{
	return commands->port->restart ? true : unsupported(error, "restart its agent");
}

static char *act_restart(Commands *commands, const Call *call, GError **error)
{
	commands->port->restart(commands->port_data);
	return g_strdup("\"restarting\"");
}

static bool check_reboot(Commands *commands, const Command *command, GError **error)
{
	return commands->port->reboot ? true
				      : unsupported(error, "reboot: [commands] reboot is not set");
}

static char *act_reboot(Commands *commands, const Call *call, GError **error)
{
	return commands->port->reboot(commands->port_data, error) ? g_strdup("\"rebooting\"")
								  : NULL;
}

static bool check_run(Commands *commands, const Command *command, GError **error)
{
	g_auto(GStrv) arguments = NULL;

	if (!commands->port->run)
		return unsupported(error, "run programs");
	if (!check_text(command, "program", error))
		return false;

	const ConfigCommand *program = command_program_find(
		commands->config, json_text(command->params, "program"), error);

	if (program)
		arguments =
			command_program_arguments(program, parameter(command, "arguments"), error);
	return arguments != NULL;
}

static char *act_run(Commands *commands, const Call *call, GError **error)
{
	const cJSON *params = call->command->params;
	const ConfigCommand *program =
		command_program_find(commands->config, json_text(params, "program"), error);
	g_auto(GStrv) arguments = command_program_arguments(
		program, cJSON_GetObjectItemCaseSensitive(params, "arguments"), error);

	(void)commands->port->run(call->token, program, (const char *const *)arguments,
				  commands->port_data, error);
	return NULL;
}

static const Method methods[] = {
	{ "status", CONFIG_METHOD_STATUS, false, false, { NULL }, NULL, act_status },
	{ "read_sensor",
	  CONFIG_METHOD_READ_SENSOR,
	  false,
	  false,
	  { "sensor" },
	  check_read_sensor,
	  act_read_sensor },
	{ "set_interval",
	  CONFIG_METHOD_SET_INTERVAL,
	  false,
	  false,
	  { "interval_ms", "sensor" },
	  check_set_interval,
	  act_set_interval },
	{ "publish_now",
	  CONFIG_METHOD_PUBLISH_NOW,
	  false,
	  false,
	  { NULL },
	  check_publish_now,
	  act_publish_now },
	{ "identify",
	  CONFIG_METHOD_IDENTIFY,
	  false,
	  false,
	  { "seconds" },
	  check_identify,
	  act_identify },
	{ "log_level",
	  CONFIG_METHOD_LOG_LEVEL,
	  false,
	  false,
	  { "level" },
	  check_log_level,
	  act_log_level },
	{ "renew_certificate",
	  CONFIG_METHOD_RENEW_CERTIFICATE,
	  true,
	  false,
	  { NULL },
	  check_renew,
	  act_renew },
	{ "restart", CONFIG_METHOD_RESTART, true, false, { NULL }, check_restart, act_restart },
	{ "reboot", CONFIG_METHOD_REBOOT, true, true, { NULL }, check_reboot, act_reboot },
	{ "run", CONFIG_METHOD_RUN, true, true, { "program", "arguments" }, check_run, act_run },
};

static const Method *method_find(const Command *command, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		if (strcmp(methods[i].name, command->method) == 0)
			return &methods[i];

	g_autofree char *shown = g_utf8_make_valid(command->method, -1);

	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN, "there is no method \"%s\"",
		    shown);
	return NULL;
}

/* The method of @command when nothing speaks against doing it. */
static const Method *method_check(Commands *commands, const Command *command, GError **error)
{
	const Method *method;

	if (command->fault) {
		g_propagate_error(error, g_error_copy(command->fault));
		return NULL;
	}
	method = method_find(command, error);
	if (!method)
		return NULL;
	if (!(commands->config->commands.allow & (uint32_t)method->bit)) {
		g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_DENIED,
			    "[commands] allow does not name %s", method->name);
		return NULL;
	}
	if (!check_names(method, command, error) ||
	    (method->check && !method->check(commands, command, error)))
		return NULL;
	return method;
}

/* --- calls --- */

static void call_free(gpointer data)
{
	Call *call = data;

	command_free(call->command);
	g_free(call);
}

static Call *call_find(Commands *commands, uint64_t token, guint *index)
{
	for (*index = 0; *index < commands->calls->len; (*index)++) {
		Call *call = g_ptr_array_index(commands->calls, *index);

		if (call->token == token)
			return call;
	}
	return NULL;
}

/* Its last word; @call is gone afterwards. */
static void call_end(Commands *commands, uint64_t token, const char *result, const GError *error)
{
	guint index;
	Call *call = call_find(commands, token, &index);

	if (!call)
		return;
	g_ptr_array_steal_index(commands->calls, index);
	call->answered(call->command, result, error, call->data);
	call_free(call);
}

static void call_act(Commands *commands, const Call *call)
{
	uint64_t token = call->token;
	g_autoptr(GError) error = NULL;
	g_autofree char *result = call->method->act(commands, call, &error);

	if (result || error)
		call_end(commands, token, result, error);
}

static bool key_under_way(const Commands *commands, const Call *call)
{
	for (guint i = 0; i < commands->calls->len; i++) {
		const Call *other = g_ptr_array_index(commands->calls, i);

		if (other != call && other->method->acts &&
		    memcmp(other->key, call->key, COMMAND_KEY_LEN) == 0)
			return true;
	}
	return false;
}

/* Before it is remembered: what was not done for want of room may be asked for again. */
static bool has_program_room(const Commands *commands, const Call *call, GError **error)
{
	unsigned taken = 0; /* by those that wait for the disk */

	if (!call->method->starts || !commands->port->room)
		return true;
	for (guint i = 0; i < commands->calls->len; i++) {
		const Call *other = g_ptr_array_index(commands->calls, i);

		if (other->method->starts && other->remembering)
			taken++;
	}
	if (taken < commands->port->room(commands->port_data))
		return true;
	return fail(error, COMMAND_ERROR_BUSY, "too many programs run already: try later");
}

/* On disk first, then done. False: it was done before, or nobody could tell. */
static bool call_remember(Commands *commands, Call *call, GError **error)
{
	if (!call->command->id)
		return fail(error, COMMAND_ERROR_MALFORMED,
			    "this is done at most once and needs an id: a text of 1 to 128 octets");
	if (!commands->port->remember)
		return unsupported(error, "remember what it has done");
	command_memory_key(call->command, call->key);
	if (key_under_way(commands, call))
		return fail(error, COMMAND_ERROR_BUSY, "this request is being carried out");
	if (!has_program_room(commands, call, error))
		return false;
	if (!command_memory_add(commands->memory, call->key))
		return fail(error, COMMAND_ERROR_DUPLICATE,
			    "this request was taken before; to have it done again, send another id "
			    "or another \"request\" in params");

	size_t len;
	g_autofree uint8_t *octets = command_memory_encode(commands->memory, &len);

	call->remembering = true;
	commands->port->remember(call->token, octets, len, commands->port_data);
	return true;
}

static void call_remembered(Commands *commands, Call *call, const GError *error)
{
	g_autoptr(GError) failure = NULL;

	call->remembering = false;
	if (!error) {
		call_act(commands, call);
		return;
	}
	command_memory_remove(commands->memory, call->key);
	failure = g_error_new(COMMAND_ERROR, COMMAND_ERROR_FAILED,
			      "nothing was done, the request cannot be remembered: %s",
			      error->message);
	call_end(commands, call->token, NULL, failure);
}

static bool has_room(const Commands *commands, GError **error)
{
	if (commands->calls->len < COMMANDS_PENDING_MAX)
		return true;
	return fail(error, COMMAND_ERROR_BUSY, "too many commands are under way: try later");
}

void commands_take(Commands *commands, Command *command, CommandsAnswered answered, void *data)
{
	Call *call = g_new0(Call, 1);
	g_autoptr(GError) error = NULL;

	*call = (Call){ .command = command, .answered = answered, .data = data };
	call->method = has_room(commands, &error) ? method_check(commands, command, &error) : NULL;
	if (!call->method) {
		answered(command, NULL, error, data);
		call_free(call);
		return;
	}
	call->token = ++commands->next_token;
	g_ptr_array_add(commands->calls, call);
	if (!call->method->acts)
		call_act(commands, call);
	else if (!call_remember(commands, call, &error))
		call_end(commands, call->token, NULL, error);
}

void commands_finish(Commands *commands, uint64_t token, const char *result, const GError *error)
{
	guint index;
	Call *call = call_find(commands, token, &index);

	if (call && call->remembering)
		call_remembered(commands, call, error);
	else if (call)
		call_end(commands, token, result ? result : "true", error);
}

/* A setting is a command that the cloud repeats at each connection. */
static void apply_one(Commands *commands, const char *method, const char *name, cJSON *value)
{
	g_autoptr(GError) error = NULL;
	cJSON *params = cJSON_CreateObject();
	g_autofree char *result = NULL;

	cJSON_AddItemToObject(params, name, value);

	g_autoptr(Command) command = command_new(NULL, NULL, method, params);
	Call call = { .command = command };

	call.method = method_check(commands, command, &error);
	if (call.method)
		result = call.method->act(commands, &call, &error);
	if (error)
		g_debug("setting %s: %s", name, error->message);
}

void commands_apply(Commands *commands, const cJSON *settings)
{
	const cJSON *level = cJSON_GetObjectItemCaseSensitive(settings, "log_level");
	const cJSON *interval = cJSON_GetObjectItemCaseSensitive(settings, "interval_ms");

	if (level)
		apply_one(commands, "log_level", "level", cJSON_Duplicate(level, true));
	if (interval)
		apply_one(commands, "set_interval", "interval_ms", cJSON_Duplicate(interval, true));
}

static void add_certificate(cJSON *report, const Commands *commands)
{
	const CommandPort *port = commands->port;
	CommandCertificate certificate;

	if (!port->certificate || !port->certificate(&certificate, commands->port_data))
		return;
	cJSON_AddNumberToObject(report, "certificate_not_after", (double)certificate.not_after_s);
	cJSON_AddNumberToObject(report, "certificate_days_left", (double)certificate.days_left);
	cJSON_AddStringToObject(report, "certificate_alarm", expiry_alarm_name(certificate.alarm));
	cJSON_AddStringToObject(report, "certificate_renewal_error", certificate.renewal_error);
}

char *commands_report(const Commands *commands)
{
	const CommandPort *port = commands->port;
	g_autoptr(cJSON) report = cJSON_CreateObject();

	cJSON_AddStringToObject(report, "agent", "landfall");
	cJSON_AddStringToObject(report, "version", LANDFALL_VERSION);
	if (port->log_level)
		cJSON_AddStringToObject(report, "log_level",
					log_levels[port->log_level(commands->port_data)]);
	if (port->interval_ms)
		cJSON_AddNumberToObject(report, "interval_ms",
					(double)port->interval_ms(commands->port_data));
	add_certificate(report, commands);
	return json_print(report);
}

bool commands_recall(Commands *commands, const void *octets, size_t len, GError **error)
{
	return command_memory_decode(commands->memory, octets, len, error);
}

Commands *commands_new(const CommandPort *port, void *port_data, const Config *config)
{
	Commands *commands = g_new0(Commands, 1);

	commands->port = port;
	commands->port_data = port_data;
	commands->config = config;
	commands->memory = command_memory_new();
	commands->calls = g_ptr_array_new_with_free_func(call_free);
	return commands;
}

void commands_free(Commands *commands)
{
	if (!commands)
		return;

	g_autoptr(GError) error =
		g_error_new_literal(COMMAND_ERROR, COMMAND_ERROR_FAILED, "the agent is ending");

	while (commands->calls->len > 0) {
		const Call *call = g_ptr_array_index(commands->calls, 0);

		call_end(commands, call->token, NULL, error);
	}
	g_ptr_array_unref(commands->calls);
	command_memory_free(commands->memory);
	g_free(commands);
}
