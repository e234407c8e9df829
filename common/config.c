/* SPDX-License-Identifier: MIT */
#include "common/config.h"

#include "common/config-lines.h"
#include "common/config-table.h"
#include "common/config-value.h"
#include "common/error.h"
#include "common/file-read.h"

#include "landfall-config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FILE_NAME       "landfall.conf"
#define DROP_IN_FOLDER  "landfall.conf.d"
#define SENSOR_PREFIX   CONFIG_GROUP_SENSOR " "
#define PROGRAM_PREFIX  CONFIG_GROUP_PROGRAM " "
#define SENSOR_NAME_MAX 64 /* and of a program */

struct ConfigOrigins {
	GHashTable *values; /* "group.key" -> "file:line" or "command line" */
	GPtrArray *files;   /* paths, the last element NULL */
	char *file;         /* what config_load() was given */
	char **sets;
	char *vendor_dir;
	char *sysconf_dir;
};

/* One setting on its way in; all borrowed */
typedef struct Setting {
	const char *group; /* "agent" or "sensor cpu" */
	const char *key;
	const char *text;
	const char *origin; /* "file:line" */
} Setting;

/* The row group of a group as written: "sensor" for "sensor NAME" */
static const char *row_group(const char *group)
{
	if (g_str_has_prefix(group, SENSOR_PREFIX))
		return CONFIG_GROUP_SENSOR;
	return g_str_has_prefix(group, PROGRAM_PREFIX) ? CONFIG_GROUP_PROGRAM : group;
}

static bool key_is_sensor(const ConfigKey *key)
{
	return strcmp(key->group, CONFIG_GROUP_SENSOR) == 0;
}

static bool key_is_program(const ConfigKey *key)
{
	return strcmp(key->group, CONFIG_GROUP_PROGRAM) == 0;
}

/* There is one such group, without a name. */
static bool key_is_single(const ConfigKey *key)
{
	return !key_is_sensor(key) && !key_is_program(key);
}

/* What the offset of a row counts from whose group has no name */
static void *row_base(Config *config, const ConfigKey *key)
{
	return strcmp(key->group, CONFIG_GROUP_BROKER) == 0 ? (void *)&config->broker : config;
}

static const void *row_base_const(const Config *config, const ConfigKey *key)
{
	return strcmp(key->group, CONFIG_GROUP_BROKER) == 0 ? (const void *)&config->broker
							    : config;
}

/* Defaults come from our own table: one that does not parse is our bug. */
static void set_default(const ConfigKey *key, void *base)
{
	g_autoptr(GError) error = NULL;

	if (key->fallback[0] == '\0' && key->type != CONFIG_TYPE_REAL)
		return;
	if (!config_value_parse(key, key->fallback, base, &error))
		g_error("default of %s.%s: %s", key->group, key->key, error->message);
}

ConfigSensor *config_sensor_new(const char *name)
{
	ConfigSensor *sensor = g_new0(ConfigSensor, 1);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	sensor->name = g_strdup(name);
	for (size_t i = 0; i < count; i++)
		if (key_is_sensor(&keys[i]))
			set_default(&keys[i], sensor);
	return sensor;
}

ConfigSensor *config_sensor_copy(const ConfigSensor *sensor)
{
	ConfigSensor *copy = g_new0(ConfigSensor, 1);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	copy->name = g_strdup(sensor->name);
	for (size_t i = 0; i < count; i++)
		if (key_is_sensor(&keys[i]))
			config_value_copy(&keys[i], copy, sensor);
	return copy;
}

void config_sensor_free(ConfigSensor *sensor)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	if (!sensor)
		return;
	for (size_t i = 0; i < count; i++)
		if (key_is_sensor(&keys[i]))
			config_value_clear(&keys[i], sensor);
	g_free(sensor->name);
	g_free(sensor);
}

static void sensor_free(gpointer data)
{
	config_sensor_free(data);
}

static void program_free(gpointer data)
{
	ConfigCommand *program = data;
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (key_is_program(&keys[i]))
			config_value_clear(&keys[i], program);
	g_free(program->name);
	g_free(program);
}

