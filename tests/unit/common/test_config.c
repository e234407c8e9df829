/* SPDX-License-Identifier: MIT */
/* config: what is taken, what is refused and in which words, who wins, what a dump says. */
#include "common/config.h"

#include "common/config-table.h"
#include "common/config-value.h"
#include "common/error.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* --- values: row, text, what a dump then says; NULL: refused --- */

typedef struct ValueCase {
	const char *name;
	const char *group;
	const char *key;
	const char *text;
	const char *dumped;
} ValueCase;

static const ValueCase value_cases[] = {
	{ "enum", "log", "level", "debug", "debug" },
	{ "enum-blanks", "log", "level", "  warning\t", "warning" },
	{ "enum-case", "log", "level", "Debug", NULL },
	{ "enum-unknown", "log", "level", "loud", NULL },
	{ "enum-empty", "log", "level", "", NULL },
	{ "enum-prefix", "log", "level", "inf", NULL },
	{ "air-one", "provisioner", "advertise", "on-demand", "on-demand" },
	{ "air-several", "provisioner", "advertise", "network-lost, unprovisioned",
	  "unprovisioned,network-lost" },
	{ "air-unknown", "provisioner", "advertise", "unprovisioned,never", NULL },
	{ "name-marks", "provisioner", "name", "%m", "%m" },
	{ "name-expands", "provisioner", "name", "twelve-times-%m%m%m", NULL },
	{ "int", "provisioner", "security", "1", "1" },
	{ "int-low", "provisioner", "security", "0", "0" },
	{ "int-high", "provisioner", "security", "3", NULL },
	{ "int-sign", "provisioner", "security", "-1", NULL },
	{ "int-plus", "provisioner", "security", "+1", NULL },
	{ "int-tail", "provisioner", "security", "1x", NULL },
	{ "int-hex", "provisioner", "security", "0x1", NULL },
	{ "int-empty", "provisioner", "security", "", NULL },
	{ "int-overflow", "agent", "batch", "99999999999999999999", NULL },
	{ "duration-ms", "agent", "interval", "500ms", "500ms" },
	{ "duration-s", "agent", "interval", "90s", "90s" },
	{ "duration-min", "agent", "interval", "5min", "5min" },
	{ "duration-shortest", "agent", "interval", "120s", "2min" },
	{ "duration-h", "agent", "interval", "2 h", "2h" },
	{ "duration-d", "agent", "interval", "1d", "1d" },
	{ "duration-low", "agent", "interval", "9ms", NULL },
	{ "duration-high", "agent", "interval", "25h", NULL },
	{ "duration-no-unit", "agent", "interval", "5", NULL },
	{ "duration-bad-unit", "agent", "interval", "5sec", NULL },
	{ "duration-fraction", "agent", "interval", "1.5s", NULL },
	{ "duration-overflow", "agent", "interval", "9223372036854775807d", NULL },
	{ "duration-zero", "provisioner", "always_limit", "0", "0" },
	{ "duration-zero-unit", "provisioner", "always_limit", "0s", "0" },
	{ "duration-zero-not", "provisioner", "adapter_wait", "0", NULL },
	{ "duration-comment", "agent", "interval", "1s # fast", NULL },
	{ "size", "agent", "spool_limit", "64MiB", "64MiB" },
	{ "size-shortest", "agent", "spool_limit", "2048KiB", "2MiB" },
	{ "size-octets", "agent", "spool_limit", "1048577B", "1048577B" },
	{ "size-low", "agent", "spool_limit", "1023KiB", NULL },
	{ "size-bad-unit", "agent", "spool_limit", "64MB", NULL },
	{ "path", "store", "path", "/srv/store", "/srv/store" },
	{ "path-relative", "store", "path", "store", NULL },
	{ "path-empty", "store", "path", "", NULL },
	{ "path-none", "agent", "ingest", "", "" },
	{ "path-socket-long", "agent", "ingest",
	  "/0123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789",
	  NULL },
	{ "text", "provisioner", "name", "PROV_%m", "PROV_%m" },
	{ "text-long", "provisioner", "name", "12345678901234567890123456", NULL },
	{ "text-control", "provisioner", "name", "a\x07z", NULL },
	{ "text-not-utf8", "provisioner", "name", "a\xff", NULL },
	{ "adapter", "provisioner", "adapter", "hci12", "hci12" },
	{ "adapter-path", "provisioner", "adapter", "../hci0", NULL },
	{ "adapter-other", "provisioner", "adapter", "hci", NULL },
	{ "interface", "provisioner", "interface", "wlx00c0ca-5g.1", "wlx00c0ca-5g.1" },
	{ "interface-path", "provisioner", "interface", "../wlan0", NULL },
	{ "interface-dots", "provisioner", "interface", "..", NULL },
	{ "interface-blank", "provisioner", "interface", "wlan 0", NULL },
	{ "uri", "broker", "uri", "mqtts://broker.example:8883", "mqtts://broker.example:8883" },
	{ "uri-none", "broker", "uri", "", "" },
	{ "uri-scheme", "broker", "uri", "http://broker.example", NULL },
	{ "uri-port", "broker", "uri", "mqtts://broker.example:0", NULL },
	{ "protocol", "broker", "protocol", "5", "5" },
	{ "protocol-old", "broker", "protocol", "3.1", NULL },
	{ "bool", "sensor", "enabled", "false", "false" },
	{ "bool-word", "sensor", "enabled", "yes", NULL },
	{ "real", "sensor", "scale", "-0.5", "-0.5" },
	{ "real-exponent", "sensor", "scale", "1e-3", "0.001" },
	{ "real-nan", "sensor", "scale", "nan", NULL },
	{ "real-infinite", "sensor", "scale", "inf", NULL },
	{ "real-hex", "sensor", "scale", "0x10", NULL },
	{ "real-comma", "sensor", "scale", "0,5", NULL },
	{ "real-empty", "sensor", "scale", "", NULL },
	{ "real-unset", "sensor", "lowest", "", "" },
	{ "real-limit", "sensor", "highest", "60.5", "60.5" },
	{ "real-limit-nan", "sensor", "highest", "nan", NULL },
	{ "real-negative", "sensor", "dead_band", "-1", NULL },
	{ "flags", "sensor", "what", "uptime, load", "load,uptime" },
	{ "flags-unknown", "sensor", "what", "load,weather", NULL },
	{ "flags-empty", "sensor", "what", "", NULL },
	{ "flags-hole", "sensor", "what", "load,,uptime", NULL },
};

