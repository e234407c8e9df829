/* SPDX-License-Identifier: MIT */
/* Which manager of Wi-Fi gets a join, and what becomes of one that begins while there is none. */
#include "provisioner/wifi-choice.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-iwd.h"
#include "tests/bus/fake-nm.h"
#include "tests/bus/fake-wpa.h"
#include "tests/bus/wifi-bed.h"

#include <glib/gstdio.h>
#include <string.h>

#define PATIENCE   600000 /* ms: no join is late by itself */
#define HASTE      200    /* ms: where being late is the point */
#define UNHURRIED  1500   /* ms: the same, later than a manager is waited for */
#define TURNS      100
#define UNMANAGED  10 /* NMDeviceState */
#define LAB        "Landfall Lab"
#define PASSPHRASE "correct horse battery"

static const FakeAp lab = { NULL, LAB, "02:00:00:00:00:01", 1, 0, 0x188, 2437, 80 };
static const FakeAp cafe = { NULL, "Cafe", "02:00:00:00:00:02", 0, 0, 0, 2437, 60 };

typedef struct Bed {
	TestBus *daemon;
	char *folder; /* for what iwd is to forget */
	char *record; /* below it */
	FakeNm *nm;   /* NULL: away */
	FakeIwd *iwd; /* the same */
	Bus *bus;
	WifiChoice *choice;
	unsigned int readies;
	unsigned int losses;
	const char *owner; /* of the interface, when it was lost last */
	char *missing;     /* what there was to tell when something was told last */
	unsigned int scans;
	unsigned int joins;
	unsigned int failures;
	WifiFailure failure;
	unsigned int resets;
} Bed;

static void on_news(void *data)
{
	Bed *bed = data;

	g_free(bed->missing);
	bed->missing = wifi_choice_problem(bed->choice);
}

static void on_ready(void *data)
{
	Bed *bed = data;

	bed->readies++;
}

static void on_lost(void *data)
{
	Bed *bed = data;

	bed->losses++;
	bed->owner = wifi_choice_name(bed->choice);
	on_news(bed);
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	Bed *bed = data;

	bed->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	Bed *bed = data;

	bed->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	Bed *bed = data;

	bed->failure = failure;
	bed->failures++;
}

static void on_forgotten(const GError *error, void *data)
{
	Bed *bed = data;

	bed->resets++;
}

static void nm_comes(Bed *bed)
{
	bed->nm = fake_nm_new(test_bus_address(bed->daemon));
	fake_nm_ap(bed->nm, 0, &lab);
	fake_nm_ap(bed->nm, 1, &cafe);
}

static void nm_goes(Bed *bed)
{
	unsigned int losses = bed->losses;

	g_clear_pointer(&bed->nm, fake_nm_free);
	TEST_WAIT(bed->losses > losses);
}

static void open_choice(Bed *bed, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_news, on_news,    on_forgotten };
	const WifiSettings settings = { "auto", timeout_ms, bed->folder };
	g_autoptr(GError) error = NULL;

	bed->bus = bus_open(test_bus_address(bed->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	bed->choice = wifi_choice_new(bed->bus, CONFIG_WIFI_AUTO, &settings, &events, bed, &error);
	g_assert_no_error(error);
}

/* NetworkManager is there, and has the interface. */
static void start(Bed *bed, unsigned int timeout_ms)
{
	nm_comes(bed);
	open_choice(bed, timeout_ms);
	TEST_WAIT(bed->readies == 1);
}

static void join(Bed *bed, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(ssid) };
	g_autoptr(GError) error = NULL;

	memcpy(credentials.ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_choice_port.join(bed->choice, &credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials.passphrase);
}

/* NetworkManager has been asked for a network. It may be missed at first: then it
 * is scanned for. */
static void await_add(Bed *bed)
{
	unsigned int ended = 0;

	while (bed->nm->adds == 0) {
		TEST_WAIT(bed->nm->adds > 0 || bed->nm->scans > ended);
		ended = bed->nm->scans;
		fake_nm_scanned(bed->nm);
	}
}

/* It restarts: what it is asked for once it is back is what the phone sent. */
static void test_same(Bed *bed, gconstpointer data)
{
	start(bed, PATIENCE);
	nm_goes(bed);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "");
	join(bed, LAB, PASSPHRASE);
	nm_comes(bed);
	await_add(bed);
	g_assert_cmpstr(bed->nm->profiles[0].ssid, ==, LAB);
	g_assert_cmpstr(bed->nm->profiles[0].psk, ==, PASSPHRASE);
	g_assert_cmpuint(bed->joins + bed->failures, ==, 0);
}

