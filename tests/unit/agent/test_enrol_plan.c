/* SPDX-License-Identifier: MIT */
/* Whether [enrolment] holds together, and whom it is about. */
#include "agent/adapter/enrol-plan.h"

#include "common/error.h"
#include "tests/unit/common/store-support.h"

#include <glib/gstdio.h>
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
	{ "dps-protocol", "[enrolment]\nmethod=dps\nid_scope=0ne1\n[broker]\nprotocol=5\n",
	  "leave [broker] protocol out" },
	{ "aws-protocol",
	  "[enrolment]\nmethod=aws-fleet\ntemplate=t\n[broker]\nuri=mqtts://h\nprotocol=5\n",
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

/* --- what is damaged, and what may come back by itself --- */

#define CLAIM    "[broker]\nuri = mqtts://localhost\n"
#define ENROLLED CLAIM "enrolled = thingsboard\n"

typedef struct DamageCase {
	const char *name;
	const char *file; /* of the current generation */
	const char *text; /* that it holds now; NULL: it is gone */
	EnrolTask task;
} DamageCase;

static const DamageCase damage_cases[] = {
	{ "none", "good", "", ENROL_TASK_NONE },
	{ "key-empty", "device.key", "", ENROL_TASK_MEND },
	{ "key-short", "device.key", "-----BEGIN PRIVATE KEY-----\nMIGH", ENROL_TASK_MEND },
	{ "key-gone", "device.key", NULL, ENROL_TASK_MEND },
	{ "certificate-short", "device.crt", "-----BEGIN CERTIFICATE-----\nMIIB", ENROL_TASK_MEND },
	{ "certificate-gone", "device.crt", NULL, ENROL_TASK_MEND },
	{ "broker-conf", "broker.conf", "[broker]\nur", ENROL_TASK_MEND },
	{ "token-absent", "device.key", "pkcs11:token=t;object=o?module-path=/none",
	  ENROL_TASK_NONE },
};

/* One claim and what it was enrolled as. */
static Config *enrolled(StoreFixture *f)
{
	static const char *const confs[] = { CLAIM, ENROLLED };
	g_autofree char *text = g_strdup_printf(
		"[store]\npath = %s\n[enrolment]\nmethod = thingsboard\nsecret = %s\n"
		"uri = mqtts://localhost\n",
		f->path, pki_path(f->pki, "secret"));

	pki_write(f->pki, "secret", "key\nsecret\n");
	g_assert_cmpint(g_chmod(pki_path(f->pki, "secret"), 0600), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(confs); i++) {
		g_autoptr(StoreParts) parts = support_parts(f->pki, "one inter", "one", confs[i]);
		g_autoptr(GError) error = NULL;
		g_autoptr(StoreIdentity) identity = store_import(f->store, parts, &error);

		g_assert_no_error(error);
		g_assert_true(store_mark_good(f->store, identity->generation, NULL));
	}
	return parse(text);
}

static void damage(const StoreFixture *f, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(f->path, "current", file, NULL);

	if (text)
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	else
		g_assert_cmpint(g_unlink(path), ==, 0);
}

static void test_damage(StoreFixture *f, gconstpointer data)
{
	const DamageCase *c = data;
	g_autoptr(Config) config = enrolled(f);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);
	bool waits = c->task == ENROL_TASK_NONE && strcmp(c->file, "device.key") == 0;

	damage(f, c->file, c->text);
	enrol_plan_load(plan);
	g_assert_cmpint(plan->task, ==, c->task);
	g_assert_cmpint(plan->error != NULL, ==, waits);
	g_assert_cmpint(plan->damage != NULL, ==, c->task == ENROL_TASK_MEND);
	g_assert_null(plan->claim);
}

/* Another key than that of the certificate. */
static void test_mismatch(StoreFixture *f, gconstpointer data)
{
	g_autoptr(Config) config = enrolled(f);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);
	g_autofree char *key = NULL;

	g_assert_true(g_file_get_contents(pki_path(f->pki, "two.key"), &key, NULL, NULL));
	damage(f, "device.key", key);
	enrol_plan_load(plan);
	g_assert_no_error(plan->error);
	g_assert_cmpint(plan->task, ==, ENROL_TASK_MEND);
	g_assert_cmpint(plan->damage->code, ==, LANDFALL_ERROR_KEY_MISMATCH);
}