static void test_value(gconstpointer data)
{
	const ValueCase *c = data;
	const ConfigKey *key = config_table_find(c->group, c->key);
	union {
		Config config;
		BrokerConf broker;
		ConfigSensor sensor;
	} base;
	g_autoptr(GError) error = NULL;

	memset(&base, 0, sizeof(base));
	g_assert_nonnull(key);

	bool ok = config_value_parse(key, c->text, &base, &error);

	if (!c->dumped) {
		g_assert_false(ok);
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, c->key));
		for (size_t i = 0; i < sizeof(base); i++) /* untouched */
			g_assert_cmpint(((const char *)&base)[i], ==, 0);
		return;
	}
	g_assert_no_error(error);

	g_autofree char *dumped = config_value_format(key, &base);

	g_assert_cmpstr(dumped, ==, c->dumped);
	config_value_clear(key, &base);
}

/* --- whole texts: what is wrong with them and where --- */

typedef struct TextCase {
	const char *name;
	const char *text;
	const char *message; /* start of it; NULL: the text is fine */
} TextCase;

static const TextCase text_cases[] = {
	{ "empty", "", NULL },
	{ "comments", "# nothing\n\n   # here\n", NULL },
	{ "no-newline", "[log]\nlevel=debug", NULL },
	{ "crlf", "[log]\r\nlevel = debug\r\n", NULL },
	{ "est", "[renewal]\nest = https://ca.example:8443/.well-known/est\n", NULL },
	{ "est-clear", "[renewal]\nest = http://ca.example/\n",
	  "T:2: [renewal] est: no URL of https, such as " },
	{ "est-nobody", "[renewal]\nest = https:///.well-known/est\n",
	  "T:2: [renewal] est: no URL of https, such as " },
	{ "est-query", "[renewal]\nest = https://ca.example/?a=b\n",
	  "T:2: [renewal] est: a URL with ? or #" },
	{ "est-fragment", "[renewal]\nest = https://ca.example/#est\n",
	  "T:2: [renewal] est: a URL with ? or #" },
	{ "memory-in-spool", "[agent]\nspool = /a/s.db\n[commands]\nmemory = /a/s.db\n",
	  "T:4: [commands] memory is a file of [agent] spool" },
	{ "memory-in-wal", "[agent]\nspool = /a/s.db\n[commands]\nmemory = /a/s.db-wal\n",
	  "T:4: [commands] memory is a file of [agent] spool" },
	{ "memory-beside-spool", "[agent]\nspool = /a/s.db\n[commands]\nmemory = /a/s.dbs\n",
	  NULL },
	{ "ingest-in-mark", "[agent]\nspool = /a/s.db\ningest = /a/s.db.mark\n",
	  "T:3: [agent] ingest is a file of [agent] spool" },
	{ "est-password", "[renewal]\nest = https://user:secret@ca.example/.well-known/est\n",
	  "T:2: [renewal] est: a URL with a user or password before its host; leave them out" },
	{ "est-user", "[renewal]\nest = https://user@ca.example/.well-known/est\n",
	  "T:2: [renewal] est: a URL with a user or password before its host; leave them out" },
	{ "parameters", "[enrolment]\nparameters = A=%n B-1=x,y%% C=%n%n\n", NULL },
	{ "parameters-none", "[enrolment]\nparameters =\n", NULL },
	{ "parameters-bare", "[enrolment]\nparameters = SerialNumber\n",
	  "T:2: [enrolment] parameters: no list such as " },
	{ "parameters-percent", "[enrolment]\nparameters = A=%x\n",
	  "T:2: [enrolment] parameters: no list such as " },
	{ "template-path", "[enrolment]\ntemplate = a/b\n",
	  "T:2: [enrolment] template: only letters, digits, - and _ " },
	{ "twice", "[log]\nlevel=info\n[agent]\n[log]\nlevel=debug\n", NULL },
	{ "group-unknown", "\n[agnet]\n", "T:2: unknown group [agnet]; did you mean [agent]?" },
	{ "group-far", "[zzzzzzzzzz]\n",
	  "T:1: unknown group [zzzzzzzzzz]; known are log, store, " },
	{ "group-sensor", "[sensors cpu]\n", "T:1: unknown group [sensors cpu]; " },
	{ "key-unknown", "[agent]\n\nintervall=1s\n",
	  "T:3: unknown key \"intervall\" in [agent]; did you mean \"interval\"?" },
	{ "key-elsewhere", "[agent]\njoin_timeout=9s\n",
	  "T:2: unknown key \"join_timeout\" in [agent]; it belongs to [provisioner]" },
	{ "key-far", "[store]\nqwertzuiop=1\n",
	  "T:2: unknown key \"qwertzuiop\" in [store]; known are path" },
	{ "key-localised", "[log]\nlevel[de]=info\n", "T:2: unknown key \"level[de]\" in [log]; " },
	{ "key-encoding", "[log]\nEncoding=latin1\n", "T:2: unknown key \"Encoding\"" },
	{ "value", "[agent]\n# fast\ninterval = 5\n",
	  "T:3: [agent] interval: \"5\" does not fit; allowed is a duration from 10ms to 1d" },
	{ "value-comment", "[agent]\ninterval=1s # fast\n",
	  "T:2: [agent] interval: \"1s # fast\" does not fit; allowed is a duration from 10ms to "
	  "1d, with a unit: ms, s, min, h, d (a comment needs a line of its own)" },
	{ "value-last", "[agent]\ninterval=1s\ninterval=oops\n",
	  "T:3: [agent] interval: \"oops\"" },
	{ "value-escape", "[broker]\nclient_id=a\\qb\n",
	  "T:2: the value of client_id has an escape" },
	{ "value-newline", "[broker]\nclient_id=a\\nb\n",
	  "T:2: [broker] client_id: \"a?b\" does not" },
	{ "uri", "[broker]\nuri=ftp://x\n", "T:2: [broker] uri: " },
	{ "no-group", "level=info\n", "T:1: a key stands before the first [group]" },
	{ "no-equals", "[log]\nlevel\n", "T:2: expected key = value" },
	{ "no-key", "[log]\n=x\n", "T:2: expected key = value" },
	{ "no-bracket", "[log\n", "T:1: a group is written [NAME]" },
	{ "bracket-tail", "[log] x\n", "T:1: a group is written [NAME]" },
	{ "bracket-empty", "[]\n", "T:1: a group is written [NAME]" },
	{ "not-utf8", "[log]\n# \xff\n", "T:2: not UTF-8" },
	{ "sensor", "[sensor cpu]\ndriver=thermal\nzone=cpu-thermal\n", NULL },
	{ "sensor-nameless", "[sensor]\ndriver=thermal\n", "T:1: a sensor needs a name" },
	{ "sensor-name", "[sensor a b]\ndriver=thermal\n", "T:1: the name of a sensor has" },
	{ "sensor-driverless", "[sensor x]\n\nkey=y\n",
	  "T:3: [sensor x] has no driver; set it to one of simulated, " },
	{ "sensor-disabled", "[sensor x]\nenabled=false\n", NULL },
	{ "sensor-wrong-key", "[sensor x]\ndriver=hwmon\nzone=cpu\n",
	  "T:3: [sensor x] the key \"zone\" is not for driver hwmon" },
	{ "sensor-unknown-key", "[sensor x]\ndriver=hwmon\nimput=temp1\n",
	  "T:3: unknown key \"imput\" in [sensor x]; did you mean \"input\"?" },
	{ "sensor-command", "[sensor x]\ndriver=command\n", "T:2: [sensor x] needs the key" },
	{ "sensor-command-words", "[sensor x]\ndriver=command\ncommand=echo 'a\n",
	  "T:3: [sensor] command: " },
	{ "sensor-limits", "[sensor x]\ndriver=thermal\nlowest=5\nhighest=5\n",
	  "T:3: [sensor x] lowest has to be below highest" },
	{ "sensor-one-limit", "[sensor x]\ndriver=thermal\nlowest=5\n", NULL },
	{ "sensor-wave", "[sensor x]\ndriver=simulated\nminimum=5\nmaximum=5\n",
	  "T:3: [sensor x] minimum has to be below maximum" },
};