static void test_another(Bed *bed, gconstpointer data)
{
	start(bed, PATIENCE);
	nm_goes(bed);
	join(bed, LAB, PASSPHRASE);
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	TEST_WAIT(bed->iwd->agent && bed->iwd->scans == 1);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "iwd");
	g_assert_cmpuint(bed->joins + bed->failures, ==, 0);
}

/* Nobody comes: the join ends, and the journal says what was missing. */
static void test_nobody(Bed *bed, gconstpointer data)
{
	start(bed, HASTE);
	nm_goes(bed);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "cannot join: *NetworkManager is not running*");
	join(bed, LAB, PASSPHRASE);
	TEST_WAIT(bed->failures == 1);
	g_test_assert_expected_messages();
	g_assert_cmpint(bed->failure, ==, WIFI_FAILURE_OTHER);
	/* It was that join's end, and not the next manager's business. */
	nm_comes(bed);
	TEST_WAIT(bed->readies == 2);
	join(bed, "Cafe", NULL);
	TEST_WAIT(bed->nm->adds > 0 || bed->failures == 2); /* for which there may be no time */
	if (bed->nm->adds > 0)
		g_assert_cmpstr(bed->nm->profiles[0].ssid, ==, "Cafe");
}

/* Given up while it waits: whoever comes then is asked for nothing. */
static void test_cancelled(Bed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	start(bed, PATIENCE);
	nm_goes(bed);
	join(bed, LAB, PASSPHRASE);
	wifi_choice_port.cancel(bed->choice);
	nm_comes(bed);
	TEST_WAIT(bed->readies == 2);
	/* The join would have been ahead of this. */
	g_assert_true(wifi_choice_port.scan(bed->choice, &error));
	TEST_WAIT(bed->nm->scans == 1);
	fake_nm_scanned(bed->nm);
	TEST_WAIT(bed->scans == 1);
	g_assert_cmpuint(bed->nm->adds, ==, 0);
	g_assert_cmpuint(bed->joins + bed->failures, ==, 0);
}

/* Only what was asked for last is joined. */
static void test_superseded(Bed *bed, gconstpointer data)
{
	start(bed, PATIENCE);
	nm_goes(bed);
	join(bed, LAB, PASSPHRASE);
	join(bed, "Cafe", NULL);
	nm_comes(bed);
	await_add(bed);
	g_assert_cmpstr(bed->nm->profiles[0].ssid, ==, "Cafe");
	g_assert_cmpuint(bed->joins + bed->failures, ==, 0);
}

static bool knows_iwd(const Bed *bed)
{
	g_autofree char *problem = wifi_choice_problem(bed->choice);

	return strstr(problem, "iwd is about to be asked") != NULL;
}

/* A manager that went for good under a join is not waited for by the one after it. */
static void test_gone_for_good(Bed *bed, gconstpointer data)
{
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	start(bed, UNHURRIED);
	TEST_WAIT(knows_iwd(bed));
	g_clear_pointer(&bed->nm, fake_nm_free);
	join(bed, LAB, PASSPHRASE);
	TEST_WAIT(bed->losses == 1);
	g_assert_cmpuint(bed->failures, ==, 0);
	TEST_WAIT(bed->failures == 1);
	TEST_WAIT(strcmp(wifi_choice_name(bed->choice), "iwd") == 0);
	join(bed, LAB, PASSPHRASE);
	TEST_WAIT(bed->iwd->agent);
}

