/* SPDX-License-Identifier: MIT */
/*
 * config - every setting of every program, typed and checked
 *
 * Layers, later ones win:
 *
 *     VENDORDIR/landfall.conf           shipped with the package
 *     SYSCONFDIR/landfall.conf          the operator's file
 *     SYSCONFDIR/landfall.conf.d/ *.conf  drop-ins, in byte order of their names
 *     --set group.key=value             command line
 *
 * `--config FILE` stands in the place of all three kinds of file. Absent files of the layers are
 * fine, an absent FILE is not. All keys are rows of one table (config-table.c): a new key is a
 * member here and a row there. Unknown groups and keys, and values that do not fit, are errors
 * with file, line and what would have been right. No secret is ever a setting.
 *
 * Durations are milliseconds, sizes octets. Strings and paths are owned by the Config; one that
 * is not set is NULL.
 */
#pragma once

#include "common/broker-conf.h"
#include "common/log.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_FILE_SIZE_MAX ((size_t)256 * 1024) /* octets of one file */
#define CONFIG_FILES_MAX     64                   /* drop-ins */
#define CONFIG_SENSORS_MAX   64                   /* [sensor NAME] groups */
#define CONFIG_PROGRAMS_MAX  32                   /* [command NAME] groups */
#define CONFIG_VALUE_MAX     4096                 /* octets of one value */

typedef enum ConfigWifi {
	CONFIG_WIFI_AUTO,
	CONFIG_WIFI_NETWORKMANAGER,
	CONFIG_WIFI_WPA_SUPPLICANT,
	CONFIG_WIFI_IWD,
} ConfigWifi;

/* Bits of provisioner.advertise: what the device goes on the air for */
typedef enum ConfigAdvertise {
	CONFIG_ADVERTISE_UNPROVISIONED = 1 << 0, /* while no network is configured */
	CONFIG_ADVERTISE_ALWAYS = 1 << 1,
	CONFIG_ADVERTISE_ON_DEMAND = 1 << 2,    /* Start() on the bus alone */
	CONFIG_ADVERTISE_NETWORK_LOST = 1 << 3, /* no address for network_lost_after */
	CONFIG_ADVERTISE_BUTTON = 1 << 4,       /* held for button_hold */
} ConfigAdvertise;

typedef enum ConfigSpoolPolicy {
	CONFIG_SPOOL_REFUSE,
	CONFIG_SPOOL_DROP_OLDEST,
	CONFIG_SPOOL_DROP_NEWEST,
} ConfigSpoolPolicy;

typedef enum ConfigBacklogOrder {
	CONFIG_BACKLOG_OLDEST, /* goes first */
	CONFIG_BACKLOG_NEWEST,
} ConfigBacklogOrder;

typedef enum ConfigDriver {
	CONFIG_DRIVER_NONE, /* not set: refused by config_load() */
	CONFIG_DRIVER_SIMULATED,
	CONFIG_DRIVER_HWMON,
	CONFIG_DRIVER_THERMAL,
	CONFIG_DRIVER_IIO,
	CONFIG_DRIVER_W1,
	CONFIG_DRIVER_SYSTEM,
	CONFIG_DRIVER_COMMAND,
} ConfigDriver;

/* Bits of ConfigSensor.what */
typedef enum ConfigSystem {
	CONFIG_SYSTEM_TEMPERATURE = 1 << 0, /* where the machine has a thermal zone */
	CONFIG_SYSTEM_LOAD = 1 << 1,
	CONFIG_SYSTEM_MEMORY = 1 << 2,
	CONFIG_SYSTEM_UPTIME = 1 << 3,
	CONFIG_SYSTEM_CPU = 1 << 4,
	CONFIG_SYSTEM_DISK = 1 << 5,
	CONFIG_SYSTEM_NETWORK = 1 << 6,
	CONFIG_SYSTEM_THROTTLED = 1 << 7, /* where the machine is a Raspberry Pi */
} ConfigSystem;

/* One [sensor NAME] group. Which members count depends on the driver; a key of another driver
 * is refused when the configuration is read. */