static void test_text(gconstpointer data)
{
	const TextCase *c = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(c->text, strlen(c->text), "T", &error);

	if (!c->message) {
		g_assert_no_error(error);
		g_assert_nonnull(config);
		return;
	}
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	if (!g_str_has_prefix(error->message, c->message))
		g_error("expected \"%s\", got \"%s\"", c->message, error->message);
}

static void test_nul(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse("[log]\n\0", 7, "T", &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_cmpstr(error->message, ==, "T:2: a NUL octet has no place in a text file");
}

static void test_values_arrive(void)
{
	static const char text[] = "[log]\nlevel=debug\nformat=json\n"
				   "[broker]\nuri=mqtts://h:1\nprotocol=5\n"
				   "[agent]\ninterval=250ms\nspool_limit=1GiB\ningest=\n"
				   "[sensor a]\ndriver=simulated\nmaximum=99.5\n"
				   "[sensor b]\ndriver=system\nwhat=load\ninterval=1min\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", &error);

	g_assert_no_error(error);
	g_assert_cmpint(config->log.level, ==, LOG_LEVEL_DEBUG);
	g_assert_cmpint(config->log.format, ==, LOG_FORMAT_JSON);
	g_assert_cmpstr(config->broker.uri, ==, "mqtts://h:1");
	g_assert_cmpint(config->broker.protocol, ==, BROKER_PROTOCOL_MQTT_5);
	g_assert_null(config->broker.client_id);
	g_assert_cmpint(config->agent.interval_ms, ==, 250);
	g_assert_cmpint(config->agent.spool_limit, ==, INT64_C(1) << 30);
	g_assert_null(config->agent.ingest);
	g_assert_cmpint(config->sensors->len, ==, 2);

	const ConfigSensor *a = config->sensors->pdata[0];
	const ConfigSensor *b = config->sensors->pdata[1];

	g_assert_cmpstr(a->name, ==, "a");
	g_assert_true(a->enabled);
	g_assert_cmpfloat(a->minimum, ==, 20);
	g_assert_cmpfloat(a->maximum, ==, 99.5);
	g_assert_cmpint(a->interval_ms, ==, 0);
	g_assert_cmpint(b->driver, ==, CONFIG_DRIVER_SYSTEM);
	g_assert_cmpuint(b->what, ==, CONFIG_SYSTEM_LOAD);
	g_assert_cmpint(b->interval_ms, ==, 60000);
}

