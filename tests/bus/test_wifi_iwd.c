/* SPDX-License-Identifier: MIT */
/* Scanning and joining through an iwd that refuses, is late, or leaves. Addresses are those of a
 * network namespace of the test's own. */
#include "common/error.h"
#include "provisioner/adapter/wifi-iwd.h"
#include "provisioner/adapter/wifi-record.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-iwd.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>

#define PATIENCE 600000 /* ms: no attempt is late by itself */
#define HASTE    300    /* ms: where being late is the point */
#define LAB      "Landfall Lab"
#define PASS     "correct horse battery"
#define WRONG    "wrong wrong"
#define ADDRESS  "192.168.77.61"

static const FakeIwdNetwork lab = {
	.name = LAB, .type = "psk", .passphrase = PASS, .signal = -5200
};
static const FakeIwdNetwork three = {
	.name = "Three", .type = "psk", .passphrase = PASS, .signal = -6000, .sae = true
};
static const FakeIwdNetwork cafe = { .name = "Caf\303\251", .type = "open", .signal = -7000 };
static const FakeIwdNetwork office = { .name = "Office", .type = "8021x", .signal = -7000 };
static const FakeIwdNetwork old = { .name = "Old", .type = "wep", .signal = -7000 };

typedef struct Fixture {
	TestBus *daemon;
	FakeIwd *fake;
	Bus *bus;
	void *iwd;
	char *folder;
	char *record;
	bool namespace; /* a network namespace of our own, with wlan0 */
	unsigned int readies;
	unsigned int losses;
	unsigned int idles;
	unsigned int scans; /* reported */
	WifiNetwork networks[16];
	size_t n_networks;
	bool scan_failed;
	unsigned int joins;
	WifiLink link;
	unsigned int failures;
	WifiFailure failure;
} Fixture;

static void on_ready(void *data)
{
	Fixture *fixture = data;

	fixture->readies++;
}

static void on_lost(void *data)
{
	Fixture *fixture = data;

	fixture->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	Fixture *fixture = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(fixture->networks));
	if (n_networks)
		memcpy(fixture->networks, networks, n_networks * sizeof(*networks));
	fixture->n_networks = n_networks;
	fixture->scan_failed = error != NULL;
	fixture->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	Fixture *fixture = data;

	fixture->link = *link;
	fixture->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	Fixture *fixture = data;

	fixture->failure = failure;
	fixture->failures++;
}

static void on_idle(void *data)
{
	Fixture *fixture = data;

	fixture->idles++;
}

static void on_changed(void *data)
{
}

static void start(Fixture *fixture, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, fixture->folder };
	g_autoptr(GError) error = NULL;

	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->iwd = wifi_iwd_backend.new(fixture->bus, &settings, &events, fixture);
	TEST_WAIT(fixture->readies == 1);
}

static void setup(Fixture *fixture, gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("landfall-iwd-XXXXXX", NULL);
	fixture->record = g_build_filename(fixture->folder, "wifi-iwd.record", NULL);
	fixture->namespace =
		unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	fixture->daemon = test_bus_start();
	fixture->fake = fake_iwd_new(test_bus_address(fixture->daemon));
	if (fixture->namespace)
		g_free(test_run("ip link add wlan0 address 02:00:00:00:00:61 type bridge", NULL));
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	wifi_iwd_backend.free(fixture->iwd);
	bus_free(fixture->bus);
	fake_iwd_free(fixture->fake);
	test_bus_stop(fixture->daemon);
	g_unlink(fixture->record);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->record);
	g_free(fixture->folder);
}

/* The kernel stamps addresses in hundredths of a second: within one, two leases look like one. */
#define STAMP_US 20000

/* Whoever speaks DHCP is at work. */
static void lease(Fixture *fixture)
{
	g_free(test_run("ip addr flush dev wlan0; "
			"ip addr add " ADDRESS "/24 valid_lft 600 preferred_lft 600 dev wlan0",
			NULL));
}

static bool lacks_namespace(const Fixture *fixture)
{
	if (!fixture->namespace)
		g_test_skip("no network namespace to be had");
	return !fixture->namespace;
}

static void scan(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_iwd_backend.port.scan(fixture->iwd, &error));
	g_assert_no_error(error);
}

static void join_octets(Fixture *fixture, const void *ssid, size_t len, const char *passphrase)
{
	WifiCredentials credentials = { .ssid_len = (uint8_t)len };
	g_autoptr(GError) error = NULL;

	memcpy(credentials.ssid, ssid, len);
	if (passphrase)
		credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_iwd_backend.port.join(fixture->iwd, &credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials.passphrase); /* the join has its own */
}

static void join(Fixture *fixture, const char *ssid, const char *passphrase)
{
	join_octets(fixture, ssid, strlen(ssid), passphrase);
}

static void assert_failed(Fixture *fixture, WifiFailure failure)
{
	TEST_WAIT(fixture->failures == 1);
	g_assert_cmpint(fixture->failure, ==, failure);
	g_assert_cmpuint(fixture->joins, ==, 0);
}