typedef struct ConfigSensor {
	char *name; /* NAME of the group: A-Z a-z 0-9 _ - */
	ConfigDriver driver;
	bool enabled;        /* false: switches off what a lower layer brought in */
	char *key;           /* name of the reading; NULL: the sensor's name */
	int64_t interval_ms; /* 0: [agent] interval */
	int64_t timeout_ms;  /* a reading that takes longer has failed */
	char *unit;          /* for people; NULL: the driver's */
	double scale;        /* reading = raw * scale + offset; not system, simulated */
	double offset;
	double lowest; /* a reading outside is left out; NaN: no limit */
	double highest;
	double dead_band;   /* a reading that changed by less is kept back; 0: none */
	int64_t refresh_ms; /* but not longer than this; 0: for ever */
	char *root;         /* sysfs or procfs folder to look in; NULL: the driver's own */
	double minimum;     /* simulated */
	double maximum;     /* simulated */
	int64_t period_ms;  /* simulated: one wave from minimum to maximum and back */
	char *chip;         /* hwmon: `name`, or its device such as 1-0044; NULL: first */
	char *input;        /* hwmon: such as temp1 */
	char *zone;         /* thermal: folder or content of `type`; NULL: first */
	char *device;       /* iio: `name`, folder or 1-0076; w1: identity; NULL: first */
	char *channel;      /* iio: such as in_temp */
	char *command;      /* command: words split as the shell would, no shell runs */
	uint32_t what;      /* system: bits of ConfigSystem */
	char *mount;        /* system: a folder on the file system that `disk` is about */
	char *interface;    /* system: what `network` is about; NULL: all but lo */
} ConfigSensor;

/* Bits of commands.allow: what a cloud may ask for, in the order of docs/commands.md */
typedef enum ConfigMethod {
	CONFIG_METHOD_STATUS = 1 << 0,
	CONFIG_METHOD_READ_SENSOR = 1 << 1,
	CONFIG_METHOD_SET_INTERVAL = 1 << 2,
	CONFIG_METHOD_PUBLISH_NOW = 1 << 3,
	CONFIG_METHOD_IDENTIFY = 1 << 4,
	CONFIG_METHOD_LOG_LEVEL = 1 << 5,
	CONFIG_METHOD_RENEW_CERTIFICATE = 1 << 6,
	CONFIG_METHOD_RESTART = 1 << 7,
	CONFIG_METHOD_REBOOT = 1 << 8,
	CONFIG_METHOD_RUN = 1 << 9,
	CONFIG_METHOD_NONE = 1 << 10, /* alone: the cloud is not listened to */
} ConfigMethod;

/* One [command NAME] group: a program that a cloud may have run */
typedef struct ConfigCommand {
	char *name; /* NAME of the group: A-Z a-z 0-9 _ - */
	bool enabled;
	char *program;      /* words split as the shell would, no shell runs; the first is a path */
	char *arguments;    /* regular expressions, one for each argument of the request */
	int64_t timeout_ms; /* then it is killed */
	int64_t output;     /* octets that are kept of what it prints */
} ConfigCommand;

typedef struct ConfigOrigins ConfigOrigins;