/* What is given up waits for nobody: another that has the interface gets it. */
static void test_given_up(Bed *bed, gconstpointer data)
{
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	start(bed, PATIENCE);
	TEST_WAIT(knows_iwd(bed));
	join(bed, LAB, PASSPHRASE);
	nm_goes(bed);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "networkmanager");
	wifi_choice_port.cancel(bed->choice);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "");
	TEST_WAIT(strcmp(wifi_choice_name(bed->choice), "iwd") == 0);
}

/* iwd is there, and has it. */
static void start_with_iwd(Bed *bed)
{
	start(bed, PATIENCE);
	nm_goes(bed);
	TEST_WAIT(strcmp(wifi_choice_name(bed->choice), "iwd") == 0);
}

/* It comes, and is ready, which nobody is told while iwd is at work. */
static void nm_comes_second(Bed *bed)
{
	nm_comes(bed);
	fake_nm_profile(bed->nm, "home", "802-11-wireless", true, true);
	TEST_WAIT(bed->nm->profiles[0].reads > 0);
	for (int i = 0; i < TURNS; i++)
		test_turn();
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "iwd");
}

/* A better one that comes under a join gets the interface when that is over. */
static void test_better_later(Bed *bed, gconstpointer data)
{
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	start_with_iwd(bed);
	join(bed, LAB, PASSPHRASE);
	nm_comes_second(bed);
	wifi_choice_port.cancel(bed->choice);
	TEST_WAIT(strcmp(wifi_choice_name(bed->choice), "networkmanager") == 0);
}

/* The same under a reset: who has begun to forget is left to it. */
static void test_better_reset(Bed *bed, gconstpointer data)
{
	static const char added[] = "landfall-wifi-record 1\nadded 43616665 open\n"; /* Cafe */

	g_assert_true(g_file_set_contents(bed->record, added, -1, NULL));
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	fake_iwd_know(bed->iwd, "Cafe", "open", NULL, true);
	start_with_iwd(bed);
	wifi_bed_slow_disk(true);
	wifi_choice_forget_all(bed->choice, false);
	TEST_WAIT(bed->iwd->forgets == 1);
	nm_comes_second(bed);
	g_assert_cmpuint(bed->resets, ==, 0);
	wifi_bed_slow_disk(false);
	TEST_WAIT(bed->resets == 1);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "iwd");
	TEST_WAIT(strcmp(wifi_choice_name(bed->choice), "networkmanager") == 0);
}

/* The end of a scan is not that of a join that has begun meanwhile: whoever was asked for that has
 * it until it is given up, and then does not come back to it. */
static void test_scan_under_join(Bed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	start(bed, PATIENCE);
	TEST_WAIT(knows_iwd(bed));
	g_assert_true(wifi_choice_port.scan(bed->choice, &error));
	TEST_WAIT(bed->nm->scans == 1);
	join(bed, LAB, PASSPHRASE);
	fake_nm_scanned(bed->nm);
	TEST_WAIT(bed->scans == 1);
	nm_goes(bed);
	g_assert_cmpstr(wifi_choice_name(bed->choice), ==, "networkmanager");
}

/* The interface goes under a scan: both are told. */
static void test_lost_under_scan(Bed *bed, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	start(bed, PATIENCE);
	g_assert_true(wifi_choice_port.scan(bed->choice, &error));
	TEST_WAIT(bed->nm->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "NetworkManager left the bus");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "Wi-Fi scan failed: *");
	nm_goes(bed);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->scans, ==, 1);
	g_assert_cmpuint(bed->losses, ==, 1);
}

/* Whoever has lost the interface is not told as its owner any more. */
static void test_nobody_s(Bed *bed, gconstpointer data)
{
	start(bed, PATIENCE);
	nm_goes(bed);
	g_assert_cmpstr(bed->owner, ==, "");
}

static void await_missing(const Bed *bed, const char *what)
{
	TEST_WAIT(bed->missing && strstr(bed->missing, what));
}