/* What would be known after a power cut now. */
static WifiRecord record_on_disk(const Fixture *fixture)
{
	WifiRecord record;
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_record_load(&record, fixture->record, &error));
	g_assert_no_error(error);
	return record;
}

static bool is_ours(const Fixture *fixture, const char *name)
{
	WifiRecord record = record_on_disk(fixture);

	return wifi_record_find(&record, (const uint8_t *)name, strlen(name), true) ||
	       wifi_record_find(&record, (const uint8_t *)name, strlen(name), false);
}

/* As an earlier visit of a phone left it: joined with @passphrase. */
static void record_added(const Fixture *fixture, const char *name, const char *passphrase)
{
	WifiRecord record = { 0 };
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(name) };

	memcpy(credentials.ssid, name, strlen(name));
	credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	wifi_record_begin(&record, &credentials, false);
	g_assert_true(wifi_record_commit(&record, &credentials));
	g_assert_true(wifi_record_save(&record, fixture->record, NULL));
	secret_free(credentials.passphrase);
}

/* The scan is over, after it was seen to begin: changes within a turn of the loop are one. */
static void end_scan(Fixture *fixture)
{
	test_turn();
	test_turn();
	fake_iwd_scanning(fixture->fake, false);
}

/* A scan that the join asked for, in its time. */
static void wait_scan(Fixture *fixture, unsigned int n)
{
	TEST_WAIT(fixture->fake->scans == n);
	end_scan(fixture);
}

/* All that the fake has sent so far has reached us: what is asked for now is answered behind it. */
static void catch_up(Fixture *fixture)
{
	unsigned int scans = fixture->scans;

	scan(fixture);
	TEST_WAIT(fixture->fake->scanning || fixture->scans > scans);
	if (fixture->fake->scanning)
		end_scan(fixture);
	TEST_WAIT(fixture->scans > scans);
}

/* ---- the device ---- */

static void test_device(Fixture *fixture, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	static const uint8_t permanent[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0, 0, 0x61 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	start(fixture, PATIENCE);
	g_assert_cmpstr(wifi_iwd_backend.interface(fixture->iwd), ==, "wlan0");
	g_assert_true(wifi_iwd_backend.mac(fixture->iwd, mac));
	if (fixture->namespace && memcmp(mac, expected, sizeof(mac)) != 0)
		g_assert_cmpmem(mac, sizeof(mac), permanent, sizeof(permanent));
	fake_iwd_device(fixture->fake, false);
	TEST_WAIT(fixture->losses == 1);
	g_assert_nonnull(strstr(wifi_iwd_backend.problem(fixture->iwd), "no Wi-Fi interface"));
	fake_iwd_device(fixture->fake, true);
	TEST_WAIT(fixture->readies == 2);
}

static void test_access_point(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	fake_iwd_mode(fixture->fake, "ap");
	TEST_WAIT(fixture->losses == 1);
	g_assert_nonnull(strstr(wifi_iwd_backend.problem(fixture->iwd), "station mode"));
	fake_iwd_mode(fixture->fake, "station");
	TEST_WAIT(fixture->readies == 2);
}

static void test_provisioned(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_know(fake, "manual", "psk", PASS, false);
	start(fixture, PATIENCE);
	g_assert_false(wifi_iwd_backend.is_provisioned(fixture->iwd));
	fake_iwd_know(fake, "home", "psk", PASS, true);
	TEST_WAIT(wifi_iwd_backend.is_provisioned(fixture->iwd));
}

static void test_online(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, &lab);
	start(fixture, PATIENCE);
	lease(fixture);
	g_assert_false(wifi_iwd_backend.is_online(fixture->iwd));
	fake_iwd_use(fake, 0);
	TEST_WAIT(wifi_iwd_backend.is_online(fixture->iwd));
	fake_iwd_state(fake, "disconnected");
	TEST_WAIT(!wifi_iwd_backend.is_online(fixture->iwd));
}

/* What a power cut left in iwd is forgotten, and nothing else. */
static void test_swept(Fixture *fixture, gconstpointer data)
{
	static const char text[] = "landfall-wifi-record 1\n"
				   "attempt 4c616e6466616c6c204c6162 secured fresh\n";
	FakeIwd *fake = fixture->fake;

	g_assert_true(g_file_set_contents(fixture->record, text, -1, NULL));
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_know(fake, "other", "psk", PASS, true);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	start(fixture, PATIENCE);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	g_test_assert_expected_messages();
	g_assert_nonnull(fake_iwd_find(fake, "other"));
	g_assert_false(record_on_disk(fixture).attempting);
}

/* ... unless iwd had it before the attempt. */
static void test_swept_known(Fixture *fixture, gconstpointer data)
{
	static const char text[] = "landfall-wifi-record 1\n"
				   "attempt 4c616e6466616c6c204c6162 secured known\n";

	g_assert_true(g_file_set_contents(fixture->record, text, -1, NULL));
	fake_iwd_know(fixture->fake, LAB, "psk", PASS, true);
	start(fixture, PATIENCE);
	g_assert_true(wifi_iwd_backend.is_provisioned(fixture->iwd));
	catch_up(fixture);
	g_assert_cmpuint(fixture->fake->forgets, ==, 0);
	g_assert_false(record_on_disk(fixture).attempting);
}

