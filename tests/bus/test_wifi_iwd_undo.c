/* SPDX-License-Identifier: MIT */
/* What is left in iwd after giving up, after its end, and after forgetting. */
#include "common/error.h"
#include "tests/bus/iwd-bed.h"

#include <glib/gstdio.h>
#include <string.h>

/* The lab is in the air, and iwd is asked to join it. */
static void join_lab(IwdBed *bed, unsigned int timeout_ms)
{
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, timeout_ms);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
}

/* iwd ends in the middle of a join, which goes on. */
static void end_iwd(IwdBed *bed)
{
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_iwd_free);
	TEST_WAIT(bed->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->failures, ==, 0);
}

/* ---- giving up ---- */

/* Cancelled while iwd is at work: it is waited for, and what it saved meanwhile is forgotten. */
static void test_cancelled(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake->hold = true;
	join_lab(bed, IWD_BED_PATIENCE);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	wifi_iwd_backend.port.cancel(bed->iwd);
	g_assert_true(wifi_iwd_backend.is_busy(bed->iwd));
	fake_iwd_go_on(fake);
	TEST_WAIT(bed->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_false(wifi_iwd_backend.is_busy(bed->iwd));
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
	wifi_iwd_backend.port.cancel(bed->iwd);
	g_assert_cmpuint(bed->failures + bed->joins, ==, 0);
}

/* Both networks are heard, and the device is on the one that is not asked for. */
static void start_in_cafe(IwdBed *bed)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_network(fake, 1, &iwd_bed_cafe);
	fake_iwd_know(fake, iwd_bed_cafe.name, "open", NULL, true);
	fake_iwd_use(fake, 1);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
}

/* From there to the lab, as far as the connection. */
static void join_from_cafe(IwdBed *bed)
{
	start_in_cafe(bed);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(fake_iwd_is_on(bed->fake, 0));
}

/* What iwd does not forget is in the record until it does. */
static void test_cancelled_refused(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake->refuse_forget = "net.connman.iwd.Failed";
	join_lab(bed, IWD_BED_PATIENCE);
	TEST_WAIT(fake_iwd_find(fake, IWD_BED_LAB));
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*does not forget*not now*");
	wifi_iwd_backend.port.cancel(bed->iwd);
	TEST_WAIT(bed->idles == 1);
	g_test_assert_expected_messages();
	g_assert_true(iwd_bed_record_on_disk(bed).attempting);
	fake->refuse_forget = NULL;
	wifi_iwd_backend.forget_all(bed->iwd, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_no_error(bed->refusal);
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
}

/* ... and where there is a network before, going back to it ends what iwd is at. */
static void test_cancelled_back(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	start_in_cafe(bed);
	fake->hold = true;
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(fake->connected == &fake->networks[0]);
	fake->hold = false;
	wifi_iwd_backend.port.cancel(bed->iwd);
	TEST_WAIT(bed->idles == 1);
	TEST_WAIT(fake_iwd_is_on(fake, 1));
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
}

/* On its way out of a network iwd goes nowhere: it is asked when it is out, and again when it
 * fails. */
static void test_back_again(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	join_from_cafe(bed);
	fake->connected = NULL;
	fake_iwd_state(fake, "disconnecting");
	iwd_bed_catch_up(bed);
	fake->connects = 0;
	wifi_iwd_backend.port.cancel(bed->iwd);
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(fake->connects, ==, 0);
	fake->refuse_connect = "net.connman.iwd.Failed";
	fake->refusals = 1;
	fake_iwd_state(fake, "disconnected");
	TEST_WAIT(bed->idles == 1);
	g_assert_cmpuint(fake->connects, ==, 2);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
}

/* iwd has not heard the network before for a while: it is looked for. */
static void test_back_unheard(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	join_from_cafe(bed);
	fake_iwd_fade(fake, 1);
	iwd_bed_catch_up(bed);
	wifi_iwd_backend.port.cancel(bed->iwd);
	TEST_WAIT(fake->scans == 2);
	fake_iwd_network(fake, 1, &iwd_bed_cafe);
	iwd_bed_end_scan(bed);
	TEST_WAIT(bed->idles == 1);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_cmpuint(fake->thrown_off, ==, 0);
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
}

/* The network before takes us no more: the attempt is taken back all the same. */
static void test_back_never(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	join_from_cafe(bed);
	fake->refuse_connect = "net.connman.iwd.Failed";
	wifi_iwd_backend.port.cancel(bed->iwd);
	TEST_WAIT(bed->idles == 1);
	g_assert_cmpuint(fake->connects, ==, 4);
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
}

/* Another attempt waits until the one before is undone. */
static void test_superseded(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 1, &iwd_bed_three);
	fake->hold = true;
	join_lab(bed, IWD_BED_PATIENCE);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	iwd_bed_join(bed, "Three", IWD_BED_PASS);
	fake_iwd_go_on(fake);
	TEST_WAIT(fake_iwd_is_on(fake, 1));
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpuint(bed->failures, ==, 0);
}

