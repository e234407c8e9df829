/* SPDX-License-Identifier: MIT */
#include "common/broker-conf.h"

#include "common/config-lines.h"
#include "common/config-table.h"
#include "common/config-value.h"
#include "common/error.h"

#include <string.h>

static bool key_is_broker(const ConfigKey *key)
{
	return strcmp(key->group, CONFIG_GROUP_BROKER) == 0;
}

/* A broker.conf has one group, whatever else the table knows. */
static bool check_groups(const char *text, size_t len, const char *name, GError **error)
{
	g_autoptr(GPtrArray) lines = config_lines_scan(text, len, name, error);

	if (!lines)
		return false;
	for (unsigned int i = 0; i < lines->len; i++) {
		const ConfigLine *line = lines->pdata[i];

		if (strcmp(line->group, CONFIG_GROUP_BROKER) == 0)
			continue;
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s:%u: the only group of this file is [" CONFIG_GROUP_BROKER "]", name,
			    line->number);
		return false;
	}
	return true;
}

BrokerConf *broker_conf_parse(const char *text, size_t len, const char *name, GError **error)
{
	if (len > BROKER_CONF_SIZE_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "%s: larger than %d octets", name, BROKER_CONF_SIZE_MAX);
		return NULL;
	}
	if (!check_groups(text, len, name, error))
		return NULL;

	g_autoptr(Config) config = config_parse(text, len, name, error);

	if (!config)
		return NULL;

	BrokerConf *conf = g_new(BrokerConf, 1);

	*conf = config->broker;
	config->broker = (BrokerConf){ 0 };
	return conf;
}

BrokerConf *broker_conf_resolve(const BrokerConf *config, const BrokerConf *stored)
{
	BrokerConf *conf = g_new0(BrokerConf, 1);
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (!key_is_broker(&keys[i]))
			continue;

		uint32_t bit = config_table_bit(&keys[i]);
		const BrokerConf *from = stored && !(config->given & bit) ? stored : config;

		config_value_copy(&keys[i], conf, from);
		conf->given |= from->given & bit;
	}
	return conf;
}

const char *broker_profile_name(BrokerProfile profile)
{
	const ConfigKey *key = config_table_find(CONFIG_GROUP_BROKER, "profile");

	for (const ConfigName *name = key->names; name->name; name++)
		if (name->value == profile)
			return name->name;
	return "unknown";
}

void broker_conf_free(BrokerConf *conf)
{
	size_t count = 0;
	const ConfigKey *keys = config_table(&count);

	if (!conf)
		return;
	for (size_t i = 0; i < count; i++)
		if (key_is_broker(&keys[i]))
			config_value_clear(&keys[i], conf);
	g_free(conf);
}