static void test_damaged_record(Fixture *fixture, gconstpointer data)
{
	g_assert_true(g_file_set_contents(fixture->record, "nonsense\n", -1, NULL));
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*not known any more*");
	start(fixture, PATIENCE);
	g_test_assert_expected_messages();
}

/* ---- scanning ---- */

static void test_scan(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &cafe);
	fake_iwd_network(fake, 2, &office);
	g_assert_cmpuint(fixture->scans, ==, 0);
	end_scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 3);
	g_assert_cmpmem(fixture->networks[0].ssid, fixture->networks[0].ssid_len, LAB, strlen(LAB));
	g_assert_cmpint(fixture->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpint(fixture->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpint(fixture->networks[1].auth, ==, WIFI_AUTH_OPEN);
	g_assert_cmpint(fixture->networks[2].auth, ==, WIFI_AUTH_ENTERPRISE);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start(fixture, PATIENCE);
	fake_iwd_network(fake, 0, &lab);
	wifi_iwd_backend.look_around(fixture->iwd);
	TEST_WAIT(fake->scans == 1);
	scan(fixture);
	end_scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
	/* And what is that fresh is not looked for again. */
	scan(fixture);
	TEST_WAIT(fixture->scans == 2);
	g_assert_cmpuint(fake->scans, ==, 1);
	g_assert_cmpuint(fake->lists, ==, 2);
}

/* iwd refuses while it joins a network: it is asked again when it has. */
static void test_scan_busy(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake->refuse_scan = "net.connman.iwd.InProgress";
	start(fixture, PATIENCE);
	fake_iwd_network(fake, 0, &lab);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	fake->refuse_scan = NULL;
	fake_iwd_state(fake, "connected");
	wait_scan(fixture, 2);
	TEST_WAIT(fixture->scans == 1);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_scan = "net.connman.iwd.Failed";
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	fake_iwd_network(fixture->fake, 0, &lab);
	scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_vanished(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fixture->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	g_clear_pointer(&fixture->fake, fake_iwd_free);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_iwd_backend.port.scan(fixture->iwd, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	fixture->fake = fake_iwd_new(test_bus_address(fixture->daemon));
	TEST_WAIT(fixture->readies == 2);
	fake_iwd_network(fixture->fake, 0, &lab);
	scan(fixture);
	wait_scan(fixture, 1);
	TEST_WAIT(fixture->scans == 2);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_switches_on(Fixture *fixture, gconstpointer data)
{
	fixture->fake->powered_off = true;
	start(fixture, PATIENCE);
	/* Whoever walks by and connects does not: it has not proved anything yet. */
	wifi_iwd_backend.look_around(fixture->iwd);
	TEST_WAIT(fixture->fake->scans == 1);
	g_assert_true(fixture->fake->powered_off);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*"); /* the adapter */
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*"); /* the device */
	scan(fixture);
	TEST_WAIT(!fixture->fake->powered_off);
	g_test_assert_expected_messages();
}

/* ---- joining ---- */

static void test_join(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_cmpstr(fake->given, ==, PASS);
	/* iwd has saved it already; a power cut now must take it back. */
	g_assert_nonnull(fake_iwd_find(fake, LAB));
	g_assert_true(record_on_disk(fixture).attempting);
	g_assert_false(is_ours(fixture, LAB));
	catch_up(fixture);
	g_assert_false(wifi_iwd_backend.is_provisioned(fixture->iwd));
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpstr(fixture->link.ip4, ==, ADDRESS);
	g_assert_cmpint(fixture->link.network.auth, ==, WIFI_AUTH_WPA3);
	g_assert_cmpuint(fixture->link.network.channel, ==, 36);
	g_assert_cmpint(fixture->link.network.rssi_dbm, ==, -57);
	g_assert_cmpuint(fixture->link.network.bssid[5], ==, 1);
	g_assert_false(record_on_disk(fixture).attempting);
	g_assert_true(is_ours(fixture, LAB));
	TEST_WAIT(wifi_iwd_backend.is_provisioned(fixture->iwd));
	TEST_WAIT(!fake->agent);

	wifi_iwd_backend.port.forget(fixture->iwd);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	g_assert_false(is_ours(fixture, LAB));
	g_assert_cmpuint(fixture->failures, ==, 0);
}

static void test_join_open(Fixture *fixture, gconstpointer data)
{
	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fixture->fake, 0, &cafe);
	start(fixture, PATIENCE);
	join(fixture, cafe.name, NULL);
	TEST_WAIT(strcmp(fixture->fake->state, "connected") == 0);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(is_ours(fixture, cafe.name));
	g_assert_cmpuint(fixture->fake->asks, ==, 0);
}

/* What fails there is the radio's doing. */
static void test_join_open_again(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &cafe);
	fake->refuse_connect = "net.connman.iwd.Failed";
	fake->refusals = 1;
	start(fixture, PATIENCE);
	join(fixture, cafe.name, NULL);
	wait_scan(fixture, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_cmpuint(fake->connects, ==, 2);
}

/* An address that the network before left behind proves nothing. */
static void test_join_stale_address(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &three);
	fake_iwd_know(fake, "Three", "psk", PASS, true);
	fake_iwd_use(fake, 1);
	start(fixture, PATIENCE);
	lease(fixture);
	TEST_WAIT(wifi_iwd_backend.is_online(fixture->iwd));
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0] && strcmp(fake->state, "connected") == 0);
	catch_up(fixture);
	g_assert_true(wifi_iwd_backend.is_online(fixture->iwd));
	g_assert_cmpuint(fixture->joins, ==, 0);
	g_usleep(STAMP_US);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
}