static char *whom_now(const Config *config)
{
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, true);

	enrol_plan_load(plan);
	g_assert_nonnull(plan->whom);
	return g_strdup(plan->whom);
}

/* Pauses are of one secret: who has corrected it is not kept waiting. */
static void test_corrected(StoreFixture *f, gconstpointer data)
{
	g_autoptr(Config) config = enrolled(f);
	const char *secret = pki_path(f->pki, "secret");

	damage(f, "device.key", "nonsense");

	g_autofree char *before = whom_now(config);
	g_autofree char *same = whom_now(config);

	g_assert_cmpstr(before, ==, same);
	g_assert_true(g_file_set_contents(secret, "yek\nsecret\n", -1, NULL)); /* no longer */

	g_autofree char *after = whom_now(config);

	g_assert_cmpstr(before, !=, after);
}

/* The exchange keeps to what the cloud takes, as the connection afterwards does. */
static void test_keep_alive(StoreFixture *f, gconstpointer data)
{
	g_autofree char *text = g_strdup_printf("[store]\npath = %s\n[enrolment]\nmethod = dps\n"
						"id_scope = 0ne1\n[broker]\nkeep_alive = 1h\n",
						f->path);
	g_autoptr(Config) config = parse(text);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);

	support_import(f, "one");
	enrol_plan_load(plan);
	g_assert_no_error(plan->error);
	g_assert_cmpuint(plan->keep_alive_s, ==, 1177);
}

typedef struct OutcomeCase {
	const char *name;
	const char *lines;  /* of the configuration, after [enrolment] */
	const char *broker; /* broker.conf of the claim */
	const char *words;  /* NULL: it can be used */
} OutcomeCase;

#define DPS "method = dps\nid_scope = 0ne1\n"
#define AWS "method = aws-fleet\ntemplate = t\nname = dev-7\nuri = mqtts://claims.invalid\n"
static const OutcomeCase outcome_cases[] = {
	{ "fits", DPS, "[broker]\nprofile = plain\nalpn = mqtt\n", NULL },
	{ "topic", DPS, "[broker]\nprofile = plain\ntopic = a/b\n",
	  "[broker] topic means nothing to the profile iothub: import the claim with" },
	{ "claim", DPS, "[broker]\nprofile = thingsboard\nclaim = /claim\n", "[broker] claim" },
	{ "protocol", DPS, "[broker]\nprotocol = 5\n", "speaks 3.1.1 alone" },
	{ "no-broker", AWS, "[broker]\nprofile = aws\n", "set [broker] uri" },
	{ "broker", AWS, "[broker]\nprofile = aws\nuri = mqtts://h\n", NULL },
};

/* What could not be used is not asked for. */
static void test_outcome(StoreFixture *f, gconstpointer data)
{
	const OutcomeCase *c = data;
	g_autofree char *text =
		g_strdup_printf("[store]\npath = %s\n[enrolment]\n%s", f->path, c->lines);
	g_autoptr(Config) config = parse(text);
	g_autoptr(StoreParts) parts = support_parts(f->pki, "two inter", "two", c->broker);
	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, NULL);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);

	g_assert_nonnull(identity);
	enrol_plan_load(plan);
	g_assert_cmpint(plan->task, ==, c->words ? ENROL_TASK_NONE : ENROL_TASK_ENROL);
	if (c->words) {
		g_assert_error(plan->error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		g_assert_nonnull(strstr(plan->error->message, c->words));
	}
}