Config *config_new(void)
{
	Config *config = g_new0(Config, 1);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	config->sensors = g_ptr_array_new_with_free_func(sensor_free);
	config->programs = g_ptr_array_new_with_free_func(program_free);
	config->origins = g_new0(ConfigOrigins, 1);
	config->origins->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	config->origins->files = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(config->origins->files, NULL);
	for (size_t i = 0; i < count; i++)
		if (key_is_single(&keys[i]))
			set_default(&keys[i], row_base(config, &keys[i]));
	return config;
}

void config_free(Config *config)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	if (!config)
		return;
	for (size_t i = 0; i < count; i++)
		if (key_is_single(&keys[i]))
			config_value_clear(&keys[i], row_base(config, &keys[i]));
	g_ptr_array_unref(config->sensors);
	g_ptr_array_unref(config->programs);
	g_hash_table_unref(config->origins->values);
	g_ptr_array_unref(config->origins->files);
	g_free(config->origins->file);
	g_strfreev(config->origins->sets);
	g_free(config->origins->vendor_dir);
	g_free(config->origins->sysconf_dir);
	g_free(config->origins);
	g_free(config);
}

static const char *origin_find(const Config *config, const char *group, const char *key)
{
	g_autofree char *path = g_strdup_printf("%s.%s", group, key);

	return g_hash_table_lookup(config->origins->values, path);
}

static void origin_set(Config *config, const Setting *setting)
{
	g_hash_table_insert(config->origins->values,
			    g_strdup_printf("%s.%s", setting->group, setting->key),
			    g_strdup(setting->origin));
}

static ConfigSensor *sensor_find(const Config *config, const char *name)
{
	for (unsigned int i = 0; i < config->sensors->len; i++) {
		ConfigSensor *sensor = config->sensors->pdata[i];

		if (strcmp(sensor->name, name) == 0)
			return sensor;
	}
	return NULL;
}

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-')
			return false;
	return len > 0 && len <= SENSOR_NAME_MAX;
}

static ConfigSensor *sensor_ensure(Config *config, const char *name, GError **error)
{
	ConfigSensor *sensor = sensor_find(config, name);

	if (sensor)
		return sensor;
	if (config->sensors->len >= CONFIG_SENSORS_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "more than %d sensors",
			    CONFIG_SENSORS_MAX);
		return NULL;
	}
	sensor = config_sensor_new(name);
	g_ptr_array_add(config->sensors, sensor);
	return sensor;
}

static ConfigCommand *program_ensure(Config *config, const char *name, GError **error)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (unsigned int i = 0; i < config->programs->len; i++) {
		ConfigCommand *program = config->programs->pdata[i];

		if (strcmp(program->name, name) == 0)
			return program;
	}
	if (config->programs->len >= CONFIG_PROGRAMS_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "more than %d programs",
			    CONFIG_PROGRAMS_MAX);
		return NULL;
	}

	ConfigCommand *program = g_new0(ConfigCommand, 1);

	program->name = g_strdup(name);
	for (size_t i = 0; i < count; i++)
		if (key_is_program(&keys[i]))
			set_default(&keys[i], program);
	g_ptr_array_add(config->programs, program);
	return program;
}

/* Which struct the row @key of @group is for */
static void *base_ensure(Config *config, const ConfigKey *key, const char *group, GError **error)
{
	if (key_is_sensor(key))
		return sensor_ensure(config, group + strlen(SENSOR_PREFIX), error);
	if (key_is_program(key))
		return program_ensure(config, group + strlen(PROGRAM_PREFIX), error);
	return row_base(config, key);
}

static bool program_group_check(const char *group, GError **error)
{
	if (strlen(group) > strlen(PROGRAM_PREFIX) && name_valid(group + strlen(PROGRAM_PREFIX)))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "a program needs a name, [command NAME], of 1 to %d of A-Z a-z 0-9 _ -",
		    SENSOR_NAME_MAX);
	return false;
}