/* Connected, but nobody gives an address: iwd has saved the network and has to forget it. */
static void test_join_no_address(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &three);
	fake_iwd_know(fake, "Three", "psk", PASS, true);
	fake_iwd_use(fake, 1);
	start(fixture, HASTE);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_ADDRESS);
	TEST_WAIT(fixture->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	g_assert_false(record_on_disk(fixture).attempting);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_cmpstr(fake->state, ==, "connected");
	g_assert_nonnull(fake_iwd_find(fake, "Three"));
	/* It left before it was forgotten: thrown off it, iwd would have joined any other. */
	g_assert_cmpuint(fake->thrown_off, ==, 0);
}

/* iwd lost the network and went to another one by itself, where there is an address. */
static void test_join_elsewhere(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &cafe);
	fake_iwd_know(fake, cafe.name, "open", NULL, true);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	fake_iwd_use(fake, 1);
	catch_up(fixture);
	lease(fixture);
	TEST_WAIT(wifi_iwd_backend.is_online(fixture->iwd));
	wait_scan(fixture, 2); /* is it still there? */
	TEST_WAIT(fake->scans == 3);
	fake_iwd_fade(fake, 0);
	end_scan(fixture);
	wait_scan(fixture, 4);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
}

typedef struct WrongCase {
	const char *path;
	const FakeIwdNetwork *network;
} WrongCase;

static const WrongCase wrong_cases[] = {
	{ "wpa2", &lab },
	{ "wpa3", &three },
};

static void test_join_wrong_key(Fixture *fixture, gconstpointer data)
{
	const WrongCase *c = data;
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, c->network);
	fake_iwd_network(fake, 1, &cafe);
	fake_iwd_know(fake, cafe.name, "open", NULL, true);
	fake_iwd_use(fake, 1);
	start(fixture, PATIENCE);
	join(fixture, c->network->name, WRONG);
	wait_scan(fixture, 1);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
	/* Nothing was saved, and the network from before is asked for again. */
	TEST_WAIT(fixture->idles == 1);
	g_assert_null(fake_iwd_find(fake, c->network->name));
	TEST_WAIT(fake->connected == &fake->networks[1]);
	g_assert_false(wifi_iwd_backend.is_busy(fixture->iwd));

	/* The same phone tries again, at once. */
	join(fixture, c->network->name, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0] && strcmp(fake->state, "connected") == 0);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(is_ours(fixture, c->network->name));
}

typedef struct FutileCase {
	const char *path;
	const FakeIwdNetwork *network;
	const char *passphrase;
	WifiFailure failure;
} FutileCase;

/* Nothing is even tried where it cannot work; a passphrase is not shown to an open network. */
static const FutileCase futile_cases[] = {
	{ "too-short", &lab, "1234567", WIFI_FAILURE_AUTH },
	{ "raw-key", &lab, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	  WIFI_FAILURE_AUTH },
	{ "none-given", &lab, NULL, WIFI_FAILURE_AUTH },
	{ "not-asked", &cafe, PASS, WIFI_FAILURE_AUTH },
	{ "enterprise", &office, PASS, WIFI_FAILURE_OTHER },
	{ "wep", &old, "12345", WIFI_FAILURE_OTHER },
};

static void test_join_futile(Fixture *fixture, gconstpointer data)
{
	const FutileCase *c = data;

	fake_iwd_network(fixture->fake, 0, c->network);
	start(fixture, PATIENCE);
	join(fixture, c->network->name, c->passphrase);
	g_assert_cmpuint(fixture->failures, ==, 0); /* not from inside the call */
	assert_failed(fixture, c->failure);
	g_assert_cmpuint(fixture->fake->connects, ==, 0);
}