static void test_defaults(void)
{
	g_autoptr(Config) config = config_new();

	g_assert_cmpint(config->log.level, ==, LOG_LEVEL_INFO);
	g_assert_cmpint(config->provisioner.security, ==, 2);
	g_assert_cmpstr(config->provisioner.name, ==, "PROV_%m");
	g_assert_cmpint(config->provisioner.join_timeout_ms, ==, 60000);
	g_assert_cmpint(config->agent.spool_limit, ==, 64 << 20);
	g_assert_null(config->broker.uri);
	g_assert_cmpuint(config->broker.given, ==, 0);
	g_assert_cmpuint(config->sensors->len, ==, 0);
}

/* Every row has a help text, bounds that hold its default, and no twin. */
static void test_table(void)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		g_assert_cmpstr(keys[i].help, !=, "");
		g_assert_true(config_table_find(keys[i].group, keys[i].key) == &keys[i]);
		g_assert_cmpint(keys[i].min, <=, keys[i].max);

		g_autofree char *allowed = config_value_allowed(&keys[i]);

		g_assert_nonnull(allowed);
	}
}

static void test_distance(void)
{
	g_assert_cmpuint(config_table_distance("interval", "interval"), ==, 0);
	g_assert_cmpuint(config_table_distance("intervall", "interval"), ==, 1);
	g_assert_cmpuint(config_table_distance("", "abc"), ==, 3);
	g_assert_cmpuint(config_table_distance("agnet", "agent"), ==, 2);
	g_assert_cmpuint(config_table_distance("kitten", "sitting"), ==, 3);
}