static bool group_check(const char *group, GError **error)
{
	if (strcmp(group, CONFIG_GROUP_SENSOR) == 0) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "a sensor needs a name: [sensor NAME]");
		return false;
	}
	if (g_str_has_prefix(group, SENSOR_PREFIX)) {
		if (name_valid(group + strlen(SENSOR_PREFIX)))
			return true;
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the name of a sensor has 1 to %d of A-Z a-z 0-9 _ -", SENSOR_NAME_MAX);
		return false;
	}
	if (strcmp(row_group(group), CONFIG_GROUP_PROGRAM) == 0)
		return program_group_check(group, error);
	if (config_table_has_group(group))
		return true;

	g_autofree char *hint = config_table_explain_group(group);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "unknown group [%.64s]; %s",
		    group, hint);
	return false;
}

static const ConfigKey *key_find(const char *group, const char *key, GError **error)
{
	const ConfigKey *row = config_table_find(row_group(group), key);

	if (row)
		return row;

	g_autofree char *hint = config_table_explain_key(row_group(group), key);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "unknown key \"%.64s\" in [%.80s]; %s", key, group, hint);
	return NULL;
}

/* @line: a group's or a key's; checks its names only */
static bool names_check(const ConfigLine *line, GError **error)
{
	if (!line->key)
		return group_check(line->group, error);
	return key_find(line->group, line->key, error) != NULL;
}

static bool setting_apply_unlocated(Config *config, const Setting *setting, GError **error)
{
	if (!group_check(setting->group, error))
		return false;

	const ConfigKey *key = key_find(setting->group, setting->key, error);

	if (!key)
		return false;
	if (strlen(setting->text) > CONFIG_VALUE_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the value of %s is longer than %d octets", setting->key,
			    CONFIG_VALUE_MAX);
		return false;
	}

	void *base = base_ensure(config, key, setting->group, error);

	if (!base || !config_value_parse(key, setting->text, base, error))
		return false;
	if (strcmp(key->group, CONFIG_GROUP_BROKER) == 0)
		config->broker.given |= config_table_bit(key);
	origin_set(config, setting);
	return true;
}

static bool setting_apply(Config *config, const Setting *setting, GError **error)
{
	if (setting_apply_unlocated(config, setting, error))
		return true;
	g_prefix_error(error, "%s: ", setting->origin);
	return false;
}

static bool line_apply(Config *config, GKeyFile *file, const ConfigLine *line, const char *name,
		       GError **error)
{
	g_autofree char *origin = g_strdup_printf("%s:%u", name, line->number);
	g_autoptr(GError) cause = NULL;

	if (!line->key)
		return true;

	g_autofree char *text = g_key_file_get_string(file, line->group, line->key, &cause);

	if (cause || !text) { /* GLib may return what it could make of it beside the error */
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s: the value of %s has an escape other than \\s \\n \\t \\r \\\\",
			    origin, line->key);
		return false;
	}
	return setting_apply(
		config,
		&(Setting){
			.group = line->group, .key = line->key, .text = text, .origin = origin },
		error);
}

/* Lay one text over what @config holds. */
static bool text_apply(Config *config, const char *text, size_t len, const char *name,
		       GError **error)
{
	g_autoptr(GPtrArray) lines = config_lines_scan(text, len, name, error);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) cause = NULL;

	if (!lines)
		return false;
	for (unsigned int i = 0; i < lines->len; i++) {
		const ConfigLine *line = lines->pdata[i];

		if (names_check(line, error))
			continue;
		g_prefix_error(error, "%s:%u: ", name, line->number);
		return false;
	}
	if (len > 0 && !g_key_file_load_from_data(file, text, len, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s: %s", name,
			    cause->message);
		return false;
	}
	for (unsigned int i = 0; i < lines->len; i++)
		if (!line_apply(config, file, lines->pdata[i], name, error))
			return false;
	return true;
}

static bool sensor_fail(const Config *config, const char *group, const char *key, const char *what,
			GError **error)
{
	const char *origin = origin_find(config, group, key);

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s: [%s] %s",
		    origin ? origin : "configuration", group, what);
	return false;
}

/* Any origin of the sensor's keys, so that a message can say where to look */
static const char *sensor_first_key(const Config *config, const char *group)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		if (key_is_sensor(&keys[i]) && origin_find(config, group, keys[i].key))
			return keys[i].key;
	return "driver";
}