/* As long as nobody has the interface, each change of what is missing is told. */
static void test_missing_nm(Bed *bed, gconstpointer data)
{
	open_choice(bed, PATIENCE);
	nm_comes(bed);
	fake_nm_device(bed->nm, false);
	await_missing(bed, "NetworkManager knows no Wi-Fi interface");
	bed->nm->state = UNMANAGED;
	fake_nm_device(bed->nm, true);
	await_missing(bed, "NetworkManager manages no Wi-Fi interface");
	fake_nm_device(bed->nm, false);
	await_missing(bed, "NetworkManager knows no Wi-Fi interface");
	g_clear_pointer(&bed->nm, fake_nm_free);
	await_missing(bed, "NetworkManager is not running");
}

static void test_missing_iwd(Bed *bed, gconstpointer data)
{
	open_choice(bed, PATIENCE);
	bed->iwd = fake_iwd_new(test_bus_address(bed->daemon));
	fake_iwd_device(bed->iwd, false);
	await_missing(bed, "iwd knows no Wi-Fi interface");
	bed->iwd->mode = "ap";
	fake_iwd_device(bed->iwd, true);
	await_missing(bed, "iwd has no Wi-Fi interface in station mode");
	g_clear_pointer(&bed->iwd, fake_iwd_free);
	await_missing(bed, "iwd is not running");
}

static void test_missing_wpa(Bed *bed, gconstpointer data)
{
	FakeWpa *wpa = NULL;

	open_choice(bed, PATIENCE);
	wpa = fake_wpa_new(test_bus_address(bed->daemon), "radio0");
	fake_wpa_interface(wpa, false);
	await_missing(bed, "wpa_supplicant looks after no interface");
	fake_wpa_free(wpa);
	await_missing(bed, "wpa_supplicant is not on the bus");
}

/* Who loses it is told with what is missing then. */
static void test_missing_lost(Bed *bed, gconstpointer data)
{
	start(bed, PATIENCE);
	fake_nm_device(bed->nm, false);
	TEST_WAIT(bed->losses == 1);
	await_missing(bed, "NetworkManager knows no Wi-Fi interface");
}

static void setup(Bed *bed, gconstpointer data)
{
	bed->daemon = test_bus_start();
	bed->folder = g_dir_make_tmp("landfall-choice-XXXXXX", NULL);
	bed->record = g_build_filename(bed->folder, "wifi-iwd.record", NULL);
}

static void teardown(Bed *bed, gconstpointer data)
{
	wifi_choice_free(bed->choice);
	bus_free(bed->bus);
	fake_nm_free(bed->nm);
	fake_iwd_free(bed->iwd);
	test_bus_stop(bed->daemon);
	g_unlink(bed->record);
	g_assert_cmpint(g_rmdir(bed->folder), ==, 0);
	g_free(bed->record);
	g_free(bed->folder);
	g_free(bed->missing);
}

static const struct {
	const char *path;
	void (*test)(Bed *bed, gconstpointer data);
} tests[] = {
	{ "/wifi-choice/waits/same", test_same },
	{ "/wifi-choice/waits/another", test_another },
	{ "/wifi-choice/waits/nobody", test_nobody },
	{ "/wifi-choice/waits/cancelled", test_cancelled },
	{ "/wifi-choice/waits/superseded", test_superseded },
	{ "/wifi-choice/gone-for-good", test_gone_for_good },
	{ "/wifi-choice/given-up", test_given_up },
	{ "/wifi-choice/better-later", test_better_later },
	{ "/wifi-choice/better-reset", test_better_reset },
	{ "/wifi-choice/scan-under-join", test_scan_under_join },
	{ "/wifi-choice/lost-under-scan", test_lost_under_scan },
	{ "/wifi-choice/nobody-s", test_nobody_s },
	{ "/wifi-choice/missing/nm", test_missing_nm },
	{ "/wifi-choice/missing/iwd", test_missing_iwd },
	{ "/wifi-choice/missing/wpa", test_missing_wpa },
	{ "/wifi-choice/missing/lost", test_missing_lost },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Bed, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