static void test_join_not_utf8(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*UTF-8 only*");
	join_octets(fixture, "a\377b", 3, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_enterprise(Fixture *fixture, gconstpointer data)
{
	static char text[] = "x";
	WifiEnterprise enterprise = { text, text, text, text, NULL };
	const WifiCredentials credentials = { .ssid = "Office",
					      .ssid_len = 6,
					      .enterprise = &enterprise };
	g_autoptr(GError) error = NULL;

	fake_iwd_network(fixture->fake, 0, &office);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*/var/lib/iwd/*.8021x*");
	g_assert_true(wifi_iwd_backend.port.join(fixture->iwd, &credentials, &error));
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_absent(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_scan(fixture, 1);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fixture->idles == 1);
	g_assert_false(record_on_disk(fixture).attempting);
}

/* What was looked for a moment ago is not looked for again: it is asked for by name at once. */
static void test_join_absent_fresh(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	catch_up(fixture);
	g_assert_cmpuint(fixture->fake->scans, ==, 1);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(fixture->fake->scans, ==, 1);
}

/* It was there, it took the passphrase, and it is gone: that says nothing of the passphrase. */
static void test_join_fades(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	fake->hold = true;
	start(fixture, PATIENCE);
	catch_up(fixture); /* a scan from before says nothing, however fresh it is */
	join(fixture, LAB, WRONG);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	fake_iwd_scanning(fake, true); /* iwd's own, which may have passed the channel by now */
	fake_iwd_go_on(fake);
	TEST_WAIT(strcmp(fake->state, "disconnected") == 0);
	fake_iwd_fade(fake, 0);
	end_scan(fixture);
	wait_scan(fixture, 2);
	wait_scan(fixture, 3); /* one scan may miss it */
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
}

/* It took the passphrase and vanished before it gave an address. */
static void test_join_lost(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	fake_iwd_state(fake, "disconnected");
	wait_scan(fixture, 1); /* it is heard: iwd will join it again */
	TEST_WAIT(fake->scans == 2);
	g_assert_cmpuint(fixture->failures, ==, 0);
	fake_iwd_fade(fake, 0);
	end_scan(fixture);
	wait_scan(fixture, 3);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fixture->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
}

static void test_join_hidden(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;
	FakeIwdNetwork hidden = lab;

	if (lacks_namespace(fixture))
		return;
	fake->hidden = &hidden;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_scan(fixture, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, LAB)->hidden);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
}

/* One question may be missed. */
static void test_join_hidden_missed(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;
	FakeIwdNetwork hidden = lab;

	fake->hidden = &hidden;
	fake->deaf = 1;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_scan(fixture, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, LAB)->hidden);
}

/* It hides its name, but has just been asked for and still shows: it is joined as a hidden one. */
static void test_join_hidden_lingers(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;
	FakeIwdNetwork hidden = lab;

	fake->hidden = &hidden;
	fake_iwd_network(fake, FAKE_IWD_SLOTS - 1, &hidden);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, LAB)->hidden);
}