static bool sensor_check_keys(const Config *config, const ConfigSensor *sensor, const char *group,
			      GError **error)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);
	g_autofree char *driver =
		config_value_format(config_table_find(CONFIG_GROUP_SENSOR, "driver"), sensor);

	for (size_t i = 0; i < count; i++) {
		bool fits = keys[i].drivers == 0 || keys[i].drivers & 1U << sensor->driver;

		if (fits || !key_is_sensor(&keys[i]) || !origin_find(config, group, keys[i].key))
			continue;

		g_autofree char *what =
			g_strdup_printf("the key \"%s\" is not for driver %s", keys[i].key, driver);

		return sensor_fail(config, group, keys[i].key, what, error);
	}
	return true;
}

/* What only shows once all layers are in */
static bool sensor_check(const Config *config, const ConfigSensor *sensor, GError **error)
{
	g_autofree char *group = g_strconcat(SENSOR_PREFIX, sensor->name, NULL);

	if (!sensor->enabled)
		return true;
	if (sensor->driver == CONFIG_DRIVER_NONE) {
		g_autofree char *allowed =
			config_value_allowed(config_table_find(CONFIG_GROUP_SENSOR, "driver"));
		g_autofree char *what = g_strdup_printf("has no driver; set it to %s", allowed);

		return sensor_fail(config, group, sensor_first_key(config, group), what, error);
	}
	if (!sensor_check_keys(config, sensor, group, error))
		return false;
	if (sensor->driver == CONFIG_DRIVER_COMMAND && !sensor->command)
		return sensor_fail(config, group, "driver", "needs the key \"command\"", error);
	if (sensor->driver == CONFIG_DRIVER_SIMULATED && sensor->minimum >= sensor->maximum) {
		const char *key = origin_find(config, group, "minimum") ? "minimum" : "maximum";

		return sensor_fail(config, group, key, "minimum has to be below maximum", error);
	}
	if (sensor->lowest >= sensor->highest) /* not so when either is NaN */
		return sensor_fail(config, group, "lowest", "lowest has to be below highest",
				   error);
	return true;
}

static bool program_check(const Config *config, const ConfigCommand *program, GError **error)
{
	g_autofree char *group = g_strconcat(PROGRAM_PREFIX, program->name, NULL);

	if (!program->enabled || program->program)
		return true;
	return sensor_fail(config, group, "arguments", "needs the key \"program\"", error);
}

/* The spool's own files have its name, most with something behind it: nobody else writes there. */
static bool is_of_spool(const Config *config, const char *path)
{
	const char *spool = config->agent.spool;

	return path && g_str_has_prefix(path, spool) && strchr("-.", path[strlen(spool)]);
}

static bool paths_check(const Config *config, GError **error)
{
	if (is_of_spool(config, config->commands.memory))
		return sensor_fail(config, "commands", "memory",
				   "memory is a file of [agent] spool; name another", error);
	if (is_of_spool(config, config->agent.ingest))
		return sensor_fail(config, "agent", "ingest",
				   "ingest is a file of [agent] spool; name another", error);
	return true;
}

static bool config_check(const Config *config, GError **error)
{
	for (unsigned int i = 0; i < config->programs->len; i++)
		if (!program_check(config, config->programs->pdata[i], error))
			return false;
	for (unsigned int i = 0; i < config->sensors->len; i++)
		if (!sensor_check(config, config->sensors->pdata[i], error))
			return false;
	return paths_check(config, error);
}

Config *config_parse(const char *text, size_t len, const char *name, GError **error)
{
	g_autoptr(Config) config = config_new();

	if (!text_apply(config, text, len, name, error) || !config_check(config, error))
		return NULL;
	return g_steal_pointer(&config);
}

/* @needed: whether an absent file is an error */
static bool file_apply(Config *config, const char *path, bool needed, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) content = file_read(AT_FDCWD, path, CONFIG_FILE_SIZE_MAX, &cause);

	if (!content && !cause && !needed)
		return true;
	if (!content) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s: %s", path,
			    cause ? cause->message : "there is no such file");
		return false;
	}
	if (!text_apply(config, (const char *)secret_data(content), secret_len(content), path,
			error))
		return false;
	g_ptr_array_insert(config->origins->files, (int)config->origins->files->len - 1,
			   g_strdup(path));
	return true;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the drop-ins in @folder, sorted; none when there is no such folder */