/* --- limits --- */

static void test_too_large(void)
{
	g_autofree char *text = g_strnfill(CONFIG_FILE_SIZE_MAX + 1, '\n');
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) fits = config_parse(text, CONFIG_FILE_SIZE_MAX, "T", &error);

	g_assert_no_error(error);
	g_assert_nonnull(fits);

	g_autoptr(Config) config = config_parse(text, CONFIG_FILE_SIZE_MAX + 1, "T", &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
}

/* The copy outlives what it was made of; the section holds what is not at its default and reads
 * back as the same. */
static void test_sensor_copy(void)
{
	static const char text[] = "[sensor a]\ndriver = hwmon\nunit = °F\nscale = 1.8\n"
				   "highest = 60.5\nchip = back\\\\slash\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", &error);

	g_assert_no_error(error);
	g_autoptr(ConfigSensor) copy = config_sensor_copy(config->sensors->pdata[0]);
	g_clear_pointer(&config, config_free);

	g_autofree char *section = config_sensor_section(copy);

	g_assert_cmpstr(section, ==, text);
	g_assert_true(isnan(copy->lowest));
	g_assert_cmpstr(copy->chip, ==, "back\\slash");
}

static void test_too_many_sensors(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < CONFIG_SENSORS_MAX; i++)
		g_string_append_printf(text, "[sensor s%d]\ndriver=system\n", i);

	g_autoptr(Config) fits = config_parse(text->str, text->len, "T", &error);

	g_assert_no_error(error);
	g_assert_cmpuint(fits->sensors->len, ==, CONFIG_SENSORS_MAX);
	g_string_append(text, "[sensor more]\ndriver=system\n");

	g_autoptr(Config) config = config_parse(text->str, text->len, "T", &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_true(g_str_has_prefix(error->message, "T:130: more than 64 sensors"));
}

static void test_value_too_long(void)
{
	g_autofree char *fill = g_strnfill(CONFIG_VALUE_MAX + 1, 'x');
	g_autofree char *text = g_strdup_printf("[sensor x]\ndriver=command\ncommand=%s\n", fill);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_true(g_str_has_prefix(error->message, "T:3: the value of command is longer"));
}

