/* SPDX-License-Identifier: MIT */
/*
 * config-table - the one table of settings; private to config, broker-conf and their tests
 *
 * To add a setting: a member in config.h, a row in config-table.c, a line in
 * docs/configuration.md and data/landfall.conf.
 */
#pragma once

#include "common/config.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_GROUP_SENSOR  "sensor" /* the rows of every [sensor NAME] */
#define CONFIG_GROUP_BROKER  "broker"
#define CONFIG_GROUP_PROGRAM "command" /* the rows of every [command NAME] */

typedef enum ConfigType {
	CONFIG_TYPE_STRING,   /* char *; min..max octets, no control characters */
	CONFIG_TYPE_PATH,     /* char *; absolute, up to max octets */
	CONFIG_TYPE_ENUM,     /* an enum; one of names */
	CONFIG_TYPE_FLAGS,    /* uint32_t; names separated by commas */
	CONFIG_TYPE_BOOL,     /* bool; true or false */
	CONFIG_TYPE_INT,      /* int64_t */
	CONFIG_TYPE_REAL,     /* double; one without default may be empty, which is NaN */
	CONFIG_TYPE_DURATION, /* int64_t, milliseconds; 500ms 1s 5min 2h 1d */
	CONFIG_TYPE_SIZE,     /* int64_t, octets; 512B 4KiB 64MiB 1GiB */
} ConfigType;

typedef struct ConfigName {
	const char *name; /* NULL ends a list */
	unsigned int value;
} ConfigName;

typedef struct ConfigKey {
	const char *group;
	const char *key;
	ConfigType type;
	size_t offset; /* into Config; [broker]: into BrokerConf; [sensor NAME],
			* [command NAME]: into ConfigSensor, ConfigCommand */
	int64_t min;   /* numbers: bounds; texts: octets */
	int64_t max;
	const char *fallback; /* the default, as it would stand in a file; "" for not set */
	const char *help;
	const ConfigName *names; /* ENUM, FLAGS */
	uint32_t drivers;        /* sensors: bits 1 << ConfigDriver the key is for; 0: all */
	bool (*check)(const char *value, GError **error); /* texts: further rules, or NULL */
} ConfigKey;

/* config_table() - all rows; @count is set to their number */
const ConfigKey *config_table(size_t *count);

/* config_table_find() - the row of @key in @group, or NULL */
const ConfigKey *config_table_find(const char *group, const char *key);

/* config_table_has_group() - whether any row is in @group */
bool config_table_has_group(const char *group);

/* config_table_bit() - a row's bit in BrokerConf.given; rows of [broker] only */
uint32_t config_table_bit(const ConfigKey *key);

/* config_table_explain_group() - what to write instead of the unknown @group: "did you mean
 * [agent]?" or the list of known ones. Free with g_free(). */
char *config_table_explain_group(const char *group);

/* config_table_explain_key() - the same for the unknown @key of the known @group; a key that
 * stands in another group is told so. Free with g_free(). */
char *config_table_explain_key(const char *group, const char *key);

/* config_table_distance() - edit distance between two words; what is longer than 64 octets is
 * infinitely far from everything */
unsigned int config_table_distance(const char *a, const char *b);