static void test_join_agent_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_agent = "org.freedesktop.DBus.Error.AccessDenied";
	fake_iwd_network(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*takes no passphrases from us*");
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

typedef struct EndCase {
	const char *path;
	const char *error;
	WifiFailure failure;
} EndCase;

static const EndCase end_cases[] = {
	{ "aborted", "net.connman.iwd.Aborted", WIFI_FAILURE_OTHER },
	{ "not-supported", "net.connman.iwd.NotSupported", WIFI_FAILURE_OTHER },
	{ "invalid-format", "net.connman.iwd.InvalidFormat", WIFI_FAILURE_AUTH },
	{ "denied", "org.freedesktop.DBus.Error.AccessDenied", WIFI_FAILURE_OTHER },
};

static void test_join_ends(Fixture *fixture, gconstpointer data)
{
	const EndCase *c = data;

	fixture->fake->refuse_connect = c->error;
	fake_iwd_network(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	assert_failed(fixture, c->failure);
	TEST_WAIT(fixture->idles == 1);
	g_assert_false(record_on_disk(fixture).attempting);
}

/* The agent answers for the network being joined only, whoever else iwd asks for. */
static void test_agent(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;
	const FakeIwdNetwork *other = fake_iwd_network(fake, 1, &three);
	g_autofree char *path = g_strdup(bus_object_path(other->object));

	fake_iwd_network(fake, 0, &lab);
	fake->hold = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	fake_iwd_ask(fake, "RequestPassphrase", path);
	TEST_WAIT(fake->refusal);
	g_assert_cmpstr(fake->refusal, ==, "net.connman.iwd.Agent.Error.Canceled");
	fake_iwd_ask(fake, "RequestPrivateKeyPassphrase", path);
	TEST_WAIT(!fake->ask);
	g_assert_nonnull(fake->refusal);
	g_assert_null(fake->given);
}

/* Anybody may call us; only iwd is answered. */
static void test_agent_stranger(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;
	g_autofree char *line = NULL;
	g_autofree char *output = NULL;
	int status = 0;

	fake_iwd_network(fake, 0, &lab);
	fake->hold = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	line = g_strdup_printf("busctl --address=%s call %s %s net.connman.iwd.Agent "
			       "RequestPassphrase o %s",
			       test_bus_address(fixture->daemon), fake->agent, fake->agent_path,
			       bus_object_path(fake->networks[0].object));
	output = test_run(line, &status);
	g_assert_cmpint(status, !=, 0);
	g_assert_null(strstr(output, PASS));
}

/* ---- networks that iwd knows already ---- */

/* The network takes what it was joined with before: then this passphrase is wrong, and the network
 * stays as it is. */
static void test_known_wrong(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	record_added(fixture, LAB, PASS);
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_use(fake, 0);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*takes the passphrase*before*");
	join(fixture, LAB, WRONG);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
	g_test_assert_expected_messages();
	TEST_WAIT(fixture->idles == 1);
	g_assert_cmpuint(fake->forgets, ==, 0);
	g_assert_cmpstr(fake_iwd_find(fake, LAB)->passphrase, ==, PASS);
	g_assert_true(is_ours(fixture, LAB));
	g_assert_cmpstr(fake->state, ==, "connected");
}

static void test_known_again(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	record_added(fixture, LAB, PASS);
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_use(fake, 0);
	start(fixture, PATIENCE);
	lease(fixture);
	TEST_WAIT(wifi_iwd_backend.is_online(fixture->iwd));
	join(fixture, LAB, PASS);
	TEST_WAIT(fixture->joins == 1); /* it is there already, with the address it has */
	g_assert_true(is_ours(fixture, LAB));
}

/* The owner has changed the passphrase: the old one is refused, the new one takes its place. */
static void test_known_changed(Fixture *fixture, gconstpointer data)
{
	const WrongCase *c = data;
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	record_added(fixture, c->network->name, "what it was before");
	fake_iwd_know(fake, c->network->name, "psk", "what it was before", true);
	fake_iwd_network(fake, 0, c->network);
	start(fixture, PATIENCE);
	if (c->network->sae)
		g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*from before is refused*");
	join(fixture, c->network->name, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_test_assert_expected_messages();
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpstr(fake_iwd_find(fake, c->network->name)->passphrase, ==, PASS);
	g_assert_true(is_ours(fixture, c->network->name));
}

/* The same network, configured by somebody else: it is joined, and it stays theirs. */
static void test_known_foreign(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_network(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_false(is_ours(fixture, LAB));
	wifi_iwd_backend.port.forget(fixture->iwd);
	wifi_iwd_backend.forget_all(fixture->iwd);
	scan(fixture); /* calls are served in their order */
	TEST_WAIT(fake->scans == 1);
	g_assert_cmpuint(fake->forgets, ==, 0);
}

/* Somebody else's passphrase is refused, and with WPA3 iwd never asks for another. Theirs stays. */
static void test_known_foreign_changed(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_know(fake, "Three", "psk", "what it was before", true);
	fake_iwd_network(fake, 0, &three);
	start(fixture, PATIENCE);
	join(fixture, "Three", PASS);
	wait_scan(fixture, 1);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_assert_cmpuint(fake->forgets, ==, 0);
}

/* ---- giving up ---- */

/* Cancelled while iwd is at work: it is waited for, and what it saved meanwhile is forgotten. */
static void test_cancelled(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	fake->hold = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	wifi_iwd_backend.port.cancel(fixture->iwd);
	g_assert_true(wifi_iwd_backend.is_busy(fixture->iwd));
	fake_iwd_go_on(fake);
	TEST_WAIT(fixture->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	g_assert_false(wifi_iwd_backend.is_busy(fixture->iwd));
	g_assert_false(record_on_disk(fixture).attempting);
	wifi_iwd_backend.port.cancel(fixture->iwd);
	g_assert_cmpuint(fixture->failures + fixture->joins, ==, 0);
}

/* Both networks are heard, and the device is on the one that is not asked for. */
static void start_in_cafe(Fixture *fixture)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &cafe);
	fake_iwd_know(fake, cafe.name, "open", NULL, true);
	fake_iwd_use(fake, 1);
	start(fixture, PATIENCE);
}

/* ... and where there is a network before, going back to it ends what iwd is at. */
static void test_cancelled_back(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start_in_cafe(fixture);
	fake->hold = true;
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0]);
	fake->hold = false;
	wifi_iwd_backend.port.cancel(fixture->iwd);
	TEST_WAIT(fixture->idles == 1);
	TEST_WAIT(fake->connected == &fake->networks[1] && strcmp(fake->state, "connected") == 0);
	g_assert_null(fake_iwd_find(fake, LAB));
}

/* On its way out of a network iwd goes nowhere: it is asked when it is out, and again when it fails. */
static void test_back_again(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start_in_cafe(fixture);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0] && strcmp(fake->state, "connected") == 0);
	fake->connected = NULL;
	fake_iwd_state(fake, "disconnecting");
	catch_up(fixture);
	fake->connects = 0;
	wifi_iwd_backend.port.cancel(fixture->iwd);
	catch_up(fixture);
	g_assert_cmpuint(fake->connects, ==, 0);
	fake->refuse_connect = "net.connman.iwd.Failed";
	fake->refusals = 1;
	fake_iwd_state(fake, "disconnected");
	TEST_WAIT(fixture->idles == 1);
	g_assert_cmpuint(fake->connects, ==, 2);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_null(fake_iwd_find(fake, LAB));
}

