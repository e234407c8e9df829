/* SPDX-License-Identifier: MIT */
/* broker-conf: the configuration lies over the store, key by key; what is written reads back. */
#include "common/broker-conf.h"

#include "common/config.h"
#include "common/error.h"

#include <string.h>

static BrokerConf *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	BrokerConf *conf = broker_conf_parse(text, strlen(text), "T", &error);

	g_assert_no_error(error);
	return conf;
}

static void test_defaults(void)
{
	g_autoptr(BrokerConf) conf = parse("");

	g_assert_null(conf->uri);
	g_assert_null(conf->client_id);
	g_assert_null(conf->ca);
	g_assert_cmpint(conf->profile, ==, BROKER_PROFILE_THINGSBOARD);
	g_assert_cmpint(conf->protocol, ==, BROKER_PROTOCOL_MQTT_3_1_1);
	g_assert_cmpint(conf->keep_alive_ms, ==, 60000);
	g_assert_cmpint(conf->connect_timeout_ms, ==, 30000);
}

typedef struct ResolveCase {
	const char *name;
	const char *config; /* [broker] of the configuration */
	const char *stored; /* of the store; NULL: none */
	const char *uri;
	BrokerProfile profile;
	int64_t keep_alive_ms;
} ResolveCase;

static const ResolveCase resolve_cases[] = {
	{ "nothing", "", NULL, NULL, BROKER_PROFILE_THINGSBOARD, 60000 },
	{ "stored", "", "uri=mqtts://s\nprofile=aws", "mqtts://s", BROKER_PROFILE_AWS, 60000 },
	{ "config", "uri=mqtts://c\nprofile=plain", NULL, "mqtts://c", BROKER_PROFILE_PLAIN,
	  60000 },
	{ "both", "uri=mqtts://c", "uri=mqtts://s\nprofile=aws\nkeep_alive=9s", "mqtts://c",
	  BROKER_PROFILE_AWS, 9000 },
	{ "default-given", "profile=thingsboard", "uri=mqtts://s\nprofile=aws", "mqtts://s",
	  BROKER_PROFILE_THINGSBOARD, 60000 },
	{ "emptied", "uri=", "uri=mqtts://s", NULL, BROKER_PROFILE_THINGSBOARD, 60000 },
};

static void test_resolve(gconstpointer data)
{
	const ResolveCase *c = data;
	g_autofree char *text = g_strconcat("[broker]\n", c->config, NULL);
	g_autofree char *stored_text = g_strconcat("[broker]\n", c->stored, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", &error);
	g_autoptr(BrokerConf) stored = c->stored ? parse(stored_text) : NULL;

	g_assert_no_error(error);

	g_autoptr(BrokerConf) conf = broker_conf_resolve(&config->broker, stored);

	g_assert_cmpstr(conf->uri, ==, c->uri);
	g_assert_cmpint(conf->profile, ==, c->profile);
	g_assert_cmpint(conf->keep_alive_ms, ==, c->keep_alive_ms);
}

typedef struct RefusedCase {
	const char *name;
	const char *text;
	const char *says;
} RefusedCase;

static const RefusedCase refused_cases[] = {
	{ "group", "\n[log]\nlevel=info\n", "T:2: the only group of this file is [broker]" },
	{ "sensor", "[sensor a]\ndriver=system\n", "T:1: the only group" },
	{ "key", "[broker]\nhost=x\n", "T:2: unknown key \"host\" in [broker]" },
	{ "interval", "[broker]\ninterval=1s\n", "T:2: unknown key \"interval\" in [broker]" },
	{ "uri", "[broker]\nuri=mqtts://\n", "T:2: [broker] uri: " },
	{ "syntax", "broker\n", "T:1: expected key = value" },
};

static void test_refused(gconstpointer data)
{
	const RefusedCase *c = data;
	g_autoptr(GError) error = NULL;

	g_assert_null(broker_conf_parse(c->text, strlen(c->text), "T", &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_true(g_str_has_prefix(error->message, c->says));
}

static void test_too_large(void)
{
	g_autofree char *text = g_strnfill(BROKER_CONF_SIZE_MAX + 1, '\n');
	g_autoptr(GError) error = NULL;
	g_autoptr(BrokerConf) fits = broker_conf_parse(text, BROKER_CONF_SIZE_MAX, "T", &error);

	g_assert_no_error(error);
	g_assert_nonnull(fits);
	g_assert_null(broker_conf_parse(text, BROKER_CONF_SIZE_MAX + 1, "T", &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

static void test_profile_name(void)
{
	g_assert_cmpstr(broker_profile_name(BROKER_PROFILE_EVENTGRID), ==, "eventgrid");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(resolve_cases); i++) {
		g_autofree char *path =
			g_strconcat("/broker-conf/resolve/", resolve_cases[i].name, NULL);

		g_test_add_data_func(path, &resolve_cases[i], test_resolve);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++) {
		g_autofree char *path =
			g_strconcat("/broker-conf/refused/", refused_cases[i].name, NULL);

		g_test_add_data_func(path, &refused_cases[i], test_refused);
	}
	g_test_add_func("/broker-conf/defaults", test_defaults);
	g_test_add_func("/broker-conf/too-large", test_too_large);
	g_test_add_func("/broker-conf/profile-name", test_profile_name);
	return g_test_run();
}
