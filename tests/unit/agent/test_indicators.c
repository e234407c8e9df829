/* SPDX-License-Identifier: MIT */
/* indicators and LEDs on a folder like sysfs: what is written, and that it is given back. */
#include "agent/adapter/indicators.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Fixture {
	char *dir;
	Config *config;
} Fixture;

static char *path_of(const Fixture *f, const char *led, const char *file)
{
	return g_build_filename(f->dir, led, file, NULL);
}

static void put(const Fixture *f, const char *led, const char *file, const char *text)
{
	g_autofree char *folder = g_build_filename(f->dir, led, NULL);
	g_autofree char *path = path_of(f, led, file);

	g_mkdir_with_parents(folder, 0755);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* The first line; a file keeps what sysfs would not. */
static char *get(const Fixture *f, const char *led, const char *file)
{
	g_autofree char *path = path_of(f, led, file);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void assert_value(const Fixture *f, const char *led, const char *file, const char *value)
{
	g_autofree char *found = get(f, led, file);

	g_assert_cmpstr(found, ==, value);
}

static void add_led(const Fixture *f, const char *led, const char *triggers)
{
	put(f, led, "trigger", triggers);
	put(f, led, "brightness", "3\n");
	put(f, led, "max_brightness", "255\n");
}

static void setup(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-leds-XXXXXX", NULL);
	f->config = config_new();
	g_free(f->config->indicator.leds);
	f->config->indicator.leds = g_strdup(f->dir);
}

static void teardown(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

	config_free(f->config);
	g_assert_cmpint(system(command), ==, 0);
	g_free(f->dir);
}

static const AgentStatus online = { .state = UPLINK_ONLINE, .last_error = "" };
static const AgentStatus failed = { .state = UPLINK_BACKOFF, .last_error = "no route" };

static void test_given_back(Fixture *f, gconstpointer data)
{
	add_led(f, "ACT", "none [mmc0] timer\n");
	f->config->indicator.led_error = g_strdup("ACT");

	Indicators *indicators = indicators_new(f->config, NULL, NULL);

	assert_value(f, "ACT", "trigger", "none");
	assert_value(f, "ACT", "brightness", "0");
	indicators_status(indicators, &failed);
	assert_value(f, "ACT", "brightness", "255");
	indicators_status(indicators, &online);
	assert_value(f, "ACT", "brightness", "0");
	indicators_free(indicators);
	assert_value(f, "ACT", "trigger", "mmc0");
	assert_value(f, "ACT", "brightness", "3");
}

static void await(const Fixture *f, const char *led, const char *value)
{
	for (;;) {
		g_autofree char *found = get(f, led, "brightness");

		if (strcmp(found, value) == 0)
			return;
		g_main_context_iteration(NULL, TRUE);
	}
}

static void test_blinks(Fixture *f, gconstpointer data)
{
	add_led(f, "ACT", "[none] mmc0\n");
	f->config->indicator.led_published = g_strdup("ACT");

	g_autoptr(Indicators) indicators = indicators_new(f->config, NULL, NULL);
	AgentStatus status = online;

	indicators_status(indicators, &status);
	assert_value(f, "ACT", "brightness", "0");
	status.last_publish_ms = 1700000000000;
	indicators_status(indicators, &status);
	assert_value(f, "ACT", "brightness", "255");
	await(f, "ACT", "0"); /* the flash ends by itself */
	indicators_identify(indicators, 60);
	await(f, "ACT", "255");
	await(f, "ACT", "0");
	await(f, "ACT", "255");
	indicators_identify(indicators, 0);
	assert_value(f, "ACT", "brightness", "0");
}

static void test_provisioning(Fixture *f, gconstpointer data)
{
	add_led(f, "ACT", "[none]\n");
	f->config->indicator.led_provisioning = g_strdup("ACT");

	g_autoptr(Indicators) indicators = indicators_new(f->config, NULL, NULL);

	indicators_provisioning(indicators, "peer");
	assert_value(f, "ACT", "brightness", "255");
	indicators_provisioning(indicators, NULL);
	assert_value(f, "ACT", "brightness", "0");
}

/* Nothing configured: nothing there, nothing said. */
static void test_none(Fixture *f, gconstpointer data)
{
	g_assert_null(indicators_new(f->config, NULL, NULL));
	indicators_status(NULL, &online);
	indicators_provisioning(NULL, "ready");
}

static void test_absent(Fixture *f, gconstpointer data)
{
	f->config->indicator.led_wifi = g_strdup("power");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "LED power is left alone: *power: No such file or directory");
	g_assert_null(indicators_new(f->config, NULL, NULL));
	g_test_assert_expected_messages();
}

/* One that is not as it must be costs the others nothing. */
static void test_broken(Fixture *f, gconstpointer data)
{
	add_led(f, "ACT", "[none]\n");
	put(f, "bad", "trigger", "[heartbeat] none\n");
	put(f, "bad", "brightness", "1\n");
	f->config->indicator.led_wifi = g_strdup("bad");
	f->config->indicator.led_error = g_strdup("ACT");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "LED bad is left alone: it cannot be set: No such file*");

	g_autoptr(Indicators) indicators = indicators_new(f->config, NULL, NULL);

	g_test_assert_expected_messages();
	assert_value(f, "bad", "trigger", "heartbeat");
	indicators_status(indicators, &failed);
	assert_value(f, "ACT", "brightness", "255");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, setup, function, teardown)
	ADD("/agent/indicators/given-back", test_given_back);
	ADD("/agent/indicators/blinks", test_blinks);
	ADD("/agent/indicators/provisioning", test_provisioning);
	ADD("/agent/indicators/none", test_none);
	ADD("/agent/indicators/absent", test_absent);
	ADD("/agent/indicators/broken", test_broken);
	return g_test_run();
}
