/* SPDX-License-Identifier: MIT */
/* Whether [enrolment] holds together, and whom it is about. */
#include "agent/adapter/enrol-plan.h"

#include <string.h>

typedef struct CheckCase {
	const char *name;
	const char *text;
	const char *words; /* NULL: it is fine */
} CheckCase;

static const CheckCase check_cases[] = {
	{ "none", "", NULL },
	{ "thingsboard", "[enrolment]\nmethod=thingsboard\nsecret=/s\n[broker]\nuri=mqtts://h\n",
	  NULL },
	{ "thingsboard-secret", "[enrolment]\nmethod=thingsboard\n",
	  "method = thingsboard needs secret as well" },
	{ "thingsboard-id", "[enrolment]\nmethod=thingsboard\nsecret=/s\n[broker]\nclient_id=x\n",
	  NULL },
	{ "dps", "[enrolment]\nmethod=dps\nid_scope=0ne1\n", NULL },
	{ "dps-scope", "[enrolment]\nmethod=dps\n", "method = dps needs id_scope as well" },
	{ "dps-uri", "[enrolment]\nmethod=dps\nid_scope=0ne1\n[broker]\nuri=mqtts://h\n",
	  "leave [broker] uri out" },
	{ "dps-profile", "[enrolment]\nmethod=dps\nid_scope=0ne1\n[broker]\nprofile=plain\n",
	  "goes with [broker] profile = iothub only" },
	{ "dps-same-profile", "[enrolment]\nmethod=dps\nid_scope=0ne1\n[broker]\nprofile=iothub\n",
	  NULL },
	{ "dps-clear", "[enrolment]\nmethod=dps\nid_scope=0ne1\nuri=mqtt://h\n",
	  "has to begin with mqtts://" },
	{ "dps-name", "[enrolment]\nmethod=dps\nid_scope=0ne1\nname=gw 1\n",
	  "the registration id is to be of" },
	{ "thingsboard-name", "[enrolment]\nmethod=thingsboard\nsecret=/s\nname=gw 1\n", NULL },
	{ "aws", "[enrolment]\nmethod=aws-fleet\ntemplate=t\n[broker]\nuri=mqtts://h\n", NULL },
	{ "aws-template", "[enrolment]\nmethod=aws-fleet\n",
	  "method = aws-fleet needs template as well" },
	{ "aws-id", "[enrolment]\nmethod=aws-fleet\ntemplate=t\n[broker]\nclient_id=x\n",
	  "leave [broker] client_id out" },
};

static Config *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	Config *config = config_parse(text, strlen(text), "T", &error);

	g_assert_no_error(error);
	return config;
}

static void test_check(gconstpointer data)
{
	const CheckCase *c = data;
	g_autoptr(Config) config = parse(c->text);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(enrol_plan_check(config, &error), ==, !c->words);
	if (c->words)
		g_assert_nonnull(strstr(error->message, c->words));
}

static void test_wanted(void)
{
	g_autoptr(Config) none = parse("");
	g_autoptr(Config) dps = parse("[enrolment]\nmethod=dps\n");
	g_autoptr(BrokerConf) broker = broker_conf_parse("[broker]\nenrolled=dps\n", 22, "b", NULL);
	StoreIdentity identity = { 0 };

	g_assert_false(enrol_wanted(none, &identity));
	g_assert_true(enrol_wanted(dps, &identity));
	identity.broker = broker;
	g_assert_false(enrol_wanted(dps, &identity));
	broker->enrolled = BROKER_ENROLMENT_AWS_FLEET;
	g_assert_true(enrol_wanted(dps, &identity));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
		g_autofree char *path =
			g_strconcat("/adapter/enrol-plan/check/", check_cases[i].name, NULL);

		g_test_add_data_func(path, &check_cases[i], test_check);
	}
	g_test_add_func("/adapter/enrol-plan/wanted", test_wanted);
	return g_test_run();
}