typedef struct Config {
	struct {
		LogLevel level;
		LogFormat format;
	} log;
	struct {
		char *path;
		char *token_key;  /* pkcs11: or handle: URI; NULL: keys are made in files */
		int64_t trial_ms; /* a new generation's time to connect; 0: no limit */
	} store;
	struct {
		int64_t security; /* 0, 1 or 2 */
		char *name;       /* %m: last three octets of the Wi-Fi address, in hex */
		ConfigWifi wifi;
		char *adapter;                  /* "auto" or hci0 */
		char *interface;                /* "auto" or wlan0 */
		uint32_t advertise;             /* bits of ConfigAdvertise */
		int64_t unprovisioned_limit_ms; /* on the air without a phone; 0: no limit */
		int64_t always_limit_ms;
		int64_t on_demand_limit_ms;
		int64_t network_lost_limit_ms;
		int64_t network_lost_after_ms;
		int64_t button_limit_ms;
		char *button; /* see button-spec.h; NULL: none */
		int64_t button_hold_ms;
		char *secrets;   /* folder of the proof of possession */
		char *username;  /* of security 2 */
		int64_t lockout; /* wrong proofs in a row until it is locked; 0: never */
		char *service_uuid;
		int64_t join_timeout_ms;
		int64_t adapter_wait_ms;
		char *bus; /* "system", "session" or a D-Bus address */
	} provisioner;
	struct {
		char *est;     /* base URL of the server; NULL: none */
		char *ca;      /* PEM file it is verified against; NULL: the system's */
		bool same_key; /* the new certificate is for the key we have */
		char *program; /* run in place of landfallctl store renew; NULL: none */
	} renewal;
	struct {
		BrokerEnrolment method;
		char *uri;        /* of the exchange; NULL: the cloud's own, or the broker's */
		char *ca;         /* PEM file it is verified against; NULL: as the broker */
		char *name;       /* NULL: common name; for aws-fleet serial number or host name */
		char *secret;     /* file with the key and the secret that admit; NULL: none */
		char *id_scope;   /* of dps; NULL: none */
		char *template;   /* of aws-fleet; NULL: none */
		char *parameters; /* of that: NAME=VALUE with blanks between; %n: the name */
		int64_t timeout_ms;
	} enrolment;
	BrokerConf broker; /* overrides the store: see broker_conf_resolve() */
	struct {
		int64_t interval_ms;
		char *spool;
		int64_t spool_limit; /* octets */
		ConfigSpoolPolicy spool_policy;
		char *ingest;         /* path of the socket; NULL: none */
		int64_t inflight;     /* PUBLISH packets awaiting their PUBACK */
		int64_t batch;        /* samples in one PUBLISH at most */
		int64_t backlog_rate; /* samples a second; 0: as fast as they go */
		char *bus;            /* as of provisioner; NULL: none */
		ConfigBacklogOrder backlog_order;
	} agent;
	struct {
		char *leds;     /* folder of the LED class */
		char *led_wifi; /* name of an LED there; NULL: none, so the others */
		char *led_mqtt;
		char *led_published;
		char *led_error;
		char *led_provisioning;
		char *led_status;
		char *display; /* I2C bus of the display; NULL: none */
		int64_t display_address;
		char *font; /* console font of the display */
	} indicator;
	struct {
		uint32_t allow; /* bits of ConfigMethod */
		char *reboot;   /* words of the program that reboots; NULL: none */
		char *memory;   /* file of the requests that were taken */
	} commands;
	GPtrArray *sensors;     /* of ConfigSensor, in order of first appearance */
	GPtrArray *programs;    /* of ConfigCommand, likewise */
	ConfigOrigins *origins; /* private to config: where each value came from */
} Config;

/* What to read; all members borrowed for the call, any may be NULL */
typedef struct ConfigSource {
	const char *file;        /* this file alone, in place of the layers */
	const char *const *sets; /* "group.key=value", NULL-terminated */
	const char *vendor_dir;  /* NULL: the one compiled in */
	const char *sysconf_dir; /* NULL: the one compiled in */
} ConfigSource;

/* config_load() - read all layers
 * Returns a Config to be freed with config_free()
 * Errors: LANDFALL_ERROR_CONFIG with file and line, or "command line" */
Config *config_load(const ConfigSource *source, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* config_reload() - the same files and command line as for @config, read again
 * Errors: as config_load() */
Config *config_reload(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* config_differences() - what two configurations set differently: "agent.spool", and "sensor" or
 * "command" for anything in those groups
 * Returns names to be freed with g_strfreev() */
char **config_differences(const Config *a, const Config *b);

/* config_parse() - one text alone over the defaults: what config_load() does with each file
 * @text, @len: borrowed, need not end in NUL
 * @name:       stands for the file in messages
 * Errors: LANDFALL_ERROR_CONFIG with @name and line */
Config *config_parse(const char *text, size_t len, const char *name,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* config_new() - the defaults, without any file */
Config *config_new(void);

/* config_dump() - all values in force as a key file, each with a comment that names its origin
 * Returns text that config_parse() reads back; free with g_free() */
char *config_dump(const Config *config);

/* config_files() - paths of the files that were read, in order; borrowed, NULL-terminated */
const char *const *config_files(const Config *config);

/* config_sensor_new() - a sensor with the defaults of all keys, to be filled
 * @name: copied */
ConfigSensor *config_sensor_new(const char *name);

/* config_sensor_copy() - the same once more, for whoever may outlive the Config */
ConfigSensor *config_sensor_copy(const ConfigSensor *sensor);

/* config_sensor_free() - NULL is fine */
void config_sensor_free(ConfigSensor *sensor);

/* config_sensor_section() - @sensor as a section of the configuration: its name, its driver, and
 * every key that is not at its default. Free with g_free(). */
char *config_sensor_section(const ConfigSensor *sensor);

/* config_free() - NULL is fine */
void config_free(Config *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigSensor, config_sensor_free)
