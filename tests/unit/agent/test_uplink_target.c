/* SPDX-License-Identifier: MIT */
/* What an identity that never connected may be given up for; what the log is told. */
#include "agent/adapter/uplink-target.h"
#include "tests/unit/common/store-support.h"

#include <string.h>

#define BROKER "[broker]\nuri = mqtts://localhost:8883\n"

/* @wifi: NULL: whatever the current generation has */
static void import(StoreFixture *f, const char *name, const char *wifi)
{
	g_autofree char *certs = g_strconcat(name, " inter", NULL);
	g_autoptr(StoreParts) parts = support_parts(f->pki, certs, name, BROKER);
	g_autoptr(GError) error = NULL;

	parts->wifi = wifi ? g_bytes_new(wifi, strlen(wifi)) : NULL;

	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, &error);

	g_assert_no_error(error);
	g_assert_nonnull(identity);
}

/* @lines: more of the configuration */
static UplinkTarget *load(StoreFixture *f, const char *lines)
{
	g_autofree char *text = g_strdup_printf("[store]\npath = %s\n%s", f->path, lines);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse(text, strlen(text), "T", &error);
	UplinkTarget *target;

	g_assert_no_error(error);
	target = uplink_target_load(config, 0, &error);
	g_assert_no_error(error);
	return target;
}

static uint32_t fallback_now(StoreFixture *f)
{
	g_autoptr(UplinkTarget) target = load(f, "");

	return target->fallback;
}

static void test_unproved(StoreFixture *f, gconstpointer data)
{
	import(f, "one", NULL);
	g_assert_cmpuint(fallback_now(f), ==, 0);
	import(f, "two", NULL);
	g_assert_cmpuint(fallback_now(f), ==, 1);
	g_assert_true(store_mark_good(f->store, 2, NULL));
	g_assert_cmpuint(fallback_now(f), ==, 0);
}

/* Going back would take the network away that the device may be in. */
static void test_wifi(StoreFixture *f, gconstpointer data)
{
	import(f, "one", NULL);
	import(f, "two", "[wifi]\ndomain = radius.test\n");
	g_assert_cmpuint(fallback_now(f), ==, 0);
	import(f, "one", NULL); /* has the settings of the one before */
	g_assert_cmpuint(fallback_now(f), ==, 2);
}

/* From the first day of the certificate on, and never under a clock that is certainly wrong;
 * without a certificate any clock will do. */
static void test_clock(StoreFixture *f, gconstpointer data)
{
	const StoreIdentity old = { .not_before = 0 };

	import(f, "one", NULL);

	g_autoptr(UplinkTarget) target = load(f, "");
	g_autoptr(UplinkTarget) clear = load(f, "[broker]\nuri = mqtt://localhost\n");
	int64_t first_s = target->identity->not_before;

	g_assert_cmpint(first_s, >, STORE_CLOCK_FLOOR);
	g_assert_true(uplink_target_clock_plausible(target, first_s));
	g_assert_false(uplink_target_clock_plausible(target, first_s - 1));
	g_assert_true(uplink_target_clock_plausible(clear, 0));
	g_assert_true(store_identity_clock_holds(&old, STORE_CLOCK_FLOOR));
	g_assert_false(store_identity_clock_holds(&old, STORE_CLOCK_FLOOR - 1));
}

/* A target is read at each SIGHUP. What the log is told would make the test
 * fail unless expected. */
static void test_told_when_used(StoreFixture *f, gconstpointer data)
{
	import(f, "one", NULL);

	g_autoptr(UplinkTarget) target = load(f, "[broker]\nuri = mqtt://localhost\n");

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*without encryption: mqtt://localhost*");
	uplink_target_tell(target);
	g_test_assert_expected_messages();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/adapter/uplink-target/fallback/unproved", StoreFixture, NULL, support_set_up,
		   test_unproved, support_tear_down);
	g_test_add("/adapter/uplink-target/fallback/wifi", StoreFixture, NULL, support_set_up,
		   test_wifi, support_tear_down);
	g_test_add("/adapter/uplink-target/clock", StoreFixture, NULL, support_set_up, test_clock,
		   support_tear_down);
	g_test_add("/adapter/uplink-target/told-when-used", StoreFixture, NULL, support_set_up,
		   test_told_when_used, support_tear_down);
	return g_test_run();
}