/* iwd has not heard the network before for a while: it is looked for. */
static void test_back_unheard(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start_in_cafe(fixture);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0] && strcmp(fake->state, "connected") == 0);
	fake_iwd_fade(fake, 1);
	catch_up(fixture);
	wifi_iwd_backend.port.cancel(fixture->iwd);
	TEST_WAIT(fake->scans == 2);
	fake_iwd_network(fake, 1, &cafe);
	end_scan(fixture);
	TEST_WAIT(fixture->idles == 1);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_cmpuint(fake->thrown_off, ==, 0);
	g_assert_null(fake_iwd_find(fake, LAB));
}

/* The network before takes us no more: the attempt is taken back all the same. */
static void test_back_never(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	start_in_cafe(fixture);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->connected == &fake->networks[0] && strcmp(fake->state, "connected") == 0);
	fake->refuse_connect = "net.connman.iwd.Failed";
	wifi_iwd_backend.port.cancel(fixture->iwd);
	TEST_WAIT(fixture->idles == 1);
	g_assert_cmpuint(fake->connects, ==, 4);
	g_assert_null(fake_iwd_find(fake, LAB));
	g_assert_false(record_on_disk(fixture).attempting);
}

/* Another attempt waits until the one before is undone. */
static void test_superseded(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fake, 0, &lab);
	fake_iwd_network(fake, 1, &three);
	fake->hold = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	join(fixture, "Three", PASS);
	fake_iwd_go_on(fake);
	TEST_WAIT(fake->connected == &fake->networks[1] && strcmp(fake->state, "connected") == 0);
	g_assert_null(fake_iwd_find(fake, LAB));
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpuint(fixture->failures, ==, 0);
}