static GPtrArray *drop_ins_list(const char *folder, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) cause = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &cause);

	if (!dir && !g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s", cause->message);
		return NULL;
	}
	for (const char *name = dir ? g_dir_read_name(dir) : NULL; name;
	     name = g_dir_read_name(dir)) {
		if (name[0] == '.' || !g_str_has_suffix(name, ".conf"))
			continue;
		if (names->len >= CONFIG_FILES_MAX) {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "%s: more than %d files", folder, CONFIG_FILES_MAX);
			return NULL;
		}
		g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, compare_names);
	return g_steal_pointer(&names);
}

static bool layers_apply(Config *config, const ConfigSource *source, GError **error)
{
	const char *sysconf = source->sysconf_dir ? source->sysconf_dir : LANDFALL_SYSCONFDIR;
	g_autofree char *vendor = g_build_filename(
		source->vendor_dir ? source->vendor_dir : LANDFALL_VENDORDIR, FILE_NAME, NULL);
	g_autofree char *local = g_build_filename(sysconf, FILE_NAME, NULL);
	g_autofree char *folder = g_build_filename(sysconf, DROP_IN_FOLDER, NULL);

	if (!file_apply(config, vendor, false, error) || !file_apply(config, local, false, error))
		return false;

	g_autoptr(GPtrArray) names = drop_ins_list(folder, error);

	if (!names)
		return false;
	for (unsigned int i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);

		if (!file_apply(config, path, false, error))
			return false;
	}
	return true;
}

/* GROUP.KEY=VALUE; the last dot before the equals sign parts group and key */
static bool set_apply(Config *config, const char *set, GError **error)
{
	const char *equals = strchr(set, '=');
	const char *dot = equals ? g_strrstr_len(set, equals - set, ".") : NULL;

	if (!dot) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "command line: --set wants GROUP.KEY=VALUE, such as agent.interval=5s");
		return false;
	}

	g_autofree char *group = g_strndup(set, (gsize)(dot - set));
	g_autofree char *key = g_strndup(dot + 1, (gsize)(equals - dot - 1));

	g_strstrip(group);
	g_strstrip(key);
	return setting_apply(
		config,
		&(Setting){
			.group = group, .key = key, .text = equals + 1, .origin = "command line" },
		error);
}

Config *config_load(const ConfigSource *source, GError **error)
{
	g_autoptr(Config) config = config_new();
	bool ok = source->file ? file_apply(config, source->file, true, error)
			       : layers_apply(config, source, error);

	for (const char *const *set = source->sets; ok && set && *set; set++)
		ok = set_apply(config, *set, error);
	if (!ok || !config_check(config, error))
		return NULL;
	config->origins->file = g_strdup(source->file);
	config->origins->sets = g_strdupv((char **)source->sets);
	config->origins->vendor_dir = g_strdup(source->vendor_dir);
	config->origins->sysconf_dir = g_strdup(source->sysconf_dir);
	return g_steal_pointer(&config);
}

Config *config_reload(const Config *config, GError **error)
{
	const ConfigSource source = {
		.file = config->origins->file,
		.sets = (const char *const *)config->origins->sets,
		.vendor_dir = config->origins->vendor_dir,
		.sysconf_dir = config->origins->sysconf_dir,
	};

	return config_load(&source, error);
}

const char *const *config_files(const Config *config)
{
	return (const char *const *)config->origins->files->pdata;
}

static void dump_key(GString *out, const Config *config, const char *group, const ConfigKey *key,
		     const void *base)
{
	const char *origin = origin_find(config, group, key->key);
	g_autofree char *text = config_value_format(key, base);
	g_autofree char *escaped = config_value_escape(text);

	g_string_append_printf(out, "# %s\n%s = %s\n", origin ? origin : "default", key->key,
			       escaped);
}