/* --- layers --- */

typedef struct Layers {
	char *root;
	char *vendor;
	char *local;
} Layers;

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void layers_set_up(Layers *layers, gconstpointer data)
{
	layers->root = g_dir_make_tmp("landfall-config-XXXXXX", NULL);
	layers->vendor = g_build_filename(layers->root, "vendor", NULL);
	layers->local = g_build_filename(layers->root, "local", NULL);
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);

	for (const char *name = dir ? g_dir_read_name(dir) : NULL; name;
	     name = g_dir_read_name(dir)) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		remove_tree(child);
	}
	g_remove(path);
}

static void layers_tear_down(Layers *layers, gconstpointer data)
{
	remove_tree(layers->root);
	g_free(layers->root);
	g_free(layers->vendor);
	g_free(layers->local);
}

static Config *layers_load(const Layers *layers, const char *file, const char *const *sets,
			   GError **error)
{
	ConfigSource source = { .file = file,
				.sets = sets,
				.vendor_dir = layers->vendor,
				.sysconf_dir = layers->local };

	return config_load(&source, error);
}

static void test_order(Layers *layers, gconstpointer data)
{
	static const char *const sets[] = { "agent.inflight=6", "sensor a.scale=2", NULL };
	g_autoptr(GError) error = NULL;

	put(layers->vendor, "landfall.conf",
	    "[agent]\ninterval=1s\nbatch=1\ninflight=1\nspool_limit=1MiB\n"
	    "[sensor a]\ndriver=thermal\n[broker]\nclient_id=vendor\n");
	put(layers->local, "landfall.conf", "[agent]\nbatch=2\ninflight=2\nspool_limit=2MiB\n");
	put(layers->local, "landfall.conf.d/20-b.conf", "[agent]\nspool_limit=4MiB\ninflight=4\n");
	put(layers->local, "landfall.conf.d/10-a.conf", "[agent]\nspool_limit=3MiB\ninflight=3\n");
	put(layers->local, "landfall.conf.d/ignored.txt", "nonsense\n");
	put(layers->local, "landfall.conf.d/.hidden.conf", "nonsense\n");

	g_autoptr(Config) config = layers_load(layers, NULL, sets, &error);

	g_assert_no_error(error);
	g_assert_cmpint(config->agent.interval_ms, ==, 1000);
	g_assert_cmpint(config->agent.batch, ==, 2);
	g_assert_cmpint(config->agent.spool_limit, ==, 4 << 20);
	g_assert_cmpint(config->agent.inflight, ==, 6);
	g_assert_cmpstr(config->broker.client_id, ==, "vendor");
	g_assert_cmpfloat(((ConfigSensor *)config->sensors->pdata[0])->scale, ==, 2);
	g_assert_cmpuint(g_strv_length((char **)config_files(config)), ==, 4);

	g_autofree char *dump = config_dump(config);
	g_autofree char *first =
		g_strdup_printf("# %s/landfall.conf:2\ninterval = 1s\n", layers->vendor);
	g_autofree char *third =
		g_strdup_printf("# %s/landfall.conf.d/20-b.conf:2\n", layers->local);

	g_assert_nonnull(strstr(dump, first));
	g_assert_nonnull(strstr(dump, third));
	g_assert_nonnull(strstr(dump, "# command line\ninflight = 6\n"));
	g_assert_nonnull(strstr(dump, "# default\nlevel = info\n"));
}

