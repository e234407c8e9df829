/* SPDX-License-Identifier: MIT */
/* What is left in wpa_supplicant after giving up, after its end, and after forgetting. */
#include "common/error.h"
#include "tests/bus/wpa-bed.h"

typedef struct CancelCase {
	const char *path;
	bool selected; /* wait until it is, or cancel while it is being added */
} CancelCase;

static const CancelCase cancel_cases[] = {
	{ "selected", true },
	{ "adding", false },
};

static void test_join_cancelled(WpaBed *bed, gconstpointer data)
{
	const CancelCase *c = data;
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "before", NULL, true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	if (c->selected)
		wpa_bed_wait_selected(bed, 1);
	else
		TEST_WAIT(fake->adds == 1);
	wifi_wpa_backend.port.cancel(bed->wpa);
	g_assert_true(wifi_wpa_backend.is_busy(bed->wpa));
	TEST_WAIT(!wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_null(fake->networks[1].object);
	g_assert_true(fake->networks[0].enabled);
	wifi_wpa_backend.port.cancel(bed->wpa);
	g_assert_cmpuint(bed->failures + bed->joins, ==, 0);
}

/* Given up when the file may have it already: then it is written again, without. */
static void test_join_cancelled_saving(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "before", NULL, true);
	fake->hold_save = true;
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wifi_bed_slow_disk(true);
	wpa_bed_complete(bed);
	wpa_bed_ip("addr add 192.168.77.61/24 " WPA_BED_LEASE);
	TEST_WAIT(fake->saves == 1);
	g_assert_cmpuint(bed->joins, ==, 0);
	wifi_wpa_backend.port.cancel(bed->wpa);
	wifi_bed_slow_disk(false);
	TEST_WAIT(!wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_cmpuint(fake->saves, ==, 2);
	g_assert_false(fake->networks[1].saved);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_cmpuint(bed->failures + bed->joins, ==, 0);
}

/* wpa_supplicant restarts in the middle: the join begins anew when it is back. */
static void test_join_restart(WpaBed *bed, gconstpointer data)
{
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_wpa_free);
	TEST_WAIT(bed->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->failures, ==, 0);
	bed->fake = fake_wpa_new(test_bus_address(bed->daemon), WPA_BED_RADIO);
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	TEST_WAIT(bed->readies == 2);
	/* The access point may be missed at first: then it is scanned for. */
	TEST_WAIT(bed->fake->adds == 1 || bed->fake->scans == 1);
	if (bed->fake->adds == 0)
		fake_wpa_scanned(bed->fake, true);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_succeed(bed);
}

static void test_join_gone_for_good(WpaBed *bed, gconstpointer data)
{
	wpa_bed_start(bed, WPA_BED_HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&bed->fake, fake_wpa_free);
	TEST_WAIT(bed->losses == 1);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* A second provisioning of the same network replaces what the first one left. */
static void test_join_superseded(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, WPA_BED_LAB, "landfall", true);
	fake_wpa_network(fake, "Cafe", "landfall", true);
	fake_wpa_network(fake, WPA_BED_LAB, NULL, true);
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_succeed(bed);
	TEST_WAIT(fake->saves == 2);
	g_assert_false(fake->networks[0].saved);
	g_assert_true(fake->networks[1].saved_enabled);
	g_assert_true(fake->networks[2].saved_enabled);
	g_assert_true(fake->networks[3].saved_enabled);
	/* The new one stays in use. */
	g_assert_cmpuint(fake->reassociates, ==, 0);
}

/* ---- back to a network that hides its name ---- */

/* Two networks are configured, and the device was on the one that hides its name. An attempt with
 * another has just failed, and wpa_supplicant is told to go back. */
static void fail_away_from_hidden(WpaBed *bed, unsigned int timeout_ms)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, "cafe", NULL, true);
	fake_wpa_network(fake, "home", NULL, true);
	fake_wpa_set(fake, 1, "scan_ssid", "1");
	fake_wpa_set(fake, 1, "priority", "3");
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, timeout_ms);
	wpa_bed_join(bed, WPA_BED_LAB, "wrong wrong");
	for (unsigned int tries = 1; tries <= 2; tries++) {
		wpa_bed_wait_selected(bed, tries);
		fake_wpa_state(fake, "4way_handshake");
		test_turn();
		fake_wpa_state(fake, "disconnected");
	}
	wpa_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	wpa_bed_wait_selected(bed, 3);
}