static void dump_sensor(GString *out, const Config *config, const ConfigSensor *sensor)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);
	g_autofree char *group = g_strconcat(SENSOR_PREFIX, sensor->name, NULL);

	g_string_append_printf(out, "\n[%s]\n", group);
	for (size_t i = 0; i < count; i++) {
		bool fits = keys[i].drivers == 0 || keys[i].drivers & 1U << sensor->driver;
		bool unset =
			keys[i].type == CONFIG_TYPE_ENUM && sensor->driver == CONFIG_DRIVER_NONE;

		if (key_is_sensor(&keys[i]) && fits && !unset)
			dump_key(out, config, group, &keys[i], sensor);
	}
}

static void dump_program(GString *out, const Config *config, const ConfigCommand *program)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);
	g_autofree char *group = g_strconcat(PROGRAM_PREFIX, program->name, NULL);

	g_string_append_printf(out, "\n[%s]\n", group);
	for (size_t i = 0; i < count; i++)
		if (key_is_program(&keys[i]))
			dump_key(out, config, group, &keys[i], program);
}

char *config_sensor_section(const ConfigSensor *sensor)
{
	g_autoptr(ConfigSensor) plain = config_sensor_new(sensor->name);
	GString *out = g_string_new(NULL);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	g_string_append_printf(out, "[%s%s]\n", SENSOR_PREFIX, sensor->name);
	for (size_t i = 0; i < count; i++) {
		if (!key_is_sensor(&keys[i]))
			continue;

		g_autofree char *text = config_value_format(&keys[i], sensor);
		g_autofree char *fallback = config_value_format(&keys[i], plain);
		g_autofree char *escaped = config_value_escape(text);

		if (strcmp(text, fallback) != 0)
			g_string_append_printf(out, "%s = %s\n", keys[i].key, escaped);
	}
	return g_string_free(out, FALSE);
}

char *config_dump(const Config *config)
{
	GString *out = g_string_new(NULL);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);
	const char *group = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!key_is_single(&keys[i]))
			continue;
		if (g_strcmp0(group, keys[i].group) != 0)
			g_string_append_printf(out, "%s[%s]\n", group ? "\n" : "", keys[i].group);
		group = keys[i].group;
		dump_key(out, config, group, &keys[i], row_base_const(config, &keys[i]));
	}
	for (unsigned int i = 0; i < config->sensors->len; i++)
		dump_sensor(out, config, config->sensors->pdata[i]);
	for (unsigned int i = 0; i < config->programs->len; i++)
		dump_program(out, config, config->programs->pdata[i]);
	return g_string_free(out, FALSE);
}

G_STATIC_ASSERT(offsetof(ConfigSensor, name) == 0);
G_STATIC_ASSERT(offsetof(ConfigCommand, name) == 0);

/* Names and values of all groups that are called alike and have a name each. */
static char *named_text(const GPtrArray *groups, const char *row_group_name)
{
	GString *out = g_string_new(NULL);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (unsigned int g = 0; g < groups->len; g++) {
		/* a name is the first member of both */
		const char *const *name = groups->pdata[g];

		g_string_append_printf(out, "[%s]\n", *name);
		for (size_t i = 0; i < count; i++) {
			g_autofree char *text = NULL;

			if (strcmp(keys[i].group, row_group_name) != 0)
				continue;
			text = config_value_format(&keys[i], groups->pdata[g]);
			g_string_append_printf(out, "%s\n", text);
		}
	}
	return g_string_free(out, FALSE);
}

static void compare_named(GPtrArray *names, const char *group, const GPtrArray *a,
			  const GPtrArray *b)
{
	g_autofree char *left = named_text(a, group);
	g_autofree char *right = named_text(b, group);

	if (strcmp(left, right) != 0)
		g_ptr_array_add(names, g_strdup(group));
}

char **config_differences(const Config *a, const Config *b)
{
	GPtrArray *names = g_ptr_array_new();
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!key_is_single(&keys[i]))
			continue;

		g_autofree char *left = config_value_format(&keys[i], row_base_const(a, &keys[i]));
		g_autofree char *right = config_value_format(&keys[i], row_base_const(b, &keys[i]));

		if (strcmp(left, right) != 0)
			g_ptr_array_add(names,
					g_strdup_printf("%s.%s", keys[i].group, keys[i].key));
	}
	compare_named(names, CONFIG_GROUP_SENSOR, a->sensors, b->sensors);
	compare_named(names, CONFIG_GROUP_PROGRAM, a->programs, b->programs);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