static void test_late(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake->hold = true;
	join_lab(bed, IWD_BED_HASTE);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_assert_true(wifi_iwd_backend.is_busy(bed->iwd));
	fake_iwd_go_on(fake);
	TEST_WAIT(bed->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
}

/* Without a place for the record nothing is touched. */
static void test_disk_full(IwdBed *bed, gconstpointer data)
{
	g_autofree char *fresh = g_strconcat(bed->record, ".new", NULL);

	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_assert_cmpint(g_mkdir(fresh, 0700), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot be recorded*");
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->fake->connects, ==, 0);
	g_assert_cmpint(g_rmdir(fresh), ==, 0);
}

/* iwd restarts in the middle: the join begins anew when it is back, and the network that iwd saved
 * before its end is none that was there before. */
static void test_restart(IwdBed *bed, gconstpointer data)
{
	if (iwd_bed_lacks_namespace(bed))
		return;
	join_lab(bed, IWD_BED_PATIENCE);
	TEST_WAIT(strcmp(bed->fake->state, "connected") == 0);
	end_iwd(bed);
	bed->fake = fake_iwd_new(test_bus_address(bed->daemon));
	fake_iwd_know(bed->fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	/* The network may be missed at first: then it is scanned for. */
	TEST_WAIT(bed->fake->connects == 1 || bed->fake->scans == 1);
	if (bed->fake->connects == 0)
		iwd_bed_end_scan(bed);
	TEST_WAIT(strcmp(bed->fake->state, "connected") == 0);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
}

/* It leaves while Connect is under way. */
static void test_killed(IwdBed *bed, gconstpointer data)
{
	bed->fake->hold = true;
	join_lab(bed, IWD_BED_PATIENCE);
	TEST_WAIT(strcmp(bed->fake->state, "connecting") == 0);
	end_iwd(bed);
	bed->fake = fake_iwd_new(test_bus_address(bed->daemon));
	TEST_WAIT(bed->fake->scans == 1);
}

static void test_gone_for_good(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&bed->fake, fake_iwd_free);
	TEST_WAIT(bed->losses == 1);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* ---- forgetting ---- */

static void test_forget_all(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake_iwd_know(fake, "other", "psk", IWD_BED_PASS, true);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	wifi_iwd_backend.forget_all(bed->iwd, false);
	TEST_WAIT(bed->resets == 1);
	g_assert_no_error(bed->refusal);
	g_assert_null(fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_cmpuint(iwd_bed_record_on_disk(bed).n_added, ==, 0);
	TEST_WAIT(!wifi_iwd_backend.is_busy(bed->iwd));
	g_assert_nonnull(fake_iwd_find(fake, "other"));
}

/* What iwd keeps stays ours, to be forgotten another time. */
static void test_forget_refused(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake->refuse_forget = "net.connman.iwd.Failed";
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*does not forget*not now*");
	wifi_iwd_backend.forget_all(bed->iwd, false);
	g_assert_true(wifi_iwd_backend.is_busy(bed->iwd));
	TEST_WAIT(!wifi_iwd_backend.is_busy(bed->iwd));
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->resets, ==, 1);
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	test_assert_has(bed->refusal->message, "iwd does not forget");
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
	fake->refuse_forget = NULL;
	wifi_iwd_backend.forget_all(bed->iwd, false);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
	TEST_WAIT(iwd_bed_record_on_disk(bed).n_added == 0);
}

/* It leaves in the middle: that is no promise kept. */
static void test_forget_gone(IwdBed *bed, gconstpointer data)
{
	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	wifi_iwd_backend.forget_all(bed->iwd, false);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_iwd_free);
	TEST_WAIT(bed->resets == 1);
	g_test_assert_expected_messages();
	g_assert_error(bed->refusal, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
}

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake_iwd_network(fake, 0, &iwd_bed_three);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, "Three", IWD_BED_WRONG);
	iwd_bed_wait_scan(bed, 1);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	TEST_WAIT(bed->idles == 1);
	wifi_iwd_backend.port.forget(bed->iwd);
	wifi_iwd_backend.look_around(bed->iwd); /* the list is fresh: asked for behind it */
	TEST_WAIT(fake->lists == 2);
	g_assert_cmpuint(fake->forgets, ==, 0);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
}

static const IwdBedTest tests[] = {
	{ "/wifi-iwd/end/cancelled", test_cancelled },
	{ "/wifi-iwd/end/cancelled-refused", test_cancelled_refused },
	{ "/wifi-iwd/end/cancelled-back", test_cancelled_back },
	{ "/wifi-iwd/end/back-again", test_back_again },
	{ "/wifi-iwd/end/back-unheard", test_back_unheard },
	{ "/wifi-iwd/end/back-never", test_back_never },
	{ "/wifi-iwd/end/superseded", test_superseded },
	{ "/wifi-iwd/end/late", test_late },
	{ "/wifi-iwd/end/disk-full", test_disk_full },
	{ "/wifi-iwd/end/restart", test_restart },
	{ "/wifi-iwd/end/killed", test_killed },
	{ "/wifi-iwd/end/gone-for-good", test_gone_for_good },
	{ "/wifi-iwd/forget/all", test_forget_all },
	{ "/wifi-iwd/forget/refused", test_forget_refused },
	{ "/wifi-iwd/forget/gone", test_forget_gone },
	{ "/wifi-iwd/forget/failed", test_forget_failed },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	iwd_bed_add_tests(tests, G_N_ELEMENTS(tests));
	return g_test_run();
}