static void test_late(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	fake_iwd_network(fake, 0, &lab);
	fake->hold = true;
	start(fixture, HASTE);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_assert_true(wifi_iwd_backend.is_busy(fixture->iwd));
	fake_iwd_go_on(fake);
	TEST_WAIT(fixture->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
}

/* Without a place for the record nothing is touched. */
static void test_disk_full(Fixture *fixture, gconstpointer data)
{
	g_autofree char *fresh = g_strconcat(fixture->record, ".new", NULL);

	fake_iwd_network(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	g_assert_cmpint(g_mkdir(fresh, 0700), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot be recorded*");
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->fake->connects, ==, 0);
	g_assert_cmpint(g_rmdir(fresh), ==, 0);
}

/* iwd restarts in the middle: the join begins anew when it is back, and the network that iwd saved
 * before its end is none that was there before. */
static void test_restart(Fixture *fixture, gconstpointer data)
{
	if (lacks_namespace(fixture))
		return;
	fake_iwd_network(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fixture->fake->state, "connected") == 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&fixture->fake, fake_iwd_free);
	TEST_WAIT(fixture->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->failures, ==, 0);
	fixture->fake = fake_iwd_new(test_bus_address(fixture->daemon));
	fake_iwd_know(fixture->fake, LAB, "psk", PASS, true);
	fake_iwd_network(fixture->fake, 0, &lab);
	/* The network may be missed at first: then it is scanned for. */
	TEST_WAIT(fixture->fake->connects == 1 || fixture->fake->scans == 1);
	if (fixture->fake->connects == 0)
		end_scan(fixture);
	TEST_WAIT(strcmp(fixture->fake->state, "connected") == 0);
	lease(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(is_ours(fixture, LAB));
}

/* It leaves while Connect is under way. */
static void test_killed(Fixture *fixture, gconstpointer data)
{
	fake_iwd_network(fixture->fake, 0, &lab);
	fixture->fake->hold = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(strcmp(fixture->fake->state, "connecting") == 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&fixture->fake, fake_iwd_free);
	TEST_WAIT(fixture->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->failures, ==, 0);
	fixture->fake = fake_iwd_new(test_bus_address(fixture->daemon));
	TEST_WAIT(fixture->fake->scans == 1);
}

static void test_gone_for_good(Fixture *fixture, gconstpointer data)
{
	start(fixture, HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&fixture->fake, fake_iwd_free);
	TEST_WAIT(fixture->losses == 1);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* ---- forgetting ---- */

static void test_forget_all(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	record_added(fixture, LAB, PASS);
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_know(fake, "other", "psk", PASS, true);
	start(fixture, PATIENCE);
	wifi_iwd_backend.forget_all(fixture->iwd);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	TEST_WAIT(record_on_disk(fixture).n_added == 0);
	g_assert_false(wifi_iwd_backend.is_busy(fixture->iwd));
	g_assert_nonnull(fake_iwd_find(fake, "other"));
}

/* What iwd keeps stays ours, to be forgotten another time. */
static void test_forget_refused(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	record_added(fixture, LAB, PASS);
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake->refuse_forget = "net.connman.iwd.Failed";
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*does not forget*not now*");
	wifi_iwd_backend.forget_all(fixture->iwd);
	g_assert_true(wifi_iwd_backend.is_busy(fixture->iwd));
	TEST_WAIT(!wifi_iwd_backend.is_busy(fixture->iwd));
	g_test_assert_expected_messages();
	g_assert_true(is_ours(fixture, LAB));
	fake->refuse_forget = NULL;
	wifi_iwd_backend.forget_all(fixture->iwd);
	TEST_WAIT(!fake_iwd_find(fake, LAB));
	TEST_WAIT(record_on_disk(fixture).n_added == 0);
}

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(Fixture *fixture, gconstpointer data)
{
	FakeIwd *fake = fixture->fake;

	record_added(fixture, LAB, PASS);
	fake_iwd_know(fake, LAB, "psk", PASS, true);
	fake_iwd_network(fake, 0, &three);
	start(fixture, PATIENCE);
	join(fixture, "Three", WRONG);
	wait_scan(fixture, 1);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
	TEST_WAIT(fixture->idles == 1);
	wifi_iwd_backend.port.forget(fixture->iwd);
	wifi_iwd_backend.look_around(fixture->iwd); /* the list is fresh: asked for behind it */
	TEST_WAIT(fake->lists == 2);
	g_assert_cmpuint(fake->forgets, ==, 0);
	g_assert_true(is_ours(fixture, LAB));
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/wifi-iwd/device", test_device },
	{ "/wifi-iwd/access-point", test_access_point },
	{ "/wifi-iwd/provisioned", test_provisioned },
	{ "/wifi-iwd/online", test_online },
	{ "/wifi-iwd/swept", test_swept },
	{ "/wifi-iwd/swept-known", test_swept_known },
	{ "/wifi-iwd/damaged-record", test_damaged_record },
	{ "/wifi-iwd/scan/list", test_scan },
	{ "/wifi-iwd/scan/ahead", test_scan_ahead },
	{ "/wifi-iwd/scan/busy", test_scan_busy },
	{ "/wifi-iwd/scan/refused", test_scan_refused },
	{ "/wifi-iwd/scan/late", test_scan_late },
	{ "/wifi-iwd/scan/vanished", test_scan_vanished },
	{ "/wifi-iwd/scan/switches-on", test_scan_switches_on },
	{ "/wifi-iwd/join/works", test_join },
	{ "/wifi-iwd/join/open", test_join_open },
	{ "/wifi-iwd/join/open-again", test_join_open_again },
	{ "/wifi-iwd/join/stale-address", test_join_stale_address },
	{ "/wifi-iwd/join/no-address", test_join_no_address },
	{ "/wifi-iwd/join/elsewhere", test_join_elsewhere },
	{ "/wifi-iwd/join/not-utf8", test_join_not_utf8 },
	{ "/wifi-iwd/join/enterprise", test_join_enterprise },
	{ "/wifi-iwd/join/absent", test_join_absent },
	{ "/wifi-iwd/join/absent-fresh", test_join_absent_fresh },
	{ "/wifi-iwd/join/fades", test_join_fades },
	{ "/wifi-iwd/join/lost", test_join_lost },
	{ "/wifi-iwd/join/hidden", test_join_hidden },
	{ "/wifi-iwd/join/hidden-missed", test_join_hidden_missed },
	{ "/wifi-iwd/join/hidden-lingers", test_join_hidden_lingers },
	{ "/wifi-iwd/join/agent-refused", test_join_agent_refused },
	{ "/wifi-iwd/join/agent", test_agent },
	{ "/wifi-iwd/join/agent-stranger", test_agent_stranger },
	{ "/wifi-iwd/known/wrong", test_known_wrong },
	{ "/wifi-iwd/known/again", test_known_again },
	{ "/wifi-iwd/known/foreign", test_known_foreign },
	{ "/wifi-iwd/known/foreign-changed", test_known_foreign_changed },
	{ "/wifi-iwd/end/cancelled", test_cancelled },
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
	{ "/wifi-iwd/forget/failed", test_forget_failed },
};

/* One test for each row of a table; the row's first member is its name. */
static void add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(Fixture *fixture, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name = *(const char *const *)(const void *)row;
		g_autofree char *path = g_strconcat(prefix, name, NULL);

		g_test_add(path, Fixture, row, setup, test, teardown);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	add_rows("/wifi-iwd/join/wrong-key/", wrong_cases, G_N_ELEMENTS(wrong_cases),
		 sizeof(wrong_cases[0]), test_join_wrong_key);
	add_rows("/wifi-iwd/join/futile/", futile_cases, G_N_ELEMENTS(futile_cases),
		 sizeof(futile_cases[0]), test_join_futile);
	add_rows("/wifi-iwd/join/ends/", end_cases, G_N_ELEMENTS(end_cases), sizeof(end_cases[0]),
		 test_join_ends);
	add_rows("/wifi-iwd/known/changed/", wrong_cases, G_N_ELEMENTS(wrong_cases),
		 sizeof(wrong_cases[0]), test_known_changed);
	return g_test_run();
}