static void test_file_alone(Layers *layers, gconstpointer data)
{
	g_autofree char *path = g_build_filename(layers->root, "mine.conf", NULL);
	g_autoptr(GError) error = NULL;

	put(layers->vendor, "landfall.conf", "[agent]\nbatch=7\n");
	put(layers->root, "mine.conf", "[agent]\ninflight=9\n");

	g_autoptr(Config) config = layers_load(layers, path, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpint(config->agent.inflight, ==, 9);
	g_assert_cmpint(config->agent.batch, ==, 100);
}

static void test_file_absent(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = layers_load(layers, "/nonexistent/x.conf", NULL, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_cmpstr(error->message, ==, "/nonexistent/x.conf: there is no such file");
}

static void test_file_is_folder(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = layers_load(layers, layers->root, NULL, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_nonnull(strstr(error->message, "is not a regular file"));
}

static void test_nothing_there(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = layers_load(layers, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(config_files(config)[0], ==, NULL);
}

static void test_bad_drop_in(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *start =
		g_strdup_printf("%s/landfall.conf.d/5.conf:2: unknown key", layers->local);

	put(layers->local, "landfall.conf.d/5.conf", "[agent]\nbath=3\n");

	g_autoptr(Config) config = layers_load(layers, NULL, NULL, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_true(g_str_has_prefix(error->message, start));
}

static void test_too_many_files(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	for (int i = 0; i <= CONFIG_FILES_MAX; i++) {
		g_autofree char *name = g_strdup_printf("landfall.conf.d/%d.conf", i);

		put(layers->local, name, "");
	}

	g_autoptr(Config) config = layers_load(layers, NULL, NULL, &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_null(config);
	g_assert_nonnull(strstr(error->message, "more than 64 files"));
}

/* A lower layer's sensor can be switched off, whatever its driver. */
static void test_sensor_off(Layers *layers, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	put(layers->vendor, "landfall.conf", "[sensor a]\ndriver=thermal\n");
	put(layers->local, "landfall.conf", "[sensor a]\nenabled=false\n");

	g_autoptr(Config) config = layers_load(layers, NULL, NULL, &error);

	g_assert_no_error(error);
	g_assert_false(((ConfigSensor *)config->sensors->pdata[0])->enabled);
}

typedef struct SetCase {
	const char *name;
	const char *set;
	const char *message;
} SetCase;

static const SetCase set_cases[] = {
	{ "ok", "agent.interval=5s", NULL },
	{ "equals-in-value", "broker.client_id=a=b.c", NULL },
	{ "sensor", "sensor x.driver=system", NULL },
	{ "no-equals", "agent.interval", "command line: --set wants GROUP.KEY=VALUE" },
	{ "no-dot", "interval=5s", "command line: --set wants GROUP.KEY=VALUE" },
	{ "dot-in-value", "interval=5.0", "command line: --set wants GROUP.KEY=VALUE" },
	{ "unknown", "agent.interva=5s", "command line: unknown key \"interva\" in [agent]; did" },
	{ "group", "agnt.interval=5s",
	  "command line: unknown group [agnt]; did you mean [agent]?" },
	{ "value", "agent.interval=fast", "command line: [agent] interval: \"fast\" does not" },
};

static void test_set(gconstpointer data)
{
	const SetCase *c = data;
	const char *sets[] = { c->set, NULL };
	ConfigSource source = { .sets = sets,
				.vendor_dir = "/nonexistent",
				.sysconf_dir = "/nonexistent" };
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_load(&source, &error);

	if (!c->message) {
		g_assert_no_error(error);
		g_assert_nonnull(config);
		return;
	}
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_true(g_str_has_prefix(error->message, c->message));
}

/* What a dump says reads back as the same settings. */
static void test_dump_round_trip(void)
{
	static const char text[] = "[broker]\nclient_id=back\\\\slash\n[provisioner]\nname=\\sP\n"
				   "[sensor a]\ndriver=hwmon\nchip=k10temp\nscale=0.001\n"
				   "[sensor off]\nenabled=false\n";
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) first = config_parse(text, strlen(text), "T", &error);

	g_assert_no_error(error);

	g_autofree char *dump = config_dump(first);
	g_autoptr(Config) second = config_parse(dump, strlen(dump), "D", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(second->broker.client_id, ==, "back\\slash");
	g_assert_cmpstr(second->provisioner.name, ==, first->provisioner.name);
	g_assert_cmpuint(second->sensors->len, ==, 2);
	g_assert_cmpfloat(((ConfigSensor *)second->sensors->pdata[0])->scale, ==, 0.001);
}

/* The file that is shipped is valid and changes no default. */
static void test_vendor_file(void)
{
	const char *path = g_getenv("LANDFALL_VENDOR_CONF");
	ConfigSource source = { .file = path };
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	g_assert_nonnull(path);

	g_autoptr(Config) config = config_load(&source, &error);

	g_assert_no_error(error);
	g_assert_nonnull(config);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	for (size_t i = 0; i < count; i++) { /* every key is shown with its default */
		g_autofree char *line =
			keys[i].fallback[0] == '\0'
				? g_strdup_printf("\n#%s =", keys[i].key)
				: g_strdup_printf("\n#%s = %s\n", keys[i].key, keys[i].fallback);

		if (strcmp(keys[i].key, "driver") != 0 && !strstr(text, line))
			g_error("%s lacks \"%s\" of [%s]", path, line + 1, keys[i].group);
	}
}

#define ADD_CASES(prefix, cases, func)                                                             \
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {                                         \
		g_autofree char *path = g_strconcat(prefix, cases[i].name, NULL);                  \
		g_test_add_data_func(path, &cases[i], func);                                       \
	}
#define ADD_LAYERS(path, func)                                                                     \
	g_test_add("/config/layers/" path, Layers, NULL, layers_set_up, func, layers_tear_down)

/* --- read again --- */

static void test_reload(void)
{
	g_autofree char *dir = g_dir_make_tmp("landfall-config-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(dir, "landfall.conf", NULL);
	const char *const sets[] = { "agent.batch=7", NULL };
	const ConfigSource source = { .file = file, .sets = sets };
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(
		file, "[agent]\ninterval = 5s\n[sensor a]\ndriver = simulated\n", -1, NULL));

	g_autoptr(Config) first = config_load(&source, &error);
	g_assert_no_error(error);

	g_autoptr(Config) same = config_reload(first, &error);
	g_assert_no_error(error);

	g_auto(GStrv) none = config_differences(first, same);
	g_assert_cmpuint(g_strv_length(none), ==, 0);

	g_assert_true(g_file_set_contents(file,
					  "[log]\nlevel = debug\n[agent]\nbatch = 9\n"
					  "[sensor a]\ndriver = simulated\nmaximum = 31\n"
					  "[broker]\nuri = mqtt://b\n",
					  -1, NULL));

	/* of a copy too; the command line stays above the file */
	g_autoptr(Config) second = config_reload(same, &error);
	g_assert_no_error(error);
	g_assert_cmpint(second->agent.batch, ==, 7);

	g_auto(GStrv) names = config_differences(first, second);
	g_autofree char *joined = g_strjoinv(" ", names);

	g_assert_cmpstr(joined, ==, "log.level broker.uri agent.interval sensor");

	g_assert_true(g_file_set_contents(file, "[agent]\nintervall = 1s\n", -1, NULL));
	g_assert_null(config_reload(first, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_unlink(file);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/reload", test_reload);
	ADD_CASES("/config/value/", value_cases, test_value);
	ADD_CASES("/config/text/", text_cases, test_text);
	ADD_CASES("/config/set/", set_cases, test_set);
	g_test_add_func("/config/text/nul", test_nul);
	g_test_add_func("/config/values-arrive", test_values_arrive);
	g_test_add_func("/config/defaults", test_defaults);
	g_test_add_func("/config/table", test_table);
	g_test_add_func("/config/distance", test_distance);
	g_test_add_func("/config/limits/size", test_too_large);
	g_test_add_func("/config/sensor-copy", test_sensor_copy);
	g_test_add_func("/config/limits/sensors", test_too_many_sensors);
	g_test_add_func("/config/limits/value", test_value_too_long);
	ADD_LAYERS("order", test_order);
	ADD_LAYERS("file-alone", test_file_alone);
	ADD_LAYERS("file-absent", test_file_absent);
	ADD_LAYERS("file-is-folder", test_file_is_folder);
	ADD_LAYERS("nothing-there", test_nothing_there);
	ADD_LAYERS("bad-drop-in", test_bad_drop_in);
	ADD_LAYERS("too-many-files", test_too_many_files);
	ADD_LAYERS("sensor-off", test_sensor_off);
	g_test_add_func("/config/dump/round-trip", test_dump_round_trip);
	g_test_add_func("/config/vendor-file", test_vendor_file);
	return g_test_run();
}