static void assert_back(WpaBed *bed)
{
	TEST_WAIT(!wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_true(bed->fake->networks[0].enabled);
	g_assert_true(bed->fake->networks[1].enabled);
	g_assert_null(bed->fake->networks[2].object);
	g_assert_cmpuint(bed->fake->flushes, ==, 1);
}

/* Until it is back there, it has no choice: one question that is not heard would be enough for it
 * to be content with the other. */
static void test_hidden_first(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fail_away_from_hidden(bed, WPA_BED_PATIENCE);
	fake_wpa_state(fake, "disconnected");
	fake_wpa_state(fake, "scanning");
	/* Whatever is asked for after that has been ahead of a scan. */
	wpa_bed_scan(bed);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(bed->scans == 1);
	g_assert_true(wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_true(wifi_wpa_backend.is_provisioned(bed->wpa));
	g_assert_false(fake->networks[0].enabled);
	g_assert_true(fake->networks[1].enabled);
	/* Whoever crashes now knows what is to be enabled. */
	g_assert_nonnull(fake->networks[2].object);
	wpa_bed_complete(bed);
	assert_back(bed);
}

/* It is not there any more: the others will do. */
static void test_hidden_gone(WpaBed *bed, gconstpointer data)
{
	fail_away_from_hidden(bed, 10 * WPA_BED_HASTE);
	assert_back(bed);
}

static void test_hidden_cancelled(WpaBed *bed, gconstpointer data)
{
	fail_away_from_hidden(bed, WPA_BED_PATIENCE);
	wifi_wpa_backend.port.cancel(bed->wpa);
	assert_back(bed);
}

/* The phone sends another network: that is not kept waiting. */
static void test_hidden_again(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fail_away_from_hidden(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 4);
	g_assert_null(fake->networks[2].object);
	g_assert_cmpstr(fake_wpa_setting(fake, 3, "id_str"), ==, "\"landfall 0 1\"");
}

/* ---- forgetting ---- */

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_bss(fake, 1, &wpa_bed_three);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_succeed(bed);
	wpa_bed_join(bed, "Three", "wrong wrong");
	wpa_bed_wait_selected(bed, 2);
	fake_wpa_auth(fake, 15);
	wpa_bed_wait_selected(bed, 3);
	fake_wpa_auth(fake, 15);
	TEST_WAIT(bed->failures == 1);
	wifi_wpa_backend.port.forget(bed->wpa);
	TEST_WAIT(!wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_null(fake->networks[1].object);
	g_assert_nonnull(fake->networks[0].object);
}

/* All that is ours goes, from the file as well, and nothing else. */
static void test_forget_all(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "home", NULL, true);
	fake_wpa_network(fake, "old", "landfall 0 7", true);
	fake_wpa_network(fake, "office", "landfall office", true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wifi_wpa_backend.forget_all(bed->wpa, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_no_error(bed->refusal);
	g_assert_null(fake->networks[1].object);
	g_assert_null(fake->networks[3].object);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[1].saved);
	g_assert_true(fake->networks[2].saved_enabled);
	g_assert_cmpuint(bed->failures + bed->joins, ==, 0);
}

/* What wpa_supplicant refuses is tried again, in no hurry. */
static void test_refused(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;
	int64_t before_us = 0;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake->refuse_remove = "fi.w1.wpa_supplicant1.UnknownError";
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	for (int i = 0; i < 3; i++)
		g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot go back*");
	wifi_wpa_backend.port.cancel(bed->wpa);
	/* Taken before the second: this process may have to wait for its turn after it. */
	TEST_WAIT(fake->removes == 2 || !(before_us = g_get_monotonic_time()));
	TEST_WAIT(fake->removes == 3);
	g_assert_cmpint(g_get_monotonic_time() - before_us, >, 100000);
	g_assert_true(wifi_wpa_backend.is_busy(bed->wpa));
	fake->refuse_remove = NULL;
	TEST_WAIT(!wifi_wpa_backend.is_busy(bed->wpa));
	g_test_assert_expected_messages();
	g_assert_null(fake->networks[0].object);
}

/* Gone from the list and still in the file: that is told, and the next time the file is written
 * though nothing is left to be removed. */
static void test_forget_unsaved(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, "old", "landfall 0 7", true);
	fake->refuse_save = true;
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*Failed to update*");
	wifi_wpa_backend.forget_all(bed->wpa, false);
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	test_assert_has(bed->refusal->message, "does not forget");
	g_assert_true(fake->networks[0].saved);
	fake->refuse_save = false;
	wifi_wpa_backend.forget_all(bed->wpa, true);
	TEST_WAIT(bed->resets == 2);
	g_assert_no_error(bed->refusal);
	g_assert_false(fake->networks[0].saved);
}

/* An attempt that cannot be taken back is tried again and again; whoever asked is told now. */
static void test_forget_refused(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake->refuse_remove = "fi.w1.wpa_supplicant1.UnknownError";
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	for (int i = 0; i < 2; i++)
		g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot go back*");
	wifi_wpa_backend.forget_all(bed->wpa, false);
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	fake->refuse_remove = NULL;
	TEST_WAIT(!fake->networks[0].object);
}

/* Where nothing is ours the file stays as somebody wrote it. */
static void test_forget_nothing(WpaBed *bed, gconstpointer data)
{
	fake_wpa_network(bed->fake, "home", NULL, true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wifi_wpa_backend.forget_all(bed->wpa, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_no_error(bed->refusal);
	g_assert_cmpuint(bed->fake->saves, ==, 0);
}

static void test_forget_gone(WpaBed *bed, gconstpointer data)
{
	fake_wpa_network(bed->fake, "old", "landfall", true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wifi_wpa_backend.forget_all(bed->wpa, false);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_wpa_free);
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
}

static const WpaBedTest tests[] = {
	{ "join/cancelled/saving", test_join_cancelled_saving },
	{ "join/cancelled/refused", test_refused },
	{ "join/restart", test_join_restart },
	{ "join/gone-for-good", test_join_gone_for_good },
	{ "join/superseded", test_join_superseded },
	{ "hidden/first", test_hidden_first },
	{ "hidden/gone", test_hidden_gone },
	{ "hidden/cancelled", test_hidden_cancelled },
	{ "hidden/again", test_hidden_again },
	{ "forget/failed", test_forget_failed },
	{ "forget/all", test_forget_all },
	{ "forget/unsaved", test_forget_unsaved },
	{ "forget/refused", test_forget_refused },
	{ "forget/nothing", test_forget_nothing },
	{ "forget/gone", test_forget_gone },
};

int main(int argc, char **argv)
{
	wpa_bed_init(&argc, &argv);
	wpa_bed_add_tests(tests, G_N_ELEMENTS(tests));
	wpa_bed_add_rows("join/cancelled/", cancel_cases, G_N_ELEMENTS(cancel_cases),
			 sizeof(cancel_cases[0]), test_join_cancelled);
	return g_test_run();
}