/* The secret of a fleet is not sent where a phone's broker.conf says. */
static void test_secret(StoreFixture *f, gconstpointer data)
{
	g_autoptr(Config) config = enrolled(f);
	g_autoptr(StoreParts) parts = support_parts(f->pki, "two inter", "two", CLAIM);
	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, NULL);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);

	g_assert_nonnull(identity);
	g_clear_pointer(&config->enrolment.uri, g_free);
	enrol_plan_load(plan);
	g_assert_error(plan->error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_assert_nonnull(strstr(plan->error->message, "set [enrolment] or [broker] uri"));
	g_assert_cmpint(plan->task, ==, ENROL_TASK_NONE);
}

/* An enrolled generation stands in for the damaged one: there is nothing to enrol. */
static void test_stand_in(StoreFixture *f, gconstpointer data)
{
	g_autoptr(Config) config = enrolled(f);
	g_autoptr(StoreParts) parts = support_parts(f->pki, "two inter", "two", ENROLLED);
	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, NULL);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, false);

	g_assert_nonnull(identity);
	damage(f, "device.key", "");
	enrol_plan_load(plan);
	g_assert_no_error(plan->error);
	g_assert_cmpint(plan->task, ==, ENROL_TASK_NONE);
}

/* The outcome takes the place of the damaged one, whose settings for 802.1X go where they are what
 * is damaged. */
static void test_mended(StoreFixture *f, gconstpointer data)
{
	static const char answer[] =
		"{\"status\":\"SUCCESS\",\"credentialsType\":\"X509_CERTIFICATE\"}";
	const char *file = data;
	g_autoptr(Config) config = enrolled(f);
	g_autoptr(EnrolPlan) plan = enrol_plan_new(config, true);
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	damage(f, file, "nonsense");
	enrol_plan_load(plan);
	g_assert_no_error(plan->error);
	g_assert_cmpint(plan->task, ==, ENROL_TASK_ENROL);
	g_assert_cmpuint(plan->claim->generation, ==, 1);
	enrol_message_free(enrol_begin(plan->enrol));
	g_assert_true(enrol_receive(plan->enrol, "/provision/response", (const uint8_t *)answer,
				    strlen(answer), &step, &error));
	enrol_plan_commit(plan);
	g_assert_no_error(plan->error);

	g_autoptr(StoreIdentity) identity = store_current(f->store, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(identity->generation, ==, 3);
	g_assert_false(enrol_wanted(config, identity));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(damage_cases); i++) {
		g_autofree char *path =
			g_strconcat("/adapter/enrol-plan/damage/", damage_cases[i].name, NULL);

		g_test_add(path, StoreFixture, &damage_cases[i], support_set_up, test_damage,
			   support_tear_down);
	}
	g_test_add("/adapter/enrol-plan/damage/mismatch", StoreFixture, NULL, support_set_up,
		   test_mismatch, support_tear_down);
	g_test_add("/adapter/enrol-plan/corrected", StoreFixture, NULL, support_set_up,
		   test_corrected, support_tear_down);
	g_test_add("/adapter/enrol-plan/keep-alive", StoreFixture, NULL, support_set_up,
		   test_keep_alive, support_tear_down);
	g_test_add("/adapter/enrol-plan/secret", StoreFixture, NULL, support_set_up, test_secret,
		   support_tear_down);
	g_test_add("/adapter/enrol-plan/stand-in", StoreFixture, NULL, support_set_up,
		   test_stand_in, support_tear_down);
	g_test_add("/adapter/enrol-plan/mended/key", StoreFixture, "device.key", support_set_up,
		   test_mended, support_tear_down);
	g_test_add("/adapter/enrol-plan/mended/wifi", StoreFixture, "wifi.conf", support_set_up,
		   test_mended, support_tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(outcome_cases); i++) {
		g_autofree char *path =
			g_strconcat("/adapter/enrol-plan/outcome/", outcome_cases[i].name, NULL);

		g_test_add(path, StoreFixture, &outcome_cases[i], support_set_up, test_outcome,
			   support_tear_down);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(check_cases); i++) {
		g_autofree char *path =
			g_strconcat("/adapter/enrol-plan/check/", check_cases[i].name, NULL);

		g_test_add_data_func(path, &check_cases[i], test_check);
	}
	g_test_add_func("/adapter/enrol-plan/wanted", test_wanted);
	return g_test_run();
}
